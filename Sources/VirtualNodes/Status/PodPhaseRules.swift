import KubernetesModel

/// A pod's phase from the states of its containers.
///
/// Upstream: `pkg/kubelet/kubelet_pods.go`, `getPhase` (v1.36).
enum PodPhaseRules {
    /// - Parameters:
    ///   - statuses: of all containers, init containers included.
    ///   - isTerminal: whether all containers have ended for good.
    ///   - hasInitialized: whether a regular container has been started in the present sandbox.
    static func phase(
        _ spec: PodSpecFields, _ statuses: [ContainerStatus], isTerminal: Bool, hasInitialized: Bool
    ) -> PodPhase {
        func status(_ name: String) -> ContainerStatus? { statuses.first { $0.name == name } }
        func restarts(_ container: Container, _ exitCode: Int64) -> Bool {
            switch container.restartPolicy ?? spec.restartPolicy {
            case .always: true
            case .onFailure: exitCode != 0
            case .never: false
            }
        }
        var pendingInit = 0
        var pendingSidecars = 0
        var hasFailedForGood = false
        for container in spec.initContainers where !container.isSidecar {
            guard let found = status(container.name) else {
                pendingInit += 1
                continue
            }
            var exitCode: Int64?
            switch found.state {
            case .terminated(let end): exitCode = end.exitCode
            case .waiting:
                if let end = found.lastState?.termination {
                    exitCode = end.exitCode
                } else {
                    pendingInit += 1
                }
            case .running, nil: pendingInit += 1
            }
            if let exitCode, exitCode != 0, !restarts(container, exitCode) { hasFailedForGood = true }
        }

        var (unknown, running, waiting) = (0, 0, 0)
        var (stopped, stoppedForGood, succeeded) = (0, 0, 0)
        for container in spec.initContainers where container.isSidecar {
            guard let found = status(container.name) else {
                unknown += 1
                continue
            }
            switch found.state {
            case .running:
                if found.started != true { pendingSidecars += 1 }
                running += 1
            case .terminated: break
            case .waiting:
                if found.lastState?.termination == nil {
                    pendingSidecars += 1
                    waiting += 1
                }
            case nil:
                pendingSidecars += 1
                unknown += 1
            }
        }
        for container in spec.containers {
            guard let found = status(container.name) else {
                unknown += 1
                continue
            }
            switch found.state {
            case .running: running += 1
            case .terminated(let end):
                stopped += 1
                if !restarts(container, end.exitCode) { stoppedForGood += 1 }
                if end.exitCode == 0 { succeeded += 1 }
            case .waiting:
                if let end = found.lastState?.termination {
                    stopped += 1
                    if !restarts(container, end.exitCode) { stoppedForGood += 1 }
                } else {
                    waiting += 1
                }
            case nil: unknown += 1
            }
        }

        if hasFailedForGood { return .failed }
        if pendingInit > 0 || (pendingSidecars > 0 && !hasInitialized) || waiting > 0 { return .pending }
        if running > 0 && unknown == 0 { return .running }
        guard running == 0, stopped > 0, unknown == 0 else { return .pending }
        if isTerminal { return stopped == succeeded ? .succeeded : .failed }
        if stopped != stoppedForGood { return .running }
        return stopped == succeeded ? .succeeded : .failed
    }
}
