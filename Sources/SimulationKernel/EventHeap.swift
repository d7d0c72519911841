/// A four-ary implicit heap of pending events, in the total order (time, sequence).
@usableFromInline
struct EventHeap<Event: BitwiseCopyable>: ~Copyable {
    @usableFromInline typealias Entry = PendingEvent<Event>

    @usableFromInline var entries: ContiguousArray<Entry> = []

    @inlinable
    init() {}

    @inlinable
    var isEmpty: Bool { entries.isEmpty }

    /// The earliest event.
    @inlinable
    var first: Entry? { entries.first }

    @inlinable
    mutating func insert(_ entry: Entry) {
        entries.append(entry)
        var hole = entries.count - 1
        while hole > 0 {
            let parent = (hole - 1) >> 2
            if !entry.precedes(entries[parent]) { break }
            entries[hole] = entries[parent]
            hole = parent
        }
        entries[hole] = entry
    }

    /// Takes out the earliest event.
    @inlinable
    mutating func popFirst() -> Entry? {
        guard let top = entries.first else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty { siftDown(from: 0, placing: last) }
        return top
    }

    /// Drops the entries that `isDropped` names. Linear in the number of entries.
    @inlinable
    mutating func removeAll(where isDropped: (Entry) -> Bool) {
        entries.removeAll(where: isDropped)
        if entries.count < 2 { return }
        var index = (entries.count - 2) >> 2
        while index >= 0 {
            siftDown(from: index, placing: entries[index])
            index -= 1
        }
    }

    @inlinable
    mutating func siftDown(from start: Int, placing entry: Entry) {
        let count = entries.count
        var hole = start
        while true {
            let first = 4 * hole + 1
            if first >= count { break }
            var least = first
            let end = min(first + 4, count)
            var child = first + 1
            while child < end {
                if entries[child].precedes(entries[least]) { least = child }
                child += 1
            }
            if !entries[least].precedes(entry) { break }
            entries[hole] = entries[least]
            hole = least
        }
        entries[hole] = entry
    }
}
