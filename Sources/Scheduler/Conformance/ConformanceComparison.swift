import KubernetesModel
import OrderedCollections

/// Compares one step of a golden case with what simk did.
struct ConformanceComparison {
    private(set) var comparisons = 0
    private(set) var agreements = 0
    /// The shortest account of a difference.
    private(set) var smallest = ""

    /// Compares the members of two steps; a member that is absent counts as null.
    mutating func compare(_ expected: JSONValue, _ found: JSONValue, at path: String) {
        guard case .object(let left) = expected, case .object(let right) = found else {
            check(expected, found, at: path)
            return
        }
        var names = Array(left.keys)
        for name in right.keys where left[name] == nil { names.append(name) }
        for name in names {
            let memberPath = path.isEmpty ? name : "\(path).\(name)"
            switch name {
            case "scores", "candidates":
                compare(left[name] ?? .object([:]), right[name] ?? .object([:]), at: memberPath)
            case "preemption", "volumes":
                compare(left[name] ?? .null, right[name] ?? .null, at: memberPath)
            default:
                if path.hasSuffix("scores") {
                    compare(left[name] ?? .object([:]), right[name] ?? .object([:]), at: memberPath)
                } else {
                    check(left[name] ?? .null, right[name] ?? .null, at: memberPath)
                }
            }
        }
    }

    private mutating func check(_ expected: JSONValue, _ found: JSONValue, at path: String) {
        comparisons += 1
        if expected == found {
            agreements += 1
            return
        }
        var account = "\(path): expected \(Self.text(expected)), found \(Self.text(found))"
        if case .array(let left) = expected, case .array(let right) = found, left.count == right.count,
            let place = left.indices.first(where: { left[$0] != right[$0] })
        {
            account =
                "\(path)[\(place)]: expected \(Self.text(left[place])), found \(Self.text(right[place]))"
        }
        if smallest.isEmpty || account.utf8.count < smallest.utf8.count { smallest = account }
    }

    private static func text(_ value: JSONValue) -> String { JSONWriter.string(value) }
}
