import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics

/// Probe workers. Upstream: `pkg/kubelet/prober` (v1.36).
///
/// A probe takes no time. A readiness probe that a status computation triggers runs at that moment, when the
/// status is already set: upstream leaves that to the scheduling of two goroutines.
extension Kubelet {
    /// Begins the workers of all probes of a pod (`AddPod`).
    func addProbes(_ slot: Int32, _ now: VirtualTime) {
        let index = Int(slot)
        guard pods[index].probes.isEmpty else {
            armIdleProbes(slot, now)
            return
        }
        let record = pods[index]
        let count = record.initCount
        let order =
            (count..<record.containers.count) + (0..<count).filter { record.container($0).isSidecar }
        var probes: [ProbeState] = []
        for container in order {
            for kind in [ProbeKind.startup, .readiness, .liveness] {
                guard let spec = record.container(container).probe(kind) else { continue }
                let period = VirtualDuration.limited(seconds: max(1, spec.periodSeconds))
                var phase = now
                if period > now - machine.startedAt {
                    // Shortly after a start of the kubelet, probes are spread over their period.
                    let chance = streams(record, container).uniform("probe-start/\(kind.text)", starts)
                    phase += VirtualDuration(fractionalSeconds: period.fractionalSeconds * chance)
                }
                probes.append(ProbeState(container: Int32(container), kind: kind, phase: phase))
            }
        }
        pods[index].probes = probes
        armIdleProbes(slot, now)
    }

    /// Arms probes of containers that run and have not been looked at since their start.
    func needsArming(_ record: PodRecord, _ probe: ProbeState) -> Bool {
        guard !probe.isStopped, let instance = record.containers[Int(probe.container)].instance,
            instance.startedAt != .never
        else { return false }
        return probe.target != ProbeState.Target(attempt: instance.attempt, sandbox: instance.sandbox)
    }

    private func armIdleProbes(_ slot: Int32, _ now: VirtualTime) {
        let index = Int(slot)
        for place in pods[index].probes.indices where needsArming(pods[index], pods[index].probes[place]) {
            let container = Int(pods[index].probes[place].container)
            // The status manager must know the start first: its container ID, and that it runs.
            guard pods[index].isRunning(container, at: pods[index].listing),
                let instance = pods[index].containers[container].instance
            else { continue }
            let isFromBefore = instance.startedAt < machine.startedAt - .seconds(10)
            pods[index].probes[place].target = .init(attempt: instance.attempt, sandbox: instance.sandbox)
            pods[index].probes[place].result =
                isFromBefore ? nil : pods[index].probes[place].initialResult
            if isFromBefore, pods[index].probes[place].kind == .startup, container < pods[index].initCount,
                pods[index].currentStatus.initContainerStatuses[container].started == true
            {
                pods[index].probes[place].result = .success
            }
            pods[index].probes[place].isOnHold = false
            armProbe(slot, place, from: now)
        }
    }

    /// Sets the alarm for the next probe that can matter, at or after a moment.
    private func armProbe(_ slot: Int32, _ place: Int, from time: VirtualTime) {
        let index = Int(slot)
        var probe = pods[index].probes[place]
        probe.version &+= 1
        pods[index].probes[place].version = probe.version
        let container = Int(probe.container)
        guard !probe.isStopped, !probe.isOnHold,
            let spec = pods[index].container(container).probe(probe.kind),
            let instance = pods[index].containers[container].instance
        else { return }
        let period = VirtualDuration.limited(seconds: max(1, spec.periodSeconds))
        let delay = VirtualDuration.limited(seconds: spec.initialDelaySeconds)
        // The delay counts from the start in whole seconds, as the status has it.
        let earliest = Timestamp(instance.startedAt).time.advancedClamping(by: delay)
        let next = probe.tick(from: max(time, earliest), period: period)
        alarms.set(
            .probe(
                slot: slot, generation: pods[index].generation, probe: Int32(place), version: probe.version),
            at: next)
    }

    /// Runs a readiness probe out of turn, and moves its period.
    func triggerProbe(_ slot: Int32, _ place: Int, _ now: VirtualTime) {
        let index = Int(slot)
        pods[index].probes[place].phase = max(now, pods[index].probes[place].phase)
        let container = Int(pods[index].probes[place].container)
        if pods[index].probes[place].phase > now { return }
        guard let instance = pods[index].containers[container].instance else { return }
        let target = ProbeState.Target(attempt: instance.attempt, sandbox: instance.sandbox)
        if pods[index].probes[place].target != target {
            pods[index].probes[place].target = target
            pods[index].probes[place].result =
                instance.startedAt < machine.startedAt - .seconds(10) ? nil : .failure
        }
        armProbe(slot, place, from: now)
    }

    func stopProbes(_ slot: Int32, _ kinds: [ProbeKind]) {
        let index = Int(slot)
        for place in pods[index].probes.indices where kinds.contains(pods[index].probes[place].kind) {
            // Liveness and startup probes of sidecars go on until the pod is gone.
            let isSidecar = Int(pods[index].probes[place].container) < pods[index].initCount
            if isSidecar && kinds.count == 2 { continue }
            pods[index].probes[place].isStopped = true
            pods[index].probes[place].version &+= 1
        }
    }

    /// One probe, and the next one that can matter.
    func runProbe(_ slot: Int32, _ place: Int, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        let record = pods[index]
        var probe = record.probes[place]
        let container = Int(probe.container)
        guard !probe.isStopped, !probe.isOnHold, let spec = record.container(container).probe(probe.kind),
            let instance = record.containers[container].instance
        else { return }
        let target = ProbeState.Target(attempt: instance.attempt, sandbox: instance.sandbox)
        guard probe.target == target, let entry = statusEntry(record, container),
            entry.state?.isRunning == true
        else {
            // Armed again by the sync that sees the container's next start.
            pods[index].probes[place].target = nil
            return
        }
        if record.pod.value.metadata.isBeingDeleted && probe.kind != .readiness {
            probe.result = .success
            probe.isStopped = true
            pods[index].probes[place] = probe
            return
        }
        // Startup probes run until the container has started, the others from then on.
        if (entry.started == true) == (probe.kind == .startup) { return }

        let outcome = instance.outcome(of: probe.kind, at: now)
        let period = VirtualDuration.limited(seconds: max(1, spec.periodSeconds))
        if probe.lastOutcome == outcome, probe.lastProbe != .never, probe.lastProbe < now {
            // Probes since the last one that was looked at had the same outcome.
            probe.run += max(1, (now - probe.lastProbe).nanoseconds / period.nanoseconds)
        } else if probe.lastOutcome == outcome && probe.lastProbe == now {
            probe.run += 1
        } else {
            probe.lastOutcome = outcome
            probe.run = 1
        }
        probe.lastProbe = now
        let threshold = max(1, outcome == .success ? spec.successThreshold : spec.failureThreshold)
        let hasCrossed = probe.run >= threshold
        if outcome == .failure && (probe.run == 1 || hasCrossed) {
            let text = failureText(record, container, spec, instance, now)
            podEvent(
                slot, .warning, "Unhealthy", "\(probe.kind.text) probe failed: \(text)", container: container,
                &out)
        }
        let before = probe.result
        if hasCrossed {
            probe.result = outcome
            if probe.kind == .liveness && outcome == .failure || probe.kind == .startup {
                probe.isOnHold = true
                probe.run = 0
            }
        }
        pods[index].probes[place] = probe
        if hasCrossed && before != outcome { report(slot, probe, now) }
        armAfter(slot, place, threshold, period, now)
    }

    private func statusEntry(_ record: PodRecord, _ container: Int) -> ContainerStatus? {
        let name = record.container(container).name
        let status = record.currentStatus
        let list = container < record.initCount ? status.initContainerStatuses : status.containerStatuses
        return list.first { $0.name == name }
    }

    /// Tells the status manager and the worker about a changed result.
    private func report(_ slot: Int32, _ probe: ProbeState, _ now: VirtualTime) {
        let container = Int(probe.container)
        switch probe.kind {
        case .readiness:
            setReadiness(slot, container, probe.result == .success, now)
            requestSync(slot)
        case .startup:
            setStarted(slot, container, probe.result == .success, now)
            requestSync(slot)
            if probe.result == .success { beginProbing(slot, container, now) }
        case .liveness:
            if probe.result == .failure { requestSync(slot) }
        }
    }

    /// The container has started: its other probes begin.
    private func beginProbing(_ slot: Int32, _ container: Int, _ now: VirtualTime) {
        let index = Int(slot)
        for place in pods[index].probes.indices
        where Int(pods[index].probes[place].container) == container
            && pods[index].probes[place].kind != .startup
        {
            armProbe(slot, place, from: now)
        }
    }

    /// Skips the probes whose outcome changes nothing.
    private func armAfter(
        _ slot: Int32, _ place: Int, _ threshold: Int64, _ period: VirtualDuration, _ now: VirtualTime
    ) {
        let index = Int(slot)
        let probe = pods[index].probes[place]
        guard !probe.isOnHold, let instance = pods[index].containers[Int(probe.container)].instance else {
            return
        }
        let change = instance.nextChange(of: probe.kind, after: now)
        var next = change
        if probe.run < threshold {
            // The probe that crosses the threshold, unless the outcome changes before.
            let crossing = now.advancedClamping(by: period.multipliedClamping(by: threshold - probe.run))
            next = min(next, crossing)
        }
        guard next != .never else {
            pods[index].probes[place].version &+= 1
            return
        }
        armProbe(slot, place, from: max(next, now + .nanoseconds(1)))
    }

    // MARK: Words

    private func failureText(
        _ record: PodRecord, _ container: Int, _ probe: Probe, _ instance: ContainerInstance,
        _ now: VirtualTime
    ) -> String {
        let isListening = now >= instance.listensAt
        let address = record.currentStatus.podIP
        func port(_ handler: JSONValue?) -> String {
            switch handler?["port"] {
            case .integer(let number): return "\(number)"
            case .string(let name):
                let named = record.container(container).ports.first { $0.name == name }
                return named.map { "\($0.containerPort)" } ?? name
            default: return ""
            }
        }
        if let http = probe.httpGet {
            if isListening {
                let status = now < instance.readyAt ? 503 : 500
                return "HTTP probe failed with statuscode: \(status)"
            }
            let host = http["host"]?.stringValue ?? address
            let scheme = http["scheme"]?.stringValue?.lowercased() ?? "http"
            let path = http["path"]?.stringValue ?? "/"
            let endpoint = "\(host):\(port(http))"
            return "Get \"\(scheme)://\(endpoint)\(path)\": dial tcp \(endpoint): connect: connection refused"
        }
        if let tcp = probe.tcpSocket {
            let host = tcp["host"]?.stringValue ?? address
            return "dial tcp \(host):\(port(tcp)): connect: connection refused"
        }
        if let grpc = probe.grpc {
            if isListening { return "service unhealthy (responded with \"NOT_SERVING\")" }
            return "timeout: failed to connect service \"\(address):\(port(grpc))\" within "
                + "\(VirtualDuration.limited(seconds: max(1, probe.timeoutSeconds))): "
                + "context deadline exceeded"
        }
        return ""  // A command's own output, which a behaviour does not have.
    }
}
