import KubernetesModel
import OrderedCollections

/// Arguments of upstream's plugins, with upstream's defaults.
///
/// Upstream: `pkg/scheduler/apis/config/v1/defaults.go`, `apis/config/validation` (v1.36).
extension NodeAffinity {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(["apiVersion", "kind", "addedAffinity"])
        let affinity = arguments.json["addedAffinity"]?.objectValue.map {
            KubernetesModel.NodeAffinity(fields: $0, epoch: CalendarTime(unixSeconds: 0))
        }
        self.init(addedAffinity: affinity)
    }
}

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
        try arguments.allow(
            ["apiVersion", "kind", "minCandidateNodesPercentage", "minCandidateNodesAbsolute"])
        self.init(
            minCandidatePercentage: try arguments.integer("minCandidateNodesPercentage", in: 0...100) ?? 10,
            minCandidateCount: try arguments.integer(
                "minCandidateNodesAbsolute", in: 0...Int64(Int32.max)) ?? 100)
    }
}

extension NodeResourcesBalancedAllocation {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(["apiVersion", "kind", "resources"])
        self.init(resources: try arguments.resources("resources"))
    }
}

extension VolumeBinding {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(["apiVersion", "kind", "bindTimeoutSeconds", "shape"])
        self.init(
            bindTimeoutSeconds: try arguments.integer("bindTimeoutSeconds", in: 0...31_536_000) ?? 600)
    }
}

extension NodeResourcesFit {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(
            ["apiVersion", "kind", "scoringStrategy", "ignoredResources", "ignoredResourceGroups"])
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
                strategy = .requestedToCapacityRatio(
                    resources,
                    shape: try Self.points(shape, "\(nested.path).requestedToCapacityRatio.shape"))
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

extension NodeResourcesFit {
    /// Upstream: `pkg/scheduler/apis/config/validation/validation_pluginargs.go` (v1.36).
    private static func points(
        _ list: [JSONValue], _ path: String
    ) throws(ConfigurationError) -> [UtilizationPoint] {
        if list.isEmpty {
            throw ConfigurationError(path: path, message: "at least one point must be specified")
        }
        var points: [UtilizationPoint] = []
        for (place, item) in list.enumerated() {
            let point = PluginArguments(path: "\(path)[\(place)]", json: item)
            let utilization = try point.integer("utilization", in: 0...100) ?? 0
            let score = try point.integer("score", in: 0...10) ?? 0
            if let last = points.last, last.utilization >= utilization {
                throw ConfigurationError(
                    path: "\(point.path).utilization",
                    message: "utilization values must be sorted in increasing order")
            }
            // Scores are given from 0 to 10.
            points.append(UtilizationPoint(utilization: utilization, score: score * 10))
        }
        return points
    }
}

extension PluginArguments {
    fileprivate func resources(_ name: String) throws(ConfigurationError) -> [ScoredResource] {
        let list = try array(name) ?? []
        if list.isEmpty { return ScoredResource.cpuAndMemory }
        var resources: [ScoredResource] = []
        for (place, item) in list.enumerated() {
            let entry = PluginArguments(path: "\(path).\(name)[\(place)]", json: item)
            try entry.allow(["name", "weight"])
            let weight = try entry.integer("weight", in: 0...100) ?? 0
            resources.append(
                ScoredResource(name: item["name"]?.stringValue ?? "", weight: weight == 0 ? 1 : weight))
        }
        return resources
    }
}
