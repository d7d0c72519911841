import KubernetesModel
import OrderedCollections
public import Scheduler
public import Workloads

/// A trace's machines and tasks as the objects that the scheduler sees.
public struct ReplayCluster: Sendable {
    /// A task as a pod: what all its copies share.
    struct PodTemplate: Sendable {
        let spec: PodSpec
        let annotations: StringMap
        /// In thousandths of a core and of a GPU.
        let milliCPU: Int64
        let milliGPU: Int64
    }

    public let machines: [TraceMachine]
    public let tasks: [TraceTask]
    let templates: [PodTemplate]
    /// The template of each task.
    let templateOfTask: [Int]
    /// The place of each task, by its name.
    let taskNumbers: [String: Int]
    /// In thousandths, over all machines.
    public let milliGPU: Int64
    public let milliCPU: Int64
    /// The tasks that are typical of the trace: what fragmentation is measured against.
    public let targetWorkload: TargetWorkload

    /// Pods of a node that names no limit of its own; the published experiment's.
    static let podsPerNode: Int64 = 1_001

    public init(_ trace: LoadedTrace) throws(ReplayError) {
        machines = trace.machines.filter { $0.kind == .add }.map(\.machine)
        tasks = trace.tasks
        if machines.isEmpty { throw .nothing("machines", "Name the trace's file of nodes, too") }
        if tasks.isEmpty { throw .nothing("tasks", "Name the trace's file of pods, too") }
        milliGPU = machines.reduce(0) { $0 + $1.capacity.gpuCount * Int64(GPURequest.wholeMilli) }
        milliCPU = machines.reduce(0) { $0 + $1.capacity.milliCPU }
        var templates: [PodTemplate] = []
        var numbers: [TraceResourcesKey: Int] = [:]
        // Tasks of equal rows share their traits, so that most are known by where these are.
        var known: [UInt: Int] = [:]
        var typical: [TargetWorkload.Task] = []
        var ofTask: [Int] = []
        ofTask.reserveCapacity(tasks.count)
        var specs: [SpecKey: PodSpec] = [:]
        var names: [String: Int] = [:]
        names.reserveCapacity(tasks.count)
        for (place, task) in tasks.enumerated() {
            names[task.id] = place
            if let number = known[task.traitsIdentity] {
                ofTask.append(number)
                typical[number].count += 1
                continue
            }
            let key = TraceResourcesKey(requests: task.requests, models: task.gpuModels)
            if let number = numbers[key] {
                known[task.traitsIdentity] = number
                ofTask.append(number)
                typical[number].count += 1
                continue
            }
            let specKey = SpecKey(milliCPU: task.requests.milliCPU, memoryBytes: task.requests.memoryBytes)
            let spec = specs[specKey] ?? Self.spec(specKey)
            specs[specKey] = spec
            let gpu = Self.gpuRequest(task)
            templates.append(
                PodTemplate(
                    spec: spec, annotations: StringMap(gpu?.annotations ?? []),
                    milliCPU: task.requests.milliCPU, milliGPU: gpu?.totalMilli ?? 0))
            numbers[key] = templates.count - 1
            known[task.traitsIdentity] = templates.count - 1
            typical.append(TargetWorkload.Task(milliCPU: task.requests.milliCPU, gpu: gpu, count: 1))
            ofTask.append(templates.count - 1)
        }
        self.templates = templates
        templateOfTask = ofTask
        taskNumbers = names
        targetWorkload = TargetWorkload.typical(of: typical)
    }

    private struct TraceResourcesKey: Hashable {
        let requests: TraceResources
        let models: [String]
    }

    private struct SpecKey: Hashable {
        let milliCPU, memoryBytes: Int64
    }

    static func gpuRequest(_ task: TraceTask) -> GPURequest? {
        let requests = task.requests
        if requests.gpuCount <= 0 { return nil }
        return GPURequest(
            milli: Int32(clamping: requests.gpuMilli), count: Int32(clamping: requests.gpuCount),
            models: task.gpuModels)
    }

    private static func spec(_ key: SpecKey) -> PodSpec {
        let amounts: JSONObject = [
            "cpu": .string("\(key.milliCPU)m"), "memory": .string(String(key.memoryBytes)),
        ]
        return PodSpec(
            source: [
                "containers": [
                    [
                        "name": "task", "image": "task",
                        "resources": ["requests": .object(amounts), "limits": .object(amounts)],
                    ]
                ]
            ])
    }

    /// The pod of a task, or of a copy of it.
    func pod(named name: String, task: Int, number: Int) -> Ref<Pod> {
        let template = templates[templateOfTask[task]]
        var metadata = ObjectMeta(namespace: "default", name: name)
        metadata.uid = .uuid(1, UInt64(truncatingIfNeeded: number))
        metadata.annotations = template.annotations
        metadata.resourceVersion = 1
        return Ref(Pod(metadata: metadata, spec: template.spec))
    }

    func node(_ machine: TraceMachine) -> Ref<Node> {
        var node = Node()
        node.metadata.name = machine.id
        node.metadata.labels = ["kubernetes.io/hostname": machine.id]
        let capacity = machine.capacity
        var amounts = [
            (ResourceName.cpu, Quantity(milli: capacity.milliCPU)),
            (ResourceName.memory, Quantity(value: capacity.memoryBytes)),
            (ResourceName.pods, Quantity(value: Self.podsPerNode)),
        ]
        if capacity.gpuCount > 0 {
            amounts.append((GPURequest.countAnnotation, Quantity(value: capacity.gpuCount)))
            node.metadata.labels[GPURequest.modelAnnotation] = machine.gpuModel
        }
        node.status.capacity = ResourceList(amounts)
        node.status.allocatable = node.status.capacity
        return Ref(node)
    }
}

/// Why a trace cannot be replayed.
public enum ReplayError: Error, Hashable, Sendable, CustomStringConvertible {
    case nothing(String, String)
    case unknownName(file: String, line: Int, name: String, what: String)
    case missingNames(file: String, count: Int, first: String, what: String)
    case configuration(String)
    /// A pod that the scheduler neither placed nor turned down.
    case stuck(String)

    public var description: String {
        switch self {
        case .nothing(let what, let hint): "the trace has no \(what). \(hint)"
        case .unknownName(let file, let line, let name, let what):
            "\(file):\(line): '\(name)' is no \(what) of the trace"
        case .missingNames(let file, let count, let first, let what):
            "\(file): \(count) of the trace's \(what)s are missing, the first is '\(first)'"
        case .configuration(let message): message
        case .stuck(let name): "the scheduler came to no decision about pod '\(name)'"
        }
    }
}
