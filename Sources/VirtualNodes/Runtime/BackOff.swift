import SimulationKernel

/// The back-off of one item: doubles at each failure, begins anew after a time without one: twice the maximum,
/// unless another time is given.
///
/// Upstream: `client-go/util/flowcontrol/backoff.go`, and for crash loops `pkg/kubelet/kubelet.go` (v1.36).
struct BackOff: Hashable, BitwiseCopyable, Sendable {
    private(set) var duration: VirtualDuration
    private(set) var lastUpdate: VirtualTime

    /// The back-off after the first failure.
    init(first initial: VirtualDuration, at now: VirtualTime) {
        duration = initial
        lastUpdate = now
    }

    /// The back-off after one more failure, at `event`.
    static func after(
        _ old: BackOff?, event: VirtualTime, at now: VirtualTime, initial: VirtualDuration,
        maximum: VirtualDuration, reset: VirtualDuration? = nil
    ) -> BackOff {
        guard var next = old, !next.hasExpired(event, reset ?? maximum * 2) else {
            return BackOff(first: initial, at: now)
        }
        next.duration = min(next.duration * 2, maximum)
        next.lastUpdate = now
        return next
    }

    /// Whether less than the back-off has passed since the failure at `event`.
    func isActive(
        since event: VirtualTime, at now: VirtualTime, maximum: VirtualDuration, reset: VirtualDuration? = nil
    ) -> Bool {
        !hasExpired(event, reset ?? maximum * 2) && now - event < duration
    }

    /// Whether less than the back-off has passed since it was last raised.
    func isActiveSinceUpdate(at now: VirtualTime, maximum: VirtualDuration) -> Bool {
        !hasExpired(now, maximum * 2) && now - lastUpdate < duration
    }

    private func hasExpired(_ event: VirtualTime, _ reset: VirtualDuration) -> Bool {
        event - lastUpdate > reset
    }
}
