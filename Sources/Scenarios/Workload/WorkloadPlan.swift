import KubernetesModel
import OrderedCollections
public import SimulationKernel
public import Workloads

/// What comes into the cluster while a scenario runs, beside what its manifests and its timeline say.
public struct WorkloadPlan: Sendable {
    /// The files of a trace, and what to take of them.
    public struct Trace: Sendable {
        /// Nil is told from the content.
        public var format: TraceFormat?
        /// Where the files may be, the first place that has one first; relative to the present folder.
        public var folders: [String]
        public var files: [String]
        /// Where the trace's publisher has it.
        public var source: String
        public var options = TraceOptions()

        public init(
            format: TraceFormat? = nil, folders: [String] = [""], files: [String], source: String = ""
        ) {
            self.format = format
            self.folders = folders
            self.files = files
            self.source = source
        }
    }

    /// How a pod ends.
    public enum Ending: String, CaseIterable, Sendable {
        /// By itself, when it has run for as long as the trace says, however long it waited before.
        case run
        /// By a deletion at the recorded moment, whether it has run by then or not.
        case recorded
    }

    /// Whose the pods are, for fairness.
    public enum Owner: String, CaseIterable, Sendable {
        case user, group, job
    }

    /// What pods use while they run.
    public enum Usage: String, CaseIterable, Sendable {
        /// What the trace has measured, where it has.
        case recorded
        /// What behaviors say.
        case behaviors
    }

    public var trace: Trace
    public var usage = Usage.recorded
    public var ending = Ending.run
    /// Nil takes the first that the task has.
    public var owner: Owner?
    /// From the run's start to the zero of the trace: time for the nodes to register.
    public var lead = VirtualDuration.seconds(60)
    /// How long the objects of ended pods stay.
    public var retention = VirtualDuration.seconds(60)
    /// Pods' deadlines: so many times their run time after their creation; nil for none.
    public var deadlineFactor: Double?
    /// Whether the cluster's nodes are the trace's machines.
    public var usesMachines = false
    /// How many pods one of those machines takes.
    public var podsPerNode: Int64 = 110
    /// What the first reading of the trace has shown; it is done when the scenario is loaded.
    public internal(set) var survey = TraceSurvey()
    /// The node of each machine, where machines are nodes.
    var nodeOfMachine: [String: String] = [:]
    /// Who reads the files.
    var opener: (any TraceOpener)?

    public init(_ trace: Trace) { self.trace = trace }

    /// Whether the trace is a snapshot: its objects are there from the start.
    public var startsFromState: Bool { survey.format == .snapshot }

    /// Whether pods follow measurements of CPU, and of memory.
    var followsCPU: Bool { usage == .recorded && survey.hasCPUUsage }
    var followsMemory: Bool { usage == .recorded && survey.hasMemoryUsage }

    /// The options for one run: its seed draws the sample.
    func options(seed: UInt64) -> TraceOptions {
        var options = trace.options
        options.seed = seed
        return options
    }
}

extension WorkloadPlan {
    var json: JSONValue {
        var trace: JSONObject = [
            "files": .array(self.trace.files.map(JSONValue.string)),
            "folders": .array(self.trace.folders.map { .string($0) }),
        ]
        if let format = self.trace.format { trace["format"] = .string(format.rawValue) }
        if !self.trace.source.isEmpty { trace["source"] = .string(self.trace.source) }
        let options = self.trace.options
        if let from = options.from { trace["from"] = from.sinceStart.json }
        if let until = options.until { trace["until"] = until.sinceStart.json }
        if options.sampleFraction != 1 {
            trace["sample"] = .number(options.sampleFraction)
            trace["sampleBy"] = .string(options.sampleUnit.rawValue)
        }
        for (name, scale) in [
            ("timeScale", options.timeScale), ("arrivalScale", options.arrivalScale),
            ("sizeScale", options.sizeScale),
        ] where scale != 1 { trace[name] = .number(scale) }
        if let unit = options.unitMilliCPU { trace["unitCPU"] = .string(Quantity(milli: unit).description) }
        if let unit = options.unitMemoryBytes { trace["unitMemory"] = .string(String(unit)) }
        if let unit = options.unitDiskBytes { trace["unitDisk"] = .string(String(unit)) }
        switch options.badRows {
        case .skip: trace["badRows"] = "skip"
        case .stop(let fraction): if options.badRows != .standard { trace["badRows"] = .number(fraction) }
        }
        var members: JSONObject = [
            "trace": .object(trace), "ending": .string(ending.rawValue),
            "usage": .string(usage.rawValue), "lead": lead.json,
            "retention": retention.json, "machines": .bool(usesMachines),
            "podsPerNode": .integer(podsPerNode),
        ]
        if let owner { members["owner"] = .string(owner.rawValue) }
        if let deadlineFactor { members["deadlineFactor"] = .number(deadlineFactor) }
        return .object(members)
    }
}
