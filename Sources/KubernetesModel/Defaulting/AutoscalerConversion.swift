import OrderedCollections

/// Conversion of HorizontalPodAutoscalers between version 1, whose further fields live in annotations, and
/// version 2, which is stored.
///
/// Upstream: `pkg/apis/autoscaling/v1/conversion.go`, `pkg/apis/autoscaling/helpers.go` (v1.36).
public enum AutoscalerConversion {
    private static let prefix = "autoscaling.alpha.kubernetes.io/"
    private static let annotations = [
        "metrics", "behavior", "scale-down-tolerance", "scale-up-tolerance", "current-metrics", "conditions",
    ].map { prefix + $0 }

    /// Takes a decoded object into the version that is stored, if it is one of version 1.
    public static func convertToStored(_ tree: inout JSONValue, _ kind: inout GroupVersionKind) {
        guard isVersion1(kind) else { return }
        tree = version2(of: tree)
        kind = GroupVersionKind(group: kind.group, version: "v2", kind: kind.kind)
    }

    /// Whether objects of this kind are stored in another version.
    public static func isVersion1(_ kind: GroupVersionKind) -> Bool {
        kind.group == "autoscaling" && kind.version == "v1" && kind.kind == "HorizontalPodAutoscaler"
    }

    /// A stored object in the version in which it is asked for.
    public static func shown(_ tree: JSONValue, as kind: GroupVersionKind) -> JSONValue {
        isVersion1(kind) ? version1(of: tree) : tree
    }

    // MARK: To version 2

    /// The object in version 2. The tree is one of version 1, decoded.
    public static func version2(of object: JSONValue) -> JSONValue {
        var tree = object
        tree["apiVersion"] = "autoscaling/v2"
        let notes = object["metadata"]?["annotations"]
        func annotated(_ name: String) -> JSONValue? {
            guard let text = notes?[prefix + name]?.stringValue else { return nil }
            return try? JSONParser.parse(text)
        }
        var metrics: [JSONValue] = []
        if let utilization = object["spec"]?["targetCPUUtilizationPercentage"], !utilization.isNull {
            metrics = [cpuMetric(utilization)]
        }
        if let others = AutoscalerV1.annotatedMetrics(object) {
            metrics = others.map { metric($0, members: sourceMembers) } + metrics
        }
        if metrics.isEmpty { metrics = [cpuMetric(80)] }
        var spec = object["spec"] ?? [:]
        spec["targetCPUUtilizationPercentage"] = nil
        spec["metrics"] = .array(metrics)
        if let behavior = annotated("behavior"), case .object(let rules) = behavior, !rules.isEmpty {
            let converted = lowered(behavior)
            if converted != [:], isBehavior(converted) { spec["behavior"] = converted }
        }
        tree["spec"] = spec
        if var status = object["status"], !status.isNull {
            let utilization = status["currentCPUUtilizationPercentage"]
            status["currentCPUUtilizationPercentage"] = nil
            if case .array(let elements)? = annotated("current-metrics") {
                status["currentMetrics"] = .array(elements.map { metric($0, members: statusMembers) })
            } else if let utilization, !utilization.isNull {
                status["currentMetrics"] = [
                    [
                        "type": "Resource",
                        "resource": ["name": "cpu", "current": ["averageUtilization": utilization]],
                    ]
                ]
            }
            if case .array(let conditions)? = annotated("conditions") {
                status["conditions"] = .array(conditions)
            }
            tree["status"] = status
        }
        tree["metadata"] = withoutConversionAnnotations(object["metadata"])
        return tree
    }

    /// A metric of version 1 as version 2 has it.
    private static func metric(
        _ metric: JSONValue, members: (_ source: JSONValue, _ kind: String) -> JSONValue
    ) -> JSONValue {
        var result: JSONValue = ["type": metric["type"] ?? ""]
        for kind in ["object", "pods", "resource", "containerResource", "external"] {
            guard let source = metric[kind], !source.isNull else { continue }
            result[kind] = members(source, kind)
        }
        return result
    }

    private static func sourceMembers(_ source: JSONValue, _ kind: String) -> JSONValue {
        var target: JSONValue = [:]
        var result: JSONValue = [:]
        func take(_ name: String, _ member: String) {
            if let value = source[name], !value.isNull { target[member] = value }
        }
        switch kind {
        case "resource", "containerResource":
            result["name"] = source["name"]
            if kind == "containerResource" { result["container"] = source["container"] }
            take("targetAverageUtilization", "averageUtilization")
            take("targetAverageValue", "averageValue")
            target["type"] = target["averageUtilization"] == nil ? "AverageValue" : "Utilization"
        case "pods":
            result["metric"] = identifier(source, "selector")
            take("targetAverageValue", "averageValue")
            target["type"] = "AverageValue"
        case "object":
            result["describedObject"] = source["target"]
            result["metric"] = identifier(source, "selector")
            take("averageValue", "averageValue")
            let isAverage = target["averageValue"] != nil
            let value = source["targetValue"].flatMap { try? Quantity(json: $0) }
            if !isAverage || value?.isZero == false { take("targetValue", "value") }
            target["type"] = isAverage ? "AverageValue" : "Value"
        default:
            result["metric"] = identifier(source, "metricSelector")
            take("targetValue", "value")
            take("targetAverageValue", "averageValue")
            target["type"] = target["value"] == nil ? "AverageValue" : "Value"
        }
        result["target"] = target
        return result
    }

    private static func statusMembers(_ status: JSONValue, _ kind: String) -> JSONValue {
        var current: JSONValue = [:]
        var result: JSONValue = [:]
        func take(_ name: String, _ member: String) {
            if let value = status[name], !value.isNull { current[member] = value }
        }
        switch kind {
        case "resource", "containerResource":
            result["name"] = status["name"]
            if kind == "containerResource" { result["container"] = status["container"] }
            take("currentAverageUtilization", "averageUtilization")
            take("currentAverageValue", "averageValue")
        case "pods":
            result["metric"] = identifier(status, "selector")
            take("currentAverageValue", "averageValue")
        case "object":
            result["describedObject"] = status["target"]
            result["metric"] = identifier(status, "selector")
            take("currentValue", "value")
            take("averageValue", "averageValue")
        default:
            result["metric"] = identifier(status, "metricSelector")
            take("currentValue", "value")
            take("currentAverageValue", "averageValue")
        }
        result["current"] = current
        return result
    }

    private static func identifier(_ source: JSONValue, _ selector: String) -> JSONValue {
        var result: JSONValue = ["name": source["metricName"] ?? ""]
        if let selector = source[selector], !selector.isNull { result["selector"] = selector }
        return result
    }

    private static func cpuMetric(_ utilization: JSONValue) -> JSONValue {
        [
            "type": "Resource",
            "resource": [
                "name": "cpu", "target": ["type": "Utilization", "averageUtilization": utilization],
            ],
        ]
    }

    /// The annotation holds Go's internal struct, whose names begin with capitals and whose nulls are absent.
    private static func lowered(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            var result: JSONValue = [:]
            for (name, member) in members where !member.isNull {
                result[name.prefix(1).lowercased() + name.dropFirst()] = lowered(member)
            }
            return result
        case .array(let elements): return .array(elements.map(lowered))
        default: return value
        }
    }

    /// Whether the values are of the right types; an annotation with others is ignored.
    private static func isBehavior(_ value: JSONValue) -> Bool {
        guard let type = Schema.kubernetes.type(named: "autoscaling2.HorizontalPodAutoscalerBehavior") else {
            return false
        }
        var decoder = StrictDecoder(schema: .kubernetes)
        guard (try? decoder.value(value, type)) != nil else { return false }
        return decoder.savedFault == nil
    }

    // MARK: To version 1

    /// The object in version 1. The tree is one of version 2 as it is stored.
    public static func version1(of object: JSONValue) -> JSONValue {
        var tree = object
        tree["apiVersion"] = "autoscaling/v1"
        var notes = JSONObject()
        func annotate(_ name: String, _ value: JSONValue) {
            notes[prefix + name] = .string(
                JSONWriter.string(value, style: JSONWriter.Style(escapesHTML: true)))
        }
        var spec = object["spec"] ?? [:]
        let metrics = spec["metrics"]?.arrayValue ?? []
        spec["metrics"] = nil
        let utilizations = metrics.compactMap(cpuUtilization)
        if let first = utilizations.first { spec["targetCPUUtilizationPercentage"] = first }
        let others = metrics.filter { cpuUtilization($0) == nil }
        if !others.isEmpty { annotate("metrics", .array(others.map { oldMetric($0, members: oldSource) })) }
        let behavior = spec["behavior"]
        spec["behavior"] = nil
        tree["spec"] = spec
        if var status = object["status"], !status.isNull {
            let current = status["currentMetrics"]?.arrayValue ?? []
            status["currentMetrics"] = nil
            let conditions = status["conditions"]?.arrayValue ?? []
            status["conditions"] = nil
            for metric in current where metric["type"] == "Resource" && metric["resource"]?["name"] == "cpu" {
                if let value = metric["resource"]?["current"]?["averageUtilization"] {
                    status["currentCPUUtilizationPercentage"] = value
                }
            }
            status["currentReplicas"] = status["currentReplicas"] ?? 0
            tree["status"] = status
            if !current.isEmpty {
                annotate("current-metrics", .array(current.map { oldMetric($0, members: oldStatus) }))
            }
            if let behavior, !behavior.isNull { annotate("behavior", goBehavior(behavior)) }
            if !conditions.isEmpty { annotate("conditions", .array(conditions)) }
        } else if let behavior, !behavior.isNull {
            annotate("behavior", goBehavior(behavior))
        }
        var metadata = withoutConversionAnnotations(object["metadata"]) ?? [:]
        if !notes.isEmpty {
            var all = metadata["annotations"]?.objectValue ?? [:]
            for (name, note) in notes { all[name] = note }
            metadata["annotations"] = .object(all)
        }
        tree["metadata"] = metadata
        return tree
    }

    private static func cpuUtilization(_ metric: JSONValue) -> JSONValue? {
        guard metric["type"] == "Resource", metric["resource"]?["name"] == "cpu",
            let value = metric["resource"]?["target"]?["averageUtilization"], !value.isNull
        else { return nil }
        return value
    }

    private static func oldMetric(
        _ metric: JSONValue, members: (_ source: JSONValue, _ kind: String) -> JSONValue
    ) -> JSONValue {
        var result: JSONValue = ["type": metric["type"] ?? ""]
        for kind in ["object", "pods", "resource", "containerResource", "external"] {
            if let source = metric[kind], !source.isNull { result[kind] = members(source, kind) }
        }
        return result
    }

    private static func oldSource(_ source: JSONValue, _ kind: String) -> JSONValue {
        let target = source["target"] ?? [:]
        var result: JSONValue = [:]
        switch kind {
        case "resource", "containerResource":
            result["name"] = source["name"]
            result["targetAverageUtilization"] = target["averageUtilization"]
            result["targetAverageValue"] = target["averageValue"]
            if kind == "containerResource" { result["container"] = source["container"] }
        case "pods":
            result["metricName"] = source["metric"]?["name"]
            result["targetAverageValue"] = target["averageValue"] ?? "0"
            result["selector"] = source["metric"]?["selector"]
        case "object":
            result["target"] = source["describedObject"]
            result["metricName"] = source["metric"]?["name"]
            result["targetValue"] = target["value"] ?? "0"
            result["selector"] = source["metric"]?["selector"]
            result["averageValue"] = target["averageValue"]
        default:
            result["metricName"] = source["metric"]?["name"]
            result["metricSelector"] = source["metric"]?["selector"]
            result["targetValue"] = target["value"]
            result["targetAverageValue"] = target["averageValue"]
        }
        return result
    }

    private static func oldStatus(_ status: JSONValue, _ kind: String) -> JSONValue {
        let current = status["current"] ?? [:]
        var result: JSONValue = [:]
        switch kind {
        case "resource", "containerResource":
            result["name"] = status["name"]
            result["currentAverageUtilization"] = current["averageUtilization"]
            result["currentAverageValue"] = current["averageValue"] ?? "0"
            if kind == "containerResource" { result["container"] = status["container"] }
        case "pods":
            result["metricName"] = status["metric"]?["name"]
            result["currentAverageValue"] = current["averageValue"] ?? "0"
            result["selector"] = status["metric"]?["selector"]
        case "object":
            result["target"] = status["describedObject"]
            result["metricName"] = status["metric"]?["name"]
            result["currentValue"] = current["value"] ?? "0"
            result["selector"] = status["metric"]?["selector"]
            result["averageValue"] = current["averageValue"]
        default:
            result["metricName"] = status["metric"]?["name"]
            result["metricSelector"] = status["metric"]?["selector"]
            result["currentValue"] = current["value"] ?? "0"
            result["currentAverageValue"] = current["averageValue"]
        }
        return result
    }

    /// Go's internal struct, with its names and its nulls.
    private static func goBehavior(_ behavior: JSONValue) -> JSONValue {
        func rules(_ value: JSONValue?) -> JSONValue {
            guard let value, !value.isNull else { return .null }
            var result = JSONObject()
            for name in ["StabilizationWindowSeconds", "SelectPolicy"] {
                result[name] = value[name.prefix(1).lowercased() + name.dropFirst()] ?? .null
            }
            let policies = value["policies"]?.arrayValue
            result["Policies"] =
                policies.map { list in
                    .array(
                        list.map { policy in
                            [
                                "Type": policy["type"] ?? "", "Value": policy["value"] ?? 0,
                                "PeriodSeconds": policy["periodSeconds"] ?? 0,
                            ]
                        })
                } ?? .null
            result["Tolerance"] = value["tolerance"] ?? .null
            return .object(result)
        }
        return ["ScaleUp": rules(behavior["scaleUp"]), "ScaleDown": rules(behavior["scaleDown"])]
    }

    // MARK: Annotations

    /// The metadata without the annotations that hold what a version has no fields for.
    private static func withoutConversionAnnotations(_ metadata: JSONValue?) -> JSONValue? {
        guard var metadata, var notes = metadata["annotations"]?.objectValue else { return metadata }
        for name in annotations { notes.removeValue(forKey: name) }
        metadata["annotations"] = notes.isEmpty ? nil : .object(notes)
        return metadata
    }
}
