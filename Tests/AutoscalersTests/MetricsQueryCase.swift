import Autoscalers
import ControlPlane
import KubernetesModel
import SimulationKernel

struct APIErrorText: Error {
    var text: String
}

/// A query in short, for tables of cases.
enum MetricsQueryCase {
    case pods(String)
    case object(String)
    case external(String, queue: String? = nil)

    var query: MetricsQuery {
        switch self {
        case .pods(let name):
            return .pods(metric: name, selector: .everything, namespace: "default", pods: .everything)
        case .object(let name):
            var object = CrossVersionObjectReference()
            object.kind = "Ingress"
            object.name = "i"
            object.apiVersion = "networking.k8s.io/v1"
            return .object(metric: name, selector: .everything, namespace: "default", object)
        case .external(let name, let queue):
            let selector =
                queue.map { CompiledLabelSelector(matchLabels: [(key: "queue", value: $0)]) } ?? .everything
            return .external(metric: name, selector: selector, namespace: "default")
        }
    }

    /// The items as names and thousandths.
    func run(_ metrics: StatedMetrics, _ pods: [Pod], _ now: VirtualTime) throws(APIErrorText) -> String {
        do throws(APIError) {
            let list = try metrics.answer(query, running: { _, _ in pods }, at: now)
            return list.items.map { "\($0.name) \($0.value.milliValue)" }.joined(separator: " ")
        } catch {
            throw APIErrorText(text: error.message)
        }
    }
}
