import KubernetesModel
import SimulationKernel

/// Writes the compact form of a trace: what `simk import` makes, and what loads fast.
///
/// Eight bytes `SIMKTRC2`, then blocks of some thousand records. A block is a head of four numbers of eight bytes
/// (records, bytes that follow, flags, a sum over both) and columns: see ``CompactBlock``. Names that come again
/// and what tasks have in common are written once and meant by their numbers; a flag says that numbers begin anew.
/// The last block has no bytes, and the number of all records. Records are in the order of their times.
public struct CompactTraceWriter: Sendable {
    static let magic: [UInt8] = Array("SIMKTRC2".utf8)
    /// What every version of the form begins with.
    static let family: [UInt8] = Array("SIMKTRC".utf8)
    static let blockRecords = 4_096
    /// A block that has grown to so many bytes takes no further record.
    static let blockBytes = 8 << 20
    static let headBytes = 32

    enum Flag {
        /// The numbers of names and templates begin anew.
        static let anew: UInt64 = 1
        static let end: UInt64 = 2
    }

    private var output = CompactEncoder()
    private var body = CompactEncoder()
    private var block = CompactBlock()
    private var tables = CompactTables()
    private var isAnew = true
    private var count: UInt64 = 0
    /// The size of the largest block so far: one that exceeds ``CompactTrace/blockLimitBytes`` is not read again.
    public private(set) var longestBlockBytes = 0

    public init() { output.raw(Self.magic) }

    public mutating func append(_ record: TraceRecord) {
        block.append(record, &tables)
        count += 1
        if block.count == Self.blockRecords || block.byteCount > Self.blockBytes { flush() }
    }

    /// Writes the present block.
    private mutating func flush() {
        if block.count == 0 { return }
        body.removeAll()
        block.write(tables, into: &body)
        writeHead(count: UInt64(block.count), flags: isAnew ? Flag.anew : 0)
        output.raw(body.bytes)
        longestBlockBytes = max(longestBlockBytes, body.bytes.count)
        block.removeAll()
        isAnew = tables.isFull
        if isAnew { tables = CompactTables() } else { tables.forgetNew() }
    }

    private mutating func writeHead(count: UInt64, flags: UInt64) {
        output.fixed(count)
        output.fixed(UInt64(body.bytes.count))
        output.fixed(flags)
        output.fixed(CompactChecksum.sum(body.bytes, 0..<body.bytes.count, count: count, flags: flags))
    }

    /// Writes the end; nothing may be appended after it.
    public mutating func finish() {
        flush()
        body.removeAll()
        writeHead(count: count, flags: Flag.end)
    }

    /// How many bytes have come together.
    public var waitingBytes: Int { output.bytes.count }

    /// Takes away the bytes that have come together.
    public mutating func take() -> [UInt8] {
        let bytes = output.bytes
        output.removeAll()
        return bytes
    }
}

/// The sum that tells damaged blocks.
enum CompactChecksum {
    /// Four sums of every fourth word of eight bytes, so that they are found side by side; one changed byte always
    /// changes the result.
    static func sum(_ bytes: [UInt8], _ range: Range<Int>, count: UInt64, flags: UInt64) -> UInt64 {
        let factor: UInt64 = 0x9E37_79B9_7F4A_7C15
        return unsafe bytes.withUnsafeBytes { all in
            let body = unsafe UnsafeRawBufferPointer(rebasing: all[range])
            var (first, second, third, fourth) = (count, flags, UInt64(body.count), factor)
            var offset = 0
            while offset + 32 <= body.count {
                unsafe first = (first ^ word(body, offset)) &* factor
                unsafe second = (second ^ word(body, offset + 8)) &* factor
                unsafe third = (third ^ word(body, offset + 16)) &* factor
                unsafe fourth = (fourth ^ word(body, offset + 24)) &* factor
                offset += 32
            }
            while offset < body.count {
                first = unsafe (first ^ UInt64(body[offset])) &* factor
                offset += 1
            }
            var sum: UInt64 = 0
            for part in [first, second, third, fourth] {
                sum = (sum ^ part ^ part >> 32) &* factor
                sum ^= sum >> 29
            }
            return sum
        }
    }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
    }
}
