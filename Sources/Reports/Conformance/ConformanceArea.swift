import Conformance
import KubernetesModel
import Scheduler

/// A part of Kubernetes for which golden results can be run.
///
/// An area that follows is a case here and in ``ConformanceFileRunner``.
public enum ConformanceArea: String, CaseIterable, Sendable {
    case scheduler
    case controllers
    /// The API server, admission included.
    case api
}

/// Runs the cases of one file in their order.
struct ConformanceFileRunner {
    private let area: ConformanceArea
    private var api: APIConformance

    /// - Parameter category: the file's name without its extension.
    init(_ area: ConformanceArea, category: String) {
        self.area = area
        api = APIConformance(category: category)
    }

    /// What keeps a value from being a case of the area's format; nil when it is one.
    func fault(in line: JSONValue) -> String? {
        switch area {
        case .scheduler: SchedulerConformance.fault(in: line)
        case .controllers: ControllerConformance.fault(in: line)
        case .api: api.fault(in: line)
        }
    }

    /// Runs one case and compares; nil for a line that only prepares others.
    mutating func run(_ line: JSONValue) -> ConformanceCaseResult? {
        switch area {
        case .scheduler: SchedulerConformance.run(line)
        case .controllers: ControllerConformance.run(line)
        case .api: api.run(line)
        }
    }
}
