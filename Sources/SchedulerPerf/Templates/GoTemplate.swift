import Foundation

/// A text with actions in double braces, as Go's `text/template` has them, within what templates of
/// scheduler_perf can use: `.Index`, `.Count`, numbers, texts, the arithmetic functions that the benchmark
/// registers, pipelines and parentheses.
///
/// Upstream: `test/integration/scheduler_perf/operations.go`, `getTemplateFuncs` (v1.36).
struct GoTemplate: Sendable {
    enum Part: Sendable {
        case text(String)
        case action(Expression)
    }

    indirect enum Expression: Sendable {
        case number(Double, isInteger: Bool)
        case text(String)
        /// A member of the environment.
        case field(String)
        case call(String, [Expression])
    }

    /// What the members of the environment are for one object.
    struct Environment: Hashable, Sendable {
        var index: Int
        var count: Int
    }

    /// Why a template cannot be used, and the line of the action in question.
    struct Failure: Error, CustomStringConvertible {
        var line: Int
        var description: String
    }

    enum Value {
        case integer(Int)
        case number(Double)
        case text(String)
    }

    private(set) var parts: [Part] = []

    init(_ source: String) throws(Failure) {
        var rest = source[...]
        var line = 1
        var trimsNext = false
        while let open = rest.range(of: "{{") {
            var before = String(rest[..<open.lowerBound])
            if trimsNext { before = String(before.drop(while: \.isWhitespace)) }
            line += before.count { $0 == "\n" }
            rest = rest[open.upperBound...]
            guard let close = rest.range(of: "}}") else {
                throw Failure(line: line, description: "an action is not closed by }}")
            }
            var body = rest[..<close.lowerBound]
            rest = rest[close.upperBound...]
            if body.hasPrefix("- ") {
                body = body.dropFirst(2)
                while before.last?.isWhitespace == true { before.removeLast() }
            }
            trimsNext = body.hasSuffix(" -")
            if trimsNext { body = body.dropLast(2) }
            if !before.isEmpty { parts.append(.text(before)) }
            if body.hasPrefix("/*") && body.hasSuffix("*/") { continue }
            var parser = ActionParser(body, line: line)
            parts.append(.action(try parser.parse()))
        }
        var tail = String(rest)
        if trimsNext { tail = String(tail.drop(while: \.isWhitespace)) }
        if !tail.isEmpty { parts.append(.text(tail)) }
    }

    /// Whether the text is the same for every object.
    var isConstant: Bool { parts.allSatisfy { if case .text = $0 { true } else { false } } }

    /// The texts that the actions give for one object, in their order.
    func values(_ environment: Environment) throws(Failure) -> [String] {
        var values: [String] = []
        for case .action(let expression) in parts {
            values.append(try evaluate(expression, environment).text)
        }
        return values
    }

    /// The text with values in the places of the actions.
    func text(_ values: [String]) -> String {
        var next = values.makeIterator()
        return parts.map { if case .text(let text) = $0 { text } else { next.next() ?? "" } }.joined()
    }

    func text(_ environment: Environment) throws(Failure) -> String { text(try values(environment)) }

    // MARK: Evaluation

    private func evaluate(_ expression: Expression, _ environment: Environment) throws(Failure) -> Value {
        switch expression {
        case .number(let number, let isInteger):
            return isInteger ? .integer(Int(number)) : .number(number)
        case .text(let text): return .text(text)
        case .field("Index"): return .integer(environment.index)
        case .field("Count"): return .integer(environment.count)
        case .field(let name):
            throw Failure(line: 0, description: "there is no .\(name); templates have .Index and .Count")
        case .call(let name, let arguments):
            var numbers: [Double] = []
            for argument in arguments { numbers.append(try evaluate(argument, environment).double) }
            return try Self.apply(name, numbers)
        }
    }

    private static func apply(_ name: String, _ numbers: [Double]) throws(Failure) -> Value {
        let isBinary = ["DivideFloat", "DivideInt", "Mod", "SubtractFloat", "SubtractInt"].contains(name)
        if isBinary && numbers.count != 2 {
            throw Failure(
                line: 0, description: "wrong number of args for \(name): want 2 got \(numbers.count)")
        }
        let result: Double
        switch name {
        case "AddFloat", "AddInt": result = numbers.reduce(0, +)
        case "MultiplyFloat", "MultiplyInt": result = numbers.reduce(1, *)
        case "SubtractFloat", "SubtractInt": result = numbers[0] - numbers[1]
        case "DivideFloat", "DivideInt":
            if numbers[1] == 0 { throw Failure(line: 0, description: "division by zero") }
            result = numbers[0] / numbers[1]
        case "Mod":
            guard let left = Int(exactly: numbers[0].rounded(.towardZero)),
                let right = Int(exactly: numbers[1].rounded(.towardZero)), right != 0
            else { throw Failure(line: 0, description: "Mod needs whole numbers, and not 0 to divide by") }
            return .integer(left % right)
        default:
            throw Failure(
                line: 0,
                description: "function \"\(name)\" is not defined; there are AddFloat, AddInt, DivideFloat, "
                    + "DivideInt, Mod, MultiplyFloat, MultiplyInt, SubtractFloat and SubtractInt")
        }
        guard name.hasSuffix("Int") else { return .number(result) }
        guard let whole = Int(exactly: result.rounded(.towardZero)) else {
            throw Failure(line: 0, description: "\(name) gives a number that is too large")
        }
        return .integer(whole)
    }
}

extension GoTemplate.Value {
    /// As Go prints it.
    var text: String {
        switch self {
        case .integer(let number): String(number)
        case .number(let number):
            number == number.rounded() && abs(number) < 1e21 && abs(number) < 9e15
                ? String(Int(number)) : "\(number)"
        case .text(let text): text
        }
    }

    var double: Double {
        get throws(GoTemplate.Failure) {
            switch self {
            case .integer(let number): return Double(number)
            case .number(let number): return number
            case .text(let text):
                guard let number = Double(text) else {
                    throw GoTemplate.Failure(line: 0, description: "cannot cast \(text) to float64")
                }
                return number
            }
        }
    }
}

/// Reads what stands between the braces.
private struct ActionParser {
    private var tokens: [String] = []
    private var place = 0
    private let line: Int

    init(_ body: Substring, line: Int) {
        self.line = line
        var current = ""
        var quote: Character?
        for character in body {
            if let open = quote {
                current.append(character)
                if character == open { quote = nil }
                continue
            }
            switch character {
            case "\"", "`":
                quote = character
                current.append(character)
            case "(", ")", "|":
                if !current.isEmpty { tokens.append(current) }
                tokens.append(String(character))
                current = ""
            case _ where character.isWhitespace:
                if !current.isEmpty { tokens.append(current) }
                current = ""
            default: current.append(character)
            }
        }
        if !current.isEmpty { tokens.append(current) }
    }

    mutating func parse() throws(GoTemplate.Failure) -> GoTemplate.Expression {
        let expression = try pipeline()
        if place < tokens.count { throw fail("unexpected \(tokens[place]) in an action") }
        return expression
    }

    private func fail(_ message: String) -> GoTemplate.Failure {
        GoTemplate.Failure(line: line, description: message)
    }

    /// Commands joined by bars: each takes the one before as its last argument.
    private mutating func pipeline() throws(GoTemplate.Failure) -> GoTemplate.Expression {
        var expression = try command(piped: nil)
        while place < tokens.count, tokens[place] == "|" {
            place += 1
            expression = try command(piped: expression)
        }
        return expression
    }

    private mutating func command(
        piped: GoTemplate.Expression?
    ) throws(GoTemplate.Failure) -> GoTemplate.Expression {
        guard place < tokens.count else { throw fail("missing value for command") }
        let first = tokens[place]
        guard let letter = first.first, letter.isLetter else {
            if piped != nil { throw fail("non executable command in pipeline") }
            return try operand()
        }
        if ["if", "range", "with", "end", "else", "define", "template", "block"].contains(first) {
            throw fail("the action \(first) is not supported by simk")
        }
        place += 1
        var arguments: [GoTemplate.Expression] = []
        while place < tokens.count, tokens[place] != "|", tokens[place] != ")" {
            arguments.append(try operand())
        }
        if let piped { arguments.append(piped) }
        return .call(first, arguments)
    }

    private mutating func operand() throws(GoTemplate.Failure) -> GoTemplate.Expression {
        guard place < tokens.count else { throw fail("missing value for command") }
        let token = tokens[place]
        place += 1
        if token == "(" {
            let inner = try pipeline()
            guard place < tokens.count, tokens[place] == ")" else { throw fail("unclosed left paren") }
            place += 1
            return inner
        }
        if token.hasPrefix("."), token.count > 1 { return .field(String(token.dropFirst())) }
        if token.hasPrefix("\"") || token.hasPrefix("`") {
            return .text(String(token.dropFirst().dropLast()))
        }
        if let number = Double(token) { return .number(number, isInteger: Int(token) != nil) }
        if token.first?.isLetter == true { return .call(token, []) }
        throw fail("unexpected \(token) in an action")
    }
}
