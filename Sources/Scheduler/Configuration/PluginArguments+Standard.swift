import KubernetesModel
import OrderedCollections

/// Arguments of upstream's plugins, with upstream's defaults.
///
/// Upstream: `pkg/scheduler/apis/config/v1/defaults.go`, `apis/config/validation` (v1.36).
extension InterPodAffinity {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(
            ["apiVersion", "kind", "hardPodAffinityWeight", "ignorePreferredTermsOfExistingPods"])
        self.init(
            hardPodAffinityWeight: try arguments.integer("hardPodAffinityWeight", in: 0...100) ?? 1,
            ignoresPreferredTermsOfExistingPods: try arguments.boolean("ignorePreferredTermsOfExistingPods")
                ?? false)
    }
}

extension PodTopologySpread {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(["apiVersion", "kind", "defaultConstraints", "defaultingType"])
        let list = try arguments.objects("defaultConstraints")
        try Self.check(list)
        switch try arguments.string("defaultingType") ?? "System" {
        case "List":
            self.init(
                defaults: .list(
                    list.map {
                        KubernetesModel.TopologySpreadConstraint(
                            fields: $0.json.objectValue ?? [:], epoch: CalendarTime(unixSeconds: 0))
                    }))
        case "System", "":
            guard list.isEmpty else {
                throw ConfigurationError(
                    path: "\(arguments.path).defaultConstraints",
                    message: "must be empty when defaultingType is System")
            }
            self.init(defaults: .system)
        case let other:
            throw ConfigurationError(
                path: "\(arguments.path).defaultingType",
                message: "'\(other)' is not one of System, List")
        }
    }
}

extension PodTopologySpread {
    /// Upstream: `ValidatePodTopologySpreadArgs`.
    private static func check(_ list: [PluginArguments]) throws(ConfigurationError) {
        var seen: [String] = []
        for constraint in list {
            try constraint.allow([
                "maxSkew", "topologyKey", "whenUnsatisfiable", "labelSelector", "minDomains",
                "nodeAffinityPolicy", "nodeTaintsPolicy", "matchLabelKeys",
            ])
            func fail(_ member: String, _ message: String) -> ConfigurationError {
                ConfigurationError(path: "\(constraint.path).\(member)", message: message)
            }
            let skew = try constraint.integer("maxSkew") ?? 0
            if skew <= 0 || skew > Int64(Int32.max) { throw fail("maxSkew", "not in valid range (0, inf)") }
            let key = try constraint.string("topologyKey") ?? ""
            if key.isEmpty { throw fail("topologyKey", "can not be empty") }
            try PluginArguments.checkQualifiedName(key, "\(constraint.path).topologyKey")
            let action = try constraint.string("whenUnsatisfiable") ?? ""
            if !["DoNotSchedule", "ScheduleAnyway"].contains(action) {
                throw fail(
                    "whenUnsatisfiable", "'\(action)' is not one of DoNotSchedule, ScheduleAnyway")
            }
            _ = try constraint.integer("minDomains", in: 1...Int64(Int32.max))
            for member in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
                guard let policy = try constraint.string(member) else { continue }
                if !["Honor", "Ignore"].contains(policy) {
                    throw fail(member, "'\(policy)' is not one of Honor, Ignore")
                }
            }
            _ = try constraint.strings("matchLabelKeys")
            if try constraint.object("labelSelector") != nil {
                throw fail(
                    "labelSelector", "constraint must not define a selector, as they deduced for each pod")
            }
            let pair = "{\(key), \(action)}"
            if seen.contains(pair) { throw fail("topologyKey", "a second constraint \(pair)") }
            seen.append(pair)
        }
    }
}

extension DefaultPreemption {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(
            ["apiVersion", "kind", "minCandidateNodesPercentage", "minCandidateNodesAbsolute"])
        self.init(
            minCandidatePercentage: try arguments.integer("minCandidateNodesPercentage", in: 0...100) ?? 10,
            minCandidateCount: try arguments.integer(
                "minCandidateNodesAbsolute", in: 0...Int64(Int32.max)) ?? 100)
        if minCandidatePercentage == 0 && minCandidateCount == 0 {
            throw ConfigurationError(
                path: "\(arguments.path).minCandidateNodesPercentage",
                message: "cannot be zero at the same time as minCandidateNodesAbsolute")
        }
    }
}

extension NodeResourcesBalancedAllocation {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(["apiVersion", "kind", "resources"])
        let resources = try arguments.resources("resources")
        for (place, resource) in resources.enumerated() {
            let path = "\(arguments.path).resources[\(place)]"
            if resource.weight != 1 { throw ConfigurationError(path: "\(path).weight", message: "must be 1") }
            if resources[..<place].contains(where: { $0.name == resource.name }) {
                throw ConfigurationError(path: "\(path).name", message: "a second '\(resource.name)'")
            }
        }
        self.init(resources: resources)
    }
}

extension VolumeBinding {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(["apiVersion", "kind", "bindTimeoutSeconds", "shape"])
        if let shape = arguments.json["shape"], !shape.isNull {
            throw ConfigurationError(
                path: "\(arguments.path).shape",
                message: "unexpected field `shape`: it needs the feature StorageCapacityScoring, which is off"
            )
        }
        self.init(
            bindTimeoutSeconds: try arguments.integer("bindTimeoutSeconds", in: 0...31_536_000) ?? 600)
    }
}

extension DynamicResources {
    /// simk allocates no devices, so that neither of the times is ever spent.
    init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(["apiVersion", "kind", "filterTimeout", "bindingTimeout"])
        if let timeout = try arguments.duration("filterTimeout"), timeout < 0 {
            throw ConfigurationError(
                path: "\(arguments.path).filterTimeout", message: "must be zero or positive")
        }
        if let timeout = try arguments.duration("bindingTimeout"), timeout < 1_000_000_000 {
            throw ConfigurationError(
                path: "\(arguments.path).bindingTimeout", message: "must be at least 1 second")
        }
        self.init()
    }
}

extension NodeResourcesFit {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(
            ["apiVersion", "kind", "scoringStrategy", "ignoredResources", "ignoredResourceGroups"])
        let ignored = try arguments.qualifiedNames("ignoredResources")
        for (place, group) in try arguments.strings("ignoredResourceGroups").enumerated()
        where group.contains("/") {
            throw ConfigurationError(
                path: "\(arguments.path).ignoredResourceGroups[\(place)]",
                message: "resource group name can't contain '/'")
        }
        let groups = try arguments.qualifiedNames("ignoredResourceGroups")
        let strategy = try arguments.object("scoringStrategy")
        self.init(
            strategy: try strategy.map { value throws(ConfigurationError) in
                try ScoringStrategy(arguments: value)
            } ?? .leastAllocated(ScoredResource.cpuAndMemory),
            ignoredResources: Set(ignored), ignoredGroups: Set(groups))
    }
}

extension ScoringStrategy {
    /// Upstream: `ValidateNodeResourcesFitArgs`.
    fileprivate init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(["type", "resources", "requestedToCapacityRatio"])
        let type = try arguments.string("type") ?? ""
        let names = ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"]
        guard names.contains(type) else {
            throw ConfigurationError(
                path: "\(arguments.path).type",
                message: "'\(type)' is not one of \(names.joined(separator: ", "))")
        }
        let resources = try arguments.resources("resources")
        let ratio = try arguments.object("requestedToCapacityRatio")
        switch (type, ratio) {
        case ("RequestedToCapacityRatio", let ratio?):
            try ratio.allow(["shape"])
            self = .requestedToCapacityRatio(resources, shape: try UtilizationPoint.list(ratio))
        case ("RequestedToCapacityRatio", nil):
            throw ConfigurationError(
                path: "\(arguments.path).requestedToCapacityRatio",
                message: "must be specified when type is RequestedToCapacityRatio")
        case (_, .some):
            throw ConfigurationError(
                path: "\(arguments.path).requestedToCapacityRatio",
                message: "must be nil when type is not RequestedToCapacityRatio")
        case ("MostAllocated", nil): self = .mostAllocated(resources)
        case (_, nil): self = .leastAllocated(resources)
        }
    }
}

extension UtilizationPoint {
    /// Upstream: `pkg/scheduler/apis/config/validation/validation_pluginargs.go`, `validateFunctionShape` (v1.36).
    fileprivate static func list(_ ratio: PluginArguments) throws(ConfigurationError) -> [UtilizationPoint] {
        let list = try ratio.objects("shape")
        if list.isEmpty {
            throw ConfigurationError(
                path: ratio.path(of: "shape"), message: "at least one point must be specified")
        }
        var points: [UtilizationPoint] = []
        for point in list {
            try point.allow(["utilization", "score"])
            let utilization = try point.integer("utilization", in: 0...100) ?? 0
            let score = try point.integer("score", in: 0...10) ?? 0
            if let last = points.last, last.utilization >= utilization {
                throw ConfigurationError(
                    path: "\(point.path).utilization", message: "values must be sorted in increasing order")
            }
            // Scores are given from 0 to 10.
            points.append(UtilizationPoint(utilization: utilization, score: score * 10))
        }
        return points
    }
}

extension PluginArguments {
    fileprivate func resources(_ name: String) throws(ConfigurationError) -> [ScoredResource] {
        var resources: [ScoredResource] = []
        for entry in try objects(name) {
            try entry.allow(["name", "weight"])
            guard let name = try entry.string("name"), !name.isEmpty else {
                throw ConfigurationError(path: "\(entry.path).name", message: "is missing")
            }
            let weight = try entry.integer("weight", in: 0...100) ?? 0
            // Zero stands for the default.
            resources.append(ScoredResource(name: name, weight: weight == 0 ? 1 : weight))
        }
        return resources.isEmpty ? ScoredResource.cpuAndMemory : resources
    }
}
