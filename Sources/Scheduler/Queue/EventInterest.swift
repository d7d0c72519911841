import KubernetesModel

/// Which plugins of which profile wait for an event, as bits, so that pods that no event of a kind concerns are
/// passed over at once.
///
/// Plugins beyond the sixty-third of a profile share a bit: a bit says that it is worth asking, not more.
struct EventInterest {
    private struct Profile {
        let name: String
        let entries: [Framework.EnqueueEntry]
        /// The bits of each plugin.
        let bits: [String: UInt64]
    }

    private let profiles: [Profile]
    private var masks: [(event: ClusterEvent, masks: [UInt64])] = []

    init(_ frameworks: [Framework]) {
        profiles = frameworks.map { framework in
            var bits: [String: UInt64] = [:]
            for (place, entry) in framework.enqueue.enumerated() {
                bits[entry.name, default: 0] |= 1 << UInt64(min(place, 63))
            }
            return Profile(name: framework.profileName, entries: framework.enqueue, bits: bits)
        }
    }

    /// The bits of the plugins of each profile that wait for an event.
    mutating func masks(of event: ClusterEvent) -> [UInt64] {
        for known in masks where known.event == event { return known.masks }
        let found = profiles.map { profile in
            var mask: UInt64 = 0
            for (place, entry) in profile.entries.enumerated() where entry.covers(event) {
                mask |= 1 << UInt64(min(place, 63))
            }
            return mask
        }
        masks.append((event, found))
        return found
    }

    /// Whether a waiting pod may wait for an event with these bits.
    func concerns(_ pod: QueuedPod, _ masks: [UInt64]) -> Bool {
        if pod.interest == .max { return true }
        guard let profile = profile(named: pod.pod.podClass.schedulerName) else { return true }
        return pod.interest & masks[profile] != 0
    }

    func profile(named name: String) -> Int? { profiles.firstIndex { $0.name == name } }

    /// The bits of plugins by their names.
    func bits(of plugins: some Sequence<String>, profile: Int) -> UInt64 {
        var bits: UInt64 = 0
        for name in plugins { bits |= profiles[profile].bits[name] ?? 0 }
        return bits
    }
}
