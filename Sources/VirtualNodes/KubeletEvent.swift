import SimulationKernel

/// An alarm of one node. Numbers guard against alarms that have become void.
enum KubeletEvent: BitwiseCopyable, Sendable {
    /// Registers the node.
    case register
    case lease(version: UInt32)
    case nodeStatus(version: UInt32)
    /// The runtime and the network have become ready.
    case runtimeReady
    case housekeeping
    /// Statuses that could not be sent are sent again.
    case statusSync
    /// Pulls end, or their shares change.
    case pulls(version: UInt32)
    /// A listing of the runtime shows a change of this pod.
    case listing(slot: Int32, generation: UInt32)
    /// A worker's retry is due.
    case retry(slot: Int32, generation: UInt32, version: UInt32)
    /// The present step of a worker is done.
    case step(slot: Int32, generation: UInt32, version: UInt32)
    case volumes(slot: Int32, generation: UInt32, version: UInt32)
    case probe(slot: Int32, generation: UInt32, probe: Int32, version: UInt32)
    /// Something is to be reported that was known in advance.
    case laterEvents
    /// What containers use changes, or one of them ends.
    case usage(version: UInt32)
    /// The eviction manager looks at memory, or at the pod that it evicts.
    case eviction(version: UInt32)
    /// The pod's active deadline.
    case deadline(slot: Int32, generation: UInt32)
    /// A mounted volume is to grow, or has grown.
    case expansion
}

/// The alarms of one node, in the order of (time, order of setting).
struct AlarmQueue: Sendable {
    private struct Entry: BitwiseCopyable, Sendable {
        var time: Int64
        var sequence: UInt64
        var event: KubeletEvent

        func precedes(_ other: Entry) -> Bool {
            time != other.time ? time < other.time : sequence < other.sequence
        }
    }

    private var heap: [Entry] = []
    private var nextSequence: UInt64 = 0

    var nextTime: VirtualTime { heap.first.map { VirtualTime(nanoseconds: $0.time) } ?? .never }

    /// Sets an alarm; one at `never` is not kept.
    mutating func set(_ event: KubeletEvent, at time: VirtualTime) {
        guard time != .never else { return }
        heap.append(Entry(time: time.nanoseconds, sequence: nextSequence, event: event))
        nextSequence += 1
        var index = heap.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            if !heap[index].precedes(heap[parent]) { break }
            heap.swapAt(index, parent)
            index = parent
        }
    }

    /// Takes out the next alarm that is due.
    mutating func popDue(at now: VirtualTime) -> KubeletEvent? {
        guard let top = heap.first, top.time <= now.nanoseconds else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var index = 0
            while true {
                var least = index
                for child in [2 * index + 1, 2 * index + 2]
                where child < heap.count && heap[child].precedes(heap[least]) { least = child }
                if least == index { break }
                heap.swapAt(index, least)
                index = least
            }
        } else if heap.capacity > 64 {
            heap = []
        }
        return top.event
    }

    mutating func removeAll() { heap = [] }
}
