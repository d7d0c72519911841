import ControlPlane
import KubernetesModel
import SimulationKernel

/// ConfigMaps and Secrets: read when a volume is mounted or a container made, kept for a minute.
///
/// Upstream: `pkg/kubelet/configmap`, `pkg/kubelet/secret`, `pkg/kubelet/util/manager` (v1.36).
extension Kubelet {
    /// Reads what a volume or container refers to, and hands on the first fault.
    func read(
        _ wanted: [ReferenceKey], for reader: PendingRead.Reader, _ now: VirtualTime, _ out: inout Outbox
    ) {
        var pending = PendingRead(reader: reader, wanted: wanted, calls: [], error: nil)
        for reference in wanted {
            let object = reference.object
            if let cached = references[object], now - cached.fetchedAt < timing.referenceTimeToLive {
                continue
            }
            if pending.calls.contains(where: { $0.object == object }) { continue }
            nextRead &+= 1
            pending.calls.append((nextRead, object))
            out.call(.get(object.kind, object.key), token: token(.read, number: nextRead))
        }
        if pending.calls.isEmpty { finish(pending, now, &out) } else { pendingReads.append(pending) }
    }

    func completeRead(
        _ number: UInt32, _ result: APIResult, _ now: VirtualTime, _ out: inout Outbox
    ) {
        guard let place = pendingReads.firstIndex(where: { $0.calls.contains { $0.number == number } }) else {
            return
        }
        var pending = pendingReads[place]
        guard let call = pending.calls.firstIndex(where: { $0.number == number }) else { return }
        let object = pending.calls.remove(at: call).object
        switch result {
        case .success(let answer):
            if let answer { references[object] = CachedReference(object: answer, fetchedAt: now) }
        case .failure(let error):
            references[object] = nil
            let isOptional = pending.wanted.allSatisfy { $0.object != object || $0.isOptional }
            if !(error.reason == .notFound && isOptional), pending.error == nil {
                pending.error = error.message
            }
        }
        if pending.calls.isEmpty {
            pendingReads.remove(at: place)
            finish(pending, now, &out)
        } else {
            pendingReads[place] = pending
        }
    }

    private func finish(_ pending: PendingRead, _ now: VirtualTime, _ out: inout Outbox) {
        var error = pending.error
        for reference in pending.wanted where error == nil {
            guard let cached = references[reference.object] else { continue }
            error = reference.missingMember(in: cached.object)
        }
        switch pending.reader {
        case .volume(let slot, let generation, let place):
            if isLive(slot, generation) { volumeRead(slot, Int(place), error, now, &out) }
        case .environment(let slot, let generation):
            guard isLive(slot, generation), pods[Int(slot)].step == .environment else { return }
            guard let error else {
                createContainer(slot, now)
                return
            }
            let container = pods[Int(slot)].startQueue.first.map(Int.init)
            podEvent(slot, .warning, "Failed", "Error: \(error)", container: container, &out)
            fail(slot, reason: "CreateContainerConfigError", message: error, now, &out)
        }
    }

    /// The image is there: what the container's environment refers to comes next.
    func readEnvironment(_ slot: Int32, _ container: Int, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        let wanted = ReferenceKey.references(
            of: pods[index].container(container), namespace: pods[index].pod.value.metadata.namespace)
        guard !wanted.isEmpty else {
            createContainer(slot, now)
            return
        }
        pods[index].step = .environment
        pods[index].stepVersion &+= 1
        read(wanted, for: .environment(slot: slot, generation: pods[index].generation), now, &out)
    }
}
