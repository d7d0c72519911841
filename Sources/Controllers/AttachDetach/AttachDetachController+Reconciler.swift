import ControlPlane
import KubernetesModel
import SimulationKernel

extension AttachDetachController {
    // MARK: The pass (`reconciler.reconcile`)

    mutating func pass(_ plan: Plan<Continuation>, view: ObjectCache, now: VirtualTime) -> Plan<Continuation>
    {
        var plan = plan
        var due = active
        for (name, moment) in timers where moment <= now { due.insert(name) }
        active = []
        for name in due { timers.removeValue(forKey: name) }
        detaching = []
        let names = due.sorted()
        for name in names { considerDetaching(name, view: view, now: now, &plan) }
        // What the first half changed is looked at in the second, after the nodes were told.
        active.formUnion(names)
        if plan.requests.isEmpty { return startOperations(plan, view: view, now: now) }
        plan.ending = .resume(.nodesUpdated)
        return plan
    }

    private mutating func considerDetaching(
        _ name: String, view: ObjectCache, now: VirtualTime, _ plan: inout Plan<Continuation>
    ) {
        guard let record = volumes[name] else { return }
        for attachment in record.attachments where !record.isWanted(on: attachment.node) {
            consider(detaching: attachment, of: name, record, view: view, now: now, &plan)
        }
    }

    private mutating func consider(
        detaching attachment: VolumeRecord.Attachment, of name: String, _ record: VolumeRecord,
        view: ObjectCache, now: VirtualTime, _ plan: inout Plan<Continuation>
    ) {
        let node = attachment.node
        if let operation = operation(on: name, node: record.allowsMultiAttach ? node : nil) {
            if operation.isPending { return }
            if operation.kind == .detach && operation.retryAt > now {
                return setTimer(name, operation.retryAt)
            }
        }
        let requestedAt = attachment.detachRequestedAt ?? now
        if attachment.detachRequestedAt == nil {
            change(name, node) { $0.detachRequestedAt = now }
        }
        let isExpired =
            now - requestedAt >= options.maxWaitForUnmountDuration && !options.disableForceDetachOnTimeout
        let shown = view.get(Node.self, ObjectKey(name: node))?.value
        let isHealthy = shown?.status.conditions.isTrue("Ready") ?? false
        let isOutOfService = shown.map(Self.isOutOfService) ?? false
        let isMounted = nodes[node]?.inUse.contains(name) ?? false
        if isMounted && !(isExpired && !isHealthy) && !isOutOfService {
            let limit = requestedAt + options.maxWaitForUnmountDuration
            if limit > now && !options.disableForceDetachOnTimeout { setTimer(name, limit) }
            if attachment.detachRequestedAt == nil {
                plan.note(
                    waitingEntry(name, record, node: node, now: now, limit: limit, isHealthy: isHealthy))
            }
            return
        }
        let verifies = !isExpired && !isOutOfService
        if !verifies && isMounted {
            plan.note(forcedEntry(name, record, node: node, requestedAt: requestedAt, isExpired: isExpired))
        }
        begin(.detach, name, record, node: node)
        detaching.append((name, node, verifies))
        if nodes[node]?.reported.remove(name) != nil || nodes[node]?.needsUpdate == true {
            if let request = statusUpdate(of: node, view: view) {
                plan.steps.append(.call(request, tolerating: APIError.Reason.all))
            }
        }
    }

    private mutating func change(
        _ name: String, _ node: String, _ body: (inout VolumeRecord.Attachment) -> Void
    ) {
        guard let index = volumes[name]?.attachments.firstIndex(where: { $0.node == node }) else { return }
        if var attachment = volumes[name]?.attachments[index] {
            body(&attachment)
            volumes[name]?.attachments[index] = attachment
        }
    }

    private mutating func setTimer(_ name: String, _ moment: VirtualTime) {
        timers[name] = min(timers[name] ?? .never, moment)
    }

    /// The write of a node's attached volumes; nil when the node is not there.
    private mutating func statusUpdate(of node: String, view: ObjectCache) -> APIRequest? {
        nodes[node]?.needsUpdate = false
        nodesToUpdate.remove(node)
        guard view.get(Node.self, ObjectKey(name: node)) != nil else { return nil }
        let volumes = (nodes[node]?.reported ?? []).sorted().map { name in
            var volume = AttachedVolume()
            volume.name = name
            return volume
        }
        return .patch(.node, ObjectKey(name: node), .nodeVolumesAttached(volumes), uid: nil)
    }

    /// Nodes whose status could not be written are tried again; their volumes are not detached meanwhile.
    mutating func nodesUpdated(
        _ outcomes: [CallOutcome], view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        for node in failedUpdates(outcomes) {
            for (name, place, _) in detaching where place == node {
                operations.removeAll { $0.volume == name && $0.node == node && $0.isPending }
                nodes[node]?.reported.insert(name)
                active.insert(name)
            }
            detaching.removeAll { $0.node == node }
            update(node)
        }
        return startOperations(Plan(), view: view, now: now)
    }

    private func failedUpdates(_ outcomes: [CallOutcome]) -> [String] {
        outcomes.compactMap { outcome in
            guard case .patch(.node, let key, _, _) = outcome.request, let error = outcome.error,
                error.reason != .notFound
            else { return nil }
            return key.name
        }
    }

    // MARK: Attaching (`attachDesiredVolumes`)

    private mutating func startOperations(
        _ plan: Plan<Continuation>, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = plan
        var requests: [APIRequest] = []
        for (name, node, verifies) in detaching {
            if verifies {
                requests.append(.get(.node, ObjectKey(name: node)))
            } else if let request = deletion(of: name, node: node) {
                requests.append(request)
            }
        }
        let names = active.sorted()
        active = []
        for name in names { attach(name, view: view, now: now, &requests, &plan) }
        for node in nodesToUpdate.sorted() {
            if let request = statusUpdate(of: node, view: view) { requests.append(request) }
        }
        for name in names where volumes[name]?.isForgettable == true {
            volumes.removeValue(forKey: name)
            operations.removeAll { $0.volume == name && !$0.isPending }
        }
        if requests.isEmpty { return sleep(plan, view: view, now: now) }
        plan.batch(requests)
        plan.ending = .resume(.operationsStarted)
        return plan
    }

    private mutating func attach(
        _ name: String, view: ObjectCache, now: VirtualTime, _ requests: inout [APIRequest],
        _ plan: inout Plan<Continuation>
    ) {
        guard let record = volumes[name], let volume = record.volume else { return }
        for wish in record.wishes {
            if let operation = operation(on: name, node: record.allowsMultiAttach ? wish.node : nil) {
                if operation.isPending { continue }
                if record.attachment(on: wish.node)?.isConfirmed != true, operation.kind == .attach,
                    operation.retryAt > now
                {
                    setTimer(name, operation.retryAt)
                    continue
                }
            }
            if record.attachment(on: wish.node)?.isConfirmed == true {
                change(name, wish.node) { $0.detachRequestedAt = nil }
                continue
            }
            let holders = record.attachments.filter(\.isConfirmed).map(\.node)
            if !record.allowsMultiAttach && !holders.isEmpty {
                if !wish.isMultiAttachReported { reportMultiAttach(name, record, wish, holders, &plan) }
                continue
            }
            begin(.attach, name, record, node: wish.node)
            let attachment = AttachableVolume.attachmentName(
                handle: volume.handle, driver: volume.driver, node: wish.node)
            if view.get(VolumeAttachment.self, ObjectKey(name: attachment)) == nil {
                requests.append(.create(Self.attachmentObject(attachment, volume, node: wish.node)))
            } else {
                startWaiting(attachment, now: now)
            }
        }
    }

    private static func attachmentObject(_ name: String, _ volume: AttachableVolume, node: String)
        -> APIObject
    {
        var attachment = VolumeAttachment()
        attachment.metadata.name = name
        attachment.spec.attacher = volume.driver
        attachment.spec.nodeName = node
        attachment.spec.persistentVolumeName = volume.name
        return APIObject(attachment)
    }

    /// Tells the pods that their volume is still attached elsewhere, once for a node.
    private mutating func reportMultiAttach(
        _ name: String, _ record: VolumeRecord, _ wish: VolumeRecord.Wish, _ holders: [String],
        _ plan: inout Plan<Continuation>
    ) {
        if let index = volumes[name]?.wishes.firstIndex(where: { $0.node == wish.node }) {
            volumes[name]?.wishes[index].isMultiAttachReported = true
        }
        let others = record.wishes.filter { holders.contains($0.node) }.flatMap(\.pods)
        let volumeName = record.volume?.name ?? "nil"
        for pod in wish.pods {
            let message =
                "Multi-Attach error for volume \"\(volumeName)\" "
                + Self.multiAttachReason(pod, others: others)
            plan.record(
                EventRecord(
                    kind: .pod, key: pod.key, uid: pod.uid, .warning, reason: "FailedAttachVolume",
                    message: message, component: Self.name))
            plan.note(
                JournalEntry(
                    .volume, .pod, pod.key, reason: "FailedAttachVolume",
                    message: "waits for volume \(volumeName), which is still attached to "
                        + holders.joined(separator: ", "),
                    cause: multiAttachCause(name, record, holders)))
        }
    }

    static func multiAttachReason(_ pod: PodReference, others: [PodReference]) -> String {
        if others.isEmpty {
            return "Volume is already exclusively attached to one node and can't be attached to another"
        }
        let local = others.filter { $0.key.namespace == pod.key.namespace }.map(\.key.name)
        let foreign = others.count - local.count
        if local.isEmpty { return "Volume is already used by \(foreign) pod(s) in different namespaces" }
        let text = "Volume is already used by pod(s) " + local.joined(separator: ", ")
        return foreign > 0 ? text + " and \(foreign) pod(s) in different namespaces" : text
    }

    private func multiAttachCause(_ name: String, _ record: VolumeRecord, _ holders: [String]) -> String {
        let modes = record.volume?.accessModes.joined(separator: ", ") ?? ""
        let requestedAt = record.attachments.first { holders.contains($0.node) }?.detachRequestedAt
        guard let requestedAt else { return "access mode \(modes): one node at a time" }
        return
            "access mode \(modes): one node at a time; the detach was first wanted at \(requestedAt) and waits "
            + "for the unmount, or, if the node is not Ready, until "
            + "\(requestedAt + options.maxWaitForUnmountDuration) (maxWaitForUnmountDuration "
            + "\(options.maxWaitForUnmountDuration)), or for an out-of-service taint"
    }

    private func waitingEntry(
        _ name: String, _ record: VolumeRecord, node: String, now: VirtualTime, limit: VirtualTime,
        isHealthy: Bool
    ) -> JournalEntry {
        JournalEntry(
            .volume, .persistentVolume, ObjectKey(name: record.volume?.name ?? name), reason: "DetachWaits",
            message: "no pod on \(node) wants the volume any more, but the node has it in use",
            cause: isHealthy
                ? "its kubelet has to unmount it first"
                : "the node is not Ready: it is detached by force at \(limit), maxWaitForUnmountDuration "
                    + "\(options.maxWaitForUnmountDuration) after \(now)")
    }

    private func forcedEntry(
        _ name: String, _ record: VolumeRecord, node: String, requestedAt: VirtualTime, isExpired: Bool
    ) -> JournalEntry {
        JournalEntry(
            .volume, .persistentVolume, ObjectKey(name: record.volume?.name ?? name), reason: "ForceDetach",
            message: "detached by force from \(node), which still has it in use",
            cause: isExpired
                ? "maxWaitForUnmountDuration \(options.maxWaitForUnmountDuration) after the detach was first "
                    + "wanted at \(requestedAt), and the node is not Ready"
                : "the node has the taint \(WellKnown.outOfServiceTaint)")
    }

    // MARK: Operations

    /// The operation that would stand in the way of one on the volume; nil for the node stands for all nodes.
    private func operation(on volume: String, node: String?) -> VolumeOperation? {
        let matching = operations.filter {
            $0.volume == volume && (node == nil || $0.isExclusive || $0.node == node)
        }
        return matching.first(where: \.isPending) ?? matching.first
    }

    private mutating func begin(
        _ kind: VolumeOperation.Kind, _ name: String, _ record: VolumeRecord, node: String
    ) {
        let isExclusive = !record.allowsMultiAttach
        let parts = AttachableVolume.parts(of: name) ?? ("", "")
        var operation = VolumeOperation(
            kind: kind, volume: name, node: node, isExclusive: isExclusive,
            attachment: AttachableVolume.attachmentName(
                handle: parts.handle, driver: parts.driver, node: node))
        operation.pods = record.wishes.first { $0.node == node }?.pods ?? []
        let index = operations.firstIndex {
            $0.volume == name && $0.isExclusive == isExclusive && (isExclusive || $0.node == node)
        }
        if let index {
            // A failed operation of the same kind keeps its back-off, so that the next failure doubles it.
            if operations[index].kind == kind { operation.backoff = operations[index].backoff }
            operations[index] = operation
        } else {
            operations.append(operation)
        }
    }

    private func deletion(of name: String, node: String) -> APIRequest? {
        guard let parts = AttachableVolume.parts(of: name) else { return nil }
        let attachment = AttachableVolume.attachmentName(
            handle: parts.handle, driver: parts.driver, node: node)
        return .delete(.volumeAttachment, ObjectKey(name: attachment), DeleteOptions())
    }

    private mutating func startWaiting(_ attachment: String, now: VirtualTime) {
        guard let index = operations.firstIndex(where: { $0.attachment == attachment && $0.isPending }) else {
            return
        }
        operations[index].waitingSince = now
    }

    mutating func operationsStarted(
        _ outcomes: [CallOutcome], view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        for node in failedUpdates(outcomes) { update(node) }
        var deletions: [APIRequest] = []
        for outcome in outcomes {
            switch outcome.request {
            case .get(.node, let key): verify(outcome, node: key.name, now: now, &deletions)
            case .create(let object):
                if let error = outcome.error, error.reason != .alreadyExists {
                    fail(
                        object.key.name,
                        "kubernetes.io/csi: attacher.Attach failed: \(error.message)", now: now, &plan)
                } else {
                    startWaiting(object.key.name, now: now)
                }
            default: break
            }
        }
        takeDeletions(outcomes, now: now)
        detaching = []
        if deletions.isEmpty { return sleep(plan, view: view, now: now) }
        plan.batch(deletions)
        plan.ending = .resume(.attachmentsDeleted)
        return plan
    }

    /// `verifyVolumeIsSafeToDetach`: the node as the API server has it must not use the volume.
    private mutating func verify(
        _ outcome: CallOutcome, node: String, now: VirtualTime, _ deletions: inout [APIRequest]
    ) {
        // One read was made for each volume; the first answer that comes along serves the next volume.
        guard let index = detaching.firstIndex(where: { $0.node == node && $0.verifies }) else { return }
        let (name, _, _) = detaching.remove(at: index)
        let isInUse = outcome.object?.node?.value.status.volumesInUse.contains(name) ?? false
        let isUnknown = outcome.error.map { $0.reason != .notFound } ?? false
        if isInUse || isUnknown {
            failDetach(name, node: node, now: now)
        } else if let request = deletion(of: name, node: node) {
            deletions.append(request)
        }
    }

    mutating func attachmentsDeleted(
        _ outcomes: [CallOutcome], view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        takeDeletions(outcomes, now: now)
        return sleep(Plan(), view: view, now: now)
    }

    private mutating func takeDeletions(_ outcomes: [CallOutcome], now: VirtualTime) {
        for outcome in outcomes {
            guard case .delete(.volumeAttachment, let key, _) = outcome.request,
                let operation = operations.first(where: { $0.attachment == key.name && $0.isPending })
            else { continue }
            if outcome.error?.reason == .notFound {
                succeed(operation)
            } else if outcome.error != nil {
                failDetach(operation.volume, node: operation.node, now: now)
            } else {
                startWaiting(key.name, now: now)
            }
        }
    }

    private mutating func succeed(_ operation: VolumeOperation) {
        operations.removeAll { $0.attachment == operation.attachment && $0.isPending }
        if operation.kind == .detach { markDetached(operation.volume, on: operation.node) }
    }

    private mutating func failDetach(_ name: String, node: String, now: VirtualTime) {
        markAttached(name, nil, on: node, confirmed: false)
        for index in operations.indices
        where operations[index].volume == name && operations[index].node == node
            && operations[index].isPending
        {
            operations[index].fail(at: now)
        }
        active.insert(name)
    }

    private mutating func fail(
        _ attachment: String, _ message: String, now: VirtualTime, _ plan: inout Plan<Continuation>
    ) {
        guard let index = operations.firstIndex(where: { $0.attachment == attachment && $0.isPending }) else {
            return
        }
        let operation = operations[index]
        if operation.kind == .detach { return failDetach(operation.volume, node: operation.node, now: now) }
        operations[index].fail(at: now)
        markAttached(operation.volume, nil, on: operation.node, confirmed: false)
        let name = volumes[operation.volume]?.volume?.name ?? "nil"
        for pod in operation.pods {
            plan.record(
                EventRecord(
                    kind: .pod, key: pod.key, uid: pod.uid, .warning, reason: "FailedAttachVolume",
                    message: "AttachVolume.Attach failed for volume \"\(name)\" : \(message)",
                    component: Self.name))
        }
    }

    /// Looks at the VolumeAttachments of the operations whose turn it is.
    mutating func advanceOperations(view: ObjectCache, now: VirtualTime, _ plan: inout Plan<Continuation>) {
        for operation in operations {
            guard let since = operation.waitingSince, let poll = operation.nextPoll(atOrAfter: now) else {
                continue
            }
            let attachment = view.get(VolumeAttachment.self, ObjectKey(name: operation.attachment))?.value
            if poll == now {
                switch operation.kind {
                case .attach: look(operation, attachment, now: now, &plan)
                case .detach:
                    if attachment == nil {
                        succeed(operation)
                        plan.note(detachedEntry(operation))
                    } else if let error = attachment?.errorMessage("detachError") {
                        fail(operation.attachment, error, now: now, &plan)
                    }
                }
            }
            let isWaiting = operations.contains {
                $0.attachment == operation.attachment && $0.waitingSince == since
            }
            guard isWaiting, now >= since + VolumeOperation.timeout else { continue }
            // While detaching no volume spec is at hand, so the driver is unknown.
            let driver =
                operation.kind == .attach
                ? AttachableVolume.parts(of: operation.volume)?.driver ?? "unknown" : "unknown"
            let handle = AttachableVolume.parts(of: operation.volume)?.handle ?? ""
            fail(
                operation.attachment,
                "timed out waiting for external-attacher of \(driver) CSI driver to "
                    + "\(operation.kind == .attach ? "attach" : "detach") volume \(handle)", now: now, &plan)
        }
    }

    private mutating func look(
        _ operation: VolumeOperation, _ attachment: VolumeAttachment?, now: VirtualTime,
        _ plan: inout Plan<Continuation>
    ) {
        guard let attachment else { return }
        if attachment.metadata.isBeingDeleted {
            return fail(operation.attachment, "volume attachment is being deleted", now: now, &plan)
        }
        if attachment.status.attached {
            operations.removeAll { $0.attachment == operation.attachment && $0.isPending }
            markAttached(operation.volume, nil, on: operation.node, confirmed: true)
            let name = volumes[operation.volume]?.volume?.name ?? "nil"
            for pod in operation.pods {
                plan.record(
                    EventRecord(
                        kind: .pod, key: pod.key, uid: pod.uid, .normal, reason: "SuccessfulAttachVolume",
                        message: "AttachVolume.Attach succeeded for volume \"\(name)\" ", component: Self.name
                    ))
            }
            plan.note(
                JournalEntry(
                    .volume, .persistentVolume, ObjectKey(name: name), reason: "SuccessfulAttachVolume",
                    message: "attached to \(operation.node)",
                    cause: "the attacher reported it; the controller looks after 500ms and then ever 5% later"
                ))
        } else if let error = attachment.errorMessage("attachError") {
            fail(operation.attachment, error, now: now, &plan)
        }
    }

    private func detachedEntry(_ operation: VolumeOperation) -> JournalEntry {
        JournalEntry(
            .volume, .persistentVolume,
            ObjectKey(name: volumes[operation.volume]?.volume?.name ?? operation.volume),
            reason: "Detached", message: "detached from \(operation.node)",
            cause: "its VolumeAttachment is gone")
    }
}

extension VolumeAttachment {
    /// What the attacher last complained of.
    fileprivate func errorMessage(_ member: String) -> String? {
        JSONValue.object(status.rest)[member]?["message"]?.stringValue
    }

    /// Whether an operation that looks at the attachment would come to an end.
    func isDecided(for kind: VolumeOperation.Kind) -> Bool {
        switch kind {
        case .attach: status.attached || metadata.isBeingDeleted || errorMessage("attachError") != nil
        case .detach: errorMessage("detachError") != nil
        }
    }
}
