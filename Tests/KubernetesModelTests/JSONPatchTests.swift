import KubernetesModel
import Testing

@Suite("JSON patch")
struct JSONPatchTests {
    /// The examples of RFC 6902, appendix A.
    @Test(
        "the standard's examples",
        arguments: [
            (
                #"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux"}]"#,
                #"{"foo":"bar","baz":"qux"}"#
            ),
            (
                #"{"foo":["bar","baz"]}"#, #"[{"op":"add","path":"/foo/1","value":"qux"}]"#,
                #"{"foo":["bar","qux","baz"]}"#
            ),
            (#"{"baz":"qux","foo":"bar"}"#, #"[{"op":"remove","path":"/baz"}]"#, #"{"foo":"bar"}"#),
            (
                #"{"foo":["bar","qux","baz"]}"#, #"[{"op":"remove","path":"/foo/1"}]"#,
                #"{"foo":["bar","baz"]}"#
            ),
            (#"{"baz":"qux"}"#, #"[{"op":"replace","path":"/baz","value":"boo"}]"#, #"{"baz":"boo"}"#),
            (
                #"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
                #"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
                #"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#
            ),
            (
                #"{"foo":["all","grass"]}"#, #"[{"op":"move","from":"/foo/0","path":"/foo/1"}]"#,
                #"{"foo":["grass","all"]}"#
            ),
            (
                #"{"foo":["bar"]}"#, #"[{"op":"add","path":"/foo/-","value":["abc"]}]"#,
                #"{"foo":["bar",["abc"]]}"#
            ),
            (#"{"/":9}"#, #"[{"op":"test","path":"/~1","value":9}]"#, #"{"/":9}"#),
        ])
    func examples(document: String, patch: String, expected: String) throws {
        let result = try JSONPatch.apply(try JSONParser.parse(patch), to: try JSONParser.parse(document))
        #expect(JSONWriter.string(result) == expected)
    }

    @Test(
        "what cannot be applied is refused",
        arguments: [
            (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz/bat","value":"qux"}]"#),
            (#"{"foo":"bar"}"#, #"[{"op":"remove","path":"/baz"}]"#),
            (#"{"foo":"bar"}"#, #"[{"op":"test","path":"/foo","value":"baz"}]"#),
            (#"{"foo":["bar"]}"#, #"[{"op":"add","path":"/foo/5","value":1}]"#),
            (#"{"foo":"bar"}"#, #"{"op":"remove","path":"/foo"}"#),
        ])
    func refusals(document: String, patch: String) throws {
        let (patch, document) = (try JSONParser.parse(patch), try JSONParser.parse(document))
        #expect(throws: JSONPatch.Failure.self) { try JSONPatch.apply(patch, to: document) }
    }
}
