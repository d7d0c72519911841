import KubernetesModel
import OrderedCollections
import TestSupport
import Testing

@Suite("Versions of HorizontalPodAutoscaler")
struct AutoscalerConversionTests {
    private static func version1(_ spec: String, annotations: String = "{}") throws -> JSONValue {
        try JSONParser.parse(
            """
            {"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler",
             "metadata": {"name": "web", "annotations": \(annotations)}, "spec": {\(spec)}}
            """)
    }

    @Test("version 1 alone means CPU at its percentage, or at 80")
    func plain() throws {
        let given = AutoscalerConversion.version2(
            of: try Self.version1(#""maxReplicas": 3, "targetCPUUtilizationPercentage": 55"#))
        #expect(
            given["spec"] == [
                "maxReplicas": 3,
                "metrics": [
                    [
                        "type": "Resource",
                        "resource": [
                            "name": "cpu", "target": ["type": "Utilization", "averageUtilization": 55],
                        ],
                    ]
                ],
            ])
        let open = AutoscalerConversion.version2(of: try Self.version1(#""maxReplicas": 3"#))
        #expect(open["spec"]?["metrics"]?[0]?["resource"]?["target"]?["averageUtilization"] == 80)
    }

    @Test("what version 1 has no fields for goes to annotations and comes back")
    func roundTrip() throws {
        let object = try JSONParser.parse(
            """
            {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"},
             "spec": {"maxReplicas": 9, "minReplicas": 2, "metrics": [
               {"type": "Pods", "pods": {"metric": {"name": "qps"},
                "target": {"type": "AverageValue", "averageValue": "10"}}},
               {"type": "Object", "object": {"describedObject": {"kind": "Ingress", "name": "i"},
                "metric": {"name": "hits"}, "target": {"type": "Value", "value": "2k"}}},
               {"type": "External", "external": {"metric": {"name": "queue", "selector": {"matchLabels": {"a": "b"}}},
                "target": {"type": "AverageValue", "averageValue": "5"}}},
               {"type": "ContainerResource", "containerResource": {"name": "memory", "container": "app",
                "target": {"type": "AverageValue", "averageValue": "1Gi"}}},
               {"type": "Resource", "resource": {"name": "cpu",
                "target": {"type": "Utilization", "averageUtilization": 60}}}],
              "behavior": {
               "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max",
                "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}]},
               "scaleDown": {"selectPolicy": "Min", "policies": [{"type": "Percent", "value": 10, "periodSeconds": 60}],
                "tolerance": "50m"}}}}
            """)
        let old = AutoscalerConversion.version1(of: object)
        #expect(old["spec"]?["targetCPUUtilizationPercentage"] == 60)
        #expect(old["spec"]?["metrics"] == nil && old["spec"]?["behavior"] == nil)
        let notes = old["metadata"]?["annotations"]
        #expect(
            notes?["autoscaling.alpha.kubernetes.io/behavior"]
                == .string(
                    #"{"ScaleUp":{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":4,"PeriodSeconds":15}],"Tolerance":null},"#
                        + #""ScaleDown":{"StabilizationWindowSeconds":null,"SelectPolicy":"Min","Policies":[{"Type":"Percent","Value":10,"PeriodSeconds":60}],"Tolerance":"50m"}}"#
                ))
        let again = AutoscalerConversion.version2(of: old)
        #expect(again["spec"]?["behavior"] == object["spec"]?["behavior"])
        let metrics = object["spec"]?["metrics"]?.arrayValue ?? []
        let found = again["spec"]?["metrics"]?.arrayValue ?? []
        #expect(found.count == metrics.count)
        for (left, right) in zip(metrics, found) { #expect(Self.sorted(left) == Self.sorted(right)) }
        #expect(again["metadata"]?["annotations"] == nil)
    }

    @Test("an annotation that is not what it should be is dropped")
    func brokenAnnotation() throws {
        let notes =
            #"{"autoscaling.alpha.kubernetes.io/metrics": "[{\"type\": 3}]", "autoscaling.alpha.kubernetes.io/behavior": "{}", "mine": "1"}"#
        let tree = AutoscalerConversion.version2(
            of: try Self.version1(#""maxReplicas": 3"#, annotations: notes))
        #expect(tree["metadata"]?["annotations"] == ["mine": "1"])
        #expect(tree["spec"]?["behavior"] == nil)
        #expect(tree["spec"]?["metrics"]?.arrayValue?.count == 1)
    }

    private static func sorted(_ value: JSONValue) -> String {
        JSONWriter.string(value, style: JSONWriter.Style(sortsKeys: true))
    }

    @Test(
        "the server's answers in version 1 are what conversion makes of those in version 2",
        .enabled(
            if: SharedFiles.exists("conformance/api/subresources.jsonl"),
            Comment(rawValue: SharedFiles.missing)))
    func recorded() throws {
        var count = 0
        for line in try SharedFiles.lines("conformance/api/subresources.jsonl") {
            var newest: JSONValue?
            for step in try JSONParser.parse(line)["steps"]?.arrayValue ?? [] {
                guard let object = step["object"], object["kind"] == "HorizontalPodAutoscaler" else {
                    continue
                }
                if object["apiVersion"] == "autoscaling/v2" {
                    newest = object
                } else if let newest, step["request"]?["method"] == "GET" {
                    count += 1
                    #expect(Self.sorted(AutoscalerConversion.version1(of: newest)) == Self.sorted(object))
                }
            }
        }
        #expect(count > 0)
    }
}
