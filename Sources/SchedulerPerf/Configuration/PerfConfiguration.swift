public import KubernetesModel
import SimulationKernel

/// The test cases of one file in the format of Kubernetes' scheduler_perf.
///
/// Upstream: `test/integration/scheduler_perf/scheduler_perf.go`, `operations.go` (v1.36).
public struct PerfConfiguration: Sendable {
    /// The file's path as it was given.
    public var file: String
    public var testCases: [PerfTestCase]

    /// The topic, by which a threshold may differ: the name of the folder that the file is in.
    public var topic: String {
        let parts = file.split(separator: "/")
        return parts.count >= 2 ? String(parts[parts.count - 2]) : ""
    }

    /// The path of a file that this one names, which is relative to this one's folder.
    func path(of name: String) -> String {
        if name.hasPrefix("/") { return name }
        guard let slash = file.lastIndex(of: "/") else { return name }
        return String(file[...slash]) + name
    }

    /// Why simk cannot run a test case: an opcode, or the kind of a template's objects; nil when it can.
    ///
    /// Reads the templates; what else is wrong with them is told when the test case runs.
    public func refusal(of testCase: PerfTestCase) -> String? {
        if let refusal = testCase.refusal { return refusal }
        for operation in testCase.operations {
            for name in operation.freeTemplatePaths {
                do throws(PerfFailure) {
                    _ = try ObjectTemplate(path: path(of: name))
                } catch {
                    if error.isRefusal { return "\(operation.opcode): \(error.description)" }
                }
            }
        }
        return nil
    }
}

/// Workloads of several sizes with the same operations.
public struct PerfTestCase: Sendable {
    public var name: String
    public var labels: [String]
    public var featureGates: [String: Bool]
    public var operations: [PerfOperation]
    public var workloads: [PerfWorkload]
    var schedulerConfigPath: String?
    var defaultPodTemplatePath: String?

    /// Which opcode, if any, simk cannot carry out, and why.
    public var refusal: String? { operations.lazy.compactMap(\.refusal).first }
}

/// One size of a test case.
public struct PerfWorkload: Sendable {
    public var name: String
    public var labels: [String]
    public var featureGates: [String: Bool]
    /// Numbers, texts and truth values by name.
    public var parameters: [String: JSONValue]
    public var threshold: PerfThreshold
    var place: TextPosition
}

/// What a metric of a workload is to stay above, or below.
public struct PerfThreshold: Hashable, Sendable {
    /// 0 for no threshold.
    public var value = 0.0
    public var byTopic: [String: Double] = [:]
    /// The metric that is compared, with labels that it must have.
    public var metric = "SchedulingThroughput"
    public var labels: [String: String] = [:]
    /// `Average`, `Perc99` and so on.
    public var bucket = "Average"
    /// Whether the metric is to stay below.
    public var expectsLower = false

    public init() {}

    public func value(ofTopic topic: String) -> Double { byTopic[topic] ?? value }
}

/// A value, or the name of the workload's parameter that gives it.
enum Setting<Value: Sendable>: Sendable {
    case value(Value)
    /// Without the dollar sign.
    case parameter(String)
}

/// One step of a test case.
public struct PerfOperation: Sendable {
    /// As the file spells it.
    public var opcode: String
    var place: TextPosition
    var action: Action

    enum Action: Sendable {
        case createNodes(CreateNodes)
        case createNamespaces(CreateNamespaces)
        case createPods(CreatePods)
        case createPodSets(count: Setting<Int>, namespacePrefix: String, CreatePods)
        case createAny(AnyObjects)
        case updateAny(AnyObjects, perSecond: Int, subresources: [String])
        case churn(Churn)
        case barrier(namespaces: [String], labels: [String: String], requiresScheduled: Bool)
        case sleep(Setting<VirtualDuration>)
        case deletePods(DeletePods)
        case startCollectingMetrics(name: String, namespaces: [String], labels: [String: String])
        case stopCollectingMetrics
        case refused(String)
    }

    struct CreateNodes: Sendable {
        var count: Setting<Int>
        var templatePath: String?
        var preparation: NodePreparation?
    }

    struct CreateNamespaces: Sendable {
        var prefix: String
        var count: Setting<Int>
        var templatePath: String?
    }

    struct CreatePods: Sendable {
        var count: Setting<Int>
        var isSteady: Setting<Bool> = .value(false)
        var duration: Setting<VirtualDuration> = .value(.zero)
        var collectsMetrics = false
        var skipsWait = false
        var namespace: String?
        var templatePath: String?
        var volumeTemplatePath: String?
        var claimTemplatePath: String?
    }

    struct AnyObjects: Sendable {
        var namespace: String
        var templatePath: String
        var count: Setting<Int>
    }

    struct Churn: Sendable {
        var recreates: Bool
        /// 0 for no end.
        var number: Int
        var interval: VirtualDuration
        var namespace: String?
        var templatePaths: [String]
    }

    struct DeletePods: Sendable {
        var namespace: String
        var labels: [String: String]
        var skipsWait: Bool
        /// 0 for all at once.
        var perSecond: Int
    }

    /// Templates whose objects may be of any kind.
    var freeTemplatePaths: [String] {
        switch action {
        case .createAny(let objects), .updateAny(let objects, _, _): [objects.templatePath]
        case .churn(let churn): churn.templatePaths
        default: []
        }
    }

    /// Why simk cannot carry it out; nil when it can.
    var refusal: String? { if case .refused(let why) = action { why } else { nil } }

    /// Whether it ends a measurement.
    var collectsMetrics: Bool {
        switch action {
        case .createPods(let pods), .createPodSets(_, _, let pods): pods.collectsMetrics
        case .stopCollectingMetrics: true
        // A test case that cannot run is not blamed for what it lacks besides.
        case .refused: true
        default: false
        }
    }
}

/// What is done to nodes after they were created.
///
/// Upstream: `test/utils/runners.go`, `PrepareNodeStrategy` (v1.36).
enum NodePreparation: Sendable {
    /// Labels of one key, the values in turn.
    case label(key: String, values: [String])
    /// A label whose value no other node has.
    case uniqueLabel(key: String)
    case allocatable(
        resources: [String: String], drivers: [(name: String, count: Int64?)], migrated: [String])
}
