import KubernetesModel
import SimulationKernel

/// Makes equal pod specifications one object, so that whoever remembers something by a specification's identity
/// remembers it for all workloads that run the same, and none is held twice.
struct SharedSpecs: Sendable {
    private var specs: [UInt64: PodSpec] = [:]
    /// Bounds what is kept of specifications that are long gone.
    private static let limit = 4_096

    /// The first specification that is equal to this one, or this one.
    mutating func shared(_ spec: PodSpec) -> PodSpec {
        var digest = EventDigest()
        digest.combine(json: .object(spec.source))
        if let known = specs[digest.value] { return known == spec ? known : spec }
        if specs.count >= Self.limit { specs.removeAll() }
        specs[digest.value] = spec
        return spec
    }
}
