import KubernetesModel
import OrderedCollections

/// When a found value is what a recording shows.
enum RecordedMatch {
    /// Equal up to the order of members, alternatives, patterns, and empty texts that Go leaves out.
    static func matches(_ expected: JSONValue?, _ found: JSONValue?) -> Bool {
        if let options = expected?["oneOf"]?.arrayValue {
            return options.contains { matches($0, found) }
        }
        switch (expected, found) {
        case (.object(let left)?, .object(let right)?):
            if isProgressRace(left, right) { return true }
            return Set(left.keys).union(right.keys).allSatisfy { matches(left[$0], right[$0]) }
        case (.array(let left)?, .array(let right)?):
            return left.count == right.count && zip(left, right).allSatisfy { matches($0, $1) }
        case (.string("<uid>")?, .string?), (.string("<time>")?, .string?): return true
        case (nil, .string("")?), (.string("")?, nil): return true
        case (.string(let pattern)?, .string(let text)?) where pattern.contains("<p?>"):
            return matches(pattern: pattern, text)
        default: return JSONValue.same(expected, found)
        }
    }

    /// A pod that could not be created has a name that nobody knows.
    private static func matches(pattern: String, _ text: String) -> Bool {
        let parts = pattern.split(separator: "<p?>", omittingEmptySubsequences: false)
        var rest = text[...]
        for (index, part) in parts.enumerated() {
            if index == 0 {
                guard rest.hasPrefix(part) else { return false }
                rest = rest.dropFirst(part.count)
            } else {
                // Five letters and digits, or the placeholder itself.
                rest = rest.dropFirst(rest.hasPrefix("<p?>") ? 4 : 5)
                guard rest.hasPrefix(part) else { return false }
                rest = rest.dropFirst(part.count)
            }
        }
        return rest.isEmpty
    }

    /// Right after a ReplicaSet was created upstream's Deployment controller tells either of two things,
    /// depending on which of its caches is first.
    private static func isProgressRace(_ left: JSONObject, _ right: JSONObject) -> Bool {
        guard left["type"] == "Progressing", right["type"] == "Progressing",
            left["status"] == right["status"],
            let first = subject(left), let second = subject(right)
        else { return false }
        return first == second
    }

    private static func subject(_ condition: JSONObject) -> String? {
        let message = condition["message"]?.stringValue ?? ""
        let ends =
            switch condition["reason"]?.stringValue {
            case "NewReplicaSetCreated": ("Created new replica set \"", "\"")
            case "ReplicaSetUpdated": ("ReplicaSet \"", "\" is progressing.")
            default: ("", "")
            }
        guard !ends.0.isEmpty, message.hasPrefix(ends.0), message.hasSuffix(ends.1) else { return nil }
        return String(message.dropFirst(ends.0.count).dropLast(ends.1.count))
    }
}
