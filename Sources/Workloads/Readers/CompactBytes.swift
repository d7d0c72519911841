/// Bytes of the compact form as they are put together: columns, and for what is rare numbers of variable length
/// and texts.
struct CompactEncoder: Sendable {
    private(set) var bytes: [UInt8] = []

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// Seven bits a byte, the lowest first; the top bit says that more follow.
    mutating func unsigned(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Small magnitudes of either sign stay short.
    mutating func signed(_ value: Int64) {
        unsigned(UInt64(bitPattern: value) << 1 ^ UInt64(bitPattern: value >> 63))
    }

    /// Eight bytes, the lowest first.
    mutating func fixed(_ value: UInt64) {
        for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * shift))) }
    }

    mutating func text(_ value: String) {
        unsigned(UInt64(value.utf8.count))
        raw(value)
    }

    mutating func raw(_ values: [UInt8]) { bytes.append(contentsOf: values) }

    /// The bytes of another, with their number before them.
    mutating func part(_ other: CompactEncoder) {
        unsigned(UInt64(other.bytes.count))
        raw(other.bytes)
    }

    mutating func raw(_ text: String) {
        var text = text
        text.withUTF8 { unsafe bytes.append(contentsOf: $0) }
    }

    /// Appends so many bytes, and has them filled.
    mutating func extend(by count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: count))
        unsafe bytes.withUnsafeMutableBytes {
            unsafe fill(UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
        }
    }
}

/// Takes the compact form apart again; every length is checked against the bytes that there are.
///
/// It must not outlive the bytes that it was made of.
@safe
struct CompactDecoder {
    struct Fault: Error {}

    private let bytes: UnsafeBufferPointer<UInt8>
    private(set) var offset: Int
    /// Nothing is read at it or later; at most the bytes' count.
    private(set) var end: Int

    @unsafe
    init(_ bytes: UnsafeBufferPointer<UInt8>, from offset: Int) {
        unsafe self.bytes = bytes
        self.offset = offset
        end = bytes.count
    }

    var isAtEnd: Bool { offset == end }

    /// How many bytes there are up to the end.
    var rest: Int { end - offset }

    /// Keeps to the next so many bytes, or to all.
    mutating func limit(to count: Int?) {
        let whole = unsafe bytes.count
        end = count.map { min(offset + $0, whole) } ?? whole
    }

    @inline(__always)
    mutating func byte() throws(Fault) -> UInt8 {
        guard offset < end else { throw Fault() }
        defer { offset += 1 }
        return unsafe bytes[offset]
    }

    @inline(__always)
    mutating func unsigned() throws(Fault) -> UInt64 {
        // Most numbers are short.
        if offset < end {
            let byte = unsafe bytes[offset]
            if byte < 0x80 {
                offset += 1
                return UInt64(byte)
            }
        }
        return try longUnsigned()
    }

    private mutating func longUnsigned() throws(Fault) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard offset < end, shift < 64 else { throw Fault() }
            let byte = unsafe bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    @inline(__always)
    mutating func signed() throws(Fault) -> Int64 {
        let value = try unsigned()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A count of things that take a byte each at least.
    mutating func count() throws(Fault) -> Int {
        let value = try unsigned()
        guard value <= UInt64(end - offset) else { throw Fault() }
        return Int(value)
    }

    mutating func fixed() throws(Fault) -> UInt64 {
        guard end - offset >= 8 else { throw Fault() }
        defer { offset += 8 }
        return unsafe UnsafeRawPointer(bytes.baseAddress!).loadUnaligned(
            fromByteOffset: offset, as: UInt64.self
        ).littleEndian
    }

    /// Reads only what is in a range that ``skip(_:)`` has told.
    func part(_ range: Range<Int>) -> CompactDecoder {
        var part = self
        part.offset = range.lowerBound
        part.end = range.upperBound
        return part
    }

    /// Passes over bytes that have their number before them, and tells where they are.
    mutating func part() throws(Fault) -> Range<Int> { try skip(try count()) }

    /// Passes over so many bytes, and tells where they are.
    mutating func skip(_ count: Int) throws(Fault) -> Range<Int> {
        guard count >= 0, count <= end - offset else { throw Fault() }
        defer { offset += count }
        return offset..<offset + count
    }

    /// A word of so many bytes, the lowest first; whoever asks has made sure that it is there.
    @inline(__always)
    func word<Word: FixedWidthInteger & BitwiseCopyable>(_ place: Int, as type: Word.Type) -> Word {
        unsafe Word(
            littleEndian: UnsafeRawPointer(bytes.baseAddress!).loadUnaligned(fromByteOffset: place, as: type))
    }

    /// The text of bytes that are there.
    @inline(__always)
    func text(_ range: Range<Int>) -> String {
        if range.isEmpty { return "" }
        return unsafe String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    }

    mutating func text() throws(Fault) -> String {
        let count = try count()
        if count == 0 { return "" }
        defer { offset += count }
        return unsafe String(
            decoding: UnsafeBufferPointer(rebasing: bytes[offset..<offset + count]), as: UTF8.self)
    }
}
