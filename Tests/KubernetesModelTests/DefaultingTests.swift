import KubernetesModel
import Testing

@Suite("Defaulting rules")
struct DefaultingRuleTests {
    /// Decodes, defaults and encodes a manifest, and looks up one place in the result.
    private func value(_ text: String, at path: [String]) throws -> JSONValue? {
        let input = try JSONParser.parse(text)
        let kind = try #require(GroupVersionKind(of: input))
        var tree = try Schema.kubernetes.decode(input, as: kind).tree
        Defaulting.apply(kind, &tree)
        return path.reduce(Schema.kubernetes.encode(tree, as: kind)) { value, step in
            Int(step).map { value?[$0] } ?? value?[step]
        }
    }

    @Test(
        "an image is pulled always when its tag is latest, given or implied",
        arguments: [
            ("nginx", "Always"), ("nginx:latest", "Always"), ("nginx:1.2", "IfNotPresent"),
            ("localhost:5000/a/b", "Always"), ("localhost:5000/a/b:v1", "IfNotPresent"),
            ("a.io/b@sha256:\(String(repeating: "a", count: 64))", "IfNotPresent"),
            ("a.io/b:latest@sha256:\(String(repeating: "a", count: 64))", "Always"),
            ("a.io/b@sha256:123", "IfNotPresent"), ("Nginx", "IfNotPresent"), ("REGISTRY/nginx", "Always"),
            ("", "IfNotPresent"), ("a//b", "IfNotPresent"), ("a_b__c-d.e", "Always"),
            ("a___b", "IfNotPresent"),
            (String(repeating: "a", count: 64), "IfNotPresent"),
        ])
    func pullPolicy(image: String, policy: String) throws {
        let text = #"{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"\#(image)"}]}}"#
        let found = try value(text, at: ["spec", "containers", "0", "imagePullPolicy"])
        #expect(found == .string(policy))
    }

    @Test("an autoscaler's behaviour annotation is filled as the newer version is")
    func behaviorAnnotation() throws {
        let annotation = "autoscaling.alpha.kubernetes.io/behavior"
        let text =
            #"{"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":{"annotations":{""#
            + annotation + #"":"{\"ScaleDown\":{\"StabilizationWindowSeconds\":60}}"}}}"#
        #expect(
            try value(text, at: ["metadata", "annotations", annotation])
                == .string(
                    #"{"ScaleUp":{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":["#
                        + #"{"Type":"Pods","Value":4,"PeriodSeconds":15},"#
                        + #"{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null},"#
                        + #""ScaleDown":{"StabilizationWindowSeconds":60,"SelectPolicy":"Max","Policies":["#
                        + #"{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null}}"#))
    }

    @Test("ports of one number in two protocols share a node port")
    func sharedNodePorts() throws {
        let input = try JSONParser.parse(
            #"{"spec":{"type":"NodePort","ports":[{"port":53,"protocol":"UDP"},{"port":80,"nodePort":30080},"#
                + #"{"port":53,"protocol":"TCP"},{"port":80,"protocol":"UDP"},{"port":9}]}}"#)
        var tree = try Schema.kubernetes.decode(input, as: GroupVersionKind(kind: "Service")).tree
        let needs = ServiceAddresses.prepare(&tree)
        #expect(needs.nodePorts == [[0, 2], [4]])
        #expect(tree["spec"]?["ports"]?[3]?["nodePort"] == 30080)
    }
}
