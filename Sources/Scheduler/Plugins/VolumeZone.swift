import KubernetesModel

/// Rejects nodes outside of the zones and regions that the pod's volumes are labelled with.
///
/// Upstream: `pkg/scheduler/framework/plugins/volumezone` (v1.36).
public struct VolumeZone: PreFilterPlugin, FilterPlugin, EnqueueExtensions {
    public static let name = "VolumeZone"

    private struct Topology: Hashable {
        let key: String
        let values: [String]
    }

    private static let keys = [
        "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region",
        WellKnown.zoneLabel, WellKnown.regionLabel,
    ]

    public init() {}

    private static func topologies(of volume: PersistentVolume) -> [Topology] {
        keys.compactMap { key in
            guard let label = volume.metadata.labels[key] else { return nil }
            let values = label.splitZones()
            return values.contains("") ? nil : Topology(key: key, values: values)
        }
    }

    public func preFilter(_ pod: PodInfo, cluster: ClusterCache, state: inout CycleState) -> PreFilterResult {
        let objects = cluster.objects
        var topologies: [Topology] = []
        for volume in pod.spec.volumes {
            guard let name = volume.persistentVolumeClaim?.claimName else { continue }
            if name.isEmpty { return refusal("PersistentVolumeClaim had no name") }
            guard let claim = objects.persistentVolumeClaims[namespace: pod.namespace, name: name]
            else { return refusal("persistentvolumeclaim \"\(name)\" not found") }
            let volumeName = claim.value.spec.volumeName
            if volumeName.isEmpty {
                let className = VolumeObjects.className(of: claim.value)
                if className.isEmpty {
                    return refusal("PersistentVolumeClaim had no pv name and storageClass name")
                }
                guard let storageClass = objects.storageClasses[name: className]?.value else {
                    return refusal("storageclass.storage.k8s.io \"\(className)\" not found")
                }
                guard let mode = storageClass.volumeBindingMode else {
                    return refusal("VolumeBindingMode not set for StorageClass \"\(className)\"")
                }
                if mode == "WaitForFirstConsumer" { continue }
                return refusal("PersistentVolume had no name")
            }
            guard let bound = objects.persistentVolumes[name: volumeName] else {
                return refusal("persistentvolume \"\(volumeName)\" not found")
            }
            topologies += Self.topologies(of: bound.value)
        }
        if topologies.isEmpty { return .skip }
        state.write(Self.name, topologies)
        return .success
    }

    private func refusal(_ reason: String) -> PreFilterResult { PreFilterResult(.unresolvable(reason)) }

    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        guard let topologies = state.read(Self.name, as: [Topology].self) else { return }
        let verdict = rejections.verdict(
            .unschedulableAndUnresolvable, ["node(s) had no available volume zone"])
        for node in rejections.candidates {
            let labels = cluster.nodes.objects[node]?.value.metadata.labels ?? Labels()
            guard Self.keys.contains(where: { labels.contains($0) }) else { continue }
            let isInside = topologies.allSatisfy { topology in
                let value = labels[topology.key] ?? labels[Self.currentKey(topology.key)]
                return value.map(topology.values.contains) ?? false
            }
            if !isInside { rejections.add(verdict, at: node) }
        }
    }

    private static func currentKey(_ key: String) -> String {
        switch key {
        case keys[0]: WellKnown.zoneLabel
        case keys[1]: WellKnown.regionLabel
        default: key
        }
    }

    public var events: [ClusterEvent] {
        [
            ClusterEvent(.storageClass, .add), ClusterEvent(.node, [.add, .updateNodeLabel]),
            ClusterEvent(.persistentVolumeClaim, [.add, .update]),
            ClusterEvent(.persistentVolume, [.add, .update]),
        ]
    }

    public func isWorthRetrying(_ pod: PodInfo, after change: ClusterChange, cluster: ClusterCache) -> Bool {
        if let claim = change.new?.persistentVolumeClaim?.value.metadata {
            return claim.namespace == pod.namespace
                && pod.spec.volumes.contains { $0.persistentVolumeClaim?.claimName == claim.name }
        }
        if let storageClass = change.new?.storageClass?.value {
            return storageClass.volumeBindingMode == "WaitForFirstConsumer"
        }
        if let old = change.old?.persistentVolume?.value, let new = change.new?.persistentVolume?.value {
            return Self.topologies(of: old) != Self.topologies(of: new)
        }
        return true
    }
}

extension String {
    /// The zones of a label: separated by two underscores, without spaces around them.
    fileprivate func splitZones() -> [String] {
        var zones: [String] = []
        var current: [UInt8] = []
        let bytes = Array(utf8)
        var place = 0
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "_"), place + 1 < bytes.count, bytes[place + 1] == bytes[place] {
                zones.append(String(decoding: current, as: UTF8.self))
                current = []
                place += 2
            } else {
                current.append(bytes[place])
                place += 1
            }
        }
        zones.append(String(decoding: current, as: UTF8.self))
        return zones.map { zone in
            String(zone.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
        }
    }
}
