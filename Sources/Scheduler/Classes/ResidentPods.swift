import KubernetesModel

/// Which groups of pods are on which rows, by their labels.
///
/// A new class has to count the pods that its spread constraints select. In a cluster of many small workloads these are
/// few, and looking at every pod for each class would take time in proportion to the product. The index is brought up to
/// date from the log only when a class counts anew, so that clusters of few classes do not pay for it.
struct ResidentPods {
    /// The pods of one group that do not terminate.
    struct Residents {
        let group: PodGroup
        /// How many of them are on a row.
        var rows: [Int32: Int64] = [:]
    }

    private var cursor = -1
    private var groups: [Int32: Residents] = [:]
    /// The groups with a label, by key and value, in the order in which they came.
    private var byLabel: [String: [String: [Int32]]] = [:]
    /// Groups in the index that have no pods any more.
    private var vacant = 0

    mutating func sync(_ nodes: NodeTable) {
        guard cursor >= 0, vacant <= 1_024 + groups.count / 2, let start = nodes.log.place(of: cursor) else {
            rebuild(nodes)
            return
        }
        for place in start..<nodes.log.entries.count {
            let entry = nodes.log.entries[place]
            guard let group = entry.group, !entry.isTerminating else { continue }
            add(group, entry.row, Int64(entry.sign))
        }
        cursor = nodes.log.end
    }

    private mutating func rebuild(_ nodes: NodeTable) {
        self = ResidentPods()
        cursor = nodes.log.end
        for row in 0..<nodes.rowCount {
            for pod in nodes.pods[NodeIndex(row)] where !pod.isTerminating { add(pod.group, Int32(row), 1) }
        }
    }

    private mutating func add(_ group: PodGroup, _ row: Int32, _ sign: Int64) {
        if groups[group.id] == nil {
            groups[group.id] = Residents(group: group)
            for label in group.labels.entries {
                byLabel[label.key, default: [:]][label.value, default: []].append(group.id)
            }
            vacant += 1
        }
        guard var residents = groups.removeValue(forKey: group.id) else { return }
        let wasVacant = residents.rows.isEmpty
        let count = (residents.rows[row] ?? 0) + sign
        residents.rows[row] = count == 0 ? nil : count
        if wasVacant != residents.rows.isEmpty { vacant += wasVacant ? -1 : 1 }
        groups[group.id] = residents
    }

    /// The groups that can match one of the constraints, each once; nil where only a look at all groups can tell.
    func candidates(_ constraints: [SpreadConstraint]) -> [Residents]? {
        var numbers: Set<Int32> = []
        var found: [Residents] = []
        for constraint in constraints {
            switch constraint.selector.requiredLabel {
            case .none: continue
            case .unknown: return nil
            case .label(let key, let value):
                for number in byLabel[key]?[value] ?? [] where numbers.insert(number).inserted {
                    if let residents = groups[number], !residents.rows.isEmpty { found.append(residents) }
                }
            }
        }
        return found
    }
}
