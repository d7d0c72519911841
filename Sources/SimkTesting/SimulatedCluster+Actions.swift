import ControlPlane
import Failures
public import Foundation
import KubernetesModel
import Scenarios
public import Simulation
public import SimulationKernel

extension SimulatedCluster {
    // MARK: Objects

    /// Applies manifests as `kubectl apply` does, and waits until the API server has them.
    ///
    /// - Parameter manifests: YAML or JSON, any number of documents.
    /// - Throws: what is wrong with them, in the API server's words.
    public func apply(_ manifests: String) throws {
        try apply(ScenarioLoader.manifests(manifests, name: "manifest"))
    }

    /// Applies the manifests of a file.
    public func apply(contentsOf file: URL) throws {
        let text = try String(contentsOf: file, encoding: .utf8)
        try apply(ScenarioLoader.manifests(text, name: file.lastPathComponent))
    }

    private func apply(_ objects: [ManifestObject]) throws {
        let refused = simulation.refusedManifests.count
        for object in objects { perform(.apply([AppliedManifest(object)])) }
        if let refusal = simulation.refusedManifests.dropFirst(refused).first {
            throw ClusterFailure(message: "\(refusal.key): \(refusal.message)", timeline: "")
        }
    }

    /// Deletes an object, such as `deployment/web`; what it owns goes with it.
    public func delete(_ object: String) throws(ClusterFailure) {
        let reference = try self.reference(object)
        perform(.delete(reference.kind, reference.key, DeleteOptions(propagation: .background)))
    }

    /// Scales a workload.
    public func scale(_ object: String, to replicas: Int64) throws(ClusterFailure) {
        let reference = try self.reference(object)
        perform(.scale(reference.kind, reference.key, replicas: replicas))
    }

    /// Changes the image of a container, which begins a rollout.
    public func setImage(_ object: String, container: String, image: String) throws(ClusterFailure) {
        let reference = try self.reference(object)
        perform(.setImage(reference.kind, reference.key, container: container, image: image))
    }

    /// Drains a node as `kubectl drain` does: the drain goes on while time passes.
    public func drain(_ node: String) {
        perform(.node(node, .drain(gracePeriodSeconds: nil, timeout: nil)))
    }

    // MARK: Breaking

    /// Takes a node's power, for a time or until ``recover(_:)``.
    public func powerOff(_ node: String, for duration: VirtualDuration? = nil) {
        perform(.node(node, .fail(.powerLoss, for: duration)))
    }

    /// Stops a node's kubelet; its containers go on.
    public func stopKubelet(_ node: String, for duration: VirtualDuration? = nil) {
        perform(.node(node, .fail(.kubeletStop, for: duration)))
    }

    /// Cuts a node off from the API server; its containers go on.
    public func partition(_ node: String, for duration: VirtualDuration? = nil) {
        perform(.node(node, .fail(.partition, for: duration)))
    }

    /// Ends everything that was done to a node.
    public func recover(_ node: String) { perform(.node(node, .recover)) }

    /// A process that can be killed: it comes back with nothing remembered, and leads again when its lease is
    /// free.
    public enum ControlPlaneProcess: Hashable, Sendable {
        case scheduler
        case controllerManager
        /// The author's own controllers.
        case controllers

        var component: String {
            switch self {
            case .scheduler: "kube-scheduler"
            case .controllerManager: "kube-controller-manager"
            case .controllers: SimulatedCluster.controllersName
            }
        }
    }

    /// Kills the process that leads, for a time: one that stands by takes the lease when it has run out.
    public func kill(_ process: ControlPlaneProcess, for duration: VirtualDuration = .seconds(5)) {
        perform(.killLeader(component: process.component, for: duration))
    }

    /// Cuts the process that leads off from the API server, for a time or for good. It goes on in vain, and exits
    /// when it could not renew its lease for ten seconds.
    public func cutOff(_ process: ControlPlaneProcess, for duration: VirtualDuration? = nil) {
        perform(.cutOffLeader(component: process.component, for: duration))
    }

    /// Does something that a scenario's timeline can do, and lets a moment pass so that it is on its way.
    public func perform(_ command: Command) {
        simulation.schedule(command, at: now)
        simulation.run(for: .milliseconds(50))
    }
}
