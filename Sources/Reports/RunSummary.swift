public import KubernetesModel
public import Simulation
public import SimulationKernel

/// The figures at the end of a run.
public struct RunSummary: Sendable {
    public struct WorkloadFigure: Sendable {
        public var id: WorkloadID
        public var unavailablePodSeconds: Double
    }
    public struct RefusedManifest: Hashable, Sendable {
        public var file: String
        /// `line:column` in the file.
        public var place: String
        /// `kind/namespace/name` of the object.
        public var object: String
        public var time: VirtualTime
        /// What kubectl prints.
        public var message: String
    }
    public var scenario: String
    public var file: String
    public var version: String
    public var seed: UInt64
    public var nodes: Int
    public var zones: Int
    public var objects: Int
    public var duration: VirtualDuration
    public var virtualTime: VirtualDuration = .zero
    public var wallSeconds: Double = 0
    public var events = 0
    public var apiCalls = 0
    public var podsCreated = 0
    public var podsScheduled = 0
    public var podsLost = 0
    public var podsDeleted = 0
    public var containerRestarts = 0
    public var workloads: [WorkloadFigure] = []
    /// Nothing in it when no pod states a deadline.
    public var deadlines = DeadlineFigures()
    /// The scenario's manifests that the API server refused at the start, although it should take them.
    public var refusedManifests: [RefusedManifest] = []
    public var digest = ""
    public var isInterrupted = false

    public init(
        scenario: String, file: String, version: String, seed: UInt64, nodes: Int, zones: Int, objects: Int,
        duration: VirtualDuration
    ) {
        self.scenario = scenario
        self.file = file
        self.version = version
        self.seed = seed
        self.nodes = nodes
        self.zones = zones
        self.objects = objects
        self.duration = duration
    }

    /// The figures as JSON. What depends on the machine's clock stands apart under `wallClock`.
    public func json(withWallClock: Bool) -> JSONValue {
        var members: JSONValue = [
            "virtualSeconds": .number(virtualTime.fractionalSeconds),
            "events": .integer(Int64(events)),
            "apiCalls": .integer(Int64(apiCalls)),
            "podsCreated": .integer(Int64(podsCreated)),
            "podsScheduled": .integer(Int64(podsScheduled)),
            "podsLost": .integer(Int64(podsLost)),
            "podsDeleted": .integer(Int64(podsDeleted)),
            "containerRestarts": .integer(Int64(containerRestarts)),
            "unavailablePodSeconds": .array(
                workloads.map { figure in
                    [
                        "kind": .string(figure.id.kind.name), "namespace": .string(figure.id.key.namespace),
                        "name": .string(figure.id.key.name), "value": .number(figure.unavailablePodSeconds),
                    ]
                }),
            "refusedManifests": .array(refusedManifests.map(\.json)),
            "digest": .string(digest),
            "interrupted": .bool(isInterrupted),
        ]
        if !deadlines.isEmpty { members["deadlines"] = deadlines.json }
        if withWallClock { members["wallClock"] = ["seconds": .number(wallSeconds)] }
        return members
    }
}

extension DeadlineFigures {
    var json: JSONValue {
        [
            "met": .integer(Int64(met)), "missed": .integer(Int64(missed)),
            "withdrawn": .integer(Int64(withdrawn)), "pending": .integer(Int64(pending)),
            "tardinessSeconds": .number(totalTardinessSeconds),
            "late": .array(
                late.map { pod in
                    [
                        "namespace": .string(pod.pod.namespace), "name": .string(pod.pod.name),
                        "seconds": .number(pod.tardiness.fractionalSeconds),
                        "finished": .bool(pod.isFinished),
                    ]
                }),
        ]
    }
}

extension RunSummary.RefusedManifest {
    var json: JSONValue {
        [
            "file": .string(file), "place": .string(place), "object": .string(object),
            "seconds": .number(time.sinceStart.fractionalSeconds), "message": .string(message),
        ]
    }
}
