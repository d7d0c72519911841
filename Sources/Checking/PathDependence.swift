import KubernetesModel
import Scenarios
import Simulation

/// What of a run's end depends on what has happened on the way, so that another run may rightly end otherwise.
///
/// How many replicas an autoscaler wants depends on when it has looked: there the status must agree with the
/// run's own specification. Which pods have a new template where only a deletion brings it depends on which have
/// been lost, and claims that outlive their set, or that the timeline deletes, on when their pods have gone.
/// A DaemonSet that surges with `minReadySeconds` may stop in the middle of an update: when its new pod gets
/// ready, it is to be looked at after those seconds; but a failed sync's key, or one put off for a cache that is
/// behind, waits for its next try already, and the queue keeps the earlier of two moments. At that one the pod is
/// not available yet, the status counts the old pod, and nothing asks for another look.
/// Upstream: `pkg/controller/daemon/daemon_controller.go`, `updatePod` and `updateDaemonSetStatus`;
/// `client-go/util/workqueue/delaying_queue.go`, `insert` (v1.36).
struct PathDependence {
    private struct Target: Hashable {
        var kind: String
        var key: ObjectKey
    }
    private var scaled: Set<Target> = []
    /// Namespaces with autoscalers: budgets there may be about pods whose number depends on the way.
    private var scaledNamespaces: Set<String> = []
    private var deleted: Set<ObjectKey> = []
    /// Claims of manifests.
    private var given: Set<ObjectKey> = []
    private var sets: [StatefulSet]

    init(of scenario: Scenario, _ end: ClusterSimulation) {
        sets = end.list(StatefulSet.self)
        for autoscaler in end.list(HorizontalPodAutoscaler.self) {
            let target = autoscaler.spec.scaleTargetRef
            let namespace = autoscaler.metadata.namespace
            scaled.insert(
                Target(kind: target.kind, key: ObjectKey(namespace: namespace, name: target.name)))
            scaledNamespaces.insert(namespace)
        }
        var manifests = scenario.manifests
        for entry in scenario.timeline {
            switch entry.action {
            case .apply(let added)?: manifests += added
            case .delete(let object, _, _)? where object.kind == .persistentVolumeClaim:
                deleted.insert(object.key)
            default: break
            }
        }
        for manifest in manifests where manifest.kind == .persistentVolumeClaim { given.insert(manifest.key) }
    }

    /// Whether there is anything about an object that all runs end with.
    func promises(_ object: APIObject) -> Bool {
        guard case .persistentVolumeClaim(let claim) = object else { return true }
        let key = claim.value.metadata.key
        if deleted.contains(key) { return false }
        return given.contains(key) || sets.contains { $0.isUsing(key) }
    }

    /// What a field must be at the end; nil when nobody can tell.
    ///
    /// - Parameter value: what it is at the end of the undisturbed run.
    func comparison(of field: String, _ value: JSONValue, _ object: APIObject) -> ValueComparison? {
        let metadata = object.metadata
        let isUpdate = field.contains(".updated")
        switch object {
        case .statefulSet(let set) where isUpdate:
            let strategy = set.value.spec.updateStrategy
            if strategy.type == "OnDelete" || (strategy.rollingUpdate?.partition ?? 0) > 0 { return nil }
        case .daemonSet(let set) where isUpdate:
            let strategy = set.value.spec.updateStrategy
            if strategy.type == "OnDelete" { return nil }
            let surges = strategy.rollingUpdate?.maxSurge.map { $0 != .count(0) && $0 != .percent("0%") }
            if set.value.spec.minReadySeconds > 0 && surges == true { return nil }
        case .podDisruptionBudget where scaledNamespaces.contains(metadata.namespace):
            return field.contains(".currentHealthy")
                ? Self.equal(to: "{.status.expectedPods}") : nil
        default: break
        }
        guard scaled.contains(Target(kind: object.kind.name, key: metadata.key)), !field.contains(".unavail")
        else { return ValueComparison(equals: value) }
        // The autoscaler's number; what is less in the undisturbed run, as with a paused rollout, is left open.
        guard let replicas = Self.replicas(of: object), value.integerValue == replicas else { return nil }
        return Self.equal(to: "{.spec.replicas}")
    }

    private static func equal(to field: String) -> ValueComparison? {
        (try? JSONPath(field)).map { ValueComparison(equalsField: $0) }
    }

    private static func replicas(of object: APIObject) -> Int64? {
        switch object {
        case .deployment(let object): object.value.spec.replicas
        case .replicaSet(let object): object.value.spec.replicas
        case .replicationController(let object): object.value.spec.replicas
        case .statefulSet(let object): object.value.spec.replicas
        default: nil
        }
    }
}

extension StatefulSet {
    /// Whether the claim is one of an ordinal that the set has.
    fileprivate func isUsing(_ claim: ObjectKey) -> Bool {
        guard claim.namespace == metadata.namespace, !metadata.isBeingDeleted else { return false }
        let first = spec.ordinals?.start ?? 0
        return spec.volumeClaimTemplates.contains { template in
            let prefix = "\(template.metadata.name)-\(metadata.name)-"
            guard claim.name.hasPrefix(prefix), let ordinal = Int64(claim.name.dropFirst(prefix.count)) else {
                return false
            }
            return ordinal >= first && ordinal - first < spec.replicas
        }
    }
}
