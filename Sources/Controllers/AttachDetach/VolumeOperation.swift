import SimulationKernel

/// An attach or a detach that is under way, or has failed and may not be tried again yet.
///
/// Upstream: `pkg/volume/util/nestedpendingoperations`, `pkg/util/goroutinemap/exponentialbackoff`,
/// `pkg/volume/csi/csi_attacher.go` (v1.36). The waiting between two looks at a VolumeAttachment has no
/// jitter here (upstream adds up to a tenth).
struct VolumeOperation: Sendable {
    enum Kind: Sendable { case attach, detach }

    /// How long after an error the operation may not be tried again: at first, and at most.
    static let initialBackoff = VirtualDuration.milliseconds(500)
    static let maximumBackoff = VirtualDuration.seconds(122)
    /// How long the CSI plugin waits for the external attacher (`csiTimeout`).
    static let timeout = VirtualDuration.minutes(2)
    static let firstPoll = VirtualDuration.milliseconds(500)
    static let maximumPoll = VirtualDuration.seconds(7)

    var kind: Kind
    /// The volume's unique name.
    var volume: String
    /// The node of the operation; it may not be part of what excludes others.
    var node: String
    /// Only one operation at a time for the volume, on whichever node.
    var isExclusive: Bool
    var attachment: String
    /// Since when it waits for the VolumeAttachment; nil while the API call is out.
    var waitingSince: VirtualTime?
    var isPending = true
    var failedAt = VirtualTime.start
    var backoff = VirtualDuration.zero
    /// The pods that hear of an attachment.
    var pods: [PodReference] = []

    /// The earliest moment at which the operation may be tried again.
    var retryAt: VirtualTime { failedAt + backoff + .nanoseconds(1) }

    mutating func fail(at now: VirtualTime) {
        isPending = false
        waitingSince = nil
        failedAt = now
        backoff = backoff == .zero ? Self.initialBackoff : min(backoff * 2, Self.maximumBackoff)
    }

    /// The first look at the VolumeAttachment at or after a moment: after half a second, then 5 % later each.
    func nextPoll(atOrAfter moment: VirtualTime) -> VirtualTime? {
        guard let waitingSince else { return nil }
        var interval = Self.firstPoll
        var poll = waitingSince + interval
        while poll < moment {
            interval = min(
                VirtualDuration(fractionalSeconds: interval.fractionalSeconds * 1.05), Self.maximumPoll)
            poll += interval
        }
        return poll
    }
}
