import KubernetesModel
import OrderedCollections

/// What is known about the pods of one group under one profile.
struct SchedulingClass {
    let group: PodGroup
    /// Left to the plain algorithm.
    var isPlain = false
    /// The place of the columns among all, and which ones they were; several classes may share them.
    var columns: Int
    var columnsID: UInt64 = 0
    /// The place of the affinity counts among all, and which ones they were; -1 without the plugin.
    var affinity = -1
    var affinityID: UInt64 = 0
    /// The names of the only nodes that can be feasible, as NodeAffinity found.
    let nodeNames: [String]?
    /// Whether plugins for volumes have something to say.
    let hasVolumes: Bool
    let needsDeclaredFeatures: Bool
    /// The resources that NodeResourcesFit looks at beside those that every node has.
    let otherResources: [ResourceIndex]
    /// Of the hard constraints, and of the soft ones; nil when there are none.
    var hardSpread: SpreadCounts?
    var softSpread: SpreadCounts?
    /// The versions of the objects from which default constraints follow; nil when they do not matter.
    var selectorVersions: SelectorVersions?

    /// What the last attempt came to, when nothing but a change of the nodes and their pods can change that.
    var lastFailure: Failure?

    /// Why a pod fitted nowhere, and what was known of the nodes then.
    struct Failure {
        let logEnd: Int
        let orderVersion: UInt64
        /// Without the verdict on each node.
        let diagnosis: Diagnosis
        let postFilter: PostFilterResult?
        let message: String
        let visitedCount: Int

        func isCurrent(_ nodes: NodeTable) -> Bool {
            logEnd == nodes.log.end && orderVersion == nodes.orderVersion
        }
    }

    /// The versions of the objects that select pods.
    struct SelectorVersions: Equatable {
        let services, replicationControllers, replicaSets, statefulSets: UInt64

        init(_ objects: ClusterObjects) {
            services = objects.services.version
            replicationControllers = objects.replicationControllers.version
            replicaSets = objects.replicaSets.version
            statefulSets = objects.statefulSets.version
        }
    }

    init(_ pod: PodInfo, plan: ProfilePlan, columns: Int, cluster: ClusterCache) {
        group = pod.group
        self.columns = columns
        var state = CycleState()
        let outcome = NodeAffinity().preFilter(pod, cluster: cluster, state: &state)
        nodeNames = outcome.nodeNames
        let spec = pod.spec
        hasVolumes = spec.volumes.contains { Self.matters($0) }
        needsDeclaredFeatures = !NodeDeclaredFeatures.requirements(of: spec).isEmpty
        var others: [ResourceIndex] = []
        if let plugin = plan.fit {
            for entry in plugin.counted(pod.podClass.requests.entries, cluster.nodes.resources)
            where entry.resource > .ephemeralStorage && entry.amount > 0 {
                others.append(entry.resource)
            }
        }
        otherResources = others
        if !outcome.status.isSuccess && outcome.status.code != .skip { isPlain = true }
        if !(spec.fields.rest["resourceClaims"]?.arrayValue ?? []).isEmpty { isPlain = true }
        let hasPreferences = !(spec.affinity?.nodeAffinity?.preferred ?? []).isEmpty
        if hasPreferences && pod.podClass.preferredNodeAffinity == nil { isPlain = true }
        if isPlain { return }
        setSpread(pod, plan: plan, cluster: cluster)
    }

    /// The node that the pods may go to, when there is just one.
    func onlyNode(_ nodes: NodeTable) -> NodeIndex? {
        guard let nodeNames, nodeNames.count == 1 else { return nil }
        return nodes[nodeNames[0]]
    }

    /// Whether any of the plugins for volumes looks at a volume.
    private static func matters(_ volume: Volume) -> Bool {
        volume.persistentVolumeClaim != nil || volume.ephemeral != nil
            || !volume.rest.isEmpty
                && !volume.rest.keys.allSatisfy { harmlessSources.contains($0) }
    }

    private static let harmlessSources: Set<String> = [
        "emptyDir", "configMap", "secret", "downwardAPI", "projected", "hostPath", "nfs",
    ]

    /// Finds the constraints that hold now; counts are kept where they stay the same.
    mutating func setSpread(_ pod: PodInfo, plan: ProfilePlan, cluster: ClusterCache) {
        guard let plugin = plan.spread else { return }
        if pod.spec.topologySpreadConstraints.isEmpty {
            selectorVersions = SelectorVersions(cluster.objects)
        }
        constantState = nil
        lastFailure = nil
        let hard = plugin.constraints(of: pod, "DoNotSchedule", objects: cluster.objects)
        if hard != hardSpread?.constraints ?? [] {
            hardSpread = nil
            if !hard.isEmpty {
                hardSpread = SpreadCounts(
                    hard, of: group, isHard: true, requiresAllKeys: true, nodes: cluster.nodes)
                if hardSpread == nil { isPlain = true }
            }
        }
        let soft = plugin.constraints(of: pod, "ScheduleAnyway", objects: cluster.objects)
        if soft != softSpread?.constraints ?? [] {
            softSpread = nil
            if !soft.isEmpty {
                let requiresAllKeys =
                    !pod.spec.topologySpreadConstraints.isEmpty || !plugin.usesSystemDefaults
                softSpread = SpreadCounts(
                    soft, of: group, isHard: false, requiresAllKeys: requiresAllKeys, nodes: cluster.nodes)
                if softSpread == nil { isPlain = true }
            }
        }
    }

    var hasSpread: Bool { hardSpread != nil || softSpread != nil }

    /// Takes in what has happened since the class was last used.
    mutating func syncSpread(_ nodes: NodeTable, _ residents: ResidentPods) {
        hardSpread?.sync(nodes, residents)
        softSpread?.sync(nodes, residents)
    }

    /// Whether pods are counted anew at the next ``syncSpread(_:_:)``.
    func isSpreadStale(_ nodes: NodeTable) -> Bool {
        hardSpread?.isStale(nodes) == true || softSpread?.isStale(nodes) == true
    }

    /// The state that the PreFilter plugins would have left where neither volumes nor hard constraints nor
    /// inter-pod affinity matter; nil until it is first asked for, and where they do.
    private(set) var constantState: CycleState?

    mutating func rememberPreFilterState(_ framework: Framework) {
        if hardSpread == nil && !hasVolumes { constantState = preFilterState(nil, framework) }
    }

    /// The state that the PreFilter plugins would have left, but for those for volumes.
    func preFilterState(_ affinity: AffinityCounts?, _ framework: Framework) -> CycleState {
        var state = CycleState()
        for plugin in framework.preFilter {
            // Types are compared as such: to ask what a plugin can be cast to takes far longer.
            switch ObjectIdentifier(type(of: plugin)) {
            case ObjectIdentifier(NodeAffinity.self):
                let spec = group.podClass.spec
                if spec.affinity?.nodeAffinity?.required == nil && spec.source["nodeSelector"] == nil {
                    state.skippedFilters.insert(plugin.name)
                }
            case ObjectIdentifier(NodePorts.self):
                if group.podClass.hostPorts.isEmpty { state.skippedFilters.insert(plugin.name) }
            case ObjectIdentifier(NodeDeclaredFeatures.self):
                if !needsDeclaredFeatures { state.skippedFilters.insert(plugin.name) }
            case ObjectIdentifier(DynamicResources.self):
                state.write(DynamicResources.name, true)
                state.skippedFilters.insert(plugin.name)
            case ObjectIdentifier(VolumeRestrictions.self), ObjectIdentifier(NodeVolumeLimits.self),
                ObjectIdentifier(VolumeBinding.self), ObjectIdentifier(VolumeZone.self):
                if !hasVolumes { state.skippedFilters.insert(plugin.name) }
            case ObjectIdentifier(PodTopologySpread.self):
                if let hardSpread {
                    state.write(plugin.name, hardSpread.filterState())
                } else {
                    state.skippedFilters.insert(plugin.name)
                }
            case ObjectIdentifier(InterPodAffinity.self):
                if let affinity, !affinity.isFilterSkipped {
                    state.write(plugin.name, affinity.filter)
                } else {
                    state.skippedFilters.insert(plugin.name)
                }
            default: break
            }
        }
        return state
    }
}

/// What is learnt about pods, by profile and group, within bounds of memory.
///
/// It follows from the cluster alone: dropping any of it changes no decision.
struct SchedulingClasses {
    private(set) var plans: ContiguousArray<ProfilePlan> = []
    private(set) var classes = BoundedTable<ClassKey, SchedulingClass>()
    /// By what they depend on, so that pods with specs of their own, for their claims' sake, share them.
    private(set) var columns = BoundedTable<ColumnsKey, NodeColumns>()
    private(set) var affinities = BoundedTable<AffinityKey, AffinityCounts>()
    private var residents = ResidentPods()
    /// By plan: what local scores need to know of nodes.
    private var nodeValues: [NodeValues] = []
    /// The class that was used last.
    private var last: (plan: Int, group: Int32, number: Int, id: UInt64)?

    struct ClassKey: Hashable {
        let plan: Int
        let group: Int32
    }

    /// What columns depend on.
    struct ColumnsKey: Hashable {
        let plan: Int
        let requests: ResourceRequests
        let scoring: ResourceList
        let scoringWithDefaults: ResourceList
        let hostPorts: [HostPort]
        let tolerations: [Toleration]
        let required: NodeRequirements
        let preferred: PreferredNodeTerms?
        let gpu: GPURequest.Source?
        let images: [String]
        let containerCount: Int
        let hasPreferences: Bool

        init(_ podClass: PodClass, plan: Int) {
            self.plan = plan
            requests = podClass.requests
            scoring = podClass.scoringRequests
            scoringWithDefaults = podClass.scoringRequestsWithDefaults
            hostPorts = podClass.hostPorts
            tolerations = podClass.spec.tolerations
            required = podClass.requiredNodeAffinity
            preferred = podClass.preferredNodeAffinity
            gpu = podClass.gpuSource
            images = podClass.images
            hasPreferences = !(podClass.spec.affinity?.nodeAffinity?.preferred ?? []).isEmpty
            containerCount = podClass.spec.initContainers.count + podClass.spec.containers.count
        }

        // The rest follows from these in all but odd cases, which equality tells apart.
        func hash(into hasher: inout Hasher) {
            hasher.combine(plan)
            hasher.combine(requests)
            hasher.combine(gpu)
            hasher.combine(images.count)
            hasher.combine(tolerations.count)
        }
    }

    /// What affinity counts depend on.
    struct AffinityKey: Hashable {
        let plan: Int
        let namespace: String
        let labels: Labels
        let terms: [[AffinityTerm]]

        init(_ group: PodGroup, plan: Int) {
            self.plan = plan
            namespace = group.podClass.namespace
            labels = group.labels
            let podClass = group.podClass
            terms =
                podClass.hasAffinity
                ? [
                    podClass.requiredAffinity, podClass.requiredAntiAffinity, podClass.preferredAffinity,
                    podClass.preferredAntiAffinity,
                ] : []
        }
    }

    mutating func plan(of framework: Framework) -> Int {
        for place in plans.indices where plans[place].identity === framework.identity { return place }
        plans.append(ProfilePlan(framework))
        nodeValues.append(NodeValues())
        return plans.count - 1
    }

    /// The class of a pod, brought up to date but for its columns.
    mutating func number(of pod: PodInfo, plan: Int, cluster: ClusterCache) -> Int {
        let limit = Self.limit(cluster.nodes.rowCount)
        let group = pod.group.id
        let number: Int
        if let last, last.group == group, last.plan == plan, classes.isCurrent(last.number, last.id) {
            number = last.number
            classes.use(number)
        } else {
            let key = ClassKey(plan: plan, group: group)
            number =
                classes.place(of: key)
                ?? classes.insert(
                    SchedulingClass(pod, plan: plans[plan], columns: -1, cluster: cluster), key, limit: limit)
            last = (plan, group, number, classes.id(number))
        }
        if classes[number].isPlain { return number }
        if let versions = classes[number].selectorVersions,
            versions != SchedulingClass.SelectorVersions(cluster.objects)
        {
            classes.change(number) { $0.setSpread(pod, plan: plans[plan], cluster: cluster) }
        }
        if classes[number].hasSpread {
            if classes[number].isSpreadStale(cluster.nodes) { residents.sync(cluster.nodes) }
            classes.change(number) { $0.syncSpread(cluster.nodes, residents) }
        }
        syncAffinity(number, pod, plan: plan, limit: limit, cluster: cluster)
        return number
    }

    /// Brings a class's columns up to date, for what else there is to ask about its pods.
    mutating func syncColumns(_ number: Int, _ pod: PodInfo, plan: Int, nodes: NodeTable) {
        let limit = Self.limit(nodes.rowCount)
        var place = classes[number].columns
        if place >= 0 && columns.isCurrent(place, classes[number].columnsID) {
            columns.use(place)
        } else {
            let key = ColumnsKey(pod.podClass, plan: plan)
            place =
                columns.place(of: key)
                ?? columns.insert(NodeColumns(pod.podClass, plan: plans[plan], nodes: nodes), key, limit: limit)
            let id = columns.id(place)
            classes.change(number) {
                $0.columns = place
                $0.columnsID = id
            }
        }
        columns.change(place) { $0.sync(nodes) }
        if columns[place].hasInvalidScore { classes.change(number) { $0.isPlain = true } }
    }

    private mutating func syncAffinity(
        _ number: Int, _ pod: PodInfo, plan: Int, limit: Int, cluster: ClusterCache
    ) {
        guard let plugin = plans[plan].interPod else { return }
        var place = classes[number].affinity
        if place >= 0 && affinities.isCurrent(place, classes[number].affinityID) {
            affinities.use(place)
        } else {
            let key = AffinityKey(pod.group, plan: plan)
            place =
                affinities.place(of: key)
                ?? affinities.insert(
                    AffinityCounts(pod.group, plugin: plugin, cluster: cluster), key, limit: limit)
            let id = affinities.id(place)
            classes.change(number) {
                $0.affinity = place
                $0.affinityID = id
            }
        }
        if !affinities[place].isValid(cluster) {
            affinities.change(place) {
                $0 = AffinityCounts(pod.group, plugin: plugin, cluster: cluster)
            }
        }
        affinities.change(place) { $0.sync(cluster.nodes) }
    }

    /// The affinity counts of a class; nil without the plugin.
    func affinity(of number: Int) -> AffinityCounts? {
        let place = classes[number].affinity
        return place < 0 ? nil : affinities[place]
    }

    mutating func changeClass(_ number: Int, _ change: (inout SchedulingClass) -> Void) {
        classes.change(number, change)
    }

    mutating func search(
        _ place: Int, plan: Int, from start: Int, wanted: Int, passing: [[ContiguousArray<UInt64>]],
        scoresLater: Bool, _ nodes: NodeTable, into result: inout WordSearch
    ) {
        // Taken out, since the columns change at the same time.
        var values = NodeValues()
        swap(&values, &nodeValues[plan])
        columns.change(place) {
            $0.search(
                from: start, wanted: wanted, passing: passing, scoresLater: scoresLater, nodes, &values,
                into: &result)
        }
        swap(&values, &nodeValues[plan])
    }

    /// What filters that look at more than a node let pass, as bits by place; nil where it is not known.
    mutating func passingPlaces(
        _ number: Int, plan: Int, _ nodes: NodeTable
    ) -> [[ContiguousArray<UInt64>]]? {
        var all: [[ContiguousArray<UInt64>]] = []
        if plans[plan].filtersSpread && classes[number].hardSpread != nil {
            var known: [[ContiguousArray<UInt64>]]?
            classes.change(number) { known = $0.hardSpread?.passingPlaces(nodes) }
            guard let known else { return nil }
            all = known
        }
        let affinity = classes[number].affinity
        if plans[plan].filtersInterPod && affinity >= 0 && !affinities[affinity].isFilterSkipped {
            affinities.change(affinity) { all.append([$0.passingPlaces(nodes)]) }
        }
        return all
    }

    mutating func refreshColumns(_ place: Int, plan: Int, word: Int, mask: UInt64, _ nodes: NodeTable) {
        var values = NodeValues()
        swap(&values, &nodeValues[plan])
        columns.change(place) { $0.refresh(word: word, mask: mask, nodes, &values) }
        swap(&values, &nodeValues[plan])
    }

    mutating func judge(
        _ place: Int, _ row: NodeIndex, _ nodes: NodeTable, after change: NodeColumns.Change
    ) -> UInt16 {
        var verdict: UInt16 = 0
        columns.change(place) { verdict = $0.judge(row, nodes, after: change) }
        return verdict
    }

    /// About 256 MiB of columns, and as much of counts.
    private static func limit(_ rowCount: Int) -> Int {
        max(8, min(4_096, 256 << 20 / max(1, 32 * rowCount)))
    }
}

/// Values by key, of which the ones that were not used for longest go when there are too many.
struct BoundedTable<Key: Hashable, Value> {
    private var values: ContiguousArray<Value> = []
    private var keys: ContiguousArray<Key> = []
    private var uses: ContiguousArray<UInt64> = []
    private var ids: ContiguousArray<UInt64> = []
    private var places: [Key: Int] = [:]
    private var clock: UInt64 = 0

    init() {}

    subscript(place: Int) -> Value {
        @inline(__always) _read { yield values[place] }
    }

    /// Which value is at a place; no two values have the same number.
    func id(_ place: Int) -> UInt64 { ids[place] }

    func isCurrent(_ place: Int, _ id: UInt64) -> Bool { ids[place] == id }

    mutating func use(_ place: Int) {
        clock += 1
        uses[place] = clock
    }

    @inline(__always)
    mutating func change(_ place: Int, _ change: (inout Value) -> Void) { change(&values[place]) }

    /// The place of a key's value, which is in use then; nil when there is none.
    mutating func place(of key: Key) -> Int? {
        guard let place = places[key] else { return nil }
        use(place)
        return place
    }

    /// Takes in a key that is new.
    mutating func insert(_ value: Value, _ key: Key, limit: Int) -> Int {
        clock += 1
        let place: Int
        if values.count >= limit {
            // Uses differ, so there is one.
            place = uses.indices.min { uses[$0] < uses[$1] } ?? 0
            places[keys[place]] = nil
            values[place] = value
            keys[place] = key
            uses[place] = clock
            ids[place] = clock
        } else {
            place = values.count
            values.append(value)
            keys.append(key)
            uses.append(clock)
            ids.append(clock)
        }
        places[key] = place
        return place
    }
}
