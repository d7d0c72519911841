import KubernetesModel
import OrderedCollections
import SimulationKernel

extension APIServer {
    /// Replaces an object but for its status.
    ///
    /// Upstream: `apiserver/pkg/registry/rest/update.go` (v1.36).
    mutating func update(_ object: APIObject, at now: VirtualTime) throws(APIError) -> APIObject {
        let old = try existing(object.kind, object.key)
        try checkVersion(object.metadata, against: old)
        var new = object.withStatus(of: old)
        if case .lease(let lease) = new, lease.value.renewalPeriod == nil, lease.value.renewTime == nil,
            let renewal = old.lease?.value.renewalPeriod
        {
            new = APIObject(lease.value.with { $0.renewalPeriod = renewal })
        }
        if case .daemonSet(let set) = new, let was = old.daemonSet {
            new = APIObject(set.value.countingTemplates(since: was.value))
        }
        return try finishUpdate(new, old: old, at: now)
    }

    /// Replaces the status of an object; its specification and most of its metadata stay.
    mutating func updateStatus(_ object: APIObject, at now: VirtualTime) throws(APIError) -> APIObject {
        let old = try existing(object.kind, object.key)
        try checkVersion(object.metadata, against: old)
        var new = old.withStatus(of: object)
        // Of these kinds the status strategy lets annotations through; a Deployment's revision comes that way.
        if object.kind == .deployment {
            new = new.withMetadata { $0.annotations = object.metadata.annotations }
        }
        if object.kind == .job { try validateJobStatus(new, old: old) }
        return try finishUpdate(new, old: old, isStatus: true, at: now)
    }

    /// Of the status, a Job's alone is checked for sense: a sync that would not make any is tried again.
    ///
    /// Upstream: `pkg/registry/batch/job/strategy.go`, `jobStatusStrategy` (v1.36).
    private func validateJobStatus(_ new: APIObject, old: APIObject) throws(APIError) {
        let faults = Validator.validateUpdate(
            kind: GroupVersionKind(group: "batch", version: "v1", kind: "Job"),
            object: new.tree(epoch: epoch), old: old.tree(epoch: epoch), subresource: "status")
        if !faults.isEmpty { throw .invalid(.job, old.metadata.name, faults) }
    }

    mutating func scale(
        _ kind: ObjectKind, _ key: ObjectKey, replicas: Int64, resourceVersion: Int64?, at now: VirtualTime
    ) throws(APIError) -> APIObject {
        let old = try existing(kind, key)
        if let resourceVersion, resourceVersion != 0, resourceVersion != old.metadata.resourceVersion {
            throw .staleVersion(kind, key.name)
        }
        guard replicas >= 0 else {
            throw .invalid(
                kind, key.name,
                [
                    FieldError(
                        .invalid, FieldPath("spec.replicas"), shownValue: String(replicas),
                        detail: "must be greater than or equal to 0")
                ])
        }
        let new: APIObject
        switch old {
        case .deployment(let object): new = APIObject(object.value.with { $0.spec.replicas = replicas })
        case .replicaSet(let object): new = APIObject(object.value.with { $0.spec.replicas = replicas })
        case .statefulSet(let object): new = APIObject(object.value.with { $0.spec.replicas = replicas })
        case .replicationController(let object):
            new = APIObject(object.value.with { $0.spec.replicas = replicas })
        default: throw APIError(.notFound, "the server could not find the requested resource")
        }
        return try finishUpdate(new, old: old, at: now)
    }

    private func checkVersion(_ metadata: ObjectMeta, against old: APIObject) throws(APIError) {
        if metadata.resourceVersion == 0 && !old.kind.allowsUnconditionalUpdate {
            throw .missingVersion(old.kind, old.metadata.name)
        }
        if metadata.resourceVersion != 0 && metadata.resourceVersion != old.metadata.resourceVersion {
            throw .staleVersion(old.kind, old.metadata.name)
        }
        if !metadata.uid.isEmpty && metadata.uid != old.metadata.uid {
            throw .conflict(
                old.kind, old.metadata.name,
                "Precondition failed: UID in precondition: \(metadata.uid), UID in object meta: \(old.metadata.uid)"
            )
        }
    }

    /// Keeps what no update may change, counts generations, drops writes that change nothing, asks quotas, and
    /// completes a deletion that was waiting for the last finalizer.
    ///
    /// - Parameter subresource: nil for the object itself, or its status where `isStatus` says so.
    mutating func finishUpdate(
        _ object: APIObject, old: APIObject, isStatus: Bool = false, subresource: String? = nil,
        at now: VirtualTime
    ) throws(APIError) -> APIObject {
        let before = old.metadata
        var isSpecChanged = old.kind.hasGeneration && !object.hasSameSpec(as: old)
        // A Deployment's annotations count as part of its specification.
        if old.kind == .deployment && !isStatus && object.metadata.annotations != before.annotations {
            isSpecChanged = true
        }
        var new = object.withMetadata { metadata in
            metadata.name = before.name
            metadata.namespace = before.namespace
            metadata.uid = before.uid
            metadata.creationTimestamp = before.creationTimestamp
            metadata.deletionTimestamp = before.deletionTimestamp
            metadata.deletionGracePeriodSeconds = before.deletionGracePeriodSeconds
            metadata.generation = before.generation + (isSpecChanged ? 1 : 0)
            metadata.resourceVersion = before.resourceVersion
        }
        if case .persistentVolume(let volume) = new, let was = old.persistentVolume,
            volume.value.status.phase != was.value.status.phase
        {
            new = APIObject(volume.value.with { $0.status.lastPhaseTransitionTime = Timestamp(now) })
        }
        let metadata = new.metadata
        let isReleased =
            metadata.isBeingDeleted && metadata.finalizers.isEmpty
            && (metadata.deletionGracePeriodSeconds ?? 0) == 0 && new.isFinalized
        if isReleased {
            // The update itself is not written, as upstream's `deleteWithoutFinalizers` has it.
            if let service = old.service { release(service.value) }
            if new.kind == .namespace { liveNamespace = nil }
            store.remove(new.kind, new.key, at: now)
            return new
        }
        if new == old { return old }
        if mayHaveQuotas(new.kind) {
            do throws(APIError) {
                try charge(new, old: old, subresource: subresource ?? (isStatus ? "status" : ""), at: now)
            } catch {
                if let service = new.service, let was = old.service {
                    release(service.value, keptBy: was.value)
                }
                throw error
            }
        }
        if let service = new.service, let was = old.service { release(was.value, keptBy: service.value) }
        return put(new, at: now)
    }
}

extension DaemonSet {
    /// The set with its template's generation, which is one more than the old one's when the template changed.
    ///
    /// Upstream: `pkg/registry/apps/daemonset/strategy.go`, `PrepareForUpdate` (v1.36).
    fileprivate func countingTemplates(since old: DaemonSet) -> DaemonSet {
        let key = "deprecated.daemonset.template.generation"
        var generation = old.metadata.annotations[key].flatMap { Int64($0) } ?? 0
        if spec.template != old.spec.template { generation += 1 }
        return with { $0.metadata.annotations[key] = String(generation) }
    }
}

extension APIObject {
    /// Whether nothing but finalizers keeps a namespace that is being deleted.
    var isFinalized: Bool { namespace.map { $0.value.specFinalizers.isEmpty } ?? true }

    /// This object with the other's status.
    func withStatus(of other: APIObject) -> APIObject {
        switch (self, other) {
        case (.pod(let new), .pod(let old)):
            APIObject(
                new.value.with {
                    $0.status = old.value.status
                    $0.nodeName = old.value.nodeName.isEmpty ? $0.nodeName : old.value.nodeName
                })
        case (.node(let new), .node(let old)): APIObject(new.value.with { $0.status = old.value.status })
        case (.replicaSet(let new), .replicaSet(let old)):
            APIObject(new.value.with { $0.status = old.value.status })
        case (.replicationController(let new), .replicationController(let old)):
            APIObject(new.value.with { $0.status = old.value.status })
        case (.deployment(let new), .deployment(let old)):
            APIObject(new.value.with { $0.status = old.value.status })
        case (.statefulSet(let new), .statefulSet(let old)):
            APIObject(new.value.with { $0.status = old.value.status })
        case (.daemonSet(let new), .daemonSet(let old)):
            APIObject(new.value.with { $0.status = old.value.status })
        case (.job(let new), .job(let old)):
            APIObject(new.value.with { $0.status = old.value.status })
        case (.cronJob(let new), .cronJob(let old)):
            APIObject(new.value.with { $0.status = old.value.status })
        case (.service(let new), .service(let old)):
            APIObject(new.value.with { $0.status = old.value.status })
        case (.persistentVolume(let new), .persistentVolume(let old)):
            APIObject(new.value.with { $0.status = old.value.status })
        case (.persistentVolumeClaim(let new), .persistentVolumeClaim(let old)):
            APIObject(new.value.with { $0.status = old.value.status })
        case (.volumeAttachment(let new), .volumeAttachment(let old)):
            APIObject(new.value.with { $0.status = old.value.status })
        case (.podDisruptionBudget(let new), .podDisruptionBudget(let old)):
            APIObject(new.value.with { $0.status = old.value.status })
        case (.horizontalPodAutoscaler(let new), .horizontalPodAutoscaler(let old)):
            APIObject(new.value.with { $0.status = old.value.status })
        case (.namespace(let new), .namespace(let old)):
            APIObject(
                new.value.with {
                    $0.phase = old.value.phase
                    $0.conditions = old.value.conditions
                })
        case (.generic(let new), .generic(let old)):
            {
                var copy = new.value
                copy.body["status"] = old.value.body["status"]
                return .generic(Ref(copy))
            }()
        default: self
        }
    }

    /// Whether everything but metadata and status is equal.
    func hasSameSpec(as other: APIObject) -> Bool {
        let metadata = other.metadata
        return withStatus(of: other).withMetadata { $0 = metadata } == other
    }
}
