import KubernetesModel
import OrderedCollections

/// Compares one step of a golden case with what simk did, fact by fact.
struct ConformanceComparison {
    private(set) var comparisons = 0
    private(set) var agreements = 0
    /// The shortest account of a difference; empty when there is none.
    private(set) var smallest = ""

    /// The weights of the profile that the pod names; they make the weighted scores.
    var weights: (expected: JSONValue, found: JSONValue) = (.null, .null)

    /// Compares two steps; a member that is absent counts as null.
    mutating func compare(_ expected: JSONValue, _ found: JSONValue) {
        for name in names(expected, found) {
            let (left, right) = (expected[name] ?? .null, found[name] ?? .null)
            switch name {
            case "prefilter", "preEnqueue", "volumes": members(left, right, at: name)
            case "preemption": preemption(left, right)
            case "feasible", "filter": continue
            case "totals": values(left, right, at: name, nodes: expected["feasible"]?.arrayValue ?? [])
            case "scores":
                let nodes = expected["feasible"]?.arrayValue ?? []
                for plugin in names(left, right) {
                    scores(left[plugin] ?? .null, right[plugin] ?? .null, of: plugin, nodes: nodes)
                }
            default: check(left, right, at: name)
            }
        }
        verdicts(expected, found)
    }

    // MARK: Verdicts

    private struct Verdict {
        var plugin: JSONValue = .null
        var code: JSONValue = .null
        var reasons: JSONValue = .null
    }

    /// Each node's failing plugin, code and reasons, whatever the grouping; then the grouping itself.
    private mutating func verdicts(_ expected: JSONValue, _ found: JSONValue) {
        let (left, right) = (Self.verdicts(expected), Self.verdicts(found))
        var nodes = Array(left.keys)
        for node in right.keys where left[node] == nil { nodes.append(node) }
        for node in nodes {
            guard let own = left[node], let other = right[node] else {
                let absent: JSONValue = "no verdict"
                check(
                    left[node]?.code ?? absent, right[node]?.code ?? absent, at: "filter of node \(node)")
                continue
            }
            check(own.plugin, other.plugin, at: "filter of node \(node): plugin")
            check(own.code, other.code, at: "filter of node \(node): code")
            check(own.reasons, other.reasons, at: "filter of node \(node): reasons")
        }
        let before = smallest
        check(expected["feasible"] ?? .null, found["feasible"] ?? .null, at: "feasible")
        check(expected["filter"] ?? .null, found["filter"] ?? .null, at: "filter")
        // A node's own difference says more than that of the list it is in.
        if !before.isEmpty { smallest = before }
    }

    private static func verdicts(_ step: JSONValue) -> OrderedDictionary<String, Verdict> {
        var verdicts: OrderedDictionary<String, Verdict> = [:]
        for node in step["feasible"]?.arrayValue ?? [] {
            verdicts[node.stringValue ?? ""] = Verdict(code: "feasible")
        }
        for group in step["filter"]?.arrayValue ?? [] {
            let verdict = Verdict(
                plugin: group["plugin"] ?? .null, code: group["code"] ?? .null,
                reasons: group["reasons"] ?? .null)
            for node in group["nodes"]?.arrayValue ?? [] { verdicts[node.stringValue ?? ""] = verdict }
        }
        return verdicts
    }

    // MARK: Scores

    /// A plugin's raw, normalised and weighted scores, node by node. A plugin that is left out scored 0.
    private mutating func scores(
        _ expected: JSONValue, _ found: JSONValue, of plugin: String, nodes: [JSONValue]
    ) {
        let zeros = JSONValue.array(Array(repeating: 0, count: nodes.count))
        func raw(_ scores: JSONValue) -> JSONValue { scores["raw"] ?? zeros }
        func normalized(_ scores: JSONValue) -> JSONValue { scores["normalized"] ?? raw(scores) }
        func weighted(_ scores: JSONValue, _ weights: JSONValue) -> JSONValue {
            let weight = weights[plugin]?.integerValue ?? 0
            return .array(
                (normalized(scores).arrayValue ?? []).map { .integer(($0.integerValue ?? 0) &* weight) })
        }
        values(raw(expected), raw(found), at: "scores.\(plugin).raw", nodes: nodes)
        values(normalized(expected), normalized(found), at: "scores.\(plugin).normalized", nodes: nodes)
        values(
            weighted(expected, weights.expected), weighted(found, weights.found),
            at: "scores.\(plugin).weighted", nodes: nodes)
    }

    /// Compares two lists with one number a node.
    private mutating func values(
        _ expected: JSONValue, _ found: JSONValue, at path: String, nodes: [JSONValue]
    ) {
        guard let left = expected.arrayValue, let right = found.arrayValue, left.count == right.count,
            !left.isEmpty
        else {
            check(expected, found, at: path)
            return
        }
        for place in left.indices {
            let node = place < nodes.count ? nodes[place].stringValue ?? "" : String(place)
            check(left[place], right[place], at: "\(path) of node \(node)")
        }
    }

    // MARK: Preemption

    private mutating func preemption(_ expected: JSONValue, _ found: JSONValue) {
        guard expected.objectValue != nil, found.objectValue != nil else {
            check(expected, found, at: "preemption")
            return
        }
        for name in names(expected, found) {
            let (left, right) = (expected[name] ?? .null, found[name] ?? .null)
            guard name == "candidates" else {
                check(left, right, at: "preemption.\(name)")
                continue
            }
            for node in names(left, right) {
                members(left[node] ?? .null, right[node] ?? .null, at: "preemption.candidates.\(node)")
            }
        }
    }

    // MARK: Facts

    private func names(_ left: JSONValue, _ right: JSONValue) -> [String] {
        let own = left.objectValue?.keys.elements ?? []
        return own + (right.objectValue?.keys.elements ?? []).filter { left[$0] == nil }
    }

    private mutating func members(_ expected: JSONValue, _ found: JSONValue, at path: String) {
        guard expected.objectValue != nil, found.objectValue != nil else {
            check(expected, found, at: path)
            return
        }
        for name in names(expected, found) {
            check(expected[name] ?? .null, found[name] ?? .null, at: "\(path).\(name)")
        }
    }

    mutating func check(_ expected: JSONValue, _ found: JSONValue, at path: String) {
        comparisons += 1
        if expected == found {
            agreements += 1
            return
        }
        let account = "\(path): expected \(Self.text(expected)), found \(Self.text(found))"
        if smallest.isEmpty || account.utf8.count < smallest.utf8.count { smallest = account }
    }

    private static func text(_ value: JSONValue) -> String { JSONWriter.string(value) }
}
