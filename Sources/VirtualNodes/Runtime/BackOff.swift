import SimulationKernel

/// The back-off of one item: doubles at each failure, begins anew after twice the maximum without one.
///
/// Upstream: `client-go/util/flowcontrol/backoff.go` (v1.36).
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
        maximum: VirtualDuration
    ) -> BackOff {
        guard var next = old, !next.hasExpired(event, maximum) else {
            return BackOff(first: initial, at: now)
        }
        next.duration = min(next.duration * 2, maximum)
        next.lastUpdate = now
        return next
    }

    /// Whether less than the back-off has passed since the failure at `event`.
    func isActive(since event: VirtualTime, at now: VirtualTime, maximum: VirtualDuration) -> Bool {
        !hasExpired(event, maximum) && now - event < duration
    }

    /// Whether less than the back-off has passed since it was last raised.
    func isActiveSinceUpdate(at now: VirtualTime, maximum: VirtualDuration) -> Bool {
        !hasExpired(now, maximum) && now - lastUpdate < duration
    }

    private func hasExpired(_ event: VirtualTime, _ maximum: VirtualDuration) -> Bool {
        event - lastUpdate > maximum * 2
    }
}
