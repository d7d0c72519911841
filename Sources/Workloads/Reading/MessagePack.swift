import KubernetesModel
import OrderedCollections

/// A value of MessagePack (the specification's version 5).
enum MessagePackValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A whole number that a signed one of 64 bits does not hold.
    case unsigned(UInt64)
    case number(Double)
    case string(String)
    case binary([UInt8])
    case array([MessagePackValue])
    /// In the order of the bytes; keys may be of any kind.
    case map([(key: MessagePackValue, value: MessagePackValue)])
    case other(type: Int8, [UInt8])

    static func == (left: Self, right: Self) -> Bool { left.json == right.json }

    subscript(name: String) -> MessagePackValue? {
        guard case .map(let members) = self else { return nil }
        return members.last { $0.key.text == name }?.value
    }

    var text: String? { if case .string(let text) = self { text } else { nil } }
    var elements: [MessagePackValue]? { if case .array(let elements) = self { elements } else { nil } }
    var integer: Int64? { if case .integer(let value) = self { value } else { nil } }

    /// Whole numbers of either sign as their 64 bits.
    var bits: UInt64? {
        switch self {
        case .integer(let value): UInt64(bitPattern: value)
        case .unsigned(let value): value
        default: nil
        }
    }

    /// The same as JSON; numbers that JSON's readers do not hold and keys that are no texts become texts.
    var json: JSONValue {
        switch self {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .unsigned(let value): return .string(String(value))
        case .number(let value): return .number(value)
        case .string(let value): return .string(value)
        case .binary(let bytes): return .array(bytes.map { .integer(Int64($0)) })
        case .array(let values): return .array(values.map(\.json))
        case .map(let members):
            var object = JSONObject()
            for (key, value) in members {
                let name: String
                switch key {
                case .string(let text): name = text
                case .integer(let number): name = String(number)
                case .unsigned(let number): name = String(number)
                case .array(let parts): name = parts.compactMap(\.text).joined(separator: "/")
                default: name = "?"
                }
                object[name] = value.json
            }
            return .object(object)
        case .other(let type, let bytes):
            return .array([.integer(Int64(type)), .array(bytes.map { .integer(Int64($0)) })])
        }
    }
}

/// Reads MessagePack from bytes. Lengths are believed only as far as there are bytes.
struct MessagePackParser {
    enum Fault: Error, Equatable {
        case endsEarly(offset: Int)
        case unknownCode(UInt8, offset: Int)
        case tooDeep(offset: Int)
    }

    private let bytes: [UInt8]
    private(set) var offset = 0
    private static let depthLimit = 200

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func parse(depth: Int = 0) throws(Fault) -> MessagePackValue {
        if depth > Self.depthLimit { throw .tooDeep(offset: offset) }
        let start = offset
        let code = try byte()
        switch code {
        case 0x00...0x7F: return .integer(Int64(code))
        case 0x80...0x8F: return try map(Int(code & 0x0F), depth)
        case 0x90...0x9F: return try array(Int(code & 0x0F), depth)
        case 0xA0...0xBF: return .string(try text(Int(code & 0x1F)))
        case 0xC0: return .null
        case 0xC2: return .bool(false)
        case 0xC3: return .bool(true)
        case 0xC4: return .binary(try take(Int(try word(1))))
        case 0xC5: return .binary(try take(Int(try word(2))))
        case 0xC6: return .binary(try take(Int(try word(4))))
        case 0xC7: return try other(Int(try word(1)))
        case 0xC8: return try other(Int(try word(2)))
        case 0xC9: return try other(Int(try word(4)))
        case 0xCA: return .number(Double(Float(bitPattern: UInt32(try word(4)))))
        case 0xCB: return .number(Double(bitPattern: try word(8)))
        case 0xCC: return .integer(Int64(try word(1)))
        case 0xCD: return .integer(Int64(try word(2)))
        case 0xCE: return .integer(Int64(try word(4)))
        case 0xCF:
            let value = try word(8)
            return Int64(exactly: value).map { .integer($0) } ?? .unsigned(value)
        case 0xD0: return .integer(Int64(Int8(truncatingIfNeeded: try word(1))))
        case 0xD1: return .integer(Int64(Int16(truncatingIfNeeded: try word(2))))
        case 0xD2: return .integer(Int64(Int32(truncatingIfNeeded: try word(4))))
        case 0xD3: return .integer(Int64(truncatingIfNeeded: try word(8)))
        case 0xD4, 0xD5, 0xD6, 0xD7, 0xD8: return try other(1 << Int(code - 0xD4))
        case 0xD9: return .string(try text(Int(try word(1))))
        case 0xDA: return .string(try text(Int(try word(2))))
        case 0xDB: return .string(try text(Int(try word(4))))
        case 0xDC: return try array(Int(try word(2)), depth)
        case 0xDD: return try array(Int(try word(4)), depth)
        case 0xDE: return try map(Int(try word(2)), depth)
        case 0xDF: return try map(Int(try word(4)), depth)
        case 0xE0...0xFF: return .integer(Int64(Int8(bitPattern: code)))
        default: throw .unknownCode(code, offset: start)
        }
    }

    var isAtEnd: Bool { offset == bytes.count }

    private mutating func byte() throws(Fault) -> UInt8 {
        guard offset < bytes.count else { throw .endsEarly(offset: offset) }
        defer { offset += 1 }
        return bytes[offset]
    }

    private mutating func word(_ count: Int) throws(Fault) -> UInt64 {
        guard bytes.count - offset >= count else { throw .endsEarly(offset: offset) }
        var value: UInt64 = 0
        for _ in 0..<count {
            value = value << 8 | UInt64(bytes[offset])
            offset += 1
        }
        return value
    }

    private mutating func take(_ count: Int) throws(Fault) -> [UInt8] {
        guard bytes.count - offset >= count else { throw .endsEarly(offset: offset) }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    private mutating func text(_ count: Int) throws(Fault) -> String {
        guard bytes.count - offset >= count else { throw .endsEarly(offset: offset) }
        defer { offset += count }
        return String(decoding: bytes[offset..<offset + count], as: UTF8.self)
    }

    private mutating func other(_ count: Int) throws(Fault) -> MessagePackValue {
        let type = Int8(bitPattern: try byte())
        return .other(type: type, try take(count))
    }

    private mutating func array(_ count: Int, _ depth: Int) throws(Fault) -> MessagePackValue {
        // Each element takes a byte at least.
        guard bytes.count - offset >= count else { throw .endsEarly(offset: offset) }
        var values: [MessagePackValue] = []
        for _ in 0..<count { values.append(try parse(depth: depth + 1)) }
        return .array(values)
    }

    private mutating func map(_ count: Int, _ depth: Int) throws(Fault) -> MessagePackValue {
        guard bytes.count - offset >= 2 * count else { throw .endsEarly(offset: offset) }
        var members: [(key: MessagePackValue, value: MessagePackValue)] = []
        for _ in 0..<count {
            let key = try parse(depth: depth + 1)
            members.append((key, try parse(depth: depth + 1)))
        }
        return .map(members)
    }
}
