import OrderedCollections

/// Checks of disruption budgets, priority classes, leases, runtime classes and service accounts.
///
/// Upstream: `pkg/apis/{policy,scheduling,coordination,node}/validation/validation.go` (v1.36).
extension FieldErrorList {
    // MARK: PodDisruptionBudget

    mutating func disruptionBudget(_ object: APITree, old: APITree?) {
        let spec = object.spec
        let path = FieldPath("spec")
        if spec.minAvailable.exists && spec.maxUnavailable.exists {
            invalid(
                path, .raw(GoStruct.json(spec, "PodDisruptionBudgetSpec")),
                "minAvailable and maxUnavailable cannot be both set")
        }
        for field in ["minAvailable", "maxUnavailable"] where spec[field].exists {
            countOrPercent(spec[field], path.child(field))
            atMostAll(spec[field], path.child(field))
        }
        let allowsInvalidValues =
            old?.spec.selector.matchExpressions.list.contains {
                $0.values.strings.contains { !Names.labelValue($0).isEmpty }
            } ?? false
        labelSelector(
            spec.selector, path.child("selector"), allowsInvalidValues: allowsInvalidValues)
        if let policy = spec.unhealthyPodEvictionPolicy.optionalText {
            member(
                policy, path.child("unhealthyPodEvictionPolicy"), of: ["AlwaysAllow", "IfHealthyBudget"])
        }
    }

    mutating func disruptionBudgetStatus(_ new: APITree) {
        let path = FieldPath("status")
        conditions(new.status.conditions, path.child("conditions"))
        for field in ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] {
            nonNegative(new.status[field].int, path.child(field))
        }
    }

    /// Conditions of the common shape.
    mutating func conditions(_ conditions: APITree, _ path: FieldPath) {
        var types: Set<String> = []
        for (index, condition) in conditions.list.enumerated() {
            let place = path.index(index)
            let type = condition.type.text
            if !types.insert(type).inserted { duplicate(place.child("type"), .text(type)) }
            labelName(type, place.child("type"))
            member(condition.status.text, place.child("status"), of: ["False", "True", "Unknown"])
            let generation = condition.observedGeneration.int
            if generation < 0 {
                invalid(
                    place.child("observedGeneration"), .int(generation),
                    "must be greater than or equal to zero")
            }
            if !condition.lastTransitionTime.exists { required(place.child("lastTransitionTime")) }
            conditionReason(condition.reason.text, place.child("reason"))
            if condition.message.count > 32 << 10 { tooLong(place.child("message"), bytes: 32 << 10) }
        }
    }

    private mutating func conditionReason(_ reason: String, _ path: FieldPath) {
        guard let first = reason.utf8.first, let last = reason.utf8.last else { return required(path) }
        let isRight =
            Names.isLetter(first) && (Names.isAlphanumeric(last) || last == Names.underscore)
            && reason.utf8.allSatisfy { Names.isAlphanumeric($0) || "_,:".utf8.contains($0) }
        if !isRight {
            invalid(
                path, .text(reason),
                Names.pattern(
                    "a condition reason must start with alphabetic character, optionally followed by a "
                        + "string "
                        + "of alphanumeric characters or '_,:', and must end with an alphanumeric character "
                        + "or '_'", "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?",
                    ["my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB"]))
        }
        if reason.utf8.count > 1024 { tooLong(path, bytes: 1024) }
    }

    // MARK: PriorityClass

    mutating func priorityClass(_ object: APITree, old: APITree?) {
        let value = object["value"].int
        if let old {
            metadataUpdate(object.metadata, old.metadata)
            if value != old["value"].int {
                forbidden(FieldPath("value"), "may not be changed in an update.")
            }
            immutable(
                object.preemptionPolicy, old.preemptionPolicy, FieldPath("preemptionPolicy"),
                shown: .pointer(object.preemptionPolicy))
            return
        }
        metadata(object.metadata, isNamespaced: false, name: .subdomain)
        let name = object.metadata.name.text
        if name.hasPrefix("system-") {
            if let fault = FieldErrorList.systemClassFault(name, value, isDefault: object.globalDefault.flag)
            {
                forbidden(
                    FieldPath("metadata").child("name"),
                    "priority class names with 'system-' prefix are reserved for system use only. error: "
                        + fault)
            }
        } else if value > 1_000_000_000 {
            forbidden(
                FieldPath("value"), "maximum allowed value of a user defined priority is 1000000000")
        }
        if let policy = object.preemptionPolicy.optionalText {
            preemptionPolicy(policy, FieldPath("preemptionPolicy"))
        }
    }

    private static func systemClassFault(_ name: String, _ value: Int64, isDefault: Bool) -> String? {
        let known: [String: Int64] = [
            "system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000,
        ]
        guard let expected = known[name] else { return "\(name) is not a known system priority class" }
        if value != expected { return "value of \(name) PriorityClass must be \(expected)" }
        if isDefault { return "globalDefault of \(name) PriorityClass must be false" }
        return nil
    }

    // MARK: Lease

    mutating func lease(_ object: APITree, old: APITree?) {
        if let old {
            metadataUpdate(object.metadata, old.metadata, isGeneric: true)
        } else {
            genericMetadata(object.metadata, isNamespaced: true, name: .subdomain)
        }
        let spec = object.spec
        let path = FieldPath("spec")
        if let seconds = spec.leaseDurationSeconds.optionalInt, seconds <= 0 {
            invalid(path.child("leaseDurationSeconds"), .int(seconds), "must be greater than 0")
        }
        if let count = spec.leaseTransitions.optionalInt, count < 0 {
            invalid(
                path.child("leaseTransitions"), .int(count), "must be greater than or equal to 0")
        }
        if let strategy = spec.strategy.optionalText {
            let place = path.child("strategy", "strategy")
            if strategy.contains("/") {
                invalid(place, .typed(strategy), each: Names.qualifiedName(strategy))
            } else {
                member(strategy, place, of: ["OldestEmulationVersion"])
            }
        }
        if !spec.preferredHolder.isEmpty && spec.strategy.isEmpty {
            forbidden(path.child("preferredHolder"), "may only be specified if `strategy` is defined")
        }
    }

    // MARK: RuntimeClass

    mutating func runtimeClass(_ object: APITree, old: APITree?) {
        genericMetadata(object.metadata, isNamespaced: false, name: .subdomain)
        let handler = object.handler.text
        if handler.isEmpty {
            required(FieldPath("handler"))
        } else {
            label(handler, FieldPath("handler"))
        }
        if object.overhead.exists {
            let limits = APITree(.object([:])).setting("limits", object.overhead.podFixed)
            resourceRequirements(
                limits, FieldPath("overhead"), claimNames: [], options: PodOptions())
        }
        if object.scheduling.exists {
            let path = FieldPath("scheduling")
            labels(object.scheduling.nodeSelector, path.child("nodeSelector"))
            let list = object.scheduling.tolerations.list
            tolerations(list, path.child("tolerations"))
            var seen: Set<JSONValue> = []
            for (index, toleration) in list.enumerated() {
                let key = toleration.setting("tolerationSeconds", APITree(nil))
                if !seen.insert(key.value ?? .null).inserted {
                    duplicate(
                        path.child("tolerations").index(index),
                        .raw(GoStruct.json(toleration, "Toleration")))
                }
            }
        }
        guard let old else { return }
        metadataUpdate(object.metadata, old.metadata, isGeneric: true)
        if handler != old.handler.text {
            invalid(FieldPath("handler"), .text(handler), FieldErrorList.immutableMessage)
        }
    }

    // MARK: ServiceAccount

    mutating func serviceAccount(_ object: APITree, old: APITree?) {
        if let old { metadataUpdate(object.metadata, old.metadata) }
        metadata(object.metadata, isNamespaced: true, name: .subdomain)
    }
}
