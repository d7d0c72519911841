import KubernetesModel

/// Reads one JSONPath expression; see ``JSONPath``.
struct JSONPathParser {
    private let text: [Character]
    private var index = 0

    init(_ text: String) { self.text = Array(text.trimmedSpace) }

    mutating func parse() throws(JSONPath.Fault) -> [JSONPath.Step] {
        if text.isEmpty { throw fault("it is empty") }
        var end = text.count
        if text[0] == "{" {
            guard text[end - 1] == "}" else { throw fault("the closing brace is missing") }
            (index, end) = (1, end - 1)
            if text[index..<end].contains("{") { throw fault("one pair of braces is allowed") }
        } else if text.contains("{") {
            throw fault("text around the braces is not allowed")
        }
        while index < end, text[index].isWhitespace { index += 1 }
        while end > index, text[end - 1].isWhitespace { end -= 1 }
        if index < end, text[index] == "$" || text[index] == "@" { index += 1 }
        if index == end { return [] }
        if String(text[index..<end]).hasPrefix("range ") || String(text[index..<end]) == "end" {
            throw fault("'range' is not supported; use [*]")
        }
        return try steps(until: end, allowsBareName: true)
    }

    private func fault(_ message: String) -> JSONPath.Fault { JSONPath.Fault(message: message) }

    private mutating func steps(until end: Int, allowsBareName: Bool) throws(JSONPath.Fault) -> [JSONPath
        .Step]
    {
        var steps: [JSONPath.Step] = []
        if allowsBareName, index < end, text[index] != ".", text[index] != "[" {
            steps.append(try name(until: end))
        }
        while index < end {
            switch text[index] {
            case ".":
                index += 1
                if index < end, text[index] == "." {
                    index += 1
                    steps.append(.descent)
                }
                if index < end, text[index] == "[" { continue }
                steps.append(try name(until: end))
            case "[": steps.append(try bracket(until: end))
            default: throw fault("unexpected '\(text[index])' at character \(index + 1)")
            }
        }
        return steps
    }

    private mutating func name(until end: Int) throws(JSONPath.Fault) -> JSONPath.Step {
        if index < end, text[index] == "*" {
            index += 1
            return .wildcard
        }
        var name = ""
        while index < end, text[index] != ".", text[index] != "[" {
            if text[index] == "\\", index + 1 < end { index += 1 }
            if " \t'\"()=<>!|&]{}".contains(text[index]) {
                throw fault("unexpected '\(text[index])' at character \(index + 1)")
            }
            name.append(text[index])
            index += 1
        }
        if name.isEmpty { throw fault("a field name is missing at character \(index + 1)") }
        return .field(name)
    }

    /// The content of brackets, up to the one that closes them.
    private mutating func bracket(until end: Int) throws(JSONPath.Fault) -> JSONPath.Step {
        let open = index
        var depth = 0
        var quote: Character?
        var close: Int?
        scan: for place in open..<end {
            let character = text[place]
            if let current = quote {
                if character == current { quote = nil }
                continue
            }
            switch character {
            case "'", "\"": quote = character
            case "[": depth += 1
            case "]":
                depth -= 1
                if depth == 0 {
                    close = place
                    break scan
                }
            default: break
            }
        }
        guard let close else { throw fault("the bracket at character \(open + 1) is not closed") }
        let content = String(text[(open + 1)..<close]).trimmedSpace
        defer { index = close + 1 }
        if content.hasPrefix("?(") {
            guard content.hasSuffix(")") else { throw fault("the filter '\(content)' is not closed") }
            return try filter(String(content.dropFirst(2).dropLast()))
        }
        let parts = splitOutsideQuotes(content, at: ",")
        var steps: [JSONPath.Step] = []
        for part in parts { steps.append(try subscriptStep(part.trimmedSpace)) }
        return steps.count == 1 ? steps[0] : .union(steps)
    }

    private func subscriptStep(_ part: String) throws(JSONPath.Fault) -> JSONPath.Step {
        if part == "*" { return .wildcard }
        if let quoted = unquoted(part) { return .field(quoted) }
        if let number = Int(part) { return .index(number) }
        let bounds = part.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(bounds.count) else {
            throw fault("'[\(part)]' is neither an index nor a quoted name")
        }
        var numbers: [Int?] = []
        for bound in bounds {
            let bound = String(bound).trimmedSpace
            guard bound.isEmpty || Int(bound) != nil else { throw fault("'\(bound)' is no index") }
            numbers.append(Int(bound))
        }
        let step = numbers.count == 3 ? numbers[2] ?? 1 : 1
        guard step > 0 else { throw fault("the step of a slice must be above 0") }
        return .slice(from: numbers[0], to: numbers[1], step: step)
    }

    private func filter(_ text: String) throws(JSONPath.Fault) -> JSONPath.Step {
        let characters = Array(text)
        var quote: Character?
        for place in characters.indices {
            let character = characters[place]
            if let current = quote {
                if character == current { quote = nil }
                continue
            }
            if character == "'" || character == "\"" { quote = character }
            for comparison in JSONPath.Comparison.allCases {
                let end = place + comparison.rawValue.count
                guard end <= characters.count, String(characters[place..<end]) == comparison.rawValue else {
                    continue
                }
                return .compare(
                    try operand(String(characters[..<place])), comparison,
                    try operand(String(characters[end...])))
            }
            if character == "=" { throw fault("use '==' in the filter '\(text)'") }
        }
        return .exists(try operand(text))
    }

    private func operand(_ text: String) throws(JSONPath.Fault) -> JSONPath.Operand {
        let text = text.trimmedSpace
        if let quoted = unquoted(text) { return .literal(.string(quoted)) }
        switch text {
        case "true": return .literal(true)
        case "false": return .literal(false)
        case "null": return .literal(.null)
        default: break
        }
        if let number = Int64(text) { return .literal(.integer(number)) }
        if let number = Double(text), number.isFinite { return .literal(.number(number)) }
        guard text.hasPrefix("@") else { throw fault("'\(text)' is neither a value nor a path from '@'") }
        var parser = JSONPathParser(String(text.dropFirst()))
        if parser.text.isEmpty { return .path([]) }
        return .path(try parser.steps(until: parser.text.count, allowsBareName: false))
    }

    private func unquoted(_ text: String) -> String? {
        guard text.count >= 2, let first = text.first, first == "'" || first == "\"", text.last == first
        else {
            return nil
        }
        let inner = text.dropFirst().dropLast()
        return inner.contains(first) ? nil : String(inner)
    }

    private func splitOutsideQuotes(_ text: String, at separator: Character) -> [String] {
        var parts = [""]
        var quote: Character?
        for character in text {
            if quote == nil, character == "'" || character == "\"" {
                quote = character
            } else if quote == character {
                quote = nil
            }
            if character == separator, quote == nil {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }
}
