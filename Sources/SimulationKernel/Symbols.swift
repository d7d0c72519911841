/// A string's number in a ``SymbolTable``.
public struct Symbol: Hashable, Comparable, BitwiseCopyable, Sendable {
    public let index: UInt32

    @inlinable
    public init(index: UInt32) { self.index = index }

    /// Compares by the order of interning, not by the text.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.index < right.index }
}

/// Gives equal strings one small number, in the order in which they are first met.
public struct SymbolTable {
    @usableFromInline var indices: [String: UInt32] = [:]
    @usableFromInline var strings: ContiguousArray<String> = []

    @inlinable
    public init() {}

    @inlinable
    public var count: Int { strings.count }

    /// The string's symbol, made when the string is new.
    @inlinable
    public mutating func intern(_ string: String) -> Symbol {
        if let index = indices[string] { return Symbol(index: index) }
        let index = UInt32(strings.count)
        indices[string] = index
        strings.append(string)
        return Symbol(index: index)
    }

    /// The string's symbol, or nil when it was never interned.
    @inlinable
    public func symbol(_ string: String) -> Symbol? { indices[string].map(Symbol.init(index:)) }

    @inlinable
    public func string(_ symbol: Symbol) -> String { strings[Int(symbol.index)] }
}
