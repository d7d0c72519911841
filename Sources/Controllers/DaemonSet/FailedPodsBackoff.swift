import SimulationKernel

/// Delays between deletions of failed pods: doubling from 1 s to 15 min for a key, fresh again after
/// half an hour.
///
/// Upstream: `client-go/util/flowcontrol/backoff.go`; the figures are those of
/// `cmd/kube-controller-manager/app/apps.go` (v1.36).
struct FailedPodsBackoff: Sendable {
    static let initial = VirtualDuration.seconds(1)
    static let maximum = VirtualDuration.minutes(15)

    private struct Entry: Sendable {
        var delay: VirtualDuration
        var since: VirtualTime

        func hasExpired(at now: VirtualTime) -> Bool { now - since > maximum + maximum }
    }
    private var entries: [String: Entry] = [:]

    /// The delay that the key is in, if it is in one.
    func delay(_ key: String, at now: VirtualTime) -> VirtualDuration? {
        guard let entry = entries[key], !entry.hasExpired(at: now), now - entry.since < entry.delay else {
            return nil
        }
        return entry.delay
    }

    /// Begins the key's next delay.
    mutating func next(_ key: String, at now: VirtualTime) {
        if let entry = entries[key], !entry.hasExpired(at: now) {
            entries[key] = Entry(delay: min(entry.delay + entry.delay, Self.maximum), since: now)
        } else {
            entries[key] = Entry(delay: Self.initial, since: now)
        }
    }

    /// Lets expired keys go, which changes no answer.
    mutating func collect(at now: VirtualTime) { entries = entries.filter { !$0.value.hasExpired(at: now) } }
}
