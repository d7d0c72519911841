/// Unpacks gzip (RFC 1952, with RFC 1951 inside): what lists of names are stored in.
enum Gunzip {
    struct Fault: Error {
        let message: String
    }

    static func isPacked(_ bytes: [UInt8]) -> Bool { bytes.count > 2 && bytes[0] == 0x1F && bytes[1] == 0x8B }

    /// What all members of the file hold, one after the other.
    ///
    /// - Parameter limit: how many bytes it may come to.
    static func unpack(_ bytes: [UInt8], limit: Int = 1 << 28) throws(Fault) -> [UInt8] {
        var reader = BitReader(bytes: bytes)
        var output: [UInt8] = []
        while reader.position < bytes.count {
            try skipHeader(&reader)
            let start = output.count
            try inflate(&reader, &output, limit)
            reader.align()
            let checksum = UInt32(try reader.bits(16)) | UInt32(try reader.bits(16)) << 16
            let size = UInt32(try reader.bits(16)) | UInt32(try reader.bits(16)) << 16
            if size != UInt32(truncatingIfNeeded: output.count - start) || checksum != crc(output[start...]) {
                throw Fault(message: "its checksum is wrong: the file is damaged")
            }
        }
        return output
    }

    private static func skipHeader(_ reader: inout BitReader) throws(Fault) {
        guard try reader.bits(16) == 0x8B1F, try reader.bits(8) == 8 else {
            throw Fault(message: "it is no gzip file")
        }
        let flags = try reader.bits(8)
        for _ in 0..<6 { _ = try reader.bits(8) }
        if flags & 4 != 0 {
            for _ in 0..<(try reader.bits(16)) { _ = try reader.bits(8) }
        }
        // A name and a comment end in zero.
        for flag in [8, 16] where flags & flag != 0 { while try reader.bits(8) != 0 {} }
        if flags & 2 != 0 { _ = try reader.bits(16) }
    }

    private static func inflate(
        _ reader: inout BitReader, _ output: inout [UInt8], _ limit: Int
    ) throws(Fault) {
        let start = output.count
        while true {
            let isLast = try reader.bits(1) == 1
            switch try reader.bits(2) {
            case 0:
                reader.align()
                let count = try reader.bits(16)
                if try reader.bits(16) != ~count & 0xFFFF { throw Fault(message: "a stored block is damaged") }
                for _ in 0..<count { output.append(UInt8(try reader.bits(8))) }
            case 1: try inflate(&reader, &output, start, limit, .fixedLiterals, .fixedDistances)
            case 2:
                let (literals, distances) = try readTables(&reader)
                try inflate(&reader, &output, start, limit, literals, distances)
            default: throw Fault(message: "a block of unknown sort: the file is damaged")
            }
            if output.count > limit { throw Fault(message: "it unpacks to more than \(limit) bytes") }
            if isLast { return }
        }
    }

    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
        227, 258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073,
        4097, 6145, 8193, 12289, 16385, 24577,
    ]

    private static func inflate(
        _ reader: inout BitReader, _ output: inout [UInt8], _ start: Int, _ limit: Int,
        _ literals: HuffmanTable, _ distances: HuffmanTable
    ) throws(Fault) {
        while output.count <= limit {
            let symbol = try literals.read(&reader)
            if symbol < 256 {
                output.append(UInt8(symbol))
                continue
            }
            if symbol == 256 { return }
            guard symbol - 257 < lengthBases.count else { throw Fault(message: "a length is damaged") }
            let length = lengthBases[symbol - 257] + (try reader.bits(lengthBits[symbol - 257]))
            let code = try distances.read(&reader)
            guard code < distanceBases.count else { throw Fault(message: "a distance is damaged") }
            let distance = distanceBases[code] + (try reader.bits(code < 2 ? 0 : code / 2 - 1))
            guard distance <= output.count - start else { throw Fault(message: "a distance is too long") }
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }

    /// In which order the lengths of the codes for lengths stand.
    private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private static func readTables(
        _ reader: inout BitReader
    ) throws(Fault) -> (literals: HuffmanTable, distances: HuffmanTable) {
        let literalCount = try reader.bits(5) + 257
        let distanceCount = try reader.bits(5) + 1
        let codeCount = try reader.bits(4) + 4
        var codeLengths = [Int](repeating: 0, count: 19)
        for place in 0..<codeCount { codeLengths[order[place]] = try reader.bits(3) }
        let codes = HuffmanTable(codeLengths)
        var lengths: [Int] = []
        while lengths.count < literalCount + distanceCount {
            let symbol = try codes.read(&reader)
            switch symbol {
            case 16:
                guard let last = lengths.last else { throw Fault(message: "a table is damaged") }
                for _ in 0..<(3 + (try reader.bits(2))) { lengths.append(last) }
            case 17: for _ in 0..<(3 + (try reader.bits(3))) { lengths.append(0) }
            case 18: for _ in 0..<(11 + (try reader.bits(7))) { lengths.append(0) }
            default: lengths.append(symbol)
            }
        }
        if lengths.count > literalCount + distanceCount { throw Fault(message: "a table is damaged") }
        return (
            HuffmanTable(Array(lengths[..<literalCount])), HuffmanTable(Array(lengths[literalCount...]))
        )
    }

    private static let crcTable: [UInt32] = (0..<256).map { number in
        var value = UInt32(number)
        for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        return value
    }

    private static func crc(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var value: UInt32 = .max
        let table = crcTable
        for byte in bytes { value = value >> 8 ^ table[Int((value ^ UInt32(byte)) & 0xFF)] }
        return ~value
    }
}

/// Bits from the lowest of each byte on.
private struct BitReader {
    let bytes: [UInt8]
    private(set) var position = 0
    private var held: UInt64 = 0
    private var heldCount = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func bits(_ count: Int) throws(Gunzip.Fault) -> Int {
        while heldCount < count {
            guard position < bytes.count else { throw Gunzip.Fault(message: "the file ends too early") }
            held |= UInt64(bytes[position]) << UInt64(heldCount)
            position += 1
            heldCount += 8
        }
        let value = Int(held & ((1 << UInt64(count)) - 1))
        held >>= UInt64(count)
        heldCount -= count
        return value
    }

    /// Drops what is left of the byte. No more than one byte is ever held beyond what was asked for.
    mutating func align() {
        held = 0
        heldCount = 0
    }
}

/// A canonical Huffman code.
private struct HuffmanTable {
    /// How many codes there are of each length, and the symbols in the order of their codes.
    private var counts = [Int](repeating: 0, count: 16)
    private var symbols: [Int] = []

    static let fixedLiterals = HuffmanTable(
        (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
    static let fixedDistances = HuffmanTable([Int](repeating: 5, count: 30))

    init(_ lengths: [Int]) {
        for length in lengths { counts[length] += 1 }
        counts[0] = 0
        var places = [Int](repeating: 0, count: 16)
        for length in 1..<15 { places[length + 1] = places[length] + counts[length] }
        symbols = [Int](repeating: 0, count: lengths.count)
        for (symbol, length) in lengths.enumerated() where length > 0 {
            symbols[places[length]] = symbol
            places[length] += 1
        }
    }

    func read(_ reader: inout BitReader) throws(Gunzip.Fault) -> Int {
        var (code, first, index) = (0, 0, 0)
        for length in 1..<16 {
            code |= try reader.bits(1)
            let count = counts[length]
            if code - first < count { return symbols[index + code - first] }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        throw Gunzip.Fault(message: "a code is damaged")
    }
}
