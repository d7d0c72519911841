public import KubernetesModel
public import SimulationKernel

/// What would have made a pod fit at one attempt: found by changing it, or the cluster, and filtering again.
public struct WhatIf: Sendable {
    /// One way: changes that together suffice on some nodes.
    public struct Option: Sendable {
        /// One change, or several of which none is needless.
        public var changes: [WhatIfChange]
        /// What orders options of as many changes: thousandths, smaller is smaller.
        public var cost: Int64
        /// The place of the attempt's rejection that they overcome; nil for changes of no node that is there.
        public var rejection: Int?
        /// The nodes on which the pod fits then, in the order of evaluation.
        public var nodes: ContiguousArray<NodeIndex>
    }

    /// Numbers the analyses of one scheduler, from 1.
    public var number: Int
    public var time: VirtualTime
    /// The pod for which it was made; others of its kind refer to it while it is fresh.
    public var pod: ObjectKey
    public var attempt: Int
    /// Smallest first.
    public var options: [Option]
    /// Whether everything was tried that is known to try; false when the bound on trials was reached.
    public var isComplete: Bool
    /// The names of the nodes by their index.
    public var nodeNames: ContiguousArray<String>
}

/// A change of the pod, of nodes, or of what runs on them.
public enum WhatIfChange: Hashable, Sendable {
    /// CPU in thousandths of a core, memory and storage in bytes, others in whole units.
    case lowerRequest(resource: String, from: Int64, to: Int64)
    case tolerate(key: String, value: String, effect: TaintEffect)
    case dropNodeSelector(key: String, value: String)
    /// A requirement of a required node affinity's term.
    case dropNodeRequirement(term: Int, place: Int, text: String)
    case dropNodeAffinity
    case dropPodAffinity(place: Int, text: String)
    case dropPodAntiAffinity(place: Int, text: String)
    /// Of the constraint at a place among the pod's.
    case raiseMaxSkew(place: Int, topologyKey: String, from: Int64, to: Int64)
    case dropHostPort(port: Int64, transportProtocol: String, address: String)
    case dropVolume(name: String, claim: String)
    case uncordon
    /// How many pods the node would have to take.
    case raisePodCapacity(from: Int64, to: Int64)
    case evict(pod: ObjectKey, uid: UID, node: String, priority: Int64, ownPriority: Int64, budgets: [String])
    /// An empty node with the labels, taints and allocatable resources of one of those that are there.
    case addNode(like: [String])
}

extension WhatIfChange {
    /// Orders changes by how much they take back of what was asked for, in thousandths: an amount counts as
    /// the share of it that goes, and everything else has a fixed place among them.
    var cost: Int64 {
        switch self {
        case .lowerRequest(_, let from, let to):
            if from <= 0 { return 1_000 }
            let share = (Double(from - to) * 1_000 / Double(from)).rounded(.up)
            return min(1_000, max(1, Int64(share)))
        case .raiseMaxSkew(_, _, let from, let to): return min(900, 100 &* max(1, to - from))
        case .tolerate(let key, _, let effect):
            // A node that is not ready, or cordoned, is better mended than tolerated.
            if key.hasPrefix("node.kubernetes.io/") { return 450 }
            return effect == .noExecute ? 400 : 300
        case .uncordon: return 350
        case .raisePodCapacity: return 360
        case .dropNodeSelector, .dropNodeRequirement, .dropPodAffinity, .dropPodAntiAffinity, .dropHostPort:
            return 500
        case .dropNodeAffinity: return 600
        case .evict(_, _, _, let priority, let own, let budgets):
            return (priority < own ? 310 : 700) + (budgets.isEmpty ? 0 : 300)
        case .dropVolume: return 800
        case .addNode: return 1_000
        }
    }

    /// The kind of change, as the run folder names it.
    public var kind: String {
        switch self {
        case .lowerRequest: "lowerRequest"
        case .tolerate: "tolerate"
        case .dropNodeSelector: "dropNodeSelector"
        case .dropNodeRequirement: "dropNodeRequirement"
        case .dropNodeAffinity: "dropNodeAffinity"
        case .dropPodAffinity: "dropPodAffinity"
        case .dropPodAntiAffinity: "dropPodAntiAffinity"
        case .raiseMaxSkew: "raiseMaxSkew"
        case .dropHostPort: "dropHostPort"
        case .dropVolume: "dropVolume"
        case .uncordon: "uncordon"
        case .raisePodCapacity: "raisePodCapacity"
        case .evict: "evict"
        case .addNode: "addNode"
        }
    }

    /// The change as a phrase: `request 500m less cpu (1500m instead of 2000m)`.
    public var text: String {
        switch self {
        case .lowerRequest(let resource, let from, let to):
            let less = Self.amount(from - to, of: resource)
            return to == 0
                ? "request no \(resource) (\(Self.amount(from, of: resource)) less)"
                : "request \(less) less \(resource) (\(Self.amount(to, of: resource)) instead of "
                    + "\(Self.amount(from, of: resource)))"
        case .tolerate(let key, let value, let effect):
            return "tolerate the taint \(key)\(value.isEmpty ? "" : "=\(value)"):\(effect.rawValue)"
        case .dropNodeSelector(let key, let value): return "drop the node selector \(key)=\(value)"
        case .dropNodeRequirement(_, _, let text): return "drop the required node affinity \(text)"
        case .dropNodeAffinity: return "drop the required node affinity"
        case .dropPodAffinity(_, let text): return "drop the required pod affinity \(text)"
        case .dropPodAntiAffinity(_, let text): return "drop the required pod anti-affinity \(text)"
        case .raiseMaxSkew(_, let key, let from, let to):
            return "raise maxSkew over \(key) from \(from) to \(to)"
        case .dropHostPort(let port, let transport, let address):
            return
                "drop the host port \(address == HostPort.anyAddress ? "" : "\(address):")\(port)/\(transport)"
        case .dropVolume(let name, let claim):
            return "do without the volume \(name)\(claim.isEmpty ? "" : " (claim \(claim))")"
        case .uncordon: return "uncordon the node"
        case .raisePodCapacity(let from, let to):
            return "let the node take \(to) pods (it takes \(from))"
        case .evict(let pod, _, let node, let priority, let own, let budgets):
            var text = "evict \(pod.namespace)/\(pod.name) from \(node) (priority \(priority)"
            if priority >= own { text += ", not lower than the pod's \(own): nobody preempts it" }
            for budget in budgets { text += "; PodDisruptionBudget \(budget) allows no disruption" }
            return text + ")"
        case .addNode(let names): return "add an empty node like \(names.joined(separator: " or "))"
        }
    }

    /// An amount as a quantity in its resource's unit.
    static func amount(_ amount: Int64, of resource: String) -> String {
        switch resource {
        case ResourceName.cpu: return Quantity(milli: amount).description
        case ResourceName.memory, ResourceName.ephemeralStorage:
            return Quantity(value: amount, format: .binarySI).description
        default:
            return resource.hasPrefix("hugepages-")
                ? Quantity(value: amount, format: .binarySI).description : "\(amount)"
        }
    }
}
