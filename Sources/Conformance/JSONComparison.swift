import KubernetesModel
import OrderedCollections

extension JSONValue {
    static var emptyObject: JSONValue { [:] }

    /// Whether two values are equal up to the order of members; what is absent counts as null.
    static func same(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
        (left ?? .null).sortedText == (right ?? .null).sortedText
    }

    /// The value as text, members in the order of their names.
    var sortedText: String { JSONWriter.string(self, style: .init(sortsKeys: true)) }

    /// The names of the value's members, in order; none when it is no object.
    var memberNames: [String] { objectValue?.keys.sorted() ?? [] }

    /// The place and the two values of the smallest difference, in words; nil when there is none.
    ///
    /// - Parameter path: where the values stand.
    static func difference(_ expected: JSONValue?, _ found: JSONValue?, at path: String) -> String? {
        let place = path.isEmpty ? "" : "\(path): "
        switch (expected, found) {
        case (.object(let left)?, .object(let right)?):
            let names = Set(left.keys).union(right.keys).sorted()
            let differences = names.compactMap { name in
                difference(left[name], right[name], at: path.isEmpty ? name : "\(path).\(name)")
            }
            return differences.min { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
        case (.array(let left)?, .array(let right)?) where left.count == right.count:
            let differences = left.indices.compactMap {
                difference(left[$0], right[$0], at: "\(path)[\($0)]")
            }
            return differences.min { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
        default:
            if same(expected, found) { return nil }
            return "\(place)expected \(shown(expected)), found \(shown(found))"
        }
    }

    static func shown(_ value: JSONValue?) -> String { value?.sortedText ?? "nothing" }

    /// This tree without one part; `conditions[Type]` names a condition.
    func removing(_ path: [String]) -> JSONValue {
        guard let first = path.first else { return self }
        var result = self
        if let bracket = first.firstIndex(of: "["), let list = self[String(first[..<bracket])]?.arrayValue {
            let type = String(first[first.index(after: bracket)...].dropLast())
            result[String(first[..<bracket])] = .array(
                list.map { $0["type"]?.stringValue == type ? $0.removing(Array(path.dropFirst())) : $0 })
        } else if path.count == 1 {
            result[first] = nil
        } else if let member = self[first] {
            result[first] = member.removing(Array(path.dropFirst()))
        }
        return result
    }
}

/// Counts single comparisons of a case, and keeps the first differences.
struct ComparisonTally {
    private(set) var comparisons = 0
    private(set) var differences: [String] = []

    var agreements: Int { comparisons - differences.count }

    mutating func check(_ agrees: Bool, _ difference: @autoclosure () -> String) {
        comparisons += 1
        if !agrees { differences.append(difference()) }
    }

    /// Compares two values up to the order of members.
    mutating func check(_ place: String, _ expected: JSONValue?, _ found: JSONValue?) {
        comparisons += 1
        if let difference = JSONValue.difference(expected, found, at: place) {
            differences.append(difference)
        }
    }

    /// The shortest of the differences; empty when there is none.
    var smallest: String {
        differences.min { ($0.utf8.count, $0) < ($1.utf8.count, $1) } ?? ""
    }
}
