import ControlPlane
import KubernetesModel

/// How many pods a disruption budget counts on, and how many of them must be healthy.
///
/// Upstream: `pkg/controller/disruption/disruption.go`, `getExpectedPodCount` (v1.36).
struct DisruptionExpectation {
    enum Failure: Error, CustomStringConvertible {
        case noController(pod: String)
        case notScalable(resource: String)
        case unknownKind(kind: String, version: String)
        case notANumber(String)

        var description: String {
            switch self {
            case .noController(let pod): "found no controllers for pod \"\(pod)\""
            case .notScalable(let resource): "\(resource) does not implement the scale subresource"
            case .unknownKind(let kind, let version):
                "no matches for kind \"\(kind)\" in version \"\(version)\""
            case .notANumber(let text):
                "invalid value for IntOrString: invalid value \"\(text)\": not a percentage"
            }
        }
    }

    var expectedPods: Int64 = 0
    var desiredHealthy: Int64 = 0
    var hasUnmanagedPods = false

    init(of budget: PodDisruptionBudget, pods: [Ref<Pod>], view: ObjectCache) throws(Failure) {
        if let maxUnavailable = budget.spec.maxUnavailable {
            try addScales(of: pods, view)
            desiredHealthy = max(0, expectedPods - (try Self.scale(maxUnavailable, expectedPods)))
        } else if case .count(let count)? = budget.spec.minAvailable {
            desiredHealthy = count
            expectedPods = Int64(pods.count)
        } else if let minAvailable = budget.spec.minAvailable {
            try addScales(of: pods, view)
            desiredHealthy = try Self.scale(minAvailable, expectedPods)
        }
    }

    private static func scale(_ value: IntOrPercent, _ total: Int64) throws(Failure) -> Int64 {
        if let number = value.scaled(total: total, roundingUp: true) { return number }
        throw .notANumber(value.json.stringValue ?? "")
    }

    /// Adds up the sizes that the pods' controllers are to have, each controller once.
    private mutating func addScales(of pods: [Ref<Pod>], _ view: ObjectCache) throws(Failure) {
        // Controllers under which pods were found: upstream skips a reference only when it names a counted
        // object.
        var counted: Set<UID> = []
        for pod in pods {
            let metadata = pod.value.metadata
            guard let reference = metadata.controllerReference else {
                hasUnmanagedPods = true
                continue
            }
            if counted.contains(reference.uid) { continue }
            guard let found = try Self.controller(reference, metadata.namespace, view) else {
                throw .noController(pod: metadata.name)
            }
            if counted.insert(found.uid).inserted { expectedPods += found.scale }
        }
    }

    private static func controller(
        _ reference: OwnerReference, _ namespace: String, _ view: ObjectCache
    ) throws(Failure) -> (uid: UID, scale: Int64)? {
        let key = ObjectKey(namespace: namespace, name: reference.name)
        guard let kind = ObjectKind(apiVersion: reference.apiVersion, kind: reference.kind) else {
            throw .unknownKind(kind: reference.kind, version: reference.apiVersion)
        }
        switch kind {
        case .replicationController:
            return view.get(ReplicationController.self, key, uid: reference.uid).map {
                ($0.value.uid, $0.value.spec.replicas)
            }
        case .statefulSet:
            return view.get(StatefulSet.self, key, uid: reference.uid).map {
                ($0.value.uid, $0.value.spec.replicas)
            }
        case .deployment:
            return view.get(Deployment.self, key, uid: reference.uid).map {
                ($0.value.uid, $0.value.spec.replicas)
            }
        case .replicaSet:
            guard let set = view.get(ReplicaSet.self, key, uid: reference.uid) else { return nil }
            if let owner = set.value.metadata.controllerReference, owner.kind == ObjectKind.deployment.name,
                let deployment = view.get(
                    Deployment.self, ObjectKey(namespace: namespace, name: owner.name), uid: owner.uid)
            {
                return (deployment.value.uid, deployment.value.spec.replicas)
            }
            return (set.value.uid, set.value.spec.replicas)
        default:
            throw .notScalable(resource: kind.info.qualifiedPlural)
        }
    }
}

extension LabelSelector {
    /// The selector as Go's generated code prints a pointer to one.
    var goDescription: String {
        let labels = matchLabels.entries.map { "\($0.key): \($0.value)," }.joined()
        let requirements = matchExpressions.map {
            "LabelSelectorRequirement{Key:\($0.key),Operator:\($0.operatorName),"
                + "Values:[\($0.values.joined(separator: " "))],},"
        }.joined()
        return "&LabelSelector{MatchLabels:map[string]string{\(labels)},"
            + "MatchExpressions:[]LabelSelectorRequirement{\(requirements)},}"
    }
}
