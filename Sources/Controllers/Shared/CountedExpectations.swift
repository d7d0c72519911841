import ControlPlane
import KubernetesModel
import SimulationKernel

/// How many creations and deletions a controller has asked for and not yet seen in its cache.
///
/// Deletions are counted, not told apart: each sight of a pod that is being deleted counts as one.
/// Upstream: `pkg/controller/controller_utils.go`, `ControllerExpectations` (v1.36).
struct CountedExpectations: Sendable {
    private struct Entry: Sendable {
        var creations: Int
        var deletions: Int
        var since: VirtualTime
    }
    private var entries: [ObjectKey: Entry] = [:]

    /// Whether all has been seen, or was asked for more than five minutes ago.
    func isSatisfied(_ key: ObjectKey, at now: VirtualTime) -> Bool {
        guard let entry = entries[key] else { return true }
        return (entry.creations <= 0 && entry.deletions <= 0)
            || now - entry.since > ControllerExpectations.timeout
    }

    mutating func expect(creations: Int = 0, deletions: Int = 0, for key: ObjectKey, at now: VirtualTime) {
        entries[key] = Entry(creations: creations, deletions: deletions, since: now)
    }

    /// Creations were seen, failed, or were not tried.
    mutating func creationsObserved(_ count: Int = 1, for key: ObjectKey) {
        entries[key]?.creations -= count
    }

    /// A deletion was seen, or failed.
    mutating func deletionObserved(for key: ObjectKey) { entries[key]?.deletions -= 1 }

    mutating func forget(_ key: ObjectKey) { entries.removeValue(forKey: key) }
}
