/// A figure that a run keeps and that expectations may be about.
public struct RunMetric: Hashable, Sendable {
    public var name: String
    public var meaning: String
    /// Whether it is also kept for single workloads, named by `of`.
    public var acceptsObject: Bool

    init(_ name: String, _ meaning: String, of acceptsObject: Bool = false) {
        self.name = name
        self.meaning = meaning
        self.acceptsObject = acceptsObject
    }

    /// Every metric. Whoever runs a scenario tells the monitor of each at every change, and of zeros at
    /// first.
    public static let all: [RunMetric] = [
        RunMetric("podsCreated", "Pods that were created."),
        RunMetric("podsScheduled", "Pods that were bound to a node."),
        RunMetric("podsDeleted", "Pods whose objects went away."),
        RunMetric("podsLost", "Running pods that a failure of their node took down."),
        RunMetric("containerRestarts", "Restarts of containers."),
        RunMetric(
            "evictions", "Pods evicted through the API, by taints, or by a node that is low on memory."),
        RunMetric("oomKills", "Containers that the kernel killed for memory."),
        RunMetric("apiCalls", "Calls to the API server."),
        RunMetric("apiErrors", "Calls that the API server refused."),
        RunMetric("failures", "Failures of nodes, disks, racks and zones."),
        RunMetric("nodesReady", "Nodes that are Ready now."),
        RunMetric("disksDown", "Disks that have failed and are not repaired yet."),
        RunMetric("deadlinesMet", "Pods that finished by the deadline that they state."),
        RunMetric(
            "deadlinesMissed",
            "Pods that did not; those that have not finished by the run's end count then, if they are late."
        ),
        RunMetric("tardinessSeconds", "By how much all pods together missed their deadlines, in seconds."),
        RunMetric(
            "unavailablePodSeconds", "Replicas that were wanted but not available, times seconds.", of: true),
    ]

    static func named(_ name: String) -> RunMetric? { all.first { $0.name == name } }
}
