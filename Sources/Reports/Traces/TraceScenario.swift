public import KubernetesModel
import OrderedCollections
import Scenarios
import SimulationKernel
public import Workloads

/// Turns a small trace into a scenario: machines become node pools, tasks become pods that are applied at the
/// times of their submission and run for as long as the trace says.
public struct TraceScenario: Sendable {
    /// What nodes to make where the trace has no machines.
    public struct Nodes: Sendable {
        public var count: Int
        public var cpu: String
        public var memory: String
        public var disk: String
        public var gpus: Int

        public init(count: Int, cpu: String, memory: String, disk: String, gpus: Int) {
            self.count = count
            self.cpu = cpu
            self.memory = memory
            self.disk = disk
            self.gpus = gpus
        }
    }

    public enum Fault: Error, CustomStringConvertible {
        case tooManyPods(Int)
        case noNodes
        case sharedGPU(task: String)
        case noTasks

        public var description: String {
            switch self {
            case .tooManyPods(let count):
                "the trace has \(count) pods, and a scenario with its workload inside holds "
                    + "\(TraceScenario.podLimit) at most: take a sample (--sample 0.01), a window (--from, "
                    + "--until), or write the compact form"
            case .noNodes:
                "the trace has no machines: say which to make with --nodes, --node-cpu and --node-memory"
            case .sharedGPU(let task):
                "task '\(task)' shares a GPU, which pods of a plain scenario cannot: write the compact form"
            case .noTasks: "the trace has neither tasks nor objects"
            }
        }
    }

    public static let podLimit = 5_000

    private let trace: LoadedTrace
    private let name: String
    private let nodes: Nodes?
    /// Whether the objects are the state of a cluster: they are there before the first moment.
    private let isState: Bool
    /// What of the trace the scenario does not say, with how often.
    public private(set) var left: [(what: String, count: Int)] = []

    public init(_ trace: LoadedTrace, name: String, nodes: Nodes?, isState: Bool = false) {
        self.trace = trace
        self.isState = isState
        self.name = Self.label(name)
        self.nodes = nodes
    }

    /// The scenario as a JSON object.
    public mutating func scenario() throws(Fault) -> JSONValue {
        let pods = trace.tasks.reduce(0) { $0 + Int(clamping: min($1.instances, 1_000_000)) }
        if pods > Self.podLimit { throw .tooManyPods(pods) }
        if trace.tasks.isEmpty && trace.objects.isEmpty { throw .noTasks }
        var timeline: [(time: Int64, entry: JSONValue)] = []
        let pools = try pools(&timeline)
        var manifests: [JSONValue] = []
        for priority in Set(trace.tasks.compactMap(\.priority)).sorted() {
            manifests.append([
                "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
                "metadata": ["name": .string("trace-\(priority)")],
                // Kubernetes keeps what lies above for itself.
                "value": .integer(min(Int64(priority), 1_000_000_000)),
            ])
        }
        let standard: Set<String> = ["", "default", "kube-system", "kube-public", "kube-node-lease"]
        let spaces = isState ? [] : Set(trace.objects.map(\.namespace)).subtracting(standard)
        for namespace in spaces.sorted() {
            manifests.append([
                "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)],
            ])
        }
        var names = UniqueNames()
        var last: Int64 = 0
        for task in trace.tasks {
            last = max(last, task.submission.nanoseconds, task.end?.nanoseconds ?? 0)
            let base = names.unique(Self.label(task.id))
            var objects: [JSONValue] = []
            for index in 0..<Int(clamping: task.instances) {
                objects.append(
                    try pod(task, name: task.instances > 1 ? names.unique("\(base)-\(index)") : base))
            }
            if objects.isEmpty { continue }
            timeline.append(
                (
                    max(0, task.submission.nanoseconds),
                    ["apply": objects.count == 1 ? objects[0] : .array(objects)]
                )
            )
            count(task)
        }
        for object in trace.objects where !isState {
            last = max(last, object.time.nanoseconds)
            if object.kind == "Node" { continue }
            switch object.action {
            case .apply:
                timeline.append((max(0, object.time.nanoseconds), ["apply": Self.bare(object)]))
            case .delete:
                var target: JSONValue = ["object": .string("\(object.kind.lowercased())/\(object.name)")]
                if !object.namespace.isEmpty { target["namespace"] = .string(object.namespace) }
                timeline.append((max(0, object.time.nanoseconds), ["delete": target]))
            }
        }
        if !trace.usage.isEmpty { left.append(("usage samples", trace.usage.count)) }
        let entries = timeline.enumerated().sorted { left, right in
            (left.element.time, left.offset) < (right.element.time, right.offset)
        }.map { item -> JSONValue in
            var members: JSONObject = ["at": .string(Self.duration(item.element.time))]
            for (key, value) in item.element.entry.objectValue ?? [:] { members[key] = value }
            return .object(members)
        }
        // Ten minutes more, in whole minutes.
        let minutes = last / 60_000_000_000 + 11
        var scenario: JSONValue = [
            "apiVersion": "simk.dev/v1", "kind": "Scenario",
            "metadata": [
                "name": .string(name),
                "description": .string("Made by simk import from a trace."),
            ],
            "duration": .string("\(minutes)m"), "cluster": ["nodePools": .array(pools)],
            "manifests": .array(manifests), "timeline": .array(entries),
        ]
        if isState {
            // With identities and owners, which the run maps to its own.
            let state = trace.objects.filter { $0.kind != "Node" }.map(\.object)
            scenario["state"] = .array(state)
            left += ClusterState(state).left.map { ($0.reason, $0.count) }
        }
        return scenario
    }

    // MARK: Machines

    /// One pool for each kind of machine; removals become failures of their nodes.
    private mutating func pools(
        _ timeline: inout [(time: Int64, entry: JSONValue)]
    ) throws(Fault) -> [JSONValue] {
        var kinds: OrderedDictionary<TraceMachine, Int> = [:]
        var nodeOf: [String: String] = [:]
        var late = 0
        let survey = TraceSurvey(machines: trace.machines)
        let first = Dictionary(survey.machines.map { ($0.id, $0) }) { first, _ in first }
        var changes = 0
        for event in trace.machines {
            let id = event.machine.id
            let at = max(0, event.time.nanoseconds)
            switch event.kind {
            case .add:
                if let node = nodeOf[id] {
                    timeline.append((at, ["recover": .string(node)]))
                    continue
                }
                if at > 0 { late += 1 }
                var kind = first[id] ?? event.machine
                kind.id = ""
                let index = kinds[kind, default: 0] + 1
                kinds[kind] = index
                nodeOf[id] = "pool-\((kinds.index(forKey: kind) ?? 0) + 1)-\(index)"
            case .remove:
                if let node = nodeOf[id] { timeline.append((at, ["fail": ["node": .string(node)]])) }
            case .update, .fault, .label, .unlabel:
                // What a machine came with is in its pool.
                if event.kind == .fault || !survey.isInitial(event) { changes += 1 }
            }
        }
        if changes > 0 { left.append(("updates and faults of machines", changes)) }
        if late > 0 { left.append(("machines that came later, and are there from the start", late)) }
        let recorded = trace.objects.filter { $0.kind == "Node" && $0.action == .apply }
        if kinds.isEmpty && !recorded.isEmpty { return recordedPools(recorded) }
        if kinds.isEmpty {
            guard let nodes else { throw .noNodes }
            var capacity: JSONObject = [
                "cpu": .string(nodes.cpu), "memory": .string(nodes.memory),
                "ephemeral-storage": .string(nodes.disk),
            ]
            if nodes.gpus > 0 { capacity["nvidia.com/gpu"] = .string(String(nodes.gpus)) }
            return [
                ["name": "pool-1", "count": .integer(Int64(nodes.count)), "capacity": .object(capacity)]
            ]
        }
        return kinds.enumerated().map { place, kind in
            var capacity: JSONObject = [
                "cpu": .string("\(kind.key.capacity.milliCPU > 0 ? kind.key.capacity.milliCPU : 64_000)m"),
                // Traces that give machines no memory give their tasks none either.
                "memory": .string(
                    kind.key.capacity.memoryBytes > 0 ? String(kind.key.capacity.memoryBytes) : "1Ti"),
            ]
            if kind.key.capacity.diskBytes > 0 {
                capacity["ephemeral-storage"] = .string(String(kind.key.capacity.diskBytes))
            }
            if kind.key.capacity.gpuCount > 0 {
                capacity["nvidia.com/gpu"] = .string(String(kind.key.capacity.gpuCount))
            }
            for other in kind.key.capacity.others {
                capacity["trace.simk.dev/" + Self.label(other.name)] = .string(String(other.amount))
            }
            var pool: JSONValue = [
                "name": .string("pool-\(place + 1)"), "count": .integer(Int64(kind.value)),
                "capacity": .object(capacity),
            ]
            var labels: JSONObject = [:]
            for (name, value) in TraceSurvey.labels(of: kind.key.labels).sorted(by: { $0.key < $1.key }) {
                labels[name] = .string(value)
            }
            if !kind.key.gpuModel.isEmpty {
                labels[Self.modelLabel] = .string(Self.labelValue(kind.key.gpuModel))
            }
            if !labels.isEmpty { pool["labels"] = .object(labels) }
            return pool
        }
    }

    /// The nodes of a snapshot: a pool of its own for each.
    private func recordedPools(_ nodes: [TraceObject]) -> [JSONValue] {
        nodes.map { node in
            let status = node.object["status"]
            let amounts = status?["capacity"]?.objectValue ?? status?["allocatable"]?.objectValue ?? [:]
            var capacity: JSONObject = ["cpu": "4", "memory": "16Gi"]
            for (resource, amount) in amounts
            where !resource.hasPrefix("hugepages-") && !resource.hasPrefix("attachable-") {
                capacity[resource] = amount
            }
            var pool: JSONValue = [
                "name": .string(Self.label(node.name)), "count": 1, "capacity": .object(capacity),
                "nodeNames": [.string(node.name)],
            ]
            if let taints = node.object["spec"]?["taints"]?.arrayValue {
                pool["taints"] = .array(
                    taints.filter { $0["key"]?.stringValue?.hasPrefix("node.kubernetes.io/") == false }.map {
                        ["key": $0["key"] ?? "", "value": $0["value"] ?? "", "effect": $0["effect"] ?? ""]
                    })
            }
            var labels = JSONObject()
            for (key, value) in node.object["metadata"]?["labels"]?.objectValue ?? [:] {
                labels[key] = value
            }
            if !labels.isEmpty { pool["labels"] = .object(labels) }
            return pool
        }
    }

    private static let modelLabel = "trace.simk.dev/gpu-model"

    // MARK: Tasks

    private func pod(_ task: TraceTask, name: String) throws(Fault) -> JSONValue {
        let requests = task.requests
        if requests.gpuCount > 0 && requests.gpuMilli != 1_000 && requests.gpuMilli != 0 {
            throw .sharedGPU(task: task.id)
        }
        var amounts: JSONObject = [:]
        if requests.milliCPU > 0 { amounts["cpu"] = .string("\(requests.milliCPU)m") }
        if requests.memoryBytes > 0 { amounts["memory"] = .string(String(requests.memoryBytes)) }
        if requests.diskBytes > 0 { amounts["ephemeral-storage"] = .string(String(requests.diskBytes)) }
        var limits: JSONObject = [:]
        if requests.gpuCount > 0 {
            amounts["nvidia.com/gpu"] = .string(String(requests.gpuCount))
            limits["nvidia.com/gpu"] = .string(String(requests.gpuCount))
        }
        var resources: JSONObject = ["requests": .object(amounts)]
        if !limits.isEmpty { resources["limits"] = .object(limits) }
        var spec: JSONValue = [
            "restartPolicy": "Never",
            "containers": [
                ["name": "task", "image": "trace.simk.dev/task", "resources": .object(resources)]
            ],
        ]
        if let priority = task.priority { spec["priorityClassName"] = .string("trace-\(priority)") }
        var labels: JSONObject = ["trace.simk.dev/job": .string(Self.labelValue(task.job))]
        if !task.user.isEmpty { labels["trace.simk.dev/user"] = .string(Self.labelValue(task.user)) }
        var affinity: JSONObject = [:]
        if !task.gpuModels.isEmpty {
            affinity["nodeAffinity"] = [
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    "nodeSelectorTerms": [
                        [
                            "matchExpressions": [
                                [
                                    "key": .string(Self.modelLabel), "operator": "In",
                                    "values": .array(task.gpuModels.map { .string(Self.labelValue($0)) }),
                                ]
                            ]
                        ]
                    ]
                ]
            ]
        }
        let conditions = TraceSurvey.nodeConditions(of: task.constraints)
        if !conditions.isEmpty {
            var all = conditions
            let path = "requiredDuringSchedulingIgnoredDuringExecution"
            if let model = affinity["nodeAffinity"]?[path]?["nodeSelectorTerms"]?[0]?["matchExpressions"] {
                all += model.arrayValue ?? []
            }
            affinity["nodeAffinity"] = [
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    "nodeSelectorTerms": [["matchExpressions": .array(all)]]
                ]
            ]
        }
        if task.maxPerMachine == 1 && !task.job.isEmpty {
            affinity["podAntiAffinity"] = [
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    [
                        "topologyKey": "kubernetes.io/hostname",
                        "labelSelector": [
                            "matchLabels": ["trace.simk.dev/job": .string(Self.labelValue(task.job))]
                        ],
                    ]
                ]
            ]
        }
        if !affinity.isEmpty { spec["affinity"] = .object(affinity) }
        var annotations: JSONObject = [:]
        if let lifetime = task.lifetime {
            annotations["simk.dev/run-time"] = .string(Self.duration(max(1_000_000, lifetime.nanoseconds)))
            if task.outcome == .failed { annotations["simk.dev/exit-code"] = "1" }
        }
        var metadata: JSONValue = ["name": .string(name), "labels": .object(labels)]
        if !annotations.isEmpty { metadata["annotations"] = .object(annotations) }
        return ["apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec]
    }

    /// Notes what of a task its pods do not say.
    private mutating func count(_ task: TraceTask) {
        func note(_ what: String) {
            if let index = left.firstIndex(where: { $0.what == what }) {
                left[index].count += 1
            } else {
                left.append((what, 1))
            }
        }
        if !task.dependencies.isEmpty { note("dependencies of tasks") }
        if !task.constraints.allSatisfy(TraceSurvey.canExpress) {
            note("bounds on machines' attributes that are no whole number")
        }
        if task.gangSize > 1 { note("gangs") }
        if let most = task.maxPerMachine, most > 1 { note("bounds above 1 of instances a machine") }
        if task.requests.others.contains(where: { $0.amount > 0 }) { note("requests of further resources") }
    }

    // MARK: Texts

    /// An object as it was recorded, without what the API server sets.
    private static func bare(_ object: TraceObject) -> JSONValue {
        var value = object.object
        value["status"] = nil
        if var metadata = value["metadata"] {
            for name in [
                "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink",
                "ownerReferences", "deletionTimestamp", "deletionGracePeriodSeconds",
            ] { metadata[name] = nil }
            value["metadata"] = metadata
        }
        if object.kind == "Pod", var spec = value["spec"] {
            spec["nodeName"] = nil
            value["spec"] = spec
            if let lifetime = object.podLifetimes.first, let end = lifetime.end,
                var metadata = value["metadata"]
            {
                var annotations = metadata["annotations"]?.objectValue ?? [:]
                annotations["simk.dev/run-time"] = .string(
                    duration(max(1_000_000, end.nanoseconds - lifetime.start.nanoseconds)))
                metadata["annotations"] = .object(annotations)
                value["metadata"] = metadata
            }
        }
        return value
    }

    /// As Go and scenarios write a duration.
    static func duration(_ nanoseconds: Int64) -> String {
        VirtualDuration(nanoseconds: nanoseconds).description
    }

    /// A name that Kubernetes takes: small letters, digits and hyphens, at most 52 of them.
    static func label(_ text: String) -> String {
        var name = ""
        for scalar in text.lowercased().unicodeScalars {
            let isFit = ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
            if isFit { name.unicodeScalars.append(scalar) } else if !name.hasSuffix("-") { name += "-" }
        }
        while name.hasPrefix("-") { name.removeFirst() }
        name = String(name.prefix(52))
        while name.hasSuffix("-") { name.removeLast() }
        return name.isEmpty ? "task" : name
    }

    /// A label's value: the same, with capital letters, `.` and `_`.
    static func labelValue(_ text: String) -> String {
        var value = ""
        for scalar in text.unicodeScalars {
            let isFit =
                scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            if isFit || scalar == "." || scalar == "_" || scalar == "-" {
                value.unicodeScalars.append(scalar)
            } else {
                value += "-"
            }
        }
        func isEnd(_ character: Character) -> Bool {
            character == "-" || character == "." || character == "_"
        }
        while let first = value.first, isEnd(first) { value.removeFirst() }
        value = String(value.prefix(63))
        while let last = value.last, isEnd(last) { value.removeLast() }
        return value
    }
}

/// Gives every name once, the later ones with a number.
private struct UniqueNames {
    private var seen: Set<String> = []
    private var next: [String: Int] = [:]

    mutating func unique(_ name: String) -> String {
        if seen.insert(name).inserted { return name }
        while true {
            let number = next[name, default: 2]
            next[name] = number + 1
            let candidate = "\(name)-\(number)"
            if seen.insert(candidate).inserted { return candidate }
        }
    }
}
