/// Why a pod fits nowhere.
///
/// Upstream: `pkg/scheduler/framework/types.go`, `Diagnosis`, `FitError` (v1.36).
public struct Diagnosis: Sendable {
    /// How many nodes there are.
    public var nodeCount = 0
    /// The nodes with a verdict of their own, in the order of evaluation.
    public var statuses = NodeStatuses()
    /// The verdict on every other node.
    public var absentStatus = Status(.unschedulableAndUnresolvable)
    /// What PreFilter said when it rejected the pod on all nodes.
    public var preFilterMessage = ""
    /// What the PostFilter plugins said.
    public var postFilterMessage = ""
    /// The plugins that rejected the pod: an event that concerns one of them makes a retry worth while.
    public var unschedulablePlugins: Set<String> = []

    public init() {}

    mutating func note(_ status: Status) {
        if !status.plugin.isEmpty && status.isRejection { unschedulablePlugins.insert(status.plugin) }
    }

    /// The verdict on a node.
    public func status(of node: NodeIndex) -> Status {
        statuses.first { $0.node == node }?.status ?? absentStatus
    }

    /// The text of the FailedScheduling event, which the event API may cut.
    public var message: String {
        var text = "0/\(nodeCount) nodes are available:"
        if !preFilterMessage.isEmpty {
            text += " \(preFilterMessage)."
        } else {
            var counts: [(reason: String, count: Int)] = []
            func count(_ reasons: [String], times: Int) {
                for reason in reasons {
                    if let place = counts.firstIndex(where: { $0.reason == reason }) {
                        counts[place].count += times
                    } else {
                        counts.append((reason, times))
                    }
                }
            }
            for (place, times) in statuses.counts.enumerated() where times > 0 {
                count(statuses.verdicts[place].reasons, times: times)
            }
            if statuses.count < nodeCount { count(absentStatus.reasons, times: nodeCount - statuses.count) }
            let lines = counts.map { "\($0.count) \($0.reason)" }.sorted {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            }
            if !lines.isEmpty { text += " \(lines.joined(separator: ", "))." }
        }
        return postFilterMessage.isEmpty ? text : text + " \(postFilterMessage)"
    }

    /// The text as the event API takes it: 1,024 bytes at most.
    ///
    /// Upstream: `pkg/scheduler/schedule_one.go`, `truncateMessage` (v1.36).
    public static func truncated(_ message: String) -> String {
        guard message.utf8.count > 1_024 else { return message }
        return String(decoding: message.utf8.prefix(1_020), as: UTF8.self) + " ..."
    }
}
