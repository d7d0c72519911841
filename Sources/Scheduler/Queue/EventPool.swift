import ControlPlane
import KubernetesModel
import SimulationKernel

/// Pods that wait for events, in the order in which they came.
///
/// A pod that goes leaves a gap: closing it would move all pods behind it, of which there may be thousands.
struct EventPool {
    private var slots: ContiguousArray<QueuedPod?> = []
    private var places = UIDTable<Int>()
    /// The first slot that is no gap, unless all are.
    private var start = 0
    /// The bits of all pods, by profile; bits of pods that have gone may still be set.
    private var union: [UInt64]

    init(profileCount: Int) { union = [UInt64](repeating: 0, count: profileCount) }

    var isEmpty: Bool { places.isEmpty }
    var count: Int { places.count }
    var first: QueuedPod? { isEmpty ? nil : slots[start] }
    /// Since when the first pod has been here.
    var firstTime: VirtualTime? { isEmpty ? nil : slots[start]?.timestamp }
    /// The pods in their order.
    var values: some Sequence<QueuedPod> { slots[start...].lazy.compactMap { $0 } }
    subscript(uid: UID) -> QueuedPod? { isEmpty ? nil : places[uid].flatMap { slots[$0] } }

    func contains(_ uid: UID) -> Bool { !isEmpty && places.contains(uid) }

    /// Adds a pod at the end, or takes over another state of one, which keeps its place.
    mutating func set(_ pod: consuming QueuedPod, profile: Int?) {
        let uid = pod.pod.uid
        let interest = pod.interest
        if let place = places[uid] {
            slots[place] = consume pod
        } else {
            places[uid] = slots.count
            slots.append(consume pod)
        }
        if let profile, interest != .max {
            union[profile] |= interest
        } else {
            for place in union.indices { union[place] = .max }
        }
    }

    @discardableResult
    mutating func remove(_ uid: UID) -> QueuedPod? {
        if isEmpty { return nil }
        guard let place = places.removeValue(forKey: uid) else { return nil }
        let removed = slots[place]
        slots[place] = nil
        if isEmpty {
            slots.removeAll(keepingCapacity: true)
            start = 0
            for place in union.indices { union[place] = 0 }
            return removed
        }
        while slots[start] == nil { start += 1 }
        if slots.count > 64 && slots.count > 2 * places.count { closeGaps() }
        return removed
    }

    mutating func remove(_ gone: [QueuedPod]) {
        for pod in gone { remove(pod.pod.uid) }
    }

    private mutating func closeGaps() {
        slots.removeAll { $0 == nil }
        start = 0
        for place in slots.indices {
            if let uid = slots[place]?.pod.uid { places[uid] = place }
        }
    }

    /// Whether any pod may wait for an event with these bits.
    func mayConcern(_ masks: [UInt64]) -> Bool {
        if isEmpty { return false }
        for place in union.indices where union[place] & masks[place] != 0 { return true }
        return false
    }
}
