import OrderedCollections

/// Amounts of resources by name, in the order of the names.
public struct ResourceList: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var name: String
        public var quantity: Quantity
    }

    /// In ascending order of names.
    public private(set) var entries: [Entry] = []

    public init() {}

    public init(_ pairs: some Sequence<(String, Quantity)>) {
        for (name, quantity) in pairs { self[name] = quantity }
    }

    @inlinable public var isEmpty: Bool { entries.isEmpty }

    public subscript(name: String) -> Quantity? {
        get { entries.first { $0.name == name }?.quantity }
        set {
            let index = entries.firstIndex { $0.name >= name } ?? entries.count
            let isThere = index < entries.count && entries[index].name == name
            switch (isThere, newValue) {
            case (true, let quantity?): entries[index].quantity = quantity
            case (true, nil): entries.remove(at: index)
            case (false, let quantity?): entries.insert(Entry(name: name, quantity: quantity), at: index)
            case (false, nil): break
            }
        }
    }

    /// CPU in thousandths of a core, every other resource in its unit, rounded up; 0 when absent.
    public func amount(_ name: String) -> Int64 {
        guard let quantity = self[name] else { return 0 }
        return name == ResourceName.cpu ? quantity.milliValue : quantity.value
    }

    /// Adds the other list's amounts to this one's.
    public mutating func add(_ other: ResourceList) {
        for entry in other.entries {
            self[entry.name] = self[entry.name].map { $0 + entry.quantity } ?? entry.quantity
        }
    }

    /// Raises each amount to the other list's where that is larger.
    public mutating func formMaximum(_ other: ResourceList) {
        for entry in other.entries {
            if let own = self[entry.name], own >= entry.quantity { continue }
            self[entry.name] = entry.quantity
        }
    }
}

/// The resources that simk itself looks at.
public enum ResourceName {
    public static let cpu = "cpu"
    public static let memory = "memory"
    public static let ephemeralStorage = "ephemeral-storage"
    public static let pods = "pods"
    public static let storage = "storage"
}

extension Fields {
    /// A map of quantities; the empty map is not written. A text that is no quantity counts as absent.
    public mutating func resources(_ name: String, _ value: inout ResourceList) {
        field(
            name, &value,
            read: { member in
                member.objectValue.map { object in
                    ResourceList(
                        object.lazy.compactMap { entry in
                            guard let quantity = try? Quantity(json: entry.value) else { return nil }
                            return (entry.key, quantity)
                        })
                }
            },
            write: { list in
                list.isEmpty
                    ? nil
                    : .object(
                        .init(
                            uniqueKeysWithValues: list.entries.map {
                                ($0.name, .string($0.quantity.description))
                            }))
            })
    }
}
