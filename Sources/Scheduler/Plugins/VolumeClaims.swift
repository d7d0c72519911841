import KubernetesModel
import OrderedCollections

/// A pod's claims by what has to be done for them, and how to do it on a node.
///
/// Upstream: `pkg/scheduler/framework/plugins/volumebinding/binder.go` (v1.36).
struct VolumeClaims {
    struct Failure: Error { let message: String }

    struct Outcome {
        var reasons: [String] = []
        var error = ""
    }

    /// References: a claim is a large record to copy.
    var bound: [Ref<PersistentVolumeClaim>] = []
    /// Claims whose binding waits for the choice of a node.
    var delayed: [PersistentVolumeClaim] = []
    var hasUnboundImmediate = false

    static func sort(of pod: PodInfo, objects: ClusterObjects) -> Result<VolumeClaims, Failure> {
        var claims = VolumeClaims()
        for volume in pod.value.claimVolumes {
            guard
                let claim = objects.persistentVolumeClaims[namespace: pod.namespace, name: volume.name]
            else {
                return .failure(Failure(message: "error getting PVC \"\(pod.namespace)/\(volume.name)\""))
            }
            if VolumeObjects.isFullyBound(claim.value) {
                claims.bound.append(claim)
                continue
            }
            let className = VolumeObjects.className(of: claim.value)
            let storageClass = objects.storageClasses[name: className]?.value
            if let storageClass, storageClass.volumeBindingMode == nil {
                return .failure(
                    Failure(message: "VolumeBindingMode not set for StorageClass \"\(className)\""))
            }
            let isDelayed = storageClass?.volumeBindingMode == "WaitForFirstConsumer"
            if isDelayed && claim.value.spec.volumeName.isEmpty {
                claims.delayed.append(claim.value)
            } else {
                claims.hasUnboundImmediate = true
            }
        }
        return .success(claims)
    }

    /// Whether all claims are bound to volumes that are there and can be used on every node.
    func fitEverywhere(_ objects: ClusterObjects) -> Bool {
        delayed.isEmpty
            && bound.allSatisfy { claim in
                guard let volume = objects.persistentVolumes[name: claim.value.spec.volumeName] else {
                    return false
                }
                return volume.value.spec.nodeAffinity?.required == nil
            }
    }

    /// Finds a way to serve all claims on a node, or the reasons why there is none.
    func find(
        _ node: NodeIndex, cluster: ClusterCache, decision: inout VolumeBinding.Decision
    ) -> Outcome {
        let labels = cluster.nodes.objects[node]?.value.metadata.labels ?? Labels()
        let objects = cluster.objects
        var outcome = Outcome()
        var boundFit = true
        var volumesExist = true
        for claim in bound {
            guard let volume = objects.persistentVolumes[name: claim.value.spec.volumeName] else {
                volumesExist = false
                break
            }
            if !VolumeObjects.isUsable(volume.value, on: labels) {
                boundFit = false
                break
            }
        }
        var areFound = true
        var isEnough = true
        if !delayed.isEmpty {
            outcome.error = findDelayed(
                cluster.nodes.names[node], labels, objects, &decision, &areFound, &isEnough)
        }
        if !boundFit { outcome.reasons.append("node(s) didn't match PersistentVolume's node affinity") }
        if !areFound {
            outcome.reasons.append("node(s) didn't find available persistent volumes to bind")
        }
        if !isEnough { outcome.reasons.append("node(s) did not have enough free storage") }
        if !volumesExist {
            outcome.reasons.append(
                "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)")
        }
        return outcome
    }

    /// The error's text; empty when there was none.
    private func findDelayed(
        _ nodeName: String, _ labels: Labels, _ objects: ClusterObjects,
        _ decision: inout VolumeBinding.Decision, _ areFound: inout Bool, _ isEnough: inout Bool
    ) -> String {
        var toMatch: [PersistentVolumeClaim] = []
        var toProvision: [PersistentVolumeClaim] = []
        for claim in delayed {
            guard let selected = claim.metadata.annotations[VolumeObjects.selectedNode] else {
                toMatch.append(claim)
                continue
            }
            if selected != nodeName {
                areFound = false
                return ""
            }
            toProvision.append(claim)
        }
        var taken: Set<String> = []
        for claim in Self.bySize(toMatch) {
            if let volume = match(claim, labels, objects.persistentVolumes, taken) {
                taken.insert(volume.metadata.name)
                decision.bindings.append((Self.bind(volume, to: claim), claim.key))
            } else {
                toProvision.append(claim)
                areFound = false
            }
        }
        if toProvision.isEmpty { return "" }
        areFound = true
        for claim in toProvision {
            let className = VolumeObjects.className(of: claim)
            let path = "\(claim.metadata.namespace)/\(claim.metadata.name)"
            if className.isEmpty { return "no class for claim \"\(path)\"" }
            guard let storageClass = objects.storageClasses[name: className]?.value else {
                return "failed to find storage class \"\(className)\""
            }
            let provisioner = storageClass.provisioner
            if provisioner.isEmpty || provisioner == "kubernetes.io/no-provisioner"
                || !Self.allows(storageClass, labels)
            {
                areFound = false
                return ""
            }
            if !Self.hasCapacity(claim, storageClass, labels, objects) {
                isEnough = false
                return ""
            }
            decision.provisions.append(claim)
        }
        return ""
    }

    /// Claims by requested size; equal ones stay in their order.
    private static func bySize(_ claims: [PersistentVolumeClaim]) -> [PersistentVolumeClaim] {
        claims.enumerated()
            .sorted {
                let left = VolumeObjects.storageRequest($0.element) ?? .zero
                let right = VolumeObjects.storageRequest($1.element) ?? .zero
                return left == right ? $0.offset < $1.offset : left < right
            }
            .map(\.element)
    }

    /// The volume that is the claim's already, or the smallest one that would do.
    ///
    /// Upstream: `component-helpers/storage/volume/pv_helpers.go`, `FindMatchingVolume` (v1.36).
    private func match(
        _ claim: PersistentVolumeClaim, _ labels: Labels, _ volumes: AssumingIndex<PersistentVolume>,
        _ taken: Set<String>
    ) -> PersistentVolume? {
        let wanted = VolumeObjects.storageRequest(claim) ?? .zero
        let className = VolumeObjects.className(of: claim)
        var smallest: (volume: PersistentVolume, size: Quantity)?
        for element in volumes.elements {
            let volume = element.value
            guard VolumeObjects.className(of: volume) == className, !taken.contains(volume.metadata.name)
            else { continue }
            let isOwn = VolumeObjects.isBound(volume, to: claim)
            if volume.spec.claimRef != nil && !isOwn { continue }
            let size = volume.spec.capacity[ResourceName.storage] ?? .zero
            if size < wanted { continue }
            if claim.spec.volumeMode ?? "Filesystem" != volume.spec.volumeMode ?? "Filesystem" { continue }
            if claim.spec.volumeAttributesClassName ?? "" != volume.spec.volumeAttributesClassName ?? "" {
                continue
            }
            if volume.metadata.deletionTimestamp != nil { continue }
            let isUsable = VolumeObjects.isUsable(volume, on: labels)
            if isOwn { return isUsable ? volume : nil }
            guard volume.status.phase == "Available",
                claim.spec.selector?.matches(volume.metadata.labels) ?? true, isUsable,
                claim.spec.accessModes.allSatisfy(volume.spec.accessModes.contains)
            else { continue }
            if smallest.map({ $0.size > size }) ?? true { smallest = (volume, size) }
        }
        return smallest?.volume
    }

    /// The volume as it is when it is the claim's.
    private static func bind(_ volume: PersistentVolume, to claim: PersistentVolumeClaim) -> PersistentVolume
    {
        let isOwn = VolumeObjects.isBound(volume, to: claim)
        return volume.with { volume in
            let reference = volume.spec.claimRef
            if reference?.name != claim.metadata.name || reference?.namespace != claim.metadata.namespace
                || reference?.uid != claim.metadata.uid
            {
                var new = ObjectReference()
                new.kind = ObjectKind.persistentVolumeClaim.name
                new.apiVersion = ObjectKind.persistentVolumeClaim.info.apiVersion
                new.namespace = claim.metadata.namespace
                new.name = claim.metadata.name
                new.uid = claim.metadata.uid
                new.resourceVersion =
                    claim.metadata.resourceVersion == 0 ? "" : String(claim.metadata.resourceVersion)
                volume.spec.claimRef = new
            }
            if !isOwn && !volume.metadata.annotations.contains(VolumeObjects.boundByController) {
                volume.metadata.annotations[VolumeObjects.boundByController] = "yes"
            }
        }
    }

    private static func allows(_ storageClass: StorageClass, _ labels: Labels) -> Bool {
        let terms = storageClass.rest["allowedTopologies"]?.arrayValue ?? []
        if terms.isEmpty { return true }
        return terms.contains { term in
            let requirements = term["matchLabelExpressions"]?.arrayValue ?? []
            return !requirements.isEmpty
                && requirements.allSatisfy { requirement in
                    let value = labels[requirement["key"]?.stringValue ?? ""]
                    return (requirement["values"]?.arrayValue ?? []).contains { $0.stringValue == value }
                        && value != nil
                }
        }
    }

    /// The largest volume that a capacity object allows.
    static func limit(_ capacity: GenericObject) -> Quantity? {
        for member in ["maximumVolumeSize", "capacity"] {
            if let value = capacity.body[member], let quantity = try? Quantity(json: value) {
                return quantity
            }
        }
        return nil
    }

    private static func hasCapacity(
        _ claim: PersistentVolumeClaim, _ storageClass: StorageClass, _ labels: Labels,
        _ objects: ClusterObjects
    ) -> Bool {
        guard let size = VolumeObjects.storageRequest(claim),
            objects.csiDrivers[storageClass.provisioner]?.body["spec"]?["storageCapacity"]?.boolValue == true
        else { return true }
        return objects.csiStorageCapacities.contains { capacity in
            guard capacity.body["storageClassName"]?.stringValue == storageClass.metadata.name,
                let limit = limit(capacity), limit.value >= size.value,
                let topology = capacity.body["nodeTopology"]?.objectValue
            else { return false }
            return LabelSelector(fields: topology, epoch: CalendarTime(unixSeconds: 0)).matches(labels)
        }
    }
}
