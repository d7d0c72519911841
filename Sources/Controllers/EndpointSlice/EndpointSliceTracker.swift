import KubernetesModel

/// What the controller wrote last to each service's slices, to know whether its cache has that yet.
///
/// Upstream: `staging/src/k8s.io/endpointslice/util/endpointslice_tracker.go` (v1.36).
struct EndpointSliceTracker: Sendable {
    /// The generation last written by slice; nil for a slice whose deletion is expected.
    private var services: [ObjectKey: [UID: Int64?]] = [:]

    static func service(of slice: ObjectMeta) -> ObjectKey {
        ObjectKey(namespace: slice.namespace, name: slice.labels[EndpointSliceLabels.serviceName] ?? "")
    }

    func has(_ slice: ObjectMeta) -> Bool { services[Self.service(of: slice)]?[slice.uid] != nil }

    /// Whether the slice is not one that the controller itself made that way.
    func shouldSync(_ slice: ObjectMeta) -> Bool {
        guard let known = services[Self.service(of: slice)]?[slice.uid] else { return true }
        return slice.generation > (known ?? -1)
    }

    /// Whether the slices of a service, as the cache has them, are behind what was written.
    func isStale(_ service: ObjectKey, _ slices: [Ref<EndpointSlice>]) -> Bool {
        guard let known = services[service] else { return false }
        for slice in slices {
            guard let generation = known[slice.value.metadata.uid] else { continue }
            guard let generation, generation <= slice.value.metadata.generation else { return true }
        }
        let present = Set(slices.map(\.value.metadata.uid))
        return known.contains { $0.value != nil && !present.contains($0.key) }
    }

    mutating func update(_ slice: ObjectMeta) {
        services[Self.service(of: slice), default: [:]].updateValue(slice.generation, forKey: slice.uid)
    }

    mutating func expectDeletion(_ slice: ObjectMeta) {
        services[Self.service(of: slice), default: [:]].updateValue(nil, forKey: slice.uid)
    }

    /// - Returns: whether the deletion was expected.
    mutating func handleDeletion(_ slice: ObjectMeta) -> Bool {
        guard let known = services[Self.service(of: slice)]?.removeValue(forKey: slice.uid) else {
            return true
        }
        return known == nil
    }

    mutating func forget(_ service: ObjectKey) { services.removeValue(forKey: service) }
}

/// Finds out which change of a pod or service made a sync necessary: the time that the slices carry.
///
/// Upstream: `staging/src/k8s.io/endpointslice/util/trigger_time_tracker.go` (v1.36).
struct TriggerTimeTracker: Sendable {
    private struct State: Sendable {
        var service: Timestamp?
        var pods: [String: Timestamp]
    }
    private var services: [ObjectKey: State] = [:]

    /// The earliest of the changes since the last sync; nil when there was none.
    mutating func lastChange(_ service: Service, pods: [Ref<Pod>]) -> Timestamp? {
        lastChange(
            service,
            ServicePods.Changes(
                isComplete: true,
                pods: pods.map { ($0.value.metadata.name, ServicePods.Member(pod: $0, order: 0)) }))
    }

    /// The same, from those of the service's pods that may have changed since.
    mutating func lastChange(_ service: Service, _ changes: ServicePods.Changes) -> Timestamp? {
        // Moved out, so that it is changed in place.
        let known = services.removeValue(forKey: service.key)
        let isNew = known == nil
        var state = known ?? State(service: nil, pods: [:])
        var earliest: Timestamp?
        let before = changes.isComplete ? state.pods : [:]
        if changes.isComplete { state.pods = [:] }
        for (name, member) in changes.pods {
            let last = changes.isComplete ? before[name] : state.pods[name]
            guard let time = member?.pod.value.status.conditions["Ready"]?.lastTransitionTime else {
                state.pods.removeValue(forKey: name)
                continue
            }
            state.pods[name] = time
            if let last, time <= last { continue }
            earliest = min(earliest ?? time, time)
        }
        let created = service.metadata.creationTimestamp
        if let created, state.service.map({ created > $0 }) ?? true {
            earliest = min(earliest ?? created, created)
        }
        state.service = created
        services[service.key] = state
        return isNew ? created : earliest
    }

    mutating func forget(_ service: ObjectKey) { services.removeValue(forKey: service) }
}

/// The labels and annotations by which slices belong to services.
enum EndpointSliceLabels {
    static let serviceName = "kubernetes.io/service-name"
    static let managedBy = "endpointslice.kubernetes.io/managed-by"
    static let headless = "service.kubernetes.io/headless"
    static let controller = "endpointslice-controller.k8s.io"
    static let triggerTime = "endpoints.kubernetes.io/last-change-trigger-time"
    static let reserved = [serviceName, managedBy, headless]
}
