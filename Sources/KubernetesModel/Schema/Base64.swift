/// Standard base64 with padding, as Go's `encoding/base64.StdEncoding` reads and writes it.
public enum Base64 {
    /// Where a text stops being base64.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        public var offset: Int

        public init(offset: Int) { self.offset = offset }
        public var description: String { "illegal base64 data at input byte \(offset)" }
    }

    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Line breaks are skipped, anything else outside the alphabet is a failure.
    public static func decode(_ text: String) throws(Failure) -> [UInt8] {
        let input = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(input.count / 4 * 3)
        var index = 0
        func skipLineBreaks() {
            while index < input.count, input[index] == 0x0A || input[index] == 0x0D { index += 1 }
        }
        while true {
            var group: [UInt8] = []
            while group.count < 4 {
                skipLineBreaks()
                if index == input.count {
                    if group.isEmpty { return result }
                    throw Failure(offset: index - group.count)
                }
                let byte = input[index]
                index += 1
                if let digit = digit(byte) {
                    group.append(digit)
                    continue
                }
                if byte != UInt8(ascii: "=") || group.count < 2 { throw Failure(offset: index - 1) }
                if group.count == 2 {
                    skipLineBreaks()
                    if index == input.count { throw Failure(offset: input.count) }
                    if input[index] != UInt8(ascii: "=") { throw Failure(offset: index - 1) }
                    index += 1
                }
                skipLineBreaks()
                if index < input.count { throw Failure(offset: index) }
                append(group, to: &result)
                return result
            }
            append(group, to: &result)
        }
    }

    public static func encode(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = (0..<3).reduce(UInt32(0)) { bits, place in
                bits << 8 | (place < group.count ? UInt32(group[start + place]) : 0)
            }
            for place in 0..<4 {
                let isPadding = place > group.count
                result.append(
                    isPadding ? UInt8(ascii: "=") : alphabet[Int(bits >> (18 - 6 * UInt32(place)) & 63)])
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func append(_ group: [UInt8], to result: inout [UInt8]) {
        let bits = (0..<4).reduce(UInt32(0)) { bits, place in
            bits << 6 | (place < group.count ? UInt32(group[place]) : 0)
        }
        for place in 0..<(group.count - 1) {
            result.append(UInt8(truncatingIfNeeded: bits >> (16 - 8 * UInt32(place))))
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
