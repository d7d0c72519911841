public import Scheduler

/// A scenario whose workload is a trace that goes through the scheduler alone: one pod after the other, each
/// scheduled completely before the next arrives, none of which ends.
public struct ReplayPlan: Sendable {
    /// An order of pods or of nodes.
    public enum Order: Hashable, Sendable {
        /// As in the trace.
        case asRecorded
        /// Made from the seed; pods are followed by copies, ``ReplayPlan/arrivedPercent``.
        case shuffled
        /// A text file, perhaps gzipped, with a name a line; `{seed}` stands for the seed.
        case file(String)

        init(_ text: String) {
            switch text {
            case "recorded": self = .asRecorded
            case "shuffled": self = .shuffled
            default: self = .file(text)
            }
        }
    }

    /// The path as the user gave it.
    public var file: String
    public var metadata: Scenario.Metadata
    /// One run each, with every policy.
    public var seeds: [UInt64]
    public var policies: [SchedulingPolicy]
    /// The trace's format; nil is told from the content.
    public var format: String?
    /// Where the files may be, the first place that has one first.
    public var folders: [String]
    public var files: [String]
    /// Where the trace's publisher has it.
    public var source: String
    public var podOrder: Order
    public var nodeOrder: Order
    /// A workload that is made is filled up with copies until so much of the GPUs is asked for.
    public var arrivedPercent: Int64
    /// What is suspicious but no error.
    public var warnings: [Diagnostic] = []

    /// The published tuning of Weng et al., USENIX ATC 2023.
    public static let publishedPercent: Int64 = 130

    /// A trace's files, without a scenario.
    public init(trace files: [String]) {
        let metadata = Scenario.Metadata(name: "", description: "", labels: [:])
        self.init(file: files.first ?? "", metadata: metadata, seeds: [1], files: files)
    }

    public init(
        file: String, metadata: Scenario.Metadata, seeds: [UInt64], policies: [SchedulingPolicy] = [],
        format: String? = nil, folders: [String] = [""], files: [String], source: String = "",
        podOrder: Order = .shuffled, nodeOrder: Order = .shuffled,
        arrivedPercent: Int64 = publishedPercent
    ) {
        self.file = file
        self.metadata = metadata
        self.seeds = seeds
        self.policies = policies
        self.format = format
        self.folders = folders
        self.files = files
        self.source = source
        self.podOrder = podOrder
        self.nodeOrder = nodeOrder
        self.arrivedPercent = arrivedPercent
    }
}
