import KubernetesModel
import OrderedCollections
import SimulationKernel
import Stochastics
import Testing

@testable import Scheduler

/// A small cluster, and a pod that fits nowhere in it.
private struct Situation {
    var cluster = ClusterCache()

    mutating func node(
        _ name: String, cpu: Int64 = 4, memoryGi: Int64 = 8, pods: Int64 = 110, zone: String = "a",
        taints: [Taint] = [], cordoned: Bool = false, labels: [String: String] = [:],
        extended: [(String, Int64)] = []
    ) {
        var node = Node()
        node.metadata.name = name
        node.metadata.labels = Labels(
            [("kubernetes.io/hostname", name), ("topology.kubernetes.io/zone", zone)]
                + labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        var allocatable: [(String, Quantity)] = [
            ("cpu", Quantity(value: cpu)), ("memory", Quantity(value: memoryGi << 30)),
            ("pods", Quantity(value: pods)),
        ]
        allocatable += extended.map { ($0.0, Quantity(value: $0.1)) }
        node.status.allocatable = ResourceList(allocatable)
        node.spec.taints = taints
        node.spec.unschedulable = cordoned
        cluster.nodes.set(Ref(node))
    }

    func make(_ name: String, _ spec: String, labels: Labels = [:]) throws -> PodInfo {
        var copy = self
        return try copy.compile(name, spec, labels: labels)
    }

    mutating func compile(_ name: String, _ spec: String, labels: Labels = [:]) throws -> PodInfo {
        var metadata = ObjectMeta(namespace: "default", name: name)
        metadata.uid = UID(name)
        metadata.labels = labels
        var source = try #require(try JSONParser.parse(spec).objectValue)
        source["schedulerName"] = "default-scheduler"
        if source["containers"] == nil { source["containers"] = [["name": "c", "image": "app:v1"]] }
        return cluster.nodes.compile(Ref(Pod(metadata: metadata, spec: PodSpec(source: source))))
    }

    mutating func place(_ name: String, on node: String, _ spec: String, labels: Labels = [:]) throws {
        let pod = try compile(name, spec, labels: labels)
        let placed = pod.value.with { $0.nodeName = node }
        cluster.setPod(PodInfo(pod: Ref(placed), like: pod))
    }

    /// What would have made the pod fit, after a real attempt.
    mutating func whatIf(
        _ pod: PodInfo, _ configuration: SchedulerConfiguration? = nil
    ) throws -> WhatIf {
        let framework = try #require(
            (configuration ?? (try SchedulerConfiguration.standard())).profiles.first)
        var cycle = SchedulingCycle()
        let result = cycle.schedule(pod, framework: framework, cluster: &cluster) { _ in 0 }
        #expect(result.chosen == nil)
        var queued = QueuedPod(pod: pod, timestamp: .start)
        queued.attempts = 1
        var log = SchedulerLog()
        let attempt = log.attempt(
            result, of: queued, framework, cluster: cluster, tieBreak: .lexicographic, at: .start)
        log.add(attempt, of: pod, framework, cluster: cluster)
        for case .whatIf(let whatIf) in log.take() { return whatIf }
        throw Missing()
    }

    struct Missing: Error {}
}

/// An extender that refuses one node.
private struct RefusingExtender: ExtenderTransport {
    func post(
        _ body: JSONValue, to url: String, timeoutNanoseconds: Int64
    ) -> Result<ExtenderAnswer, ExtenderFailure> {
        .success(ExtenderAnswer(status: 200, body: ["NodeNames": [], "FailedNodes": ["free": "no licence"]]))
    }
}

private func text(_ option: WhatIf.Option) -> String { option.changes.map(\.text).joined(separator: " & ") }

private func cpu(_ amount: String, _ rest: String = "") -> String {
    #"{"containers": [{"name": "c", "image": "app:v1", "resources": {"requests": {"cpu": "\#(amount)"}}}]\#(rest)}"#
}

@Suite("what would have made it fit")
struct WhatIfTests {
    /// Names the plugin that rejects, and says what the smallest change is.
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var smallest: String
        var testDescription: String { name }
        init(_ name: String, _ smallest: String) {
            self.name = name
            self.smallest = smallest
        }
    }

    @Test("nothing is tried on nodes that an extender refused")
    func extenders() throws {
        var configuration = try SchedulerConfiguration(
            json: try JSONParser.parse(
                #"{"extenders": [{"urlPrefix": "http://x", "filterVerb": "f", "nodeCacheCapable": true}]}"#))
        configuration.attach(RefusingExtender(), epoch: CalendarTime(unixSeconds: 0))
        var alone = Situation()
        alone.node("free")
        let pod = try alone.make("p", cpu("1"))
        #expect(try alone.whatIf(pod, configuration).options.isEmpty)
        var both = Situation()
        both.node("free")
        both.node("small", cpu: 1)
        let larger = try both.make("p", cpu("2"))
        let options = try both.whatIf(larger, configuration).options
        #expect(options.map(text) == ["request 1 less cpu (1 instead of 2)"])
    }

    static let cases = [
        Case("NodeResourcesFit, cpu", "request 1500m less cpu (1500m instead of 3)"),
        Case("NodeResourcesFit, memory", "request 1Gi less memory (8Gi instead of 9Gi)"),
        Case("NodeResourcesFit, extended", "request 1 less example.com/gpu (2 instead of 3)"),
        Case("NodeResourcesFit, pods", "let the node take 2 pods (it takes 1)"),
        Case("TaintToleration", "tolerate the taint dedicated=gpu:NoSchedule"),
        Case("NodeUnschedulable", "uncordon the node"),
        Case("NodeAffinity, selector", "drop the node selector disk=ssd"),
        Case("NodeAffinity, required", "drop the required node affinity disk In [ssd nvme]"),
        Case("NodeAffinity, one of two", "drop the required node affinity disk In [ssd]"),
        Case("NodeAffinity, name", "drop the required node affinity"),
        Case("NodePorts", "drop the host port 8080/TCP"),
        Case(
            "InterPodAffinity, affinity",
            "drop the required pod affinity (app=db) over topology.kubernetes.io/zone"),
        Case(
            "InterPodAffinity, anti-affinity",
            "drop the required pod anti-affinity (app=web) over kubernetes.io/hostname"),
        Case(
            "InterPodAffinity, of another",
            "evict default/hermit from n1 (priority 100, not lower than the pod's 0: nobody preempts it)"),
        Case("PodTopologySpread", "raise maxSkew over kubernetes.io/hostname from 1 to 2"),
        Case(
            "a budget forbids it",
            "evict default/held from n1 (priority 0; PodDisruptionBudget held allows no disruption)"),
        Case("VolumeBinding, no such claim", "do without the volume data (claim missing)"),
        Case("VolumeZone", "do without the volume data (claim data)"),
        Case(
            "two obstacles",
            "request 2 less cpu (4 instead of 6) & tolerate the taint dedicated=gpu:NoSchedule"),
        Case(
            "three obstacles",
            "request 2 less cpu (4 instead of 6) & tolerate the taint dedicated=gpu:NoSchedule & "
                + "drop the node selector disk=ssd"),
    ]

    // One table, one place that knows how each situation looks.
    // swift-format-ignore
    private func situation(_ name: String) throws -> (Situation, PodInfo) {
        var world = Situation()
        let gpu = Taint(key: "dedicated", value: "gpu", effect: .noSchedule)
        func required(_ terms: String) -> String {
            #"{"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": \#(terms)}}}}"#
        }
        func spread(_ kind: String, _ app: String, _ key: String) -> String {
            #", "affinity": {"\#(kind)": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "\#(key)", "labelSelector": {"matchLabels": {"app": "\#(app)"}}}]}}"#
        }
        func claim(_ name: String) -> String {
            #"{"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "\#(name)"}}]}"#
        }
        let host = "kubernetes.io/hostname"
        var labels: Labels = [:]
        var spec = "{}"
        switch name {
        case "NodeResourcesFit, cpu":
            world.node("n1"); world.node("n2")
            try world.place("a", on: "n1", cpu("3")); try world.place("b", on: "n2", cpu("2500m", #", "priority": 5"#))
            spec = cpu("3")
        case "NodeResourcesFit, memory":
            world.node("n1")
            spec = #"{"containers": [{"name": "c", "image": "app:v1", "resources": {"requests": {"memory": "9Gi"}}}]}"#
        case "NodeResourcesFit, extended":
            world.node("n1", extended: [("example.com/gpu", 2)])
            spec = #"{"containers": [{"name": "c", "image": "app:v1", "resources": {"requests": {"example.com/gpu": "3"}}}]}"#
        case "NodeResourcesFit, pods":
            world.node("n1", pods: 1); try world.place("a", on: "n1", #"{"priority": 10}"#)
        case "TaintToleration": world.node("n1", taints: [gpu])
        case "NodeUnschedulable":
            world.node("n1", taints: [Taint(key: "node.kubernetes.io/unschedulable", effect: .noSchedule)], cordoned: true)
        case "NodeAffinity, selector":
            world.node("n1"); spec = #"{"nodeSelector": {"disk": "ssd"}}"#
        case "NodeAffinity, required":
            world.node("n1")
            spec = required(#"[{"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd", "nvme"]}]}]"#)
        case "NodeAffinity, one of two":
            world.node("n1", labels: ["arch": "arm"])
            spec = required(#"[{"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}, {"key": "arch", "operator": "Exists"}]}]"#)
        case "NodeAffinity, name":
            world.node("n1")
            spec = required(#"[{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n9"]}]}]"#)
        case "NodePorts":
            let port = #"{"priority": 9, "containers": [{"name": "c", "image": "app:v1", "ports": [{"containerPort": 80, "hostPort": 8080}]}]}"#
            world.node("n1"); try world.place("a", on: "n1", port); spec = port
        case "InterPodAffinity, affinity":
            world.node("n1"); spec = cpu("1", spread("podAffinity", "db", "topology.kubernetes.io/zone"))
        case "InterPodAffinity, anti-affinity":
            world.node("n1"); try world.place("a", on: "n1", #"{"priority": 9}"#, labels: ["app": "web"])
            spec = cpu("1", spread("podAntiAffinity", "web", host))
        case "InterPodAffinity, of another":
            world.node("n1"); try world.place("other", on: "n1", cpu("1"))
            try world.place("hermit", on: "n1", cpu("1", spread("podAntiAffinity", "web", host) + #", "priority": 100"#))
            labels = ["app": "web"]
        case "PodTopologySpread":
            world.node("n1"); world.node("n2", taints: [gpu])
            try world.place("a", on: "n1", #"{"priority": 9}"#, labels: ["app": "web"])
            labels = ["app": "web"]
            spec = #"{"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}}]}"#
        case "a budget forbids it":
            world.node("n1"); try world.place("held", on: "n1", cpu("4"), labels: ["app": "held"])
            var budget = PodDisruptionBudget()
            budget.metadata = ObjectMeta(namespace: "default", name: "held")
            budget.spec.selector = LabelSelector(matchLabels: ["app": "held"])
            world.cluster.objects.podDisruptionBudgets.set(Ref(budget))
            spec = cpu("3", #", "priority": 1000, "preemptionPolicy": "Never""#)
        case "VolumeBinding, no such claim":
            world.node("n1"); spec = claim("missing")
        case "VolumeZone":
            world.node("n1", zone: "a")
            var bound = PersistentVolumeClaim()
            bound.metadata = ObjectMeta(namespace: "default", name: "data")
            bound.metadata.annotations["pv.kubernetes.io/bind-completed"] = "yes"
            bound.spec.volumeName = "pv1"
            bound.status.phase = "Bound"
            world.cluster.objects.apply(APIObject(bound), isDeleted: false)
            var volume = PersistentVolume()
            volume.metadata.name = "pv1"
            volume.metadata.labels = ["topology.kubernetes.io/zone": "b"]
            world.cluster.objects.apply(APIObject(volume), isDeleted: false)
            spec = claim("data")
        case "two obstacles":
            world.node("n1", taints: [gpu]); spec = cpu("6")
        default:
            world.node("n1", taints: [gpu]); spec = cpu("6", #", "nodeSelector": {"disk": "ssd"}"#)
        }
        let pod = try world.compile("p", spec, labels: labels)
        return (world, pod)
    }

    @Test("the smallest change is found, exact and verified", arguments: cases)
    func smallest(expected: Case) throws {
        let (start, pod) = try situation(expected.name)
        var world = start
        let whatIf = try world.whatIf(pod)
        #expect(whatIf.options.first.map(text) == expected.smallest)
        #expect(whatIf.isComplete)
    }

    @Test("each group of nodes gets its own amount, the smallest first")
    func groups() throws {
        var world = Situation()
        world.node("small", cpu: 2)
        world.node("large", cpu: 8)
        try world.place("a", on: "large", cpu("5", #", "priority": 100"#))
        let pod = try world.compile("p", cpu("4"))
        let options = try world.whatIf(pod).options
        let names = options.filter { !$0.nodes.isEmpty }
            .map { "\(text($0)): \($0.nodes.map { world.cluster.nodes.names[$0] }.joined(separator: " "))" }
        #expect(
            names == [
                "request 1 less cpu (3 instead of 4): large", "request 2 less cpu (2 instead of 4): small",
                "evict default/a from large (priority 100, not lower than the pod's 0: nobody preempts it): large",
            ])
        #expect(options.last.map(text) == "add an empty node like large")
    }

    @Test("what a nominated pod will take is not free")
    func nominated() throws {
        var world = Situation()
        world.node("n1", cpu: 4)
        try world.place("a", on: "n1", cpu("1", #", "priority": 100"#))
        let waiting = try world.compile("waiting", cpu("1500m", #", "priority": 100"#))
        world.cluster.nominator.add(waiting, toNodeNamed: "n1")
        let pod = try world.compile("p", cpu("2"))
        let options = try world.whatIf(pod).options
        #expect(options.first.map(text) == "request 500m less cpu (1500m instead of 2)")
    }

    @Test("amounts are the least that suffice on random clusters", arguments: [UInt64(1), 2, 3, 4])
    func minimal(seed: UInt64) throws {
        var stream = RandomStream(seed: seed, name: "what-if")
        var world = Situation()
        var free: [Int64] = []
        for number in 0..<20 {
            world.node("n\(100 + number)", cpu: 4)
            let taken = 1_000 + Int64(stream.index(below: 2_900))
            free.append(4_000 - taken)
            try world.place("a\(number)", on: "n\(100 + number)", cpu("\(taken)m", #", "priority": 10"#))
        }
        let pod = try world.compile("p", cpu("3500m"))
        let best = try #require(try world.whatIf(pod).options.first, "seed \(seed)")
        let largest = try #require(free.max())
        #expect(best.changes == [.lowerRequest(resource: "cpu", from: 3_500, to: largest)], "seed \(seed)")
        #expect(best.nodes.count == free.count { $0 >= largest }, "seed \(seed)")
    }

    @Test("pods of one class share an analysis while the cluster stands still")
    func memo() throws {
        var world = Situation()
        world.node("n1", cpu: 1)
        let framework = try #require(try SchedulerConfiguration.standard().profiles.first)
        let pod = try world.compile("p", cpu("2"))
        var cycle = SchedulingCycle()
        let result = cycle.schedule(pod, framework: framework, cluster: &world.cluster) { _ in 0 }
        var log = SchedulerLog()
        for number in 1...3 {
            var queued = QueuedPod(pod: pod, timestamp: .start)
            queued.attempts = number
            let attempt = log.attempt(
                result, of: queued, framework, cluster: world.cluster, tieBreak: .drawn,
                at: .start + .seconds(100 * Int64(number)))
            log.add(attempt, of: pod, framework, cluster: world.cluster)
        }
        var numbers: [Int?] = []
        var analyses = 0
        for record in log.take() {
            switch record {
            case .whatIf: analyses += 1
            case .attempt(let attempt): numbers.append(attempt.whatIf)
            default: break
            }
        }
        #expect(analyses == 1)
        #expect(numbers == [1, 1, 1])
    }
}
