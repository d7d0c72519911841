import KubernetesModel

/// Readings of volumes, claims and classes that several plugins share.
///
/// Upstream: `component-helpers/storage/volume`, `component-helpers/storage/ephemeral` (v1.36).
enum VolumeObjects {
    static let selectedNode = "volume.kubernetes.io/selected-node"
    static let bindCompleted = "pv.kubernetes.io/bind-completed"
    static let boundByController = "pv.kubernetes.io/bound-by-controller"
    private static let betaClass = "volume.beta.kubernetes.io/storage-class"

    static func className(of claim: PersistentVolumeClaim) -> String {
        claim.metadata.annotations[betaClass] ?? claim.spec.storageClassName ?? ""
    }

    static func className(of volume: PersistentVolume) -> String {
        volume.metadata.annotations[betaClass] ?? volume.spec.storageClassName
    }

    /// Whether the claim and its volume are bound to each other, both ways.
    static func isFullyBound(_ claim: PersistentVolumeClaim) -> Bool {
        !claim.spec.volumeName.isEmpty && claim.metadata.annotations.contains(bindCompleted)
    }

    static func isBound(_ volume: PersistentVolume, to claim: PersistentVolumeClaim) -> Bool {
        guard let reference = volume.spec.claimRef else { return false }
        return reference.name == claim.metadata.name && reference.namespace == claim.metadata.namespace
            && (reference.uid.isEmpty || reference.uid == claim.metadata.uid)
    }

    /// Whether a volume can be used on a node with these labels.
    static func isUsable(_ volume: PersistentVolume, on labels: Labels) -> Bool {
        guard let required = volume.spec.nodeAffinity?.required else { return true }
        return required.nodeSelectorTerms.contains { term in
            (!term.matchExpressions.isEmpty || !term.matchFields.isEmpty)
                && term.matchExpressions.allSatisfy { matches($0, labels) }
        }
    }

    private static func matches(_ requirement: SelectorRequirement, _ labels: Labels) -> Bool {
        let value = labels[requirement.key]
        switch requirement.operatorName {
        case "In": return value.map(requirement.values.contains) ?? false
        case "NotIn": return !(value.map(requirement.values.contains) ?? false)
        case "Exists": return value != nil
        case "DoesNotExist": return value == nil
        case "Gt", "Lt":
            guard let number = value.flatMap({ Int64($0) }), requirement.values.count == 1,
                let bound = Int64(requirement.values[0])
            else { return false }
            return requirement.operatorName == "Gt" ? number > bound : number < bound
        default: return false
        }
    }

    /// Why an ephemeral volume's claim is not the pod's; nil when it is.
    static func ownershipError(_ claim: PersistentVolumeClaim, _ pod: Pod) -> String? {
        if claim.metadata.isControlled(by: pod.metadata.uid) { return nil }
        let name = "\(claim.metadata.namespace)/\(claim.metadata.name)"
        let podName = "\(pod.metadata.namespace)/\(pod.metadata.name)"
        return "PVC \(name) was not created for pod \(podName) (pod is not owner)"
    }

    static func storageRequest(_ claim: PersistentVolumeClaim) -> Quantity? {
        claim.spec.resources.requests[ResourceName.storage]
    }
}

extension Pod {
    /// The pod's volumes that are claims, with the claims' names.
    var claimVolumes: [(name: String, isEphemeral: Bool)] {
        spec.volumes.compactMap { volume in
            volume.claimName(podName: metadata.name).map { ($0, volume.persistentVolumeClaim == nil) }
        }
    }
}
