public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Deletes Jobs some time after they have finished, and their pods with them.
///
/// Upstream: `pkg/controller/ttlafterfinished` (v1.36).
public struct TTLAfterFinishedController: Controller {
    public typealias Continuation = CallTranscript

    public static let name = "ttl-after-finished-controller"

    public init() {}

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for job in view.list(Job.self) where Self.expiry(of: job.value) != nil { queue.add(job.value.key) }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        guard change.kind != .deleted, let job = change.object.job, Self.expiry(of: job.value) != nil else {
            return
        }
        queue.add(job.value.key)
    }

    /// When a finished Job's time is over; nil for Jobs that stay.
    private static func expiry(of job: Job) -> VirtualTime? {
        guard !job.metadata.isBeingDeleted, let seconds = job.spec.ttlSecondsAfterFinished,
            let finished = job.finishedCondition?.lastTransitionTime
        else { return nil }
        return finished.time + .seconds(seconds)
    }

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<CallTranscript> {
        Self.run(CallTranscript(startedAt: now), key, view, now)
    }

    public mutating func resume(
        _ continuation: CallTranscript, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<CallTranscript> {
        var transcript = continuation
        transcript.add(outcomes)
        return Self.run(transcript, key, view, now)
    }

    private static func run(
        _ transcript: CallTranscript, _ key: WorkKey, _ view: ObjectCache, _ now: VirtualTime
    ) -> Plan<CallTranscript> {
        transcript.run(view: view, now: now) { session throws(SyncStop) in
            guard let cached = session.object(Job.self, key.key), let expiry = expiry(of: cached.value) else {
                return .done
            }
            let rest = expiry - session.startedAt
            if rest > .zero { return .requeueAfter(rest) }
            // The cache may be late: the Job's time may have been prolonged.
            let outcome = try session.call(.get(.job, key.key))
            if let failure = outcome.failure {
                if failure.reason == .notFound { return .done }
                throw .failed(failure)
            }
            guard let fresh = outcome.object?.job?.value, let newExpiry = Self.expiry(of: fresh) else {
                return .done
            }
            let newRest = newExpiry - session.moment()
            if newRest > .zero { return .requeueAfter(newRest) }
            try session.require(
                .delete(.job, key.key, DeleteOptions(propagation: .foreground, uid: fresh.uid)))
            return .done
        }
    }
}
