import ControlPlane
import KubernetesModel
import OrderedCollections
import Scheduler
import Simulation
import SimulationKernel
import Workloads

/// Turns tasks of a trace into pods: alike ones share a manifest.
///
/// `docs/reference/replay.md` says what becomes of each property.
struct TracePodMaker {
    /// Everything in which pods' specifications differ.
    private struct Shape: Hashable {
        var requests: TraceResources
        var limits: TraceResources?
        var models: [String]
        var priority: Int32?
        var constraints: [TraceConstraint]
        var most: Int64?
        /// Only where the number on a machine is limited.
        var job: String
    }

    private let plan: WorkloadPlan
    private var templates: [Shape: ManifestTemplate] = [:]
    /// The priorities that have a class already.
    private var classes: Set<Int32> = []

    static let namespace = "default"
    static let image = "simk.dev/trace-task:1"
    static let gpuCount = "alibabacloud.com/gpu-count"
    static let gpuMilli = "alibabacloud.com/gpu-milli"
    static let gpuModel = "alibabacloud.com/gpu-card-model"

    init(_ plan: WorkloadPlan) { self.plan = plan }

    /// The arrivals that a task comes to: its priority's class if that is new, and its pods.
    mutating func arrivals(of task: TraceTask, at time: VirtualTime) -> [WorkloadArrival] {
        var arrivals: [WorkloadArrival] = []
        if let priority = task.priority, classes.insert(priority).inserted {
            arrivals.append(WorkloadArrival(time: time, .object(Self.priorityClass(priority))))
        }
        let template = self.template(of: task)
        let name = Self.name(of: task.id)
        var annotations = self.annotations(of: task)
        var labels: [(String, String)] = []
        if let user = owner(of: task) { labels.append((WorkloadFigures.userLabel, Self.labelValue(user))) }
        if !task.job.isEmpty { labels.append((WorkloadFigures.jobLabel, Self.labelValue(task.job))) }
        if task.gangSize > 1 {
            annotations.append((PodGang.nameAnnotation, name))
            annotations.append((PodGang.minimumAnnotation, String(task.gangSize)))
        }
        let names = task.job.isEmpty || task.job == task.id ? [task.id] : [task.id, task.job]
        var deletion: VirtualTime?
        if plan.ending == .recorded, let end = task.end { deletion = end }
        let think = VirtualDuration(
            fractionalSeconds: task.labels.first { $0.name == "think-seconds" }.flatMap { Double($0.value) }
                ?? 0)
        let count = max(1, task.instances)
        for number in 0..<count {
            let instance = ManifestInstance(
                name: count == 1 ? name : "\(name)-\(number)", namespace: Self.namespace,
                labels: Labels(labels), annotations: StringMap(annotations))
            var pod = WorkloadPod(
                template: template, instance: instance, names: names, dependencies: task.dependencies,
                deletion: deletion)
            pod.thinkTime = think
            pod.usageName = Self.usageName(of: task.id)
            pod.recordedStart = Self.recordedStart(of: task)
            pod.recordedEnd = task.end
            arrivals.append(WorkloadArrival(time: time, .pod(pod)))
        }
        return arrivals
    }

    /// The task in whose name usage was recorded: one that was submitted again has the time of that after its id.
    private static func usageName(of id: String) -> String {
        guard let mark = id.lastIndex(of: "@"), mark > id.startIndex else { return id }
        let rest = id[id.index(after: mark)...]
        return rest.isEmpty || !rest.allSatisfy { ("0"..."9").contains($0) } ? id : String(id[..<mark])
    }

    /// When the run began that the pod repeats: of a task that was evicted, the last one.
    private static func recordedStart(of task: TraceTask) -> VirtualTime? {
        guard let start = task.start, let end = task.end, let duration = task.duration else {
            return task.start
        }
        return max(start, end - min(duration, end.sinceStart))
    }

    private func owner(of task: TraceTask) -> String? {
        let owners: [String]
        switch plan.owner {
        case .user: owners = [task.user]
        case .group: owners = [task.group]
        case .job: owners = [task.job]
        case nil: owners = [task.user, task.group, task.job]
        }
        return owners.first { !$0.isEmpty }
    }

    private func annotations(of task: TraceTask) -> [(String, String)] {
        var annotations: [(String, String)] = []
        if plan.ending == .run, let lifetime = task.lifetime {
            annotations.append(("simk.dev/run-time", Self.goText(lifetime)))
            if task.outcome == .failed { annotations.append(("simk.dev/exit-code", "1")) }
            if let factor = plan.deadlineFactor {
                let allowed = VirtualDuration(fractionalSeconds: lifetime.fractionalSeconds * factor)
                annotations.append((PodDeadline.deadlineAnnotation, Self.goText(allowed)))
                annotations.append((PodDeadline.runTimeAnnotation, Self.goText(lifetime)))
            }
        }
        // Until the first sample, nothing.
        if plan.followsCPU { annotations.append(("simk.dev/cpu-usage", "0")) }
        if plan.followsMemory { annotations.append(("simk.dev/memory-usage", "0")) }
        let requests = task.requests
        if requests.gpuCount > 0 && requests.gpuMilli > 0 {
            annotations.append((Self.gpuCount, String(requests.gpuCount)))
            annotations.append((Self.gpuMilli, String(requests.gpuMilli)))
            if !task.gpuModels.isEmpty {
                annotations.append((Self.gpuModel, task.gpuModels.joined(separator: "|")))
            }
        }
        return annotations
    }

    /// A duration as Go writes it, exact to the nanosecond.
    static func goText(_ duration: VirtualDuration) -> String {
        let (seconds, rest) = duration.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        if rest == 0 { return "\(seconds)s" }
        return seconds == 0 ? "\(rest)ns" : "\(seconds)s\(rest)ns"
    }

    // MARK: Specifications

    private mutating func template(of task: TraceTask) -> ManifestTemplate {
        let shape = Shape(
            requests: task.requests, limits: task.limits, models: task.gpuModels, priority: task.priority,
            constraints: task.constraints, most: task.maxPerMachine,
            job: task.maxPerMachine == nil ? "" : task.job)
        if let known = templates[shape] { return known }
        let template = ManifestTemplate(Self.manifest(shape))
        templates[shape] = template
        return template
    }

    private static func manifest(_ shape: Shape) -> JSONValue {
        var resources: JSONObject = ["requests": .object(amounts(shape.requests))]
        if let limits = shape.limits {
            // A limit below the request would be refused; one of 0 is none.
            var most = limits
            let least = shape.requests
            most.milliCPU = most.milliCPU == 0 ? 0 : max(most.milliCPU, least.milliCPU)
            most.memoryBytes = most.memoryBytes == 0 ? 0 : max(most.memoryBytes, least.memoryBytes)
            most.diskBytes = most.diskBytes == 0 ? 0 : max(most.diskBytes, least.diskBytes)
            var caps = amounts(most)
            // What is counted in pieces has one amount for both.
            for name in caps.keys where !["cpu", "memory", "ephemeral-storage"].contains(name) {
                caps.removeValue(forKey: name)
            }
            for (name, amount) in extended(least) { caps[name] = amount }
            resources["limits"] = .object(caps)
        } else {
            let pieces = extended(shape.requests)
            if !pieces.isEmpty { resources["limits"] = .object(pieces) }
        }
        var spec: JSONObject = [
            "restartPolicy": "Never",
            "containers": [
                ["name": "task", "image": .string(image), "resources": .object(resources)]
            ],
        ]
        if let priority = shape.priority { spec["priorityClassName"] = .string(className(priority)) }
        let terms = conditions(shape)
        if !terms.isEmpty {
            spec["affinity"] = [
                "nodeAffinity": [
                    "requiredDuringSchedulingIgnoredDuringExecution": [
                        "nodeSelectorTerms": [["matchExpressions": .array(terms)]]
                    ]
                ]
            ]
        }
        if let most = shape.most, !shape.job.isEmpty {
            // At most so many of the job on a node: with fewer domains than asked for, the fewest on any node
            // counts as none, so that the skew is the number itself.
            spec["topologySpreadConstraints"] = [
                [
                    "maxSkew": .integer(most), "topologyKey": "kubernetes.io/hostname",
                    "whenUnsatisfiable": "DoNotSchedule", "minDomains": .integer(Int64(Int32.max)),
                    "labelSelector": [
                        "matchLabels": .object([WorkloadFigures.jobLabel: .string(labelValue(shape.job))])
                    ],
                ]
            ]
        }
        return [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["labels": ["simk.dev/workload": "trace"]], "spec": .object(spec),
        ]
    }

    /// Amounts that are not 0, as quantities.
    static func amounts(_ resources: TraceResources) -> JSONObject {
        var amounts: JSONObject = [:]
        if resources.milliCPU > 0 {
            amounts["cpu"] = .string(Quantity(milli: resources.milliCPU).description)
        }
        if resources.memoryBytes > 0 { amounts["memory"] = .string(String(resources.memoryBytes)) }
        if resources.diskBytes > 0 { amounts["ephemeral-storage"] = .string(String(resources.diskBytes)) }
        for (name, amount) in extended(resources) { amounts[name] = amount }
        return amounts
    }

    private static func extended(_ resources: TraceResources) -> JSONObject {
        var amounts: JSONObject = [:]
        if resources.totalGPUMilli > 0 { amounts[gpuMilli] = .string(String(resources.totalGPUMilli)) }
        for other in resources.others where other.amount > 0 {
            amounts["simk.dev/\(labelValue(other.name).lowercased())"] = .string(String(other.amount))
        }
        return amounts
    }

    /// Whether a constraint can be said of node labels: Kubernetes compares only whole numbers.
    static func canExpress(_ constraint: TraceConstraint) -> Bool {
        switch constraint.relation {
        case .equal, .notEqual, .present, .absent: true
        case .less, .lessOrEqual, .greater, .greaterOrEqual: Int64(constraint.value) != nil
        }
    }

    private static func conditions(_ shape: Shape) -> [JSONValue] {
        var terms: [JSONValue] = []
        if !shape.models.isEmpty {
            terms.append([
                "key": .string(gpuModel), "operator": "In",
                "values": .array(shape.models.map { .string(labelValue($0)) }),
            ])
        }
        return terms + conditions(shape.constraints)
    }

    static func conditions(_ constraints: [TraceConstraint]) -> [JSONValue] {
        var terms: [JSONValue] = []
        for constraint in constraints {
            let key = attributeLabel(constraint.attribute)
            let value = JSONValue.string(labelValue(constraint.value))
            switch constraint.relation {
            case .equal: terms.append(["key": .string(key), "operator": "In", "values": [value]])
            case .notEqual: terms.append(["key": .string(key), "operator": "NotIn", "values": [value]])
            case .present: terms.append(["key": .string(key), "operator": "Exists"])
            case .absent: terms.append(["key": .string(key), "operator": "DoesNotExist"])
            case .less, .lessOrEqual, .greater, .greaterOrEqual:
                // Kubernetes has only strict ones, of whole numbers.
                guard let value = Int64(constraint.value) else { continue }
                let step: Int64 =
                    switch constraint.relation {
                    case .lessOrEqual: 1
                    case .greaterOrEqual: -1
                    default: 0
                    }
                let (bound, overflow) = value.addingReportingOverflow(step)
                // Every whole number fulfils it.
                if overflow { continue }
                let isUpper = constraint.relation == .less || constraint.relation == .lessOrEqual
                terms.append([
                    "key": .string(key), "operator": isUpper ? "Lt" : "Gt",
                    "values": [.string(String(bound))],
                ])
            }
        }
        return terms
    }

    private static func className(_ priority: Int32) -> String {
        priority < 0 ? "trace-minus-\(priority.magnitude)" : "trace-\(priority)"
    }

    private static func priorityClass(_ priority: Int32) -> JSONValue {
        [
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
            "metadata": ["name": .string(className(priority))],
            // Above it are the system's own.
            "value": .integer(Int64(min(priority, 1_000_000_000))),
        ]
    }

    // MARK: Names

    /// A machine's attribute as a node label.
    static func attributeLabel(_ name: String) -> String { "trace.simk.dev/\(labelValue(name))" }

    /// A name as a label value: what Kubernetes does not take becomes '-', and a hash tells such names apart.
    static func labelValue(_ text: String) -> String {
        if SelectorText.isValue(text) { return text }
        var kept = String(
            text.unicodeScalars.map { isPlain($0) || $0 == "_" ? Character($0) : "-" }.prefix(50))
        while let first = kept.first, !(first.isLetter || first.isNumber) { kept.removeFirst() }
        return (kept.isEmpty ? "x" : kept) + "-" + String(TextHash.hash(text) & 0xFF_FFFF, radix: 36)
    }

    /// A task's id as a pod's name.
    static func name(of id: String) -> String {
        var isExact = true
        var name = ""
        for scalar in id.unicodeScalars {
            if ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "-" {
                name.unicodeScalars.append(scalar)
            } else if scalar == "_" || scalar == "." {
                name.append("-")
            } else {
                isExact = false
                let isLetter = ("A"..."Z").contains(scalar)
                name.append(isLetter ? Character(scalar).lowercased() : "-")
            }
        }
        if name.utf8.count > 200 {
            isExact = false
            name = String(name.prefix(200))
        }
        while name.hasPrefix("-") {
            isExact = false
            name.removeFirst()
        }
        while name.hasSuffix("-") {
            isExact = false
            name.removeLast()
        }
        if name.isEmpty { name = "task" }
        return isExact ? name : name + "-" + String(TextHash.hash(id), radix: 36)
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            && (("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
                || scalar == "-" || scalar == ".")
    }
}
