/// Some of a node's GPUs, by number from 0.
public struct GPUSet: Hashable, BitwiseCopyable, Sendable {
    /// One bit a GPU.
    public private(set) var bits: UInt64 = 0

    public init() {}

    init(_ number: Int) { insert(number) }

    /// Reads what ``description`` wrote; nil for anything else.
    init?(_ text: String) {
        for part in text.split(separator: "-", omittingEmptySubsequences: false) {
            guard let number = Int(part), (0..<GPURequest.maximumCount).contains(number) else { return nil }
            insert(number)
        }
    }

    @inlinable public var isEmpty: Bool { bits == 0 }

    mutating func insert(_ number: Int) { bits |= 1 << UInt64(number & 63) }

    /// The numbers in ascending order.
    public var numbers: [Int] {
        var list: [Int] = []
        var rest = bits
        while rest != 0 {
            list.append(rest.trailingZeroBitCount)
            rest &= rest - 1
        }
        return list
    }
}

extension GPUSet: CustomStringConvertible {
    /// As the annotation of pods has it: `2-3-4`.
    public var description: String { numbers.map(String.init).joined(separator: "-") }
}
