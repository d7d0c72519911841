/// Checks of affinities, spread constraints, tolerations and taints.
///
/// Upstream: `pkg/apis/core/validation/validation.go` (v1.36).
extension FieldErrorList {
    mutating func affinity(_ affinity: APITree, _ path: FieldPath, _ options: PodOptions) {
        let required = "requiredDuringSchedulingIgnoredDuringExecution"
        let preferred = "preferredDuringSchedulingIgnoredDuringExecution"
        if affinity.nodeAffinity.exists {
            let place = path.child("nodeAffinity")
            if affinity.nodeAffinity[required].exists {
                nodeSelector(
                    affinity.nodeAffinity[required], place.child(required),
                    allowsInvalidValues: options.allowsInvalidNodeAffinityValues)
            }
            for (index, term) in affinity.nodeAffinity[preferred].list.enumerated() {
                let own = place.child(preferred).index(index)
                weight(term.weight.int, own.child("weight"))
                nodeSelectorTerm(term.preference, own.child("preference"), allowsInvalidValues: true)
            }
        }
        for kind in ["podAffinity", "podAntiAffinity"] {
            for (index, term) in affinity[kind][required].list.enumerated() {
                podAffinityTerm(term, path.child(kind, required).index(index), options)
            }
            for (index, term) in affinity[kind][preferred].list.enumerated() {
                let own = path.child(kind, preferred).index(index)
                weight(term.weight.int, own.child("weight"))
                podAffinityTerm(term.podAffinityTerm, own.child("podAffinityTerm"), options)
            }
        }
    }

    private mutating func weight(_ weight: Int64, _ path: FieldPath) {
        if weight <= 0 || weight > 100 { invalid(path, .int(weight), "must be in the range 1-100") }
    }

    mutating func nodeSelector(
        _ selector: APITree, _ path: FieldPath, allowsInvalidValues: Bool = false
    ) {
        let place = path.child("nodeSelectorTerms")
        if selector.nodeSelectorTerms.isEmpty {
            return required(place, "must have at least one node selector term")
        }
        for (index, term) in selector.nodeSelectorTerms.list.enumerated() {
            nodeSelectorTerm(term, place.index(index), allowsInvalidValues: allowsInvalidValues)
        }
    }

    private mutating func nodeSelectorTerm(
        _ term: APITree, _ path: FieldPath, allowsInvalidValues: Bool
    ) {
        for (index, requirement) in term.matchExpressions.list.enumerated() {
            nodeRequirement(
                requirement, path.child("matchExpressions").index(index),
                allowsInvalidValues: allowsInvalidValues)
        }
        for (index, requirement) in term.matchFields.list.enumerated() {
            let place = path.child("matchFields").index(index)
            let values = requirement.values.strings
            switch requirement["operator"].text {
            case "In", "NotIn":
                if values.count != 1 {
                    required(
                        place.child("values"),
                        "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
                }
            case let other:
                invalid(place.child("operator"), .typed(other), "not a valid selector operator")
            }
            if requirement.key.text != "metadata.name" {
                invalid(
                    place.child("key"), .text(requirement.key.text), "not a valid field selector key")
                continue
            }
            for (position, value) in values.enumerated() {
                subdomain(value, place.child("values").index(position))
            }
        }
    }

    private mutating func nodeRequirement(
        _ requirement: APITree, _ path: FieldPath, allowsInvalidValues: Bool
    ) {
        let values = requirement.values.strings
        let place = path.child("values")
        switch requirement["operator"].text {
        case "In", "NotIn":
            if values.isEmpty { required(place, "must be specified when `operator` is 'In' or 'NotIn'") }
        case "Exists", "DoesNotExist":
            if !values.isEmpty {
                forbidden(place, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
            }
        case "Gt", "Lt":
            if values.count != 1 {
                required(place, "must be specified single value when `operator` is 'Lt' or 'Gt'")
            }
        case let other: invalid(path.child("operator"), .typed(other), "not a valid selector operator")
        }
        labelName(requirement.key.text, path.child("key"))
        if allowsInvalidValues { return }
        for (index, value) in values.enumerated() {
            invalid(place.index(index), .text(value), each: Names.labelValue(value))
        }
    }

    private mutating func podAffinityTerm(_ term: APITree, _ path: FieldPath, _ options: PodOptions) {
        for field in ["labelSelector", "namespaceSelector"] {
            labelSelector(
                term[field], path.child(field), allowsInvalidValues: options.allowsInvalidSelectorValues)
        }
        for name in term.namespaces.strings { label(name, path.child("namespace")) }
        matchLabelKeys(
            term.matchLabelKeys.strings, mismatch: term.mismatchLabelKeys.strings,
            selector: term.labelSelector, path)
        if term.topologyKey.isEmpty { required(path.child("topologyKey"), "can not be empty") }
        labelName(term.topologyKey.text, path.child("topologyKey"))
    }

    mutating func matchLabelKeys(
        _ keys: [String], mismatch: [String], selector: APITree, _ path: FieldPath
    ) {
        for (field, list) in [("matchLabelKeys", keys), ("mismatchLabelKeys", mismatch)] where !list.isEmpty {
            if !selector.exists {
                forbidden(path.child(field), "must not be specified when labelSelector is not set")
                continue
            }
            for (index, key) in list.enumerated() { labelName(key, path.child(field).index(index)) }
        }
        if selector.exists {
            var seen = Set(selector.matchLabels.entries.map(\.key))
            for expression in selector.matchExpressions.list {
                let key = expression.key.text
                if let index = keys.lastIndex(of: key), seen.contains(key) {
                    invalid(
                        path.index(index), .text(key), "exists in both matchLabelKeys and labelSelector")
                }
                seen.insert(key)
            }
        }
        for (index, key) in keys.enumerated() where mismatch.contains(key) {
            invalid(
                path.child("matchLabelKeys").index(index), .text(key),
                "exists in both matchLabelKeys and mismatchLabelKeys")
        }
    }

    // MARK: Spreading

    mutating func spreadConstraints(_ constraints: APITree, _ path: FieldPath, _ options: PodOptions) {
        let list = constraints.list
        for (index, constraint) in list.enumerated() {
            let place = path.index(index)
            let key = constraint.topologyKey.text
            let action = constraint.whenUnsatisfiable.text
            positive(constraint.maxSkew.int, place.child("maxSkew"))
            if key.isEmpty { required(place.child("topologyKey"), "can not be empty") }
            member(action, place.child("whenUnsatisfiable"), of: ["DoNotSchedule", "ScheduleAnyway"])
            if list[(index + 1)...].contains(where: {
                $0.topologyKey.text == key && $0.whenUnsatisfiable.text == action
            }) {
                duplicate(place.child("{topologyKey, whenUnsatisfiable}"), .text("{\(key), \(action)}"))
            }
            if let domains = constraint.minDomains.optionalInt {
                positive(domains, place.child("minDomains"))
                if action != "DoNotSchedule" {
                    invalid(
                        place.child("minDomains"), .int(domains),
                        "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not \(action)")
                }
            }
            for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
                if let policy = constraint[field].optionalText {
                    member(policy, place.child(field), of: ["Honor", "Ignore"])
                }
            }
            spreadLabelKeys(constraint, place, options)
            if !options.allowsInvalidSpreadSelector {
                labelSelector(constraint.labelSelector, place.child("labelSelector"))
            }
        }
    }

    private mutating func spreadLabelKeys(
        _ constraint: APITree, _ path: FieldPath, _ options: PodOptions
    ) {
        let keys = constraint.matchLabelKeys.strings
        let selector = constraint.labelSelector
        if !options.violatesMatchLabelKeys {
            return matchLabelKeys(keys, mismatch: [], selector: selector, path)
        }
        if keys.isEmpty { return }
        let place = path.child("matchLabelKeys")
        if !selector.exists { forbidden(place, "must not be specified when labelSelector is not set") }
        let used = Set(
            selector.matchLabels.entries.map(\.key) + selector.matchExpressions.list.map(\.key.text))
        for (index, key) in keys.enumerated() {
            labelName(key, place.index(index))
            if used.contains(key) {
                invalid(
                    place.index(index), .text(key), "exists in both matchLabelKeys and labelSelector")
            }
        }
    }

    // MARK: Taints

    private static let taintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"]

    mutating func tolerations(
        _ tolerations: [APITree], _ path: FieldPath, _ options: PodOptions = PodOptions()
    ) {
        for (index, toleration) in tolerations.enumerated() {
            let place = path.index(index)
            let key = toleration.key.text
            let operation = toleration["operator"].text
            let value = toleration["value"].text
            let effect = toleration.effect.text
            if !key.isEmpty { labelName(key, place.child("key")) }
            if key.isEmpty && operation != "Exists" {
                invalid(
                    place.child("operator"), .typed(operation),
                    "operator must be Exists when `key` is empty, which means \"match all values and all "
                        + "keys\""
                )
            }
            if toleration.tolerationSeconds.exists && effect != "NoExecute" {
                invalid(
                    place.child("effect"), .typed(effect),
                    "effect must be 'NoExecute' when `tolerationSeconds` is set")
            }
            switch operation {
            case "Equal", "":
                let faults = Names.labelValue(value)
                if !faults.isEmpty {
                    invalid(place.child("operator"), .text(value), faults.joined(separator: ";"))
                }
            case "Exists":
                if !value.isEmpty {
                    invalid(
                        place.child("operator"), .text(value),
                        "value must be empty when `operator` is 'Exists'")
                }
            case "Lt", "Gt":
                if !options.allowsComparisonTolerations {
                    notSupported(
                        place.child("operator"), .typed(operation), ["Equal", "Exists", "Lt", "Gt"])
                    break
                }
                invalid(place.child("value"), .text(value), each: Names.decimalInteger(value))
                if Int64(value) == nil {
                    let digits = value.drop { $0 == "-" || $0 == "+" }
                    let isNumber = !digits.isEmpty && digits.utf8.allSatisfy(Names.isDigit)
                    invalid(
                        place.child("value"), .text(value),
                        "strconv.ParseInt: parsing \(GoText.quoted(value)): "
                            + (isNumber ? "value out of range" : "invalid syntax"))
                }
            default: notSupported(place.child("operator"), .typed(operation), ["Equal", "Exists"])
            }
            if !effect.isEmpty { member(effect, place.child("effect"), of: FieldErrorList.taintEffects) }
        }
    }

    mutating func taints(_ taints: APITree, _ path: FieldPath) {
        var seen: Set<String> = []
        for (index, taint) in taints.list.enumerated() {
            let place = path.index(index)
            let effect = taint.effect.text
            labelName(taint.key.text, place.child("key"))
            let faults = Names.labelValue(taint["value"].text)
            if !faults.isEmpty {
                invalid(
                    place.child("value"), .text(taint["value"].text), faults.joined(separator: ";"))
            }
            if effect.isEmpty {
                required(place.child("effect"))
            } else {
                member(effect, place.child("effect"), of: FieldErrorList.taintEffects)
            }
            if !seen.insert("\(effect)/\(taint.key.text)").inserted {
                duplicate(
                    place, .raw(GoStruct.json(taint, "Taint")),
                    "taints must be unique by key and effect pair")
            }
        }
    }
}
