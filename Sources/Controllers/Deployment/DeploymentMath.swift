import KubernetesModel

/// The numbers of a rollout: how many pods more or fewer there may be, and who gets how many.
///
/// Upstream: `pkg/controller/deployment/util/deployment_util.go` (v1.36).
enum DeploymentMath {
    static let revisionAnnotation = "deployment.kubernetes.io/revision"
    static let revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history"
    static let desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas"
    static let maxReplicasAnnotation = "deployment.kubernetes.io/max-replicas"
    static let rollbackAnnotation = "deprecated.deployment.rollback.to"
    static let lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration"

    /// Annotations that a ReplicaSet does not take over from its Deployment.
    static let ownAnnotations = [
        lastAppliedAnnotation, revisionAnnotation, revisionHistoryAnnotation, desiredReplicasAnnotation,
        maxReplicasAnnotation, rollbackAnnotation,
    ]

    /// How many pods may be beyond, and how many below, the desired number; nil when a percentage is none.
    ///
    /// Both zero could never make progress: then one may be missing.
    static func fenceposts(
        maxSurge: IntOrPercent?, maxUnavailable: IntOrPercent?, desired: Int64
    ) -> (surge: Int64, unavailable: Int64)? {
        guard let surge = (maxSurge ?? .count(0)).scaled(total: desired, roundingUp: true),
            let unavailable = (maxUnavailable ?? .count(0)).scaled(total: desired, roundingUp: false)
        else { return nil }
        return (surge, surge == 0 && unavailable == 0 ? 1 : unavailable)
    }

    static func isRollingUpdate(_ deployment: Deployment) -> Bool {
        deployment.spec.strategy.type == "RollingUpdate"
    }

    static func maxSurge(_ deployment: Deployment) -> Int64 {
        guard isRollingUpdate(deployment) else { return 0 }
        return fenceposts(deployment)?.surge ?? 0
    }

    static func maxUnavailable(_ deployment: Deployment) -> Int64 {
        guard isRollingUpdate(deployment), deployment.spec.replicas != 0 else { return 0 }
        return min(fenceposts(deployment)?.unavailable ?? 0, deployment.spec.replicas)
    }

    private static func fenceposts(_ deployment: Deployment) -> (surge: Int64, unavailable: Int64)? {
        let rolling = deployment.spec.strategy.rollingUpdate
        return fenceposts(
            maxSurge: rolling?.maxSurge, maxUnavailable: rolling?.maxUnavailable,
            desired: deployment.spec.replicas)
    }

    // MARK: Counts

    static func specReplicas(_ sets: [ReplicaSet]) -> Int64 { sets.reduce(0) { $0 + $1.spec.replicas } }
    static func replicas(_ sets: [ReplicaSet]) -> Int64 { sets.reduce(0) { $0 + $1.status.replicas } }
    static func readyReplicas(_ sets: [ReplicaSet]) -> Int64 {
        sets.reduce(0) { $0 + $1.status.readyReplicas }
    }
    static func availableReplicas(_ sets: [ReplicaSet]) -> Int64 {
        sets.reduce(0) { $0 + $1.status.availableReplicas }
    }

    /// Pods that are being deleted; nil when a ReplicaSet that was synced does not say.
    static func terminatingReplicas(_ sets: [ReplicaSet]) -> Int64? {
        var sum: Int64 = 0
        for set in sets {
            if let count = set.status.terminatingReplicas {
                sum += count
            } else if set.status.observedGeneration != 0 {
                return nil
            }
        }
        return sum
    }

    static func active(_ sets: [ReplicaSet]) -> [ReplicaSet] { sets.filter { $0.spec.replicas > 0 } }

    // MARK: Sizes

    /// How many pods the new ReplicaSet is to have now; nil for an unknown strategy or a percentage that is
    /// none.
    static func newReplicas(_ deployment: Deployment, all: [ReplicaSet], new: ReplicaSet) -> Int64? {
        switch deployment.spec.strategy.type {
        case "RollingUpdate":
            let desired = deployment.spec.replicas
            let surge = deployment.spec.strategy.rollingUpdate?.maxSurge ?? .count(0)
            guard let maxSurge = surge.scaled(total: desired, roundingUp: true) else { return nil }
            let room = desired + maxSurge - specReplicas(all)
            if room <= 0 { return new.spec.replicas }
            return new.spec.replicas + min(room, desired - new.spec.replicas)
        case "Recreate": return deployment.spec.replicas
        default: return nil
        }
    }

    /// Whether the ReplicaSet has everything that its Deployment wants.
    static func isSaturated(_ deployment: Deployment, _ set: ReplicaSet?) -> Bool {
        guard let set,
            let desired = set.metadata.annotations[desiredReplicasAnnotation].flatMap({ Int64($0) })
        else { return false }
        let wanted = deployment.spec.replicas
        return set.spec.replicas == wanted && desired == wanted && set.status.availableReplicas == wanted
    }

    /// A ReplicaSet's share of the pods to be added or removed; `added` were given to others before it.
    static func proportion(
        _ set: ReplicaSet, _ deployment: Deployment, toAdd: Int64, added: Int64
    ) -> Int64 {
        if set.spec.replicas == 0 || toAdd == 0 || toAdd == added { return 0 }
        let fraction = fraction(set, deployment)
        let allowed = toAdd - added
        return toAdd > 0 ? min(fraction, allowed) : max(fraction, allowed)
    }

    private static func fraction(_ set: ReplicaSet, _ deployment: Deployment) -> Int64 {
        if deployment.spec.replicas == 0 { return -set.spec.replicas }
        let maximum = deployment.spec.replicas + maxSurge(deployment)
        var before = count(set.metadata.annotations[maxReplicasAnnotation]) ?? 0
        if before == 0 { before = deployment.status.replicas }
        if before == 0 { return 0 }
        // Upstream multiplies 32-bit numbers.
        let product = Int32(truncatingIfNeeded: set.spec.replicas &* maximum)
        return Int64((Double(product) / Double(before)).rounded(.toNearestOrAwayFromZero)) - set.spec.replicas
    }

    /// A number of pods in an annotation; nil when there is none, or it is no such number.
    static func count(_ text: String?) -> Int64? {
        guard let text, !text.hasPrefix("+"), let value = Int64(text), value >= 0, value <= Int64(Int32.max),
            !text.hasPrefix("-")
        else { return nil }
        return value
    }

    // MARK: Revisions

    /// A ReplicaSet's revision; 0 without the annotation, nil when it is no number.
    static func revision(_ set: ReplicaSet) -> Int64? {
        guard let text = set.metadata.annotations[revisionAnnotation] else { return 0 }
        return Int64(text)
    }

    static func maxRevision(_ sets: [ReplicaSet]) -> Int64 {
        sets.reduce(0) { max($0, revision($1) ?? 0) }
    }

    /// The second highest revision.
    static func lastRevision(_ sets: [ReplicaSet]) -> Int64 {
        var (highest, second): (Int64, Int64) = (0, 0)
        for set in sets {
            guard let revision = revision(set) else { continue }
            if revision >= highest {
                (highest, second) = (revision, highest)
            } else if revision > second {
                second = revision
            }
        }
        return second
    }

    // MARK: Orders

    /// Older first, by name among those of one second.
    static func isOlder(_ left: ReplicaSet, _ right: ReplicaSet) -> Bool {
        let (first, second) = (left.metadata.creationTimestamp, right.metadata.creationTimestamp)
        if first == second { return left.metadata.name < right.metadata.name }
        guard let first, let second else { return first == nil }
        return first < second
    }

    /// Larger first; among those of one size the newer, or the older.
    static func isLarger(_ left: ReplicaSet, _ right: ReplicaSet, thenNewer: Bool) -> Bool {
        if left.spec.replicas != right.spec.replicas { return left.spec.replicas > right.spec.replicas }
        return thenNewer ? isOlder(right, left) : isOlder(left, right)
    }

    /// Lower revisions first.
    static func isEarlier(_ left: ReplicaSet, _ right: ReplicaSet) -> Bool {
        guard let first = revision(left), let second = revision(right), first != second else {
            return isOlder(left, right)
        }
        return first < second
    }

    // MARK: Limits

    static func hasProgressDeadline(_ deployment: Deployment) -> Bool {
        deployment.spec.progressDeadlineSeconds.map { $0 != Int64(Int32.max) } ?? false
    }

    static func hasRevisionHistoryLimit(_ deployment: Deployment) -> Bool {
        deployment.spec.revisionHistoryLimit.map { $0 != Int64(Int32.max) } ?? false
    }

    /// `name-hash`, shortened to the length of a DNS subdomain.
    static func replicaSetName(_ deployment: String, hash: String) -> String {
        let room = 253 - 1 - hash.utf8.count
        let name = deployment.utf8.count > room && room > 0 ? String(deployment.prefix(room)) : deployment
        return name + "-" + hash
    }
}
