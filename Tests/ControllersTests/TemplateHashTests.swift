import KubernetesModel
import TestSupport
import Testing

@testable import Controllers

@Suite("Template and revision hashes")
struct TemplateHashTests {
    static let file = "conformance/controllers/hash.jsonl"

    @Test(
        "every dump and hash is upstream's",
        .enabled(if: SharedFiles.exists(file), Comment(rawValue: SharedFiles.missing)))
    func goldenVectors() throws {
        var templates = 0
        var revisions = 0
        for line in try SharedFiles.lines(Self.file) {
            let vector = try JSONParser.parse(line)
            let id = Comment(rawValue: vector["id"]?.stringValue ?? "")
            let template = try #require(vector["template"]?.objectValue)
            switch vector["op"]?.stringValue {
            case "pod-template-hash":
                templates += 1
                #expect(TemplateDump.text(template) == vector["dump"]?.stringValue, id)
                let hashes = vector["hashByCollisionCount"]
                #expect(
                    PodTemplateHash.hash(tree: template, collisionCount: nil) == hashes?["none"]?.stringValue,
                    id)
                for count in Int64(0)...2 {
                    let hash = PodTemplateHash.hash(tree: template, collisionCount: count)
                    #expect(hash == hashes?[String(count)]?.stringValue, id)
                }
                let typed = PodTemplate(fields: template, epoch: CalendarTime(unixSeconds: 0))
                #expect(PodTemplateHash.hash(typed, collisionCount: nil) == hashes?["none"]?.stringValue, id)
            case "controller-revision-hash":
                revisions += 1
                let name = vector["name"]?.stringValue
                if vector["ownerKind"] == "DaemonSet" {
                    #expect(PodTemplateHash.hash(tree: template, collisionCount: nil) == name, id)
                } else {
                    let data = try #require(vector["data"])
                    #expect(ControllerRevisionHash.text(data) + "0" == vector["hashInput"]?.stringValue, id)
                    #expect(ControllerRevisionHash.hash(data, collisionCount: 0) == name, id)
                }
            default: Issue.record("unknown operation", sourceLocation: #_sourceLocation)
            }
        }
        #expect(templates == 25 && revisions == 50)
    }

    @Test("quantities beyond 64 bits spell out their words")
    func largeQuantity() throws {
        let template: JSONValue = [
            "spec": ["containers": [["name": "c", "resources": ["limits": ["memory": "100Ti"]]]]]
        ]
        // 100 Ti is 109951162777600; with the nine places that upstream rounds to, 109951162777600e9
        // = 5960 * 2^64 + 8568098291072368640.
        let text = try Self.dump(template)
        #expect(
            text.contains("abs:(big.nat)[8568098291072368640 5960]} scale:(inf.Scale)9}} s:(string) Format:"))
    }

    @Test("absent and empty parts are the same, set ones are not")
    func emptyParts() throws {
        let bare = try Self.dump(["spec": ["containers": [["name": "c"]]]])
        #expect(try bare == Self.dump(["spec": ["volumes": [], "containers": [["name": "c", "args": []]]]]))
        #expect(try bare != Self.dump(["spec": ["containers": [["name": "c", "securityContext": [:]]]]]))
    }

    static func dump(_ template: JSONValue) throws -> String {
        TemplateDump.text(try #require(template.objectValue))
    }
}
