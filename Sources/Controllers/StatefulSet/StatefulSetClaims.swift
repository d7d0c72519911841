import KubernetesModel

/// A pod as the owner of claims; one that is not made yet has no identity.
struct ClaimUser {
    var name: String
    var uid: UID
    var ordinal: Int64
}

/// Who owns the claims of a StatefulSet's pods, by the set's retention policy.
///
/// Retain and retain: nobody. Retain when scaled, delete with the set: the set. Delete when scaled: the pod,
/// once it is outside of the set's range; else the set, if the claims are deleted with it.
/// Upstream: `pkg/controller/statefulset/stateful_set_utils.go` (v1.36).
extension StatefulSet {
    private var deletesWhenScaled: Bool {
        spec.persistentVolumeClaimRetentionPolicy?.whenScaled == "Delete"
    }
    private var deletesWithSet: Bool {
        spec.persistentVolumeClaimRetentionPolicy?.whenDeleted == "Delete"
    }

    /// Whether the pod's claims are left over from an earlier pod of that name and will go with it.
    func isStale(_ claim: PersistentVolumeClaim, for pod: ClaimUser) -> Bool {
        deletesWhenScaled && Self.hasStaleReference(claim, .pod, name: pod.name, uid: pod.uid)
    }

    /// Whether somebody else manages a claim that the retention policy would have this set manage.
    func hasUnexpectedController(_ claim: PersistentVolumeClaim, _ pod: ClaimUser) -> Bool {
        guard deletesWhenScaled || deletesWithSet else { return false }
        for owner in claim.metadata.ownerReferences {
            if Self.isReference(owner, to: Self.kind, name: metadata.name) {
                if owner.uid != metadata.uid { return true }
            } else if Self.isReference(owner, to: .pod, name: pod.name) {
                if owner.uid != pod.uid { return true }
            } else if owner.controller == true {
                return true
            }
        }
        return false
    }

    /// Whether the claim's owners are those that the retention policy asks for, or must not be touched.
    func isOwnerUpToDate(_ claim: PersistentVolumeClaim, _ pod: ClaimUser) -> Bool {
        let owners = claim.metadata.ownerReferences
        if Self.hasStaleReference(claim, Self.kind, name: metadata.name, uid: metadata.uid)
            || Self.hasStaleReference(claim, .pod, name: pod.name, uid: pod.uid)
        {
            return true
        }
        let isOwnedBySet = owners.contains { $0.uid == metadata.uid }
        let isOwnedByPod = owners.contains { $0.uid == pod.uid }
        if hasUnexpectedController(claim, pod) { return !isOwnedBySet && !isOwnedByPod }
        let isOwnedWithoutControl = owners.contains {
            ($0.uid == metadata.uid || $0.uid == pod.uid) && $0.controller != true
        }
        if isOwnedWithoutControl { return false }
        let wanted = wantedOwners(pod)
        return isOwnedBySet == wanted.set && isOwnedByPod == wanted.pod
    }

    /// The claim with the owners that the retention policy asks for.
    func withUpdatedOwners(_ claim: PersistentVolumeClaim, _ pod: ClaimUser) -> PersistentVolumeClaim {
        let isForeign = hasUnexpectedController(claim, pod)
        var changed = claim
        changed.metadata.ownerReferences.removeAll {
            Self.isReference($0, to: Self.kind, name: metadata.name)
                || Self.isReference($0, to: .pod, name: pod.name)
        }
        if isForeign { return changed }
        let wanted = wantedOwners(pod)
        func add(_ kind: ObjectKind, _ name: String, _ uid: UID) {
            if changed.metadata.ownerReferences.contains(where: { $0.uid == uid }) { return }
            changed.metadata.ownerReferences.append(OwnerReference(controlledBy: kind, name: name, uid: uid))
        }
        if wanted.pod { add(.pod, pod.name, pod.uid) }
        if wanted.set { add(Self.kind, metadata.name, metadata.uid) }
        return changed
    }

    private func wantedOwners(_ pod: ClaimUser) -> (set: Bool, pod: Bool) {
        let isScaledDown = deletesWhenScaled && !isInRange(pod.ordinal)
        return (deletesWithSet && !isScaledDown, isScaledDown)
    }

    private static func isReference(_ owner: OwnerReference, to kind: ObjectKind, name: String) -> Bool {
        owner.kind == kind.name && owner.apiVersion == kind.info.apiVersion && owner.name == name
    }

    /// Whether the claim refers to an owner of that name that is not this one.
    private static func hasStaleReference(
        _ claim: PersistentVolumeClaim, _ kind: ObjectKind, name: String, uid: UID
    ) -> Bool {
        let owner = claim.metadata.ownerReferences.first { isReference($0, to: kind, name: name) }
        return owner.map { $0.uid != uid } ?? false
    }
}
