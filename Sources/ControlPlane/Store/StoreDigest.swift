public import KubernetesModel
public import SimulationKernel

/// Takes the writes to the store into a run's digest, with all that they say.
///
/// Pods of one template share their spec, which is hashed once. Of endpoints the metadata is taken, versions
/// included; what pods and Events say is hashed field by field; everything else as the JSON that a client would see.
public struct StoreDigest: Sendable {
    private let epoch: CalendarTime
    /// Hashes of specs by identity; the spec is held so that its identity is not used again.
    private var specs: [ObjectIdentifier: (spec: PodSpec, hash: UInt64)] = [:]

    public init(epoch: CalendarTime) { self.epoch = epoch }

    /// Takes in one write: when, what kind of write, to which object, and what it is now.
    public mutating func combine(_ change: StoreChange, into digest: inout EventDigest) {
        digest.combine(UInt64(bitPattern: change.time.nanoseconds))
        digest.combine(UInt64(change.kind.rawValue) << 8 | UInt64(change.object.kind.rawValue))
        if case .pod(let pod) = change.object {
            digest.combine(hash(pod.value.spec))
            digest.combine(pod.value.nodeName)
            pod.value.metadata.combine(into: &digest)
            pod.value.status.combine(into: &digest)
        } else if case .event(let event) = change.object {
            event.value.combine(into: &digest)
        } else if change.object.kind == .endpoints || change.object.kind == .endpointSlice {
            // Their content follows from pods and services, which are hashed in full; it is large and changes often.
            change.object.metadata.combine(into: &digest)
        } else {
            change.object.combine(into: &digest, epoch: epoch)
        }
    }

    private mutating func hash(_ spec: PodSpec) -> UInt64 {
        let identity = ObjectIdentifier(spec)
        if let known = specs[identity] { return known.hash }
        if specs.count >= 1_024 { specs.removeAll() }
        var digest = EventDigest()
        digest.combine(json: .object(spec.source))
        specs[identity] = (spec, digest.value)
        return digest.value
    }
}
