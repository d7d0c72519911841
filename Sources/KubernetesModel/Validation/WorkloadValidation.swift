import OrderedCollections

/// Checks of the kinds that make pods from a template.
///
/// Upstream: `pkg/apis/apps/validation/validation.go`, `pkg/apis/core/validation/validation.go` (v1.36).
extension FieldErrorList {
    private static let mismatch = "`selector` does not match template `labels`"

    // MARK: Deployment and ReplicaSet

    mutating func deployment(_ object: APITree, old: APITree?) {
        begin(object, old, name: .subdomain)
        let spec = object.spec
        let path = FieldPath("spec")
        let options = templateOptions(old?.spec.template)
        nonNegative(spec.replicas.int, path.child("replicas"))
        replicaSelector(spec, path, options)
        deploymentStrategy(spec.strategy, path.child("strategy"))
        nonNegative(spec.minReadySeconds.int, path.child("minReadySeconds"))
        if let limit = spec.revisionHistoryLimit.optionalInt {
            nonNegative(limit, path.child("revisionHistoryLimit"))
        }
        if let deadline = spec.progressDeadlineSeconds.optionalInt {
            let place = path.child("progressDeadlineSeconds")
            nonNegative(deadline, place)
            if deadline <= spec.minReadySeconds.int {
                invalid(place, .int(deadline), "must be greater than minReadySeconds")
            }
        }
        if let old { immutableSelector(spec.selector, old.spec.selector) }
    }

    mutating func replicaSet(_ object: APITree, old: APITree?) {
        begin(object, old, name: .subdomain)
        let path = FieldPath("spec")
        nonNegative(object.spec.replicas.int, path.child("replicas"))
        nonNegative(object.spec.minReadySeconds.int, path.child("minReadySeconds"))
        replicaSelector(object.spec, path, templateOptions(old?.spec.template))
        if let old { immutableSelector(object.spec.selector, old.spec.selector) }
    }

    private mutating func begin(_ object: APITree, _ old: APITree?, name: NameRule) {
        if let old {
            metadataUpdate(object.metadata, old.metadata)
        } else {
            metadata(object.metadata, isNamespaced: true, name: name)
        }
    }

    func templateOptions(_ old: APITree?) -> PodOptions {
        guard let old else { return PodOptions() }
        return PodOptions(oldSpec: old.spec, oldMeta: old.metadata)
    }

    private mutating func immutableSelector(_ new: APITree, _ old: APITree) {
        immutable(
            new, old, FieldPath("spec").child("selector"),
            shown: .raw(new.exists ? GoStruct.json(new, "meta.LabelSelector") : "null"))
    }

    private func shownSelector(_ selector: APITree) -> ShownValue {
        .raw(selector.exists ? GoStruct.json(selector, "meta.LabelSelector") : "null")
    }

    private func shownLabels(_ template: APITree) -> ShownValue {
        .json(template.metadata.labels.value ?? .null)
    }

    private mutating func replicaSelector(_ spec: APITree, _ path: FieldPath, _ options: PodOptions) {
        let place = path.child("selector")
        if spec.selector.exists {
            labelSelector(spec.selector, place)
            if spec.selector.matchLabels.isEmpty && spec.selector.matchExpressions.isEmpty {
                invalid(place, shownSelector(spec.selector), "empty selector is invalid for deployment")
            }
        } else {
            required(place)
        }
        guard let selector = try? CompiledLabelSelector(spec.selector.value) else {
            return invalid(place, shownSelector(spec.selector), "invalid label selector")
        }
        replicaTemplate(spec.template, selector, path.child("template"), options, owner: "ReplicaSet")
    }

    private mutating func replicaTemplate(
        _ template: APITree, _ selector: CompiledLabelSelector, _ path: FieldPath, _ options: PodOptions,
        owner: String
    ) {
        if !selector.isEmpty && !selector.matches(template.metadata.labels.value) {
            invalid(
                path.child("metadata", "labels"), shownLabels(template), FieldErrorList.mismatch)
        }
        podTemplate(template, path, options)
        alwaysRestarts(template, path, owner: owner)
    }

    private mutating func alwaysRestarts(_ template: APITree, _ path: FieldPath, owner: String) {
        let policy = template.spec.restartPolicy.text
        member(policy, path.child("spec", "restartPolicy"), of: ["Always"])
        if template.spec.activeDeadlineSeconds.exists {
            forbidden(
                path.child("spec", "activeDeadlineSeconds"),
                "activeDeadlineSeconds in \(owner) is not Supported")
        }
    }

    private mutating func deploymentStrategy(_ strategy: APITree, _ path: FieldPath) {
        let rolling = path.child("rollingUpdate")
        switch strategy.type.text {
        case "Recreate":
            if strategy.rollingUpdate.exists {
                forbidden(rolling, "may not be specified when strategy `type` is 'Recreate'")
            }
        case "RollingUpdate":
            let update = strategy.rollingUpdate
            if !update.exists {
                return required(rolling, "this should be defaulted and never be nil")
            }
            let unavailable = rolling.child("maxUnavailable")
            countOrPercent(update.maxUnavailable, unavailable)
            countOrPercent(update.maxSurge, rolling.child("maxSurge"))
            if FieldErrorList.amount(update.maxUnavailable) == 0
                && FieldErrorList.amount(update.maxSurge) == 0
            {
                invalid(
                    unavailable, shownCount(update.maxUnavailable), "may not be 0 when `maxSurge` is 0")
            }
            atMostAll(update.maxUnavailable, unavailable)
        default:
            notSupported(
                path, .raw(GoStruct.json(strategy, "DeploymentStrategy")), ["Recreate", "RollingUpdate"])
        }
    }

    // MARK: Numbers and percentages

    private func shownCount(_ value: APITree) -> ShownValue { .json(value.value ?? .integer(0)) }

    /// A count that is not negative, or a percentage.
    mutating func countOrPercent(_ value: APITree, _ path: FieldPath) {
        if let text = value.optionalText {
            invalid(path, shownCount(value), each: Names.percent(text))
        } else {
            nonNegative(value.int, path)
        }
    }

    /// A percentage must not exceed 100.
    mutating func atMostAll(_ value: APITree, _ path: FieldPath) {
        guard let text = value.optionalText, Names.percent(text).isEmpty else { return }
        if FieldErrorList.amount(value) > 100 {
            invalid(path, shownCount(value), "must not be greater than 100%")
        }
    }

    /// The number, or the percentage's number.
    private static func amount(_ value: APITree) -> Int64 {
        guard let text = value.optionalText else { return value.int }
        let digits = Names.percent(text).isEmpty ? String(text.dropLast()) : text
        return Int64(digits) ?? 0
    }

    // MARK: StatefulSet

    mutating func statefulSet(_ object: APITree, old: APITree?) {
        begin(object, old, name: .label)
        let options = templateOptions(old?.spec.template)
        let path = FieldPath("spec")
        guard let old else { return statefulSetSpec(object.spec, path, options) }
        var before = FieldErrorList()
        before.statefulSetSpec(old.spec, FieldPath(), options, isUpdate: true)
        statefulSetSpec(
            object.spec, path, options, isUpdate: true, skipsTemplate: !before.isEmpty)
        var spec = object.spec
        for field in [
            "replicas", "template", "updateStrategy", "minReadySeconds", "ordinals", "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy",
        ] {
            spec = spec.setting(field, old.spec[field])
        }
        if !APITree.areSemanticallyEqual(spec, old.spec) {
            forbidden(
                path,
                "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
                    + "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
                    + "'minReadySeconds' are forbidden")
        }
    }

    private mutating func statefulSetSpec(
        _ spec: APITree, _ path: FieldPath, _ options: PodOptions, isUpdate: Bool = false,
        skipsTemplate: Bool = false
    ) {
        let policy = spec.podManagementPolicy.text
        if policy.isEmpty {
            required(path.child("podManagementPolicy"))
        } else if policy != "OrderedReady" && policy != "Parallel" {
            invalid(
                path.child("podManagementPolicy"), .typed(policy), "must be 'OrderedReady' or 'Parallel'")
        }
        statefulSetStrategy(spec.updateStrategy, path.child("updateStrategy"))
        if spec.persistentVolumeClaimRetentionPolicy.exists {
            for field in ["whenDeleted", "whenScaled"] {
                member(
                    spec.persistentVolumeClaimRetentionPolicy[field].text,
                    path.child("persistentVolumeClaimRetentionPolicy", field), of: ["Retain", "Delete"])
            }
        }
        if !isUpdate {
            for (index, claim) in spec.volumeClaimTemplates.list.enumerated() {
                claimSpec(
                    claim.spec, path.child("volumeClaimTemplates").index(index).child("spec"),
                    ClaimOptions())
            }
        }
        nonNegative(spec.replicas.int, path.child("replicas"))
        nonNegative(spec.minReadySeconds.int, path.child("minReadySeconds"))
        if spec.ordinals.exists { nonNegative(spec.ordinals.start.int, path.child("ordinals.start")) }
        if !isUpdate && !spec.serviceName.isEmpty {
            label(spec.serviceName.text, path.child("serviceName"))
        }
        let place = path.child("selector")
        if spec.selector.exists {
            labelSelector(spec.selector, place)
            if spec.selector.matchLabels.isEmpty && spec.selector.matchExpressions.isEmpty {
                invalid(place, shownSelector(spec.selector), "empty selector is invalid for statefulset")
            }
        } else {
            required(place)
        }
        if let selector = try? CompiledLabelSelector(spec.selector.value) {
            statefulSetTemplate(spec, selector, path.child("template"), options, skips: skipsTemplate)
        } else {
            invalid(place, shownSelector(spec.selector), "")
        }
        alwaysRestarts(spec.template, path.child("template"), owner: "StatefulSet")
    }

    private mutating func statefulSetTemplate(
        _ spec: APITree, _ selector: CompiledLabelSelector, _ path: FieldPath, _ options: PodOptions,
        skips: Bool
    ) {
        let template = FieldErrorList.templateWithClaims(spec)
        let meta = template.metadata
        if !selector.isEmpty && !selector.matches(meta.labels.value) {
            invalid(path.child("metadata", "labels"), shownLabels(template), FieldErrorList.mismatch)
        }
        if !skips { podTemplate(template, path, options) }
        labels(meta.labels, path.child("labels"))
        annotations(meta.annotations, path.child("annotations"))
        podAnnotations(meta.annotations, template.spec, path.child("annotations"), options)
    }

    /// The template with the volumes that its claim templates will make, and without the names that the
    /// controller sets.
    private static func templateWithClaims(_ spec: APITree) -> APITree {
        var pod = spec.template.spec.setting("subdomain", APITree(nil)).setting("hostname", APITree(nil))
        let claims = spec.volumeClaimTemplates.list.map(\.metadata.name.text)
        if !claims.isEmpty {
            var names: [String] = []
            for name in claims where !names.contains(name) { names.append(name) }
            var volumes = names.map { name -> JSONValue in
                let source: JSONObject = ["claimName": .string(name)]
                return .object(["name": .string(name), "persistentVolumeClaim": .object(source)])
            }
            for volume in pod.volumes.list where !names.contains(volume.name.text) {
                volumes.append(volume.value ?? .null)
            }
            pod = pod.setting("volumes", APITree(.array(volumes)))
        }
        return spec.template.setting("spec", pod)
    }

    private mutating func statefulSetStrategy(_ strategy: APITree, _ path: FieldPath) {
        let update = strategy.rollingUpdate
        switch strategy.type.text {
        case "": required(path)
        case "OnDelete":
            if update.exists {
                invalid(
                    path.child("rollingUpdate"),
                    .raw(GoStruct.json(update, "RollingUpdateStatefulSetStrategy")),
                    "only allowed for updateStrategy 'RollingUpdate'")
            }
        case "RollingUpdate":
            guard update.exists else { return }
            let place = path.child("rollingUpdate")
            nonNegative(update.partition.int, place.child("partition"))
            if update.maxUnavailable.exists {
                let unavailable = place.child("maxUnavailable")
                countOrPercent(update.maxUnavailable, unavailable)
                if FieldErrorList.amount(update.maxUnavailable) == 0 {
                    invalid(unavailable, shownCount(update.maxUnavailable), "cannot be 0")
                }
                atMostAll(update.maxUnavailable, unavailable)
            }
        default:
            invalid(
                path, .raw(GoStruct.json(strategy, "StatefulSetUpdateStrategy")),
                "must be 'RollingUpdate' or 'OnDelete'")
        }
    }

    // MARK: DaemonSet

    mutating func daemonSet(_ object: APITree, old: APITree?) {
        begin(object, old, name: .subdomain)
        let spec = object.spec
        let path = FieldPath("spec")
        var options = templateOptions(old?.spec.template)
        if let old {
            options.allowsInvalidSelectorValues =
                options.allowsInvalidSelectorValues
                || old.spec.selector.matchExpressions.list.contains {
                    $0.values.strings.contains { !Names.labelValue($0).isEmpty }
                }
            immutableSelector(spec.selector, old.spec.selector)
        }
        let place = path.child("selector")
        labelSelector(
            spec.selector, place, allowsInvalidValues: options.allowsInvalidSelectorValues)
        if let selector = try? CompiledLabelSelector(spec.selector.value),
            !selector.matches(spec.template.metadata.labels.value)
        {
            invalid(
                path.child("template", "metadata", "labels"), shownLabels(spec.template),
                FieldErrorList.mismatch)
        }
        if spec.selector.exists && spec.selector.matchLabels.isEmpty
            && spec.selector.matchExpressions.isEmpty
        {
            invalid(place, shownSelector(spec.selector), "empty selector is invalid for daemonset")
        }
        podTemplate(spec.template, path.child("template"), options)
        alwaysRestarts(spec.template, path.child("template"), owner: "DaemonSet")
        nonNegative(spec.minReadySeconds.int, path.child("minReadySeconds"))
        daemonSetStrategy(spec.updateStrategy, path.child("updateStrategy"))
        if let limit = spec.revisionHistoryLimit.optionalInt {
            nonNegative(limit, path.child("revisionHistoryLimit"))
        }
    }

    private mutating func daemonSetStrategy(_ strategy: APITree, _ path: FieldPath) {
        switch strategy.type.text {
        case "OnDelete": break
        case "RollingUpdate":
            let update = strategy.rollingUpdate
            let place = path.child("rollingUpdate")
            if !update.exists { return required(place) }
            for field in ["maxUnavailable", "maxSurge"] {
                countOrPercent(update[field], place.child(field))
            }
            for field in ["maxUnavailable", "maxSurge"] { atMostAll(update[field], place.child(field)) }
            let hasUnavailable = FieldErrorList.amount(update.maxUnavailable) != 0
            let hasSurge = FieldErrorList.amount(update.maxSurge) != 0
            if hasUnavailable && hasSurge {
                invalid(
                    place.child("maxSurge"), shownCount(update.maxSurge),
                    "may not be set when maxUnavailable is non-zero")
            } else if !hasUnavailable && !hasSurge {
                required(place.child("maxUnavailable"), "cannot be 0 when maxSurge is 0")
            }
        default:
            notSupported(
                path, .raw(GoStruct.json(strategy, "DaemonSetUpdateStrategy")),
                ["RollingUpdate", "OnDelete"])
        }
    }

    // MARK: ReplicationController

    mutating func replicationController(_ object: APITree, old: APITree?) {
        if let old {
            metadataUpdate(object.metadata, old.metadata)
        } else {
            metadata(
                object.metadata, isNamespaced: true, name: .subdomain, checksGenerateName: false)
        }
        let spec = object.spec
        let path = FieldPath("spec")
        nonNegative(spec.minReadySeconds.int, path.child("minReadySeconds"))
        if spec.selector.isEmpty { required(path.child("selector")) }
        if let replicas = spec.replicas.optionalInt {
            nonNegative(replicas, path.child("replicas"))
        } else {
            required(path.child("replicas"))
        }
        if spec.template.exists {
            replicaTemplate(
                spec.template, CompiledLabelSelector(matchLabels: spec.selector.textEntries),
                path.child("template"), templateOptions(old?.spec.template), owner: "ReplicationController")
        } else {
            required(path.child("template"))
        }
    }

    // MARK: ControllerRevision

    mutating func controllerRevision(_ object: APITree, old: APITree?) {
        if let old { metadataUpdate(object.metadata, old.metadata) }
        metadata(object.metadata, isNamespaced: true, name: .subdomain)
        nonNegative(object.revision.int, FieldPath("revision"))
        let path = FieldPath("data")
        if let old {
            if object.data.value != old.data.value {
                immutable(object.data, old.data, path, shown: .json(object.data.value ?? .null))
            }
        } else if !object.data.exists {
            required(path, "data is mandatory")
        } else if object.data.value?.objectValue == nil {
            required(path, "data must be a valid JSON object")
        }
    }

    // MARK: Status

    /// A workload's status: counts that are not negative, and not more ready or available than there are.
    mutating func workloadStatus(
        _ new: APITree, _ old: APITree, counts: [String], atMostAll bounded: [String], availableText: String?
    ) {
        let path = FieldPath("status")
        let status = new.status
        for field in counts {
            if let value = status[field].optionalInt { nonNegative(value, path.child(field)) }
        }
        for field in bounded where status[field].int > status.replicas.int {
            invalid(
                path.child(field), .int(status[field].int), "cannot be greater than status.replicas")
        }
        if let availableText, status.availableReplicas.int > status.readyReplicas.int {
            invalid(
                path.child("availableReplicas"), .int(status.availableReplicas.int), availableText)
        }
    }

    mutating func collisionCount(_ new: APITree, _ old: APITree) {
        guard let before = old.status.collisionCount.optionalInt, new.status.collisionCount.int < before
        else {
            if old.status.collisionCount.exists && !new.status.collisionCount.exists {
                invalid(FieldPath("status").child("collisionCount"), .int(0), "cannot be decremented")
            }
            return
        }
        invalid(
            FieldPath("status").child("collisionCount"), .int(new.status.collisionCount.int),
            "cannot be decremented")
    }
}
