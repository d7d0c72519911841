public import KubernetesModel
import OrderedCollections
public import SimulationKernel

/// Takes care that a pod's claims can be bound on the node, and are before the pod is.
///
/// Upstream: `pkg/scheduler/framework/plugins/volumebinding` (v1.36). In-tree volumes are not translated to
/// CSI ones. It never scores, as upstream's does not by default.
public struct VolumeBinding: PreFilterPlugin, FilterPlugin, ReservePlugin, PreBindPlugin, EnqueueExtensions,
    PreScorePlugin, ScorePlugin
{
    public static let name = "VolumeBinding"

    let bindTimeoutSeconds: Int64

    public init(bindTimeoutSeconds: Int64 = 600) { self.bindTimeoutSeconds = bindTimeoutSeconds }

    /// What the scheduler binds for the pod on its node.
    public struct Decision: Sendable {
        /// Volumes as they are to be written, beside the claims that they are for.
        public var bindings: [(volume: PersistentVolume, claim: ObjectKey)] = []
        /// Claims as they are to be written, for a provisioner to see the node.
        public var provisions: [PersistentVolumeClaim] = []

        public var isEmpty: Bool { bindings.isEmpty && provisions.isEmpty }
    }

    // MARK: PreFilter

    public func preFilter(_ pod: PodInfo, cluster: ClusterCache, state: inout CycleState) -> PreFilterResult {
        let volumes = pod.value.claimVolumes
        if volumes.isEmpty { return .skip }
        for volume in volumes {
            if let problem = problem(volume.name, isEphemeral: volume.isEphemeral, pod, cluster.objects) {
                return PreFilterResult(.unresolvable(problem))
            }
        }
        switch VolumeClaims.sort(of: pod, objects: cluster.objects) {
        case .failure(let error): return PreFilterResult(.error(error.message))
        case .success(let claims):
            if claims.hasUnboundImmediate {
                return PreFilterResult(.unresolvable("pod has unbound immediate PersistentVolumeClaims"))
            }
            state.write(Self.name, claims)
            return .success
        }
    }

    private func problem(
        _ name: String, isEphemeral: Bool, _ pod: PodInfo, _ objects: ClusterObjects
    ) -> String? {
        guard
            let claim = objects.persistentVolumeClaims.observed(namespace: pod.namespace, name: name)
        else {
            return isEphemeral
                ? "waiting for ephemeral volume controller to create the persistentvolumeclaim \"\(name)\""
                : "persistentvolumeclaim \"\(name)\" not found"
        }
        if claim.value.status.phase == "Lost" {
            return
                "persistentvolumeclaim \"\(name)\" bound to non-existent persistentvolume "
                + "\"\(claim.value.spec.volumeName)\""
        }
        if claim.value.metadata.deletionTimestamp != nil {
            return "persistentvolumeclaim \"\(name)\" is being deleted"
        }
        return isEphemeral ? VolumeObjects.ownershipError(claim.value, pod.value) : nil
    }

    // MARK: Filter

    public func letsAllPass(_ pod: PodInfo, cluster: ClusterCache, state: CycleState) -> Bool {
        guard let claims: VolumeClaims = state.read(Self.name) else { return true }
        return claims.fitEverywhere(cluster.objects)
    }

    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        guard let claims: VolumeClaims = state.read(Self.name) else { return }
        if claims.fitEverywhere(cluster.objects) { return }
        for node in rejections.candidates {
            var decision = Decision()
            let outcome = claims.find(node, cluster: cluster, decision: &decision)
            if !outcome.error.isEmpty {
                rejections.fail(outcome.error)
                return
            }
            if !outcome.reasons.isEmpty {
                rejections.add(rejections.verdict(.unschedulableAndUnresolvable, outcome.reasons), at: node)
            }
        }
    }

    // MARK: Score

    public func preScore(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: inout CycleState
    ) -> Status { .skip }

    public func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {}

    // MARK: Reserve

    private static let decisionKey = "VolumeBinding/decision"

    /// What was decided for the pod of a cycle; nil when its volumes need nothing.
    public static func decision(in state: CycleState) -> Decision? { state.read(decisionKey) }

    public func reserve(
        _ pod: PodInfo, on node: NodeIndex, cluster: inout ClusterCache, state: inout CycleState
    ) -> Status {
        guard let claims: VolumeClaims = state.read(Self.name) else { return .success }
        var decision = Decision()
        let outcome = claims.find(node, cluster: cluster, decision: &decision)
        if !outcome.error.isEmpty { return .error(outcome.error) }
        let name = cluster.nodes.names[node]
        for place in decision.provisions.indices {
            decision.provisions[place].metadata.annotations[VolumeObjects.selectedNode] = name
        }
        for binding in decision.bindings { cluster.objects.persistentVolumes.assume(Ref(binding.volume)) }
        for claim in decision.provisions { cluster.objects.persistentVolumeClaims.assume(Ref(claim)) }
        state.write(Self.decisionKey, decision)
        return .success
    }

    public func unreserve(
        _ pod: PodInfo, on node: NodeIndex, cluster: inout ClusterCache, state: inout CycleState
    ) {
        guard let decision = Self.decision(in: state) else { return }
        for binding in decision.bindings { cluster.objects.persistentVolumes.restore(binding.volume.key) }
        for claim in decision.provisions { cluster.objects.persistentVolumeClaims.restore(claim.key) }
    }

    // MARK: PreBind

    public var preBindTimeout: VirtualDuration { .seconds(bindTimeoutSeconds) }

    public func preBindWrites(
        _ pod: PodInfo, on node: NodeIndex, cluster: ClusterCache, state: CycleState
    ) -> [APIObject] {
        guard let decision = Self.decision(in: state) else { return [] }
        return decision.bindings.map { APIObject($0.volume) } + decision.provisions.map { APIObject($0) }
    }

    public func preBindProgress(
        _ pod: PodInfo, onNodeNamed node: String, cluster: ClusterCache, state: CycleState
    ) -> PreBindProgress {
        guard let decision = Self.decision(in: state), !decision.isEmpty else { return .done }
        let objects = cluster.objects
        guard let row = cluster.nodes[node], let labels = cluster.nodes.objects[row]?.value.metadata.labels
        else { return .failed("binding volumes: failed to get node \"\(node)\": node \"\(node)\" not found") }
        for binding in decision.bindings {
            let name = binding.volume.metadata.name
            guard let volume = objects.persistentVolumes.observed(name: name)?.value else {
                return .failed("binding volumes: failed to check binding: could not find \"\(name)\"")
            }
            guard let claim = claim(binding.claim, objects) else {
                return .failed(
                    "binding volumes: failed to check binding: could not find \"\(binding.claim)\"")
            }
            if volume.metadata.resourceVersion <= binding.volume.metadata.resourceVersion { return .waiting }
            if !VolumeObjects.isUsable(volume, on: labels) { return .failed(mismatch(volume, node)) }
            if volume.spec.claimRef?.uid.isEmpty ?? true {
                return .failed("binding volumes: ClaimRef got reset for pv \"\(name)\"")
            }
            if !VolumeObjects.isFullyBound(claim) { return .waiting }
        }
        for written in decision.provisions {
            guard let claim = claim(written.key, objects) else {
                return .failed(
                    "binding volumes: failed to check provisioning pvc: could not find \"\(written.key)\"")
            }
            if claim.metadata.resourceVersion <= written.metadata.resourceVersion { return .waiting }
            if claim.metadata.annotations[VolumeObjects.selectedNode] != node {
                return .failed("binding volumes: provisioning failed for PVC \"\(written.metadata.name)\"")
            }
            if !claim.spec.volumeName.isEmpty {
                guard let volume = objects.persistentVolumes.observed(name: claim.spec.volumeName)?.value
                else {
                    return .waiting
                }
                if !VolumeObjects.isUsable(volume, on: labels) { return .failed(mismatch(volume, node)) }
            }
            if !VolumeObjects.isFullyBound(claim) { return .waiting }
        }
        return .done
    }

    private func claim(_ key: ObjectKey, _ objects: ClusterObjects) -> PersistentVolumeClaim? {
        objects.persistentVolumeClaims.observed(namespace: key.namespace, name: key.name)?.value
    }

    private func mismatch(_ volume: PersistentVolume, _ node: String) -> String {
        "binding volumes: pv \"\(volume.metadata.name)\" node affinity doesn't match node \"\(node)\": "
            + "no matching NodeSelectorTerms"
    }

    // MARK: Events

    public var events: [ClusterEvent] {
        [
            ClusterEvent(.storageClass, [.add, .update]),
            ClusterEvent(.persistentVolumeClaim, [.add, .update]),
            ClusterEvent(.persistentVolume, [.add, .update]),
            ClusterEvent(.node, [.add, .updateNodeLabel]), ClusterEvent(.csiNode, [.add, .update]),
            ClusterEvent(.csiDriver, .update), ClusterEvent(.csiStorageCapacity, [.add, .update]),
        ]
    }

    public func isWorthRetrying(_ pod: PodInfo, after change: ClusterChange, cluster: ClusterCache) -> Bool {
        if let claim = change.new?.persistentVolumeClaim?.value.metadata {
            return claim.namespace == pod.namespace
                && pod.value.claimVolumes.contains { $0.name == claim.name }
        }
        if let old = change.old?.storageClass?.value, let new = change.new?.storageClass?.value {
            return old.rest["allowedTopologies"] != new.rest["allowedTopologies"]
        }
        guard case .generic(let old)? = change.old, case .generic(let new)? = change.new else { return true }
        switch new.value.kind {
        case .csiNode:
            let key = "storage.alpha.kubernetes.io/migrated-plugins"
            return old.value.metadata.annotations[key] != new.value.metadata.annotations[key]
        case .csiDriver:
            let wasChecked = old.value.body["spec"]?["storageCapacity"]?.boolValue == true
            return wasChecked && new.value.body["spec"]?["storageCapacity"]?.boolValue != true
                && pod.spec.volumes.contains {
                    $0.rest["csi"]?["driver"]?.stringValue == new.value.metadata.name
                }
        case .csiStorageCapacity:
            guard let limit = VolumeClaims.limit(new.value) else { return false }
            return VolumeClaims.limit(old.value).map { limit.value > $0.value } ?? true
        default: return true
        }
    }
}
