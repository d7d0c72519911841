import KubernetesModel

/// The scheduling cycle with what is known about the pod's class.
///
/// The plain algorithm's steps in its order; what a step would compute for each node is looked up where it is
/// known. `docs/decisions/0011-scheduling-classes.md` has the reasoning.
extension SchedulingCycle {
    /// How far the look at a pod's class has led.
    enum Beginning {
        case taken(Taken)
        /// The nodes must be listed; beside the plan and the class.
        case open(plan: Int, number: Int)
        /// Left to the plain algorithm.
        case plain
    }

    /// Looks for a node by what is known of the pod's class, before anything is listed.
    ///
    /// - Parameter state: as new; what the plugins that follow need when a node was taken.
    mutating func begin(
        _ pod: PodInfo, framework: Framework, cluster: ClusterCache, draw: (Int) -> Int,
        state: inout CycleState
    ) -> Beginning {
        guard pod.pod.value.nodeName.isEmpty, pod.pod.value.status.nominatedNodeName.isEmpty else {
            return .plain
        }
        let plan = learnt.plan(of: framework)
        guard learnt.plans[plan].isSupported else { return .plain }
        let number = learnt.number(of: pod, plan: plan, cluster: cluster)
        guard !learnt.classes[number].isPlain, findNominated(pod, plan, number, cluster) else {
            return .plain
        }
        if let taken = takeOnlyNode(pod, plan, number, cluster.nodes) { return .taken(taken) }
        learnt.syncColumns(number, pod, plan: plan, nodes: cluster.nodes)
        if learnt.classes[number].isPlain { return .plain }
        if keepsDetails { return .open(plan: plan, number: number) }
        if learnt.classes[number].hasVolumes {
            var passing = CycleState()
            guard volumesLetAllPass(pod, plan, cluster, &passing),
                let taken = takeByWords(pod, plan, number, framework, cluster, draw)
            else { return .open(plan: plan, number: number) }
            state = passing
            return .taken(taken)
        }
        if let taken = takeNamed(plan, number, cluster.nodes) { return .taken(taken) }
        if let taken = takeByWords(pod, plan, number, framework, cluster, draw) { return .taken(taken) }
        return .open(plan: plan, number: number)
    }

    /// False when the pod is to be scheduled plainly; the result is worth nothing then.
    ///
    /// - Parameter beginning: what ``begin(_:framework:cluster:draw:state:)`` gave.
    /// - Parameter result: as new. It is large, so it is filled in place.
    mutating func scheduleByClass(
        _ pod: PodInfo, after beginning: Beginning, framework: Framework, cluster: inout ClusterCache,
        draw: (Int) -> Int, into result: inout SchedulingResult
    ) -> Bool {
        let plan: Int
        let number: Int
        switch beginning {
        case .plain: return false
        case .taken(let taken):
            result.take(taken, cluster.nodes)
            return true
        case .open(let openPlan, let openNumber): (plan, number) = (openPlan, openNumber)
        }
        if learnt.classes[number].hasVolumes {
            guard runVolumePreFilters(pod, plan, number, framework, cluster, &result.state) else {
                return false
            }
        }
        let isLasting = isFailureLasting(pod, plan, number, framework, cluster)
        if isLasting, let failure = learnt.classes[number].lastFailure, failure.isCurrent(cluster.nodes) {
            result.diagnosis = failure.diagnosis
            result.postFilter = failure.postFilter
            result.message = failure.message
            result.visitedCount = failure.visitedCount
            nextStartIndex = (nextStartIndex + failure.visitedCount) % cluster.nodes.order.count
            return true
        }
        var search = Search(
            plan: plan, number: number, columns: learnt.classes[number].columns,
            affinity: learnt.classes[number].affinity, count: 0, start: 0, wanted: 0)
        let order = cluster.nodes.order
        if let names = learnt.classes[number].nodeNames {
            var places: ContiguousArray<Int32> = []
            for name in names {
                if let node = cluster.nodes[name] { places.append(cluster.nodes.positions[node]) }
            }
            search.places = places
            result.diagnosis.unschedulablePlugins = [NodeAffinity.name]
            result.diagnosis.absentStatus = .unresolvable(
                "node(s) didn't satisfy plugin(s) [\(NodeAffinity.name)]")
        }
        search.count = search.places?.count ?? order.count
        if search.count > 0 {
            search.start = nextStartIndex % search.count
            search.wanted = nodesToFind(
                framework.percentageOfNodesToScore ?? percentageOfNodesToScore, of: search.count)
            if framework.score.isEmpty { search.wanted = 1 }
            guard findWindow(pod, &search, cluster, result.state) else { return false }
        } else {
            scratch.window.removeAll(keepingCapacity: true)
            scratch.block.reset()
        }
        result.visitedCount = search.visited
        result.feasibleCount = scratch.window.count
        if scratch.window.isEmpty {
            collectRejections(search, cluster.nodes, &result)
            nextStartIndex = (nextStartIndex + search.visited) % order.count
            // Nobody else asks for it, and preemption only when there may be victims.
            let hasVictims = cluster.nodes.lowestPriority < pod.priority
            if !learnt.classes[number].hasVolumes && !framework.postFilter.isEmpty
                && (hasVictims || !learnt.plans[plan].hasStandardPostFilter)
            {
                result.state = learnt.classes[number].preFilterState(learnt.affinity(of: number), framework)
            }
            if needsOnlyRoom(plan, number), isAffinityFilterSkipped(number),
                learnt.classes[number].group.podClass.hostPorts.isEmpty
            {
                result.state.write(CandidateSearch.roomKey, learnt.columns[search.columns])
            }
            if !keepsDetails { result.state.write(DefaultPreemption.briefKey, true) }
            diagnose(pod, framework: framework, cluster: &cluster, &result)
            // Held any longer, the columns would be copied when they next change.
            result.state.remove(CandidateSearch.roomKey)
            if isLasting {
                var diagnosis = result.diagnosis
                diagnosis.statuses = NodeStatuses()
                let failure = SchedulingClass.Failure(
                    logEnd: cluster.nodes.log.end, orderVersion: cluster.nodes.orderVersion,
                    diagnosis: diagnosis, postFilter: result.postFilter, message: result.message,
                    visitedCount: result.visitedCount)
                learnt.changeClass(number) { $0.lastFailure = failure }
            }
            return true
        }
        if keepsDetails {
            collectRejections(search, cluster.nodes, &result)
            result.feasible = ContiguousArray(scratch.window.map { order[Int($0)] })
        }
        let startIndex = nextStartIndex
        nextStartIndex = (nextStartIndex + search.visited) % order.count
        guard choose(pod, search, framework, cluster, draw, &result) else {
            nextStartIndex = startIndex
            return false
        }
        return true
    }

    // MARK: Before the search

    /// Finds the nodes on which nominated pods matter; false when they matter for more than room.
    mutating func findNominated(
        _ pod: PodInfo, _ plan: Int, _ number: Int, _ cluster: ClusterCache
    ) -> Bool {
        scratch.nominatedRejections.removeAll(keepingCapacity: true)
        if cluster.nominator.isEmpty {
            scratch.forgetNominated()
            return true
        }
        let key = ClassScratch.NominatedKey(
            nominations: cluster.nominator.version, order: cluster.nodes.orderVersion, priority: pod.priority)
        if scratch.nominatedKey != key || cluster.nominator.node(of: pod.uid) != nil {
            listNominated(pod, cluster)
            scratch.nominatedKey = cluster.nominator.node(of: pod.uid) == nil ? key : nil
        }
        if scratch.nominated.isEmpty && scratch.nominatedIsSimple { return true }
        return scratch.nominatedIsSimple && needsOnlyRoom(plan, number)
    }

    /// Whether, but for their own nodes, other pods matter to the class's filters by what they take only, or
    /// in ways that pods without anti-affinity do not change.
    func needsOnlyRoom(_ plan: Int, _ number: Int) -> Bool {
        let affinity = learnt.classes[number].affinity
        return learnt.classes[number].hardSpread == nil && !learnt.classes[number].hasVolumes
            && !learnt.classes[number].needsDeclaredFeatures
            && (affinity < 0 || !learnt.affinities[affinity].hasOwnTerms)
            && !learnt.plans[plan].hasUnknownSteps && learnt.plans[plan].localFilters.isEmpty
    }

    /// Whether a pod that fits nowhere fails in the same way again, as do others of its class, while the nodes and
    /// the pods on them are as they are.
    ///
    /// Preemption must have nothing to look for, and whoever asks for the verdicts on single nodes gets them anew.
    func isFailureLasting(
        _ pod: PodInfo, _ plan: Int, _ number: Int, _ framework: Framework, _ cluster: ClusterCache
    ) -> Bool {
        !keepsDetails && cluster.nominator.isEmpty && cluster.nodes.lowestPriority >= pod.priority
            && learnt.classes[number].nodeNames == nil && !learnt.classes[number].hasVolumes
            && !learnt.classes[number].needsDeclaredFeatures && !learnt.plans[plan].hasUnknownSteps
            && learnt.plans[plan].hasStandardPostFilter && isAffinityFilterSkipped(number)
            && framework.extenders.isEmpty
    }

    /// Whether InterPodAffinity's Filter has nothing to do.
    func isAffinityFilterSkipped(_ number: Int) -> Bool {
        let affinity = learnt.classes[number].affinity
        return affinity < 0 || learnt.affinities[affinity].isFilterSkipped
    }

    mutating func listNominated(_ pod: PodInfo, _ cluster: ClusterCache) {
        scratch.forgetNominated()
        let priority = pod.priority
        for name in cluster.nominator.nodeNames {
            guard let node = cluster.nodes[name] else { continue }
            var change = NodeColumns.Change()
            for other in cluster.nominator.pods(onNodeNamed: name)
            where other.priority >= priority && other.uid != pod.uid {
                let podClass = other.podClass
                if !podClass.hostPorts.isEmpty || !podClass.requiredAntiAffinity.isEmpty
                    || !podClass.spec.volumes.isEmpty
                {
                    scratch.nominatedIsSimple = false
                }
                change.add(other, sign: 1)
            }
            if change.podCount == 0 { continue }
            scratch.nominated.append((Int(cluster.nodes.positions[node]), change))
        }
        if scratch.nominated.isEmpty { return }
        scratch.nominatedWords = ContiguousArray(repeating: 0, count: (cluster.nodes.order.count + 63) / 64)
        for entry in scratch.nominated {
            scratch.nominatedWords[entry.place >> 6] |= 1 << UInt64(entry.place & 63)
        }
    }

    /// Runs the PreFilter plugins that look at claims; false when one does more than to prepare or to skip.
    func runVolumePreFilters(
        _ pod: PodInfo, _ plan: Int, _ number: Int, _ framework: Framework, _ cluster: ClusterCache,
        _ state: inout CycleState
    ) -> Bool {
        state = learnt.classes[number].preFilterState(learnt.affinity(of: number), framework)
        for plugin in learnt.plans[plan].volumePreFilters {
            let outcome = plugin.preFilter(pod, cluster: cluster, state: &state)
            if outcome.nodeNames != nil { return false }
            switch outcome.status.code {
            case .skip: state.skippedFilters.insert(plugin.name)
            case .success: break
            default: return false
            }
        }
        return true
    }
}
