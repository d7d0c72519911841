import KubernetesModel
import Testing

@Suite("Strategic merge patch")
struct StrategicMergePatchTests {
    private static let deployment = GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")
    private static let pod = GroupVersionKind(kind: "Pod")

    private func sorted(_ value: JSONValue) -> String {
        JSONWriter.string(value, style: JSONWriter.Style(sortsKeys: true))
    }

    @Test(
        "lists are merged by key, and directives are carried out",
        arguments: [
            (
                #"{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}}"#,
                #"{"spec":{"containers":[{"name":"b","image":"2"}]}}"#,
                #"{"spec":{"containers":[{"image":"1","name":"a"},{"image":"2","name":"b"}]}}"#
            ),
            (
                #"{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#,
                #"{"spec":{"containers":[{"name":"a","$patch":"delete"}]}}"#,
                #"{"spec":{"containers":[{"name":"b"}]}}"#
            ),
            (
                #"{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#,
                #"{"spec":{"$setElementOrder/containers":[{"name":"c"},{"name":"b"}],"containers":[{"name":"c"}]}}"#,
                #"{"spec":{"containers":[{"name":"c"},{"name":"a"},{"name":"b"}]}}"#
            ),
            (
                #"{"metadata":{"finalizers":["a","b","c"]}}"#,
                #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["b"]}}"#,
                #"{"metadata":{"finalizers":["a","c"]}}"#
            ),
            (
                #"{"spec":{"tolerations":[{"key":"a"}]}}"#, #"{"spec":{"tolerations":[{"key":"b"}]}}"#,
                #"{"spec":{"tolerations":[{"key":"b"}]}}"#
            ),
            (
                #"{"spec":{"volumes":[{"name":"v","hostPath":{"path":"/x"}}]}}"#,
                #"{"spec":{"volumes":[{"$retainKeys":["name","emptyDir"],"name":"v","emptyDir":{}}]}}"#,
                #"{"spec":{"volumes":[{"emptyDir":{},"name":"v"}]}}"#
            ),
        ])
    func merging(object: String, patch: String, expected: String) throws {
        let result = try StrategicMergePatch.apply(
            try JSONParser.parse(patch), to: try JSONParser.parse(object), as: Self.pod)
        #expect(sorted(result) == expected)
    }

    @Test(
        "faulty patches are refused in upstream's words",
        arguments: [
            (
                #"{"spec":{"containers":[{"image":"2"}]}}"#,
                "map: map[image:2] does not contain declared merge key: name", PatchFailure.Answer.unexpected
            ),
            (
                #"{"metadata":{"$deleteFromPrimitiveListfinalizers":["b"]}}"#,
                "invalid patch format of primitive list", .badRequest
            ),
            (
                #"{"spec":{"$setElementOrder/containers":[{"name":"b"}],"containers":[{"name":"a"}]}}"#,
                "The order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n",
                .unexpected
            ),
            (
                #"{"spec":{"$patch":"x"}}"#, "unknown patch type: x in map: map[$patch:x]", .unexpected
            ),
        ])
    func faults(patch: String, message: String, answer: PatchFailure.Answer) throws {
        let object = try JSONParser.parse(
            #"{"metadata":{"finalizers":["a"]},"spec":{"containers":[{"name":"a"}]}}"#)
        let patch = try JSONParser.parse(patch)
        do throws(PatchFailure) {
            _ = try StrategicMergePatch.apply(patch, to: object, as: Self.pod)
            Issue.record("accepted")
        } catch {
            #expect(error.description == message)
            #expect(error.answer == answer)
        }
    }

    @Test("three-way: removes what the last manifest named, keeps what others set, sets what is new")
    func threeWay() throws {
        let original = try JSONParser.parse(
            #"""
            {"metadata":{"labels":{"a":"1","b":"1"}},"spec":{"paused":true,"template":{"spec":{
              "containers":[{"name":"old","image":"o"},{"name":"web","image":"w:1","args":["x"]}],
              "volumes":[{"name":"v","emptyDir":{}}]}}}}
            """#)
        let modified = try JSONParser.parse(
            #"""
            {"metadata":{"labels":{"a":"2"}},"spec":{"template":{"spec":{
              "containers":[{"name":"web","image":"w:2"}],
              "volumes":[{"name":"v","hostPath":{"path":"/x"}}]}}}}
            """#)
        let current = try JSONParser.parse(
            #"""
            {"metadata":{"labels":{"a":"1","b":"1","other":"1"}},"spec":{"replicas":7,"paused":true,
             "template":{"spec":{"containers":[{"name":"old","image":"o","resources":{}},
              {"name":"web","image":"w:1","args":["x"],"resources":{}},{"name":"injected","image":"i"}],
              "volumes":[{"name":"v","emptyDir":{}}]}}}}
            """#)
        let patch = try StrategicMergePatch.threeWay(
            original: original, modified: modified, current: current, as: Self.deployment)
        #expect(
            sorted(patch)
                == #"{"metadata":{"labels":{"a":"2","b":null}},"spec":{"paused":null,"template":{"spec":{"#
                + #""$setElementOrder/containers":[{"name":"web"}],"$setElementOrder/volumes":[{"name":"v"}],"#
                + #""containers":[{"args":null,"image":"w:2","name":"web"},{"$patch":"delete","name":"old"}],"#
                + #""volumes":[{"$retainKeys":["hostPath","name"],"emptyDir":null,"hostPath":{"path":"/x"},"#
                + #""name":"v"}]}}}}"#)
        let result = try StrategicMergePatch.apply(patch, to: current, as: Self.deployment)
        #expect(
            sorted(result)
                == #"{"metadata":{"labels":{"a":"2","other":"1"}},"spec":{"replicas":7,"template":{"spec":{"#
                + #""containers":[{"image":"w:2","name":"web","resources":{}},{"image":"i","name":"injected"}],"#
                + #""volumes":[{"hostPath":{"path":"/x"},"name":"v"}]}}}}"#)
    }

    @Test("every merge key of the API's types is in the tables")
    func strategies() {
        let schema = Schema.kubernetes
        let containers = ["spec", "template", "spec", "containers"]
        #expect(schema.patchStrategy(of: Self.deployment, at: containers)?.mergeKey == "name")
        #expect(
            schema.patchStrategy(of: Self.deployment, at: containers + ["volumeMounts"])?.mergeKey
                == "mountPath")
        #expect(schema.patchStrategy(of: Self.deployment, at: ["spec", "strategy"])?.retainsKeys == true)
        #expect(schema.patchStrategy(of: Self.pod, at: ["spec", "tolerations"])?.mergeKey == nil)
        #expect(schema.patchStrategy(of: Self.pod, at: ["metadata", "finalizers"])?.mergeKey == "")
    }
}
