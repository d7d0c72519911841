import ControlPlane
import KubernetesModel
import SimulationKernel

/// A controller observes generations that there are, never goes back, and gets to the newest one.
struct GenerationInvariant: Invariant {
    static let name = InvariantName.generation
    static let kinds: [ObjectKind] = [
        .deployment, .replicaSet, .replicationController, .statefulSet, .daemonSet, .podDisruptionBudget,
    ]

    private struct Subject: Hashable {
        var kind: ObjectKind
        var key: ObjectKey
    }
    /// Objects whose newest generation nobody has observed yet, and since when it is there.
    private var pending: [Subject: (generation: Int64, since: VirtualTime)] = [:]

    mutating func stored(_ change: StoreChange, _ context: inout InvariantContext) {
        guard let now = Self.generations(of: change.object) else { return }
        let subject = Subject(kind: change.object.kind, key: now.key)
        if change.kind == .deleted || now.isBeingDeleted || now.observed >= now.generation {
            if !pending.isEmpty { pending.removeValue(forKey: subject) }
        } else if pending[subject]?.generation != now.generation {
            pending[subject] = (now.generation, context.now)
        }
        if change.kind == .deleted { return }
        if now.observed > now.generation {
            context.report(
                Self.name, subject.kind, subject.key,
                "observed generation \(now.observed), and there is only \(now.generation)")
        }
        if let old = change.previous.flatMap(Self.generations), old.uid == now.uid,
            now.observed < old.observed
        {
            context.report(
                Self.name, subject.kind, subject.key,
                "observed generation \(now.observed) after \(old.observed)")
        }
    }

    mutating func finish(_ context: inout InvariantContext) {
        let late = pending.filter { context.isOverdue(since: $0.value.since) }
        let order = late.keys.sorted { ($0.kind.rawValue, $0.key) < ($1.kind.rawValue, $1.key) }
        for subject in order {
            guard let entry = late[subject] else { continue }
            context.report(
                Self.name, subject.kind, subject.key,
                "generation \(entry.generation) is there since \(entry.since) and was not observed", cause: ""
            )
        }
    }

    private struct Generations {
        var key: ObjectKey
        var uid: UID
        var generation: Int64
        var observed: Int64
        var isBeingDeleted: Bool
    }

    private static func generations(of object: APIObject) -> Generations? {
        func make(_ metadata: borrowing ObjectMeta, _ observed: Int64) -> Generations {
            Generations(
                key: metadata.key, uid: metadata.uid, generation: metadata.generation, observed: observed,
                isBeingDeleted: metadata.isBeingDeleted)
        }
        switch object {
        case .deployment(let object):
            return make(object.value.metadata, object.value.status.observedGeneration)
        case .replicaSet(let object):
            return make(object.value.metadata, object.value.status.observedGeneration)
        case .replicationController(let object):
            return make(object.value.metadata, object.value.status.observedGeneration)
        case .statefulSet(let object):
            return make(object.value.metadata, object.value.status.observedGeneration)
        case .daemonSet(let object):
            return make(object.value.metadata, object.value.status.observedGeneration)
        case .podDisruptionBudget(let object):
            return make(object.value.metadata, object.value.status.observedGeneration)
        default: return nil
        }
    }
}
