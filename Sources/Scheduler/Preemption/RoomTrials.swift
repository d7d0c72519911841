import KubernetesModel

/// What preemption on one node after the other would come to, in numbers, where pods matter by the room that they
/// take only and no budget protects any.
///
/// It is what ``CandidateSearch`` does with the pods themselves; here none is copied until a node is chosen.
struct RoomTrials {
    /// By which nodes are compared: as the criteria of ``DefaultPreemption`` say, the higher the better.
    struct Rank {
        /// Of the most important victim.
        let priority: Int64
        let prioritySum: Int64
        let count: Int
        let earliestStart: Int64
    }

    enum Outcome {
        /// No pod of the node has a lower priority.
        case noVictims
        /// Not even without all of them there is room; why, as a place in the columns' verdicts.
        case rejected(UInt16)
        case possible(Rank)
        /// There is room as it is.
        case needless
    }

    private struct Victim {
        /// In the node's list.
        let place: Int32
        /// Of its class in ``classes``.
        let number: Int32
        let priority: Int64
        let start: Int64

        func isMoreImportant(than other: Victim) -> Bool {
            priority != other.priority ? priority > other.priority : start < other.start
        }
    }

    private var columns: NodeColumns
    private let wanted: [ResourceRequests.Entry]
    /// The classes of pods that were met, and what each takes of the wanted resources.
    private var classes: [PodClass] = []
    private var amounts: ContiguousArray<Int64> = []
    private var potential: ContiguousArray<Victim> = []
    private var victims: ContiguousArray<Victim> = []
    private var change = NodeColumns.Change()
    private var free: ContiguousArray<Int64>

    init(_ columns: NodeColumns) {
        self.columns = columns
        wanted = columns.wanted.filter { $0.amount > 0 }
        change.requested = wanted.map { ($0.resource.value, 0) }
        free = ContiguousArray(repeating: 0, count: wanted.count)
    }

    func verdict(_ number: UInt16) -> Status { columns.verdicts[Int(number)] }

    /// The victims on the node that was tried last, in the order of importance.
    func lastVictims(_ node: NodeIndex, _ nodes: NodeTable) -> [PodInfo] {
        victims.map { nodes.pods[node][Int($0.place)] }
    }

    mutating func tryNode(_ node: NodeIndex, below priority: Int64, _ nodes: NodeTable) -> Outcome {
        list(node, below: priority, nodes)
        if potential.isEmpty { return .noVictims }
        for index in wanted.indices { change.requested[index].amount = 0 }
        change.podCount = -Int64(potential.count)
        for victim in potential {
            let first = Int(victim.number) * wanted.count
            for index in wanted.indices { change.requested[index].amount &-= amounts[first + index] }
        }
        let verdict = columns.judge(node, nodes, after: change)
        if verdict != 0 { return .rejected(verdict) }
        sort()
        reprieve(node, nodes)
        guard let first = victims.first else { return .needless }
        return .possible(rank(first))
    }

    private mutating func list(_ node: NodeIndex, below priority: Int64, _ nodes: NodeTable) {
        potential.removeAll(keepingCapacity: true)
        for place in nodes.pods[node].indices {
            let podClass = nodes.pods[node][place].group.podClass
            if podClass.priority >= priority { continue }
            potential.append(
                Victim(
                    place: Int32(place), number: number(of: podClass), priority: podClass.priority,
                    start: nodes.pods[node][place].pod.value.status.startTime?.seconds ?? .max))
        }
    }

    private mutating func number(of podClass: PodClass) -> Int32 {
        for place in classes.indices where classes[place] === podClass { return Int32(place) }
        classes.append(podClass)
        for entry in wanted {
            var amount: Int64 = 0
            for taken in podClass.reserved.entries where taken.resource == entry.resource {
                amount &+= taken.amount
            }
            amounts.append(amount)
        }
        return Int32(classes.count - 1)
    }

    /// Sorts by importance, high to low; equal pods stay in their order.
    private mutating func sort() {
        if potential.count > 64 {
            potential.sort { left, right in
                if left.isMoreImportant(than: right) { return true }
                return !right.isMoreImportant(than: left) && left.place < right.place
            }
            return
        }
        var end = 1
        while end < potential.count {
            var place = end
            while place > 0 && potential[place].isMoreImportant(than: potential[place - 1]) {
                potential.swapAt(place, place - 1)
                place -= 1
            }
            end += 1
        }
    }

    /// Puts back as many as there is room for, the important ones first.
    private mutating func reprieve(_ node: NodeIndex, _ nodes: NodeTable) {
        victims.removeAll(keepingCapacity: true)
        for index in wanted.indices {
            let resource = wanted[index].resource.value
            free[index] =
                nodes.allocatable[resource][node] &- nodes.requested[resource][node]
                &- change.requested[index].amount
        }
        var podRoom =
            nodes.podCapacity[node] - Int64(nodes.pods[node].count) + Int64(potential.count) - 1
        for victim in potential {
            let first = Int(victim.number) * wanted.count
            var fits = podRoom >= 1
            for index in wanted.indices where wanted[index].amount > free[index] &- amounts[first + index] {
                fits = false
            }
            if fits {
                podRoom -= 1
                for index in wanted.indices { free[index] &-= amounts[first + index] }
            } else {
                victims.append(victim)
            }
        }
    }

    private func rank(_ first: Victim) -> Rank {
        var sum: Int64 = 0
        var highest = first.priority
        var earliest = Int64.max
        for victim in victims {
            sum = sum &+ victim.priority &+ (1 << 31)
            if victim.priority > highest {
                (highest, earliest) = (victim.priority, victim.start)
            } else if victim.priority == highest {
                earliest = min(earliest, victim.start)
            }
        }
        return Rank(
            priority: first.priority, prioritySum: sum, count: victims.count, earliestStart: earliest)
    }
}
