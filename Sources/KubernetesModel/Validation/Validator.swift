/// The API server's checks of objects.
///
/// Objects must have been decoded and defaulted: types are right, and what upstream's strategies fill in
/// before they validate is there. Upstream: `pkg/registry/*/strategy.go` (v1.36).
public enum Validator {
    /// What is wrong with a new object, in upstream's order.
    public static func validateCreate(kind: GroupVersionKind, object: JSONValue) -> [FieldError] {
        var faults = FieldErrorList()
        let tree = APITree(object)
        switch kind.kind {
        case "Pod": faults.podCreate(tree)
        case "Service": faults.serviceCreate(tree)
        case "Node": faults.node(tree)
        case "PersistentVolumeClaim": faults.claimCreate(tree)
        default: faults.either(kind, tree, old: nil)
        }
        if faults.isEmpty {
            faults.genericMetadata(
                tree.metadata, isNamespaced: Validator.isNamespaced(kind), name: .pathSegment)
        }
        return faults.errors
    }

    /// What is wrong with a change to an object, in upstream's order.
    ///
    /// - Parameter subresource: `status`, `ephemeralcontainers`, `resize` or `finalize`; nil for the object
    ///   itself.
    public static func validateUpdate(
        kind: GroupVersionKind, object: JSONValue, old: JSONValue, subresource: String? = nil
    ) -> [FieldError] {
        var faults = FieldErrorList()
        let new = APITree(object)
        let old = APITree(old)
        faults.genericMetadata(
            new.metadata, isNamespaced: Validator.isNamespaced(kind), name: .pathSegment)
        faults.metadataUpdate(new.metadata, old.metadata, isGeneric: true)
        switch (kind.kind, subresource) {
        case ("Pod", nil): faults.podUpdate(new, old)
        case ("Pod", "status"?): faults.podStatusUpdate(new, old)
        case ("Pod", "ephemeralcontainers"?):
            var own = FieldErrorList()
            own.podEphemeralContainersUpdate(new, old)
            faults.add(own)
        case ("Pod", "resize"?):
            var own = FieldErrorList()
            own.podResize(new, old)
            faults.add(own)
        case ("Service", nil): faults.serviceUpdate(new, old)
        case ("Node", nil):
            faults.node(new)
            faults.nodeUpdate(new, old)
        case ("PersistentVolumeClaim", nil): faults.claimUpdate(new, old)
        case (_, nil): faults.either(kind, new, old: old)
        case (_, "status"?): faults.statusUpdate(kind, new, old)
        case ("Namespace", "finalize"?): faults.namespaceFinalize(new, old)
        default: break
        }
        return faults.errors
    }

    /// The kind that an answer about a faulty object names: both kinds of Event are one.
    public static func statusKind(of kind: GroupVersionKind) -> GroupedName {
        GroupedName(kind.kind, group: kind.kind == "Event" ? "" : kind.group)
    }

    private static func isNamespaced(_ kind: GroupVersionKind) -> Bool {
        ResourceRegistry.kubernetes.resource(of: kind)?.isNamespaced ?? true
    }
}

extension FieldErrorList {
    /// Kinds whose checks for creation and update share most of their rules.
    fileprivate mutating func either(_ kind: GroupVersionKind, _ object: APITree, old: APITree?) {
        switch kind.kind {
        case "Deployment": deployment(object, old: old)
        case "ReplicaSet": replicaSet(object, old: old)
        case "StatefulSet": statefulSet(object, old: old)
        case "DaemonSet": daemonSet(object, old: old)
        case "ReplicationController": replicationController(object, old: old)
        case "ControllerRevision": controllerRevision(object, old: old)
        case "Job": job(object, old: old)
        case "CronJob": cronJob(object, old: old)
        case "PersistentVolume": persistentVolume(object, old: old)
        case "StorageClass": storageClass(object, old: old)
        case "VolumeAttachment": volumeAttachment(object, old: old)
        case "CSINode": csiNode(object, old: old)
        case "CSIDriver": csiDriver(object, old: old)
        case "CSIStorageCapacity": csiStorageCapacity(object, old: old)
        case "Namespace": namespace(object, old: old)
        case "ConfigMap": configMap(object, old: old)
        case "Secret": secret(object, old: old)
        case "Endpoints": endpoints(object, old: old)
        case "EndpointSlice": endpointSlice(object, old: old)
        case "Event": event(object, old: old, isCore: kind.group.isEmpty)
        case "ResourceQuota": resourceQuota(object, old: old)
        case "LimitRange": limitRange(object)
        case "PodDisruptionBudget": disruptionBudget(object, old: old)
        case "PriorityClass": priorityClass(object, old: old)
        case "Lease": lease(object, old: old)
        case "RuntimeClass": runtimeClass(object, old: old)
        case "ServiceAccount": serviceAccount(object, old: old)
        case "Ingress": ingress(object, old: old)
        case "NetworkPolicy": networkPolicy(object, old: old)
        case "HorizontalPodAutoscaler": horizontalPodAutoscaler(object, old: old)
        default: break
        }
    }

    fileprivate mutating func statusUpdate(_ kind: GroupVersionKind, _ new: APITree, _ old: APITree) {
        let replicas = ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas"]
        switch kind.kind {
        case "Service": serviceStatusUpdate(new, old)
        case "Node": nodeUpdate(new, old)
        case "Namespace": namespaceStatusUpdate(new, old)
        case "PersistentVolume": persistentVolumeStatusUpdate(new, old)
        case "PersistentVolumeClaim": claimStatusUpdate(new, old)
        case "ResourceQuota": resourceQuotaStatusUpdate(new, old)
        case "Job": jobStatusUpdate(new, old)
        case "PodDisruptionBudget": disruptionBudgetStatus(new)
        case "HorizontalPodAutoscaler": horizontalPodAutoscalerStatusUpdate(new, old)
        case "Ingress": ingressStatusUpdate(new, old)
        case "Deployment":
            metadataUpdate(new.metadata, old.metadata)
            workloadStatus(
                new, old,
                counts: [
                    "observedGeneration", "replicas", "updatedReplicas", "readyReplicas",
                    "availableReplicas", "unavailableReplicas", "terminatingReplicas", "collisionCount",
                ], atMostAll: ["updatedReplicas", "readyReplicas", "availableReplicas"],
                availableText: "cannot be greater than readyReplicas")
            collisionCount(new, old)
        case "ReplicaSet", "ReplicationController":
            metadataUpdate(new.metadata, old.metadata)
            workloadStatus(
                new, old, counts: replicas + ["observedGeneration", "terminatingReplicas"],
                atMostAll: Array(replicas.dropFirst()),
                availableText: "cannot be greater than readyReplicas")
        case "StatefulSet":
            let counts = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"]
            workloadStatus(
                new, old, counts: ["replicas"] + counts + ["observedGeneration", "collisionCount"],
                atMostAll: counts, availableText: "cannot be greater than status.readyReplicas")
            metadataUpdate(new.metadata, old.metadata)
            collisionCount(new, old)
        case "DaemonSet":
            metadataUpdate(new.metadata, old.metadata)
            workloadStatus(
                new, old,
                counts: [
                    "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady",
                    "observedGeneration", "updatedNumberScheduled", "numberAvailable", "numberUnavailable",
                    "collisionCount",
                ], atMostAll: [], availableText: nil)
            collisionCount(new, old)
        default: break
        }
    }
}
