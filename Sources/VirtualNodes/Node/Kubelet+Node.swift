import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// Registration, lease and node status. Upstream: `pkg/kubelet/kubelet_node_status.go`,
/// `pkg/kubelet/nodestatus/setters.go`, `component-helpers/apimachinery/lease/controller.go` (v1.36).
extension Kubelet {
    // MARK: Registration

    func register(_ now: VirtualTime, _ out: inout Outbox) {
        guard machine.isConnected else { return }  // Begins anew when the partition heals.
        for reason in ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"] {
            nodeEvent(.normal, reason, "Node \(name) status is now: \(reason)", &out)
        }
        out.call(.create(APIObject(initialNode(now))), token: token(.register))
    }

    func completeRegistration(_ result: APIResult, _ now: VirtualTime, _ out: inout Outbox) {
        switch result {
        case .success(let object):
            isRegistered = true
            wasRegistered = true
            if let created = object?.node { observeNode(created, now, &out) }
            nodeReportTime = now
            scheduleNodeReport()
        case .failure(let error) where error.reason == .alreadyExists:
            isRegistered = true
            wasRegistered = true
            syncNodeStatus(now, &out)
            // Once more when the pods are known: volumes may not be in use any more.
            scheduleNodeStatus(now)
        case .failure:
            registrationDelay = min(registrationDelay * 2, timing.registrationBackOffMaximum)
            alarms.set(.register, at: now + registrationDelay)
        }
    }

    func initialNode(_ now: VirtualTime) -> Node {
        var node = Node()
        node.metadata.name = name
        node.metadata.labels = Labels([
            (WellKnown.hostnameLabel, name), ("kubernetes.io/os", "linux"), ("kubernetes.io/arch", "amd64"),
            ("beta.kubernetes.io/os", "linux"), ("beta.kubernetes.io/arch", "amd64"),
        ]).merging(description.labels)
        node.metadata.annotations = StringMap([
            ("volumes.kubernetes.io/controller-managed-attach-detach", "true")
        ]).merging(description.annotations)
        node.spec.taints = description.taints
        node.spec.podCIDR = description.podCIDR
        node.spec.providerID = description.providerID
        node.status = nodeStatus(from: nil, now)
        return node
    }

    // MARK: Status

    func observeNode(_ node: Ref<Node>, _ now: VirtualTime, _ out: inout Outbox) {
        self.node = node
        guard isRegistered else { return }
        // Somebody else may have written what is ours, as the node lifecycle controller does.
        if differsFromReport(node, now) { scheduleNodeStatus(now) }
        for slot in pods.indices where pods[slot].generation != 0 && !pods[slot].volumes.isEmpty {
            observeAttachments(Int32(slot), now)
        }
    }

    /// Whether the status that would be reported now says something else than the node does.
    private func differsFromReport(_ node: Ref<Node>, _ now: VirtualTime) -> Bool {
        if volumesInUse(before: node.value.status, now) != node.value.status.volumesInUse
            || reportedImages != node.value.status.images
        {
            return true
        }
        let offered = resources
        if offered.capacity != node.value.status.capacity
            || offered.allocatable != node.value.status.allocatable
        {
            return true
        }
        if bootID(of: node.value.status) != bootID { return true }
        return healthReports.contains { report in
            !node.value.status.conditions.contains {
                $0.type == report.type && $0.status == report.status && $0.reason == report.reason
            }
        }
    }

    /// Computes and, if it differs, reports the node's status at the next pass of the loop.
    func scheduleNodeStatus(_ now: VirtualTime) {
        scheduleNodeStatus(at: tick(timing.nodeStatusPeriod, after: now))
    }

    /// The report that is due although nothing has changed, if there are such.
    private func scheduleNodeReport() {
        guard let period = timing.nodeStatusReportPeriod, let last = nodeReportTime else { return }
        scheduleNodeStatus(at: tick(timing.nodeStatusPeriod, from: last + period))
    }

    private func scheduleNodeStatus(at time: VirtualTime) {
        guard isRegistered, machine.isConnected, !isNodeStatusScheduled || time < nodeStatusTime else {
            return
        }
        isNodeStatusScheduled = true
        nodeStatusTime = time
        nodeStatusVersion &+= 1
        alarms.set(.nodeStatus(version: nodeStatusVersion), at: time)
    }

    func syncNodeStatus(_ now: VirtualTime, _ out: inout Outbox) {
        isNodeStatusScheduled = false
        guard isRegistered, machine.isConnected else { return }
        if isNodeStatusInFlight {
            scheduleNodeStatus(now)
            return
        }
        dropDetached(now)
        var isDue = false
        if let period = timing.nodeStatusReportPeriod {
            // A node is registered with its status, which counts as a report.
            let last = nodeReportTime ?? now
            nodeReportTime = last
            isDue = now >= last + period
        }
        if let node, !isDue, !differsFromReport(node, now) {
            // A report whose answer was lost has arrived all the same.
            markVolumes(from: node, now)
            if attachable.contains(where: { $0.users <= 0 }) { scheduleNodeStatus(now) }
            return scheduleNodeReport()
        }
        isNodeStatusInFlight = true
        nodeReportTime = now
        let status = nodeStatus(from: node?.value.status, now)
        reportChanges(to: status, &out)
        out.call(
            .patch(.node, ObjectKey(name: name), .nodeStatus(status), uid: nil), token: token(.nodeStatus))
    }

    func completeNodeStatus(_ result: APIResult, _ now: VirtualTime, _ out: inout Outbox) {
        isNodeStatusInFlight = false
        switch result {
        case .success(let object):
            guard var node = object?.node else { return }
            // The watch may have overtaken the answer.
            if let known = self.node,
                known.value.metadata.resourceVersion > node.value.metadata.resourceVersion
            {
                node = known
            }
            self.node = node
            markReported(in: node)
            observeNode(node, now, &out)
            forgetDetached(now)
            scheduleNodeReport()
        case .failure(let error):
            if error.reason == .notFound { node = nil }
            scheduleNodeStatus(now)
        }
    }

    /// Volumes that the node's status names count as reported, and those that are attached, too, are mounted.
    ///
    /// Upstream: `pkg/kubelet/kubelet_node_status.go`, `markVolumesFromNode` (v1.36).
    private func markVolumes(from node: Ref<Node>, _ now: VirtualTime) {
        guard !attachable.isEmpty else { return }
        markReported(in: node)
        for slot in pods.indices where pods[slot].generation != 0 && !pods[slot].volumes.isEmpty {
            observeAttachments(Int32(slot), now)
        }
    }

    private func markReported(in node: Ref<Node>) {
        let reported = node.value.status.volumesInUse
        for index in attachable.indices {
            attachable[index].isReported = reported.contains(attachable[index].name)
        }
    }

    func runtimeBecameReady(_ now: VirtualTime, _ out: inout Outbox) {
        isRuntimeReady = true
        // The fast status update: once, as soon as the node is ready.
        if isRegistered { syncNodeStatus(now, &out) }
        for slot in pods.indices where pods[slot].generation != 0 { requestSync(Int32(slot)) }
    }

    /// Events about conditions that change with this report.
    private func reportChanges(to status: NodeStatus, _ out: inout Outbox) {
        let before = node?.value.status.conditions ?? []
        func isNews(_ type: String) -> Bool { before[type]?.status != status.conditions[type]?.status }
        let memory =
            status.conditions.isTrue("MemoryPressure")
            ? "NodeHasInsufficientMemory" : "NodeHasSufficientMemory"
        for (type, reason) in [
            ("MemoryPressure", memory), ("DiskPressure", "NodeHasNoDiskPressure"),
            ("PIDPressure", "NodeHasSufficientPID"),
        ] where isNews(type) {
            nodeEvent(.normal, reason, "Node \(name) status is now: \(reason)", &out)
        }
        if !before.isEmpty, isNews("Ready") {
            let reason = status.conditions.isTrue("Ready") ? "NodeReady" : "NodeNotReady"
            nodeEvent(.normal, reason, "Node \(name) status is now: \(reason)", &out)
        }
        if let node, let old = bootID(of: node.value.status), old != bootID, !hasReportedReboot {
            hasReportedReboot = true
            nodeEvent(.warning, "Rebooted", "Node \(name) has been rebooted, boot id: \(bootID)", &out)
        }
    }

    var bootID: String { machineFacts.bootID }

    private func bootID(of status: NodeStatus) -> String? {
        status.rest["nodeInfo"]?["bootID"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    }

    private var resources: (capacity: ResourceList, allocatable: ResourceList) {
        var capacity = description.capacity
        if capacity[ResourceName.pods] == nil { capacity[ResourceName.pods] = Quantity(value: 110) }
        var allocatable = description.allocatable ?? capacity
        if allocatable[ResourceName.pods] == nil {
            allocatable[ResourceName.pods] = capacity[ResourceName.pods]
        }
        return (capacity, allocatable)
    }

    /// One of the conditions that a kubelet reports of its node.
    private struct HealthReport {
        var type: String
        var status: ConditionStatus
        var reason: String
        var message: String

        init(_ type: String, _ status: ConditionStatus, _ reason: String, _ message: String) {
            self.type = type
            self.status = status
            self.reason = reason
            self.message = message
        }
    }

    private var healthReports: [HealthReport] {
        [
            usage.eviction.hasMemoryPressure
                ? HealthReport(
                    "MemoryPressure", .isTrue, "KubeletHasInsufficientMemory",
                    "kubelet has insufficient memory available")
                : HealthReport(
                    "MemoryPressure", .isFalse, "KubeletHasSufficientMemory",
                    "kubelet has sufficient memory available"),
            HealthReport(
                "DiskPressure", .isFalse, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            HealthReport(
                "PIDPressure", .isFalse, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            isRuntimeReady
                ? HealthReport("Ready", .isTrue, "KubeletReady", "kubelet is posting ready status")
                : HealthReport(
                    "Ready", .isFalse, "KubeletNotReady",
                    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
                        + "message:Network plugin returns error: cni plugin not initialized"),
        ]
    }

    /// The node's whole status; transition times go over from the status before where nothing changed.
    func nodeStatus(from old: NodeStatus?, _ now: VirtualTime) -> NodeStatus {
        var status = NodeStatus()
        (status.capacity, status.allocatable) = resources
        status.rest = machineFacts.rest
        let stamp = Timestamp(now)
        for report in healthReports {
            var condition = Condition(
                report.type, report.status, reason: report.reason, message: report.message)
            let before = old?.conditions[report.type]
            condition.lastHeartbeatTime = stamp
            condition.lastTransitionTime =
                before?.status == report.status ? before?.lastTransitionTime : stamp
            status.conditions.append(condition)
        }
        status.images = reportedImages
        status.volumesInUse = volumesInUse(before: old, now)
        return status
    }

    /// Until the pods are known, what an earlier process reported stays.
    private func volumesInUse(before old: NodeStatus?, _ now: VirtualTime) -> [String] {
        let isSynced = sourcesReady && now >= machine.startedAt + timing.syncTick
        return isSynced ? attachable.map(\.name).sorted() : old?.volumesInUse ?? []
    }

    /// What does not change as long as the machine runs; put together once a boot.
    private var machineFacts: (boots: Int, bootID: String, rest: JSONObject) {
        if let machineReport, machineReport.boots == machine.boots { return machineReport }
        let digits = ImageName.identifier("\(name)/boot/\(machine.boots)")
        func part(_ from: Int, _ length: Int) -> Substring { digits.dropFirst(from).prefix(length) }
        let bootID = "\(part(0, 8))-\(part(8, 4))-4\(part(13, 3))-a\(part(17, 3))-\(part(20, 12))"
        let addresses: JSONValue = [
            ["type": "InternalIP", "address": .string(description.internalIP)],
            ["type": "Hostname", "address": .string(name)],
        ]
        let rest: JSONObject = [
            "addresses": addresses, "daemonEndpoints": ["kubeletEndpoint": ["Port": 10250]],
            "nodeInfo": nodeInfo(bootID: bootID),
        ]
        let report = (boots: machine.boots, bootID: bootID, rest: rest)
        machineReport = report
        return report
    }

    private func nodeInfo(bootID: String) -> JSONValue {
        [
            "machineID": .string(String(ImageName.identifier("machine/" + name).prefix(32))),
            "systemUUID": .string(String(ImageName.identifier("system/" + name).prefix(32))),
            "bootID": .string(bootID), "kernelVersion": "6.12.0", "osImage": "Debian GNU/Linux 13 (trixie)",
            "containerRuntimeVersion": .string("\(nodeRuntime.scheme)://\(nodeRuntime.version)"),
            "kubeletVersion": .string(settings.value.kubeletVersion), "kubeProxyVersion": "",
            "operatingSystem": "linux", "architecture": "amd64",
        ]
    }

    /// The largest images first, as many as a status names.
    private var reportedImages: [ContainerImage] {
        if let imageReport { return imageReport }
        let sorted = images.sorted {
            $0.sizeBytes != $1.sizeBytes ? $0.sizeBytes > $1.sizeBytes : $0.name < $1.name
        }
        let report = sorted.prefix(timing.nodeStatusMaxImages).map { image in
            var entry = ContainerImage()
            entry.names = [ImageName.reference(image.name), image.name]
            entry.sizeBytes = image.sizeBytes
            return entry
        }
        imageReport = report
        return report
    }

    // MARK: Lease

    /// Claims the lease, or takes up its renewals again; they need no events from then on.
    func renewLease(_ now: VirtualTime, _ out: inout Outbox) {
        guard machine.isConnected, let node else {
            // Without a node object there is no owner to name; the next period tries again.
            if machine.isConnected { scheduleLease(at: now + timing.leaseRenewalPeriod) }
            return
        }
        var lease = lease(node, now)
        guard hasLease else {
            return out.call(.create(APIObject(lease)), token: token(.createLease))
        }
        guard let version = leaseResourceVersion else {
            return out.call(.get(.lease, lease.metadata.key), token: token(.readLease))
        }
        lease.metadata.resourceVersion = version
        out.call(.update(APIObject(lease)), token: token(.lease))
    }

    /// The process has read the lease that an earlier one left: it renews that.
    func completeLeaseRead(_ result: APIResult, _ now: VirtualTime, _ out: inout Outbox) {
        guard case .success(let object) = result else {
            return completeLease(result, creating: false, now, &out)
        }
        leaseResourceVersion = object?.metadata.resourceVersion
        renewLease(now, &out)
    }

    func scheduleLease(at time: VirtualTime) {
        leaseVersion &+= 1
        alarms.set(.lease(version: leaseVersion), at: time)
    }

    func completeLease(
        _ result: APIResult, creating: Bool, _ now: VirtualTime, _ out: inout Outbox
    ) {
        switch result {
        case .success(let object):
            hasLease = true
            leaseResourceVersion = object?.metadata.resourceVersion
            leaseRetry = .zero
        case .failure(let error) where error.reason == .alreadyExists || error.reason == .notFound:
            hasLease = creating
            leaseResourceVersion = nil
            renewLease(now, &out)
        case .failure(let error):
            if error.reason == .conflict { leaseResourceVersion = nil }
            let step = leaseRetry == .zero ? VirtualDuration.milliseconds(200) : leaseRetry * 2
            leaseRetry = min(step, timing.leaseRetryMaximum)
            scheduleLease(at: now + leaseRetry)
        }
    }

    private func lease(_ node: Ref<Node>, _ now: VirtualTime) -> Lease {
        var lease = Lease()
        lease.metadata.namespace = "kube-node-lease"
        lease.metadata.name = name
        var owner = OwnerReference()
        owner.apiVersion = "v1"
        owner.kind = "Node"
        owner.name = name
        owner.uid = node.value.metadata.uid
        lease.metadata.ownerReferences = [owner]
        lease.holderIdentity = name
        lease.leaseDurationSeconds = timing.leaseDurationSeconds
        lease.renewTime = now
        lease.renewalPeriod = timing.leaseRenewalPeriod
        return lease
    }
}
