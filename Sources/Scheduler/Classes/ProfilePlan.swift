import KubernetesModel

/// A profile's plugins sorted by what is learnt about them for a class of pods.
///
/// A profile with plugins that are not among them in PreFilter, or that change what NodeAffinity requires, is
/// left to the plain algorithm altogether; unknown Filter plugins are asked about the nodes that pass the
/// others before them, and unknown scores are computed for all feasible nodes.
struct ProfilePlan {
    /// Filters that look at the pod's group and at one node only.
    enum LocalFilter {
        case unschedulable, taints, affinity, ports, fit
        /// A place in ``localFilters``.
        case plugin(Int)
    }

    enum Step {
        case spread(PodTopologySpread)
        case interPod(InterPodAffinity)
        /// Has something to say only about pods with claims or disks.
        case volumes(any FilterPlugin)
        case declaredFeatures(any FilterPlugin)
        case plain(any FilterPlugin)
    }

    enum Score {
        case taints, affinity
        case fit(NodeResourcesFit)
        case balanced(NodeResourcesBalancedAllocation)
        case images
        case spread(PodTopologySpread)
        case interPod(InterPodAffinity)
        /// A place in ``localScores``.
        case plugin(Int)
        /// The same for all nodes.
        case zero
        /// Always left out.
        case none
    }

    /// A score that is kept in columns.
    struct LocalScore {
        let plugin: any LocalScorePlugin
        let weight: Int64
        let normalization: (any NormalizeScorePlugin)?
    }

    private(set) var localFilters: [any LocalFilterPlugin] = []
    private(set) var localScores: [LocalScore] = []
    /// Whether the one score there is is a local one whose raw values are in the order of the normalised ones.
    private(set) var ranksByRawScore = false

    /// The one score there is, where it draws a node.
    private(set) var drawing: (any DrawingScorePlugin)?

    /// Whether a local score is normalised over the window, and that matters to the choice.
    private(set) var needsWholeWindow = false

    /// Held, so that it is never another profile's.
    let identity: any AnyObject & Sendable
    private(set) var isSupported = true
    private(set) var local: [LocalFilter] = []
    /// The plugin behind ``LocalFilter/fit``.
    private(set) var fit: NodeResourcesFit?
    private(set) var steps: [Step] = []
    /// In the order of the profile's scores.
    private(set) var scores: [(score: Score, name: String, weight: Int64)] = []
    private(set) var scoresAreKnown = true
    /// Whether a resource counts in scores that no node may have yet.
    private(set) var scoresOtherResources = false
    private(set) var spread: PodTopologySpread?
    private(set) var interPod: InterPodAffinity?
    /// PreFilter plugins that have something to say only about pods with claims or disks.
    private(set) var volumePreFilters: [any PreFilterPlugin] = []
    /// The position of each kind of PreFilter plugin matters only for the skip list.
    private(set) var hasDynamicResources = false

    /// Whether after a failure nothing is tried but upstream's preemption.
    private(set) var hasStandardPostFilter = false

    /// Whether filters run of which nothing is known.
    private(set) var hasUnknownSteps = false
    /// Whether these are among the steps.
    private(set) var filtersSpread = false
    private(set) var filtersInterPod = false
    /// The weight of PodTopologySpread's score; nil without it.
    private(set) var spreadWeight: Int64?

    init(_ framework: Framework) {
        identity = framework.identity
        var preFilterNames: Set<String> = []
        for plugin in framework.preFilter {
            preFilterNames.insert(plugin.name)
            switch plugin {
            case let plugin as NodeAffinity:
                if plugin.addedSelector != nil || !plugin.addedPreferences.isEmpty { isSupported = false }
            case is NodePorts, is NodeResourcesFit, is NodeDeclaredFeatures: break
            case is DynamicResources: hasDynamicResources = true
            case let plugin as PodTopologySpread: spread = plugin
            case let plugin as InterPodAffinity: interPod = plugin
            case is VolumeRestrictions, is NodeVolumeLimits, is VolumeBinding, is VolumeZone:
                volumePreFilters.append(plugin)
            default: isSupported = false
            }
        }
        hasStandardPostFilter = framework.postFilter.allSatisfy { $0 is DefaultPreemption }
        if framework.filter.isEmpty || !framework.extenders.isEmpty { isSupported = false }
        for plugin in framework.filter { addFilter(plugin, preFilterNames) }
        for plugin in framework.preScore {
            switch plugin {
            case is NodeAffinity, is TaintToleration, is NodeResourcesFit, is NodeResourcesBalancedAllocation,
                is PodTopologySpread,
                is InterPodAffinity, is VolumeBinding:
                break
            default: scoresAreKnown = false
            }
        }
        let preScoreNames = Set(framework.preScore.map(\.name))
        for (plugin, weight) in framework.score {
            addScore(plugin, weight, hasPreScore: preScoreNames.contains(plugin.name))
        }
        if framework.preScore.isEmpty, framework.score.count == 1, let only = framework.score.first,
            only.weight > 0
        {
            drawing = only.plugin.asDrawingScore
        }
        if scores.count == 1, let only = localScores.first {
            ranksByRawScore = only.normalization is any OrderKeepingNormalization && only.weight > 0
        }
        needsWholeWindow = !ranksByRawScore && localScores.contains { $0.normalization != nil }
    }

    private mutating func addFilter(_ plugin: any FilterPlugin, _ preFilterNames: Set<String>) {
        let isPrefix = steps.isEmpty
        switch plugin {
        // Pods that name a node, or have resource claims, are not scheduled by class.
        case is NodeName, is DynamicResources: break
        case is NodeUnschedulable where isPrefix: local.append(.unschedulable)
        case is TaintToleration where isPrefix: local.append(.taints)
        case let plugin as NodeAffinity where isPrefix:
            if plugin.addedSelector != nil { isSupported = false }
            local.append(.affinity)
        case is NodePorts where isPrefix: local.append(.ports)
        case let plugin as NodeResourcesFit where isPrefix:
            local.append(.fit)
            fit = plugin
        case let plugin as PodTopologySpread:
            if preFilterNames.contains(plugin.name) {
                steps.append(.spread(plugin))
                filtersSpread = true
            }
        case let plugin as InterPodAffinity:
            if preFilterNames.contains(plugin.name) {
                steps.append(.interPod(plugin))
                filtersInterPod = true
            }
        case is VolumeRestrictions, is NodeVolumeLimits, is VolumeBinding, is VolumeZone:
            steps.append(.volumes(plugin))
        case is NodeDeclaredFeatures: steps.append(.declaredFeatures(plugin))
        default:
            if isPrefix, !preFilterNames.contains(plugin.name), let plugin = plugin.asLocalFilter {
                local.append(.plugin(localFilters.count))
                localFilters.append(plugin)
            } else {
                steps.append(.plain(plugin))
                hasUnknownSteps = true
            }
        }
    }

    private mutating func addScore(_ plugin: any ScorePlugin, _ weight: Int64, hasPreScore: Bool) {
        let score: Score
        switch plugin {
        case is TaintToleration: score = .taints
        case let plugin as NodeAffinity where hasPreScore:
            if !plugin.addedPreferences.isEmpty { scoresAreKnown = false }
            score = .affinity
        case let plugin as NodeResourcesFit: score = .fit(plugin)
        case let plugin as NodeResourcesBalancedAllocation where hasPreScore: score = .balanced(plugin)
        case is ImageLocality: score = .images
        case let plugin as PodTopologySpread where hasPreScore:
            score = .spread(plugin)
            spreadWeight = weight
        case let plugin as InterPodAffinity where hasPreScore: score = .interPod(plugin)
        case is VolumeBinding where hasPreScore: score = .none
        case is DynamicResources where !hasPreScore: score = .zero
        default:
            if !hasPreScore, let local = plugin.asLocalScore {
                score = .plugin(localScores.count)
                localScores.append(
                    LocalScore(plugin: local, weight: weight, normalization: plugin.asNormalizeScore))
            } else {
                scoresAreKnown = false
                score = .none
            }
        }
        scores.append((score, plugin.name, weight))
        var resources: [ScoredResource] = []
        if case .fit(let plugin) = score { resources = plugin.strategy.resources }
        if case .balanced(let plugin) = score { resources = plugin.resources }
        for resource in resources
        where resource.name != ResourceName.cpu && resource.name != ResourceName.memory {
            scoresOtherResources = true
        }
    }
}
