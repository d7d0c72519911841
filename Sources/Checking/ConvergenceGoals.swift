import ControlPlane
import KubernetesModel
import Scenarios
import Simulation
import SimulationKernel

/// What must have come about some time after the faults have ended: what the undisturbed run ends with.
///
/// So nothing has to be said about a scenario whose image is missing or whose pods do not fit: what it does not
/// reach by itself is not asked for. A workload that is not whole at that end, as one is whose node stays dead,
/// only has to come to rest: how much of it is left depends on what else has failed on the way. So do StatefulSets,
/// and the budgets beside them, where a node is dead at that end: what is on such a node is not replaced, and
/// which pods are on it is a matter of chance. What else depends on the way there, ``PathDependence`` says.
struct ConvergenceGoals {
    /// How long a workload must rest, if it rests in the undisturbed run.
    static let rest = VirtualDuration.minutes(1)

    private(set) var expectations: [Expectation] = []
    /// The names of those that are about disruption budgets.
    private var budgetGoals: Set<String> = []
    /// How many events the undisturbed run had.
    private(set) var events = 0
    private let bound: VirtualDuration
    private let after: VirtualTime
    /// What of a run comes after the disturbances: the bound, and the time in which lost work is done again.
    private(set) var aftermath: VirtualDuration

    /// The goals of a run with these disturbances.
    ///
    /// The budgets' controller answers a failed write with one that forbids evictions, and forgets the budget
    /// until something changes: if that one changes nothing, for the sync before has failed alike, the budget
    /// stays so (upstream's `pkg/controller/disruption/disruption.go`, `sync` and `failSafe`, v1.36).
    func expectations(under chaos: ChaosPlan?) -> [Expectation] {
        guard let chaos, chaos.errorProbability > 0 || chaos.lostAnswerProbability > 0 else {
            return expectations
        }
        return expectations.filter { !budgetGoals.contains($0.name) }
    }

    /// When a scenario has done the last of what it does to its cluster: from there on it can converge.
    ///
    /// A machine whose failure ends has to boot first.
    static func start(of scenario: Scenario, notBefore first: VirtualTime) -> VirtualTime {
        scenario.timeline.reduce(first) { latest, entry in
            guard let action = entry.action else { return latest }
            switch action {
            case .fail(_, _, let duration?), .failDisk(_, _, let duration?):
                return max(latest, entry.at.advancedClamping(by: duration + Disturbance.margin))
            case .killLeader(_, _, let duration?):
                return max(latest, entry.at.advancedClamping(by: duration))
            default: return max(latest, entry.at)
            }
        }
    }

    /// Runs a scenario without disturbance and takes its end for the goals.
    ///
    /// - Parameter after: when the faults end; the run goes on for `bound` from there.
    /// - Returns: nil with the first broken invariant if the undisturbed run breaks one.
    static func found(
        in scenario: Scenario, after: VirtualTime, bound: VirtualDuration,
        configure: (inout ClusterConfiguration) -> Void
    ) -> (goals: ConvergenceGoals, failure: CheckFailure?) {
        var calm = scenario
        calm.chaos = nil
        calm.duration = after.sinceStart + bound
        let watcher = RestWatcher()
        let run = ScenarioRun(calm, configure: configure, observers: [watcher])
        let (failure, events) = CheckFailure.first(of: run, goals: [], eventLimit: 100_000_000)
        var goals = ConvergenceGoals(bound: bound, after: after)
        goals.events = events
        goals.aftermath = bound + longestJob(of: run.simulation)
        let paths = PathDependence(of: scenario, run.simulation)
        for kind in Self.fields.map(\.kind) { goals.add(kind, run.simulation, paths, watcher) }
        return (goals, failure)
    }

    /// What a Job took that is not made by another object.
    private static func longestJob(of simulation: ClusterSimulation) -> VirtualDuration {
        simulation.list(Job.self).reduce(.zero) { longest, job in
            guard job.metadata.ownerReferences.isEmpty, let made = job.metadata.creationTimestamp,
                let end = job.status.completionTime
            else { return longest }
            return max(longest, end.time - made.time)
        }
    }

    private init(bound: VirtualDuration, after: VirtualTime) {
        self.bound = bound
        self.after = after
        aftermath = bound
    }

    /// The fields that tell how far an object is.
    private static let fields: [(kind: ObjectKind, paths: [String])] = [
        (
            .deployment,
            ["{.status.updatedReplicas}", "{.status.availableReplicas}", "{.status.unavailableReplicas}"]
        ),
        (.replicaSet, ["{.status.replicas}", "{.status.availableReplicas}"]),
        (.replicationController, ["{.status.replicas}", "{.status.availableReplicas}"]),
        (.statefulSet, ["{.status.replicas}", "{.status.readyReplicas}", "{.status.updatedReplicas}"]),
        (.daemonSet, ["{.status.numberReady}", "{.status.updatedNumberScheduled}"]),
        (.job, ["{.status.active}"]),
        (.persistentVolumeClaim, ["{.status.phase}"]),
        (.podDisruptionBudget, ["{.status.currentHealthy}", "{.status.disruptionsAllowed}"]),
    ]

    private mutating func add(
        _ kind: ObjectKind, _ simulation: ClusterSimulation, _ paths: PathDependence, _ watcher: RestWatcher
    ) {
        let fields = Self.fields.first { $0.kind == kind }?.paths ?? []
        let hasDeadNode = simulation.list(Node.self).contains { !$0.status.conditions.isTrue("Ready") }
        let bindsToNodes = kind == .statefulSet || kind == .podDisruptionBudget
        for object in simulation.list(kind) {
            let metadata = object.metadata
            // What others make may have another name in another run, or not be needed.
            guard metadata.ownerReferences.isEmpty, !metadata.isBeingDeleted, paths.promises(object) else {
                continue
            }
            let tree = object.tree(epoch: simulation.configuration.start)
            let selection = ObjectSelection(
                kind: kind, name: metadata.name, namespace: metadata.namespace, selector: LabelSelector())
            let subject = "\(kind.name.lowercased())/\(metadata.key)"
            for text in fields where Self.isWhole(object) && !(hasDeadNode && bindsToNodes) {
                guard let path = try? JSONPath(text) else { continue }
                let value = path.values(in: tree).first ?? .integer(0)
                guard let comparison = paths.comparison(of: text, value, object) else { continue }
                let name = "\(subject) converges: \(text)"
                if kind == .podDisruptionBudget { budgetGoals.insert(name) }
                expectations.append(
                    Expectation(
                        name: name, subject: .objects(selection), test: .jsonPath(path, comparison),
                        quantifier: .within(aftermath, after: Expectation.Moment(time: after))))
            }
            let last = watcher.lastChanges[kind]?[metadata.key] ?? .start
            guard simulation.now - last > Self.rest * 2, bound > Self.rest * 2 else { continue }
            expectations.append(
                Expectation(
                    name: "\(subject) comes to rest", subject: .objects(selection), test: .unchanged,
                    quantifier: .settles(
                        for: Self.rest, within: aftermath, after: Expectation.Moment(time: after))))
        }
    }

    /// Whether an object has all that it asks for.
    private static func isWhole(_ object: APIObject) -> Bool {
        switch object {
        case .deployment(let object):
            let status = object.value.status
            return status.availableReplicas == object.value.spec.replicas && status.unavailableReplicas == 0
        case .replicaSet(let object):
            return object.value.status.availableReplicas == object.value.spec.replicas
        case .replicationController(let object):
            return object.value.status.availableReplicas == object.value.spec.replicas
        case .statefulSet(let object):
            let status = object.value.status
            return status.readyReplicas == object.value.spec.replicas
                && status.replicas == status.readyReplicas
        case .daemonSet(let object):
            return object.value.status.numberReady == object.value.status.desiredNumberScheduled
        case .persistentVolumeClaim(let object): return object.value.status.phase == "Bound"
        case .podDisruptionBudget(let object):
            return object.value.status.currentHealthy == object.value.status.expectedPods
        case .job(let object): return object.value.status.active == 0
        default: return true
        }
    }

    /// Remembers when each object was last written.
    private final class RestWatcher: SimulationObserver {
        var lastChanges: [ObjectKind: [ObjectKey: VirtualTime]] = [:]
        private let kinds = Set(ConvergenceGoals.fields.map(\.kind))

        func stored(_ change: StoreChange) {
            let kind = change.object.kind
            if kinds.contains(kind) { lastChanges[kind, default: [:]][change.object.key] = change.time }
        }
        var hearsPlacements: Bool { false }

        func noted(_ entry: JournalEntry, at time: VirtualTime) {}
        func reported(_ event: EventRecord, at time: VirtualTime) {}
    }
}
