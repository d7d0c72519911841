/// The owners that the API server said not to have; the 500 used last.
///
/// Upstream: `pkg/controller/garbagecollector/uid_cache.go` (v1.36).
struct AbsentOwners: Sendable {
    static let capacity = 500
    private var uses: [GraphIdentity: UInt64] = [:]
    private var clock: UInt64 = 0

    mutating func insert(_ identity: GraphIdentity) {
        clock += 1
        uses[identity] = clock
        guard uses.count > Self.capacity else { return }
        // Uses are all different, so the oldest does not depend on the dictionary's order.
        if let oldest = uses.min(by: { $0.value < $1.value }) { uses.removeValue(forKey: oldest.key) }
    }

    mutating func contains(_ identity: GraphIdentity) -> Bool {
        guard uses[identity] != nil else { return false }
        clock += 1
        uses[identity] = clock
        return true
    }
}
