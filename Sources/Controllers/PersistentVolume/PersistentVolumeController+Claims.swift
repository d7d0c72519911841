import ControlPlane
import KubernetesModel

extension PersistentVolumeController {
    // MARK: A claim that is not bound (`syncUnboundClaim`)

    func syncUnboundClaim(_ claim: PersistentVolumeClaim, view: ObjectCache) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        if !claim.spec.volumeName.isEmpty {
            syncClaimWithVolume(claim, view: view, &plan)
            return plan
        }
        let className = VolumeBinding.className(of: claim)
        let storageClass = view.get(StorageClass.self, ObjectKey(name: className))?.value
        let delays = storageClass?.volumeBindingMode == VolumeBinding.waitForFirstConsumer
        let volumes = candidates(for: claim.key, view)
        if let volume = VolumeBinding.bestMatch(for: claim, among: volumes, delayBinding: delays) {
            bind(volume, claim, &plan)
            return plan
        }
        let hasClass =
            claim.metadata.annotations.contains(VolumeBinding.betaClass) || claim.spec.storageClassName != nil
        if !hasClass, let found = VolumeBinding.defaultClass(view) {
            plan.call(.update(APIObject(claim.with { $0.spec.storageClassName = found.metadata.name })))
            return plan
        }
        let isSelected = claim.metadata.annotations.contains(VolumeBinding.selectedNode)
        if delays && !isSelected {
            plan.record(waitingEvent(claim, view: view))
        } else if !className.isEmpty {
            provision(claim, className, storageClass, &plan)
            return plan
        } else {
            plan.record(
                Self.event(
                    APIObject(claim), .normal, "FailedBinding",
                    "no persistent volumes available for this claim and no storage class is set"))
        }
        updateStatus(of: claim, "Pending", volume: nil, &plan)
        return plan
    }

    private func waitingEvent(_ claim: PersistentVolumeClaim, view: ObjectCache) -> EventRecord {
        let pods = view.list(Pod.self, namespace: claim.metadata.namespace).map(\.value).filter { pod in
            pod.nodeName.isEmpty && !pod.hasReleasedVolumes
                && pod.spec.fields.volumes.contains {
                    $0.claimName(podName: pod.metadata.name) == claim.metadata.name
                }
        }.map(\.metadata.name)
        if pods.isEmpty {
            return Self.event(
                APIObject(claim), .normal, "WaitForFirstConsumer",
                "waiting for first consumer to be created before binding")
        }
        let text = pods.count > 1 ? "pods \(pods.joined(separator: ","))" : "pod \(pods[0])"
        return Self.event(
            APIObject(claim), .normal, "WaitForPodScheduled", "waiting for \(text) to be scheduled")
    }

    /// The user asked for one volume.
    private func syncClaimWithVolume(
        _ claim: PersistentVolumeClaim, view: ObjectCache, _ plan: inout Plan<Continuation>
    ) {
        guard let volume = self.volume(claim.spec.volumeName, view) else {
            return updateStatus(of: claim, "Pending", volume: nil, &plan)
        }
        let name = volume.metadata.name
        if volume.spec.claimRef == nil {
            guard let mismatch = VolumeBinding.mismatch(volume, claim) else {
                return bind(volume, claim, &plan)
            }
            plan.record(
                Self.event(
                    APIObject(claim), .warning, "VolumeMismatch",
                    "Cannot bind to requested volume \"\(name)\": \(mismatch)"))
            return updateStatus(of: claim, "Pending", volume: nil, &plan)
        }
        if VolumeBinding.isBound(volume, to: claim) { return bind(volume, claim, &plan) }
        plan.record(
            Self.event(
                APIObject(claim), .warning, "FailedBinding",
                "volume \"\(name)\" already bound to a different claim."))
        if claim.metadata.annotations.contains(VolumeBinding.boundByController) {
            plan.ending = .requeueRateLimited
        } else {
            updateStatus(of: claim, "Pending", volume: nil, &plan)
        }
    }

    // MARK: A claim that was bound (`syncBoundClaim`)

    func syncBoundClaim(_ claim: PersistentVolumeClaim, view: ObjectCache) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        if claim.spec.volumeName.isEmpty {
            lose(
                claim, "ClaimLost",
                "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!", &plan)
        } else if let volume = self.volume(claim.spec.volumeName, view) {
            if volume.spec.claimRef == nil || volume.spec.claimRef?.uid == claim.uid {
                bind(volume, claim, &plan)
            } else {
                lose(
                    claim, "ClaimMisbound",
                    "Two claims are bound to the same volume, this one is bound incorrectly", &plan)
            }
        } else {
            lose(
                claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!",
                &plan)
        }
        return plan
    }

    private func lose(
        _ claim: PersistentVolumeClaim, _ reason: String, _ message: String, _ plan: inout Plan<Continuation>
    ) {
        if claim.status.phase == "Lost" { return }
        updateStatus(of: claim, "Lost", volume: nil, &plan)
        plan.record(Self.event(APIObject(claim), .warning, reason, message))
        plan.note(
            JournalEntry(
                .volume, .persistentVolumeClaim, claim.key, reason: reason, message: "the claim is Lost",
                cause: message))
    }

    // MARK: Binding (`bind`)

    /// Up to four writes: the volume, its phase, the claim, its status; each only if it changes something.
    private func bind(
        _ volume: PersistentVolume, _ claim: PersistentVolumeClaim, _ plan: inout Plan<Continuation>
    ) {
        guard volume.spec.capacity["storage"] != nil || claim.status.phase == "Bound" else {
            // Nothing to take the claim's capacity from: an error upstream, tried again with back-off.
            plan.ending = .requeueRateLimited
            return
        }
        var volume = volume
        var isChanged = false
        let reference = Self.reference(to: claim)
        let isReserved = VolumeBinding.isBound(volume, to: claim)
        if volume.spec.claimRef.map({ !isReserved || $0.uid != claim.uid }) ?? true {
            volume.spec.claimRef = reference
            isChanged = true
        }
        if !isReserved && !volume.metadata.annotations.contains(VolumeBinding.boundByController) {
            volume.metadata.annotations[VolumeBinding.boundByController] = "yes"
            isChanged = true
        }
        let isNews = isChanged || !claim.metadata.annotations.contains(VolumeBinding.bindCompleted)
        if isChanged { plan.call(.update(APIObject(volume))) }
        updatePhase(of: volume, "Bound", &plan)
        var claim = claim
        isChanged = false
        if claim.spec.volumeName != volume.metadata.name {
            claim.spec.volumeName = volume.metadata.name
            if !claim.metadata.annotations.contains(VolumeBinding.boundByController) {
                claim.metadata.annotations[VolumeBinding.boundByController] = "yes"
            }
            isChanged = true
        }
        if !claim.metadata.annotations.contains(VolumeBinding.bindCompleted) {
            claim.metadata.annotations[VolumeBinding.bindCompleted] = "yes"
            isChanged = true
        }
        if isChanged { plan.call(.update(APIObject(claim))) }
        updateStatus(of: claim, "Bound", volume: volume, &plan)
        if isNews {
            plan.note(
                JournalEntry(
                    .volume, .persistentVolumeClaim, claim.key, reason: "Bound",
                    message: "bound to volume \(volume.metadata.name)",
                    cause: isReserved
                        ? "the volume refers to the claim"
                        : "the smallest available volume of class \(VolumeBinding.className(of: claim)) that "
                            + "holds the request"))
        }
    }

    static func reference(to claim: PersistentVolumeClaim) -> ObjectReference {
        var reference = ObjectReference()
        reference.kind = "PersistentVolumeClaim"
        reference.apiVersion = "v1"
        reference.namespace = claim.metadata.namespace
        reference.name = claim.metadata.name
        reference.uid = claim.uid
        if claim.metadata.resourceVersion > 0 {
            reference.resourceVersion = "\(claim.metadata.resourceVersion)"
        }
        return reference
    }

    /// Upstream: `updateClaimStatus` (v1.36).
    private func updateStatus(
        of claim: PersistentVolumeClaim, _ phase: String, volume: PersistentVolume?,
        _ plan: inout Plan<Continuation>
    ) {
        let new = claim.with { claim in
            if let volume {
                claim.status.accessModes = volume.spec.accessModes
                if claim.status.phase != phase,
                    claim.status.capacity["storage"] == nil
                        || claim.status.capacity["storage"] != volume.spec.capacity["storage"]
                {
                    claim.status.capacity = volume.spec.capacity
                }
            } else {
                claim.status.accessModes = []
                claim.status.capacity = ResourceList()
            }
            claim.status.phase = phase
        }
        if new.status != claim.status { plan.call(.updateStatus(APIObject(new))) }
    }

    func updatePhase(
        of volume: PersistentVolume, _ phase: String, message: String = "", _ plan: inout Plan<Continuation>
    ) {
        if volume.status.phase == phase { return }
        plan.call(
            .updateStatus(
                APIObject(
                    volume.with {
                        $0.status.phase = phase
                        $0.status.message = message
                    })))
    }

    // MARK: Provisioning

    /// Tells an external provisioner by an annotation (`provisionClaimOperationExternal`).
    private func provision(
        _ claim: PersistentVolumeClaim, _ className: String, _ storageClass: StorageClass?,
        _ plan: inout Plan<Continuation>
    ) {
        guard let storageClass else {
            let message = "storageclass.storage.k8s.io \"\(className)\" not found"
            plan.record(Self.event(APIObject(claim), .warning, "ProvisioningFailed", message))
            return
        }
        guard let provisioner = VolumeBinding.externalProvisioner(storageClass.provisioner) else {
            // Host paths are provisioned for tests only, behind a flag; every other name is unknown.
            let message =
                storageClass.provisioner == "kubernetes.io/host-path"
                ? "no provisionable volume plugin matched"
                : "no volume plugin matched name: \(storageClass.provisioner)"
            plan.record(Self.event(APIObject(claim), .warning, "ProvisioningFailed", message))
            return
        }
        if claim.metadata.annotations[VolumeBinding.storageProvisioner] == provisioner {
            plan.record(Self.provisioningEvent(claim, provisioner))
            return
        }
        let new = claim.with {
            $0.metadata.annotations[VolumeBinding.betaStorageProvisioner] = provisioner
            $0.metadata.annotations[VolumeBinding.storageProvisioner] = provisioner
        }
        plan.call(.update(APIObject(new)))
        plan.ending = .resume(.provisionerSet(provisioner))
    }

    func provisionerSet(
        _ provisioner: String, _ key: ObjectKey, _ outcomes: [CallOutcome], view: ObjectCache
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        guard let outcome = outcomes.last, case .update(let sent) = outcome.request,
            let claim = (outcome.object ?? sent).persistentVolumeClaim?.value
        else { return plan }
        if let error = outcome.error {
            plan.record(
                Self.event(
                    APIObject(claim), .warning, "ProvisioningFailed", "Error saving claim: \(error.message)"))
        } else {
            plan.record(Self.provisioningEvent(claim, provisioner))
        }
        return plan
    }

    private static func provisioningEvent(_ claim: PersistentVolumeClaim, _ provisioner: String)
        -> EventRecord
    {
        event(
            APIObject(claim), .normal, "ExternalProvisioning",
            "Waiting for a volume to be created either by the external provisioner '\(provisioner)' or manually "
                + "by the system administrator. If volume creation is delayed, please verify that the "
                + "provisioner is running and correctly registered.")
    }
}
