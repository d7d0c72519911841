import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// The driver: what kubelets, the scheduler and the attacher of volumes do.
extension RecordingReplay {
    // MARK: Pods

    mutating func act(_ action: String, onPod name: String, _ step: JSONValue) {
        let key = key(name)
        if action == "evict" { return call(.evict(pod: key, options(step)), isShown: true) }
        guard let pod = cluster.server.store.get(Pod.self, key)?.value else { return }
        switch action {
        case "podDelete": call(.delete(.pod, key, options(step)))
        case "finalizePodDeletion":
            if pod.metadata.isBeingDeleted {
                call(.delete(.pod, key, DeleteOptions(gracePeriodSeconds: 0, uid: pod.metadata.uid)))
            }
        default:
            if pod.nodeName.isEmpty && !pod.metadata.isBeingDeleted && step["bind"] != false {
                call(.bind(pod: key, uid: pod.metadata.uid, node: node(for: pod, step)))
            }
            if action != "podBind" { report(action, key, step) }
        }
    }

    private mutating func node(for pod: Pod, _ step: JSONValue) -> String {
        if pod.metadata.controllerReference?.kind == "DaemonSet" {
            let term = pod.spec.affinity?.nodeAffinity?.required?.nodeSelectorTerms.first
            if let node = term?.matchFields.first?.values.first { return node }
        }
        if let node = step["node"]?.stringValue {
            return node.replacing("<ns>", with: RecordedNames.namespace)
        }
        boundPods += 1
        return nodes[(boundPods - 1) % nodes.count]
    }

    /// Writes a pod's status as its kubelet would.
    private mutating func report(_ action: String, _ key: ObjectKey, _ step: JSONValue) {
        guard let pod = cluster.server.store.get(Pod.self, key)?.value else { return }
        let now =
            step["at"]?.doubleValue.map {
                Timestamp(seconds: Int64(($0 + variant.phase.fractionalSeconds).rounded(.down)))
            } ?? Timestamp(cluster.now)
        var status = PodStatus()
        let isReady = action == "podReady"
        switch action {
        case "podSucceeded": status.phase = .succeeded
        case "podFailed": status.phase = .failed
        case "podPending": status.phase = .pending
        default: status.phase = .running
        }
        status.reason = step["reason"]?.stringValue ?? ""
        status.startTime = pod.status.startTime ?? now
        if action != "podPending" { status.podIP = address(of: pod) }
        for type in ["Initialized", "Ready", "ContainersReady"] {
            let holds = type == "Initialized" || isReady
            var condition = Condition(type, holds ? .isTrue : .isFalse, lastTransitionTime: now)
            if status.phase.isTerminal && !holds {
                condition.reason = status.phase == .failed ? "PodFailed" : "PodCompleted"
            }
            if let old = pod.status.conditions[type], old.status == condition.status, step["at"] == nil {
                condition.lastTransitionTime = old.lastTransitionTime
            }
            status.conditions.append(condition)
        }
        if let extra = step["condition"] {
            status.conditions.append(
                Condition(
                    extra["type"]?.stringValue ?? "",
                    extra["status"]?.stringValue.flatMap(ConditionStatus.init(rawValue:)) ?? .unknown,
                    reason: extra["reason"]?.stringValue ?? "", message: extra["message"]?.stringValue ?? "",
                    lastTransitionTime: now))
        }
        status.containerStatuses = containers(of: pod, in: status.phase, isReady, now, step)
        call(.patch(.pod, key, .podStatus(status), uid: pod.metadata.uid))
    }

    private func containers(
        of pod: Pod, in phase: PodPhase, _ isReady: Bool, _ now: Timestamp, _ step: JSONValue
    ) -> [ContainerStatus] {
        pod.spec.fields.containers.enumerated().map { index, container in
            var value = ContainerStatus()
            value.name = container.name
            value.image = container.image
            value.ready = isReady
            value.started = phase == .running
            let restarts = step["restarts"]
            value.restartCount = restarts?[index]?.integerValue ?? restarts?.integerValue ?? 0
            if phase.isTerminal {
                var end = ContainerState.Termination()
                end.exitCode = phase == .succeeded ? 0 : step["exitCode"]?.integerValue ?? 1
                end.finishedAt = Timestamp(seconds: now.seconds - (step["finishedAgo"]?.integerValue ?? 0))
                value.state = .terminated(end)
            } else {
                value.state =
                    phase == .running
                    ? .running(startedAt: now) : .waiting(reason: "ContainerCreating", message: "")
            }
            return value
        }
    }

    private mutating func address(of pod: Pod) -> String {
        let uid = pod.metadata.uid.description
        if let known = addresses[uid] { return known }
        let number = addresses.count + 1
        let address = "10.244.\(number / 250).\(number % 250 + 1)"
        addresses[uid] = address
        return address
    }

    // MARK: Nodes

    /// Nodes were ready when a case began: takes away what admission gives a new node until it is.
    mutating func clearTaint(_ manifest: JSONValue) {
        let name = manifest["metadata"]?["name"]?.stringValue ?? ""
        let given = (manifest["spec"]?["taints"]?.arrayValue ?? []).filter {
            $0["key"] != "node.kubernetes.io/not-ready"
        }
        call(.patch(.node, ObjectKey(name: name), .merge(["spec": ["taints": .array(given)]]), uid: nil))
    }

    mutating func addReadyNode(_ name: String, annotations: JSONValue = .emptyObject) {
        let node: JSONValue = [
            "apiVersion": "v1", "kind": "Node",
            "metadata": ["name": .string(name), "annotations": annotations],
        ]
        call(.createManifest(node))
        clearTaint(node)
        let ready = Condition("Ready", .isTrue, reason: "KubeletReady")
        call(.patch(.node, ObjectKey(name: name), .nodeConditions([ready]), uid: nil))
    }

    /// A healthy node in a zone of its own, as there were others while the recordings were made.
    mutating func addOtherNode() {
        call(
            .createManifest([
                "apiVersion": "v1", "kind": "Node",
                "metadata": ["name": "other", "labels": ["topology.kubernetes.io/zone": "other"]],
            ]))
        renewLease("other", every: .seconds(10))
        report("other", nil)
    }

    /// Plays an action on nodes and volumes; false when there is no such action.
    mutating func actOnNode(_ action: String, _ step: JSONValue) -> Bool {
        func text(_ name: String) -> String {
            (step[name]?.stringValue ?? "").replacing("<ns>", with: RecordedNames.namespace)
        }
        let node = text("node")
        let key = ObjectKey(name: node)
        switch action {
        case "nodeJoin": join(step)
        case "csiNode":
            addReadyNode(
                node, annotations: ["volumes.kubernetes.io/controller-managed-attach-detach": "true"])
        case "csiDriver":
            call(
                .createManifest(
                    manifest(
                        step["object"]
                            ?? [
                                "apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver",
                                "metadata": ["name": "csi.test"],
                            ])))
        case "nodeStatus": report(node, step["conditions"])
        case "nodeStatusMany":
            for name in step["nodes"]?.arrayValue?.compactMap(\.stringValue) ?? [] {
                report(name.replacing("<ns>", with: RecordedNames.namespace), step["conditions"])
                let gap = VirtualDuration(fractionalSeconds: step["gap"]?.doubleValue ?? 0)
                cluster.run(until: cluster.now + gap)
            }
        case "startLease": renewLease(node, every: .seconds(1))
        case "stopLease":
            let before = cluster.server.store.revision
            cluster.endRenewals(of: ObjectKey(namespace: "kube-node-lease", name: node))
            let after = cluster.server.store.revision
            if after > before { driverRevisions.append(before + 1...after) }
        case "addTaints":
            let taints = (step["taints"]?.arrayValue ?? []).map {
                Taint(fields: $0.objectValue ?? [:], epoch: cluster.epoch)
            }
            call(.patch(.node, key, .nodeTaints(adding: taints, removing: []), uid: nil))
        case "removeTaints":
            let keys = step["keys"]?.arrayValue?.compactMap(\.stringValue) ?? []
            let present = cluster.server.store.get(Node.self, key)?.value.spec.taints ?? []
            let taints = present.filter { keys.contains($0.key) }
            call(.patch(.node, key, .nodeTaints(adding: [], removing: taints), uid: nil))
        case "vaAttached": attach(text("volume"), to: node)
        case "volumesInUse":
            let volumes = step["volumes"]?.arrayValue?.compactMap(\.stringValue) ?? []
            guard var status = cluster.server.store.get(Node.self, key)?.value.status else { return true }
            status.volumesInUse = volumes.map {
                "kubernetes.io/csi/csi.test^" + $0.replacing("<ns>", with: RecordedNames.namespace)
            }
            call(.patch(.node, key, .nodeStatus(status), uid: nil))
        default: return false
        }
        return true
    }

    private mutating func attach(_ volume: String, to node: String) {
        for object in cluster.server.store.list(.volumeAttachment) {
            guard let attachment = object.volumeAttachment?.value, attachment.spec.nodeName == node,
                attachment.spec.persistentVolumeName == volume
            else { continue }
            call(.updateStatus(APIObject(attachment.with { $0.status.attached = true })))
        }
    }

    private mutating func join(_ step: JSONValue) {
        let node = manifest(step["object"] ?? .null)
        call(.createManifest(node))
        let name = node["metadata"]?["name"]?.stringValue ?? ""
        // A kubelet posts its status a little after it has registered.
        cluster.run(until: cluster.now + .milliseconds(50))
        if let ready = step["ready"]?.boolValue { report(name, ["Ready": ready ? "True" : "False"]) }
        if step["lease"] == true { renewLease(name, every: .seconds(1)) }
    }

    private mutating func renewLease(_ name: String, every period: VirtualDuration) {
        let key = ObjectKey(namespace: "kube-node-lease", name: name)
        var lease = Lease()
        lease.metadata = ObjectMeta(namespace: key.namespace, name: name)
        lease.holderIdentity = name
        lease.leaseDurationSeconds = 40
        lease.renewTime = cluster.now
        lease.renewalPeriod = period
        if let old = cluster.server.store.get(Lease.self, key)?.value {
            lease.metadata = old.metadata
            call(.update(APIObject(lease)))
        } else {
            call(.create(APIObject(lease)))
        }
    }

    /// A kubelet posts its node's conditions, all healthy but those given.
    private mutating func report(_ name: String, _ changed: JSONValue?) {
        guard var status = cluster.server.store.get(Node.self, ObjectKey(name: name))?.value.status else {
            return
        }
        let now = Timestamp(cluster.now)
        let reasons: [(type: String, good: ConditionStatus, goodReason: String, badReason: String)] = [
            ("MemoryPressure", .isFalse, "KubeletHasSufficientMemory", "KubeletHasInsufficientMemory"),
            ("DiskPressure", .isFalse, "KubeletHasNoDiskPressure", "KubeletHasDiskPressure"),
            ("PIDPressure", .isFalse, "KubeletHasSufficientPID", "KubeletHasInsufficientPID"),
            ("NetworkUnavailable", .isFalse, "RouteCreated", "NoRoute"),
            ("Ready", .isTrue, "KubeletReady", "KubeletNotReady"),
        ]
        for (type, good, goodReason, badReason) in reasons {
            let value = changed?[type]?.stringValue.flatMap(ConditionStatus.init(rawValue:)) ?? good
            var condition = Condition(type, value, reason: value == good ? goodReason : badReason)
            condition.lastHeartbeatTime = now
            let old = status.conditions[type]
            condition.lastTransitionTime = old?.status == value ? old?.lastTransitionTime : now
            status.conditions[type] = condition
        }
        call(.patch(.node, ObjectKey(name: name), .nodeStatus(status), uid: nil))
    }
}
