import OrderedCollections

/// What the API server does to a new object of a kind after admission and before validation.
///
/// Upstream: `PrepareForCreate` and `Canonicalize` of the strategies in `pkg/registry` (v1.36).
public enum CreationStrategy {
    /// Fills the metadata that the server owns, resets the status, and drops what is disabled by default.
    ///
    /// The tree is decoded and defaulted, and has its final name. Services get their addresses from
    /// ``ServiceAddresses`` thereafter.
    public static func prepare(_ kind: GroupVersionKind, _ tree: inout JSONValue, made: ServerMadeValues) {
        tree.updateStruct("metadata") { metadata in
            metadata["uid"] = .string(made.uid)
            metadata["creationTimestamp"] = .string(made.now)
            for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] { metadata[field] = nil }
            if generationKinds.contains(kind.kind) { metadata["generation"] = 1 }
        }
        switch kind.kind {
        case "Pod": PodStrategy.prepare(&tree)
        case "Namespace": prepareNamespace(&tree)
        case "Node":
            tree.update("spec") { $0["configSource"] = nil }
            tree.update("status") { $0["config"] = nil }
        case "PersistentVolume":
            tree["status"] = ["phase": "Pending", "lastPhaseTransitionTime": .string(made.now)]
        case "PersistentVolumeClaim":
            tree["status"] = ["phase": "Pending"]
            tree.updateStruct("spec", prepareDataSources)
        case "Service", "ResourceQuota", "ReplicaSet", "Deployment", "CronJob", "PodDisruptionBudget", "Ingress",
            "VolumeAttachment", "HorizontalPodAutoscaler", "ReplicationController":
            tree["status"] = nil
        case "StatefulSet":
            tree["status"] = nil
            tree.update("spec") {
                $0.update("updateStrategy") { $0.update("rollingUpdate") { $0["maxUnavailable"] = nil } }
            }
        case "DaemonSet":
            tree["status"] = nil
            tree.updateStruct("metadata", prepareTemplateGeneration)
        case "Job":
            tree["status"] = nil
            prepareJob(&tree, uid: made.uid)
        case "ServiceAccount":
            tree.updateEach(of: "secrets") { secret in
                let name = secret["name"]
                secret = [:]
                secret["name"] = name
            }
        case "EndpointSlice": tree.updateEach(of: "endpoints") { $0["deprecatedTopology"] = nil }
        case "Lease":
            tree.update("spec") {
                $0["strategy"] = nil
                $0["preferredHolder"] = nil
            }
        case "CSIDriver": tree.update("spec") { $0["preventPodSchedulingIfMissing"] = nil }
        default: break
        }
        dropDisabledFields(of: kind, &tree)
    }

    /// The kinds whose generation starts at 1; others keep what the client sent.
    private static let generationKinds: Set<String> = [
        "Pod", "ReplicationController", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob",
        "PodDisruptionBudget", "Ingress", "NetworkPolicy", "EndpointSlice", "PriorityClass", "PodTemplate",
    ]

    private static func prepareNamespace(_ namespace: inout JSONValue) {
        namespace["status"] = ["phase": "Active"]
        namespace.updateStruct("spec") {
            if !$0.list("finalizers").contains("kubernetes") { $0.append("kubernetes", to: "finalizers") }
        }
        // Once more, because a generated name was not known to defaulting.
        SchemeDefaults.namespace(&namespace)
    }

    private static func prepareTemplateGeneration(_ metadata: inout JSONValue) {
        let key = "deprecated.daemonset.template.generation"
        let given = Int64(metadata["annotations"]?.text(key) ?? "") ?? 0
        metadata.setIfAbsent("annotations", [:])
        metadata.update("annotations") { $0[key] = .string(String(max(1, given))) }
    }

    /// Keeps `dataSource` and `dataSourceRef` equal.
    private static func prepareDataSources(_ spec: inout JSONValue) {
        // Other namespaces' sources are behind a feature gate.
        if spec["dataSourceRef"]?.hasContent("namespace") ?? false { spec["dataSourceRef"] = nil }
        if let reference = spec["dataSourceRef"] {
            if spec["dataSource"] == nil {
                var source = reference
                source["namespace"] = nil
                spec["dataSource"] = source
            }
            return
        }
        guard let source = spec["dataSource"] else { return }
        let group = source.text("apiGroup")
        let isKnown =
            (group.isEmpty && source.text("kind") == "PersistentVolumeClaim")
            || (group == "snapshot.storage.k8s.io" && source.text("kind") == "VolumeSnapshot")
        spec[isKnown ? "dataSourceRef" : "dataSource"] = isKnown ? source : nil
    }

    private static func prepareJob(_ job: inout JSONValue, uid: String) {
        let name = job["metadata"]?["name"] ?? ""
        job.updateStruct("spec") { spec in
            if spec["manualSelector"] == true { return }
            spec.updateStruct("template") {
                $0.updateStruct("metadata") { metadata in
                    metadata.setIfAbsent("labels", [:])
                    metadata.update("labels") { labels in
                        for prefix in ["", "batch.kubernetes.io/"] {
                            if labels["\(prefix)job-name"] == nil { labels["\(prefix)job-name"] = name }
                            if labels["\(prefix)controller-uid"] == nil {
                                labels["\(prefix)controller-uid"] = .string(uid)
                            }
                        }
                    }
                }
            }
            spec.setIfAbsent("selector", [:])
            spec.update("selector") {
                $0.setIfAbsent("matchLabels", [:])
                $0.update("matchLabels") {
                    let key = "batch.kubernetes.io/controller-uid"
                    if $0[key] == nil { $0[key] = .string(uid) }
                }
            }
        }
    }

    private static func dropDisabledFields(of kind: GroupVersionKind, _ tree: inout JSONValue) {
        switch kind.kind {
        case "Pod": tree.update("spec", PodStrategy.dropDisabledFields)
        case "PodTemplate": tree.update("template") { $0.update("spec", PodStrategy.dropDisabledFields) }
        case "ReplicationController", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job":
            tree.update("spec") { $0.update("template") { $0.update("spec", PodStrategy.dropDisabledFields) } }
        case "CronJob":
            tree.update("spec") {
                $0.update("jobTemplate") {
                    $0.update("spec") { $0.update("template") { $0.update("spec", PodStrategy.dropDisabledFields) } }
                }
            }
        default: break
        }
    }
}
