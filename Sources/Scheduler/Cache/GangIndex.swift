import KubernetesModel

/// Which pods belong to which gang, with a node or without.
public struct GangIndex: Sendable {
    private var members: [ObjectKey: Set<UID>] = [:]

    public init() {}

    /// The pods of a gang that are there and have not ended, in no order.
    func members(of gang: ObjectKey) -> Set<UID> { members[gang] ?? [] }

    mutating func add(_ metadata: ObjectMeta) {
        guard let key = PodGang.key(of: metadata) else { return }
        members[key, default: []].insert(metadata.uid)
    }

    mutating func remove(_ metadata: ObjectMeta) {
        guard let key = PodGang.key(of: metadata) else { return }
        members[key]?.remove(metadata.uid)
        if members[key]?.isEmpty == true { members[key] = nil }
    }
}

extension ClusterCache {
    /// How many pods of a gang have a node, bound or assumed.
    func placedMembers(of gang: ObjectKey) -> Int {
        gangs.members(of: gang).reduce(0) { $0 + (node(of: $1) == nil ? 0 : 1) }
    }
}
