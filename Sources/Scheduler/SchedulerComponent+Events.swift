import ControlPlane
import KubernetesModel
import SimulationKernel

/// What the watch streams bring.
///
/// Upstream: `pkg/scheduler/eventhandlers.go` (v1.36).
extension SchedulerComponent {
    mutating func observe(_ event: WatchEvent) {
        switch event.object {
        case .pod(let pod): observe(pod, isDeleted: event.kind == .deleted)
        case .node(let node): observe(node, isDeleted: event.kind == .deleted)
        default:
            let old = cluster.objects.object(event.object.kind, event.object.key)
            let isDeleted = event.kind == .deleted
            cluster.objects.apply(event.object, isDeleted: isDeleted)
            guard let resource = EventResource(event.object.kind) else { return }
            let action: EventAction = isDeleted ? .delete : old == nil ? .add : .update
            let label =
                "\(resource.labelName)\(isDeleted ? "Delete" : old == nil ? "Add" : "Update")"
            move(
                ClusterChange(
                    ClusterEvent(resource, action), label: label, old: isDeleted ? event.object : old,
                    new: isDeleted ? nil : event.object))
        }
    }

    private mutating func move(_ change: ClusterChange, where isConcerned: (PodInfo) -> Bool = { _ in true })
    {
        if queue.passOver(change) { return }
        queue.move(after: change, cluster: cluster, at: now, where: isConcerned)
    }

    /// Tells the queue that a pod no longer takes room.
    mutating func moveAfterDeletion(of pod: Pod, where isConcerned: (PodInfo) -> Bool = { _ in true }) {
        guard queue.isListening else { return }
        move(
            ClusterChange(ClusterEvent(.pod, .delete), label: "AssignedPodDelete", old: APIObject(pod)),
            where: isConcerned)
    }

    // MARK: Nodes

    private mutating func observe(_ node: Ref<Node>, isDeleted: Bool) {
        let name = node.value.metadata.name
        let old = cluster.nodes[name].flatMap { cluster.nodes.objects[$0] }
        if isDeleted {
            move(
                ClusterChange(ClusterEvent(.node, .delete), label: "NodeDelete", old: .node(old ?? node)))
            cluster.nodes.remove(nodeNamed: name)
            return
        }
        cluster.nodes.set(node)
        guard let old else {
            move(ClusterChange(ClusterEvent(.node, .add), label: "NodeAdd", new: .node(node)))
            return
        }
        for change in ChangeEvents.changes(from: old.value, to: node.value) {
            move(ClusterChange(change.event, label: change.label, old: .node(old), new: .node(node)))
        }
    }

    // MARK: Pods

    private func isResponsible(for pod: Pod) -> Bool {
        configuration.hasProfile(named: pod.spec.fields.schedulerName)
    }

    private mutating func observe(_ pod: Ref<Pod>, isDeleted: Bool) {
        let key = pod.value.metadata.key
        if !evictions.isEmpty && (isDeleted || pod.value.metadata.isBeingDeleted) { noteDeparture(of: key) }
        // The scheduler's informer does not see pods that have ended.
        if isDeleted || pod.value.status.phase.isTerminal {
            guard let old = pods.removeValue(forKey: key) else { return }
            if hasPermits { cluster.gangs.remove(old.value.metadata) }
            delete(pod.value)
            return
        }
        let old = pods.updateValue(pod, forKey: key)
        if hasPermits {
            if let old { cluster.gangs.remove(old.value.metadata) }
            cluster.gangs.add(pod.value.metadata)
        }
        guard let old else { return add(pod) }
        if old.value.metadata.uid == pod.value.metadata.uid { return update(from: old, to: pod) }
        delete(old.value)
        add(pod)
    }

    private mutating func add(_ pod: Ref<Pod>) {
        if !pod.value.nodeName.isEmpty {
            addAssigned(pod)
        } else if isResponsible(for: pod.value) {
            let info = cluster.nodes.compile(pod)
            queue.add(info, at: now)
            cluster.nominator.add(info, toNodeNamed: pod.value.status.nominatedNodeName)
            if hasWarners { arrivals.append(pod.value.metadata.key) }
            if hasPermits { retryGang(of: info) }
        }
    }

    private mutating func addAssigned(_ pod: Ref<Pod>) {
        cluster.setPod(cluster.nodes.compile(pod))
        guard queue.isListening else { return }
        move(ClusterChange(ClusterEvent(.pod, .add), label: "AssignedPodAdd", new: .pod(pod)))
    }

    private mutating func update(from old: Ref<Pod>, to new: Ref<Pod>) {
        if !old.value.nodeName.isEmpty {
            cluster.setPod(cluster.nodes.compile(new))
            guard queue.isListening else { return }
            for change in ChangeEvents.changes(of: .pod, from: old.value, to: new.value) {
                move(ClusterChange(change.event, label: change.label, old: .pod(old), new: .pod(new)))
            }
        } else if !new.value.nodeName.isEmpty {
            addAssigned(new)
            queue.remove(new.value.metadata.uid, at: now)
            cluster.nominator.remove(new.value.metadata.uid)
        } else if isResponsible(for: old.value) {
            updateWaiting(from: old.value, to: new)
        }
    }

    private mutating func updateWaiting(from old: Pod, to new: Ref<Pod>) {
        let uid = new.value.metadata.uid
        if old.metadata.resourceVersion == new.value.metadata.resourceVersion { return }
        if cluster.isAssumed(uid) {
            if new.value.metadata.isBeingDeleted && !old.metadata.isBeingDeleted {
                if waitingPermits.contains(uid) { removedWaiting.append(uid) } else { forgetAssumed(uid) }
            }
            return
        }
        let info = cluster.nodes.compile(new)
        let wasInFlight = queue.place(of: uid) == .inFlight
        queue.update(from: old, to: info, cluster: cluster, at: now)
        let before = old.status.nominatedNodeName
        let after = new.value.status.nominatedNodeName
        if !wasInFlight {
            // A nomination that the API server has not seen yet stays.
            let kept = before.isEmpty && after.isEmpty ? cluster.nominator.node(of: uid) ?? "" : after
            cluster.nominator.add(info, toNodeNamed: kept)
        }
        if !before.isEmpty && before != after {
            let priority = old.spec.priorityValue
            moveAfterDeletion(of: old) { $0.priority <= priority }
        }
    }

    private mutating func delete(_ pod: Pod) {
        let uid = pod.metadata.uid
        if !pod.nodeName.isEmpty {
            cluster.removePod(uid)
            queue.remove(uid, at: now)
            cluster.nominator.remove(uid)
            moveAfterDeletion(of: pod)
            return
        }
        guard isResponsible(for: pod) else { return }
        queue.remove(uid, at: now)
        cluster.nominator.remove(uid)
        warned.remove(uid)
        timers[uid] = nil
        if waitingPermits.contains(uid) {
            removedWaiting.append(uid)
        } else if cluster.isAssumed(uid) {
            forgetAssumed(uid)
        } else if !pod.status.nominatedNodeName.isEmpty {
            let priority = pod.spec.priorityValue
            moveAfterDeletion(of: pod) { $0.priority <= priority }
        }
    }

    /// Takes a pod that is being deleted off the node to which it was about to be bound.
    private mutating func forgetAssumed(_ uid: UID) {
        guard let pod = cluster.pod(uid), let node = cluster.node(of: uid) else { return }
        let name = cluster.nodes.names[node]
        cluster.forget(uid)
        moveAfterDeletion(of: pod.value.with { $0.nodeName = name })
    }
}

extension EventResource {
    /// The name in labels of events: with the API group where upstream's names have it.
    fileprivate var labelName: String {
        switch self {
        case .pod: "Pod"
        case .node: "Node"
        case .persistentVolume: "PersistentVolume"
        case .persistentVolumeClaim: "PersistentVolumeClaim"
        case .csiNode: "storage.k8s.io/CSINode"
        case .csiDriver: "storage.k8s.io/CSIDriver"
        case .volumeAttachment: "storage.k8s.io/VolumeAttachment"
        case .csiStorageCapacity: "storage.k8s.io/CSIStorageCapacity"
        case .storageClass: "storage.k8s.io/StorageClass"
        case .any: "*"
        }
    }

    /// The resource as which plugins know a kind; nil when none of them waits for it.
    init?(_ kind: ObjectKind) {
        switch kind {
        case .pod: self = .pod
        case .node: self = .node
        case .persistentVolume: self = .persistentVolume
        case .persistentVolumeClaim: self = .persistentVolumeClaim
        case .storageClass: self = .storageClass
        case .csiNode: self = .csiNode
        case .csiDriver: self = .csiDriver
        case .csiStorageCapacity: self = .csiStorageCapacity
        case .volumeAttachment: self = .volumeAttachment
        default: return nil
        }
    }
}

extension ClusterObjects {
    /// The object as it was last observed, for kinds that plugins wait for.
    func object(_ kind: ObjectKind, _ key: ObjectKey) -> APIObject? {
        func generic(_ object: GenericObject?) -> APIObject? { object.map { .generic(Ref($0)) } }
        switch kind {
        case .persistentVolume:
            return persistentVolumes.observed(name: key.name).map { .persistentVolume($0) }
        case .persistentVolumeClaim:
            return persistentVolumeClaims.observed(namespace: key.namespace, name: key.name)
                .map { .persistentVolumeClaim($0) }
        case .storageClass: return storageClasses[name: key.name].map { .storageClass($0) }
        case .volumeAttachment: return volumeAttachments[name: key.name].map { .volumeAttachment($0) }
        case .csiNode: return generic(csiNodes[key.name])
        case .csiDriver: return generic(csiDrivers[key.name])
        case .csiStorageCapacity: return generic(csiStorageCapacities.first { $0.metadata.key == key })
        default: return nil
        }
    }
}
