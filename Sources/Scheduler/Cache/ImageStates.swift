import KubernetesModel

/// Which nodes have which images, under each name that nodes list.
///
/// Upstream: `pkg/scheduler/backend/cache/cache.go`, `addNodeImageStates` (v1.36).
public struct ImageStates {
    public struct State {
        /// The size that the first node to list the name gave.
        public var sizeBytes: Int64
        public var nodes: ContiguousArray<NodeIndex>
    }

    private var states: [String: State] = [:]

    public subscript(name: String) -> State? { states[name] }

    mutating func add(_ images: [ContainerImage], of node: NodeIndex) {
        for image in images {
            for name in image.names {
                if states[name] == nil {
                    states[name] = State(sizeBytes: image.sizeBytes, nodes: [node])
                } else if states[name]?.nodes.last != node {
                    // A node's images come at once, so it can only be the last already.
                    states[name]?.nodes.append(node)
                }
            }
        }
    }

    /// Removes and adds, as upstream does at every change of a node.
    mutating func update(from old: [ContainerImage], to new: [ContainerImage], of node: NodeIndex) {
        guard old == new else {
            remove(old, of: node)
            add(new, of: node)
            return
        }
        // The only node with a name gives its size anew.
        var seen: Set<String> = []
        for image in new {
            for name in image.names where states[name]?.nodes.count == 1 && seen.insert(name).inserted {
                states[name]?.sizeBytes = image.sizeBytes
            }
        }
    }

    mutating func remove(_ images: [ContainerImage], of node: NodeIndex) {
        for image in images {
            for name in image.names {
                states[name]?.nodes.removeAll { $0 == node }
                if states[name]?.nodes.isEmpty == true { states[name] = nil }
            }
        }
    }

    /// The name with `:latest` when it has no tag.
    ///
    /// Upstream: `pkg/scheduler/framework/plugins/imagelocality/image_locality.go` (v1.36).
    static func normalizedName(_ name: String) -> String {
        let bytes = Array(name.utf8)
        let colon = bytes.lastIndex(of: UInt8(ascii: ":")) ?? -1
        let slash = bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1
        return colon <= slash ? name + ":latest" : name
    }
}
