import OrderedCollections

/// What the API server does to a new object of a kind after admission and before validation.
///
/// Upstream: `PrepareForCreate` and `Canonicalize` of the strategies in `pkg/registry` (v1.36).
public enum CreationStrategy {
    /// Puts an object into the namespace of the request, nil for kinds of the whole cluster; false when the
    /// object names another one, which the server refuses.
    ///
    /// Comes before admission.
    public static func setNamespace(_ namespace: String?, of tree: inout JSONValue) -> Bool {
        let given = tree["metadata"]?.text("namespace") ?? ""
        guard let namespace else {
            if !given.isEmpty { tree.updateStruct("metadata") { $0["namespace"] = nil } }
            return true
        }
        if given.isEmpty { tree.updateStruct("metadata") { $0["namespace"] = .string(namespace) } }
        return given.isEmpty || given == namespace
    }

    /// Fills the metadata that the server owns, resets the status, and drops what is disabled by default.
    ///
    /// The tree is decoded and defaulted, and has its final name. Services get their addresses from
    /// ``ServiceAddresses`` thereafter.
    public static func prepare(
        _ kind: GroupVersionKind, _ tree: inout JSONValue, made: ServerMadeValues,
        outcome: DefaultingOutcome = DefaultingOutcome()
    ) {
        tree.updateStruct("metadata") { metadata in
            metadata["uid"] = .string(made.uid)
            metadata["creationTimestamp"] = .string(made.now)
            for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
                metadata[field] = nil
            }
            if generationKinds.contains(kind.kind) { metadata["generation"] = 1 }
        }
        switch kind.kind {
        case "Pod": PodStrategy.prepare(&tree, now: made.now)
        case "Namespace": prepareNamespace(&tree)
        case "Node":
            tree.update("spec") { $0["configSource"] = nil }
            tree.update("status") { $0["config"] = nil }
        case "PersistentVolume":
            tree["status"] = ["phase": "Pending", "lastPhaseTransitionTime": .string(made.now)]
        case "PersistentVolumeClaim":
            tree["status"] = ["phase": "Pending"]
            tree.updateStruct("spec") { prepareDataSources(&$0, hadSource: false) }
        case "Service", "ResourceQuota", "ReplicaSet", "Deployment", "CronJob", "PodDisruptionBudget",
            "Ingress",
            "VolumeAttachment", "HorizontalPodAutoscaler", "ReplicationController":
            tree["status"] = nil
        case "StatefulSet":
            tree["status"] = nil
            dropMaxUnavailable(&tree)
        case "DaemonSet":
            tree["status"] = nil
            tree.updateStruct("metadata", prepareTemplateGeneration)
        case "Job":
            tree["status"] = nil
            prepareJob(&tree, uid: made.uid, outcome)
        case "ServiceAccount": cleanSecretReferences(&tree)
        case "EndpointSlice": tree.updateEach(of: "endpoints") { $0["deprecatedTopology"] = nil }
        case "Lease":
            tree.update("spec") {
                $0["strategy"] = nil
                $0["preferredHolder"] = nil
            }
        case "CSIDriver": tree.update("spec") { $0["preventPodSchedulingIfMissing"] = nil }
        default: break
        }
        dropDisabledFields(of: kind, &tree, old: .null)
    }

    static func dropMaxUnavailable(_ statefulSet: inout JSONValue) {
        statefulSet.update("spec") {
            $0.update("updateStrategy") { $0.update("rollingUpdate") { $0["maxUnavailable"] = nil } }
        }
    }

    /// Leaves only the names of a service account's secrets.
    static func cleanSecretReferences(_ account: inout JSONValue) {
        account.updateEach(of: "secrets") { secret in
            let name = secret["name"]
            secret = [:]
            secret["name"] = name
        }
    }

    /// The kinds whose generation starts at 1; others keep what the client sent.
    private static let generationKinds: Set<String> = [
        "Pod", "ReplicationController", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job",
        "CronJob",
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

    /// Keeps `dataSource` and `dataSourceRef` equal, and drops unknown sources from claims that had none.
    static func prepareDataSources(_ spec: inout JSONValue, hadSource: Bool) {
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
            hadSource || (group.isEmpty && source.text("kind") == "PersistentVolumeClaim")
            || (group == "snapshot.storage.k8s.io" && source.text("kind") == "VolumeSnapshot")
        if isKnown { spec["dataSourceRef"] = source } else { spec["dataSource"] = nil }
    }

    private static func prepareJob(_ job: inout JSONValue, uid: String, _ outcome: DefaultingOutcome) {
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
        if outcome.sharesTemplateLabels {
            let labels = job["spec"]?["template"]?["metadata"]?["labels"]
            job.updateStruct("metadata") { $0["labels"] = labels }
        }
    }

    /// Drops fields of features that are off by default, unless the old object has them.
    static func dropDisabledFields(of kind: GroupVersionKind, _ tree: inout JSONValue, old: JSONValue) {
        let path: [String]
        switch kind.kind {
        case "Pod": path = ["spec"]
        case "PodTemplate": path = ["template", "spec"]
        case "ReplicationController", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job":
            path = ["spec", "template", "spec"]
        case "CronJob": path = ["spec", "jobTemplate", "spec", "template", "spec"]
        default: return
        }
        let oldSpec = path.reduce(old) { $0[$1] ?? .null }
        descend(&tree, path[...]) { PodStrategy.dropDisabledFields(&$0, old: oldSpec) }
    }

    private static func descend(
        _ tree: inout JSONValue, _ path: ArraySlice<String>, _ change: (inout JSONValue) -> Void
    ) {
        guard let first = path.first else { return change(&tree) }
        tree.update(first) { descend(&$0, path.dropFirst(), change) }
    }
}
