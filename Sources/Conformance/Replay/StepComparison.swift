import KubernetesModel
import OrderedCollections

/// The comparisons of one step of a recording.
struct StepComparison {
    /// Parts that are left out because they differed between runs of the real thing.
    let unstable: Set<String>
    /// One entry a comparison: nil for agreement, else the difference in words.
    private(set) var results: [String?] = []

    init(_ step: JSONValue) {
        unstable = Set(step["unstable"]?.arrayValue?.compactMap(\.stringValue) ?? [])
    }

    /// Compares two values; what is absent on both sides is not counted.
    mutating func check(_ part: String, _ expected: JSONValue?, _ found: JSONValue?) {
        if unstable.contains(part) || expected == nil && found == nil { return }
        if RecordedMatch.matches(expected, found) {
            results.append(nil)
        } else {
            results.append(Self.difference(part, expected, found))
        }
    }

    /// Compares the writes to objects of one kind, one by one.
    mutating func checkWrites(_ kind: String, _ wanted: [[JSONValue]], _ found: [[JSONValue]]) {
        let part = "writes.\(kind)"
        if unstable.contains(part) { return }
        guard wanted.count == found.count else {
            let (left, right) = (
                JSONValue.array(wanted.map { .array($0) }), JSONValue.array(found.map { .array($0) })
            )
            return check(part, left, right)
        }
        for (index, pair) in zip(wanted, found).enumerated() {
            check("\(part)[\(index)]", .array(pair.0), .array(pair.1))
        }
    }

    mutating func count(_ part: String, agrees: Bool, _ difference: @autoclosure () -> String) {
        results.append(agrees ? nil : "\(part): \(difference())")
    }

    /// The smallest member that does not match.
    private static func difference(_ part: String, _ expected: JSONValue?, _ found: JSONValue?) -> String {
        switch (expected, found) {
        case (.object(let left)?, .object(let right)?) where left["oneOf"] == nil:
            let names = Set(left.keys).union(right.keys).sorted()
            let differences = names.filter { !RecordedMatch.matches(left[$0], right[$0]) }.map {
                difference("\(part).\($0)", left[$0], right[$0])
            }
            return differences.min { ($0.utf8.count, $0) < ($1.utf8.count, $1) } ?? part
        case (.array(let left)?, .array(let right)?) where left.count == right.count:
            let differences = left.indices.filter { !RecordedMatch.matches(left[$0], right[$0]) }.map {
                difference("\(part)[\($0)]", left[$0], right[$0])
            }
            return differences.min { ($0.utf8.count, $0) < ($1.utf8.count, $1) } ?? part
        default:
            return "\(part): expected \(JSONValue.shown(expected)), found \(JSONValue.shown(found))"
        }
    }
}

/// Events by what they tell, with how often.
struct EventCounts {
    /// The number was not reproducible.
    static let any: Int64 = -1
    /// Warnings whose number depends on how often a key was tried.
    private static let indicative: Set<String> = [
        "NoPods", "UnmanagedPods", "FailedCreate", "MultiplePodDisruptionBudgets",
    ]

    private var counts: OrderedDictionary<String, Int64> = [:]

    mutating func add(_ object: String, _ type: String, _ reason: String, _ message: String, count: Int64) {
        let key = "\(object) \(type) \(reason) \(message)"
        // How often a waiting claim is looked at depends on when the controller last looked at all claims.
        let isRepeated = Self.indicative.contains(reason) || object.hasPrefix("PersistentVolumeClaim/")
        counts[key] = isRepeated || count == Self.any ? Self.any : (counts[key] ?? 0) + count
    }

    /// Compares recorded counts with found ones.
    func compare(with found: EventCounts, _ comparison: inout StepComparison) {
        var rest = found.counts
        for key in counts.keys.sorted() {
            let match =
                rest[key] != nil ? key : rest.keys.first { RecordedMatch.matches(.string(key), .string($0)) }
            guard let match, let count = rest.removeValue(forKey: match) else {
                comparison.count("events", agrees: false, "expected \(key), found nothing")
                continue
            }
            // Every try to create a pod makes up a name of its own.
            if key.contains("<p?>") {
                rest.removeAll { RecordedMatch.matches(.string(key), .string($0.key)) }
            }
            let wanted = counts[key] ?? Self.any
            comparison.count(
                "events \(key)", agrees: wanted == Self.any || wanted == count,
                "expected \(wanted) times, found \(count) times")
        }
        for key in rest.keys.sorted() {
            comparison.count("events", agrees: false, "expected nothing, found \(key)")
        }
    }
}
