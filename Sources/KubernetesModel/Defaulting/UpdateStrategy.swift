import OrderedCollections

/// What the API server does to a changed object of a kind before validation.
///
/// Upstream: `PrepareForUpdate` of the strategies in `pkg/registry`, `BeforeUpdate` in
/// `apiserver/pkg/registry/rest/update.go` (v1.36).
public enum UpdateStrategy {
    /// Keeps what this request must not change, and counts the generation.
    ///
    /// Both trees are decoded and defaulted. `subresource` is empty for the object itself; otherwise one of
    /// `status`, `ephemeralcontainers`, `resize` and `finalize`. Services get their addresses from
    /// ``ServiceAddresses`` thereafter.
    public static func prepare(
        _ kind: GroupVersionKind, _ tree: inout JSONValue, old: JSONValue, subresource: String = "",
        now: String
    ) {
        let generation = old["metadata"]?["generation"]
        tree.updateStruct("metadata") { $0["generation"] = generation }
        switch subresource {
        case "status": prepareStatus(kind, &tree, old: old, now: now)
        case "ephemeralcontainers", "resize": preparePodSubresource(&tree, old: old, subresource)
        case "finalize": tree["status"] = old["status"]
        default: prepareObject(kind, &tree, old: old)
        }
        if isSpecGenerationKind(kind, subresource), hasChanged(kind, tree, old) {
            let next = (generation?.integerValue ?? 0) + 1
            tree.updateStruct("metadata") { $0["generation"] = .integer(next) }
        }
        tree.updateStruct("metadata") { metadata in
            metadata.setIfEmpty("uid", old["metadata"]?["uid"] ?? .null)
            for field in ["creationTimestamp", "deletionTimestamp"] {
                if let value = old["metadata"]?[field] { metadata[field] = value }
            }
            metadata.setIfAbsent(
                "deletionGracePeriodSeconds", old["metadata"]?["deletionGracePeriodSeconds"] ?? .null)
        }
        if kind.kind == "Namespace" { SchemeDefaults.namespace(&tree) }
    }

    // MARK: The object

    private static func prepareObject(_ kind: GroupVersionKind, _ tree: inout JSONValue, old: JSONValue) {
        if statusKinds.contains(kind.kind) { tree["status"] = old["status"] }
        switch kind.kind {
        case "Namespace":
            let finalizers = old["spec"]?["finalizers"]
            tree.updateStruct("spec") { $0["finalizers"] = finalizers }
        case "Node":
            if old["spec"]?["configSource"] == nil { tree.update("spec") { $0["configSource"] = nil } }
        case "PersistentVolumeClaim":
            tree.updateStruct("spec") {
                CreationStrategy.prepareDataSources(&$0, hadSource: old["spec"]?["dataSource"] != nil)
            }
        case "Secret": tree.setIfEmpty("type", old["type"] ?? .null)
        case "Service": ServiceAddresses.dropTypeDependentFields(&tree, old: old)
        case "ServiceAccount": CreationStrategy.cleanSecretReferences(&tree)
        case "StatefulSet":
            if old["spec"]?["updateStrategy"]?["rollingUpdate"]?["maxUnavailable"] == nil {
                CreationStrategy.dropMaxUnavailable(&tree)
            }
        case "DaemonSet": prepareTemplateGeneration(kind, &tree, old: old)
        case "EndpointSlice":
            tree.updateEach(of: "endpoints") { $0["deprecatedTopology"] = nil }
        case "Lease":
            for field in ["strategy", "preferredHolder"] where old["spec"]?[field] == nil {
                tree.update("spec") { $0[field] = nil }
            }
        case "CSIDriver":
            if old["spec"]?["preventPodSchedulingIfMissing"] == nil {
                tree.update("spec") { $0["preventPodSchedulingIfMissing"] = nil }
            }
        default: break
        }
        CreationStrategy.dropDisabledFields(of: kind, &tree, old: old)
    }

    /// The kinds whose status only the status subresource changes.
    private static let statusKinds: Set<String> = [
        "Pod", "Service", "Node", "Namespace", "PersistentVolume", "PersistentVolumeClaim",
        "ReplicationController", "ResourceQuota", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet",
        "Job",
        "CronJob", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress", "VolumeAttachment",
    ]

    private static func prepareTemplateGeneration(
        _ kind: GroupVersionKind, _ tree: inout JSONValue, old: JSONValue
    ) {
        let key = "deprecated.daemonset.template.generation"
        var generation = Int64(old["metadata"]?["annotations"]?.text(key) ?? "") ?? 0
        if !Schema.kubernetes.isTemplateEqual(tree, old, as: kind) { generation += 1 }
        tree.updateStruct("metadata") {
            $0.setIfAbsent("annotations", [:])
            $0.update("annotations") { $0[key] = .string(String(generation)) }
        }
    }

    // MARK: Generation

    private static func isSpecGenerationKind(_ kind: GroupVersionKind, _ subresource: String) -> Bool {
        if kind.kind == "Pod" { return subresource != "status" }
        return subresource.isEmpty && generationKinds.contains(kind.kind)
    }

    private static let generationKinds: Set<String> = [
        "ReplicationController", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob",
        "PodDisruptionBudget", "Ingress", "NetworkPolicy", "EndpointSlice", "CSIDriver", "PodTemplate",
    ]

    private static func hasChanged(_ kind: GroupVersionKind, _ tree: JSONValue, _ old: JSONValue) -> Bool {
        let schema = Schema.kubernetes
        switch kind.kind {
        case "Deployment":
            let annotations = tree["metadata"]?.map("annotations") ?? [:]
            let before = old["metadata"]?.map("annotations") ?? [:]
            let isSame =
                annotations.count == before.count && annotations.allSatisfy { before[$0.key] == $0.value }
            return !isSame || !schema.isFieldEqual("spec", of: tree, old, as: kind)
        case "PodTemplate": return !schema.isFieldEqual("template", of: tree, old, as: kind)
        case "EndpointSlice":
            var left = tree
            var right = old
            let labels: (JSONValue) -> JSONValue = { object in
                var result: JSONValue = [:]
                result["labels"] = object["metadata"]?["labels"]
                return result
            }
            left["metadata"] = labels(tree)
            right["metadata"] = labels(old)
            return !schema.areEqual(left, right, as: kind)
        default: return !schema.isFieldEqual("spec", of: tree, old, as: kind)
        }
    }

    // MARK: Status

    private static func prepareStatus(
        _ kind: GroupVersionKind, _ tree: inout JSONValue, old: JSONValue, now: String
    ) {
        tree["spec"] = old["spec"]
        switch kind.kind {
        case "Pod":
            tree.updateStruct("metadata") {
                $0["deletionTimestamp"] = nil
                $0["ownerReferences"] = old["metadata"]?["ownerReferences"]
            }
            preserveObservedGenerations(&tree, old: old)
        case "Deployment":
            tree.updateStruct("metadata") { $0["labels"] = old["metadata"]?["labels"] }
        case "VolumeAttachment": resetMetadata(&tree, old: old)
        case "Node":
            if old["status"]?["config"] == nil { tree.update("status") { $0["config"] = nil } }
        case "PersistentVolume": preparePhaseTransition(&tree, old: old, now: now)
        default: break
        }
    }

    private static func preparePhaseTransition(_ volume: inout JSONValue, old: JSONValue, now: String) {
        let field = "lastPhaseTransitionTime"
        let before = old["status"]?[field]
        let isSamePhase = volume["status"]?.text("phase") == old["status"]?.text("phase")
        volume.updateStruct("status") { status in
            let given = status[field]
            if isSamePhase {
                if given == nil { status[field] = before }
            } else if given == nil || given == before {
                status[field] = .string(now)
            }
        }
    }

    private static func preserveObservedGenerations(_ pod: inout JSONValue, old: JSONValue) {
        let before = old["status"] ?? [:]
        var remaining = before.list("conditions")
        pod.updateStruct("status") { status in
            status.setIfEmpty("qosClass", before["qosClass"] ?? .null)
            status.setIfEmpty("observedGeneration", before["observedGeneration"] ?? .null)
            status.updateEach(of: "conditions") { condition in
                let type = condition.text("type")
                guard let index = remaining.firstIndex(where: { $0.text("type") == type }) else { return }
                let match = remaining.remove(at: index)
                condition.setIfEmpty("observedGeneration", match["observedGeneration"] ?? .null)
            }
        }
    }

    /// Leaves only a pod's ephemeral containers, or its containers' resources, to change.
    private static func preparePodSubresource(
        _ pod: inout JSONValue, old: JSONValue, _ subresource: String
    ) {
        var spec = old["spec"] ?? [:]
        if subresource == "ephemeralcontainers" {
            spec["ephemeralContainers"] = pod["spec"]?["ephemeralContainers"]
        } else {
            for kind in ["containers", "initContainers"] {
                let wanted = pod["spec"]?.list(kind) ?? []
                // Another set of containers is for validation to refuse.
                if wanted.map({ $0.text("name") }) != spec.list(kind).map({ $0.text("name") }) { return }
                var place = 0
                spec.updateEach(of: kind) {
                    $0["resources"] = wanted[place]["resources"]
                    $0["resizePolicy"] = wanted[place]["resizePolicy"]
                    place += 1
                }
            }
            spec["resources"] = pod["spec"]?["resources"]
        }
        pod["spec"] = spec
        pod["status"] = old["status"]
        resetMetadata(&pod, old: old)
        CreationStrategy.dropDisabledFields(of: GroupVersionKind(kind: "Pod"), &pod, old: old)
    }

    private static func resetMetadata(_ tree: inout JSONValue, old: JSONValue) {
        tree.updateStruct("metadata") { metadata in
            for field in [
                "deletionTimestamp", "generation", "selfLink", "labels", "annotations", "finalizers",
                "ownerReferences",
            ] { metadata[field] = old["metadata"]?[field] }
        }
    }
}

extension Schema {
    /// Whether the pod templates in the specs of two objects mean the same.
    func isTemplateEqual(_ left: JSONValue, _ right: JSONValue, as kind: GroupVersionKind) -> Bool {
        func onlyTemplate(_ object: JSONValue) -> JSONValue {
            var spec: JSONValue = [:]
            spec["template"] = object["spec"]?["template"]
            return ["spec": spec]
        }
        return isFieldEqual("spec", of: onlyTemplate(left), onlyTemplate(right), as: kind)
    }
}
