import KubernetesModel
import OrderedCollections

/// Filters nodes for a pod once more, with changes made to the pod and to a copy of the cluster.
struct WhatIfTrial {
    let pod: PodInfo
    let framework: Framework
    let cluster: ClusterCache
    /// Stands in for a raised limit of which the least sufficient value is not known yet.
    static let unlimited: Int64 = 1 << 40

    /// The nodes, of those given, on which the pod would fit after the changes.
    func fitting(
        _ changes: [WhatIfChange], among nodes: ContiguousArray<NodeIndex>
    ) -> ContiguousArray<NodeIndex> {
        var cluster = self.cluster
        var candidates = nodes
        for change in changes { Self.apply(change, to: &cluster, nodes: nodes) }
        let pod = self.pod(with: changes, in: &cluster)
        var state = CycleState()
        let preFilter = framework.runPreFilter(pod, cluster: cluster, state: &state)
        guard preFilter.status.isSuccess else { return [] }
        if let names = preFilter.nodeNames {
            let narrowed = Set(names)
            candidates.removeAll { !narrowed.contains(cluster.nodes.names[$0]) }
        }
        var rejections = Rejections(candidates: candidates, rowCount: cluster.nodes.rowCount)
        framework.runFilterWithNominatedPods(pod, cluster: &cluster, state: state, rejections: &rejections)
        return rejections.error.isEmpty ? rejections.candidates : []
    }

    /// Whether the pod would fit an empty node like one that is there: without cordon, and without the taints
    /// that come from a node's condition.
    func fitsNewNode(like node: NodeIndex) -> Bool {
        guard let model = cluster.nodes.objects[node]?.value else { return false }
        let name = Self.newNodeName
        var new = model
        new.metadata.name = name
        if new.metadata.labels.contains(WellKnown.hostnameLabel) {
            new.metadata.labels = Labels(
                model.metadata.labels.entries.map {
                    ($0.key, $0.key == WellKnown.hostnameLabel ? name : $0.value)
                })
        }
        new.spec.unschedulable = false
        new.spec.taints.removeAll { $0.key.hasPrefix("node.kubernetes.io/") }
        var cluster = self.cluster
        let row = cluster.nodes.set(Ref(new))
        cluster.nodes.settleOrder()
        let trial = WhatIfTrial(pod: pod, framework: framework, cluster: cluster)
        return !trial.fitting([], among: [row]).isEmpty
    }

    /// Trials with one pod less, which begin from one PreFilter; nil when that rejects the pod.
    func evictions() -> Evictions? {
        var state = CycleState()
        guard framework.runPreFilter(pod, cluster: cluster, state: &state).status.isSuccess else {
            return nil
        }
        return Evictions(pod: pod, framework: framework, cluster: cluster, state: state)
    }

    struct Evictions {
        let pod: PodInfo
        let framework: Framework
        private(set) var cluster: ClusterCache
        let state: CycleState

        fileprivate init(pod: PodInfo, framework: Framework, cluster: ClusterCache, state: CycleState) {
            self.pod = pod
            self.framework = framework
            self.cluster = cluster
            self.state = state
        }

        /// Whether the pod fits the node when another one is gone.
        mutating func fits(without other: PodInfo, on node: NodeIndex) -> Bool {
            let saved = cluster.nodes.save(node)
            var state = self.state
            cluster.nodes.remove(other.uid, from: node)
            framework.removePod(other, from: node, for: pod, cluster: cluster, state: &state)
            var rejections = Rejections(candidates: [node], rowCount: cluster.nodes.rowCount)
            framework.runFilterWithNominatedPods(
                pod, cluster: &cluster, state: state, rejections: &rejections)
            cluster.nodes.restore(node, to: saved)
            return rejections.error.isEmpty && !rejections.candidates.isEmpty
        }
    }

    /// No node can have this name.
    private static let newNodeName = "(new node)"

    // MARK: Changes of the cluster

    private static func apply(
        _ change: WhatIfChange, to cluster: inout ClusterCache, nodes: ContiguousArray<NodeIndex>
    ) {
        switch change {
        case .uncordon:
            for row in nodes where cluster.nodes.isUnschedulable[row] {
                guard let object = cluster.nodes.objects[row] else { continue }
                var node = object.value
                node.spec.unschedulable = false
                // The node controller takes its taint for a cordon off again.
                node.spec.taints.removeAll { $0.key == WellKnown.unschedulableTaint }
                cluster.nodes.set(Ref(node))
            }
        case .raisePodCapacity(_, let to):
            for row in nodes { cluster.nodes.podCapacity[row] = max(cluster.nodes.podCapacity[row], to) }
        default: break
        }
    }

    // MARK: Changes of the pod

    private func pod(with changes: [WhatIfChange], in cluster: inout ClusterCache) -> PodInfo {
        var spec = pod.spec.source
        // What is dropped by its place goes from behind, so that places stay true.
        for change in changes.sorted(by: { Self.place($0) > Self.place($1) }) { Self.edit(&spec, change) }
        if spec == pod.spec.source { return pod }
        var value = pod.value
        value.spec = PodSpec(source: spec)
        let podClass = PodClass(pod: value, table: &cluster.nodes)
        cluster.nodes.addMissingResourceColumns()
        return cluster.nodes.info(of: Ref(value), podClass)
    }

    private static func place(_ change: WhatIfChange) -> Int {
        switch change {
        case .dropNodeRequirement(let term, let place, _): term * 1_000 + place
        case .dropPodAffinity(let place, _), .dropPodAntiAffinity(let place, _),
            .raiseMaxSkew(let place, _, _, _):
            place
        default: 0
        }
    }

    private static let required = "requiredDuringSchedulingIgnoredDuringExecution"

    private static func edit(_ spec: inout JSONObject, _ change: WhatIfChange) {
        switch change {
        case .lowerRequest(let resource, _, let to): setRequest(&spec, resource, to)
        case .tolerate(let key, let value, let effect):
            var list = spec["tolerations"]?.arrayValue ?? []
            list.append([
                "key": .string(key), "operator": "Equal", "value": .string(value),
                "effect": .string(effect.rawValue),
            ])
            spec["tolerations"] = .array(list)
        case .dropNodeSelector(let key, _): spec["nodeSelector"]?[key] = nil
        case .dropNodeRequirement(let term, let place, _):
            var terms = spec["affinity"]?["nodeAffinity"]?[required]?["nodeSelectorTerms"]?.arrayValue ?? []
            guard terms.indices.contains(term) else { return }
            var list = terms[term]["matchExpressions"]?.arrayValue ?? []
            guard list.indices.contains(place) else { return }
            list.remove(at: place)
            let rest: JSONValue? = list.isEmpty ? nil : .array(list)
            terms[term]["matchExpressions"] = rest
            spec["affinity"]?["nodeAffinity"]?[required]?["nodeSelectorTerms"] = .array(terms)
            // A term without requirements matches no node; what is meant is a term that asks for nothing.
            if list.isEmpty && (terms[term]["matchFields"]?.arrayValue ?? []).isEmpty {
                spec["affinity"]?["nodeAffinity"]?[required] = nil
            }
        case .dropNodeAffinity: spec["affinity"]?["nodeAffinity"]?[required] = nil
        case .dropPodAffinity(let place, _): removeTerm(&spec, "podAffinity", place)
        case .dropPodAntiAffinity(let place, _): removeTerm(&spec, "podAntiAffinity", place)
        case .raiseMaxSkew(let place, _, _, let to):
            var list = spec["topologySpreadConstraints"]?.arrayValue ?? []
            guard list.indices.contains(place) else { return }
            list[place]["maxSkew"] = .integer(to)
            spec["topologySpreadConstraints"] = .array(list)
        case .dropHostPort(let port, let transport, let address):
            mapContainers(&spec) { container in
                let ports = (container["ports"]?.arrayValue ?? []).map { entry in
                    guard entry["hostPort"]?.integerValue == port,
                        entry["protocol"]?.stringValue ?? "TCP" == transport,
                        entry["hostIP"]?.stringValue ?? HostPort.anyAddress == address
                    else { return entry }
                    var entry = entry
                    entry["hostPort"] = nil
                    return entry
                }
                if !ports.isEmpty { container["ports"] = .array(ports) }
            }
        case .dropVolume(let name, _):
            let list = (spec["volumes"]?.arrayValue ?? []).filter { $0["name"]?.stringValue != name }
            spec["volumes"] = .array(list)
        case .uncordon, .raisePodCapacity, .evict, .addNode: break
        }
    }

    private static func removeTerm(_ spec: inout JSONObject, _ kind: String, _ place: Int) {
        var list = spec["affinity"]?[kind]?[required]?.arrayValue ?? []
        guard list.indices.contains(place) else { return }
        list.remove(at: place)
        spec["affinity"]?[kind]?[required] = .array(list)
    }

    private static func mapContainers(_ spec: inout JSONObject, _ change: (inout JSONValue) -> Void) {
        for kind in ["initContainers", "containers"] {
            guard var list = spec[kind]?.arrayValue else { continue }
            for place in list.indices { change(&list[place]) }
            spec[kind] = .array(list)
        }
    }

    /// Makes the pod's effective request an amount: the first container asks for all of it.
    private static func setRequest(_ spec: inout JSONObject, _ resource: String, _ amount: Int64) {
        spec["overhead"]?[resource] = nil
        spec["resources"]?["requests"]?[resource] = nil
        mapContainers(&spec) { $0["resources"]?["requests"]?[resource] = nil }
        guard amount > 0, var list = spec["containers"]?.arrayValue, !list.isEmpty else { return }
        let text = resource == ResourceName.cpu ? "\(amount)m" : "\(amount)"
        var resources = list[0]["resources"] ?? [:]
        var requests = resources["requests"] ?? [:]
        requests[resource] = .string(text)
        resources["requests"] = requests
        list[0]["resources"] = resources
        spec["containers"] = .array(list)
    }
}
