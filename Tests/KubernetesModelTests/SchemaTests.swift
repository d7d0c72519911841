import KubernetesModel
import OrderedCollections
import TestSupport
import Testing

@Suite("Schema")
struct SchemaTests {
    private static let deployment = GroupVersionKind(group: "apps", kind: "Deployment")
    private static let pod = GroupVersionKind(kind: "Pod")

    @Test(
        "a value of the wrong type is refused in Go's words",
        arguments: [
            (
                #"{"spec":{"replicas":"3"}}"#,
                "string into Go struct field DeploymentSpec.spec.replicas of type int32"
            ),
            (
                #"{"spec":{"replicas":1.5}}"#,
                "number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32"
            ),
            (
                #"{"spec":{"replicas":3000000000}}"#,
                "number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32"
            ),
            (
                #"{"metadata":{"name":true}}"#,
                "bool into Go struct field ObjectMeta.metadata.name of type string"
            ),
            (
                #"{"spec":{"template":{"spec":{"containers":{}}}}}"#,
                "object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container"
            ),
            (
                #"{"spec":{"template":{"spec":{"volumes":[{"emptyDir":[]}]}}}}"#,
                "array into Go struct field Volume.spec.template.spec.volumes.VolumeSource.emptyDir of type "
                    + "v1.EmptyDirVolumeSource"
            ),
            (
                #"{"metadata":{"labels":{"a":1}}}"#,
                "number into Go struct field ObjectMeta.metadata.labels of type string"
            ),
            (
                #"{"spec":{"strategy":{"rollingUpdate":{"maxSurge":true}}}}"#,
                "bool into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32"
            ),
            (#"{"spec":[]}"#, "array into Go struct field Deployment.spec of type v1.DeploymentSpec"),
            (
                #"{"spec":{"strategy":{"type":5}}}"#,
                "number into Go struct field DeploymentStrategy.spec.strategy.type of type v1.DeploymentStrategyType"
            ),
        ])
    func wrongType(text: String, fault: String) throws {
        let tree = try JSONParser.parse(text)
        #expect(throws: DecodingFault("json: cannot unmarshal " + fault)) {
            try Schema.kubernetes.decode(tree, as: Self.deployment)
        }
    }

    @Test("unknown fields are told with their paths, once each, and dropped")
    func unknownFields() throws {
        let tree = try JSONParser.parse(
            #"{"spec":{"containers":[{"name":"a","imag":"x"},{"name":"b","imag":"y"}],"foo":{"bar":1}},"Kind":"x"}"#
        )
        let decoded = try Schema.kubernetes.decode(tree, as: Self.pod)
        #expect(
            decoded.strictError
                == #"strict decoding error: unknown field "spec.containers[0].imag", "#
                + #"unknown field "spec.containers[1].imag", unknown field "spec.foo", unknown field "Kind""#)
        #expect(decoded.strictFaults.first?.suggestion == "image")
        #expect(decoded.strictFaults[2].suggestion == nil)
        #expect(
            decoded.tree == (try JSONParser.parse(#"{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#)))
    }

    @Test(
        "the nearest name is found",
        arguments: [
            ("replica", "replicas"), ("tolertaions", "tolerations"), ("nodeselector", "nodeSelector"),
            ("xyz", nil), ("selctor", "selector"),
        ])
    func suggestion(name: String, expected: String?) {
        let names = ["replicas", "selector", "tolerations", "nodeSelector"]
        #expect(NearestName.find(name, among: names) == expected)
    }

    @Test("duplicate fields are told with their paths")
    func duplicates() {
        let text = #"{"a":1,"b":{"c":[{"d":1,"d":2}],"e\n":"}","e\n":null},"a":{"b":[]},"a":true}"#
        let found = DuplicateFields.find(in: Array(text.utf8))
        #expect(
            found.map(\.description) == [
                #"duplicate field "b.c[0].d""#, #"duplicate field "b.e\n""#, #"duplicate field "a""#,
            ])
    }

    @Test(
        "decoding and encoding give what Go gives",
        arguments: [
            // Zero values, nulls and empty lists go; fields without omitempty come.
            (
                "v1", "Service",
                #"{"spec":{"type":"","ports":[{"port":80,"nodePort":0}],"selector":{}},"x":1}"#,
                #"{"metadata":{},"spec":{"ports":[{"port":80,"targetPort":0}]},"status":{"loadBalancer":{}}}"#
            ),
            (
                "v1", "Event", #"{"firstTimestamp":"2026-01-02T03:04:05+01:00","count":0}"#,
                #"{"metadata":{},"involvedObject":{},"source":{},"firstTimestamp":"2026-01-02T02:04:05Z","#
                    + #""lastTimestamp":null,"eventTime":null,"reportingComponent":"","reportingInstance":""}"#
            ),
            (
                "coordination.k8s.io/v1", "Lease",
                #"{"spec":{"renewTime":"2026-01-02T03:04:05.123456+00:00","leaseDurationSeconds":0}}"#,
                #"{"metadata":{},"spec":{"leaseDurationSeconds":0,"renewTime":"2026-01-02T03:04:05.123456Z"}}"#
            ),
            (
                "v1", "Secret", #"{"data":{"b":"YQ==","a":""}}"#,
                #"{"metadata":{},"data":{"a":"","b":"YQ=="}}"#
            ),
            (
                "v1", "ResourceQuota", #"{"spec":{"hard":{"cpu":1.50,"memory":"1024Ki"}}}"#,
                #"{"metadata":{},"spec":{"hard":{"cpu":"1500m","memory":"1Mi"}},"status":{}}"#
            ),
            (
                "apps/v1", "ControllerRevision", #"{"data":{"z":1,"a":[null]},"revision":0}"#,
                #"{"metadata":{},"data":{"z":1,"a":[null]},"revision":0}"#
            ),
            (
                "discovery.k8s.io/v1", "EndpointSlice",
                #"{"endpoints":[{"addresses":null,"conditions":{}}]}"#,
                #"{"metadata":{},"addressType":"","endpoints":[{"addresses":null,"conditions":{}}],"ports":null}"#
            ),
        ])
    func normalized(version: String, kind: String, input: String, output: String) throws {
        let kind = try #require(GroupVersionKind(apiVersion: version, kind: kind))
        let result = try Schema.kubernetes.normalize(try JSONParser.parse(input), as: kind)
        #expect(JSONWriter.string(result) == output)
    }

    @Test(
        "faults inside values end decoding",
        arguments: [
            ("v1", "Secret", #"{"data":{"a":"YQ"}}"#, "illegal base64 data at input byte 0"),
            ("v1", "Secret", #"{"data":{"a":"Y!=="}}"#, "illegal base64 data at input byte 1"),
            (
                "coordination.k8s.io/v1", "Lease", #"{"spec":{"renewTime":"yesterday"}}"#,
                #"parsing time "yesterday" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "yesterday" as "2006""#
            ),
            (
                "v1", "Event", #"{"firstTimestamp":"2026-13-02T03:04:05Z"}"#,
                #"parsing time "2026-13-02T03:04:05Z": month out of range"#
            ),
            ("v1", "ResourceQuota", #"{"spec":{"hard":{"cpu":"1ki"}}}"#, "unable to parse quantity's suffix"),
        ])
    func badContent(version: String, kind: String, input: String, fault: String) throws {
        let kind = try #require(GroupVersionKind(apiVersion: version, kind: kind))
        let tree = try JSONParser.parse(input)
        #expect(throws: DecodingFault(fault)) { try Schema.kubernetes.decode(tree, as: kind) }
    }

    @Test("fields know how strategic merge patches treat them")
    func patchStrategies() {
        let schema = Schema.kubernetes
        let template = ["spec", "template", "spec"]
        #expect(schema.patchStrategy(of: Self.deployment, at: template + ["containers"])?.mergeKey == "name")
        #expect(schema.patchStrategy(of: Self.deployment, at: template + ["tolerations"])?.mergeKey == nil)
        #expect(schema.patchStrategy(of: Self.pod, at: ["metadata", "finalizers"])?.mergeKey == "")
        #expect(schema.patchStrategy(of: Self.deployment, at: ["spec", "strategy"])?.retainsKeys == true)
        let volumes = schema.patchStrategy(of: Self.pod, at: ["spec", "volumes"])
        #expect(volumes == Schema.PatchStrategy(mergeKey: "name", retainsKeys: true))
        #expect(schema.patchStrategy(of: Self.pod, at: ["spec", "nothing"]) == nil)
    }

    @Test("every resource has a schema, a path, and names that find it")
    func registry() throws {
        let registry = ResourceRegistry.kubernetes
        for resource in registry.resources {
            #expect(Schema.kubernetes.fieldNames(of: resource.kind)?.contains("metadata") == true)
            let found = registry.resource(apiVersion: resource.kind.apiVersion, plural: resource.plural)
            #expect(found == resource)
        }
        #expect(registry.resource(named: "deploy")?.groupResource == "deployments.apps")
        #expect(registry.resource(named: "hpa")?.kind.version == "v2")
        #expect(registry.resource(named: "ev")?.kind.group == "")
        #expect(registry.resource(named: "Pods")?.path(namespace: "a") == "/api/v1/namespaces/a/pods")
        #expect(registry.resource(named: "storageclass")?.path() == "/apis/storage.k8s.io/v1/storageclasses")
    }

    @Test(
        "bodies that the real decoder refused are refused in its words, and no others",
        .enabled(
            if: SharedFiles.exists("conformance/api/validation.jsonl"), Comment(rawValue: SharedFiles.missing)
        ))
    func refusals() throws {
        var refused = 0
        for line in try SharedFiles.lines("conformance/api/validation.jsonl") {
            let test = try JSONParser.parse(line)
            guard let name = test["name"]?.stringValue, let body = test["request"]?["body"],
                test["request"]?["method"] == "POST", let kind = GroupVersionKind(of: body),
                ResourceRegistry.kubernetes.resource(of: kind) != nil
            else { continue }
            let message = test["status"]?["message"]?.stringValue ?? ""
            let mark = " cannot be handled as a \(kind.kind): "
            let expected = message.firstRange(of: mark).map { String(message[$0.upperBound...]) }
            var found: String?
            do throws(DecodingFault) { _ = try Schema.kubernetes.decode(body, as: kind) } catch {
                found = error.description
            }
            #expect(found == expected, "\(name)")
            if expected != nil { refused += 1 }
        }
        #expect(refused >= 7)
    }
}
