public import KubernetesModel
public import Scheduler

/// Runs golden cases of the real API server through simk's object model and API server.
///
/// The file's name says what its cases are (`docs/reference/conformance.md`). Cases are run in the file's order:
/// a case of `list` may name a set of objects that stands before it.
public struct APIConformance: Sendable {
    private let category: String
    /// The objects that cases of a file name, by the name of the set.
    private var sets: [String: JSONValue] = [:]

    /// - Parameter category: the file's name without its extension.
    public init(category: String) { self.category = category }

    /// What keeps a value from being a case of this format; nil when it is one.
    public func fault(in line: JSONValue) -> String? {
        guard line.objectValue != nil else { return "expected a case, found \(line.kindName)" }
        guard let name = line["name"]?.stringValue, !name.isEmpty else {
            return "name: expected the case's name, found \(line["name"]?.kindName ?? "nothing")"
        }
        let needed: [String]
        switch category {
        case "defaulting": needed = ["input"]
        case "validation": needed = ["request"]
        case "patch", "subresources", "table", "list": needed = []
        case "watch": needed = ["request"]
        default: needed = ["input", "output"]
        }
        for member in needed where line[member]?.objectValue == nil {
            return "\(member): expected an object, found \(line[member]?.kindName ?? "nothing")"
        }
        return nil
    }

    /// Runs one case: one line of a file. Nil for a set of objects, which is no case.
    public mutating func run(_ line: JSONValue) -> ConformanceCaseResult? {
        let name = line["name"]?.stringValue ?? ""
        if category == "list", name.hasPrefix("set/") {
            sets[String(name.dropFirst(4))] = line
            return nil
        }
        var result = ConformanceCaseResult(name: name)
        if let fault = fault(in: line) {
            result.comparisons = 1
            result.difference = "not a case: \(fault)"
            return result
        }
        var tally = ComparisonTally()
        do {
            try compare(line, &tally)
            result.take(tally, tally.smallest)
        } catch let gap as NotCovered {
            result.notCovered = gap.what
        } catch {
            tally.check(false, "refused: \(error)")
            result.take(tally, tally.smallest)
        }
        return result
    }

    private func compare(_ line: JSONValue, _ tally: inout ComparisonTally) throws {
        switch category {
        case "defaulting": try ObjectCases.defaulting(line, &tally)
        case "validation": try validation(line, &tally)
        case "patch": try PatchCases.run(line, &tally)
        case "list": try ListCases.run(line, set: sets[line["set"]?.stringValue ?? ""], &tally)
        case "watch": try WatchCases.run(line, &tally)
        case "subresources"
        where line["name"]?.stringValue?.hasPrefix("fieldvalidation/duplicate-top-") == true
            && line["name"]?.stringValue?.hasSuffix("Strict") == false:
            // Go's decoder merges two maps of one name; here the last one stands.
            throw NotCovered("a map that stands twice in one object")
        case "subresources": try RequestCases.subresources(line, &tally)
        case "table": throw NotCovered("tables, which kubectl get asks for")
        default: try ObjectCases.admission(line, &tally)
        }
    }

    private func validation(_ line: JSONValue, _ tally: inout ComparisonTally) throws {
        let name = line["name"]?.stringValue ?? ""
        if name.hasPrefix("request/") { return try RequestCases.request(line, &tally) }
        if name.hasPrefix("admission/") { return try RequestCases.admission(line, &tally) }
        try ObjectCases.validation(line, &tally)
    }
}
