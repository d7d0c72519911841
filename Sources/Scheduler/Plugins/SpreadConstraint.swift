import KubernetesModel
import SimulationKernel

/// A topology spread constraint in the form in which the scheduler applies it.
///
/// Upstream: `pkg/scheduler/framework/plugins/podtopologyspread/common.go` (v1.36).
struct SpreadConstraint: Hashable, Sendable {
    let maxSkew: Int64
    let topologyKey: String
    /// All must match; none at all matches everything.
    var selector: SpreadSelector
    let minDomains: Int64
    let honorsAffinity: Bool
    let honorsTaints: Bool

    init(_ constraint: TopologySpreadConstraint, podLabels: Labels) {
        maxSkew = constraint.maxSkew
        topologyKey = constraint.topologyKey
        minDomains = constraint.minDomains ?? 1
        honorsAffinity = constraint.nodeAffinityPolicy ?? "Honor" == "Honor"
        honorsTaints = constraint.nodeTaintsPolicy == "Honor"
        guard let own = constraint.labelSelector else {
            selector = .nothing
            return
        }
        var all = [own]
        var merged = Labels()
        for key in constraint.matchLabelKeys { if let value = podLabels[key] { merged[key] = value } }
        if !merged.isEmpty { all.append(LabelSelector(matchLabels: merged)) }
        selector = SpreadSelector(all)
    }

    func matches(_ labels: Labels) -> Bool { selector.matches(labels) }

    /// Whether pods on the node count, by the constraint's policies.
    func includes(_ node: NodeIndex, for pod: PodInfo, nodes: NodeTable) -> Bool {
        includes(node, for: pod.podClass, nodes: nodes)
    }

    func includes(_ node: NodeIndex, for podClass: PodClass, nodes: NodeTable) -> Bool {
        if honorsAffinity && !podClass.requiredNodeAffinity.matches(node, in: nodes) { return false }
        if !honorsTaints || nodes.taintSet[node] == 0 { return true }
        return !TaintToleration.hasUntolerated(
            nodes.taintSets[Int(nodes.taintSet[node])], podClass.spec.tolerations)
    }

    /// Whether the pods of a group count, when they do not terminate; none for a selector that matches all.
    func counts(_ group: PodGroup, namespace: String) -> Bool {
        !selector.isEmpty && group.podClass.namespace == namespace && selector.matches(group.labels)
    }

    /// How many of the pods match; none for a selector that matches everything, and none that terminate.
    func count(_ pods: ContiguousArray<PodInfo>, namespace: String) -> Int64 {
        if selector.isEmpty { return 0 }
        var count: Int64 = 0
        for pod in pods
        where pod.value.metadata.deletionTimestamp == nil && pod.namespace == namespace
            && selector.matches(pod.labels)
        { count += 1 }
        return count
    }
}

/// Label selectors of which all must match.
struct SpreadSelector: Hashable, Sendable {
    private let selectors: [LabelSelector]
    private let matchesNothing: Bool

    init(_ selectors: [LabelSelector]) {
        self.selectors = selectors.filter { !$0.isEmpty }
        matchesNothing = false
    }

    private init() {
        selectors = []
        matchesNothing = true
    }

    static let nothing = SpreadSelector()

    /// Whether it matches everything.
    var isEmpty: Bool { selectors.isEmpty && !matchesNothing }

    /// A label that everything that counts must have.
    enum RequiredLabel {
        /// Nothing counts.
        case none
        case label(key: String, value: String)
        /// No single label is required.
        case unknown
    }

    var requiredLabel: RequiredLabel {
        if matchesNothing || selectors.isEmpty { return .none }
        for selector in selectors {
            if let entry = selector.matchLabels.entries.first {
                return .label(key: entry.key, value: entry.value)
            }
        }
        return .unknown
    }

    func matches(_ labels: Labels) -> Bool {
        !matchesNothing && selectors.allSatisfy { $0.matches(labels) }
    }
}

/// A node's domain under a topology key, whether or not the table has a column for the key.
struct SpreadColumn {
    private let domains: TopologyDomains
    private let emptyText: Symbol?

    init(_ key: String, nodes: NodeTable) {
        domains = nodes.existingTopology(key).map { nodes.topologies[$0.value] } ?? nodes.domains(of: key)
        emptyText = nodes.symbols.symbol("")
    }

    var domainCount: Int { domains.count }
    subscript(node: NodeIndex) -> Int { domains[node] }

    /// Whether the label's value in a domain is the empty text.
    func isEmptyValue(_ domain: Int) -> Bool { emptyText != nil && domains.values[domain] == emptyText }
}

/// The selector of the services and the workload that a pod belongs to.
///
/// Upstream: `pkg/scheduler/framework/plugins/helper/spread.go`, `DefaultSelector` (v1.36).
enum DefaultSpreadSelector {
    static func selector(of pod: Pod, objects: ClusterObjects) -> SpreadSelector {
        let namespace = pod.metadata.namespace
        var merged = Labels()
        for service in objects.services.elements(inNamespace: namespace) {
            let selector = service.value.spec.selector
            if !selector.isEmpty && LabelSelector(matchLabels: selector).matches(pod.metadata.labels) {
                merged = merged.merging(selector)
            }
        }
        guard let owner = pod.metadata.controllerReference else {
            return SpreadSelector([LabelSelector(matchLabels: merged)])
        }
        switch (owner.apiVersion, owner.kind) {
        case ("v1", "ReplicationController"):
            if let object = objects.replicationControllers[namespace: namespace, name: owner.name] {
                merged = merged.merging(object.value.spec.selector)
            }
        case ("apps/v1", "ReplicaSet"):
            if let object = objects.replicaSets[namespace: namespace, name: owner.name] {
                return SpreadSelector([LabelSelector(matchLabels: merged), object.value.spec.selector])
            }
        case ("apps/v1", "StatefulSet"):
            if let object = objects.statefulSets[namespace: namespace, name: owner.name] {
                return SpreadSelector([LabelSelector(matchLabels: merged), object.value.spec.selector])
            }
        default: break
        }
        return SpreadSelector([LabelSelector(matchLabels: merged)])
    }
}
