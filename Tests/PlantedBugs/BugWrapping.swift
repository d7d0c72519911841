public import ControlPlane
import Controllers
import KubernetesModel
import SimulationKernel

/// Plants one bug into the controllers of a controller manager.
public struct BugWrapping: ControllerWrapping {
    public var bug: PlantedBug

    public init(_ bug: PlantedBug) { self.bug = bug }

    public func wrap(_ controller: some Controller) -> any Controller {
        switch controller {
        case let replicas as ReplicaController<ReplicaSet>: wrap(replicas)
        case let deployments as DeploymentController: wrap(deployments)
        case let sets as StatefulSetController: wrap(sets)
        case let budgets as DisruptionController: wrap(budgets)
        case let jobs as JobController: wrap(jobs)
        default: controller
        }
    }

    private func wrap(_ base: ReplicaController<ReplicaSet>) -> any Controller {
        var tampered = Tampered(base)
        switch bug {
        case .actsOnStaleCache: tampered.renewal = { ReplicaController<ReplicaSet>() }
        case .forgetsAdoption:
            tampered.view = { key, view in
                var seen = view
                for pod in view.orphanPods(namespace: key.key.namespace) {
                    seen.apply(WatchEvent(.deleted, APIObject(pod.value)))
                }
                return seen
            }
        case .deletesReadyPodFirst: return ReadyPodsFirst(base)
        case .losesConflict:
            tampered.outcome = { outcome in
                guard outcome.error?.reason == .conflict else { return outcome }
                return CallOutcome(request: outcome.request, result: .success(outcome.request.sentObject))
            }
        case .neverResyncs: tampered.startsEmpty = true
        case .ignoresDeletionTimestamp:
            tampered.view = { key, view in
                guard let set = view.get(ReplicaSet.self, key.key), set.value.metadata.isBeingDeleted else {
                    return view
                }
                var seen = view
                seen.apply(
                    WatchEvent(.modified, APIObject(set.value).withMetadata { $0.deletionTimestamp = nil }))
                return seen
            }
        default: return base
        }
        return tampered
    }

    private func wrap(_ base: DeploymentController) -> any Controller {
        var tampered = Tampered(base)
        switch bug {
        case .hotLoops:
            tampered.plan = { plan, key, view in
                guard case .done = plan.ending, let object = view[.deployment, key.key] else { return plan }
                var plan = plan
                plan.steps.append(.call(.updateStatus(object), tolerating: APIError.Reason.all))
                plan.ending = .requeueAfter(.milliseconds(10))
                return plan
            }
        case .surgeOffByOne:
            tampered.plan = { plan, _, view in
                plan.mapRequests { request in
                    guard case .update(.replicaSet(let set)) = request,
                        let old = view.get(ReplicaSet.self, set.value.metadata.key),
                        set.value.spec.replicas > old.value.spec.replicas
                    else { return request }
                    var more = set.value
                    more.spec.replicas += 1
                    return .update(APIObject(more))
                }
            }
        default: return base
        }
        return tampered
    }

    private func wrap(_ base: StatefulSetController) -> any Controller {
        var tampered = Tampered(base)
        switch bug {
        case .skipsOrdinal:
            tampered.view = { key, view in
                guard var set = view.get(StatefulSet.self, key.key)?.value else { return view }
                var ordinals = set.spec.ordinals ?? StatefulSetSpec.Ordinals()
                ordinals.start += 1
                set.spec.ordinals = ordinals
                var seen = view
                seen.apply(WatchEvent(.modified, APIObject(set)))
                return seen
            }
        case .leaksClaim:
            tampered.plan = { plan, _, _ in
                plan.mapRequests { request in
                    guard case .update(let object) = request, object.kind == .persistentVolumeClaim else {
                        return request
                    }
                    return .update(object.withMetadata { $0.ownerReferences = [] })
                }
            }
        default: return base
        }
        return tampered
    }

    private func wrap(_ base: DisruptionController) -> any Controller {
        guard bug == .ignoresBudget else { return base }
        var tampered = Tampered(base)
        tampered.plan = { plan, _, _ in
            plan.mapRequests { request in
                guard case .updateStatus(.podDisruptionBudget(let object)) = request else { return request }
                var budget = object.value
                budget.status.disruptionsAllowed = budget.status.currentHealthy
                return .updateStatus(APIObject(budget))
            }
        }
        return tampered
    }

    private func wrap(_ base: JobController) -> any Controller {
        guard bug == .doubleCountsFinishedPod else { return base }
        var tampered = Tampered(base)
        tampered.plan = { plan, key, view in
            plan.mapRequests { request in
                guard case .updateStatus(.job(let object)) = request,
                    let old = view.get(Job.self, key.key)?.value
                else { return request }
                var job = object.value
                let more = job.status.succeeded - old.status.succeeded
                if more > 0 { job.status.succeeded += more }
                return .updateStatus(APIObject(job))
            }
        }
        return tampered
    }
}

extension APIRequest {
    /// The object that an update carries.
    fileprivate var sentObject: APIObject? {
        switch self {
        case .create(let object), .update(let object), .updateStatus(let object): object
        default: nil
        }
    }
}
