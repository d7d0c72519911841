import KubernetesModel
import Simulation
public import SimulationKernel

extension SimulatedCluster {
    /// Lets time pass until the cluster has converged, or the limit is reached.
    ///
    /// Converged is a cluster in which nothing but heartbeats and Events was written for `rest`, every workload
    /// has the pods that it asks for and has them available, every Job is at its end, every claim is bound,
    /// nothing is being deleted, and no invariant was broken.
    ///
    /// - Parameter rest: for how long nothing may change.
    /// - Returns: whether it has. `"\(cluster.timeline)"` as a comment tells why not.
    public func converged(within limit: VirtualDuration, rest: VirtualDuration = .seconds(20)) -> Bool {
        let end = now + limit
        while true {
            let settled = lastChange + rest
            if now >= settled && unfinished.isEmpty { return violations.isEmpty }
            if now >= end { return false }
            let next = now < settled ? settled : now + .seconds(1)
            advance(by: min(next, end) - now)
        }
    }

    /// The same, for tests that stop here when it has not.
    ///
    /// - Throws: ``ClusterFailure`` that says what is missing, with the timeline.
    public func waitUntilConverged(
        within limit: VirtualDuration, rest: VirtualDuration = .seconds(20)
    ) throws(ClusterFailure) {
        if converged(within: limit, rest: rest) { return }
        var reasons = unfinished
        reasons += violations.map { "\($0.subject): \($0.message) (invariant \($0.invariant.rawValue))" }
        if reasons.isEmpty { reasons = ["something changes all the time, at last at \(lastChange)"] }
        throw ClusterFailure(
            message: "not converged within \(limit): " + reasons.joined(separator: "; "), timeline: timeline)
    }

    /// What is not yet as it should be, in words.
    public var unfinished: [String] {
        var list: [String] = []
        for object in self.list(Deployment.self) {
            let (spec, status) = (object.spec, object.status)
            if status.observedGeneration < object.metadata.generation
                || status.updatedReplicas != spec.replicas
                || status.availableReplicas != spec.replicas || status.replicas != spec.replicas
            {
                list.append(
                    "deployment/\(object.metadata.name) has \(status.updatedReplicas) updated and "
                        + "\(status.availableReplicas) available of \(spec.replicas) replicas")
            }
        }
        for object in self.list(ReplicaSet.self) where object.status.availableReplicas != object.spec.replicas
        {
            list.append(
                "replicaset/\(object.metadata.name) has \(object.status.availableReplicas) available of "
                    + "\(object.spec.replicas) replicas")
        }
        for object in self.list(StatefulSet.self) {
            let (spec, status) = (object.spec, object.status)
            if status.observedGeneration < object.metadata.generation || status.readyReplicas != spec.replicas
                || status.replicas != spec.replicas
            {
                list.append(
                    "statefulset/\(object.metadata.name) has \(status.readyReplicas) ready of \(spec.replicas) "
                        + "replicas")
            }
        }
        for object in self.list(Job.self) where object.finishedCondition == nil && object.spec.suspend != true
        {
            list.append("job/\(object.metadata.name) is at work")
        }
        for object in self.list(PersistentVolumeClaim.self) where object.status.phase != "Bound" {
            list.append("persistentvolumeclaim/\(object.metadata.name) is not bound")
        }
        for kind in ObjectKind.allCases where kind != .event && kind != .lease {
            for object in simulation.list(kind) where object.metadata.isBeingDeleted {
                list.append("\(kind.name.lowercased())/\(object.metadata.name) is being deleted")
            }
        }
        return list
    }
}
