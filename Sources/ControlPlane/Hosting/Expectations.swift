public import KubernetesModel
public import SimulationKernel

/// What a controller has asked for and not yet seen in its cache, so that a stale cache does not make it act
/// twice.
///
/// Creations are counted, deletions are remembered by key. Expectations older than five minutes count as met.
/// Upstream: `pkg/controller/controller_utils.go`, `UIDTrackingControllerExpectations` (v1.36).
public struct ControllerExpectations: Sendable {
    private struct Entry: Sendable {
        var creations: Int
        var deletions: Set<ObjectKey>
        var since: VirtualTime
    }
    private var entries: [ObjectKey: Entry] = [:]

    /// How long an expectation is believed in.
    public static let timeout = VirtualDuration.minutes(5)

    public init() {}

    /// Whether the controller may act on the key.
    public func isSatisfied(_ key: ObjectKey, at now: VirtualTime) -> Bool {
        guard let entry = entries[key] else { return true }
        return (entry.creations <= 0 && entry.deletions.isEmpty) || now - entry.since > Self.timeout
    }

    public mutating func expectCreations(_ count: Int, for key: ObjectKey, at now: VirtualTime) {
        entries[key] = Entry(creations: count, deletions: [], since: now)
    }

    public mutating func expectDeletions(
        of objects: some Sequence<ObjectKey>, for key: ObjectKey, at now: VirtualTime
    ) {
        entries[key] = Entry(creations: 0, deletions: Set(objects), since: now)
    }

    /// A creation was seen, or failed.
    public mutating func creationObserved(for key: ObjectKey) { entries[key]?.creations -= 1 }

    /// A deletion was seen, or failed.
    public mutating func deletionObserved(of object: ObjectKey, for key: ObjectKey) {
        entries[key]?.deletions.remove(object)
    }

    public mutating func forget(_ key: ObjectKey) { entries.removeValue(forKey: key) }
}
