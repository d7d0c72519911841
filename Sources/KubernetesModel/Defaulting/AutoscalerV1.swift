import OrderedCollections

/// The first version of HorizontalPodAutoscaler, whose further metrics live in annotations.
///
/// The annotation for behaviour is filled with the newer version's defaults; those for status are kept as
/// they are.
/// Upstream: `pkg/apis/autoscaling/v1/conversion.go` (v1.36).
enum AutoscalerV1 {
    private static let metricsAnnotation = "autoscaling.alpha.kubernetes.io/metrics"

    /// What conversion to the internal version and back makes of an object.
    static func roundTrip(_ tree: inout JSONValue) {
        let target = tree["spec"]?["targetCPUUtilizationPercentage"]?.integerValue
        let metrics = annotatedMetrics(tree)
        var others: [JSONValue] = []
        var utilization: Int64?
        for metric in metrics ?? [] {
            if let value = cpuUtilization(metric) {
                utilization = utilization ?? value
            } else {
                others.append(metric)
            }
        }
        utilization = utilization ?? target
        if utilization == nil, others.isEmpty { utilization = 80 }
        tree.updateStruct("spec") {
            $0["targetCPUUtilizationPercentage"] = utilization.map(JSONValue.integer)
        }
        tree.update("metadata") { metadata in
            metadata.update("annotations") { annotations in
                fillBehavior(&annotations)
                annotations[metricsAnnotation] = nil
                if others.isEmpty { return }
                annotations[metricsAnnotation] = .string(
                    JSONWriter.string(.array(others), style: JSONWriter.Style(escapesHTML: true)))
            }
        }
    }

    // MARK: Behaviour

    private static let behaviorAnnotation = "autoscaling.alpha.kubernetes.io/behavior"

    /// The annotation holds an internal Go struct, with Go's names and nulls.
    private static func fillBehavior(_ annotations: inout JSONValue) {
        guard let text = annotations[behaviorAnnotation]?.stringValue,
            let parsed = try? JSONParser.parse(text), case .object = parsed
        else { return }
        var spec: JSONValue = ["metrics": [SchemeDefaults.defaultMetric]]
        spec["behavior"] = renamed(parsed)
        guard let kind = Schema.kubernetes.type(named: "autoscaling2.HorizontalPodAutoscalerSpec") else {
            return
        }
        var decoder = StrictDecoder(schema: .kubernetes)
        guard var decoded = (try? decoder.value(spec, kind)) ?? .none, decoder.savedFault == nil else {
            return
        }
        if decoded["behavior"] == [:] {
            annotations[behaviorAnnotation] = nil
            return
        }
        SchemeDefaults.autoscalerSpec(&decoded)
        let rules = ["StabilizationWindowSeconds", "SelectPolicy", "Policies", "Tolerance"]
        func goRules(_ value: JSONValue?) -> JSONValue {
            var result: JSONValue = [:]
            for name in rules { result[name] = value?[lowered(name)] ?? .some(.null) }
            let policies = value?.list("policies").map { policy -> JSONValue in
                var item: JSONValue = [:]
                item["Type"] = .string(policy.text("type"))
                item["Value"] = .integer(policy["value"]?.integerValue ?? 0)
                item["PeriodSeconds"] = .integer(policy["periodSeconds"]?.integerValue ?? 0)
                return item
            }
            result["Policies"] = .array(policies ?? [])
            return result
        }
        var behavior: JSONValue = [:]
        for name in ["ScaleUp", "ScaleDown"] { behavior[name] = goRules(decoded["behavior"]?[lowered(name)]) }
        annotations[behaviorAnnotation] = .string(
            JSONWriter.string(behavior, style: JSONWriter.Style(escapesHTML: true)))
    }

    private static func lowered(_ name: String) -> String { name.prefix(1).lowercased() + name.dropFirst() }

    /// Go's decoder takes names in either case; here the first letter tells them apart.
    private static func renamed(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            .object(
                JSONObject(members.map { (lowered($0.key), renamed($0.value)) }, uniquingKeysWith: { $1 }))
        case .array(let elements): .array(elements.map(renamed))
        default: value
        }
    }

    /// The metrics in the annotation; nil when there is none, or it is not what it should be.
    static func annotatedMetrics(_ tree: JSONValue) -> [JSONValue]? {
        guard let text = tree["metadata"]?["annotations"]?[metricsAnnotation]?.stringValue,
            case .array(let elements)? = try? JSONParser.parse(text),
            let type = Schema.kubernetes.type(named: "autoscaling1.MetricSpec")
        else { return nil }
        var result: [JSONValue] = []
        for element in elements {
            var decoder = StrictDecoder(schema: .kubernetes)
            guard let decoded = try? decoder.value(element, type), decoder.savedFault == nil else {
                return nil
            }
            result.append(Schema.kubernetes.encode(decoded, type))
        }
        return result
    }

    private static func cpuUtilization(_ metric: JSONValue) -> Int64? {
        guard metric.text("type") == "Resource", metric["resource"]?.text("name") == "cpu" else { return nil }
        return metric["resource"]?["targetAverageUtilization"]?.integerValue
    }
}
