import KubernetesModel
import SimulationKernel

extension APIServer {
    static let orphanFinalizer = "orphan"
    static let foregroundFinalizer = "foregroundDeletion"

    /// Deletes an object, or begins to: graceful for pods, waiting for finalizers for all.
    ///
    /// Upstream: `apiserver/pkg/registry/rest/delete.go`, `registry/generic/registry/store.go`,
    /// `pkg/registry/core/pod/strategy.go` (v1.36).
    mutating func delete(
        _ kind: ObjectKind, _ key: ObjectKey, _ options: DeleteOptions, at now: VirtualTime
    ) throws(APIError) -> APIObject {
        let old = try existing(kind, key)
        if let uid = options.uid, uid != old.metadata.uid {
            throw .conflict(
                kind, key.name,
                "Precondition failed: UID in precondition: \(uid), UID in object meta: \(old.metadata.uid)")
        }
        if let version = options.resourceVersion, version != old.metadata.resourceVersion {
            throw .conflict(
                kind, key.name,
                "Precondition failed: ResourceVersion in precondition: \(version), ResourceVersion in object meta: \(old.metadata.resourceVersion)"
            )
        }
        if kind == .namespace { return deleteNamespace(old, at: now) }
        let grace = gracePeriod(of: old, options)
        let finalizers = finalizers(of: old, options)
        if let pod = old.pod,
            grace > 0 || (pod.value.metadata.isBeingDeleted && options.gracePeriodSeconds == nil)
        {
            return deleteGracefully(old, grace: grace, finalizers: finalizers, at: now)
        }
        if finalizers.isEmpty { return finishDelete(old, at: now) }
        if old.metadata.isBeingDeleted && finalizers == old.metadata.finalizers
            && (old.metadata.deletionGracePeriodSeconds ?? 0) == 0
        {
            return old
        }
        return put(
            old.withMetadata { metadata in
                if metadata.deletionTimestamp == nil && metadata.generation > 0 { metadata.generation += 1 }
                metadata.deletionTimestamp = metadata.deletionTimestamp ?? Timestamp(now)
                metadata.deletionGracePeriodSeconds = 0
                metadata.finalizers = finalizers
            }, at: now)
    }

    /// Marks a pod for its kubelet, or shortens the time that a marked pod has left.
    private mutating func deleteGracefully(
        _ old: APIObject, grace: Int64, finalizers: [String], at now: VirtualTime
    ) -> APIObject {
        if let left = old.metadata.deletionGracePeriodSeconds, old.metadata.isBeingDeleted {
            // Only a shorter period changes anything.
            if grace >= left || grace <= 0 && left > 0 && grace == left { return old }
        }
        return put(
            old.withMetadata { metadata in
                if metadata.deletionTimestamp == nil {
                    if metadata.generation > 0 { metadata.generation += 1 }
                    metadata.deletionTimestamp = Timestamp(now + .seconds(grace))
                } else if let left = metadata.deletionGracePeriodSeconds,
                    let until = metadata.deletionTimestamp
                {
                    metadata.deletionTimestamp = Timestamp(seconds: until.seconds - left + grace)
                }
                metadata.deletionGracePeriodSeconds = grace
                metadata.finalizers = finalizers
            }, at: now)
    }

    /// How long a pod may take to end; 0 for what is removed at once.
    private func gracePeriod(of object: APIObject, _ options: DeleteOptions) -> Int64 {
        guard let pod = object.pod else { return 0 }
        if pod.value.nodeName.isEmpty || pod.value.status.phase.isTerminal { return 0 }
        let period = options.gracePeriodSeconds ?? pod.value.spec.terminationGracePeriodSeconds
        // A negative period is taken as one second.
        return period < 0 ? 1 : period
    }

    /// The finalizers that the deletion leaves on the object, those for dependents included.
    private func finalizers(of object: APIObject, _ options: DeleteOptions) -> [String] {
        var finalizers = object.metadata.finalizers.filter {
            $0 != Self.orphanFinalizer && $0 != Self.foregroundFinalizer
        }
        let had = object.metadata.finalizers
        switch options.propagation {
        case .orphan: finalizers.append(Self.orphanFinalizer)
        case .foreground: finalizers.append(Self.foregroundFinalizer)
        case .background: break
        case nil:
            if had.contains(Self.orphanFinalizer) {
                finalizers.append(Self.orphanFinalizer)
            } else if had.contains(Self.foregroundFinalizer) {
                finalizers.append(Self.foregroundFinalizer)
            } else if object.kind == .replicationController || object.kind == .job {
                finalizers.append(Self.orphanFinalizer)
            }
        }
        // Unchanged sets keep their order.
        return Set(finalizers) == Set(had) ? had : finalizers
    }

    /// Removes an object from the store, and what was handed out for it.
    private mutating func finishDelete(_ object: APIObject, at now: VirtualTime) -> APIObject {
        if let service = object.service { release(service.value) }
        // A pod that is removed at once shows a grace period of 0 first, as upstream writes it.
        if let pod = object.pod, pod.value.metadata.deletionGracePeriodSeconds != 0 {
            put(
                object.withMetadata {
                    if $0.deletionTimestamp == nil && $0.generation > 0 { $0.generation += 1 }
                    $0.deletionTimestamp = Timestamp(now)
                    $0.deletionGracePeriodSeconds = 0
                }, at: now)
        }
        if object.kind == .namespace { liveNamespace = nil }
        return store.remove(object.kind, object.key, at: now) ?? object
    }

    private mutating func deleteNamespace(_ old: APIObject, at now: VirtualTime) -> APIObject {
        guard let namespace = old.namespace, !namespace.value.metadata.isBeingDeleted else { return old }
        var marked = namespace.value
        marked.metadata.deletionTimestamp = Timestamp(now)
        marked.metadata.deletionGracePeriodSeconds = 0
        marked.phase = "Terminating"
        if marked.specFinalizers.isEmpty && marked.metadata.finalizers.isEmpty {
            return finishDelete(old, at: now)
        }
        return put(APIObject(marked), at: now)
    }
}
