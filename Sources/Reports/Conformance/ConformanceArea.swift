import KubernetesModel
import Scheduler

/// A part of Kubernetes for which golden results can be run.
///
/// An area that follows is a case here, with its two functions.
public enum ConformanceArea: String, CaseIterable, Sendable {
    case scheduler

    /// What keeps a value from being a case of the area's format; nil when it is one.
    func fault(in line: JSONValue) -> String? {
        switch self {
        case .scheduler: SchedulerConformance.fault(in: line)
        }
    }

    /// Runs one case and compares.
    func run(_ line: JSONValue) -> ConformanceCaseResult {
        switch self {
        case .scheduler: SchedulerConformance.run(line)
        }
    }
}
