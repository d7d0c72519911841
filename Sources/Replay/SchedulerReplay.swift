import ControlPlane
import KubernetesModel
public import Scheduler
import SimulationKernel

/// A scheduler through which pods go one at a time, without API server and kubelets.
///
/// Each pod passes the scheduler's queue, its scheduling cycle and its binding cycle; the API calls that it
/// makes are answered at once, and the pod's new state comes back as by a watch. A pod that fits nowhere is
/// deleted after its one attempt. Time is the scheduler's own: its cycles take what ``SchedulerTiming`` says.
public struct SchedulerReplay {
    public private(set) var scheduler: SchedulerComponent
    private var outbox = Outbox()
    private var now = VirtualTime.start

    public init(_ configuration: SchedulerConfiguration, seed: UInt64, tieBreak: TieBreak) {
        scheduler = SchedulerComponent(configuration: configuration, seed: seed, tieBreak: tieBreak)
        scheduler.recordsDecisions = false
    }

    /// Whether cycles are computed by class and plainly, and compared.
    public var comparesWithPlain: Bool {
        get { scheduler.comparesWithPlain }
        set { scheduler.comparesWithPlain = newValue }
    }

    mutating func add(_ nodes: [Ref<Node>]) {
        scheduler.deliver(nodes.map { WatchEvent(.added, .node($0)) }, at: now, &outbox)
        outbox.removeAll()
    }

    /// Lets the scheduler decide about a pod.
    ///
    /// - Returns: the node that it was bound to; nil when it fits nowhere.
    mutating func place(_ pod: Ref<Pod>) throws(ReplayError) -> NodeIndex? {
        scheduler.deliver([WatchEvent(.added, .pod(pod))], at: now, &outbox)
        var attempts = 0
        while true {
            for place in outbox.calls.indices {
                let call = outbox.calls[place]
                if case .bind(_, _, let node, let annotations) = call.request {
                    outbox.removeAll()
                    scheduler.complete(call.token, .success(nil), at: now, &outbox)
                    outbox.removeAll()
                    confirm(pod, on: node, annotations)
                    return scheduler.cluster.nodes[node]
                }
            }
            // Turned down: what would be written to its status is of no more use.
            if !outbox.events.isEmpty || attempts > Self.attemptLimit { break }
            let wake = scheduler.nextWake
            if wake == .never { break }
            now = max(now, wake)
            attempts += 1
            scheduler.wake(at: now, &outbox)
        }
        let isDecided = !outbox.events.isEmpty
        outbox.removeAll()
        scheduler.deliver([WatchEvent(.deleted, .pod(pod))], at: now, &outbox)
        outbox.removeAll()
        if !isDecided { throw .stuck(pod.value.metadata.name) }
        return nil
    }

    /// How often the scheduler may wake up for one pod.
    private static let attemptLimit = 8

    private mutating func confirm(_ pod: Ref<Pod>, on node: String, _ annotations: StringMap) {
        var bound = pod.value
        bound.nodeName = node
        if !annotations.isEmpty {
            bound.metadata.annotations = bound.metadata.annotations.merging(annotations)
        }
        bound.metadata.resourceVersion += 1
        scheduler.deliver([WatchEvent(.modified, .pod(Ref(bound)))], at: now, &outbox)
        outbox.removeAll()
    }
}
