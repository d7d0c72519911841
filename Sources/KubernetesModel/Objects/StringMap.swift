/// A small map of strings in the order of its keys: labels, annotations, node selectors.
///
/// Equal maps share storage when they are copies; look-up is a binary search.
public struct StringMap: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var key: String
        public var value: String

        @inlinable
        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// In ascending order of the keys' bytes.
    public private(set) var entries: [Entry]

    public init() { entries = [] }

    /// Makes a map; of entries with equal keys the last one stays.
    public init(_ pairs: some Sequence<(String, String)>) {
        self.init()
        for (key, value) in pairs { self[key] = value }
    }

    @inlinable public var isEmpty: Bool { entries.isEmpty }
    @inlinable public var count: Int { entries.count }

    public subscript(key: String) -> String? {
        get {
            if entries.count <= 8 {
                // A length tells most keys apart.
                let length = key.utf8.count
                for entry in entries where entry.key.utf8.count == length && entry.key == key {
                    return entry.value
                }
                return nil
            }
            let index = place(of: key)
            return index < entries.count && entries[index].key == key ? entries[index].value : nil
        }
        set {
            let index = place(of: key)
            let isThere = index < entries.count && entries[index].key == key
            switch (isThere, newValue) {
            case (true, let value?): entries[index].value = value
            case (true, nil): entries.remove(at: index)
            case (false, let value?): entries.insert(Entry(key: key, value: value), at: index)
            case (false, nil): break
            }
        }
    }

    public func contains(_ key: String) -> Bool { self[key] != nil }

    /// This map with the other's entries, which win.
    public func merging(_ other: StringMap) -> StringMap {
        var merged = self
        for entry in other.entries { merged[entry.key] = entry.value }
        return merged
    }

    private func place(of key: String) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension StringMap: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }
}

/// Labels of an object.
public typealias Labels = StringMap
