public import Autoscalers
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// A custom or external metric that a scenario states, as the adapter of the metrics APIs would find it.
public struct MetricRule: Hashable, Sendable {
    public var metric: StatedMetric

    public init(_ metric: StatedMetric) { self.metric = metric }

    /// The keys of which a metric has one: what has it.
    static let subjects = ["eachPod", "sharedByPods", "object", "external"]

    var json: JSONValue {
        var object: JSONObject = ["name": .string(metric.name)]
        if let namespace = metric.namespace { object["namespace"] = .string(namespace) }
        switch metric.subject {
        case .eachPod(let selector): object["eachPod"] = .object(selector.jsonObject)
        case .sharedByPods(let selector): object["sharedByPods"] = .object(selector.jsonObject)
        case .object(let kind, let name): object["object"] = ["kind": .string(kind), "name": .string(name)]
        case .external: object["external"] = true
        }
        if !metric.labels.isEmpty { object["labels"] = .object(metric.labels.json) }
        object["value"] = metric.series.json
        return .object(object)
    }
}

extension MetricSeries {
    /// As a scenario spells it.
    var json: JSONValue {
        func text(_ milli: Int64) -> JSONValue { .string(Quantity(milli: milli).description) }
        if steps.count == 1, steps[0].at == .start { return text(steps[0].milli) }
        let entries = steps.map { step -> JSONValue in
            var entry: [JSONValue] = [step.at.sinceStart.json, text(step.milli)]
            if step.ramp > .zero { entry.append(step.ramp.json) }
            return .array(entry)
        }
        return ["series": .array(entries)]
    }
}
