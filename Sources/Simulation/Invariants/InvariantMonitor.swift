public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Watches over what must always hold; see ``InvariantName``.
///
/// It changes nothing in the run, and costs time with the changes that it is told of, not with the objects
/// that there are.
public final class InvariantMonitor: SimulationObserver {
    private var invariants: [any Invariant] = []
    /// By the raw value of a kind: who wants to see its changes.
    private var places: [[Int]]
    private var hotLoop: HotLoopInvariant?
    private var context = InvariantContext()
    private let disturbedUntil: VirtualTime

    /// - Parameter disabled: what is not watched.
    public init(disabled: Set<InvariantName> = [], disturbedUntil: VirtualTime = .start) {
        self.disturbedUntil = disturbedUntil
        context.disturbedUntil = disturbedUntil
        places = Array(repeating: [], count: ObjectKind.allCases.count)
        let all: [any Invariant] = [
            SurgeInvariant(), ReplicasInvariant(), VictimsInvariant(), BudgetInvariant(), OrdinalsInvariant(),
            PlacementInvariant(), OwnershipInvariant(), CapacityInvariant(), AttachmentInvariant(),
            FinalizersInvariant(), AccountingInvariant(), GarbageInvariant(), GenerationInvariant(),
        ]
        for invariant in all where !disabled.contains(type(of: invariant).name) {
            for kind in type(of: invariant).kinds { places[Int(kind.rawValue)].append(invariants.count) }
            invariants.append(invariant)
        }
        if !disabled.contains(.hotLoop) { hotLoop = HotLoopInvariant() }
    }

    /// What was broken so far, in the order of time: the first violation of each invariant and object.
    public var violations: [InvariantViolation] { context.log.violations }
    /// How many further violations there were.
    public var omitted: Int { context.log.omitted }

    public var hearsCalls: Bool { true }

    public func began(_ simulation: ClusterSimulation) { context.simulation = simulation }

    public func stored(_ change: StoreChange) {
        let interested = places[Int(change.object.kind.rawValue)]
        if interested.isEmpty { return }
        context.now = change.time
        for place in interested { invariants[place].stored(change, &context) }
    }

    public func called(_ call: ObservedCall) {
        context.now = call.time
        context.lastCall = call
        if !call.hadEffect { hotLoop?.called(call, &context) }
    }

    public var hearsPlacements: Bool { false }

    public func noted(_ entry: JournalEntry, at time: VirtualTime) {
        guard entry.kind == .lease, entry.key.name == "kube-controller-manager" else { return }
        switch entry.reason {
        case "LeaderElection", "LeaderReconnected": context.managedSince = time
        case "LeaderKilled", "LeaderCutOff", "LeaderElectionLost": context.managedSince = .never
        default: return
        }
    }

    public func reported(_ event: EventRecord, at time: VirtualTime) {}

    /// Judges what had to be by the end of the run.
    public func finish(at time: VirtualTime) {
        context.now = time
        context.lastCall = nil
        for place in invariants.indices { invariants[place].finish(&context) }
    }
}
