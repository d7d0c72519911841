import KubernetesModel
import OrderedCollections

/// A scheduler extender: each of its steps is one exchange of JSON.
///
/// Upstream: `pkg/scheduler/extender.go`, `kube-scheduler/extender/v1/types.go` (v1.36). The names of members
/// are those of Go's types, and answers are read whatever the case of their letters, as Go does.
public struct Extender: Sendable {
    public let configuration: ExtenderConfiguration
    let transport: any ExtenderTransport
    /// The calendar time of the run's start, for times in objects.
    let epoch: CalendarTime

    /// The highest score that an extender gives.
    static let maximumScore: Int64 = 10

    var name: String { configuration.urlPrefix }

    private func send(
        _ verb: String, _ body: JSONValue, answer type: ExtenderAnswerType
    ) -> Result<JSONValue, ExtenderFailure> {
        var prefix = Substring(configuration.urlPrefix)
        while prefix.hasSuffix("/") { prefix = prefix.dropLast() }
        let url = "\(prefix)/\(verb)"
        switch transport.post(
            body, to: url, timeoutNanoseconds: configuration.httpTimeoutNanoseconds)
        {
        case .failure(let failure): return .failure(failure)
        case .success(let answer) where answer.status != 200:
            return .failure(
                ExtenderFailure("failed \(verb) with extender at URL \(url), code \(answer.status)"))
        case .success(let answer):
            if let fault = type.fault(in: answer.body) { return .failure(ExtenderFailure(fault)) }
            return .success(answer.body)
        }
    }

    private func tree(_ object: APIObject) -> JSONValue {
        var tree = object.tree(epoch: epoch)
        // What a client holds has lost them.
        tree["apiVersion"] = nil
        tree["kind"] = nil
        return tree
    }

    private func arguments(
        _ pod: PodInfo, _ nodes: ContiguousArray<NodeIndex>, _ cluster: ClusterCache
    ) -> JSONValue {
        var body: JSONObject = ["Pod": tree(.pod(pod.pod)), "Nodes": .null, "NodeNames": .null]
        if configuration.isNodeCacheCapable {
            body["NodeNames"] = .array(nodes.map { .string(cluster.nodes.names[$0]) })
        } else {
            let items = nodes.compactMap { cluster.nodes.objects[$0] }.map { tree(.node($0)) }
            body["Nodes"] = ["metadata": [:], "items": .array(items)]
        }
        return .object(body)
    }

    // MARK: Filter

    struct FilterOutcome {
        var nodes: ContiguousArray<NodeIndex>
        /// By node's name, in ascending order.
        var failed: [(name: String, message: String)] = []
        var failedAndUnresolvable: [(name: String, message: String)] = []
        /// Whether the nodes came back as objects, which know of no pods.
        var areBare = false
    }

    func filter(
        _ pod: PodInfo, _ nodes: ContiguousArray<NodeIndex>, _ cluster: ClusterCache
    ) -> Result<FilterOutcome, ExtenderFailure> {
        if configuration.filterVerb.isEmpty { return .success(FilterOutcome(nodes: nodes)) }
        let answer: JSONValue
        switch send(configuration.filterVerb, arguments(pod, nodes, cluster), answer: .filterResult) {
        case .failure(let failure): return .failure(failure)
        case .success(let body): answer = body
        }
        if let text = answer[anyCase: "Error"]?.stringValue, !text.isEmpty {
            return .failure(ExtenderFailure(text))
        }
        var outcome = FilterOutcome(nodes: [])
        if configuration.isNodeCacheCapable, let names = answer[anyCase: "NodeNames"]?.arrayValue {
            for name in names {
                let text = name.stringValue ?? ""
                guard let node = cluster.nodes[text], nodes.contains(node) else {
                    return .failure(
                        ExtenderFailure(
                            "extender \"\(self.name)\" claims a filtered node \"\(text)\" which is not found "
                                + "in the input node list"))
                }
                outcome.nodes.append(node)
            }
        } else if let items = answer[anyCase: "Nodes"]?[anyCase: "items"]?.arrayValue {
            outcome.areBare = true
            for item in items {
                let text = item["metadata"]?["name"]?.stringValue ?? ""
                guard let node = cluster.nodes[text] else {
                    return .failure(ExtenderFailure("nodeinfo not found for node name \"\(text)\""))
                }
                outcome.nodes.append(node)
            }
        }
        func messages(_ member: String) -> [(name: String, message: String)] {
            let members = answer[anyCase: member]?.objectValue ?? [:]
            return members.map { (name: $0.key, message: $0.value.stringValue ?? "") }
                .sorted { $0.name < $1.name }
        }
        outcome.failed = messages("FailedNodes")
        outcome.failedAndUnresolvable = messages("FailedAndUnresolvableNodes")
        return .success(outcome)
    }

    // MARK: Prioritize

    /// What is added to each node's total, in the order of the nodes.
    func prioritize(
        _ pod: PodInfo, _ nodes: ContiguousArray<NodeIndex>, _ cluster: ClusterCache
    ) -> Result<ContiguousArray<Int64>, ExtenderFailure> {
        var scores = ContiguousArray<Int64>(repeating: 0, count: nodes.count)
        if configuration.prioritizeVerb.isEmpty { return .success(scores) }
        switch send(configuration.prioritizeVerb, arguments(pod, nodes, cluster), answer: .priorities) {
        case .failure(let failure): return .failure(failure)
        case .success(let answer):
            for entry in answer.arrayValue ?? [] {
                let host = entry[anyCase: "Host"]?.stringValue ?? ""
                let score = entry[anyCase: "Score"]?.integerValue ?? 0
                guard let place = nodes.firstIndex(where: { cluster.nodes.names[$0] == host }) else {
                    continue
                }
                scores[place] &+=
                    score &* configuration.weight &* (NodeScore.maximum / Self.maximumScore)
            }
            return .success(scores)
        }
    }

    // MARK: Preempt

    /// The candidates that the extender leaves, with the victims that it wants.
    func preempt(
        _ pod: PodInfo, _ candidates: [PreemptionPlan.Candidate], _ cluster: ClusterCache
    ) -> Result<[PreemptionPlan.Candidate], ExtenderFailure> {
        var victims: JSONObject = [:]
        for candidate in candidates {
            let pods = candidate.victims.map { victim in
                configuration.isNodeCacheCapable
                    ? JSONValue.object(["UID": .string(victim.uid.description)]) : tree(.pod(victim.pod))
            }
            victims[candidate.nodeName] = [
                "Pods": .array(pods), "NumPDBViolations": .integer(Int64(candidate.violations)),
            ]
        }
        let body: JSONObject = [
            "Pod": tree(.pod(pod.pod)),
            "NodeNameToVictims": configuration.isNodeCacheCapable ? .null : .object(victims),
            "NodeNameToMetaVictims": configuration.isNodeCacheCapable ? .object(victims) : .null,
        ]
        let answer: JSONValue
        switch send(configuration.preemptVerb, .object(body), answer: .preemptionResult) {
        case .failure(let failure): return .failure(failure)
        case .success(let body): answer = body
        }
        var left: [PreemptionPlan.Candidate] = []
        let members = answer[anyCase: "NodeNameToMetaVictims"]?.objectValue ?? [:]
        for (nodeName, meta) in members.sorted(by: { $0.key < $1.key }) {
            guard let node = cluster.nodes[nodeName] else {
                return .failure(ExtenderFailure("nodeinfo not found for node name \"\(nodeName)\""))
            }
            var pods: [PodInfo] = []
            for entry in meta[anyCase: "Pods"]?.arrayValue ?? [] {
                let uid = entry[anyCase: "UID"]?.stringValue ?? ""
                guard let found = cluster.nodes.pods[node].first(where: { $0.uid.description == uid }) else {
                    return .failure(
                        ExtenderFailure(
                            "extender: \(name) claims to preempt pod (UID: &{\(uid)}) on node: \(nodeName), "
                                + "but the pod is not found on that node"))
                }
                pods.append(found)
            }
            if pods.isEmpty {
                if configuration.isIgnorable { continue }
                return .failure(ExtenderFailure("expected at least one victim pod on node \"\(nodeName)\""))
            }
            let violations = meta[anyCase: "NumPDBViolations"]?.integerValue ?? 0
            left.append(
                PreemptionPlan.Candidate(
                    nodeName: nodeName, victims: pods, violations: Int(truncatingIfNeeded: violations)))
        }
        return .success(left)
    }

    // MARK: Bind

    /// Nil when the extender took the binding over, else why not.
    func bind(_ pod: PodInfo, toNodeNamed node: String) -> ExtenderFailure? {
        let body: JSONValue = [
            "PodName": .string(pod.key.name), "PodNamespace": .string(pod.namespace),
            "PodUID": .string(pod.uid.description), "Node": .string(node),
        ]
        switch send(configuration.bindVerb, body, answer: .bindingResult) {
        case .failure(let failure): return failure
        case .success(let answer):
            let text = answer[anyCase: "Error"]?.stringValue ?? ""
            return text.isEmpty ? nil : ExtenderFailure(text)
        }
    }
}
