/// Bytes of the compact form as they are put together: numbers of variable length, texts, repeated texts.
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

    mutating func number(_ value: Double) {
        let bits = value.bitPattern
        for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * shift))) }
    }

    mutating func text(_ value: String) {
        unsigned(UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    mutating func raw(_ values: [UInt8]) { bytes.append(contentsOf: values) }
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

    mutating func number() throws(Fault) -> Double {
        guard end - offset >= 8 else { throw Fault() }
        var bits: UInt64 = 0
        for shift in 0..<8 { bits |= unsafe UInt64(bytes[offset + shift]) << UInt64(8 * shift) }
        offset += 8
        return Double(bitPattern: bits)
    }

    mutating func text() throws(Fault) -> String {
        let count = try count()
        if count == 0 { return "" }
        defer { offset += count }
        return unsafe String(
            decoding: UnsafeBufferPointer(rebasing: bytes[offset..<offset + count]), as: UTF8.self)
    }
}
