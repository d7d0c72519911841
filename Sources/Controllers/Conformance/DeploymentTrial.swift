import ControlPlane
public import KubernetesModel
import SimulationKernel

/// One pass of a Deployment's arithmetic over given ReplicaSets, for comparisons with upstream's functions.
///
/// Every update of a ReplicaSet is answered with the object that was sent.
public enum DeploymentTrial {
    public enum Pass: Sendable {
        /// Proportional scaling.
        case scale
        /// A step of a rolling update: the new ReplicaSet, and if nothing is to do there, the old ones.
        case rolling
    }

    public struct Update: Hashable, Sendable {
        public var name: String
        public var replicas: Int64
        public var annotations: StringMap
    }

    public struct Outcome: Hashable, Sendable {
        /// In the order in which they were made.
        public var updates: [Update] = []
        /// `TYPE REASON MESSAGE`.
        public var events: [String] = []
        /// `scaledNew`, `scaledOld`.
        public var did: [String] = []
    }

    /// How many pods an update may add and take away; nil when a limit is no number.
    public static func fenceposts(
        maxSurge: IntOrPercent?, maxUnavailable: IntOrPercent?, desired: Int64
    ) -> (surge: Int64, unavailable: Int64)? {
        DeploymentMath.fenceposts(maxSurge: maxSurge, maxUnavailable: maxUnavailable, desired: desired)
    }

    /// Runs one pass.
    ///
    /// - Parameter newName: the name of the newest ReplicaSet, if there is one.
    public static func run(
        _ pass: Pass, _ deployment: Deployment, _ sets: [ReplicaSet], newName: String?
    ) -> Outcome {
        let snapshot = DeploymentSync.Snapshot(deployment: Ref(deployment), candidates: [], running: [])
        var outcome = Outcome()
        var log = ScriptLog(startedAt: .start)
        while true {
            var sync = DeploymentSync(snapshot, templates: TemplateComparison())
            var did: [String] = []
            let plan = PlanScript.plan(
                log, continuing: { $0 },
                { script throws(ScriptExit) in
                    var revisions = DeploymentSync.Revisions(
                        old: sets.filter { $0.metadata.name != newName },
                        new: sets.first { $0.metadata.name == newName })
                    switch (pass, revisions.new) {
                    case (.scale, _): try sync.scale(&revisions, &script)
                    case (.rolling, nil): break
                    case (.rolling, let new?):
                        if try sync.growNew(revisions, new, &script) {
                            did.append("scaledNew")
                        } else if try sync.shrinkOld(revisions, new, &script) {
                            did.append("scaledOld")
                        }
                    }
                    return .done
                })
            outcome.take(plan.steps)
            guard case .resume(var next) = plan.ending else {
                outcome.did = did
                return outcome
            }
            if case .call(let request, _)? = plan.steps.last, case .update(let object) = request {
                next.append([CallOutcome(request: request, result: .success(object))], at: .start)
            }
            log = next
        }
    }
}

extension DeploymentTrial.Outcome {
    fileprivate mutating func take(_ steps: [Plan<ScriptLog>.Step]) {
        for step in steps {
            switch step {
            case .event(let event):
                events.append("\(event.severity.rawValue) \(event.reason) \(event.message)")
            case .call(.update(let object), _):
                guard let set = object.replicaSet?.value else { continue }
                updates.append(
                    DeploymentTrial.Update(
                        name: set.metadata.name, replicas: set.spec.replicas,
                        annotations: set.metadata.annotations))
            case .call, .batch, .note: break
            }
        }
    }
}
