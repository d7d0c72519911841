public import KubernetesModel
import OrderedCollections

/// On which nodes the pods of a DaemonSet belong, and what their specs get for that.
///
/// Upstream: `pkg/controller/daemon/daemon_controller.go`, `NodeShouldRunDaemonPod`;
/// `pkg/controller/daemon/util/daemonset_util.go` (v1.36).
public struct DaemonPodPlacement: Sendable {
    /// What a node means to a DaemonSet.
    public struct Verdict: Hashable, Sendable {
        /// A pod is to be started there if there is none.
        public var shouldRun: Bool
        /// A pod that is there may stay.
        public var shouldContinueRunning: Bool
    }

    private let nodeName: String
    private let nodeSelector: StringMap
    /// Nil without required affinity.
    private let affinity: [NodeSelectorTerm]?
    /// Those of the template and those that every daemon pod gets.
    public let tolerations: [Toleration]

    public init(_ template: PodTemplate) {
        let spec = template.spec
        nodeName = template.nodeName
        nodeSelector = spec.nodeSelector
        affinity = spec.affinity?.nodeAffinity?.required?.nodeSelectorTerms
        tolerations = Self.tolerations(of: spec)
    }

    public func verdict(on node: Node) -> Verdict {
        let name = node.metadata.name
        guard nodeName.isEmpty || nodeName == name, matches(node) else {
            return Verdict(shouldRun: false, shouldContinueRunning: false)
        }
        let untolerated = node.spec.taints.filter { taint in
            taint.effect != .preferNoSchedule && !tolerations.contains { $0.tolerates(taint) }
        }
        return Verdict(
            shouldRun: untolerated.isEmpty,
            shouldContinueRunning: !untolerated.contains { $0.effect == .noExecute })
    }

    /// Upstream: `component-helpers/scheduling/corev1/nodeaffinity`, `RequiredNodeAffinity.Match` (v1.36).
    private func matches(_ node: Node) -> Bool {
        let labels = node.metadata.labels
        for entry in nodeSelector.entries where labels[entry.key] != entry.value { return false }
        guard let affinity else { return true }
        return affinity.contains { term in
            guard !term.matchExpressions.isEmpty || !term.matchFields.isEmpty,
                term.matchExpressions.allSatisfy(\.isWellFormed)
            else { return false }
            return term.matchExpressions.allSatisfy { $0.compiled.matches(labels[$0.key]) }
                && term.matchFields.allSatisfy { $0.compiled.matchesField(name: node.metadata.name) }
        }
    }

    // MARK: Pods' specs

    /// Pods of DaemonSets stay on nodes with trouble, and come onto nodes under pressure.
    private static func tolerations(of spec: PodSpec) -> [Toleration] {
        var added: [(key: String, effect: TaintEffect)] = [
            ("node.kubernetes.io/not-ready", .noExecute), ("node.kubernetes.io/unreachable", .noExecute),
            ("node.kubernetes.io/disk-pressure", .noSchedule),
            ("node.kubernetes.io/memory-pressure", .noSchedule),
            ("node.kubernetes.io/pid-pressure", .noSchedule),
            ("node.kubernetes.io/unschedulable", .noSchedule),
        ]
        if spec.hostNetwork { added.append(("node.kubernetes.io/network-unavailable", .noSchedule)) }
        var tolerations = spec.tolerations
        for (key, effect) in added {
            var toleration = Toleration()
            toleration.key = key
            toleration.operatorName = "Exists"
            toleration.effect = effect
            var isThere = false
            for index in tolerations.indices where tolerations[index].isAlike(toleration) {
                tolerations[index] = toleration
                isThere = true
            }
            if !isThere { tolerations.append(toleration) }
        }
        return tolerations
    }

    /// The template's spec with the tolerations, the same for all nodes.
    func tolerantSource(_ template: PodTemplate) -> JSONObject {
        var source = template.spec.source
        let epoch = CalendarTime(unixSeconds: 0)  // Tolerations hold no times.
        source["tolerations"] = .array(tolerations.map { .object($0.fields(epoch: epoch)) })
        return source
    }

    /// The spec of the pod for one node: its required affinity names the node, and nothing else.
    static func spec(_ source: JSONObject, for node: String) -> PodSpec {
        var spec = JSONValue.object(source)
        var affinity = spec["affinity"] ?? [:]
        var nodeAffinity = affinity["nodeAffinity"] ?? [:]
        nodeAffinity["requiredDuringSchedulingIgnoredDuringExecution"] = [
            "nodeSelectorTerms": [
                ["matchFields": [["key": "metadata.name", "operator": "In", "values": [.string(node)]]]]
            ]
        ]
        affinity["nodeAffinity"] = nodeAffinity
        spec["affinity"] = affinity
        return PodSpec(source: spec.objectValue ?? source)
    }

    /// The node that a pod is on or made for; nil when its spec names none.
    static func node(of pod: Pod) -> String? {
        if !pod.nodeName.isEmpty { return pod.nodeName }
        for term in pod.spec.affinity?.nodeAffinity?.required?.nodeSelectorTerms ?? [] {
            for field in term.matchFields where field.key == "metadata.name" && field.operatorName == "In" {
                return field.values.count == 1 ? field.values[0] : nil
            }
        }
        return nil
    }
}

extension Toleration {
    /// Whether both are about the same taints (`Toleration.MatchToleration`).
    fileprivate func isAlike(_ other: Toleration) -> Bool {
        key == other.key && effect == other.effect && operatorName == other.operatorName
            && value == other.value
    }
}

extension SelectorRequirement {
    fileprivate var compiled: NodeSelectorRequirement {
        guard let operation = NodeSelectorRequirement.Operation(rawValue: operatorName) else {
            var requirement = NodeSelectorRequirement(key: key, .isIn)
            requirement.operation = nil
            return requirement
        }
        return NodeSelectorRequirement(key: key, operation, values)
    }

    /// Whether the number of values fits the operator; a term with one that does not matches nothing.
    fileprivate var isWellFormed: Bool {
        switch operatorName {
        case "In", "NotIn": !values.isEmpty
        case "Exists", "DoesNotExist": values.isEmpty
        case "Gt", "Lt": values.count == 1 && Int64(values[0]) != nil
        default: false
        }
    }
}
