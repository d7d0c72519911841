import KubernetesModel
import Testing

@testable import Controllers

@Suite("Template and revision hashes")
struct TemplateHashTests {
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
