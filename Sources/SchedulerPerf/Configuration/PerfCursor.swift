import KubernetesModel
import Scenarios
import SimulationKernel

/// Collects what is wrong with one file.
final class PerfProblems {
    let file: String
    private(set) var diagnostics: [Diagnostic] = []

    init(file: String) { self.file = file }

    func add(_ problem: InputProblem, at place: TextPosition, path: String) {
        guard diagnostics.count < 1_000 else { return }
        diagnostics.append(Diagnostic(.error, file: file, position: place, path: path, problem))
    }
}

/// A value of a file with its place; what is wrong with it is collected, and reading goes on.
///
/// Keys are compared without regard to case, as Go's decoder does.
struct PerfCursor {
    let value: LocatedValue
    let path: String
    let problems: PerfProblems

    func report(_ problem: InputProblem) { problems.add(problem, at: value.position, path: path) }

    func wrongType(_ expected: String) { report(.wrongType(found: value.shown, expected: expected)) }

    func bad(_ expected: String, hint: String = "") {
        report(.badValue(found: value.shown, expected: expected, hint: hint))
    }

    /// Tells about members with other keys than these.
    func allow(_ keys: [String]) {
        guard let members = value.members else {
            return wrongType("an object with \(keys.prefix(4).joined(separator: ", "))")
        }
        let known = Set(keys.map { $0.lowercased() })
        for member in members where !known.contains(member.key.lowercased()) {
            problems.add(
                .unknownKey(member.key, nearest: NearestName.find(member.key, among: keys), known: keys),
                at: member.keyPosition, path: path)
        }
    }

    /// A member; nil when it is absent or null.
    subscript(key: String) -> PerfCursor? {
        let lowered = key.lowercased()
        guard let member = value.members?.first(where: { $0.key.lowercased() == lowered }),
            !member.value.isNull
        else { return nil }
        return PerfCursor(
            value: member.value, path: path.isEmpty ? member.key : "\(path).\(member.key)", problems: problems
        )
    }

    func required(_ key: String, _ purpose: String) -> PerfCursor? {
        if let found = self[key] { return found }
        if value.members != nil { report(.missingKey(key, purpose: purpose)) }
        return nil
    }

    func elements(of what: String) -> [PerfCursor] {
        guard let elements = value.elements else {
            wrongType("a list of \(what)")
            return []
        }
        return elements.enumerated().map {
            PerfCursor(value: $1, path: "\(path)[\($0)]", problems: problems)
        }
    }

    func entries(of what: String) -> [(key: String, value: PerfCursor)] {
        guard let members = value.members else {
            wrongType("an object of \(what)")
            return []
        }
        return members.map {
            ($0.key, PerfCursor(value: $0.value, path: "\(path).\($0.key)", problems: problems))
        }
    }

    // MARK: Scalars

    var text: String? {
        if let text = value.text { return text }
        wrongType("a text")
        return nil
    }

    var flag: Bool? {
        if case .bool(let flag) = value.content { return flag }
        wrongType("true or false")
        return nil
    }

    func integer(atLeast least: Int, _ expected: String) -> Int? {
        guard let number = value.json.integerValue, let integer = Int(exactly: number), integer >= least
        else {
            bad(expected)
            return nil
        }
        return integer
    }

    func number(_ expected: String) -> Double? {
        guard let number = value.json.doubleValue, number.isFinite, number >= 0 else {
            bad(expected)
            return nil
        }
        return number
    }

    var duration: VirtualDuration? {
        if let text = value.text, let duration = GoDuration.parse(text) { return duration }
        bad("a duration such as \"10s\" or \"1m30s\"")
        return nil
    }

    var texts: [String] { elements(of: "texts").compactMap(\.text) }

    var textMap: [String: String] {
        var map: [String: String] = [:]
        for (key, value) in entries(of: "texts") { if let text = value.text { map[key] = text } }
        return map
    }

    var flagMap: [String: Bool] {
        var map: [String: Bool] = [:]
        for (key, value) in entries(of: "truth values") { if let flag = value.flag { map[key] = flag } }
        return map
    }

    /// The name of a parameter, without its dollar sign.
    var parameterName: String? {
        guard let text else { return nil }
        if text.hasPrefix("$") && text.count > 1 { return String(text.dropFirst()) }
        bad("the name of a parameter after a dollar sign, such as \"$initNodes\"")
        return nil
    }
}

/// Durations as Go writes them.
///
/// Upstream: Go's `time.ParseDuration`.
enum GoDuration {
    static func parse(_ text: String) -> VirtualDuration? {
        if text == "0" { return .zero }
        let units: [(String, Double)] = [
            ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3_600e9),
        ]
        var rest = text[...]
        var total = 0.0
        if rest.isEmpty { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            guard let number = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let letters = String(rest.prefix { !$0.isNumber && $0 != "." })
            guard let unit = units.first(where: { $0.0 == letters }) else { return nil }
            total += number * unit.1
            rest = rest.dropFirst(letters.count)
        }
        guard total < 9e18 else { return nil }
        return VirtualDuration(nanoseconds: Int64(total.rounded()))
    }
}
