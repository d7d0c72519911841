public import KubernetesModel

/// What knows its own namespace and name.
public protocol Keyed: Sendable {
    func hasKey(_ key: ObjectKey) -> Bool
}

extension Ref: Keyed where Value: KubernetesObject {
    @inlinable
    public func hasKey(_ key: ObjectKey) -> Bool {
        value.metadata.name == key.name && value.metadata.namespace == key.namespace
    }
}

extension APIObject: Keyed {
    public func hasKey(_ key: ObjectKey) -> Bool {
        switch self {
        // Without a copy of the key, for the kinds of which there are most.
        case .pod(let pod): pod.hasKey(key)
        case .event(let event): event.hasKey(key)
        default: self.key == key
        }
    }
}

/// Objects by their keys, in no order.
///
/// A dictionary keeps each key beside the object that has it, and asks for each key's hash again when it grows.
/// This keeps four bytes of the hash and the object's place: a search reads eight bytes, then the object, and
/// growing touches neither keys nor objects.
public struct KeyTable<Element: Keyed>: Sendable {
    /// Four bytes of hash above the place in ``slots`` plus one; 0 where there is nothing. Linear probing, at
    /// most two thirds full.
    @usableFromInline var index: ContiguousArray<UInt64> = []
    @usableFromInline var slots: ContiguousArray<Element?> = []
    @usableFromInline var freeSlots: ContiguousArray<UInt32> = []

    @inlinable
    public init() {}

    @inlinable
    public var count: Int { slots.count - freeSlots.count }

    /// All objects, in no order.
    @inlinable
    public var elements: some Sequence<Element> { slots.lazy.compactMap { $0 } }

    @inlinable
    public subscript(key: ObjectKey) -> Element? {
        let place = find(key, KeyHash.hash(key))
        return place < 0 ? nil : slots[slot(at: place)]
    }

    @inlinable
    public func contains(_ key: ObjectKey) -> Bool { find(key, KeyHash.hash(key)) >= 0 }

    /// Puts an object in, which must have this key.
    ///
    /// - Returns: the object that had it before.
    @inlinable
    @discardableResult
    public mutating func updateValue(_ element: Element, forKey key: ObjectKey) -> Element? {
        let hash = KeyHash.hash(key)
        let found = find(key, hash)
        if found >= 0 {
            var old: Element? = element
            swap(&old, &slots[slot(at: found)])
            return old
        }
        insert(element, hash)
        return nil
    }

    /// Puts an object in, which must have this key, unless there is one that has it.
    ///
    /// - Returns: whether it was put in.
    @inlinable
    public mutating func insertNew(_ element: Element, forKey key: ObjectKey) -> Bool {
        let hash = KeyHash.hash(key)
        if find(key, hash) >= 0 { return false }
        insert(element, hash)
        return true
    }

    @inlinable
    mutating func insert(_ element: Element, _ hash: UInt32) {
        if 3 * (count + 1) > 2 * index.count { grow() }
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = Int(free)
            slots[slot] = element
        } else {
            slot = slots.count
            slots.append(element)
        }
        place(UInt64(hash) << 32 | UInt64(slot + 1))
    }

    @inlinable
    @discardableResult
    public mutating func removeValue(forKey key: ObjectKey) -> Element? {
        var hole = find(key, KeyHash.hash(key))
        if hole < 0 { return nil }
        let slot = slot(at: hole)
        let mask = index.count - 1
        // What was pushed beyond the hole by others moves up.
        var place = hole
        while true {
            place = (place + 1) & mask
            let entry = index[place]
            if entry == 0 { break }
            let home = Int(truncatingIfNeeded: entry >> 32) & mask
            if (place - home) & mask >= (place - hole) & mask {
                index[hole] = entry
                hole = place
            }
        }
        index[hole] = 0
        freeSlots.append(UInt32(slot))
        return slots[slot].take()
    }

    @inlinable
    func slot(at place: Int) -> Int { Int(truncatingIfNeeded: index[place] & 0xFFFF_FFFF) - 1 }

    /// The place of a key in ``index``; -1 when it is not there.
    @inlinable
    func find(_ key: ObjectKey, _ hash: UInt32) -> Int {
        if index.isEmpty { return -1 }
        let mask = index.count - 1
        var place = Int(hash) & mask
        while true {
            let entry = index[place]
            if entry == 0 { return -1 }
            if UInt32(truncatingIfNeeded: entry >> 32) == hash,
                slots[Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1]?.hasKey(key) == true
            {
                return place
            }
            place = (place + 1) & mask
        }
    }

    @inlinable
    mutating func place(_ entry: UInt64) {
        let mask = index.count - 1
        var place = Int(truncatingIfNeeded: entry >> 32) & mask
        while index[place] != 0 { place = (place + 1) & mask }
        index[place] = entry
    }

    @inlinable @inline(never)
    mutating func grow() {
        let old = index
        index = ContiguousArray(repeating: 0, count: max(16, 2 * old.count))
        for entry in old where entry != 0 { place(entry) }
    }
}

/// The hash of keys in ``KeyTable``: a product for every eight bytes.
///
/// Nothing that reaches a result depends on it, for no table is iterated in its order.
public enum KeyHash {
    public static func hash(_ key: ObjectKey) -> UInt32 {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        let isPlain =
            unsafe key.namespace.utf8.withContiguousStorageIfAvailable {
                unsafe mix(UnsafeRawBufferPointer($0), into: &state)
            } ?? false
            && key.name.utf8.withContiguousStorageIfAvailable {
                unsafe mix(UnsafeRawBufferPointer($0), into: &state)
            } ?? false
        // Texts of other letters may be equal with different bytes.
        if !isPlain { state = UInt64(truncatingIfNeeded: key.hashValue) }
        return UInt32(truncatingIfNeeded: state >> 32) ^ UInt32(truncatingIfNeeded: state)
    }

    @inline(__always)
    private static func mix(_ word: UInt64, into state: inout UInt64) {
        let (high, low) = (state ^ word).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        state = high ^ low ^ word
    }

    /// False when the bytes are not plain ASCII.
    @inline(__always)
    private static func mix(_ bytes: UnsafeRawBufferPointer, into state: inout UInt64) -> Bool {
        let count = bytes.count
        var letters: UInt64 = 0
        if count >= 8 {
            var offset = 0
            while offset + 8 < count {
                let word = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                letters |= word
                mix(word, into: &state)
                offset += 8
            }
            // The last eight bytes, some of which may have been taken already.
            let word = unsafe bytes.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            letters |= word
            mix(word, into: &state)
        } else if count >= 4 {
            let first = unsafe bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self)
            let last = unsafe bytes.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
            letters = UInt64(first) | UInt64(last) << 32
            mix(letters, into: &state)
        } else {
            letters = unsafe bytes.reduce(0) { $0 << 8 | UInt64($1) }
            mix(letters, into: &state)
        }
        state ^= UInt64(count)
        return letters & 0x8080_8080_8080_8080 == 0
    }
}
