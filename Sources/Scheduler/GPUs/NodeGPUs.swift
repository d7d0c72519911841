public import KubernetesModel

/// The GPUs of one node: how much of each is free, and which pods have which.
public struct NodeGPUs: Sendable {
    /// What is on the node under a pod's identity.
    private struct Holding {
        let uid: UID
        let milli: Int32
        /// ``NodeGPUs/sort(of:)``.
        let sort: Int32
        var gpus: GPUSet
        /// False while a trial has taken the pod off the node.
        var isThere: Bool
    }

    /// Of all GPUs of the node.
    public private(set) var model = ""
    /// What is free of each GPU, in thousandths.
    public private(set) var free: ContiguousArray<Int32> = []
    /// Of all together, in thousandths of one.
    public private(set) var totalFree: Int64 = 0
    private var holdings: ContiguousArray<Holding> = []
    /// How many pods of each sort there are; none is 0.
    private var sorts: ContiguousArray<(sort: Int32, count: Int32)> = []

    init() {}

    @inlinable public var isEmpty: Bool { free.isEmpty }

    /// Takes over how many GPUs the node has; pods keep theirs.
    mutating func set(model: String, count: Int) {
        self.model = model
        free = ContiguousArray(repeating: GPURequest.wholeMilli, count: count)
        totalFree = Int64(count) * Int64(GPURequest.wholeMilli)
        for holding in holdings where holding.isThere { take(holding.gpus, holding.milli, sign: -1) }
    }

    // MARK: What fits

    /// Whether enough GPUs have as much free as is asked for; the model is another question.
    func fits(_ request: GPURequest) -> Bool {
        var missing = request.count
        for amount in free where amount >= request.milli {
            missing -= 1
            if missing == 0 { return true }
        }
        return false
    }

    /// The GPUs that a pod gets where no policy says otherwise: a share goes to the GPU with the least free
    /// that fits, anything else to those of lowest number that fit.
    func standardChoice(_ request: GPURequest) -> GPUSet? {
        var chosen = GPUSet()
        if request.isSharing {
            var best: Int?
            for number in free.indices where free[number] >= request.milli {
                if best.map({ free[number] < free[$0] }) ?? true { best = number }
            }
            return best.map { GPUSet($0) }
        }
        var missing = request.count
        for number in free.indices where missing > 0 && free[number] >= request.milli {
            chosen.insert(number)
            missing -= 1
        }
        return missing == 0 ? chosen : nil
    }

    // MARK: Sorts of pods

    /// A pod's sort, as GpuClustering tells them apart: 0 for a share of a GPU, else how many GPUs it takes.
    static func sort(of request: GPURequest) -> Int32 { request.isSharing ? 0 : request.count }

    /// Whether pods of a sort are on the node, and whether pods of others are.
    func hosts(_ sort: Int32) -> (this: Bool, others: Bool) {
        var (this, others) = (false, false)
        for entry in sorts {
            if entry.sort == sort { this = true } else { others = true }
        }
        return (this, others)
    }

    // MARK: Pods that come and go

    /// The GPUs that a pod has; nil when it has none.
    public func gpus(of uid: UID) -> GPUSet? { holdings.first { $0.uid == uid && $0.isThere }?.gpus }

    /// Gives a pod its GPUs, in place of those that it has.
    mutating func give(_ gpus: GPUSet, to uid: UID, for request: GPURequest) {
        remove(uid, isTrial: false)
        holdings.append(
            Holding(
                uid: uid, milli: request.milli, sort: Self.sort(of: request), gpus: gpus, isThere: true))
        count(holdings.count - 1, sign: 1)
    }

    /// Puts a pod back that a trial has taken off; false when there is none.
    mutating func putBack(_ uid: UID) -> Bool {
        guard let place = holdings.firstIndex(where: { $0.uid == uid }) else { return false }
        if !holdings[place].isThere {
            holdings[place].isThere = true
            count(place, sign: 1)
        }
        return true
    }

    /// Takes a pod off the node; in a trial it may come back.
    mutating func remove(_ uid: UID, isTrial: Bool) {
        guard let place = holdings.lastIndex(where: { $0.uid == uid }) else { return }
        if holdings[place].isThere {
            holdings[place].isThere = false
            count(place, sign: -1)
        }
        if !isTrial {
            holdings.swapAt(place, holdings.count - 1)
            holdings.removeLast()
        }
    }

    private mutating func count(_ place: Int, sign: Int32) {
        let holding = holdings[place]
        take(holding.gpus, holding.milli, sign: -sign)
        if let entry = sorts.firstIndex(where: { $0.sort == holding.sort }) {
            sorts[entry].count += sign
            if sorts[entry].count == 0 { sorts.remove(at: entry) }
        } else {
            sorts.append((holding.sort, sign))
        }
    }

    /// Adds to what is free, or with a negative sign takes of it. A number beyond the node's GPUs is left out.
    private mutating func take(_ gpus: GPUSet, _ milli: Int32, sign: Int32) {
        var rest = gpus.bits
        while rest != 0 {
            let number = rest.trailingZeroBitCount
            rest &= rest - 1
            if number >= free.count { continue }
            free[number] += sign * milli
            totalFree += Int64(sign * milli)
        }
    }
}
