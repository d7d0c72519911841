public import KubernetesModel
import OrderedCollections
import SimulationKernel

extension APIServer {
    /// Applies a partial change to the newest version of an object; there is no conflict but over identity.
    mutating func patch(
        _ kind: ObjectKind, _ key: ObjectKey, _ patch: ObjectPatch, uid: UID?, at now: VirtualTime
    ) throws(APIError) -> APIObject {
        let old = try existing(kind, key)
        if let uid, uid != old.metadata.uid {
            throw .conflict(
                kind, key.name,
                "Precondition failed: UID in precondition: \(uid), UID in object meta: \(old.metadata.uid)")
        }
        switch patch {
        case .merge, .json, .strategicMerge: return try patchTree(of: old, patch, at: now)
        case .status(let inner): return try patchTree(of: old, inner, subresource: "status", at: now)
        case .scale(let inner): return try patchScale(of: old, inner, at: now)
        default: return try finishUpdate(try patched(old, patch), old: old, at: now)
        }
    }

    private func patched(_ old: APIObject, _ patch: ObjectPatch) throws(APIError) -> APIObject {
        switch (patch, old) {
        case (.podStatus(let status), .pod(let pod)):
            return APIObject(pod.value.with { $0.status = $0.status.merging(status) })
        case (.podConditions(let conditions, let nominatedNodeName), .pod(let pod)):
            return APIObject(
                pod.value.with {
                    for condition in conditions { $0.status.conditions[condition.type] = condition }
                    if let nominatedNodeName { $0.status.nominatedNodeName = nominatedNodeName }
                })
        case (.nodeStatus(let status), .node(let node)):
            return APIObject(
                node.value.with {
                    var conditions = $0.status.conditions
                    for condition in status.conditions { conditions[condition.type] = condition }
                    // Attachments belong to the attach/detach controller.
                    let attached = $0.status.volumesAttached
                    $0.status = status
                    $0.status.conditions = conditions
                    $0.status.volumesAttached = attached
                })
        case (.nodeConditions(let conditions), .node(let node)):
            return APIObject(
                node.value.with {
                    for condition in conditions { $0.status.conditions[condition.type] = condition }
                })
        case (.nodeTaints(let adding, let removing), .node(let node)):
            return APIObject(
                node.value.with { node in
                    node.spec.taints.removeAll { taint in removing.contains { $0.matches(taint) } }
                    // A taint of the same key and effect is replaced where it stands (`AddOrUpdateTaint`).
                    for taint in adding {
                        if let index = node.spec.taints.firstIndex(where: { $0.matches(taint) }) {
                            node.spec.taints[index] = taint
                        } else {
                            node.spec.taints.append(taint)
                        }
                    }
                })
        case (.nodeVolumesAttached(let volumes), .node(let node)):
            return APIObject(node.value.with { $0.status.volumesAttached = volumes })
        case (.unschedulable(let flag), .node(let node)):
            return APIObject(node.value.with { $0.spec.unschedulable = flag })
        case (.adopt(let owner), _):
            return old.withMetadata { $0.setOwner(owner) }
        case (.adoptAll(let owners), _):
            return old.withMetadata { metadata in
                for owner in owners { metadata.setOwner(owner) }
            }
        case (.adoptHolding(let owner, let finalizer), _):
            return try patched(old, .adopt(owner)).withMetadata { $0.addFinalizer(finalizer) }
        case (.releaseHeld(let owner, let finalizer), _):
            return old.withMetadata { metadata in
                metadata.ownerReferences.removeAll { $0.uid == owner }
                metadata.finalizers.removeAll { $0 == finalizer }
            }
        case (.release(let owner), _):
            return old.withMetadata { $0.ownerReferences.removeAll { $0.uid == owner } }
        case (.releaseAll(let owners), _):
            return old.withMetadata { $0.ownerReferences.removeAll { owners.contains($0.uid) } }
        case (.finalizers(let adding, let removing), _):
            return old.withMetadata { metadata in
                metadata.finalizers.removeAll { removing.contains($0) }
                for finalizer in adding { metadata.addFinalizer(finalizer) }
            }
        case (.metadata(let labels, let annotations), _):
            return old.withMetadata { metadata in
                for key in labels.keys.sorted() { metadata.labels[key] = labels[key] ?? nil }
                for key in annotations.keys.sorted() { metadata.annotations[key] = annotations[key] ?? nil }
            }
        case (.eventSeries(let count, let message, let time), .event(let event)):
            return APIObject(
                event.value.with {
                    $0.count = count
                    $0.message = message
                    $0.lastTimestamp = time
                })
        default:
            throw APIError(.badRequest, "the patch does not fit a \(old.kind.name)")
        }
    }
}

extension ObjectMeta {
    /// Adds an owner reference, or changes the one with the same UID.
    fileprivate mutating func setOwner(_ owner: OwnerReference) {
        if let index = ownerReferences.firstIndex(where: { $0.uid == owner.uid }) {
            ownerReferences[index] = owner
        } else {
            ownerReferences.append(owner)
        }
    }
}

extension PodStatus {
    /// This status after a kubelet's report: what it reports replaces, conditions of other writers stay.
    func merging(_ report: PodStatus) -> PodStatus {
        var merged = report
        merged.conditions = conditions
        for condition in report.conditions { merged.conditions[condition.type] = condition }
        merged.nominatedNodeName = nominatedNodeName
        merged.qosClass = report.qosClass ?? qosClass
        for (name, member) in rest where merged.rest[name] == nil { merged.rest[name] = member }
        return merged
    }
}

extension JSONValue {
    /// This value after a merge patch (RFC 7386): null removes a member, objects merge, all else replaces.
    public func merging(_ patch: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var members = objectValue ?? [:]
        for (name, change) in changes {
            if change.isNull {
                members.removeValue(forKey: name)
            } else {
                members[name] = (members[name] ?? .null).merging(change)
            }
        }
        return .object(members)
    }
}
