import KubernetesModel
import OrderedCollections
import Scheduler

/// A shape of cluster and pods, after upstream's scheduler_perf (`test/integration/scheduler_perf`, v1.36).
protocol SchedulerShape: SendableMetatype {
    static var name: String { get }
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int)
    /// Creates pods and lets them be scheduled.
    static func round(_ workload: inout SchedulerWorkload, pods: Int)
    static var podsPerRound: Int { get }
}

extension SchedulerShape {
    static var podsPerRound: Int { 20 }

    static func addNodes(_ workload: inout SchedulerWorkload, _ count: Int, zones: [String] = []) {
        for number in 0..<count {
            var labels = Labels()
            if !zones.isEmpty { labels["topology.kubernetes.io/zone"] = zones[number % zones.count] }
            workload.addNode("scheduler-perf-\(number)", labels: labels)
        }
    }
}

/// Schedules pods on clusters of a number of nodes; one operation is one pod, from its creation to its binding.
enum SchedulerCase<Shape: SchedulerShape>: BenchmarkCase {
    static var name: String { "scheduler/\(Shape.name)" }
    static var operation: String { "pod" }
    static var sizes: [Int] { [5_000] }
    static var smallestSize: Int { 50 }
    static var isAllocationFree: Bool { false }

    static func operationCount(size: Int, rounds: Int) -> Int { rounds * Shape.podsPerRound }

    static func run(size: Int, rounds: Int) -> UInt64 {
        guard var workload = try? SchedulerWorkload() else { return 0 }
        Shape.prepare(&workload, nodes: size)
        for _ in 0..<rounds { Shape.round(&workload, pods: Shape.podsPerRound) }
        return workload.checksum
    }
}

private let zone = "topology.kubernetes.io/zone"
private let hostname = "kubernetes.io/hostname"

private func selector(_ key: String, _ value: String) -> JSONValue {
    ["matchLabels": .object([key: .string(value)])]
}

enum BasicShape: SchedulerShape {
    static let name = "basic"
    static let podsPerRound = 100
    static let spec = SchedulerWorkload.spec()
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        addNodes(&workload, nodes)
        workload.schedule(nodes / 5, spec)
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) { workload.schedule(pods, spec) }
}

enum PodAntiAffinityShape: SchedulerShape {
    static let name = "pod-anti-affinity"
    static let podsPerRound = 4
    static let spec = SchedulerWorkload.spec([
        "affinity": [
            "podAntiAffinity": [
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    [
                        "labelSelector": selector("color", "green"), "topologyKey": .string(hostname),
                        "namespaces": ["sched-1", "sched-0"],
                    ]
                ]
            ]
        ]
    ])
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        addNodes(&workload, nodes)
        workload.schedule(nodes / 5, spec, namespace: "sched-0", labels: ["color": "green"])
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) {
        workload.schedule(pods, spec, namespace: "sched-1", labels: ["color": "green"])
    }
}

enum MatchingAntiAffinityShape: SchedulerShape {
    static let name = "matching-anti-affinity"
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        PodAntiAffinityShape.prepare(&workload, nodes: nodes)
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) {
        workload.schedule(pods, BasicShape.spec, namespace: "sched-1", labels: ["color": "green"])
    }
}

enum PodAffinityShape: SchedulerShape {
    static let name = "pod-affinity"
    static let spec = SchedulerWorkload.spec([
        "affinity": [
            "podAffinity": [
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    [
                        "labelSelector": selector("color", "blue"), "topologyKey": .string(zone),
                        "namespaces": ["sched-1", "sched-0"],
                    ]
                ]
            ]
        ]
    ])
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        addNodes(&workload, nodes, zones: ["zone1"])
        workload.schedule(nodes, spec, namespace: "sched-0", labels: ["color": "blue"])
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) {
        workload.schedule(pods, spec, namespace: "sched-1", labels: ["color": "blue"])
    }
}

enum PreferredAffinityShape: SchedulerShape {
    static let name = "preferred-affinity"
    static func spec(_ kind: String) -> PodSpec {
        SchedulerWorkload.spec([
            "affinity": [
                .init(stringLiteral: kind): [
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        [
                            "weight": 1,
                            "podAffinityTerm": [
                                "labelSelector": selector("color", "red"), "topologyKey": .string(hostname),
                                "namespaces": ["sched-1", "sched-0"],
                            ],
                        ]
                    ]
                ]
            ]
        ])
    }
    static let affine = spec("podAffinity")
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        addNodes(&workload, nodes)
        workload.schedule(nodes, affine, namespace: "sched-0", labels: ["color": "red"])
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) {
        workload.schedule(pods, affine, namespace: "sched-1", labels: ["color": "red"])
    }
}

enum PreferredAntiAffinityShape: SchedulerShape {
    static let name = "preferred-anti-affinity"
    static let spec = PreferredAffinityShape.spec("podAntiAffinity")
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        addNodes(&workload, nodes)
        workload.schedule(nodes, spec, namespace: "sched-0", labels: ["color": "red"])
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) {
        workload.schedule(pods, spec, namespace: "sched-1", labels: ["color": "red"])
    }
}

enum NodeAffinityShape: SchedulerShape {
    static let name = "node-affinity"
    static let spec = SchedulerWorkload.spec([
        "affinity": [
            "nodeAffinity": [
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    "nodeSelectorTerms": [
                        [
                            "matchExpressions": [
                                ["key": .string(zone), "operator": "In", "values": ["zone1", "zone2"]]
                            ]
                        ]
                    ]
                ]
            ]
        ]
    ])
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        addNodes(&workload, nodes, zones: ["zone1"])
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) { workload.schedule(pods, spec) }
}

enum MixedShape: SchedulerShape {
    static let name = "mixed-base-pod"
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        addNodes(&workload, nodes, zones: ["zone1"])
        let count = nodes / 5
        workload.schedule(count, BasicShape.spec, namespace: "sched-0")
        workload.schedule(count, PodAffinityShape.spec, namespace: "sched-0", labels: ["color": "blue"])
        workload.schedule(count, PodAntiAffinityShape.spec, namespace: "sched-0", labels: ["color": "green"])
        workload.schedule(
            count, PreferredAffinityShape.affine, namespace: "sched-0", labels: ["color": "red"])
        workload.schedule(
            count, PreferredAntiAffinityShape.spec, namespace: "sched-0", labels: ["color": "yellow"])
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) {
        workload.schedule(pods, BasicShape.spec)
    }
}

enum NamespaceSelectorShape: SchedulerShape {
    static let name = "anti-affinity-namespace-selector"
    static let podsPerRound = 4
    static let spec = SchedulerWorkload.spec([
        "affinity": [
            "podAntiAffinity": [
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    [
                        "labelSelector": selector("color", "green"), "topologyKey": .string(hostname),
                        "namespaceSelector": selector("team", "devops"),
                    ]
                ]
            ]
        ]
    ])
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        addNodes(&workload, nodes)
        for number in 0..<101 {
            var namespace = Namespace()
            namespace.metadata.name = "ns-\(number)"
            namespace.metadata.labels = ["team": "devops"]
            workload.add(APIObject(namespace))
        }
        for number in 1..<101 {
            workload.schedule(nodes / 250, spec, namespace: "ns-\(number)", labels: ["color": "green"])
        }
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) {
        workload.schedule(pods, spec, namespace: "ns-0", labels: ["color": "green"])
    }
}

enum SpreadShape: SchedulerShape {
    static let name = "topology-spreading"
    static func spec(_ action: String, key: String = zone, skew: Int64 = 5, more: JSONObject = [:])
        -> PodSpec
    {
        var constraint: JSONObject = [
            "maxSkew": .integer(skew), "topologyKey": .string(key), "whenUnsatisfiable": .string(action),
            "labelSelector": selector("color", "blue"),
        ]
        for (name, value) in more { constraint[name] = value }
        return SchedulerWorkload.spec(["topologySpreadConstraints": [.object(constraint)]])
    }
    static let hard = spec("DoNotSchedule")
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        addNodes(&workload, nodes, zones: ["moon-1", "moon-2", "moon-3"])
        workload.schedule(nodes, BasicShape.spec)
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) {
        workload.schedule(pods, hard, labels: ["color": "blue"])
    }
}

enum PreferredSpreadShape: SchedulerShape {
    static let name = "preferred-topology-spreading"
    static let spec = SpreadShape.spec("ScheduleAnyway")
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        SpreadShape.prepare(&workload, nodes: nodes)
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) {
        workload.schedule(pods, spec, labels: ["color": "blue"])
    }
}

enum DefaultSpreadShape: SchedulerShape {
    static let name = "default-topology-spreading"
    static let spec = SchedulerWorkload.spec(requests: [:])
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        var service = Service()
        service.metadata = ObjectMeta(namespace: "service-ns", name: "service")
        service.spec.selector = ["app": "scheduler-perf"]
        workload.add(APIObject(service))
        SpreadShape.prepare(&workload, nodes: nodes)
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) {
        workload.schedule(pods, spec, namespace: "service-ns", labels: ["app": "scheduler-perf"])
    }
}

enum InclusionPolicyShape: SchedulerShape {
    static let name = "node-inclusion-policy"
    static let podsPerRound = 8
    static let spec = SpreadShape.spec(
        "DoNotSchedule", key: hostname, skew: 1,
        more: ["nodeAffinityPolicy": "Honor", "nodeTaintsPolicy": "Honor"])
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        addNodes(&workload, nodes * 4 / 5)
        for number in 0..<nodes / 5 {
            workload.addNode("taint-node-\(number)", taints: [Taint(key: "foo", effect: .noSchedule)])
        }
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) {
        workload.schedule(pods, spec, labels: ["color": "blue"])
    }
}

/// Each pod has a claim of its own that is bound to a volume of its own, on nodes with attach limits.
enum VolumeShape: SchedulerShape {
    static let name = "csi-volumes"
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        addNodes(&workload, nodes)
        for number in 0..<nodes {
            workload.addCSINode("scheduler-perf-\(number)", driver: "ebs.csi.aws.com", limit: 39)
        }
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) {
        workload.scheduleWithClaims(pods, driver: "ebs.csi.aws.com")
    }
}

/// Pods that name the one node on which they may run.
enum DaemonSetShape: SchedulerShape {
    static let name = "daemon-set"
    static let podsPerRound = 25
    static let spec = SchedulerWorkload.spec(
        [
            "affinity": [
                "nodeAffinity": [
                    "requiredDuringSchedulingIgnoredDuringExecution": [
                        "nodeSelectorTerms": [
                            [
                                "matchFields": [
                                    [
                                        "key": "metadata.name", "operator": "In",
                                        "values": ["scheduler-perf-node"],
                                    ]
                                ]
                            ]
                        ]
                    ]
                ]
            ]
        ], requests: [:])
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        workload.addNode("scheduler-perf-node", pods: 90_000)
        addNodes(&workload, nodes * 3)
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) { workload.schedule(pods, spec) }
}

/// Every pod asks for a resource that one node has.
enum ExtendedResourceShape: SchedulerShape {
    static let name = "extended-resources"
    static let podsPerRound = 4
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        for number in 0..<nodes {
            workload.addNode("scheduler-perf-\(number)", extended: ("foo.com/bar-\(number)", 1))
        }
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) {
        for _ in 0..<pods {
            let number = workload.nextNumber()
            let requests: JSONObject = ["foo.com/bar-\(number)": "1"]
            workload.schedule(1, SchedulerWorkload.spec(requests: requests))
        }
    }
}

/// Pods that fit, while now and then one comes that fits only where pods of lower priority go.
enum PreemptionShape: SchedulerShape {
    static let name = "preemption"
    static let podsPerRound = 20
    static let low = SchedulerWorkload.spec(requests: ["cpu": "900m", "memory": "500Mi"])
    static let high = SchedulerWorkload.spec(
        ["priority": 10], requests: ["cpu": "3000m", "memory": "500Mi"])
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        addNodes(&workload, nodes)
        workload.schedule(nodes * 4, low)
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) {
        if workload.isEvery(7) { workload.schedule(1, high) }
        workload.schedule(pods, BasicShape.spec)
    }
}

/// Pods that fit, while now and then one comes that fits nowhere.
enum UnschedulableShape: SchedulerShape {
    static let name = "unschedulable"
    static let podsPerRound = 20
    static let large = SchedulerWorkload.spec(["priority": 10], requests: ["cpu": "9", "memory": "500Mi"])
    static func prepare(_ workload: inout SchedulerWorkload, nodes: Int) {
        addNodes(&workload, nodes)
        workload.schedule(100, BasicShape.spec)
    }
    static func round(_ workload: inout SchedulerWorkload, pods: Int) {
        if workload.isEvery(7) { workload.schedule(1, large) }
        workload.schedule(pods, BasicShape.spec)
    }
}
