import KubernetesModel

/// What became of the attempt to make room for a pod.
public struct PostFilterResult: Sendable {
    public var status: Status
    /// The node to nominate: nil leaves the pod's nomination alone, the empty name clears it.
    public var nominatedNodeName: String?
    public var preemption: PreemptionPlan?

    public init(_ status: Status, nominatedNodeName: String? = nil, preemption: PreemptionPlan? = nil) {
        self.status = status
        self.nominatedNodeName = nominatedNodeName
        self.preemption = preemption
    }
}

/// Which pods are to go for a pod to fit, and what the other choices were.
public struct PreemptionPlan: Sendable {
    public struct Candidate: Sendable {
        public var nodeName: String
        /// In the order of importance, high to low.
        public var victims: [PodInfo]
        public var violations: Int
    }

    public var chosen: Candidate
    /// Every node on which preemption would help, in the order of their names.
    public var candidates: [Candidate]
    /// The nodes between which no criterion decided; empty when one did.
    public var tiedNodes: [String]
    /// Pods of lower priority that lose their nomination to the node.
    public var clearedNominations: [PodInfo]
}
