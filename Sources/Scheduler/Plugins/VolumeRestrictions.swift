import KubernetesModel
import OrderedCollections

/// Keeps disks that one pod at a time can use, and claims for one pod only, from being used twice.
///
/// Upstream: `pkg/scheduler/framework/plugins/volumerestrictions` (v1.36).
public struct VolumeRestrictions: PreFilterExtensions, FilterPlugin, EnqueueExtensions {
    public static let name = "VolumeRestrictions"

    public init() {}

    private struct State {
        /// The pod's claims that allow one pod only.
        let exclusiveClaims: Set<String>
        var conflicts: Int

        func conflicts(with pod: PodInfo) -> Int {
            pod.spec.volumes.filter {
                $0.persistentVolumeClaim.map { exclusiveClaims.contains($0.claimName) } ?? false
            }.count
        }
    }

    private static let diskSources = ["gcePersistentDisk", "awsElasticBlockStore", "rbd", "iscsi"]

    private func isDisk(_ volume: Volume) -> Bool { Self.diskSources.contains { volume.rest[$0] != nil } }

    public func preFilter(_ pod: PodInfo, cluster: ClusterCache, state: inout CycleState) -> PreFilterResult {
        var exclusive: Set<String> = []
        for volume in pod.spec.volumes {
            guard let name = volume.persistentVolumeClaim?.claimName else { continue }
            guard
                let claim = cluster.objects.persistentVolumeClaims[
                    namespace: pod.namespace, name: name]
            else { return PreFilterResult(.unresolvable("persistentvolumeclaim \"\(name)\" not found")) }
            if claim.value.spec.accessModes.contains("ReadWriteOncePod") { exclusive.insert(name) }
        }
        var found = State(exclusiveClaims: exclusive, conflicts: 0)
        for name in exclusive.sorted() where isUsed(name, namespace: pod.namespace, cluster: cluster) {
            found.conflicts += 1
        }
        if found.conflicts == 0 && !pod.spec.volumes.contains(where: isDisk) { return .skip }
        state.write(Self.name, found)
        return .success
    }

    private func isUsed(_ claim: String, namespace: String, cluster: ClusterCache) -> Bool {
        cluster.nodes.order.contains { node in
            cluster.nodes.pods[node].contains { pod in
                pod.namespace == namespace
                    && pod.spec.volumes.contains { $0.persistentVolumeClaim?.claimName == claim }
            }
        }
    }

    public func add(
        _ other: PodInfo, to node: NodeIndex, for pod: PodInfo, cluster: ClusterCache, state: inout CycleState
    ) {
        guard var found: State = state.read(Self.name) else { return }
        found.conflicts += found.conflicts(with: other)
        state.write(Self.name, found)
    }

    public func remove(
        _ other: PodInfo, from node: NodeIndex, for pod: PodInfo, cluster: ClusterCache,
        state: inout CycleState
    ) {
        guard var found: State = state.read(Self.name) else { return }
        found.conflicts -= found.conflicts(with: other)
        state.write(Self.name, found)
    }

    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        let disks = pod.spec.volumes.filter(isDisk)
        let noDisk = rejections.verdict(.unschedulable, ["node(s) had no available disk"])
        let inUse = rejections.verdict(
            .unschedulable,
            [
                "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already "
                    + "in-use by another pod"
            ])
        let hasConflict = (state.read(Self.name, as: State.self)?.conflicts ?? 0) > 0
        for node in rejections.candidates {
            let isTaken = disks.contains { disk in
                cluster.nodes.pods[node].contains { Self.conflicts(disk, with: $0.value) }
            }
            if isTaken {
                rejections.add(noDisk, at: node)
            } else if hasConflict {
                rejections.add(inUse, at: node)
            }
        }
    }

    private static func conflicts(_ volume: Volume, with pod: Pod) -> Bool {
        pod.spec.volumes.contains { other in
            func both(_ source: String) -> (JSONValue, JSONValue)? {
                guard let left = volume.rest[source], let right = other.rest[source] else { return nil }
                return (left, right)
            }
            func areReadOnly(_ pair: (JSONValue, JSONValue)) -> Bool {
                pair.0["readOnly"]?.boolValue == true && pair.1["readOnly"]?.boolValue == true
            }
            if let pair = both("gcePersistentDisk"), pair.0["pdName"] == pair.1["pdName"], !areReadOnly(pair)
            {
                return true
            }
            if let pair = both("awsElasticBlockStore"), pair.0["volumeID"] == pair.1["volumeID"] {
                return true
            }
            if let pair = both("iscsi"), pair.0["iqn"] == pair.1["iqn"], !areReadOnly(pair) { return true }
            if let pair = both("rbd"), pair.0["pool"] ?? "rbd" == pair.1["pool"] ?? "rbd",
                pair.0["image"] == pair.1["image"], !areReadOnly(pair)
            {
                let monitors = pair.0["monitors"]?.arrayValue ?? []
                return (pair.1["monitors"]?.arrayValue ?? []).contains(where: monitors.contains)
            }
            return false
        }
    }

    public var events: [ClusterEvent] {
        [
            ClusterEvent(.pod, .delete), ClusterEvent(.node, .add),
            ClusterEvent(.persistentVolumeClaim, .add),
        ]
    }

    public func isWorthRetrying(_ pod: PodInfo, after change: ClusterChange, cluster: ClusterCache) -> Bool {
        if change.newNode != nil { return true }
        let claims = pod.spec.volumes.compactMap { $0.persistentVolumeClaim?.claimName }
        if let claim = change.new?.persistentVolumeClaim {
            return claim.value.metadata.namespace == pod.namespace
                && claims.contains(claim.value.metadata.name)
        }
        guard let deleted = change.oldPod, deleted.metadata.namespace == pod.namespace else { return false }
        if pod.spec.volumes.contains(where: { isDisk($0) && Self.conflicts($0, with: deleted) }) {
            return true
        }
        return deleted.spec.volumes.contains {
            $0.persistentVolumeClaim.map { claims.contains($0.claimName) } ?? false
        }
    }
}
