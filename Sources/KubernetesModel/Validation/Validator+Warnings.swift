extension Validator {
    /// What the API server says of a kind whose API is deprecated, whatever becomes of the request.
    ///
    /// Upstream: `k8s.io/api/core/v1/zz_generated.prerelease-lifecycle.go` (v1.36).
    public static func deprecation(of kind: GroupVersionKind) -> String? {
        kind == GroupVersionKind(kind: "Endpoints")
            ? "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice" : nil
    }

    /// What the API server warns of when it accepts a new object or a change, in upstream's order.
    ///
    /// - Parameters:
    ///   - object: the object as it was checked.
    ///   - old: the stored object, for a change.
    ///   - given: a new pod as it was decoded and defaulted, before its strategy prepared it.
    ///   - subresource: that of a change; nil for the object itself.
    public static func warnings(
        kind: GroupVersionKind, object: JSONValue, old: JSONValue? = nil, given: JSONValue? = nil,
        subresource: String? = nil
    ) -> [String] {
        var list = WarningList()
        let new = APITree(object)
        if let subresource {
            list.statusAddresses(kind, new, subresource)
            return list.texts
        }
        let isNew = old == nil
        let hasNewGeneration =
            isNew || new.metadata.generation.int != APITree(old).metadata.generation.int
        let template = FieldPath("spec").child("template")
        switch kind.kind {
        case "Pod":
            guard isNew else { break }
            list.podAppArmor(APITree(given ?? object))
            list.podName(new.metadata.name.text, isPod: true)
            list.podSpec(new, FieldPath(), isTemplate: false)
        case "Deployment", "ReplicaSet", "ReplicationController":
            if isNew { list.podName(new.metadata.name.text, isPod: false) }
            if hasNewGeneration { list.podSpec(new.spec.template, template, isTemplate: true) }
        case "DaemonSet":
            if hasNewGeneration { list.podSpec(new.spec.template, template, isTemplate: true) }
        case "StatefulSet":
            if hasNewGeneration { list.podSpec(new.spec.template, template, isTemplate: true) }
            for (index, claim) in new.spec.volumeClaimTemplates.list.enumerated() {
                let path = FieldPath("spec").child("volumeClaimTemplates").index(index)
                list.claimSpec(claim.spec, isNew ? path : path.child("Spec"))
            }
            if new.spec.revisionHistoryLimit.int < 0 {
                list.add(
                    "spec.revisionHistoryLimit: a negative value retains all historical revisions; "
                        + "a value >= 0 is recommended")
            }
        case "Job":
            if isNew { list.podName(new.metadata.name.text, isPod: false) }
            if hasNewGeneration { list.jobSpec(new.spec, FieldPath("spec")) }
        case "CronJob":
            if isNew { list.podName(new.metadata.name.text, isPod: false) }
            if hasNewGeneration {
                list.jobSpec(new.spec.jobTemplate.spec, FieldPath("spec").child("jobTemplate", "spec"))
            }
            if !isNew && new.spec.schedule.text.range(ofFirst: "TZ") != nil {
                list.add(
                    "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see "
                        + "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more "
                        + "details"
                )
            }
        default: list.others(kind, new, old: old.map { APITree($0) })
        }
        return list.texts
    }
}

extension WarningList {
    fileprivate mutating func others(_ kind: GroupVersionKind, _ new: APITree, old: APITree?) {
        let isNew = old == nil
        switch kind.kind {
        case "Service": service(new)
        case "PersistentVolume": persistentVolume(new)
        case "PersistentVolumeClaim":
            let key = "volume.beta.kubernetes.io/storage-class"
            if new.metadata.annotations[key].exists {
                add(
                    FieldPath("metadata").child("annotations").key(key),
                    "deprecated since v1.8; use \"storageClassName\" attribute instead")
            }
            claimSpec(new.spec, FieldPath("spec"))
        case "Secret": secret(new)
        case "Node": node(new)
        case "Endpoints": endpoints(new)
        case "EndpointSlice": slice(new, isNew: isNew)
        case "ResourceQuota": if isNew { quota(new) }
        case "NetworkPolicy": networkPolicy(new)
        case "Ingress":
            let key = "kubernetes.io/ingress.class"
            if isNew && new.metadata.annotations[key].exists && !new.spec.ingressClassName.exists {
                add(
                    "annotation \"\(key)\" is deprecated, please use 'spec.ingressClassName' instead")
            }
        case "StorageClass":
            for (index, term) in new.allowedTopologies.list.enumerated() {
                for (position, expression) in term.matchLabelExpressions.list.enumerated() {
                    guard let text = WarningList.nodeLabels[expression.key.text] else { continue }
                    let path = FieldPath("allowedTopologies").index(index)
                    add(path.child("matchLabelExpressions").index(position).child("key"), text)
                }
            }
        case "CSIDriver": csiDriver(new.spec, old: old?.spec)
        case "CSIStorageCapacity": storageTopology(new.nodeTopology, FieldPath("nodeTopology"))
        case "RuntimeClass":
            for (key, _) in new.scheduling.nodeSelector.entries {
                if let text = WarningList.nodeLabels[key] {
                    add(FieldPath("scheduling").child("nodeSelector"), text)
                }
            }
        default: break
        }
    }

    private mutating func csiDriver(_ spec: APITree, old: APITree?) {
        let requests = spec.tokenRequests
        guard !requests.isEmpty, !spec.serviceAccountTokenInSecrets.exists else { return }
        if let old, APITree.areSemanticallyEqual(requests, old.tokenRequests) { return }
        add(
            "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to "
                + "prevent possible logging of tokens in volume attributes")
    }

    private mutating func storageTopology(_ selector: APITree, _ path: FieldPath) {
        for (index, expression) in selector.matchExpressions.list.enumerated() {
            let key = expression.key.text
            if let text = WarningList.nodeLabels[key] {
                add(path.child("matchExpressions").index(index).child("key"), "\(key) is \(text)")
            }
        }
        for (key, _) in selector.matchLabels.entries {
            if let text = WarningList.nodeLabels[key] { add(path.child("matchLabels").child(key), text) }
        }
    }

    fileprivate mutating func statusAddresses(
        _ kind: GroupVersionKind, _ new: APITree, _ subresource: String
    ) {
        guard subresource == "status" else { return }
        switch kind.kind {
        case "Pod":
            for field in ["podIPs", "hostIPs"] {
                for (index, entry) in new.status[field].list.enumerated() {
                    address(
                        entry.ip.text, FieldPath("status").child(field).index(index).child("ip"))
                }
            }
        case "Service", "Ingress":
            for (index, point) in new.status.loadBalancer.ingress.list.enumerated()
            where !point.ip.isEmpty {
                address(
                    point.ip.text, FieldPath("status").child("loadBalancer", "ingress").index(index))
            }
        default: break
        }
    }
}
