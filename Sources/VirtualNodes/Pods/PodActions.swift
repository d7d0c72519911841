import KubernetesModel

/// What a sync has to do with a pod's sandbox and containers.
///
/// A pure function of the pod, of what the last listing of the runtime showed, and of the probes' results.
/// Upstream: `pkg/kubelet/kuberuntime/kuberuntime_manager.go`, `computePodActions`;
/// `kuberuntime_container.go`, `computeInitContainerActions` (v1.36).
struct PodActions: Equatable {
    struct Kill: Equatable {
        var container: Int
        var message: String
        var reason: ProbeKind?
    }

    /// Kill all containers and stop the sandbox.
    var killsPod = false
    var createsSandbox = false
    var kills: [Kill] = []
    /// Numbers of containers, in the order of their start: init containers first.
    var starts: [Int] = []
    /// How many of ``starts`` are init containers.
    var initStarts = 0

    init(_ record: PodRecord) {
        let spec = record.spec
        let listing = record.listing
        let initCount = record.initCount
        func observed(_ index: Int) -> ObservedContainer { record.containers[index].observed(at: listing) }

        if record.needsSandbox {
            killsPod = true
            createsSandbox = true
            let hasContainers = record.containers.indices.contains { observed($0) != .missing }
            if spec.restartPolicy == .never && record.hasSandbox && hasContainers {
                // A pod that runs once is not given a second sandbox.
                createsSandbox = false
                return
            }
            let regular = spec.containers.indices.filter {
                let index = initCount + $0
                let policy = spec.containers[$0].restartPolicy ?? spec.restartPolicy
                return !(policy == .onFailure && record.hasSucceeded(index))
            }
            let hasCreated = spec.containers.indices.contains { observed(initCount + $0) != .missing }
            if regular.isEmpty && hasCreated {
                createsSandbox = false
                return
            }
            if initCount > 0 {
                starts = [0]
                initStarts = 1
            } else {
                starts = regular.map { initCount + $0 }
            }
            return
        }

        var inits: [Int] = []
        let isInitialized = initActions(record, &inits)
        starts = inits
        initStarts = inits.count
        if killsPod {
            starts = []
            initStarts = 0
            return
        }
        if !isInitialized { return }

        var kept = 0
        for (offset, container) in spec.containers.enumerated() {
            let index = initCount + offset
            guard observed(index) == .running else {
                if record.shouldRestart(index) { starts.append(index) }
                continue
            }
            var message: String
            let reason: ProbeKind
            if record.probeResult(index, .liveness) == .failure {
                message = "Container \(container.name) failed liveness probe"
                reason = .liveness
            } else if record.probeResult(index, .startup) == .failure {
                message = "Container \(container.name) failed startup probe"
                reason = .startup
            } else {
                kept += 1
                continue
            }
            if (container.restartPolicy ?? spec.restartPolicy) != .never {
                message += ", will be restarted"
                starts.append(index)
            }
            kills.append(Kill(container: index, message: message, reason: reason))
        }
        if kept == 0 && starts.count == initStarts {
            // Nothing runs and nothing will.
            killsPod = true
            kills = []
            starts = []
            initStarts = 0
        }
    }

    /// Returns whether the init containers are done, so that the regular ones may run.
    private mutating func initActions(_ record: PodRecord, _ inits: inout [Int]) -> Bool {
        let spec = record.spec
        let count = spec.initContainers.count
        if count == 0 { return true }
        let listing = record.listing
        func observed(_ index: Int) -> ObservedContainer { record.containers[index].observed(at: listing) }
        var hasInitialized = spec.containers.indices.contains {
            let state = observed(count + $0)
            return state == .created || state == .running
        }
        var wasInitialized = hasInitialized
        for index in stride(from: count - 1, through: 0, by: -1) {
            let container = spec.initContainers[index]
            let state = observed(index)
            if state == .missing {
                if wasInitialized && container.isSidecar { inits.append(index) }
                continue
            }
            // Once the pod is initialised, only sidecars matter.
            if wasInitialized && !container.isSidecar { continue }
            switch state {
            case .missing: break
            case .created: inits.append(index)
            case .running:
                guard container.isSidecar else { break }
                if container.startupProbe != nil {
                    let result = record.probeResult(index, .startup)
                    if result != .success {
                        if result == .failure {
                            kills.append(
                                Kill(
                                    container: index,
                                    message: "Init container \(container.name) failed startup probe",
                                    reason: .startup))
                            inits.append(index)
                        }
                        break
                    }
                }
                if index == count - 1 {
                    hasInitialized = true
                } else if !wasInitialized {
                    inits.append(index + 1)
                }
                if container.livenessProbe != nil, record.probeResult(index, .liveness) == .failure {
                    kills.append(
                        Kill(
                            container: index,
                            message: "Init container \(container.name) failed liveness probe",
                            reason: .liveness))
                    inits.append(index)
                }
            case .exited:
                if container.isSidecar {
                    inits.append(index)
                } else if record.containers[index].instance?.exitCode != 0 {
                    if !record.shouldRestart(index) {
                        killsPod = true
                        return false
                    }
                    inits.append(index)
                } else if index == count - 1 {
                    hasInitialized = true
                } else {
                    inits.append(index + 1)
                }
            }
            // The one before this has been done.
            wasInitialized = true
        }
        if !wasInitialized { inits.append(0) }
        inits.reverse()
        return hasInitialized
    }
}

extension PodRecord {
    /// Whether the last start of a container ended with success, as far as the last listing shows.
    func hasSucceeded(_ index: Int) -> Bool {
        containers[index].observed(at: listing) == .exited && containers[index].instance?.exitCode == 0
    }

    /// Upstream: `pkg/kubelet/container/helpers.go`, `ShouldContainerBeRestarted` (v1.36).
    func shouldRestart(_ index: Int) -> Bool {
        if pod.value.metadata.isBeingDeleted { return false }
        switch containers[index].observed(at: listing) {
        case .missing, .created: return true
        case .running: return false
        case .exited: return restartsAfter(index, exitCode: containers[index].instance?.exitCode ?? 0)
        }
    }

    /// Upstream: `pkg/api/v1/pod/util.go`, `ContainerShouldRestart` (v1.36).
    func restartsAfter(_ index: Int, exitCode: Int32) -> Bool {
        switch container(index).restartPolicy ?? spec.restartPolicy {
        case .always: true
        case .onFailure: exitCode != 0
        case .never: false
        }
    }

    /// What the results manager holds for the present start of a container.
    func probeResult(_ index: Int, _ kind: ProbeKind) -> ProbeResult? {
        guard let instance = containers[index].instance else { return nil }
        let target = ProbeState.Target(attempt: instance.attempt, sandbox: instance.sandbox)
        for probe in probes where Int(probe.container) == index && probe.kind == kind {
            return probe.target == target ? probe.result : nil
        }
        return nil
    }
}
