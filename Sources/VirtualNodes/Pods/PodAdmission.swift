import KubernetesModel

/// Why a kubelet refuses a pod that was bound to its node.
struct AdmissionFailure: Hashable {
    var reason: String
    var message: String
}

/// The checks that a kubelet makes of its own before it runs a pod.
///
/// These are: the number of pods, requested resources, node selector and required node affinity, node name,
/// host ports, NoExecute taints, the operating system label. The first failure in upstream's order is
/// reported. Preemption of pods for critical ones is not done. Upstream:
/// `pkg/kubelet/lifecycle/predicate.go`, `pkg/scheduler/eventhandlers.go`, `AdmissionCheck` (v1.36).
struct PodAdmission {
    let node: Node
    /// The pods that are active on the node already.
    let others: [Ref<Pod>]

    func check(_ pod: Pod) -> AdmissionFailure? {
        if let os = pod.metadata.labels["kubernetes.io/os"], os != "linux" {
            return AdmissionFailure(
                reason: "PodOSSelectorNodeLabelDoesNotMatch",
                message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label")
        }
        if let failure = insufficientResource(pod) { return failure }
        if !matchesNode(pod.spec.fields) {
            return predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector")
        }
        if !pod.nodeName.isEmpty && pod.nodeName != node.metadata.name {
            return predicate("NodeName", "node(s) didn't match the requested node name")
        }
        if conflictsInPorts(pod.spec.fields) {
            return predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports")
        }
        let tolerations = pod.spec.tolerations
        if node.spec.taints.contains(where: { taint in
            taint.effect == .noExecute && !tolerations.contains { $0.tolerates(taint) }
        }) {
            return predicate("TaintToleration", "node(s) had taints that the pod didn't tolerate")
        }
        return nil
    }

    private func predicate(_ name: String, _ description: String) -> AdmissionFailure {
        AdmissionFailure(reason: name, message: "Predicate \(name) failed: \(description)")
    }

    // MARK: Resources

    private func insufficientResource(_ pod: Pod) -> AdmissionFailure? {
        let allocatable = node.status.allocatable
        func failure(_ name: String, _ requested: Int64, _ used: Int64, _ capacity: Int64) -> AdmissionFailure
        {
            AdmissionFailure(
                reason: "OutOf" + name,
                message: "Node didn't have enough resource: \(name), requested: \(requested), "
                    + "used: \(used), capacity: \(capacity)")
        }
        let limit = allocatable.amount(ResourceName.pods)
        if Int64(others.count) + 1 > limit { return failure("pods", 1, Int64(others.count), limit) }
        let requests = pod.spec.requests
        let basic = [ResourceName.cpu, ResourceName.memory, ResourceName.ephemeralStorage]
        let extended = requests.entries.map(\.name).filter {
            // Extended resources that the node does not have at all are not checked here.
            !basic.contains($0) && $0 != ResourceName.pods && allocatable[$0] != nil
        }
        for name in basic + extended {
            let requested = requests.amount(name)
            guard requested > 0 else { continue }
            let used = sum(of: name)
            let capacity = allocatable.amount(name)
            if requested > capacity - used { return failure(name, requested, used, capacity) }
        }
        return nil
    }

    /// What the other pods request of a resource; pods of one specification are mostly neighbours.
    private func sum(of name: String) -> Int64 {
        var sum: Int64 = 0
        var last: PodSpec?
        var amount: Int64 = 0
        for pod in others {
            let spec = pod.value.spec
            if spec !== last {
                amount = spec.requests.amount(name)
                last = spec
            }
            sum += amount
        }
        return sum
    }

    // MARK: Node selector and affinity

    private func matchesNode(_ spec: PodSpecFields) -> Bool {
        for entry in spec.nodeSelector.entries where node.metadata.labels[entry.key] != entry.value {
            return false
        }
        guard let required = spec.affinity?.nodeAffinity?.required else { return true }
        return required.nodeSelectorTerms.contains(where: matches)
    }

    private func matches(_ term: NodeSelectorTerm) -> Bool {
        if term.matchExpressions.isEmpty && term.matchFields.isEmpty { return false }
        return term.matchExpressions.allSatisfy { holds($0, node.metadata.labels[$0.key]) }
            && term.matchFields.allSatisfy {
                holds($0, $0.key == "metadata.name" ? node.metadata.name : nil)
            }
    }

    private func holds(_ requirement: SelectorRequirement, _ value: String?) -> Bool {
        switch requirement.operatorName {
        case "In": return value.map(requirement.values.contains) ?? false
        case "NotIn": return !(value.map(requirement.values.contains) ?? false)
        case "Exists": return value != nil
        case "DoesNotExist": return value == nil
        case "Gt", "Lt":
            guard let number = value.flatMap({ Int64($0) }),
                let bound = requirement.values.first.flatMap({ Int64($0) })
            else { return false }
            return requirement.operatorName == "Gt" ? number > bound : number < bound
        default: return false
        }
    }

    // MARK: Host ports

    private func conflictsInPorts(_ spec: PodSpecFields) -> Bool {
        let wanted = Self.hostPorts(spec)
        if wanted.isEmpty { return false }
        let taken = others.flatMap { Self.hostPorts($0.value.spec.fields) }
        return wanted.contains { port in
            taken.contains {
                $0.hostPort == port.hostPort && $0.transportProtocol == port.transportProtocol
                    && (Self.isAny($0.hostIP) || Self.isAny(port.hostIP) || $0.hostIP == port.hostIP)
            }
        }
    }

    private static func hostPorts(_ spec: PodSpecFields) -> [ContainerPort] {
        (spec.containers + spec.initContainers.filter(\.isSidecar)).flatMap(\.ports).filter {
            $0.hostPort > 0
        }
    }

    private static func isAny(_ address: String) -> Bool { address.isEmpty || address == "0.0.0.0" }
}
