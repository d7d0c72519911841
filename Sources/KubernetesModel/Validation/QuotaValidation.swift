/// Checks of ResourceQuotas and LimitRanges.
///
/// Upstream: `pkg/apis/core/validation/validation.go` (v1.36).
extension FieldErrorList {
    mutating func resourceQuota(_ object: APITree, old: APITree?) {
        let spec = object.spec
        let path = FieldPath("spec")
        guard let old else {
            metadata(object.metadata, isNamespaced: true, name: .subdomain)
            quotaSpec(spec, path)
            return quotaStatus(object.status)
        }
        metadataUpdate(object.metadata, old.metadata)
        quotaSpec(spec, path)
        if Set(spec.scopes.strings) != Set(old.spec.scopes.strings) {
            invalid(
                path.child("scopes"), .pointer(spec.scopes), FieldErrorList.immutableMessage)
        }
    }

    mutating func resourceQuotaStatusUpdate(_ new: APITree, _ old: APITree) {
        metadataUpdate(new.metadata, old.metadata)
        if new.metadata.resourceVersion.isEmpty { required(FieldPath("resourceVersion")) }
        quotaStatus(new.status)
    }

    private mutating func quotaStatus(_ status: APITree) {
        for list in ["hard", "used"] { quotaAmounts(status[list], FieldPath("status").child(list)) }
    }

    private mutating func quotaAmounts(_ amounts: APITree, _ path: FieldPath) {
        for (name, value) in amounts.entries {
            quotaResourceName(name, path.key(name))
            resourceQuantity(name, value, path.key(name))
        }
    }

    private mutating func quotaSpec(_ spec: APITree, _ path: FieldPath) {
        quotaAmounts(spec.hard, path.child("hard"))
        let resources = spec.hard.entries.map(\.key)
        let scopes = spec.scopes.strings
        let place = path.child("scopes")
        let shown = ShownValue.strings(scopes)
        for scope in scopes {
            if !FieldErrorList.quotaScopes.contains(scope) { invalid(place, shown, "unsupported scope") }
            for name in resources where FieldErrorList.isOutOfScope(scope, name) {
                invalid(place, shown, "unsupported scope applied to resource")
            }
        }
        for _ in 0..<FieldErrorList.conflicts(Set(scopes)) { invalid(place, shown, "conflicting scopes") }
        if spec.scopeSelector.exists {
            scopeSelector(spec, resources, path.child("scopeSelector", "matchExpressions"))
        }
    }

    private static let quotaScopes: Set<String> = [
        "Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass",
        "VolumeAttributesClass", "CrossNamespacePodAffinity",
    ]

    /// Whether a resource of the standard ones cannot be bounded within a scope.
    private static func isOutOfScope(_ scope: String, _ name: String) -> Bool {
        guard ResourceNames.isStandardQuota(name) else { return false }
        switch scope {
        case "Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity":
            return ![
                "pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory",
            ].contains(name)
        case "BestEffort": return name != "pods"
        case "VolumeAttributesClass": return !["persistentvolumeclaims", "requests.storage"].contains(name)
        default: return false
        }
    }

    private static func conflicts(_ scopes: Set<String>) -> Int {
        [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]]
            .filter { scopes.isSuperset(of: $0) }.count
    }

    private mutating func scopeSelector(_ spec: APITree, _ resources: [String], _ path: FieldPath) {
        var scopes: Set<String> = []
        for term in spec.scopeSelector.matchExpressions.list {
            let scope = term.scopeName.text
            let operation = term["operator"].text
            if !FieldErrorList.quotaScopes.contains(scope) {
                invalid(path.child("scopeName"), .typed(scope), "unsupported scope")
            }
            for name in resources where FieldErrorList.isOutOfScope(scope, name) {
                invalid(
                    path, .raw(GoStruct.json(spec.scopeSelector, "ScopeSelector")),
                    "unsupported scope applied to resource")
            }
            let isPlain = [
                "BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity",
            ].contains(scope)
            if isPlain && operation != "Exists" {
                invalid(
                    path.child("operator"), .typed(operation),
                    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, "
                        + "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
                        + "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity")
            }
            let values = term.values.strings
            switch operation {
            case "In", "NotIn":
                if values.isEmpty {
                    required(
                        path.child("values"),
                        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")
                }
            case "Exists", "DoesNotExist":
                if !values.isEmpty {
                    invalid(
                        path.child("values"), .strings(values),
                        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")
                }
            default: invalid(path.child("operator"), .typed(operation), "not a valid selector operator")
            }
            scopes.insert(scope)
        }
        for _ in 0..<FieldErrorList.conflicts(scopes) {
            invalid(path, .pointer(spec.scopes), "conflicting scopes")
        }
    }

    // MARK: LimitRange

    mutating func limitRange(_ object: APITree) {
        metadata(object.metadata, isNamespaced: true, name: .subdomain)
        var types: Set<String> = []
        for (index, limit) in object.spec.limits.list.enumerated() {
            let path = FieldPath("spec").child("limits").index(index)
            let type = limit.type.text
            let faults = Names.qualifiedName(type)
            invalid(path.child("type"), .typed(type), each: faults)
            if faults.isEmpty && !type.contains("/")
                && !["Pod", "Container", "PersistentVolumeClaim"].contains(type)
            {
                invalid(
                    path.child("type"), .typed(type), "must be a standard limit type or fully qualified")
            }
            if !types.insert(type).inserted { duplicate(path.child("type"), .typed(type)) }
            limitRangeItem(limit, type, path)
        }
    }

    private mutating func limitRangeItem(_ limit: APITree, _ type: String, _ path: FieldPath) {
        var names: Set<String> = []
        func check(_ list: String) {
            for (name, _) in limit[list].entries {
                names.insert(name)
                if type == "Pod" || type == "Container" {
                    containerResourceName(name, path.child(list).key(name))
                } else {
                    resourceName(name, path.child(list).key(name))
                }
            }
        }
        check("max")
        check("min")
        for list in ["default", "defaultRequest"] {
            if type != "Pod" {
                check(list)
            } else if !limit[list].isEmpty {
                forbidden(path.child(list), "may not be specified when `type` is 'Pod'")
            }
        }
        if type == "PersistentVolumeClaim" && !limit.min.storage.exists && !limit.max.storage.exists {
            required(
                path.child("limits"),
                "either minimum or maximum storage value is required, but neither was provided")
        }
        check("maxLimitRequestRatio")
        for name in names.sorted(by: PodAggregates.byBytes) {
            limitBounds(limit, name, isPod: type == "Pod", path)
        }
    }

    private mutating func limitBounds(
        _ limit: APITree, _ name: String, isPod: Bool, _ path: FieldPath
    ) {
        let low = limit.min[name]
        let high = limit.max[name]
        let usual = isPod ? APITree(nil) : limit["default"][name]
        let request = isPod ? APITree(nil) : limit.defaultRequest[name]
        func compare(
            _ left: APITree, _ right: APITree, _ field: String, shows value: APITree, _ text: String
        ) {
            guard let a = left.quantity, let b = right.quantity, a > b else { return }
            invalid(path.child(field).key(name), .typed(value.quantityText), text)
        }
        let lowText = low.quantityText
        let highText = high.quantityText
        compare(
            low, high, "min", shows: low, "min value \(lowText) is greater than max value \(highText)")
        compare(
            low, request, "defaultRequest", shows: request,
            "min value \(lowText) is greater than default request value \(request.quantityText)")
        compare(
            request, high, "defaultRequest", shows: request,
            "default request value \(request.quantityText) is greater than max value \(highText)")
        compare(
            request, usual, "defaultRequest", shows: request,
            "default request value \(request.quantityText) is greater than default limit value "
                + usual.quantityText)
        compare(
            low, usual, "default", shows: low,
            "min value \(lowText) is greater than default value \(usual.quantityText)")
        compare(
            usual, high, "default", shows: high,
            "default value \(usual.quantityText) is greater than max value \(highText)")
        limitRatio(limit.maxLimitRequestRatio[name], low, high, path.child("maxLimitRequestRatio").key(name))
        if !ResourceNames.allowsOvercommit(name), let a = usual.quantity, let b = request.quantity, a != b {
            invalid(
                path.child("defaultRequest").key(name), .typed(request.quantityText),
                "default value \(usual.quantityText) must equal to defaultRequest value "
                    + "\(request.quantityText) in \(name)")
        }
    }

    private mutating func limitRatio(
        _ ratio: APITree, _ low: APITree, _ high: APITree, _ path: FieldPath
    ) {
        guard let quantity = ratio.quantity else { return }
        let text = ratio.quantityText
        if quantity < Quantity(value: 1) {
            invalid(path, .typed(text), "ratio \(text) is less than 1")
        }
        guard let least = low.quantity, let most = high.quantity else { return }
        let limit = Int64.max / 1000
        let isSmall = [quantity, least, most].allSatisfy { $0.value < limit }
        let value = isSmall ? Double(quantity.milliValue) / 1000 : Double(quantity.value)
        let bound =
            isSmall
            ? Double(most.milliValue) / Double(least.milliValue) : Double(most.value) / Double(least.value)
        if value > bound {
            invalid(
                path, .typed(text), "ratio \(text) is greater than max/min = \(FixedPoint.text(bound))")
        }
    }
}

/// Go's `%f`: six digits after the point.
enum FixedPoint {
    static func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
        let scaled = (number.magnitude * 1e6).rounded(.toNearestOrEven)
        guard scaled < 0x1p63 else { return number.description }
        let digits = Int64(scaled)
        let fraction = String(digits % 1_000_000)
        let zeros = String(repeating: "0", count: 6 - fraction.utf8.count)
        return "\(number < 0 ? "-" : "")\(digits / 1_000_000).\(zeros)\(fraction)"
    }
}
