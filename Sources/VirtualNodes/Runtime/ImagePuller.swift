import ControlPlane
import SimulationKernel

/// The pulls of one node: a queue, a limit on how many run at once, and a link that they share fairly.
///
/// A pull first talks to the registry for a while, then moves bytes. With the default limit of one, pulls run
/// one after the other. Upstream: `pkg/kubelet/images/puller.go` (v1.36).
struct ImagePuller: Sendable {
    struct Pull: Sendable {
        var slot: Int32
        var generation: UInt32
        var image: String
        var requestedAt: VirtualTime
        var startedAt = VirtualTime.never
        /// When bytes begin to move.
        var transferFrom = VirtualTime.never
        var remainingBytes: Double = 0
        var sizeBytes: Int64 = 0
        var failure: String?
    }

    private(set) var waiting: [Pull] = []
    private(set) var active: [Pull] = []
    private var advancedTo = VirtualTime.start
    /// Bytes a second, of the whole link.
    let bandwidth: Double
    let limit: Int

    init(bandwidth: Double, limit: Int) {
        self.bandwidth = max(1, bandwidth)
        self.limit = limit
    }

    var canStart: Bool { !waiting.isEmpty && (limit <= 0 || active.count < limit) }

    mutating func enqueue(_ pull: Pull) { waiting.append(pull) }

    mutating func takeNext() -> Pull { waiting.removeFirst() }

    mutating func start(_ pull: Pull, at now: VirtualTime) {
        advance(to: now)
        active.append(pull)
    }

    /// When the next pull ends, or the shares of the link change.
    var nextChange: VirtualTime {
        var next = VirtualTime.never
        let moving = active.reduce(into: 0) { $0 += $1.transferFrom <= advancedTo ? 1 : 0 }
        for pull in active {
            if pull.transferFrom > advancedTo {
                next = min(next, pull.transferFrom)
            } else {
                let seconds = pull.remainingBytes * Double(moving) / bandwidth
                next = min(
                    next, advancedTo.advancedClamping(by: VirtualDuration(fractionalSeconds: seconds)))
            }
        }
        return next
    }

    /// Takes out the pulls that are done.
    mutating func finished(at now: VirtualTime) -> [Pull] {
        advance(to: now)
        let done = active.filter { $0.transferFrom <= now && $0.remainingBytes <= 0 }
        if !done.isEmpty { active.removeAll { $0.transferFrom <= now && $0.remainingBytes <= 0 } }
        return done
    }

    mutating func removeAll() {
        waiting = []
        active = []
    }

    private mutating func advance(to now: VirtualTime) {
        // Shares change only at the moments that nextChange names, so one step of constant shares suffices.
        let moving = active.reduce(into: 0) { $0 += $1.transferFrom <= advancedTo ? 1 : 0 }
        if moving > 0 && now > advancedTo {
            let bytes = (now - advancedTo).fractionalSeconds * bandwidth / Double(moving)
            for index in active.indices where active[index].transferFrom <= advancedTo {
                active[index].remainingBytes -= bytes
                // Moments are whole nanoseconds: what would arrive within one has arrived.
                if active[index].remainingBytes < max(0.5, bandwidth * 1e-9) {
                    active[index].remainingBytes = 0
                }
            }
        }
        advancedTo = now
    }
}
