public import ControlPlane
public import KubernetesModel
import Reports
import Scenarios
public import Simulation
public import SimulationKernel
import Telemetry

/// A whole Kubernetes cluster in a test, on a virtual clock: API server, scheduler, controllers, nodes.
///
/// Time stands still until the test lets it pass, and then passes as fast as the machine can; the same seed
/// gives the same run. What the test breaks is noticed, tolerated and repaired as in a real cluster, after the
/// times that Kubernetes takes by default. Invariants are on: see ``violations``.
public final class SimulatedCluster {
    /// The cluster itself, for what this class does not offer.
    public let simulation: ClusterSimulation
    private let changes = ChangeWatcher()
    private let monitor = InvariantMonitor()
    private let record: Record

    /// Remembers the last write that is not a heartbeat or an Event.
    final class ChangeWatcher: SimulationObserver {
        var last = VirtualTime.start
        func stored(_ change: StoreChange) {
            let kind = change.object.kind
            if kind != .lease && kind != .event { last = change.time }
        }
        func noted(_ entry: JournalEntry, at time: VirtualTime) {}
        func reported(_ event: EventRecord, at time: VirtualTime) {}
    }

    private final class Record {
        var story = Story(isFull: false)
    }

    /// Builds a cluster and waits until its nodes are ready.
    ///
    /// - Parameters:
    ///   - nodes: how many; they are called `node-1`, `node-2`, … and go to the zones in turn.
    ///   - zones: names of zones.
    ///   - cpu: what each node has, as manifests say it.
    ///   - memory: the same.
    ///   - behaviors: what containers do, as YAML: the list `behaviors` of a scenario. Without any, containers
    ///     start at once and run until they are stopped.
    ///   - seed: where chance begins.
    ///   - controllers: adds the author's own controllers. They run in a process of their own, `controllers`,
    ///     with a leader lease; it is called again when that process restarts, so nothing is remembered then.
    ///   - controllerReplicas: how many such processes stand for election. Of several the first is
    ///     `controllers-0` and leads from the start; the lease is `kube-system/controllers`.
    public init(
        nodes: Int = 3, zones: [String] = ["zone-a"], cpu: String = "4", memory: String = "16Gi",
        behaviors: String = "", seed: UInt64 = 1,
        controllers: (@Sendable (inout ControllerManager) -> Void)? = nil, controllerReplicas: Int = 1
    ) throws {
        var text = """
            apiVersion: simk.dev/v1
            kind: Scenario
            metadata: { name: test }
            seed: \(seed)
            duration: 1h
            cluster:
              zones: [\(zones.joined(separator: ", "))]
              nodePools: [{ name: node, count: \(nodes), capacity: { cpu: "\(cpu)", memory: "\(memory)" } }]

            """
        if !behaviors.isEmpty {
            text += "behaviors:\n" + behaviors.split(separator: "\n").map { "  \($0)\n" }.joined()
        }
        let scenario = try ScenarioLoader.parse(
            text, .yaml, name: "cluster", options: ScenarioLoader.Options(isPartial: true))
        var configuration = ClusterConfiguration(scenario)
        if let controllers {
            var author = OperatorConfiguration(name: Self.controllersName) {
                var manager = ControllerManager()
                controllers(&manager)
                return manager
            }
            author.replicas = controllerReplicas
            configuration.operators = [author]
        }
        let record = Record()
        self.record = record
        let recorder = TimelineRecorder { record.story.add($0) }
        simulation = ClusterSimulation(configuration, observers: [changes, monitor, recorder])
        simulation.run(for: .seconds(10))
    }

    /// The process of the author's own controllers.
    public static let controllersName = "controllers"

    // MARK: Time

    /// The virtual time since the start.
    public var now: VirtualTime { simulation.now }

    /// Lets time pass.
    public func advance(by duration: VirtualDuration) { simulation.run(for: duration) }

    /// Lets time pass until something holds.
    ///
    /// - Parameter what: what is waited for, for the failure's text.
    /// - Throws: ``ClusterFailure`` with the timeline when the time is over.
    public func wait(
        for what: String, within limit: VirtualDuration, until holds: (SimulatedCluster) -> Bool
    ) throws(ClusterFailure) {
        let end = now + limit
        while !holds(self) {
            guard now < end else {
                throw ClusterFailure(message: "\(what): not within \(limit)", timeline: timeline)
            }
            simulation.run(until: min(end, now + .milliseconds(100)))
        }
    }

    /// Waits for a condition of an object, as `kubectl wait --for=condition=…` does: letters of either case are equal,
    /// and a condition that is older than the object's generation does not count.
    ///
    /// - Parameter object: `deployment/web`, `pod/db-0 -n shop`, `node/node-1`.
    /// - Parameter condition: `Available`, or `Ready=False`.
    public func wait(
        for object: String, condition: String, within limit: VirtualDuration
    ) throws(ClusterFailure) {
        let reference = try self.reference(object)
        let wanted = ObjectCondition(condition)
        try wait(for: "\(object): condition \(condition)", within: limit) { cluster in
            cluster.tree(of: reference).map(wanted.holds) ?? false
        }
    }

    // MARK: Looking

    /// The object, or nil.
    public func get<Object: TypedObject>(
        _ type: Object.Type, _ name: String, namespace: String = "default"
    ) -> Object? {
        simulation.get(type, ObjectKey(namespace: Object.kind.isNamespaced ? namespace : "", name: name))
    }

    /// The objects of a kind, in the order of their names.
    public func list<Object: TypedObject>(_ type: Object.Type, namespace: String? = nil) -> [Object] {
        simulation.list(type, namespace: namespace)
    }

    /// An object as JSON; nil when there is none.
    public func json(_ object: String) -> JSONValue? { (try? self.reference(object)).flatMap(tree(of:)) }

    func tree(of reference: Scenarios.ObjectReference) -> JSONValue? {
        simulation.object(reference.kind, reference.key)?.tree(epoch: simulation.configuration.start)
    }

    /// What was broken of what must hold in every cluster at every moment, up to now.
    public var violations: [InvariantViolation] { monitor.violations }

    /// What happened so far, one line each, as `simk run` prints it.
    public var timeline: String {
        var text = RunReport(style: TextStyle(isColored: false)).timeline(record.story, limit: 400)
        text += RunReport(style: TextStyle(isColored: false)).invariants(violations)
        return text
    }

    /// When something other than a heartbeat or an Event was last written.
    var lastChange: VirtualTime { changes.last }

    /// Reads `kind/name`, with ` -n namespace`.
    func reference(_ text: String) throws(ClusterFailure) -> Scenarios.ObjectReference {
        guard let selection = try? ObjectSelection(parsing: text), let name = selection.name else {
            throw ClusterFailure(
                message: "'\(text)' names no object: write it as deployment/web or pod/db-0 -n shop",
                timeline: "")
        }
        return Scenarios.ObjectReference(
            kind: selection.kind, key: ObjectKey(namespace: selection.namespace ?? "", name: name))
    }
}
