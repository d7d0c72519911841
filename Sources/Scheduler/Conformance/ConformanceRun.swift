import KubernetesModel
import OrderedCollections

/// One golden case under way: the cluster as it changes from step to step.
struct ConformanceRun {
    private let configuration: SchedulerConfiguration
    private let isBrief: Bool
    private let epoch: CalendarTime
    private var cluster = ClusterCache()
    private var cycle = SchedulingCycle()
    private var pending: [PodInfo] = []
    private var placedCount: Int64 = 0

    init(_ line: JSONValue) throws(ConfigurationError) {
        let config = line["schedulerConfig"] ?? .null
        configuration = try SchedulerConfiguration(json: config.isNull ? .object([:]) : config)
        isBrief = line["detail"]?.stringValue == "brief"
        epoch = CalendarTime(rfc3339: "2026-01-01T00:00:00Z") ?? CalendarTime(unixSeconds: 0)
        cycle.percentageOfNodesToScore = 100
        let objects = line["objects"]?.arrayValue ?? []
        let classes = PriorityClasses(objects.filter { $0["kind"]?.stringValue == "PriorityClass" })
        for tree in objects {
            guard let object = ConformanceObjects.decode(tree, classes: classes, epoch: epoch) else {
                continue
            }
            switch object {
            case .node(let node): cluster.nodes.set(node)
            case .pod(let pod):
                if !pod.value.status.phase.isTerminal { cluster.setPod(cluster.nodes.compile(pod)) }
            default: cluster.objects.apply(object, isDeleted: false)
            }
        }
        for tree in line["pods"]?.arrayValue ?? [] {
            let object = ConformanceObjects.decode(tree, classes: classes, epoch: epoch)
            guard let pod = object?.pod else { continue }
            let info = cluster.nodes.compile(pod)
            pending.append(info)
            cluster.nominator.add(info, toNodeNamed: pod.value.status.nominatedNodeName)
        }
    }

    /// Takes every step: all pods in order, then those that preempted once more.
    mutating func steps() -> [JSONValue] {
        var steps: [JSONValue] = []
        var preemptors: [(order: Int, uid: UID, priority: Int64)] = []
        for place in pending.indices {
            let pod = pending[place]
            let step = schedule(pod, attempt: 1)
            if step["preemption"]?.objectValue != nil { preemptors.append((place, pod.uid, pod.priority)) }
            steps.append(step)
        }
        preemptors.sort { ($1.priority, $0.order) < ($0.priority, $1.order) }
        for preemptor in preemptors {
            if let pod = pending.first(where: { $0.uid == preemptor.uid }) {
                steps.append(schedule(pod, attempt: 2))
            }
        }
        return steps
    }

    /// The weights of each profile's score plugins.
    var weights: JSONValue {
        var weights: JSONObject = [:]
        for profile in configuration.profiles {
            var plugins: JSONObject = [:]
            for (plugin, weight) in profile.score { plugins[plugin.name] = .integer(weight) }
            weights[profile.profileName] = .object(plugins)
        }
        return .object(weights)
    }

    // MARK: One step

    private mutating func schedule(_ pod: PodInfo, attempt: Int64) -> JSONValue {
        var step: JSONObject = ["pod": .string(pod.key.description)]
        if attempt > 1 { step["attempt"] = .integer(attempt) }
        for (name, value) in Self.emptyStep { step[name] = value }
        let schedulerName = pod.spec.schedulerName
        guard let framework = configuration.profile(named: schedulerName) else {
            step["ignored"] = .string("no profile for schedulerName \(schedulerName)")
            return .object(step)
        }
        if pod.value.metadata.deletionTimestamp != nil {
            step["ignored"] = .string("skip schedule deleting pod: \(pod.key)")
            return .object(step)
        }
        let gate = framework.runPreEnqueue(pod)
        if !gate.isSuccess {
            step["preEnqueue"] = Self.json(gate)
            return .object(step)
        }
        let pod = withSharedMemory(pod, framework)
        var result = cycle.schedule(pod, framework: framework, cluster: &cluster) { _ in 0 }
        if result.chosen != nil && result.error.isEmpty { place(pod, framework, &result, &step) }
        describe(result, &step)
        if result.chosen == nil || !result.error.isEmpty { settleFailure(of: pod, result, &step) }
        return .object(step)
    }

    /// The pod with its requests as upstream's first attempt sums them.
    ///
    /// NodeResourcesFit and DynamicResources sum them once each, NodeResourcesBalancedAllocation once for each
    /// resource that it scores, and the cache once more.
    private mutating func withSharedMemory(
        _ pod: PodInfo, _ framework: Framework, hasBeenScored: Bool = false
    ) -> PodInfo {
        guard PodRequests.sharesMemory(pod.spec) else { return pod }
        var sums: Int64 = 0
        for plugin in framework.preFilter
        where plugin.name == NodeResourcesFit.name || plugin.name == DynamicResources.name { sums += 1 }
        var scoring = sums + 1
        for (plugin, _) in framework.score {
            guard let balanced = plugin as? NodeResourcesBalancedAllocation else { continue }
            let place = balanced.resources.firstIndex { $0.name == ResourceName.memory } ?? 0
            scoring += Int64(place)
            if hasBeenScored { sums += Int64(balanced.resources.count) }
        }
        return cluster.nodes.compile(pod.pod, sumsBeforeScoring: scoring, sumsBeforeReservation: sums + 1)
    }

    private static let emptyStep: JSONObject = [
        "prefilter": .null, "feasible": .array([]), "filter": .array([]), "scores": .object([:]),
        "totals": .array([]), "best": .array([]), "chosen": .null, "message": .string(""),
        "preemption": .null,
    ]

    /// Reserves and assumes the pod on its node; it runs from then on.
    private mutating func place(
        _ pod: PodInfo, _ framework: Framework, _ result: inout SchedulingResult, _ step: inout JSONObject
    ) {
        guard let node = result.chosen else { return }
        for plugin in framework.reserve {
            let status = plugin.reserve(pod, on: node, cluster: &cluster, state: &result.state)
            if !status.isSuccess {
                result.error = status.message
                return
            }
        }
        placedCount += 1
        cluster.nominator.remove(pod.uid)
        let placed = pod.value.with {
            $0.nodeName = result.chosenName
            $0.status.phase = .running
            $0.status.startTime = Timestamp(seconds: placedCount)
        }
        let assumed = withSharedMemory(
            cluster.nodes.compile(Ref(placed)), framework, hasBeenScored: !result.scores.isEmpty)
        cluster.assume(assumed, onNodeNamed: result.chosenName)
        guard let decision = VolumeBinding.decision(in: result.state), !decision.isEmpty else { return }
        var volumes: JSONObject = [:]
        if !decision.bindings.isEmpty {
            let pairs = decision.bindings.sorted { $0.claim < $1.claim }
            volumes["static"] = .object(
                JSONObject(
                    uniqueKeysWithValues: pairs.map {
                        ($0.claim.description, .string($0.volume.metadata.name))
                    }))
        }
        if !decision.provisions.isEmpty {
            volumes["dynamic"] = .array(
                decision.provisions.map(\.key.description).sorted().map { .string($0) })
        }
        step["volumes"] = .object(volumes)
    }

    private mutating func settleFailure(
        of pod: PodInfo, _ result: SchedulingResult, _ step: inout JSONObject
    ) {
        var nominated = result.postFilter?.nominatedNodeName
        if !result.error.isEmpty || cluster.nodes.order.isEmpty { nominated = "" }
        if let plan = result.postFilter?.preemption {
            for victim in plan.chosen.victims { cluster.removePod(victim.uid) }
            for other in plan.clearedNominations {
                cluster.nominator.remove(other.uid)
                renominate(other.uid, to: "")
            }
            step["preemption"] = describe(plan)
        }
        guard let nominated else { return }
        renominate(pod.uid, to: nominated)
    }

    /// Changes the nominated node of a pending pod; the empty name clears it.
    private mutating func renominate(_ uid: UID, to node: String) {
        guard let place = pending.firstIndex(where: { $0.uid == uid }) else { return }
        let changed = pending[place].value.with { $0.status.nominatedNodeName = node }
        pending[place] = cluster.nodes.compile(Ref(changed))
        cluster.nominator.add(pending[place], toNodeNamed: node)
    }

    // MARK: Description

    private func describe(_ result: SchedulingResult, _ step: inout JSONObject) {
        step["message"] = .string(Diagnosis.truncated(result.message))
        if !result.error.isEmpty {
            step["error"] = .string(result.error)
            return
        }
        if let status = result.preFilterStatus { step["prefilter"] = Self.json(status) }
        if result.isNominatedNodeOnly { step["nominatedNodeOnly"] = true }
        let names = cluster.nodes.names
        let order = result.feasible.indices.sorted {
            names[result.feasible[$0]].utf8.lexicographicallyPrecedes(names[result.feasible[$1]].utf8)
        }
        if result.chosen != nil {
            step["chosen"] = .string(result.chosenName)
            step["best"] = .array(result.best.map { names[$0] }.sorted().map { .string($0) })
        }
        if isBrief {
            step["feasibleCount"] = .integer(Int64(result.feasible.count))
            if let highest = result.totals.max() { step["maxTotal"] = .integer(highest) }
            return
        }
        step["feasible"] = .array(order.map { .string(names[result.feasible[$0]]) })
        step["totals"] = .array(result.totals.isEmpty ? [] : order.map { .integer(result.totals[$0]) })
        var scores: JSONObject = [:]
        for plugin in result.scores {
            let raw = order.map { plugin.raw[$0] }
            let normalized = order.map { plugin.normalized[$0] }
            if raw.allSatisfy({ $0 == 0 }) && normalized.allSatisfy({ $0 == 0 }) { continue }
            var entry: JSONObject = ["raw": .array(raw.map { .integer($0) })]
            if normalized != raw { entry["normalized"] = .array(normalized.map { .integer($0) }) }
            scores[plugin.plugin] = .object(entry)
        }
        step["scores"] = .object(scores)
        if result.preFilterStatus == nil { step["filter"] = describeFilter(result) }
    }

    /// The rejected nodes in groups of equal verdicts, in the order of their first nodes' names.
    private func describeFilter(_ result: SchedulingResult) -> JSONValue {
        var statuses: [(name: String, status: Status)] = result.rejected.map {
            (cluster.nodes.names[$0.node], $0.status)
        }
        // A nominated node that fits is the only one that was looked at.
        if !result.isNominatedNodeOnly {
            let seen = Set(result.feasible).union(result.rejected.map(\.node))
            for node in cluster.nodes.order where !seen.contains(node) {
                statuses.append((cluster.nodes.names[node], result.diagnosis.absentStatus))
            }
        }
        statuses.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var groups: [(status: Status, names: [JSONValue])] = []
        for entry in statuses {
            if let place = groups.firstIndex(where: { $0.status == entry.status }) {
                groups[place].names.append(.string(entry.name))
            } else {
                groups.append((entry.status, [.string(entry.name)]))
            }
        }
        return .array(
            groups.map { group in
                var json = Self.json(group.status)
                json["nodes"] = .array(group.names)
                return json
            })
    }

    private func describe(_ plan: PreemptionPlan) -> JSONValue {
        func keys(_ pods: [PodInfo]) -> [String] { pods.map(\.key.description) }
        func array(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
        var json: JSONObject = [
            "nominatedNode": .string(plan.chosen.nodeName),
            "victims": array(keys(plan.chosen.victims).sorted()),
        ]
        if !isBrief {
            json["candidates"] = .object(
                JSONObject(
                    uniqueKeysWithValues: plan.candidates.map { candidate in
                        (
                            candidate.nodeName,
                            [
                                "victims": array(keys(candidate.victims)),
                                "pdbViolations": .integer(Int64(candidate.violations)),
                            ]
                        )
                    }))
        }
        if !plan.tiedNodes.isEmpty { json["tiedNodes"] = array(plan.tiedNodes) }
        if !plan.clearedNominations.isEmpty {
            json["clearedNominations"] = array(keys(plan.clearedNominations).sorted())
        }
        return .object(json)
    }

    private static func json(_ status: Status) -> JSONValue {
        [
            "plugin": .string(status.plugin), "code": .string(status.code.name),
            "reasons": .array(status.reasons.map { .string($0) }),
        ]
    }
}

/// Takes objects of a case through the API server's defaulting, but not through its storage.
enum ConformanceObjects {
    static func decode(_ tree: JSONValue, classes: PriorityClasses, epoch: CalendarTime) -> APIObject? {
        let apiVersion = tree["apiVersion"]?.stringValue ?? ""
        let kindName = tree["kind"]?.stringValue ?? ""
        guard let kind = ObjectKind(apiVersion: apiVersion, kind: kindName),
            let versioned = GroupVersionKind(apiVersion: apiVersion, kind: kindName)
        else { return nil }
        var members = (try? Schema.kubernetes.decode(tree, as: versioned))?.tree ?? tree
        Defaulting.apply(versioned, &members)
        if kind == .pod {
            if tree["spec"]?["priority"]?.integerValue == nil {
                try? PriorityAdmission.admit(pod: &members, classes: classes)
            }
            let status = members["status"]
            let metadata = members["metadata"]
            CreationStrategy.prepare(
                versioned, &members, made: ServerMadeValues(uid: "", now: "2026-01-01T00:00:00Z"))
            members["status"] = status
            members["metadata"] = metadata
        }
        var encoded = Schema.kubernetes.encode(members, as: versioned)
        if kind == .pod { keepNotation(of: tree, in: &encoded) }
        return APIObject(kind: kind, tree: encoded.objectValue ?? [:], epoch: epoch)
    }

    /// Puts requests at pod level back into the notation of the case, which storage would have changed.
    ///
    /// It matters for numbers of arbitrary precision: see
    /// ``NodeTable/compile(_:sumsBeforeScoring:sumsBeforeReservation:)``.
    private static func keepNotation(of tree: JSONValue, in encoded: inout JSONValue) {
        guard case .object(var pod) = encoded, case .object(var spec) = pod["spec"] ?? .null,
            case .object(var resources) = spec["resources"] ?? .null,
            case .object(var requests) = resources["requests"] ?? .null
        else { return }
        func quantity(_ resources: JSONValue?, _ list: String, _ name: String) -> Quantity? {
            (resources?[list]?[name]).flatMap { try? Quantity(json: $0) }
        }
        let containers = ["containers", "initContainers"].flatMap { tree["spec"]?[$0]?.arrayValue ?? [] }
        for name in requests.keys {
            // Defaulting takes a request over from the containers, and where they name none, from the limit.
            let named = quantity(tree["spec"]?["resources"], "requests", name)
            let ofContainers = containers.compactMap { container in
                quantity(container["resources"], "requests", name)
                    ?? quantity(container["resources"], "limits", name)
            }
            let limit = quantity(tree["spec"]?["resources"], "limits", name)
            let sources =
                named.map { [$0] } ?? (ofContainers.isEmpty ? [limit].compactMap(\.self) : ofContainers)
            guard sources.contains(where: \.hasArbitraryPrecision),
                let stored = requests[name].flatMap({ try? Quantity(json: $0) })
            else { continue }
            requests[name] = .string("\(stored.saturatingValue).0000000000000000000")
        }
        resources["requests"] = .object(requests)
        spec["resources"] = .object(resources)
        pod["spec"] = .object(spec)
        encoded = .object(pod)
    }
}
