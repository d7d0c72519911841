import KubernetesModel
import OrderedCollections
import SimulationKernel

@testable import ControlPlane
@testable import Simulation

/// Tells one invariant of writes to a store that has no cluster around it.
struct InvariantProbe<Watched: Invariant> {
    private let simulation: ClusterSimulation
    private var invariant: Watched
    private var context = InvariantContext()
    private var toldRevision: Int64
    private let epoch = CalendarTime(unixSeconds: 1_767_225_600)

    init(_ invariant: Watched) {
        var configuration = ClusterConfiguration(seed: 1, start: epoch)
        configuration.schedulers = 0
        configuration.controllerManagers = 0
        simulation = ClusterSimulation(configuration)
        self.invariant = invariant
        context.simulation = simulation
        context.managedSince = .start
        toldRevision = simulation.server.store.revision
    }

    var messages: [String] { context.log.violations.map { "\($0.subject) \($0.message)" } }

    /// The moment from which one controller manager has led; never while none leads.
    var managedSince: VirtualTime {
        get { context.managedSince }
        set { context.managedSince = newValue }
    }

    /// Until when calls fail by chance.
    var disturbedUntil: VirtualTime {
        get { context.disturbedUntil }
        set { context.disturbedUntil = newValue }
    }

    mutating func advance(by duration: VirtualDuration) { context.now = context.now + duration }

    /// Writes an object that is given as a manifest with its status.
    mutating func put(_ kind: ObjectKind, _ tree: JSONValue) {
        let object = APIObject(kind: kind, tree: tree.objectValue ?? [:], epoch: epoch)
        simulation.server.store.put(object, at: context.now)
        tell()
    }

    mutating func remove(_ kind: ObjectKind, _ name: String, namespace: String = "default") {
        let key = ObjectKey(namespace: kind.isNamespaced ? namespace : "", name: name)
        simulation.server.store.remove(kind, key, at: context.now)
        tell()
    }

    mutating func finish() { invariant.finish(&context) }

    private mutating func tell() {
        for change in simulation.server.store.changes(after: toldRevision) ?? []
        where Watched.kinds.contains(change.object.kind) {
            invariant.stored(change, &context)
        }
        toldRevision = simulation.server.store.revision
    }
}

/// Objects as short as the invariants need them.
enum Shown {
    static func node(_ name: String, cpu: String = "2", pods: String = "10") -> JSONValue {
        [
            "metadata": ["name": .string(name)],
            "status": ["allocatable": ["cpu": .string(cpu), "memory": "8Gi", "pods": .string(pods)]],
        ]
    }

    static func pod(
        _ name: String, on node: String = "", cpu: String = "100m", phase: String = "Running",
        claim: String? = nil, job: String? = nil, isTracked: Bool = false
    ) -> JSONValue {
        var metadata: JSONValue = [
            "name": .string(name), "namespace": "default", "uid": .string("uid-\(name)"),
        ]
        if let job {
            metadata["ownerReferences"] = [
                [
                    "apiVersion": "batch/v1", "kind": "Job", "name": .string(job),
                    "uid": .string("uid-\(job)"),
                    "controller": true,
                ]
            ]
        }
        if isTracked { metadata["finalizers"] = ["batch.kubernetes.io/job-tracking"] }
        var spec: JSONValue = [
            "containers": [
                ["name": "main", "image": "main:1", "resources": ["requests": ["cpu": .string(cpu)]]]
            ]
        ]
        if !node.isEmpty { spec["nodeName"] = .string(node) }
        if let claim {
            spec["volumes"] = [["name": "data", "persistentVolumeClaim": ["claimName": .string(claim)]]]
        }
        return ["metadata": metadata, "spec": spec, "status": ["phase": .string(phase)]]
    }

    static func volume(_ name: String, modes: [String], claim: String? = nil) -> JSONValue {
        var spec: JSONValue = [
            "accessModes": .array(modes.map { .string($0) }), "capacity": ["storage": "1Gi"],
        ]
        if let claim {
            spec["claimRef"] = [
                "namespace": "default", "name": .string(claim), "uid": .string("uid-\(claim)"),
            ]
        }
        return ["metadata": ["name": .string(name)], "spec": spec]
    }

    static func claim(_ name: String, volume: String = "") -> JSONValue {
        [
            "metadata": ["name": .string(name), "namespace": "default", "uid": .string("uid-\(name)")],
            "spec": ["accessModes": ["ReadWriteOnce"], "volumeName": .string(volume)],
        ]
    }

    static func attachment(_ name: String, of volume: String, to node: String, isAttached: Bool = true)
        -> JSONValue
    {
        [
            "metadata": ["name": .string(name)],
            "spec": [
                "attacher": "csi.example.com", "nodeName": .string(node),
                "source": ["persistentVolumeName": .string(volume)],
            ],
            "status": ["attached": .bool(isAttached)],
        ]
    }

    /// - Parameter uncounted: pods that the Job has taken down as succeeded.
    static func job(_ name: String, uncounted: [String] = [], condition: String? = nil) -> JSONValue {
        var status: JSONValue = [
            "uncountedTerminatedPods": ["succeeded": .array(uncounted.map { .string("uid-\($0)") })]
        ]
        if let condition { status["conditions"] = [["type": .string(condition), "status": "True"]] }
        return [
            "metadata": ["name": .string(name), "namespace": "default", "uid": .string("uid-\(name)")],
            "spec": ["template": ["spec": ["containers": [["name": "main", "image": "main:1"]]]]],
            "status": status,
        ]
    }

    static func deployment(_ name: String, generation: Int64, observed: Int64) -> JSONValue {
        [
            "metadata": [
                "name": .string(name), "namespace": "default", "uid": .string("uid-\(name)"),
                "generation": .integer(generation),
            ],
            "spec": ["replicas": 1],
            "status": ["observedGeneration": .integer(observed)],
        ]
    }
}
