/// What must hold at every moment of every run, whatever fails, as far as upstream guarantees it.
public enum InvariantName: String, CaseIterable, Hashable, Sendable {
    /// The ReplicaSets of a Deployment ask for no more than `replicas + maxSurge` pods.
    case surge
    /// A ReplicaSet or ReplicationController has no more active pods than it asks for.
    case replicas
    /// A ready pod is not given up while one that is not ready stays.
    case victims
    /// An eviction leaves as many healthy pods as the disruption budget wants.
    case budget
    /// A StatefulSet's ordinals are those that it asks for, with one pod each.
    case ordinals
    /// A pod is on one node for its whole life.
    case placement
    /// An object has one managing owner at most, and pods that a selector selects do not stay without one.
    case ownership
    /// The scheduler binds no pod to a node whose allocatable resources are taken.
    case capacity
    /// A volume for one node is attached to one node.
    case attachment
    /// What a finalizer protects is not lost.
    case finalizers
    /// A Job counts each finished pod once.
    case accounting
    /// What is owned goes with its owner.
    case garbage
    /// Controllers observe the newest generation.
    case generation
    /// Nobody makes the same call in vain over and over.
    case hotLoop

    /// What it asks for, in words.
    public var meaning: String {
        switch self {
        case .surge: "the ReplicaSets of a Deployment ask for no more than replicas + maxSurge pods"
        case .replicas: "a ReplicaSet or ReplicationController has no more active pods than it asks for"
        case .victims: "a ready pod is not given up while one that is not ready stays"
        case .budget: "an eviction leaves as many healthy pods as the disruption budget wants"
        case .ordinals: "a StatefulSet's ordinals are those that it asks for, with one pod each"
        case .placement: "a pod is on one node for its whole life"
        case .ownership: "an object has one managing owner, and selected pods do not stay without one"
        case .capacity: "the scheduler binds no pod to a node whose allocatable resources are taken"
        case .attachment: "a volume for one node is attached to one node"
        case .finalizers: "what a finalizer protects is not lost"
        case .accounting: "a Job counts each finished pod once"
        case .garbage: "what is owned goes with its owner"
        case .generation: "controllers observe the newest generation"
        case .hotLoop: "nobody makes the same call in vain over and over"
        }
    }
}
