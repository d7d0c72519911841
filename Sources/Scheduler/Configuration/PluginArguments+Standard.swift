import KubernetesModel
import OrderedCollections

/// Arguments of upstream's plugins, with upstream's defaults.
///
/// Upstream: `pkg/scheduler/apis/config/v1/defaults.go`, `apis/config/validation` (v1.36).
extension NodeAffinity {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(["apiVersion", "kind", "addedAffinity"])
        let affinity = try arguments.object("addedAffinity")?.json.objectValue.map {
            KubernetesModel.NodeAffinity(fields: $0, epoch: CalendarTime(unixSeconds: 0))
        }
        if let affinity {
            var table = NodeTable()
            let path = "\(arguments.path).addedAffinity"
            if let required = affinity.required,
                CompiledNodeSelector(required, symbols: &table.symbols).terms.contains(where: { !$0.isValid })
            {
                throw ConfigurationError(
                    path: "\(path).requiredDuringSchedulingIgnoredDuringExecution",
                    message: "a term that cannot be parsed: check its operators and values")
            }
            if PreferredNodeTerms(affinity.preferred, symbols: &table.symbols) == nil {
                throw ConfigurationError(
                    path: "\(path).preferredDuringSchedulingIgnoredDuringExecution",
                    message: "a term that cannot be parsed: check its operators and values")
            }
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
        try Self.check(list, "\(arguments.path).defaultConstraints")
        switch try arguments.string("defaultingType") ?? "System" {
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

extension PodTopologySpread {
    /// Upstream: `ValidatePodTopologySpreadArgs`.
    private static func check(_ list: [JSONValue], _ path: String) throws(ConfigurationError) {
        var seen: [String] = []
        for (place, item) in list.enumerated() {
            let constraint = PluginArguments(path: "\(path)[\(place)]", json: item)
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
            let action = try constraint.string("whenUnsatisfiable") ?? ""
            if !["DoNotSchedule", "ScheduleAnyway"].contains(action) {
                throw fail(
                    "whenUnsatisfiable", "'\(action)' is not one of DoNotSchedule, ScheduleAnyway")
            }
            if let selector = item["labelSelector"], !selector.isNull {
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

extension NodeResourcesFit {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(
            ["apiVersion", "kind", "scoringStrategy", "ignoredResources", "ignoredResourceGroups"])
        let ignored = try arguments.array("ignoredResources") ?? []
        let groups = try arguments.array("ignoredResourceGroups") ?? []
        for (place, group) in groups.enumerated() where group.stringValue?.contains("/") ?? true {
            throw ConfigurationError(
                path: "\(arguments.path).ignoredResourceGroups[\(place)]",
                message: "resource group name can't contain '/'")
        }
        var strategy = ScoringStrategy.leastAllocated(ScoredResource.cpuAndMemory)
        if let json = arguments.json["scoringStrategy"], !json.isNull {
            let nested = PluginArguments(path: "\(arguments.path).scoringStrategy", json: json)
            let resources = try nested.resources("resources")
            try nested.allow(["type", "resources", "requestedToCapacityRatio"])
            let type = try nested.string("type") ?? "LeastAllocated"
            if let ratio = json["requestedToCapacityRatio"], !ratio.isNull, type != "RequestedToCapacityRatio"
            {
                throw ConfigurationError(
                    path: "\(nested.path).requestedToCapacityRatio",
                    message: "must be nil when type is not RequestedToCapacityRatio")
            }
            switch type {
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
