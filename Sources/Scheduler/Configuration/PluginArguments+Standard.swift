import KubernetesModel
import OrderedCollections

/// Arguments of upstream's plugins, with upstream's defaults.
///
/// Upstream: `pkg/scheduler/apis/config/v1/defaults.go`, `apis/config/validation` (v1.36).
extension NodeAffinity {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        let affinity = arguments.json["addedAffinity"]?.objectValue.map {
            KubernetesModel.NodeAffinity(fields: $0, epoch: CalendarTime(unixSeconds: 0))
        }
        self.init(addedAffinity: affinity)
    }
}

extension InterPodAffinity {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        let weight = try arguments.integer("hardPodAffinityWeight") ?? 1
        guard (0...100).contains(weight) else {
            throw ConfigurationError(
                path: "\(arguments.path).hardPodAffinityWeight",
                message: "\(weight) is not in the range 0 to 100")
        }
        self.init(
            hardPodAffinityWeight: weight,
            ignoresPreferredTermsOfExistingPods: try arguments.boolean("ignorePreferredTermsOfExistingPods")
                ?? false)
    }
}

extension PodTopologySpread {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        let list = try arguments.array("defaultConstraints") ?? []
        switch arguments.json["defaultingType"]?.stringValue ?? "System" {
        case "List":
            self.init(
                defaults: .list(
                    list.map {
                        KubernetesModel.TopologySpreadConstraint(
                            fields: $0.objectValue ?? [:], epoch: CalendarTime(unixSeconds: 0))
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

extension DefaultPreemption {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        self.init(
            minCandidatePercentage: try arguments.integer("minCandidateNodesPercentage") ?? 10,
            minCandidateCount: try arguments.integer("minCandidateNodesAbsolute") ?? 100)
    }
}

extension NodeResourcesBalancedAllocation {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        self.init(resources: try arguments.resources("resources"))
    }
}

extension VolumeBinding {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        self.init(bindTimeoutSeconds: try arguments.integer("bindTimeoutSeconds") ?? 600)
    }
}

extension NodeResourcesFit {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        let ignored = try arguments.array("ignoredResources") ?? []
        let groups = try arguments.array("ignoredResourceGroups") ?? []
        var strategy = ScoringStrategy.leastAllocated(ScoredResource.cpuAndMemory)
        if let json = arguments.json["scoringStrategy"], !json.isNull {
            let nested = PluginArguments(path: "\(arguments.path).scoringStrategy", json: json)
            let resources = try nested.resources("resources")
            switch json["type"]?.stringValue ?? "LeastAllocated" {
            case "LeastAllocated": strategy = .leastAllocated(resources)
            case "MostAllocated": strategy = .mostAllocated(resources)
            case "RequestedToCapacityRatio":
                let shape = json["requestedToCapacityRatio"]?["shape"]?.arrayValue ?? []
                guard !shape.isEmpty else {
                    throw ConfigurationError(
                        path: "\(nested.path).requestedToCapacityRatio.shape",
                        message: "at least one point must be specified")
                }
                strategy = .requestedToCapacityRatio(
                    resources,
                    // Scores are given from 0 to 10.
                    shape: shape.map {
                        UtilizationPoint(
                            utilization: $0["utilization"]?.integerValue ?? 0,
                            score: ($0["score"]?.integerValue ?? 0) * 10)
                    })
            case let other:
                throw ConfigurationError(
                    path: "\(nested.path).type",
                    message:
                        "'\(other)' is not one of LeastAllocated, MostAllocated, RequestedToCapacityRatio")
            }
        }
        self.init(
            strategy: strategy, ignoredResources: Set(ignored.compactMap(\.stringValue)),
            ignoredGroups: Set(groups.compactMap(\.stringValue)))
    }
}

extension PluginArguments {
    fileprivate func resources(_ name: String) throws(ConfigurationError) -> [ScoredResource] {
        let list = try array(name) ?? []
        if list.isEmpty { return ScoredResource.cpuAndMemory }
        return list.map {
            let weight = $0["weight"]?.integerValue ?? 0
            return ScoredResource(name: $0["name"]?.stringValue ?? "", weight: weight == 0 ? 1 : weight)
        }
    }
}
