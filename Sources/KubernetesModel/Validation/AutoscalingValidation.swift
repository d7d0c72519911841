/// Checks of HorizontalPodAutoscalers.
///
/// Upstream: `pkg/apis/autoscaling/validation/validation.go` (v1.36).
extension FieldErrorList {
    private struct ScalerOptions {
        var lowestMinimum: Int64 = 1
        /// Whether the target's API version may name the core group.
        var allowsCoreTarget = false
        var allowsInvalidTarget = false
        var allowsInvalidMetricTarget = false
    }

    mutating func horizontalPodAutoscaler(_ object: APITree, old: APITree?) {
        var options = ScalerOptions()
        if let old {
            metadataUpdate(object.metadata, old.metadata)
            if old.spec.minReplicas.optionalInt == 0 { options.lowestMinimum = 0 }
            let before = old.spec.scaleTargetRef
            let after = object.spec.scaleTargetRef
            options.allowsInvalidTarget =
                before.apiVersion.text == after.apiVersion.text && before.kind.text == after.kind.text
            options.allowsInvalidMetricTarget = old.spec.metrics.list.contains {
                $0.type.text == "Object" && $0.object.exists
                    && FieldErrorList.versionFault($0.object.describedObject, allowsCore: true) != nil
            }
        } else {
            metadata(object.metadata, isNamespaced: true, name: .subdomain)
        }
        let spec = object.spec
        options.allowsCoreTarget = spec.scaleTargetRef.kind.text == "ReplicationController"
        let path = FieldPath("spec")
        let most = spec.maxReplicas.int
        let least = spec.minReplicas.optionalInt
        if let least, least < options.lowestMinimum {
            invalid(
                path.child("minReplicas"), .int(least),
                "must be greater than or equal to \(options.lowestMinimum)")
        }
        if most == 0 {
            required(path.child("maxReplicas"), "must be set and greater than 0")
        } else if most < 0 {
            invalid(path.child("maxReplicas"), .int(most), "must be greater than or equal to 1")
        }
        if let least, most < least {
            invalid(
                path.child("maxReplicas"), .int(most),
                "must be greater than or equal to `minReplicas`")
        }
        objectReference(
            spec.scaleTargetRef, path.child("scaleTargetRef"), allowsInvalid: options.allowsInvalidTarget,
            allowsCore: options.allowsCoreTarget)
        let place = path.child("metrics")
        for (index, metric) in spec.metrics.list.enumerated() {
            self.metric(metric, place.index(index), options)
        }
        if least == 0
            && !spec.metrics.list.contains(where: { ["Object", "External"].contains($0.type.text) })
        {
            forbidden(
                place,
                "must specify at least one Object or External metric to support scaling to zero replicas")
        }
        for field in ["scaleUp", "scaleDown"] where spec.behavior[field].exists {
            scalingRules(spec.behavior[field], path.child("behavior", field))
        }
    }

    mutating func horizontalPodAutoscalerStatusUpdate(_ new: APITree, _ old: APITree) {
        metadataUpdate(new.metadata, old.metadata)
        for field in ["currentReplicas", "desiredReplicas"] {
            nonNegative(new.status[field].int, FieldPath("status").child(field))
        }
    }

    private static func versionFault(_ reference: APITree, allowsCore: Bool) -> String? {
        let version = reference.apiVersion.text
        let parts = version.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count > 2 && version != "/" { return "unexpected GroupVersion string: \(version)" }
        let hasGroup = parts.count == 2 && !parts[0].isEmpty
        return hasGroup || allowsCore ? nil : "apiVersion must specify API group"
    }

    private mutating func objectReference(
        _ reference: APITree, _ path: FieldPath, allowsInvalid: Bool, allowsCore: Bool
    ) {
        for field in ["kind", "name"] {
            let value = reference[field].text
            if value.isEmpty {
                required(path.child(field))
            } else {
                invalid(path.child(field), .text(value), each: Names.pathSegment(value))
            }
        }
        if !allowsInvalid, let fault = FieldErrorList.versionFault(reference, allowsCore: allowsCore) {
            invalid(path.child("apiVersion"), .text(reference.apiVersion.text), fault)
        }
    }

    // MARK: Metrics

    private static let metricTypes = ["ContainerResource", "External", "Object", "Pods", "Resource"]

    private mutating func metric(_ metric: APITree, _ path: FieldPath, _ options: ScalerOptions) {
        let type = metric.type.text
        if type.isEmpty { required(path.child("type"), "must specify a metric source type") }
        member(type, path.child("type"), of: FieldErrorList.metricTypes)
        var present: [String] = []
        for kind in ["object", "external", "pods", "resource", "containerResource"]
        where metric[kind].exists {
            present.append(kind)
            if present.count == 1 { metricSource(metric[kind], kind, path.child(kind), options) }
        }
        guard FieldErrorList.metricTypes.contains(type) else {
            notSupported(path.child("type"), .typed(type), FieldErrorList.metricTypes)
            return otherSources(present.count == 1 ? [] : present, path)
        }
        let expected = type.prefix(1).lowercased() + type.dropFirst()
        if !metric[expected].exists {
            required(path.child(expected), "must populate information for the given metric source")
        }
        otherSources(present.count == 1 ? [] : present.filter { $0 != expected }, path)
    }

    private mutating func otherSources(_ present: [String], _ path: FieldPath) {
        for kind in present.sorted(by: PodAggregates.byBytes) {
            forbidden(path.child(kind), "must populate the given metric source only")
        }
    }

    private mutating func metricSource(
        _ source: APITree, _ kind: String, _ path: FieldPath, _ options: ScalerOptions
    ) {
        let place = path.child("target")
        let target = source.target
        switch kind {
        case "object":
            objectReference(
                source.describedObject, path.child("describedObject"),
                allowsInvalid: options.allowsInvalidMetricTarget, allowsCore: true)
            metricName(source, path)
        case "external", "pods": metricName(source, path)
        default:
            let name = source.name.text
            if name.isEmpty {
                required(path.child("name"), "must specify a resource name")
            } else if kind == "containerResource" {
                scalerResourceName(name, path.child("name"))
            }
            if kind == "containerResource" {
                if source.container.isEmpty {
                    required(path.child("container"), "must specify a container")
                } else {
                    label(source.container.text, path.child("container"))
                }
            }
        }
        metricTarget(target, place)
        let hasValue = target["value"].exists
        let hasAverage = target.averageValue.exists
        let average = place.child("averageValue")
        switch kind {
        case "object":
            if !hasValue && !hasAverage {
                required(average, "must set either a target value or averageValue")
            }
        case "external":
            if !hasValue && !hasAverage {
                required(
                    average, "must set either a target value for metric or a per-pod target")
            }
            if hasValue && hasAverage {
                forbidden(
                    place.child("value"),
                    "may not set both a target value for metric and a per-pod target")
            }
        case "pods":
            if !hasAverage { required(average, "must specify a positive target averageValue") }
        default:
            let hasUtilization = target.averageUtilization.exists
            if !hasUtilization && !hasAverage {
                required(
                    place.child("averageUtilization"),
                    "must set either a target raw value or a target utilization")
            }
            if hasUtilization && hasAverage {
                forbidden(average, "may not set both a target raw value and a target utilization")
            }
        }
    }

    /// The name of a container's resource, as the versioned validation words its faults.
    private mutating func scalerResourceName(_ name: String, _ path: FieldPath) {
        let faults = Names.qualifiedName(name)
        invalid(path, .text(name), each: faults)
        if faults.isEmpty && !name.contains("/") && !ResourceNames.isStandard(name) {
            invalid(path, .text(name), "must be a standard resource type or fully qualified")
        }
        if !name.contains("/") {
            if !ResourceNames.isStandardContainer(name) {
                invalid(path, .text(name), "must be a standard resource for containers")
            }
        } else if !ResourceNames.isNative(name) && !ResourceNames.isExtended(name) {
            invalid(path, .text(name), "doesn't follow extended resource name standard")
        }
    }

    private mutating func metricName(_ source: APITree, _ path: FieldPath) {
        let name = source.metric.name.text
        let place = path.child("metric", "name")
        if name.isEmpty {
            required(place, "must specify a metric name")
        } else {
            invalid(place, .text(name), each: Names.pathSegment(name))
        }
    }

    private mutating func metricTarget(_ target: APITree, _ path: FieldPath) {
        let type = target.type.text
        if type.isEmpty { required(path.child("type"), "must specify a metric target type") }
        if !["Utilization", "Value", "AverageValue"].contains(type) {
            invalid(
                path.child("type"), .typed(type), "must be either Utilization, Value, or AverageValue")
        }
        for field in ["value", "averageValue"] {
            guard let amount = target[field].quantity, amount.sign <= 0 else { continue }
            invalid(path.child(field), .typed(target[field].quantityText), "must be positive")
        }
        if let percent = target.averageUtilization.optionalInt, percent < 1 {
            invalid(path.child("averageUtilization"), .int(percent), "must be greater than 0")
        }
    }

    // MARK: Behavior

    private mutating func scalingRules(_ rules: APITree, _ path: FieldPath) {
        let window = path.child("stabilizationWindowSeconds")
        if let seconds = rules.stabilizationWindowSeconds.optionalInt {
            if seconds < 0 {
                invalid(window, .int(seconds), "must be greater than or equal to zero")
            }
            if seconds > 3600 { invalid(window, .int(seconds), "must be less than or equal to 3600") }
        }
        if let policy = rules.selectPolicy.optionalText {
            member(policy, path.child("selectPolicy"), of: ["Disabled", "Max", "Min"])
        }
        let place = path.child("policies")
        if rules.policies.isEmpty { required(place, "must specify at least one Policy") }
        for (index, policy) in rules.policies.list.enumerated() {
            let own = place.index(index)
            member(policy.type.text, own.child("type"), of: ["Percent", "Pods"])
            for field in ["value", "periodSeconds"] where policy[field].int <= 0 {
                invalid(own.child(field), .int(policy[field].int), "must be greater than zero")
            }
            let period = policy.periodSeconds.int
            if period > 1800 {
                invalid(
                    own.child("periodSeconds"), .int(period), "must be less than or equal to 1800")
            }
        }
        if rules.tolerance.exists { nonNegativeQuantity(rules.tolerance, path.child("tolerance")) }
    }
}
