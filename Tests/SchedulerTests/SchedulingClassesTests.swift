import KubernetesModel
import OrderedCollections
import SimulationKernel
import Stochastics
import Testing

@testable import Scheduler

/// Random clusters under churn, each cycle computed with what is known about classes and plainly.
struct ChurningCluster {
    var cluster = ClusterCache()
    var cycle = SchedulingCycle()
    let frameworks: [Framework]
    var random: SplitMix
    var waiting: [PodInfo] = []
    var placed: [PodInfo] = []
    var nodeNames: [String] = []
    var podNumber = 0
    var nodeNumber = 0
    var started: Int64 = 0
    let specs: [PodSpec]
    let hasGPUs: Bool
    var preemptions = 0
    var failures = 0
    var successes = 0

    struct SplitMix {
        var state: UInt64
        mutating func below(_ bound: Int) -> Int {
            state &+= 0x9E37_79B9_7F4A_7C15
            var bits = state
            bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
            bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
            return Int((bits ^ (bits >> 31)) % UInt64(bound))
        }
        mutating func isOne(in count: Int) -> Bool { below(count) == 0 }
        mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
    }

    init(
        seed: UInt64, nodes: Int, percentage: Int64, configuration: SchedulerConfiguration,
        hasGPUs: Bool = false
    ) {
        self.hasGPUs = hasGPUs
        random = SplitMix(state: seed)
        frameworks = configuration.profiles
        cycle.percentageOfNodesToScore = percentage
        cycle.tieBreak = .drawn
        cycle.comparesWithPlain = true
        var specs: [PodSpec] = []
        for _ in 0..<14 {
            specs.append(Self.spec(&random, profiles: configuration.profiles.map(\.profileName)))
        }
        self.specs = specs
        for name in ["a", "b", "c"] {
            var namespace = Namespace()
            namespace.metadata.name = name
            namespace.metadata.labels = ["team": name == "c" ? "x" : "y"]
            cluster.objects.apply(APIObject(namespace), isDeleted: false)
        }
        for _ in 0..<nodes { addNode() }
    }

    // MARK: Objects

    static func spec(_ random: inout SplitMix, profiles: [String]) -> PodSpec {
        var container: JSONObject = ["name": "c", "image": .string("app-\(random.below(3)):v1")]
        var requests: JSONObject = [:]
        if !random.isOne(in: 4) { requests["cpu"] = .string("\(random.pick([100, 300, 900, 2_000]))m") }
        if !random.isOne(in: 4) { requests["memory"] = .string("\(random.pick([100, 700, 3_000]))Mi") }
        if random.isOne(in: 6) { requests["example.com/gpu"] = "1" }
        if random.isOne(in: 8) { requests["example.com/rare"] = "1" }
        container["resources"] = ["requests": .object(requests)]
        if random.isOne(in: 6) {
            container["ports"] = [
                ["containerPort": 80, "hostPort": .integer(Int64(8_000 + random.below(2)))]
            ]
        }
        var source: JSONObject = [
            "schedulerName": .string(random.pick(profiles)), "containers": [.object(container)],
            "priority": .integer(Int64(random.pick([0, 0, 0, 5, 10]))),
        ]
        func selector() -> JSONValue { ["matchLabels": ["app": .string("app-\(random.below(3))")]] }
        func key() -> JSONValue {
            .string(random.pick(["kubernetes.io/hostname", "topology.kubernetes.io/zone", "rack"]))
        }
        func term() -> JSONValue {
            var term: JSONObject = ["labelSelector": selector(), "topologyKey": key()]
            if random.isOne(in: 3) { term["namespaces"] = ["a", "b"] }
            if random.isOne(in: 3) { term["namespaceSelector"] = ["matchLabels": ["team": "y"]] }
            return .object(term)
        }
        func list(_ name: String, _ affinity: inout JSONObject) {
            var part: JSONObject = [:]
            if random.isOne(in: 2) { part["requiredDuringSchedulingIgnoredDuringExecution"] = [term()] }
            if random.isOne(in: 2) {
                part["preferredDuringSchedulingIgnoredDuringExecution"] = [
                    ["weight": .integer(Int64(1 + random.below(50))), "podAffinityTerm": term()]
                ]
            }
            affinity[name] = .object(part)
        }
        var affinity: JSONObject = [:]
        if random.isOne(in: 4) { list("podAffinity", &affinity) }
        if random.isOne(in: 4) { list("podAntiAffinity", &affinity) }
        if random.isOne(in: 4) {
            affinity["nodeAffinity"] = [
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    "nodeSelectorTerms": [
                        [
                            "matchExpressions": [
                                ["key": "rack", "operator": "In", "values": ["r0", "r1", "r2"]]
                            ]
                        ]
                    ]
                ],
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    [
                        "weight": 7,
                        "preference": [
                            "matchExpressions": [["key": "rack", "operator": "In", "values": ["r1"]]]
                        ],
                    ]
                ],
            ]
        } else if random.isOne(in: 8) {
            affinity["nodeAffinity"] = [
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    "nodeSelectorTerms": [
                        [
                            "matchFields": [
                                [
                                    "key": "metadata.name", "operator": "In",
                                    "values": [.string("node-\(random.below(40))")],
                                ]
                            ]
                        ]
                    ]
                ]
            ]
        }
        if !affinity.isEmpty { source["affinity"] = .object(affinity) }
        if random.isOne(in: 3) {
            source["tolerations"] = [
                ["key": "t0", "operator": "Exists"], ["key": "soft", "operator": "Exists"],
            ]
        }
        if random.isOne(in: 3) {
            var constraints: [JSONValue] = []
            for _ in 0...random.below(2) {
                var constraint: JSONObject = [
                    "maxSkew": .integer(Int64(1 + random.below(3))), "topologyKey": key(),
                    "whenUnsatisfiable": .string(random.pick(["DoNotSchedule", "ScheduleAnyway"])),
                    "labelSelector": selector(),
                ]
                if random.isOne(in: 3) { constraint["nodeTaintsPolicy"] = "Honor" }
                if random.isOne(in: 4) { constraint["matchLabelKeys"] = ["version"] }
                constraints.append(.object(constraint))
            }
            source["topologySpreadConstraints"] = .array(constraints)
        }
        if random.isOne(in: 8) {
            source["volumes"] = [["name": "v", "awsElasticBlockStore": ["volumeID": "vol-1"]]]
        } else if random.isOne(in: 8) {
            source["volumes"] = [["name": "v", "persistentVolumeClaim": ["claimName": "claim"]]]
        }
        return PodSpec(source: source)
    }

    mutating func node(_ name: String) -> Node {
        var node = Node()
        node.metadata.name = name
        node.metadata.labels = ["kubernetes.io/hostname": name]
        if !random.isOne(in: 8) {
            node.metadata.labels["topology.kubernetes.io/zone"] = "z\(random.below(3))"
        }
        if !random.isOne(in: 5) { node.metadata.labels["rack"] = "r\(random.below(5))" }
        if random.isOne(in: 5) {
            node.spec.taints = [
                Taint(key: "t\(random.below(2))", effect: random.isOne(in: 2) ? .noSchedule : .noExecute)
            ]
        }
        if random.isOne(in: 4) {
            node.spec.taints.append(
                Taint(key: random.isOne(in: 2) ? "soft" : "mild", effect: .preferNoSchedule))
        }
        node.spec.unschedulable = random.isOne(in: 10)
        node.status.allocatable = ResourceList([
            ("cpu", Quantity(value: Int64(1 + random.below(6)))),
            ("memory", Quantity(value: Int64(1 + random.below(8)) << 30)),
            ("pods", Quantity(value: Int64(4 + random.below(8)))),
        ])
        if random.isOne(in: 4) { node.status.allocatable["example.com/gpu"] = Quantity(value: 2) }
        if random.isOne(in: 9) { node.status.allocatable["example.com/rare"] = Quantity(value: 3) }
        if random.isOne(in: 2) {
            var image = ContainerImage()
            image.names = ["app-\(random.below(3)):v1"]
            image.sizeBytes = Int64(50 + random.below(400)) << 20
            node.status.images = [image]
        }
        if hasGPUs && !random.isOne(in: 4) {
            node.status.allocatable["alibabacloud.com/gpu-count"] = Quantity(
                value: Int64(1 + random.below(4)))
            node.metadata.labels["alibabacloud.com/gpu-card-model"] = random.pick(["T4", "P100"])
        }
        return node
    }

    mutating func addNode() {
        let name = "node-\(nodeNumber)"
        nodeNumber += 1
        nodeNames.append(name)
        cluster.nodes.set(Ref(node(name)))
    }

    mutating func newPod() -> PodInfo {
        podNumber += 1
        var metadata = ObjectMeta(namespace: random.pick(["a", "a", "b", "c"]), name: "pod-\(podNumber)")
        metadata.uid = .uuid(UInt64(podNumber), 1)
        metadata.labels = ["app": "app-\(random.below(3))"]
        if random.isOne(in: 3) { metadata.labels["version"] = "v\(random.below(2))" }
        if hasGPUs && !random.isOne(in: 3) {
            let request = GPURequest(
                milli: random.pick([200, 500, 700, 1_000]), count: 1,
                models: random.pick([[], [], ["T4"], ["T4", "P100"]]))
            metadata.annotations = StringMap(
                (random.isOne(in: 5) ? GPURequest(milli: 1_000, count: 2) : request).annotations)
        }
        return cluster.nodes.compile(Ref(Pod(metadata: metadata, spec: random.pick(specs))))
    }

    // MARK: Churn

    mutating func step() {
        switch random.below(24) {
        case 0: addNode()
        case 1:
            if nodeNames.count > 3 {
                cluster.nodes.remove(nodeNamed: nodeNames.remove(at: random.below(nodeNames.count)))
            }
        case 2, 3:
            let name = random.pick(nodeNames)
            cluster.nodes.set(Ref(node(name)))
        case 4, 5, 6:
            if !placed.isEmpty { cluster.removePod(placed.remove(at: random.below(placed.count)).uid) }
        case 7:
            guard !placed.isEmpty else { return }
            // A pod begins to terminate, or gets other labels.
            let place = random.below(placed.count)
            let isTerminating = random.isOne(in: 2)
            let app = "app-\(random.below(3))"
            let changed = placed[place].value.with {
                if isTerminating {
                    $0.metadata.deletionTimestamp = Timestamp(seconds: 1)
                } else {
                    $0.metadata.labels["app"] = app
                }
            }
            placed[place] = cluster.nodes.compile(Ref(changed))
            cluster.setPod(placed[place])
        case 8: churnObjects()
        default: schedule()
        }
    }

    private mutating func churnObjects() {
        switch random.below(3) {
        case 0:
            var service = Service()
            service.metadata = ObjectMeta(namespace: "a", name: "s\(random.below(2))")
            service.spec.selector = ["app": "app-\(random.below(3))"]
            cluster.objects.apply(APIObject(service), isDeleted: random.isOne(in: 3))
        case 1:
            var namespace = Namespace()
            namespace.metadata.name = "b"
            namespace.metadata.labels = ["team": random.isOne(in: 2) ? "x" : "y"]
            cluster.objects.apply(APIObject(namespace), isDeleted: false)
        default:
            var claim = PersistentVolumeClaim()
            claim.metadata = ObjectMeta(namespace: "a", name: "claim")
            claim.metadata.annotations["pv.kubernetes.io/bind-completed"] = "true"
            claim.spec.volumeName = "volume"
            claim.spec.accessModes = [random.isOne(in: 2) ? "ReadWriteOncePod" : "ReadWriteOnce"]
            cluster.objects.apply(APIObject(claim), isDeleted: random.isOne(in: 4))
            var volume = PersistentVolume()
            volume.metadata.name = "volume"
            cluster.objects.apply(APIObject(volume), isDeleted: false)
        }
    }

    private mutating func schedule() {
        // With many pods that are nominated for good, most cycles would be the plain algorithm's.
        if random.isOne(in: 4),
            let place = waiting.firstIndex(where: { !$0.value.status.nominatedNodeName.isEmpty })
        {
            cluster.nominator.remove(waiting.remove(at: place).uid)
        }
        let isRetry = !waiting.isEmpty && random.isOne(in: 4)
        let pod = isRetry ? waiting.remove(at: random.below(waiting.count)) : newPod()
        guard let framework = frameworks.first(where: { $0.profileName == pod.spec.schedulerName }) else {
            return
        }
        let draws = random.below(1 << 20)
        let result = cycle.schedule(pod, framework: framework, cluster: &cluster) { draws % $0 }
        guard let node = result.chosen, result.error.isEmpty else {
            failures += 1
            settle(pod, result)
            return
        }
        successes += 1
        var state = result.state
        for plugin in framework.reserve {
            _ = plugin.reserve(pod, on: node, cluster: &cluster, state: &state)
        }
        started += 1
        let placedPod = pod.value.with {
            $0.nodeName = result.chosenName
            $0.status.startTime = Timestamp(seconds: started)
        }
        cluster.nominator.remove(pod.uid)
        let info = PodInfo(pod: Ref(placedPod), like: pod)
        cluster.assume(info, onNodeNamed: result.chosenName)
        if random.isOne(in: 2) { cluster.setPod(info) }
        placed.append(info)
    }

    private mutating func settle(_ pod: PodInfo, _ result: SchedulingResult) {
        if let plan = result.postFilter?.preemption {
            preemptions += 1
            // Victims take their time now and then.
            if random.isOne(in: 2) {
                for victim in plan.chosen.victims {
                    cluster.removePod(victim.uid)
                    placed.removeAll { $0.uid == victim.uid }
                }
            }
        }
        let nominatedCount = waiting.count { !$0.value.status.nominatedNodeName.isEmpty }
        if let name = result.postFilter?.nominatedNodeName, name.isEmpty || nominatedCount < 2 {
            let changed = pod.value.with { $0.status.nominatedNodeName = name }
            let info = cluster.nodes.compile(Ref(changed))
            cluster.nominator.add(info, toNodeNamed: name)
            waiting.append(info)
        } else if waiting.count < 30 && pod.value.status.nominatedNodeName.isEmpty {
            waiting.append(pod)
        } else {
            cluster.nominator.remove(pod.uid)
        }
    }
}

@Suite("scheduling classes")
struct SchedulingClassesTests {
    private static let profiles = """
        {"profiles": [{"schedulerName": "one"},
          {"schedulerName": "two", "plugins": {"score": {"disabled": [{"name": "ImageLocality"}]}},
           "pluginConfig": [{"name": "NodeResourcesFit", "args": {"scoringStrategy": {"type": "MostAllocated",
             "resources": [{"name": "cpu", "weight": 3}, {"name": "example.com/gpu", "weight": 2}]}}},
            {"name": "PodTopologySpread", "args": {"defaultingType": "List", "defaultConstraints": [
             {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
              "whenUnsatisfiable": "ScheduleAnyway"}]}}]}]}
        """

    @Test("what is decided by class is what the plain algorithm decides", arguments: 1...UInt64(12))
    func sameDecisions(seed: UInt64) throws {
        let configuration = try SchedulerConfiguration(json: try JSONParser.parse(Self.profiles))
        // Small clusters look at all nodes; large ones stop early, from a rotating start.
        let nodes = seed % 3 == 0 ? 230 : 24
        let percentage: Int64 = seed % 3 == 0 ? [0, 5, 60][Int(seed / 3) % 3] : 0
        var churn = ChurningCluster(
            seed: seed, nodes: nodes, percentage: percentage, configuration: configuration)
        for _ in 0..<(seed % 3 == 0 ? 500 : 900) where churn.cycle.differences.isEmpty { churn.step() }
        let difference = churn.cycle.differences.first
        #expect(difference == nil)
        #expect(churn.successes > 50)
        #expect(churn.failures > 10)
        // Nominations of pods with ports or anti-affinity leave some cycles to the plain algorithm.
        #expect(churn.cycle.comparedCount * 3 > churn.successes + churn.failures)
    }
}
