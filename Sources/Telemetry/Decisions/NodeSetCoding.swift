/// Sets of small numbers as bytes: how many are left out, how many follow each other, and so on in turn, each
/// as a little-endian base-128 number.
///
/// Nodes that are alike are mostly registered one after the other, so their set takes a few bytes.
enum NodeSetCoding {
    /// - Parameter members: in ascending order, each once.
    static func encode(_ members: some Sequence<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        var start = 0
        var end = 0
        func flush() {
            if start < end { append(end - start, to: &bytes) }
        }
        for member in members {
            if member != end || start == end {
                flush()
                append(member - end, to: &bytes)
                start = member
            }
            end = member + 1
        }
        flush()
        return bytes
    }

    static func decode(_ bytes: some Sequence<UInt8>) -> [Int] {
        var members: [Int] = []
        var next = 0
        var isGap = true
        var number = 0
        var shift = 0
        for byte in bytes {
            number |= Int(byte & 0x7F) << shift
            shift += 7
            if byte & 0x80 != 0 && shift < 56 { continue }
            if !isGap { members.append(contentsOf: next..<(next + number)) }
            next += number
            isGap.toggle()
            number = 0
            shift = 0
        }
        return members
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        var rest = UInt64(number)
        repeat {
            let low = UInt8(rest & 0x7F)
            rest >>= 7
            bytes.append(rest == 0 ? low : low | 0x80)
        } while rest != 0
    }
}
