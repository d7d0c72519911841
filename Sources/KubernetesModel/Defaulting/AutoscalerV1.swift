import OrderedCollections

/// The first version of HorizontalPodAutoscaler, whose further metrics live in annotations.
///
/// Upstream: `pkg/apis/autoscaling/v1/conversion.go` (v1.36). The annotations for behaviour and status are kept
/// as they are.
enum AutoscalerV1 {
    private static let metricsAnnotation = "autoscaling.alpha.kubernetes.io/metrics"

    /// What conversion to the internal version and back makes of an object.
    static func roundTrip(_ tree: inout JSONValue) {
        let target = tree["spec"]?["targetCPUUtilizationPercentage"]?.integerValue
        let metrics = annotatedMetrics(tree)
        var others: [JSONValue] = []
        var utilization: Int64?
        for metric in metrics ?? [] {
            if let value = cpuUtilization(metric) { utilization = utilization ?? value } else { others.append(metric) }
        }
        utilization = utilization ?? target
        if utilization == nil, others.isEmpty { utilization = 80 }
        tree.updateStruct("spec") {
            $0["targetCPUUtilizationPercentage"] = utilization.map(JSONValue.integer)
        }
        tree.update("metadata") { metadata in
            metadata.update("annotations") { annotations in
                annotations[metricsAnnotation] =
                    others.isEmpty
                    ? nil
                    : .string(
                        JSONWriter.string(.array(others), style: JSONWriter.Style(escapesHTML: true)))
            }
        }
    }

    private static func annotatedMetrics(_ tree: JSONValue) -> [JSONValue]? {
        guard let text = tree["metadata"]?["annotations"]?[metricsAnnotation]?.stringValue,
            case .array(let elements)? = try? JSONParser.parse(text),
            let type = Schema.kubernetes.type(named: "autoscaling1.MetricSpec")
        else { return nil }
        var result: [JSONValue] = []
        for element in elements {
            var decoder = StrictDecoder(schema: .kubernetes)
            guard let decoded = try? decoder.value(element, type), decoder.savedFault == nil else { return nil }
            result.append(Schema.kubernetes.encode(decoded, type))
        }
        return result
    }

    private static func cpuUtilization(_ metric: JSONValue) -> Int64? {
        guard metric.text("type") == "Resource", metric["resource"]?.text("name") == "cpu" else { return nil }
        return metric["resource"]?["targetAverageUtilization"]?.integerValue
    }
}
