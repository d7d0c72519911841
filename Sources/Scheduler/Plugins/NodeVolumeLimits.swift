import KubernetesModel
import OrderedCollections

/// Rejects nodes to which a CSI driver cannot attach as many volumes as the pod would add.
///
/// Upstream: `pkg/scheduler/framework/plugins/nodevolumelimits/csi.go` (v1.36). Volumes of in-tree plugins
/// count for the CSI driver that stands in for them, on nodes that have a CSINode.
public struct NodeVolumeLimits: PreFilterPlugin, FilterPlugin, EnqueueExtensions {
    public static let name = "NodeVolumeLimits"

    /// In-tree sources and the drivers that they are translated to, with the member that names the volume.
    private static let migrated: [(source: String, provisioner: String, driver: String, handle: String)] = [
        ("awsElasticBlockStore", "kubernetes.io/aws-ebs", "ebs.csi.aws.com", "volumeID"),
        ("gcePersistentDisk", "kubernetes.io/gce-pd", "pd.csi.storage.gke.io", "pdName"),
        ("azureDisk", "kubernetes.io/azure-disk", "disk.csi.azure.com", "diskURI"),
        ("cinder", "kubernetes.io/cinder", "cinder.csi.openstack.org", "volumeID"),
        ("portworxVolume", "kubernetes.io/portworx-volume", "pxd.portworx.com", "volumeID"),
    ]

    public init() {}

    /// A volume that takes one of a driver's places.
    private struct Attachable: Hashable {
        let driver: String
        let handle: String
    }

    private static func isMigratable(_ volume: Volume) -> Bool {
        migrated.contains { volume.rest[$0.source] != nil }
    }

    /// How many volumes pods of a spec can attach at most; very many where counting them may fail.
    static func volumeBound(_ spec: PodSpec) -> Int64 {
        var count: Int64 = 0
        for volume in spec.volumes {
            if volume.ephemeral != nil || volume.persistentVolumeClaim?.claimName.isEmpty == true
                || isMigratable(volume)
            {
                count += 1 << 32
            }
            if volume.persistentVolumeClaim != nil { count += 1 }
        }
        return count
    }

    private static func countsVolumes(_ pod: Pod) -> Bool {
        pod.spec.volumes.contains {
            $0.persistentVolumeClaim != nil || $0.ephemeral != nil || isMigratable($0)
        }
    }

    public func preFilter(_ pod: PodInfo, cluster: ClusterCache, state: inout CycleState) -> PreFilterResult {
        Self.countsVolumes(pod.value) ? .success : .skip
    }

    public func letsAllPass(_ pod: PodInfo, cluster: ClusterCache, state: CycleState) -> Bool {
        var all: [Attachable] = []
        if collect(pod.value, hasCSINode: true, isNew: true, cluster: cluster, into: &all) != nil {
            return false
        }
        return all.isEmpty
            || cluster.objects.volumeAttachments.elements.isEmpty
                && cluster.nodes.volumeCountBound + Int64(all.count) <= cluster.objects.leastAttachLimit
    }

    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        // What the pod adds depends on the node only by whether it has a CSINode, with which there is more.
        var all: [Attachable] = []
        let problem = collect(pod.value, hasCSINode: true, isNew: true, cluster: cluster, into: &all)
        if problem == nil && all.isEmpty { return }
        let exceeded = rejections.verdict(.unschedulable, ["node(s) exceed max volume count"])
        var attachments: [String: Int64] = [:]
        for attachment in cluster.objects.volumeAttachments.elements {
            attachments[attachment.value.spec.nodeName, default: 0] += 1
        }
        let least = cluster.objects.leastAttachLimit
        for node in rejections.candidates {
            if problem == nil {
                // No more can be attached than there are volumes.
                var bound = cluster.nodes.volumeCount[node] + Int64(all.count)
                if !attachments.isEmpty { bound += attachments[cluster.nodes.names[node]] ?? 0 }
                if bound <= least { continue }
            }
            let csiNode = cluster.objects.csiNodes[cluster.nodes.names[node]]
            var new: [Attachable] = []
            if let status = collect(
                pod.value, hasCSINode: csiNode != nil, isNew: true, cluster: cluster, into: &new)
            {
                rejections.add(status, at: node)
                if !rejections.error.isEmpty { return }
                continue
            }
            guard !new.isEmpty, let csiNode else { continue }
            let limits = Self.limits(csiNode)
            if limits.isEmpty { continue }
            var attached: [Attachable] = []
            for other in cluster.nodes.pods[node] {
                let problem = collect(
                    other.value, hasCSINode: true, isNew: false, cluster: cluster, into: &attached)
                if let problem { rejections.add(problem, at: node) }
                if !rejections.error.isEmpty { return }
            }
            new.removeAll(where: attached.contains)
            for attachment in cluster.objects.volumeAttachments.elements
            where attachment.value.spec.nodeName == cluster.nodes.names[node] {
                let spec = attachment.value.spec
                guard !spec.attacher.isEmpty, let name = spec.persistentVolumeName,
                    let csi = cluster.objects.persistentVolumes[name: name]?.value.spec.csi
                else { continue }
                let volume = Attachable(driver: spec.attacher, handle: csi.volumeHandle)
                if !attached.contains(volume) { attached.append(volume) }
            }
            let isOver = limits.contains { driver, limit in
                let added = new.count { $0.driver == driver }
                return added > 0 && Int64(attached.count { $0.driver == driver } + added) > limit
            }
            if isOver { rejections.add(exceeded, at: node) }
        }
    }

    static func limits(_ csiNode: GenericObject) -> [(driver: String, limit: Int64)] {
        (csiNode.body["spec"]?["drivers"]?.arrayValue ?? []).compactMap { driver in
            guard let name = driver["name"]?.stringValue,
                let count = driver["allocatable"]?["count"]?.integerValue
            else { return nil }
            return (name, count)
        }
    }

    /// Adds the pod's volumes; a status when that is not possible.
    private func collect(
        _ pod: Pod, hasCSINode: Bool, isNew: Bool, cluster: ClusterCache, into list: inout [Attachable]
    ) -> Status? {
        for volume in pod.spec.volumes {
            guard let name = volume.claimName(podName: pod.metadata.name) else {
                guard hasCSINode else { continue }
                for entry in Self.migrated {
                    guard let source = volume.rest[entry.source], !source.isNull else { continue }
                    let name = source[entry.handle]?.stringValue ?? ""
                    guard let handle = Self.handle(of: name, source: entry.source, zones: []) else {
                        return .error("converting volume(\(volume.name)) from inline to csi")
                    }
                    Self.add(Attachable(driver: entry.driver, handle: handle), to: &list)
                    break
                }
                continue
            }
            if name.isEmpty { return .error("PersistentVolumeClaim had no name") }
            guard
                let claim = cluster.objects.persistentVolumeClaims.observed(
                    namespace: pod.metadata.namespace, name: name)
            else {
                if !isNew { continue }
                let path = "\(pod.metadata.namespace)/\(name)"
                return .unresolvable("looking up PVC \(path): persistentvolumeclaim \"\(name)\" not found")
            }
            if volume.persistentVolumeClaim == nil,
                let problem = VolumeObjects.ownershipError(claim.value, pod)
            {
                return .error(problem)
            }
            if let found = attachable(claim.value, hasCSINode: hasCSINode, cluster: cluster) {
                Self.add(found, to: &list)
            }
        }
        return nil
    }

    private static func add(_ volume: Attachable, to list: inout [Attachable]) {
        if !list.contains(volume) { list.append(volume) }
    }

    private func attachable(
        _ claim: PersistentVolumeClaim, hasCSINode: Bool, cluster: ClusterCache
    ) -> Attachable? {
        if !claim.spec.volumeName.isEmpty,
            let volume = cluster.objects.persistentVolumes.observed(name: claim.spec.volumeName)
        {
            if let csi = volume.value.spec.csi { return found(csi.driver, csi.volumeHandle) }
            guard hasCSINode else { return nil }
            for entry in Self.migrated {
                guard let source = volume.value.spec.rest[entry.source], !source.isNull else { continue }
                let labels = volume.value.metadata.labels
                let beta = labels["failure-domain.beta.kubernetes.io/zone"] ?? ""
                let zones = beta.isEmpty ? labels[WellKnown.zoneLabel] ?? "" : beta
                let handle = Self.handle(
                    of: source[entry.handle]?.stringValue ?? "", source: entry.source,
                    zones: zones.isEmpty ? [] : zones.splitLabel())
                return handle.flatMap { found(entry.driver, $0) }
            }
            return nil
        }
        let className = VolumeObjects.className(of: claim)
        guard !className.isEmpty, let storageClass = cluster.objects.storageClasses[name: className]?.value
        else { return nil }
        // No such handle exists yet; the claim's name makes it one of its own.
        let handle = "\u{0}-\(claim.metadata.namespace)/\(claim.metadata.name)"
        if let entry = Self.migrated.first(where: { $0.provisioner == storageClass.provisioner }) {
            return !hasCSINode ? nil : found(entry.driver, handle)
        }
        return found(storageClass.provisioner, handle)
    }

    /// The name by which the CSI driver knows an in-tree volume; nil when the volume cannot be translated.
    ///
    /// Upstream: `csi-translation-lib/plugins/aws_ebs.go`, `gce_pd.go` (v1.36).
    private static func handle(of name: String, source: String, zones: [String]) -> String? {
        switch source {
        case "awsElasticBlockStore" where name.hasPrefix("aws://"):
            let path = name.dropFirst("aws://".count).drop { $0 != "/" }
            let id = path.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed()
            let digits = id.dropFirst("vol-".count)
            let isID = id.starts(with: "vol-") && digits.allSatisfy { $0 != "/" && $0 != "." }
            return isID ? String(id) : nil
        case "gcePersistentDisk":
            if zones.isEmpty { return "projects/UNSPECIFIED/zones/UNSPECIFIED/disks/\(name)" }
            if zones.count == 1 { return "projects/UNSPECIFIED/zones/\(zones[0])/disks/\(name)" }
            var region: String?
            for zone in zones {
                let parts = zone.split(separator: "-", omittingEmptySubsequences: false)
                if parts.count != 3 { return nil }
                let own = "\(parts[0])-\(parts[1])"
                if let region, region != own { return nil }
                region = own
            }
            return region.map { "projects/UNSPECIFIED/regions/\($0)/disks/\(name)" }
        default: return name
        }
    }

    private func found(_ driver: String, _ handle: String) -> Attachable? {
        driver.isEmpty || handle.isEmpty ? nil : Attachable(driver: driver, handle: handle)
    }

    public var events: [ClusterEvent] {
        [
            ClusterEvent(.csiNode, [.add, .update]), ClusterEvent(.pod, .delete),
            ClusterEvent(.persistentVolumeClaim, .add), ClusterEvent(.volumeAttachment, .delete),
        ]
    }

    public func isWorthRetrying(_ pod: PodInfo, after change: ClusterChange, cluster: ClusterCache) -> Bool {
        if let deleted = change.oldPod {
            return !(deleted.nodeName.isEmpty && deleted.status.nominatedNodeName.isEmpty)
                && Self.countsVolumes(deleted)
        }
        if let claim = change.new?.persistentVolumeClaim?.value.metadata {
            return claim.namespace == pod.namespace
                && pod.value.claimVolumes.contains { $0.name == claim.name }
        }
        if let attachment = change.old?.volumeAttachment?.value {
            return pod.spec.volumes.contains { volume in
                volume.persistentVolumeClaim != nil
                    || Self.migrated.contains {
                        volume.rest[$0.source] != nil && $0.driver == attachment.spec.attacher
                    }
            }
        }
        if case .generic(let old)? = change.old, case .generic(let new)? = change.new {
            let before = Self.limits(old.value)
            return Self.limits(new.value).contains { driver, limit in
                limit > before.first { $0.driver == driver }?.limit ?? 0
            }
        }
        return true
    }
}

extension String {
    /// The parts of a label's value between double underscores.
    fileprivate func splitLabel() -> [String] {
        var parts: [String] = []
        var current = ""
        var rest = Substring(self)
        while let first = rest.first {
            if rest.hasPrefix("__") {
                parts.append(current)
                current = ""
                rest = rest.dropFirst(2)
            } else {
                current.append(first)
                rest = rest.dropFirst()
            }
        }
        return parts + [current]
    }
}
