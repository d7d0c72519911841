/// A node's row in a ``NodeTable``.
public struct NodeIndex: Hashable, Comparable, BitwiseCopyable, Sendable {
    @usableFromInline let row: Int32

    @inlinable public init(_ row: Int) { self.row = Int32(truncatingIfNeeded: row) }

    /// The row's number, from 0.
    @inlinable public var value: Int { Int(row) }

    @inlinable public static func < (left: Self, right: Self) -> Bool { left.row < right.row }
}

extension ContiguousArray {
    /// The element of a node in a column of a ``NodeTable``.
    @inlinable public subscript(node: NodeIndex) -> Element {
        get { self[node.value] }
        _modify { yield &self[node.value] }
    }
}

/// A resource's number in a ``NodeTable``: which column holds its amounts.
public struct ResourceIndex: Hashable, Comparable, BitwiseCopyable, Sendable {
    public let value: Int

    @inlinable public init(_ value: Int) { self.value = value }

    /// Thousandths of a core.
    public static let cpu = ResourceIndex(0)
    /// Bytes.
    public static let memory = ResourceIndex(1)
    /// Bytes.
    public static let ephemeralStorage = ResourceIndex(2)

    @inlinable public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

/// A topology key's number in a ``NodeTable``: which column holds the nodes' domains.
public struct TopologyIndex: Hashable, Comparable, BitwiseCopyable, Sendable {
    public let value: Int

    @inlinable public init(_ value: Int) { self.value = value }
    @inlinable public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}
