import KubernetesModel
import SimulationKernel

/// A value of an input file together with its place, and where to report what is wrong with it.
///
/// Every accessor reports a value of a wrong type and gives nil, so that reading goes on and finds the rest.
struct Cursor {
    let value: LocatedValue
    let path: String
    let file: String
    let log: DiagnosticLog
    /// Where a message about this value points: at its key, if it has one.
    let position: TextPosition

    init(_ value: LocatedValue, path: String, file: String, log: DiagnosticLog, position: TextPosition? = nil)
    {
        self.value = value
        self.path = path
        self.file = file
        self.log = log
        self.position = position ?? value.position
    }

    func report(_ problem: InputProblem, _ severity: Diagnostic.Severity = .error) {
        log.add(severity, file: file, at: position, path: path, problem)
    }

    func wrongType(_ expected: String) { report(.wrongType(found: value.shown, expected: expected)) }

    func bad(_ expected: String, hint: String = "") {
        report(.badValue(found: value.shown, expected: expected, hint: hint))
    }

    // MARK: Structure

    /// The value as an object with none but these keys; others are reported.
    func object(keys: [String]) -> ObjectCursor? {
        guard let members = value.members else {
            wrongType(
                "an object with \(keys.prefix(4).joined(separator: ", "))\(keys.count > 4 ? ", …" : "")")
            return nil
        }
        for member in members where !keys.contains(member.key) {
            let nearest = log.isFull ? nil : NearestName.find(member.key, among: keys)
            log.add(
                file: file, at: member.keyPosition, path: path,
                .unknownKey(member.key, nearest: nearest, known: keys))
        }
        return ObjectCursor(cursor: self, members: members)
    }

    /// The elements; null counts as none.
    func list(of what: String) -> [Cursor]? {
        guard let elements = value.elements else {
            wrongType("a list of \(what)")
            return nil
        }
        return elements.enumerated().map { index, element in
            Cursor(element, path: "\(path)[\(index)]", file: file, log: log)
        }
    }

    /// The members of an object whose keys are free.
    func entries(of what: String) -> [(key: String, value: Cursor)]? {
        guard let members = value.members else {
            wrongType("an object of \(what)")
            return nil
        }
        return members.map { member in
            (
                member.key,
                Cursor(
                    member.value, path: joined(path, member.key), file: file, log: log,
                    position: member.keyPosition)
            )
        }
    }

    // MARK: Scalars

    func string(_ expected: String = "a text") -> String? {
        if let text = value.text { return text }
        switch value.content {
        case .integer, .number, .bool:
            report(.badValue(found: value.shown, expected: expected, hint: "Put it in quotes"))
        default: wrongType(expected)
        }
        return nil
    }

    func bool() -> Bool? {
        if case .bool(let flag) = value.content { return flag }
        wrongType("true or false")
        return nil
    }

    func integer(_ range: ClosedRange<Int64>, _ expected: String) -> Int64? {
        var number: Int64?
        if case .integer(let whole) = value.content { number = whole }
        if case .number(let real) = value.content { number = Int64(exactly: real) }
        guard let number, range.contains(number) else {
            bad(expected)
            return nil
        }
        return number
    }

    func number(_ expected: String, _ isValid: (Double) -> Bool = { _ in true }) -> Double? {
        guard let number = value.json.doubleValue, number.isFinite, isValid(number) else {
            bad(expected)
            return nil
        }
        return number
    }

    /// One of some words.
    func choice<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        let names = Choice.allCases.map(\.rawValue)
        let expected = "one of \(names.joined(separator: ", "))"
        guard let text = value.text else {
            wrongType(expected)
            return nil
        }
        if let choice = Choice(rawValue: text) { return choice }
        bad(expected, hint: NearestName.find(text, among: names).map { "Did you mean '\($0)'?" } ?? "")
        return nil
    }

    enum DurationSign { case positive, notNegative }

    func duration(_ sign: DurationSign = .notNegative) -> VirtualDuration? {
        let sense = sign == .positive ? "above 0 " : ""
        let expected = "a duration \(sense)such as \"5m30s\" or \"30d\""
        switch value.content {
        case .integer(let number):
            bad(expected, hint: "Give the unit: \"\(number)s\" for seconds")
            return nil
        case .number(let number):
            bad(expected, hint: "Give the unit: \"\(number)s\" for seconds")
            return nil
        case .string(let text):
            switch DurationText.parse(text) {
            case .success(let duration):
                if duration < .zero || (sign == .positive && duration == .zero) {
                    bad(expected, hint: "A duration here cannot be \(duration < .zero ? "negative" : "zero")")
                    return nil
                }
                return duration
            case .failure(let fault):
                bad(expected, hint: fault.hint)
                return nil
            }
        default:
            wrongType(expected)
            return nil
        }
    }

    static let quantityExpected = "a quantity such as \"500m\", 4 or \"16Gi\""
    static let quantityHint = "Suffixes are n, u, m, k, M, G, T, P, E and Ki, Mi, Gi, Ti, Pi, Ei"

    func quantity() -> Quantity? {
        let expected = Self.quantityExpected
        switch value.content {
        case .string, .integer, .number: break
        default:
            wrongType(expected)
            return nil
        }
        do throws(QuantityError) {
            guard let quantity = try Quantity(json: value.json) else {
                wrongType(expected)
                return nil
            }
            if quantity.sign < 0 {
                bad(expected, hint: "It cannot be negative")
                return nil
            }
            return quantity
        } catch {
            bad(expected, hint: Self.quantityHint)
            return nil
        }
    }
}

/// An object whose keys have been checked.
struct ObjectCursor {
    let cursor: Cursor
    let members: [LocatedValue.Member]

    /// A member; nil when it is absent or null.
    subscript(key: String) -> Cursor? {
        guard let member = members.first(where: { $0.key == key }), !member.value.isNull else { return nil }
        return Cursor(
            member.value, path: joined(cursor.path, key), file: cursor.file, log: cursor.log,
            position: member.keyPosition)
    }

    /// A member that must be there.
    func required(_ key: String, _ purpose: String) -> Cursor? {
        if let found = self[key] { return found }
        cursor.report(.missingKey(key, purpose: purpose))
        return nil
    }

    /// Which of the keys are there, in the order given.
    func present(_ keys: [String]) -> [String] { keys.filter { self[$0] != nil } }
}
