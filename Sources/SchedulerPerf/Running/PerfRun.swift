import ControlPlane
import Foundation
import KubernetesModel
import Scenarios
import Scheduler
import SimulationKernel
import Stochastics

/// How a workload is run.
public struct PerfOptions: Sendable {
    /// Decides names, identities and between equal scores.
    public var seed: UInt64 = 1
    /// In place of the scheduler configuration's; 100 scores all nodes.
    public var percentageOfNodesToScore: Int64?
    /// False runs the plain algorithm, without what the scheduler remembers between cycles.
    public var usesCaches = true
    /// Whether ``PerfResult/placements`` are wanted.
    public var recordsPlacements = false

    public init() {}
}

/// Runs one workload of a test case.
///
/// Upstream: `test/integration/scheduler_perf/executor.go` (v1.36).
public final class PerfRun {
    let configuration: PerfConfiguration
    let testCase: PerfTestCase
    let workload: PerfWorkload
    let options: PerfOptions
    var parameters: PerfParameters
    let cluster: PerfCluster
    /// Namespaces that the workload has made, with the pods that a barrier has to wait for.
    var waitingPods: [String: Int] = [:]
    var templates: [String: ObjectTemplate] = [:]
    var nextNodeIndex = 0
    var names: RandomStream.Snapshot
    var collection: Collection?
    var result: PerfResult
    private var memoryBefore = 0
    private var memoryWithNodes = 0
    private var nodesMeasured = 0
    private let shouldStop: () -> Bool

    /// Metrics that are being collected.
    struct Collection {
        var measurement: PerfMeasurement
        var tally: PodTally
        var wallStart: Int64
        var processorStart: Double
        var virtualStart: VirtualTime
        var attemptsBefore: Int
        var lastSample: (wall: Int64, arrivals: Int)
        var samples: [Double] = []
        var memory: [Double] = []
    }

    /// Ends a workload that the user stopped.
    public struct Interrupted: Error {}

    /// How long a wait may take. Upstream gives up after 10 minutes; workloads for scaling, which upstream does not
    /// have, may have cycles that take longer by themselves.
    let waitLimit: VirtualDuration
    /// The pause between two calls of the benchmark's client.
    static let callInterval = VirtualDuration(fractionalSeconds: 1 / PerfCluster.queriesPerSecond)
    /// Throughput is sampled this often, in nanoseconds of wall time.
    static let sampleInterval: Int64 = 10_000_000

    /// - Parameter shouldStop: asked often; true ends the run with ``Interrupted``.
    public init(
        _ workload: PerfWorkload, of testCase: PerfTestCase, in configuration: PerfConfiguration,
        options: PerfOptions = PerfOptions(), shouldStop: @escaping () -> Bool = { false }
    ) throws {
        self.configuration = configuration
        self.testCase = testCase
        self.workload = workload
        self.options = options
        self.shouldStop = shouldStop
        waitLimit = workload.labels.contains("scaling") ? .hours(12) : .minutes(10)
        parameters = PerfParameters(workload.parameters)
        names = RandomStream(seed: options.seed, name: "scheduler-perf/names").snapshot
        result = PerfResult(
            testCase: testCase.name, workload: workload.name, topic: configuration.topic,
            labels: testCase.labels + workload.labels)
        if let refusal = testCase.refusal { throw PerfFailure(refusal) }
        result.notes = FeatureGateNotes.notes(
            testCase.featureGates.merging(workload.featureGates) { _, own in own })
        var scheduler = try Self.schedulerConfiguration(testCase, configuration)
        if let percentage = options.percentageOfNodesToScore {
            scheduler.percentageOfNodesToScore = percentage
        }
        ProcessMeter.resetPeak()
        memoryBefore = ProcessMeter.residentBytes
        cluster = PerfCluster(scheduler, seed: options.seed, usesCaches: options.usesCaches)
        if options.recordsPlacements { cluster.placements = [] }
    }

    private static func schedulerConfiguration(
        _ testCase: PerfTestCase, _ configuration: PerfConfiguration
    ) throws -> SchedulerConfiguration {
        guard let name = testCase.schedulerConfigPath else { return try SchedulerConfiguration.standard() }
        let path = configuration.path(of: name)
        let documents = try LocatedFile.documents(path: path)
        guard let document = documents.first else { throw PerfFailure("\(path): the file is empty") }
        do throws(ConfigurationError) {
            return try SchedulerConfiguration(json: document.json)
        } catch {
            throw PerfFailure("\(path): \(error.path): \(error.message)")
        }
    }

    /// Carries out all operations.
    ///
    /// Throws ``PerfFailure`` when one fails, and ``Interrupted``.
    public func run() throws -> PerfResult {
        let start = ProcessMeter.wallNanoseconds
        for (index, operation) in try unrolled().enumerated() {
            do {
                try perform(operation, index: index)
            } catch let failure as PerfFailure {
                throw PerfFailure("op \(index) (\(operation.opcode)): \(failure.description)")
            }
        }
        let unused = parameters.unused
        if !unused.isEmpty {
            throw PerfFailure(
                "the parameters [\(unused.joined(separator: " "))] are defined on workload \(workload.name), "
                    + "but unused. Please make sure there are no typos")
        }
        result.wallSeconds = Double(ProcessMeter.wallNanoseconds - start) / 1e9
        result.nodeCount = cluster.server.store.count(.node)
        result.podCount = cluster.server.store.count(.pod)
        result.apiCalls = cluster.server.callCounts.total
        let memory = ProcessMeter.residentBytes
        result.peakBytes = ProcessMeter.peakResidentBytes
        if memoryWithNodes > 0 {
            result.bytesPerNode = max(0, memoryWithNodes - memoryBefore) / max(1, nodesMeasured)
            result.bytesPerPod = max(0, memory - memoryWithNodes) / max(1, result.podCount)
        }
        result.placements = (cluster.placements ?? []).map { PerfPlacement(pod: $0.pod, node: $0.node) }
        return result
    }

    /// The operations with each createPodSets as its createPods.
    private func unrolled() throws -> [PerfOperation] {
        var operations: [PerfOperation] = []
        for operation in testCase.operations {
            guard case .createPodSets(let count, let prefix, let pods) = operation.action else {
                operations.append(operation)
                continue
            }
            for index in 0..<(try parameters.integer(count)) {
                var pods = pods
                pods.namespace = "\(prefix)-\(index)"
                operations.append(
                    PerfOperation(
                        opcode: operation.opcode, place: operation.place, action: .createPods(pods)))
            }
        }
        return operations
    }

    private func perform(_ operation: PerfOperation, index: Int) throws {
        // Nodes come first in most workloads: what they take is what memory grew by until then.
        if nodesMeasured == 0, case .createPods = operation.action {
            settle()
            nodesMeasured = cluster.server.store.count(.node)
            memoryWithNodes = nodesMeasured > 0 ? ProcessMeter.residentBytes : 0
        }
        switch operation.action {
        case .createNodes(let nodes): try createNodes(nodes, index: index)
        case .createNamespaces(let namespaces): try createNamespaces(namespaces)
        case .createPods(let pods): try createPods(pods, index: index)
        case .createPodSets: break
        case .createAny(let objects): try createAny(objects)
        case .updateAny(let objects, let perSecond, let subresources):
            try updateAny(objects, perSecond: perSecond, subresources: subresources)
        case .churn(let churn): try beginChurn(churn, index: index)
        case .barrier(let namespaces, let labels, let requiresScheduled):
            try waitAtBarrier(namespaces, labels, requiresScheduled: requiresScheduled)
        case .sleep(let duration): try pass(try parameters.duration(duration))
        case .deletePods(let deletion): try deletePods(deletion)
        case .startCollectingMetrics(let name, let namespaces, let labels):
            try startCollecting(name, namespaces: namespaces, labels: labels)
        case .stopCollectingMetrics: try stopCollecting()
        case .refused(let why): throw PerfFailure(why)
        }
    }

    // MARK: Time

    /// Lets virtual time pass.
    func pass(_ duration: VirtualDuration) throws {
        let end = cluster.run(until: cluster.now + duration, while: { true }, shouldStop: watch)
        if end == .stopped { throw Interrupted() }
    }

    /// Lets what is under way arrive.
    private func settle() {
        _ = cluster.run(until: cluster.now + .milliseconds(10), while: { true }, shouldStop: watch)
    }

    /// Runs until enough pods are where they shall be; false when it takes too long.
    func wait(while isWaiting: () -> Bool) throws -> Bool {
        let end = cluster.run(until: cluster.now + waitLimit, while: isWaiting, shouldStop: watch)
        if end == .stopped { throw Interrupted() }
        return end == .done
    }

    /// Takes samples, and tells whether the run is to end.
    private func watch() -> Bool {
        if collection != nil { sample() }
        return shouldStop()
    }

    private func sample() {
        guard var current = collection else { return }
        let now = ProcessMeter.wallNanoseconds
        let elapsed = now - current.lastSample.wall
        guard elapsed >= Self.sampleInterval else { return }
        let arrivals = current.tally.arrivals
        if current.lastSample.arrivals == 0 {
            current.lastSample = (now, arrivals)
            collection = current
            return
        }
        let rate = Double(arrivals - current.lastSample.arrivals) / (Double(elapsed) / 1e9)
        // Upstream waits for the next pod where none came.
        if rate > 0 {
            current.samples.append(rate)
            current.lastSample = (now, arrivals)
        }
        if current.memory.count < 1_000 {
            current.memory.append(Double(ProcessMeter.residentBytes) / 1_048_576)
        }
        collection = current
    }

    // MARK: Metrics

    func startCollecting(_ name: String, namespaces: [String], labels: [String: String]) throws {
        if collection != nil {
            throw PerfFailure(
                "metrics collection is overlapping. Probably second collector was started before stopping a "
                    + "previous one")
        }
        let tally = PodTally(namespaces: Set(namespaces), labels: labels)
        cluster.add(tally)
        cluster.cycles = CycleTimes()
        let wall = ProcessMeter.wallNanoseconds
        collection = Collection(
            measurement: PerfMeasurement(name: name), tally: tally, wallStart: wall,
            processorStart: ProcessMeter.processorSeconds, virtualStart: cluster.now,
            attemptsBefore: cluster.scheduler.attemptCount, lastSample: (wall, tally.arrivals))
    }

    func stopCollecting() throws {
        guard let current = collection else {
            throw PerfFailure("missing startCollectingMetrics operation before stopping")
        }
        let wall = ProcessMeter.wallNanoseconds
        let processor = ProcessMeter.processorSeconds
        var measurement = current.measurement
        measurement.wallSeconds = Double(wall - current.wallStart) / 1e9
        measurement.processorSeconds = processor - current.processorStart
        if let first = current.tally.firstArrival {
            measurement.wallSecondsToFirst = Double(first.wall - current.wallStart) / 1e9
            measurement.processorSecondsToFirst = first.processor - current.processorStart
        }
        measurement.virtualSeconds = (cluster.now - current.virtualStart).fractionalSeconds
        measurement.podsScheduled = current.tally.arrivals
        measurement.attempts = cluster.scheduler.attemptCount - current.attemptsBefore
        let cycles = (cluster.cycles?.samples ?? []).sorted().map { Double($0) / 1e6 }
        measurement.cycleMilliseconds = Percentiles.buckets(cycles)
        measurement.cycleMilliseconds["Max"] = cycles.last ?? 0
        measurement.samples = current.samples.sorted()
        measurement.memorySamples = current.memory.sorted()
        measurement.threshold = workload.threshold
        measurement.thresholdValue = workload.threshold.value(ofTopic: configuration.topic)
        if measurement.thresholdValue > 0 && measurement.thresholdMetric == nil {
            result.notes.append(
                "the threshold is about \(workload.threshold.metric) \(workload.threshold.bucket), "
                    + "which simk does not measure")
        }
        result.measurements.append(measurement)
        cluster.remove(current.tally)
        cluster.cycles = nil
        collection = nil
    }
}

/// The values of a workload's parameters, and which of them were asked for.
struct PerfParameters {
    private let values: [String: JSONValue]
    private var used: Set<String> = []

    init(_ values: [String: JSONValue]) { self.values = values }

    /// Names that no operation asked for, in alphabetical order.
    var unused: [String] { values.keys.filter { !used.contains($0) }.sorted() }

    mutating func use(_ name: String) -> JSONValue? {
        used.insert(name)
        return values[name]
    }

    mutating func integer(_ setting: Setting<Int>) throws(PerfFailure) -> Int {
        switch setting {
        case .value(let number): return number
        case .parameter(let name):
            guard let number = try defined(name).doubleValue else { throw wrongType(name) }
            guard let whole = Int(exactly: number.rounded(.towardZero)) else {
                throw PerfFailure("invalid Count=\(number) / CountParam=\"$\(name)\"")
            }
            if whole < 0 { throw PerfFailure("invalid Count=\(whole) / CountParam=\"$\(name)\"") }
            return whole
        }
    }

    mutating func duration(_ setting: Setting<VirtualDuration>) throws(PerfFailure) -> VirtualDuration {
        switch setting {
        case .value(let duration): return duration
        case .parameter(let name):
            guard let text = try defined(name).stringValue else { throw wrongType(name) }
            guard let duration = GoDuration.parse(text) else {
                throw PerfFailure("parsing duration parameter $\(name): \"\(text)\" is no duration")
            }
            return duration
        }
    }

    mutating func flag(_ setting: Setting<Bool>) throws(PerfFailure) -> Bool {
        switch setting {
        case .value(let flag): return flag
        case .parameter(let name):
            guard let flag = try defined(name).boolValue else { throw wrongType(name) }
            return flag
        }
    }

    private mutating func defined(_ name: String) throws(PerfFailure) -> JSONValue {
        guard let value = use(name) else { throw PerfFailure("parameter \(name) is undefined") }
        return value
    }

    private func wrongType(_ name: String) -> PerfFailure {
        PerfFailure("parameter \(name) has the wrong type: \(values[name]?.kindName ?? "null")")
    }
}

/// What simk does otherwise than a file's feature gates ask for.
enum FeatureGateNotes {
    /// Gates of the scheduler that simk has one behaviour for: that of their default in v1.36.
    ///
    /// Upstream: `pkg/features/kube_features.go` (v1.36).
    private static let fixed: [String: (value: Bool, what: String)] = [
        "SchedulerQueueingHints": (true, "queueing hints are always used"),
        "SchedulerAsyncPreemption": (true, "victims are always evicted beside the scheduling cycles"),
        "NodeDeclaredFeatures": (true, "nodes' declared features are always looked at"),
        "NodeInclusionPolicyInPodTopologySpread": (true, "inclusion policies are always obeyed"),
        "InPlacePodVerticalScaling": (true, "pods can always be resized"),
        "GenericWorkload": (false, "workloads of several pods are not modelled"),
        "GangScheduling": (false, "pod groups are not modelled"),
        "OpportunisticBatching": (false, "pods are scheduled one by one"),
    ]

    static func notes(_ gates: [String: Bool]) -> [String] {
        gates.keys.sorted().compactMap { name in
            guard let fixed = fixed[name], let wanted = gates[name], wanted != fixed.value else { return nil }
            return "\(name)=\(wanted): \(fixed.what)"
        }
    }
}
