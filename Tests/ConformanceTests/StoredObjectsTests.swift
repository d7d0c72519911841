import KubernetesModel
import OrderedCollections
import TestSupport
import Testing

@testable import Conformance

/// The objects in answers that the cases of a file compare otherwise, or not at all.
@Suite("Stored objects")
struct StoredObjectsTests {
    @Test(
        "objects that the real API server answered decode, default and encode to themselves",
        .enabled(if: SharedFiles.exists("conformance/api/README.md"), Comment(rawValue: SharedFiles.missing)))
    func answers() throws {
        var tally = ComparisonTally()
        for file in ["patch", "subresources", "watch", "validation"] {
            for line in try SharedFiles.lines("conformance/api/\(file).jsonl") {
                let test = try JSONParser.parse(line)
                let name = test["name"]?.stringValue ?? ""
                for key in ["object", "result", "output", "steps", "events"] {
                    try Self.visit(test[key]) { object in
                        guard let kind = GroupVersionKind(of: object),
                            Schema.kubernetes.fieldNames(of: kind) != nil, kind.kind != "List",
                            kind.kind != "Status"
                        else { return }
                        try ObjectCases.readAgain(object, "\(file) \(name)", &tally)
                    }
                }
            }
        }
        #expect(tally.differences == [])
        #expect(tally.agreements > 300)
    }

    private static func visit(_ value: JSONValue?, _ body: (JSONValue) throws -> Void) throws {
        switch value {
        case .array(let elements)?: for element in elements { try visit(element, body) }
        case .object(let members)?:
            if members["request"] != nil || members["object"] != nil {
                try visit(members["object"], body)
            } else if members["kind"] != nil, members["apiVersion"] != nil {
                try body(value ?? .null)
            }
        default: break
        }
    }
}
