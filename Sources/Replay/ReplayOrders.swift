import Scheduler
import Stochastics
import Workloads

/// The order in which a trace's pods arrive and in which nodes stand.
public struct ReplayOrders: Sendable {
    /// An arriving pod: a task, or a copy of it under another name.
    public struct Arrival: Hashable, Sendable {
        public let name: String
        /// The place of the task in the trace.
        public let task: Int
    }

    public var arrivals: [Arrival]
    /// Places of machines in the trace.
    public var nodes: [Int]

    // MARK: From files

    /// What stands between a task's name and the number of a copy.
    private static let copyMark = "-tuned-"

    /// Reads the arrivals of a file: names of tasks, or of copies, `NAME-tuned-I`.
    public static func arrivals(
        _ names: [Substring], file: String, _ cluster: ReplayCluster
    ) throws(ReplayError) -> [Arrival] {
        var arrivals: [Arrival] = []
        arrivals.reserveCapacity(names.count)
        for (line, name) in names.enumerated() {
            let name = String(name)
            var task = cluster.taskNumbers[name]
            if task == nil, let original = original(of: name) { task = cluster.taskNumbers[original] }
            guard let task else {
                throw .unknownName(file: file, line: line + 1, name: name, what: "pod")
            }
            arrivals.append(Arrival(name: name, task: task))
        }
        return arrivals
    }

    /// The name of the task of which a name tells that it is a copy: what stands before the last mark.
    private static func original(of name: String) -> String? {
        var name = name
        return name.withUTF8 { bytes in
            var start = bytes.count - copyMark.utf8.count
            while start >= 0 {
                let rest = unsafe UnsafeBufferPointer(rebasing: bytes[start...])
                if unsafe rest.starts(with: copyMark.utf8) {
                    return unsafe String(
                        decoding: UnsafeBufferPointer(rebasing: bytes[..<start]), as: UTF8.self)
                }
                start -= 1
            }
            return nil
        }
    }

    /// Reads the order of all nodes.
    public static func nodes(
        _ names: [Substring], file: String, _ cluster: ReplayCluster
    ) throws(ReplayError) -> [Int] {
        var places: [String: Int] = [:]
        for (place, machine) in cluster.machines.enumerated() { places[machine.id] = place }
        var order: [Int] = []
        for (line, name) in names.enumerated() {
            guard let place = places.removeValue(forKey: String(name)) else {
                throw .unknownName(file: file, line: line + 1, name: String(name), what: "further node")
            }
            order.append(place)
        }
        if let first = cluster.machines.first(where: { places[$0.id] != nil }) {
            throw .missingNames(file: file, count: places.count, first: first.id, what: "node")
        }
        return order
    }

    // MARK: From a seed

    /// The tasks in a shuffled order, then copies of drawn ones until so much of the cluster's GPUs is asked
    /// for.
    ///
    /// Weng et al., "Beware of Fragmentation", USENIX ATC 2023, section 6.1. Draws are from the streams
    /// `workload/order` and `workload/copies`.
    public static func shuffledArrivals(
        _ cluster: ReplayCluster, seed: UInt64, percent: Int64
    ) -> [Arrival] {
        var arrivals = shuffled(cluster.tasks.count, seed: seed, name: "workload/order")
            .map { Arrival(name: cluster.tasks[$0].id, task: $0) }
        var requested = cluster.templateOfTask.reduce(0) { $0 + cluster.templates[$1].milliGPU }
        // Without requests there is nothing to fill up.
        if requested == 0 { return arrivals }
        var copies = RandomStream(seed: seed, name: "workload/copies")
        var number = 0
        while requested * 100 < cluster.milliGPU * percent {
            let task = copies.index(below: cluster.tasks.count)
            arrivals.append(Arrival(name: "\(cluster.tasks[task].id)\(copyMark)\(number)", task: task))
            requested += cluster.templates[cluster.templateOfTask[task]].milliGPU
            number += 1
        }
        return arrivals
    }

    /// The nodes in an order drawn from the stream `nodes/order`.
    public static func shuffledNodes(_ cluster: ReplayCluster, seed: UInt64) -> [Int] {
        shuffled(cluster.machines.count, seed: seed, name: "nodes/order")
    }

    /// The numbers below a count, shuffled as by Fisher and Yates.
    private static func shuffled(_ count: Int, seed: UInt64, name: String) -> [Int] {
        var list = Array(0..<count)
        var stream = RandomStream(seed: seed, name: name)
        var place = count - 1
        while place > 0 {
            list.swapAt(place, stream.index(below: place + 1))
            place -= 1
        }
        return list
    }
}
