import KubernetesModel
import OrderedCollections
import SimulationKernel

extension APIServer {
    /// Stores a new object after giving it its identity and what its kind's strategy sets.
    ///
    /// Upstream: `apiserver/pkg/registry/rest/create.go`, `registry/generic/registry/store.go` (v1.36).
    ///
    /// - Parameter isAdmitted: whether a pod's spec has been through admission.
    mutating func create(
        _ object: APIObject, isAdmitted: Bool = false, at now: VirtualTime
    ) throws(APIError) -> APIObject {
        let kind = object.kind
        switch object {
        case .pod(let pod):
            return try store(try prepare(pod.value, isAdmitted: isAdmitted, at: now), at: now)
        case .event(let event):
            // There are as many Events as pods: nothing is to be prepared, and one copy is enough.
            return try store(event.value, at: now)
        case .persistentVolumeClaim(let claim):
            var claim = claim.value
            prepare(&claim)
            let isDrawn = try identify(&claim.metadata, of: kind, at: now)
            if mayHaveQuotas(kind) { try charge(APIObject(claim), at: now) }
            try claimName(&claim.metadata, of: kind, isDrawn: isDrawn)
            return put(APIObject(claim), at: now)
        case .persistentVolume(let volume):
            var volume = volume.value
            prepare(&volume, at: now)
            let isDrawn = try identify(&volume.metadata, of: kind, at: now)
            try claimName(&volume.metadata, of: kind, isDrawn: isDrawn)
            return put(APIObject(volume), at: now)
        default: break
        }
        let prepared = try prepareForCreate(object, isAdmitted: isAdmitted, at: now)
        var metadata = prepared.metadata
        do throws(APIError) {
            try identify(&metadata, of: kind, at: now)
            if mayHaveQuotas(kind) { try charge(prepared.withMetadata { $0 = metadata }, at: now) }
            try claimName(&metadata, of: kind)
        } catch {
            if let service = prepared.service { release(service.value) }
            throw error
        }
        return put(prepared.withMetadata { $0 = metadata }, at: now)
    }

    /// Stores a new pod that has all but its identity.
    ///
    /// Taken over, as Events are: there are so many of both that each copy tells.
    mutating func store(_ pod: consuming Pod, at now: VirtualTime) throws(APIError) -> APIObject {
        let isDrawn = try identify(&pod.metadata, of: .pod, at: now)
        if mayHaveQuotas(.pod) { try charge(APIObject(copy pod), at: now) }
        try claimName(&pod.metadata, of: .pod, isDrawn: isDrawn)
        return put(APIObject(pod), at: now)
    }

    private mutating func store(_ event: consuming Event, at now: VirtualTime) throws(APIError) -> APIObject {
        try identify(&event.metadata, of: .event, at: now)
        event.metadata.resourceVersion = store.revision + 1
        let stored = Ref(consume event)
        guard putNew(stored, at: now) else { throw .alreadyExists(.event, stored.value.metadata.name) }
        return .event(stored)
    }

    /// Gives a new object its place, its identity and, where it has only the prefix of one, its name.
    ///
    /// - Returns: whether the name was drawn just now, and found to be free.
    @discardableResult
    mutating func identify(
        _ metadata: inout ObjectMeta, of kind: ObjectKind, at now: VirtualTime
    ) throws(APIError) -> Bool {
        if kind.isNamespaced {
            if metadata.namespace.isEmpty { metadata.namespace = "default" }
            if metadata.namespace != liveNamespace {
                try checkNamespace(of: metadata, for: kind)
                liveNamespace = metadata.namespace
            }
        } else {
            metadata.namespace = ""
        }
        // A Job's selector and labels already name the identity that it was admitted with.
        if kind != .job || metadata.uid.isEmpty { metadata.uid = newUID() }
        metadata.creationTimestamp = Timestamp(now)
        metadata.deletionTimestamp = nil
        metadata.deletionGracePeriodSeconds = nil
        metadata.generation = kind.hasGeneration ? 1 : 0
        if !metadata.name.isEmpty { return false }
        let prefix = metadata.generateName
        guard !prefix.isEmpty else {
            throw .invalid(
                kind, "",
                [
                    FieldError(
                        .required, FieldPath("metadata.name"), detail: "name or generateName is required")
                ])
        }
        // A collision is tried again, eight times in all, as upstream does since v1.30.
        for _ in 0..<8 {
            metadata.name = generateName(prefix)
            if !store.contains(kind, metadata.key) { return true }
        }
        throw .alreadyExists(kind, metadata.name)
    }

    /// Refuses a name that is taken. Upstream's store finds out last: quotas are charged by then.
    ///
    /// - Parameter isDrawn: whether the name is known to be free.
    func claimName(
        _ metadata: inout ObjectMeta, of kind: ObjectKind, isDrawn: Bool = false
    ) throws(APIError) {
        if !isDrawn && store.contains(kind, metadata.key) { throw .alreadyExists(kind, metadata.name) }
        metadata.resourceVersion = store.revision + 1
    }

    /// Refuses new objects in a namespace that is not there, or being deleted.
    ///
    /// Upstream: `apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go` (v1.36).
    func checkNamespace(of metadata: ObjectMeta, for kind: ObjectKind) throws(APIError) {
        let name = metadata.namespace
        guard case .namespace(let namespace) = store[.namespace, ObjectKey(name: name)] else {
            throw .notFound(.namespace, name)
        }
        if namespace.value.metadata.deletionTimestamp != nil {
            throw .forbidden(
                kind, metadata.name.isEmpty ? metadata.generateName : metadata.name,
                "unable to create new content in namespace \(name) because it is being terminated")
        }
    }

    /// What the kind's strategy and the default admission plugins set on a new object.
    private mutating func prepareForCreate(
        _ object: APIObject, isAdmitted: Bool, at now: VirtualTime
    ) throws(APIError) -> APIObject {
        switch object {
        case .pod(let pod):
            return APIObject(try prepare(pod.value, isAdmitted: isAdmitted, at: now))
        case .namespace(let namespace):
            return APIObject(
                namespace.value.with {
                    $0.phase = "Active"
                    if !$0.specFinalizers.contains("kubernetes") { $0.specFinalizers.append("kubernetes") }
                    $0.metadata.labels["kubernetes.io/metadata.name"] = $0.metadata.name
                })
        case .node(let node):
            if disabledAdmissionPlugins.contains(.taintNodesByCondition) { return object }
            // TaintNodesByCondition: a new node is not ready until its controller has seen that it is.
            let taint = Taint(key: WellKnown.notReadyTaint, effect: .noSchedule)
            return APIObject(
                node.value.with { node in
                    if !node.spec.taints.contains(where: { $0.matches(taint) }) {
                        node.spec.taints.append(taint)
                    }
                })
        case .persistentVolumeClaim(let claim):
            return APIObject(claim.value.with { prepare(&$0) })
        case .persistentVolume(let volume):
            return APIObject(volume.value.with { prepare(&$0, at: now) })
        case .service(let service):
            // A manifest's addresses are reserved.
            return isAdmitted ? object : APIObject(try allocateAddresses(of: service.value))
        case .replicaSet(let set): return APIObject(set.value.with { $0.status = .init() })
        case .replicationController(let set): return APIObject(set.value.with { $0.status = .init() })
        case .deployment(let deployment):
            return APIObject(
                deployment.value.with {
                    $0.status = .init()
                    // A token's volume is named anew for each specification.
                    if !admitsServiceAccounts {
                        $0.spec.template.spec = sharedSpecs.shared($0.spec.template.spec)
                    }
                })
        case .statefulSet(let set): return APIObject(set.value.with { $0.status = .init() })
        case .daemonSet(let set): return APIObject(set.value.with { $0.status = .init() })
        case .job(let job):
            return APIObject(
                job.value.with {
                    $0.status = .init()
                    // Upstream a Job without labels gets its template's whenever it is read.
                    if $0.metadata.labels.isEmpty { $0.metadata.labels = $0.spec.template.metadata.labels }
                })
        case .cronJob(let job): return APIObject(job.value.with { $0.status = .init() })
        case .podDisruptionBudget(let budget): return APIObject(budget.value.with { $0.status = .init() })
        case .volumeAttachment(let attachment):
            return APIObject(attachment.value.with { $0.status = .init() })
        case .horizontalPodAutoscaler(let scaler):
            return APIObject(scaler.value.with { $0.status = .init() })
        default: return object
        }
    }

    private func prepare(_ claim: inout PersistentVolumeClaim) {
        claim.status = .init()
        claim.status.phase = "Pending"
        claim.metadata.addFinalizer("kubernetes.io/pvc-protection")
        if claim.spec.storageClassName == nil { claim.spec.storageClassName = defaultStorageClass() }
    }

    private func prepare(_ volume: inout PersistentVolume, at now: VirtualTime) {
        volume.status = .init()
        volume.status.phase = "Pending"
        volume.status.lastPhaseTransitionTime = Timestamp(now)
        volume.metadata.addFinalizer("kubernetes.io/pv-protection")
    }

    mutating func prepare(_ pod: Pod, isAdmitted: Bool, at now: VirtualTime) throws(APIError) -> Pod {
        var pod = pod
        if !isAdmitted {
            let admitted = try admittedSpec(of: pod, at: now)
            pod.spec = admitted.spec
            if let note = admitted.limitNote { pod.metadata.annotations[LimitRanger.annotation] = note }
        }
        if !pod.nodeName.isEmpty { addTopologyLabels(to: &pod) }
        pod.status = PodStatus()
        pod.status.phase = .pending
        pod.status.qosClass = pod.spec.qualityOfService
        if !pod.spec.fields.schedulingGates.isEmpty {
            pod.status.conditions = [
                Condition(
                    "PodScheduled", .isFalse, reason: "SchedulingGated",
                    message: "Scheduling is blocked due to non-empty scheduling gates")
            ]
        }
        return pod
    }

    /// Copies the zone and region of the pod's node onto the pod.
    ///
    /// Upstream: `plugin/pkg/admission/podtopologylabels/admission.go` (v1.36).
    func addTopologyLabels(to pod: inout Pod) {
        guard let node = store.get(Node.self, ObjectKey(name: pod.nodeName)) else { return }
        let labels = node.value.metadata.labels
        if labels.isEmpty { return }
        if let zone = labels[WellKnown.zoneLabel] { pod.metadata.labels[WellKnown.zoneLabel] = zone }
        if let region = labels[WellKnown.regionLabel] { pod.metadata.labels[WellKnown.regionLabel] = region }
    }

    /// The class that claims without one get: of those marked as default the newest, then the first by name.
    ///
    /// Upstream: `pkg/volume/util/storageclass.go`, `GetDefaultClass` (v1.36).
    private func defaultStorageClass() -> String? {
        if store.count(.storageClass) == 0 { return nil }
        let classes = store.list(.storageClass).compactMap(\.storageClass).filter {
            $0.value.metadata.annotations["storageclass.kubernetes.io/is-default-class"] == "true"
                || $0.value.metadata.annotations["storageclass.beta.kubernetes.io/is-default-class"] == "true"
        }
        let newest = classes.min {
            let (left, right) = ($0.value.metadata, $1.value.metadata)
            if left.creationTimestamp != right.creationTimestamp {
                return (left.creationTimestamp?.seconds ?? 0) > (right.creationTimestamp?.seconds ?? 0)
            }
            return left.name < right.name
        }
        return newest?.value.metadata.name
    }
}

extension ObjectKind {
    /// Whether the kind's strategy counts changes of the specification in `metadata.generation`.
    var hasGeneration: Bool {
        switch self {
        case .pod, .replicationController, .replicaSet, .deployment, .statefulSet, .daemonSet, .job, .cronJob,
            .podDisruptionBudget, .endpointSlice, .ingress, .networkPolicy, .priorityClass,
            .csiStorageCapacity:
            true
        default: false
        }
    }
}

extension ObjectMeta {
    mutating func addFinalizer(_ name: String) {
        if !finalizers.contains(name) { finalizers.append(name) }
    }
}

extension APIError {
    /// Upstream: `apimachinery/pkg/api/errors/errors.go`, `NewInvalid` (v1.36).
    static func invalid(_ kind: ObjectKind, _ name: String, _ errors: [FieldError]) -> APIError {
        let group = kind.info.group
        let qualified = group.isEmpty ? kind.name : "\(kind.name).\(group)"
        // A text that comes again is told once.
        let texts = errors.map(\.description).reduce(into: [String]()) { texts, text in
            if !texts.contains(text) { texts.append(text) }
        }
        let list = texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
        return APIError(.invalid, "\(qualified) \"\(name)\" is invalid: \(list)", causes: errors)
    }
}
