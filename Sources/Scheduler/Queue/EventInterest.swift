import KubernetesModel
import OrderedCollections

/// Which plugins of which profile wait for an event, as bits, so that pods that no event of a kind concerns are
/// passed over at once.
///
/// Plugins beyond the sixty-third of a profile share a bit: a bit says that it is worth asking, not more.
struct EventInterest {
    private struct Profile {
        let name: String
        let entries: [Framework.EnqueueEntry]
    }

    private let profiles: [Profile]
    private var masks: [(event: ClusterEvent, masks: [UInt64])] = []

    init(_ frameworks: [Framework]) {
        profiles = frameworks.map { Profile(name: $0.profileName, entries: $0.enqueue) }
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
        for name in plugins {
            for (place, entry) in profiles[profile].entries.enumerated() where entry.name == name {
                bits |= 1 << UInt64(min(place, 63))
            }
        }
        return bits
    }
}

/// Pods that wait for events, in the order in which they came.
struct EventPool {
    private(set) var pods: OrderedDictionary<UID, QueuedPod> = [:]
    /// The bits of all pods, by profile; bits of pods that have gone may still be set.
    private var union: [UInt64]

    init(profileCount: Int) { union = [UInt64](repeating: 0, count: profileCount) }

    var isEmpty: Bool { pods.isEmpty }
    var count: Int { pods.count }
    var values: OrderedDictionary<UID, QueuedPod>.Values { pods.values }
    subscript(uid: UID) -> QueuedPod? { pods.isEmpty ? nil : pods[uid] }

    mutating func set(_ pod: QueuedPod, profile: Int?) {
        pods[pod.pod.uid] = pod
        if let profile, pod.interest != .max {
            union[profile] |= pod.interest
        } else {
            for place in union.indices { union[place] = .max }
        }
    }

    @discardableResult
    mutating func remove(_ uid: UID) -> QueuedPod? {
        if pods.isEmpty { return nil }
        let removed = pods.removeValue(forKey: uid)
        if pods.isEmpty { for place in union.indices { union[place] = 0 } }
        return removed
    }

    mutating func remove(_ gone: [QueuedPod]) {
        if gone.count < 8 {
            for pod in gone { remove(pod.pod.uid) }
        } else {
            let gone = Set(gone.map(\.pod.uid))
            pods = pods.filter { !gone.contains($0.key) }
            if pods.isEmpty { for place in union.indices { union[place] = 0 } }
        }
    }

    /// Whether any pod may wait for an event with these bits.
    func mayConcern(_ masks: [UInt64]) -> Bool {
        if pods.isEmpty { return false }
        for place in union.indices where union[place] & masks[place] != 0 { return true }
        return false
    }
}
