/// A small name for a row of a ``GenerationalTable``: stale names are told from live ones.
public struct Handle<Row>: Hashable, BitwiseCopyable, Sendable {
    public let index: UInt32
    public let generation: UInt32

    @inlinable
    public init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }

    @inlinable
    public static func == (left: Self, right: Self) -> Bool {
        left.index == right.index && left.generation == right.generation
    }
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(index)
        hasher.combine(generation)
    }
}

/// A dense table whose rows keep their place until they are removed; places are used again.
///
/// Insertion, removal and look-up take constant time. Rows are visited in the order of their places, which
/// depends only on the history of insertions and removals.
public struct GenerationalTable<Row> {
    @usableFromInline var rows: ContiguousArray<Row?> = []
    @usableFromInline var generations: ContiguousArray<UInt32> = []
    @usableFromInline var free: ContiguousArray<UInt32> = []

    @inlinable
    public init() {}

    /// The number of rows.
    @inlinable
    public var count: Int { rows.count - free.count }

    @inlinable
    public var isEmpty: Bool { count == 0 }

    /// One more than the largest place in use so far.
    @inlinable
    public var capacity: Int { rows.count }

    @inlinable
    public mutating func insert(_ row: Row) -> Handle<Row> {
        if let index = free.popLast() {
            rows[Int(index)] = row
            return Handle(index: index, generation: generations[Int(index)])
        }
        rows.append(row)
        generations.append(0)
        return Handle(index: UInt32(rows.count - 1), generation: 0)
    }

    /// Takes a row out; its handle, and every copy of it, is stale from then on.
    @inlinable @discardableResult
    public mutating func remove(_ handle: Handle<Row>) -> Row? {
        let index = Int(handle.index)
        guard index < rows.count, generations[index] == handle.generation, let row = rows[index] else {
            return nil
        }
        rows[index] = nil
        generations[index] &+= 1
        free.append(handle.index)
        return row
    }

    /// The row, or nil when the handle is stale.
    @inlinable
    public subscript(handle: Handle<Row>) -> Row? {
        get {
            let index = Int(handle.index)
            guard index < rows.count, generations[index] == handle.generation else { return nil }
            return rows[index]
        }
        _modify {
            let index = Int(handle.index)
            precondition(index < rows.count && generations[index] == handle.generation, "a stale handle")
            yield &rows[index]
        }
    }

    /// Visits the rows in the order of their places.
    @inlinable
    public func forEach(_ body: (Handle<Row>, Row) throws -> Void) rethrows {
        for index in rows.indices {
            if let row = rows[index] {
                try body(Handle(index: UInt32(index), generation: generations[index]), row)
            }
        }
    }
}

extension GenerationalTable: Sendable where Row: Sendable {}
