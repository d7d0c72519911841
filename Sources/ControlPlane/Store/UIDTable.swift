public import KubernetesModel

/// Values by the identity of objects, in no order.
///
/// Half of an identity places it, by a product, and sixteen bytes are all there is to compare. Identities that are
/// no UUIDs, which only tests and recorded states have, are in a dictionary.
public struct UIDTable<Value> {
    @usableFromInline
    struct Entry {
        @usableFromInline var high: UInt64
        @usableFromInline var low: UInt64
        /// Nil where there is nothing.
        @usableFromInline var value: Value?

        @inlinable
        init(high: UInt64, low: UInt64, value: Value?) {
            self.high = high
            self.low = low
            self.value = value
        }
    }

    /// Linear probing, at most half full.
    @usableFromInline var entries: ContiguousArray<Entry> = []
    @usableFromInline var drawnCount = 0
    @usableFromInline var others: [UID: Value] = [:]

    @inlinable
    public init() {}

    @inlinable
    public var count: Int { drawnCount + others.count }
    @inlinable
    public var isEmpty: Bool { drawnCount == 0 && others.isEmpty }

    /// All values, in no order.
    @inlinable
    public var values: [Value] { entries.compactMap(\.value) + Array(others.values) }

    @inlinable
    public subscript(uid: UID) -> Value? {
        get {
            guard case .uuid(let high, let low) = uid else { return others[uid] }
            let place = place(high, low)
            return place < 0 ? nil : entries[place].value
        }
        set {
            guard let newValue else {
                removeValue(forKey: uid)
                return
            }
            guard case .uuid(let high, let low) = uid else {
                others[uid] = newValue
                return
            }
            if 2 * (drawnCount + 1) > entries.count { grow() }
            let mask = entries.count - 1
            var place = home(low, mask)
            while entries[place].value != nil {
                if entries[place].low == low && entries[place].high == high {
                    entries[place].value = newValue
                    return
                }
                place = (place + 1) & mask
            }
            entries[place] = Entry(high: high, low: low, value: newValue)
            drawnCount += 1
        }
    }

    @inlinable
    public func contains(_ uid: UID) -> Bool {
        guard case .uuid(let high, let low) = uid else { return others[uid] != nil }
        return place(high, low) >= 0
    }

    /// Changes a value in place; nothing happens when there is none.
    @inlinable
    public mutating func change(_ uid: UID, _ change: (inout Value) -> Void) {
        guard case .uuid(let high, let low) = uid else {
            if var value = others[uid] {
                change(&value)
                others[uid] = value
            }
            return
        }
        let place = place(high, low)
        // Taken out, so that nobody else holds it meanwhile.
        guard place >= 0, var value = entries[place].value.take() else { return }
        change(&value)
        entries[place].value = value
    }

    @inlinable
    @discardableResult
    public mutating func removeValue(forKey uid: UID) -> Value? {
        guard case .uuid(let high, let low) = uid else { return others.removeValue(forKey: uid) }
        var hole = place(high, low)
        if hole < 0 { return nil }
        let value = entries[hole].value
        let mask = entries.count - 1
        // What was pushed beyond the hole by others moves up.
        var place = hole
        while true {
            place = (place + 1) & mask
            if entries[place].value == nil { break }
            if (place - home(entries[place].low, mask)) & mask >= (place - hole) & mask {
                entries[hole] = entries[place]
                hole = place
            }
        }
        entries[hole].value = nil
        drawnCount -= 1
        return value
    }

    @inlinable @inline(__always)
    func home(_ low: UInt64, _ mask: Int) -> Int {
        // A replay numbers its pods, so neighbours must not be neighbours here: Fibonacci hashing.
        Int(truncatingIfNeeded: (low &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    }

    @inlinable @inline(__always)
    func place(_ high: UInt64, _ low: UInt64) -> Int {
        if drawnCount == 0 { return -1 }
        let mask = entries.count - 1
        var place = home(low, mask)
        while entries[place].value != nil {
            if entries[place].low == low && entries[place].high == high { return place }
            place = (place + 1) & mask
        }
        return -1
    }

    @inlinable @inline(never)
    mutating func grow() {
        var old = ContiguousArray(
            repeating: Entry(high: 0, low: 0, value: nil), count: max(16, 2 * entries.count))
        swap(&old, &entries)
        let mask = entries.count - 1
        for index in old.indices {
            guard let value = old[index].value.take() else { continue }
            let (high, low) = (old[index].high, old[index].low)
            var place = home(low, mask)
            while entries[place].value != nil { place = (place + 1) & mask }
            entries[place] = Entry(high: high, low: low, value: value)
        }
    }
}

extension UIDTable {
    /// Keeps the values that a function makes of the old ones, and drops those of which it makes none.
    public mutating func compactMapValues(_ transform: (Value) -> Value?) {
        let old = self
        self = UIDTable()
        for entry in old.entries {
            guard let value = entry.value.flatMap(transform) else { continue }
            self[.uuid(entry.high, entry.low)] = value
        }
        others = old.others.compactMapValues(transform)
    }
}

extension UIDTable: Sendable where Value: Sendable {}
extension UIDTable.Entry: Sendable where Value: Sendable {}
