public import KubernetesModel

/// Scheduler configurations that go by a name: baselines to compare with, and policies beyond upstream's.
///
/// Each is a `KubeSchedulerConfiguration` of one profile, `default-scheduler`.
public enum SchedulingPolicy: String, CaseIterable, Sendable {
    case standard = "default"
    case binPacking = "bin-packing"
    case firstFit = "first-fit"
    case bestFit = "best-fit"
    case worstFit = "worst-fit"
    case random
    case roundRobin = "round-robin"
    case deadlines
    case gang
    case dataLocality = "data-locality"
    case delayScheduling = "delay-scheduling"
    case fgd = "FGD"
    case gpuBestFit = "BestFit"
    case gpuPacking = "GpuPacking"
    case gpuClustering = "GpuClustering"
    case dotProd = "DotProd"
    case gpuRandom = "Random"

    /// What it does, in a line.
    public var summary: String {
        switch self {
        case .standard: "kube-scheduler's default profile"
        case .binPacking:
            "the fullest node by kube-scheduler's MostAllocated strategy, without spreading that no pod asks for"
        case .firstFit: "the first node, in the order of names, on which the pod fits"
        case .bestFit: "the node with the least CPU and memory left unreserved"
        case .worstFit: "the node with the most CPU and memory left unreserved"
        case .random: "any node on which the pod fits, drawn from the stream scheduler/random"
        case .roundRobin: "the next node after the one that was taken last"
        case .deadlines: "earliest deadline first; no node on which a pod would be late that need not be"
        case .gang: "pods of a gang are bound together or not at all"
        case .dataLocality: "near the data that a pod reads, by the time that reading takes"
        case .delayScheduling:
            "as data-locality, and up to 3 s each are waited for data on the node and in the rack"
        case .fgd: "shared GPUs: where a pod adds the least fragmentation for the pods to be expected"
        case .gpuBestFit: "shared GPUs: the node with the least CPU and GPU left"
        case .gpuPacking: "shared GPUs: GPUs in use first, then free ones of nodes in use"
        case .gpuClustering: "shared GPUs: together with pods that take as many GPUs"
        case .dotProd: "shared GPUs: the least product of free and requested CPU and GPU"
        case .gpuRandom: "shared GPUs: any node on which the pod fits, and any GPU of it"
        }
    }

    /// The policies for shared GPUs that Weng et al. compare (USENIX ATC 2023).
    public static let publishedForGPUs: [SchedulingPolicy] = [
        .fgd, .gpuBestFit, .gpuPacking, .gpuClustering, .dotProd, .gpuRandom,
    ]

    /// The policy of a name; capitals matter only where two names differ in nothing else.
    public init?(named name: String) {
        if let policy = SchedulingPolicy(rawValue: name) {
            self = policy
            return
        }
        let matches = Self.allCases.filter { $0.rawValue.lowercased() == name.lowercased() }
        guard matches.count == 1 else { return nil }
        self = matches[0]
    }

    /// The configuration, as a file would have it.
    public var configuration: JSONValue {
        switch self {
        case .standard: return Self.configuration([:])
        case .binPacking:
            return Self.configuration([
                "plugins": [
                    "multiPoint": ["disabled": [["name": .string(NodeResourcesBalancedAllocation.name)]]]
                ],
                "pluginConfig": [
                    [
                        "name": .string(NodeResourcesFit.name),
                        "args": ["scoringStrategy": ["type": "MostAllocated"]],
                    ],
                    [
                        "name": .string(PodTopologySpread.name),
                        "args": ["defaultingType": "List", "defaultConstraints": []],
                    ],
                ],
            ])
        case .firstFit: return Self.onlyScore(FirstFit.name)
        case .bestFit: return Self.onlyScore(BestFit.name)
        case .worstFit: return Self.onlyScore(WorstFit.name)
        case .random: return Self.onlyScore(RandomNode.name)
        case .roundRobin: return Self.onlyScore(RoundRobin.name)
        case .deadlines:
            return Self.configuration([
                // Every node is looked at, since one that is on time decides about those that are not.
                "percentageOfNodesToScore": 100,
                "plugins": [
                    "queueSort": Self.instead(EarliestDeadlineFirst.name),
                    "multiPoint": ["enabled": [["name": .string(Deadlines.name), "weight": 5]]],
                ],
            ])
        case .dataLocality, .delayScheduling:
            // The waits are Spark's: `spark.locality.wait`, 3 s a level.
            let wait: JSONValue = self == .dataLocality ? 0 : 3
            return Self.configuration([
                "percentageOfNodesToScore": 100,
                "plugins": ["multiPoint": ["enabled": [["name": .string(DataLocality.name), "weight": 10]]]],
                "pluginConfig": [
                    [
                        "name": .string(DataLocality.name),
                        "args": ["nodeLocalWaitSeconds": wait, "rackLocalWaitSeconds": wait],
                    ]
                ],
            ])
        case .fgd: return Self.onlyGPUScore(FGD.name)
        case .gpuBestFit: return Self.onlyGPUScore(GpuBestFit.name)
        case .gpuPacking: return Self.onlyGPUScore(GpuPacking.name)
        case .gpuClustering: return Self.onlyGPUScore(GpuClustering.name)
        case .dotProd: return Self.onlyGPUScore(DotProd.name)
        case .gpuRandom: return Self.onlyGPUScore(GpuRandom.name)
        case .gang:
            return Self.configuration([
                "plugins": [
                    "queueSort": Self.instead(Coscheduling.name),
                    "preFilter": ["enabled": [["name": .string(Coscheduling.name)]]],
                    "permit": ["enabled": [["name": .string(Coscheduling.name)]]],
                ]
            ])
        }
    }

    /// A profile with these members.
    private static func configuration(_ profile: JSONValue) -> JSONValue {
        var profile = profile
        profile["schedulerName"] = "default-scheduler"
        return [
            "apiVersion": .string(SchedulerConfiguration.apiVersion),
            "kind": .string(SchedulerConfiguration.kind), "profiles": [profile],
        ]
    }

    /// The default filters with one plugin that chooses among all nodes that pass them.
    private static func onlyScore(_ name: String) -> JSONValue {
        var plugins: JSONValue = [
            "preScore": ["disabled": [["name": "*"]]],
            "score": instead(name),
        ]
        if name == RoundRobin.name { plugins["reserve"] = ["enabled": [["name": .string(name)]]] }
        return configuration(["percentageOfNodesToScore": 100, "plugins": plugins])
    }

    /// Shared GPUs, one score alone, and, as published, no eviction for the sake of other pods.
    private static func onlyGPUScore(_ name: String) -> JSONValue {
        let enabled = PluginSet.defaultsWithGPUs.enabled.map { plugin -> JSONValue in
            ["name": .string(plugin.name), "weight": .integer(plugin.weight)]
        }
        var plugins: JSONValue = [
            "multiPoint": ["disabled": [["name": "*"]], "enabled": .array(enabled)],
            "postFilter": ["disabled": [["name": "*"]]],
            "preScore": ["disabled": [["name": "*"]]],
            "score": instead(name),
        ]
        // What chooses the GPU itself.
        if name == FGD.name || name == GpuRandom.name {
            plugins["reserve"] = ["enabled": [["name": .string(name)]]]
        }
        return configuration(["percentageOfNodesToScore": 100, "plugins": plugins])
    }

    private static func instead(_ name: String) -> JSONValue {
        ["disabled": [["name": "*"]], "enabled": [["name": .string(name)]]]
    }
}
