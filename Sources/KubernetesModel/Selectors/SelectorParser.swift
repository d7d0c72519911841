/// Reads label selectors as text, with upstream's grammar and words.
///
/// Upstream: `apimachinery/pkg/labels/selector.go` (v1.36).
struct SelectorParser {
    private enum Token: Equatable {
        case fault, end, close, comma, not, doubleEquals, equals, greater, identifier, isIn, less
        case notEquals, notIn, open
    }

    private static let words: [String: Token] = [
        ")": .close, ",": .comma, "!": .not, "==": .doubleEquals, "=": .equals, ">": .greater, "in": .isIn,
        "<": .less, "!=": .notEquals, "notin": .notIn, "(": .open,
    ]

    private var items: [(token: Token, text: String)] = []
    private var position = 0

    init(_ text: String) {
        let bytes = Array(text.utf8)
        var index = 0
        func isSpecial(_ byte: UInt8) -> Bool { "=!(),><".utf8.contains(byte) }
        func isSpace(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }
        while true {
            while index < bytes.count && isSpace(bytes[index]) { index += 1 }
            // A zero byte ends the text, as it does for upstream's reader.
            guard index < bytes.count, bytes[index] != 0 else { break }
            if isSpecial(bytes[index]) {
                var buffer = ""
                var last: (Token, String)?
                while index < bytes.count, isSpecial(bytes[index]) {
                    buffer.unicodeScalars.append(Unicode.Scalar(bytes[index]))
                    if let token = SelectorParser.words[buffer] {
                        last = (token, buffer)
                        index += 1
                    } else if last != nil {
                        break
                    } else {
                        index += 1
                    }
                }
                items.append(
                    last.map { ($0.0, $0.1) } ?? (.fault, "error expected: keyword found '\(buffer)'"))
            } else {
                let start = index
                while index < bytes.count, bytes[index] != 0, !isSpecial(bytes[index]), !isSpace(bytes[index])
                {
                    index += 1
                }
                let word = String(decoding: bytes[start..<index], as: UTF8.self)
                items.append((SelectorParser.words[word] ?? .identifier, word))
            }
        }
        items.append((.end, ""))
    }

    /// What comes next; `in` and `notin` are names where a value may stand.
    private func peek(asOperator: Bool = false) -> (token: Token, text: String) {
        let item = items[min(position, items.count - 1)]
        if !asOperator && (item.token == .isIn || item.token == .notIn) { return (.identifier, item.text) }
        return item
    }

    private mutating func next(asOperator: Bool = false) -> (token: Token, text: String) {
        let item = peek(asOperator: asOperator)
        position += 1
        return item
    }

    mutating func parse() throws(SelectorError) -> [LabelRequirement] {
        var requirements: [LabelRequirement] = []
        while true {
            let item = peek()
            switch item.token {
            case .identifier, .not:
                do throws(SelectorError) {
                    requirements.append(try requirement())
                } catch {
                    throw SelectorError("unable to parse requirement: \(error)")
                }
                let after = next()
                switch after.token {
                case .end: return requirements
                case .comma:
                    let following = peek()
                    if following.token != .identifier && following.token != .not {
                        throw SelectorError("found '\(following.text)', expected: identifier after ','")
                    }
                default:
                    throw SelectorError("found '\(after.text)', expected: ',' or 'end of string'")
                }
            case .end: return requirements
            default:
                throw SelectorError("found '\(item.text)', expected: !, identifier, or 'end of string'")
            }
        }
    }

    private mutating func requirement() throws(SelectorError) -> LabelRequirement {
        var item = next()
        let isNegated = item.token == .not
        if isNegated { item = next() }
        guard item.token == .identifier else {
            throw SelectorError("found '\(item.text)', expected: identifier")
        }
        let key = item.text
        let faults = Names.qualifiedName(key)
        if !faults.isEmpty {
            var list = FieldErrorList()
            list.invalid(FieldPath("<nil>"), .text(key), faults.joined(separator: "; "))
            throw SelectorError(list)
        }
        if isNegated { return try LabelRequirement(key: key, .doesNotExist, []) }
        if [.end, .comma].contains(peek().token) { return try LabelRequirement(key: key, .exists, []) }
        let sign = next(asOperator: true)
        let operation: LabelRequirement.Operation
        switch sign.token {
        case .isIn: operation = .isIn
        case .equals: operation = .equals
        case .doubleEquals: operation = .doubleEquals
        case .greater: operation = .greaterThan
        case .less: operation = .lessThan
        case .notIn: operation = .notIn
        case .notEquals: operation = .notEquals
        default:
            throw SelectorError("found '\(sign.text)', expected: in, notin, =, ==, !=, gt, lt")
        }
        let isSet = operation == .isIn || operation == .notIn
        let values = isSet ? try setValues() : try exactValue()
        let unique = Set(values).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return try LabelRequirement(key: key, operation, unique)
    }

    private mutating func setValues() throws(SelectorError) -> [String] {
        let open = next()
        guard open.token == .open else { throw SelectorError("found '\(open.text)' expected: '('") }
        let first = peek()
        switch first.token {
        case .identifier, .comma:
            let values = try identifiers()
            if next().token != .close { throw SelectorError("found '\(first.text)', expected: ')'") }
            return values
        case .close:
            position += 1
            return [""]
        default: throw SelectorError("found '\(first.text)', expected: ',', ')' or identifier")
        }
    }

    private mutating func identifiers() throws(SelectorError) -> [String] {
        var values: [String] = []
        while true {
            let item = next()
            switch item.token {
            case .identifier:
                values.append(item.text)
                let after = peek()
                switch after.token {
                case .comma: continue
                case .close: return values
                default: throw SelectorError("found '\(after.text)', expected: ',' or ')'")
                }
            case .comma:
                if values.isEmpty { values.append("") }
                let after = peek().token
                if after == .close || after == .comma { values.append("") }
                if after == .close { return values }
            default: throw SelectorError("found '\(item.text)', expected: ',', or identifier")
            }
        }
    }

    private mutating func exactValue() throws(SelectorError) -> [String] {
        if [.end, .comma].contains(peek().token) { return [""] }
        let item = next()
        guard item.token == .identifier else {
            throw SelectorError("found '\(item.text)', expected: identifier")
        }
        return [item.text]
    }
}
