import KubernetesModel
public import SimulationKernel

extension EventDigest {
    /// Takes in one write: when, what kind of write, and to which object.
    public mutating func combine(_ change: StoreChange) {
        combine(UInt64(bitPattern: change.time.nanoseconds))
        combine(UInt64(change.kind.rawValue) << 8 | UInt64(change.object.kind.rawValue))
        combine(change.object.metadata.namespace)
        combine(change.object.metadata.name)
    }
}
