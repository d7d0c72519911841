public import KubernetesModel
import OrderedCollections

/// What all pods of one spec and namespace have in common for the scheduler, compiled once.
///
/// The identity of a class is a key for whatever is learnt about it.
public final class PodClass: Sendable {
    /// The spec of all pods of the class, but for the names of claims (``PodSpec/basis``).
    public let spec: PodSpec
    public let namespace: String
    /// What the pod needs to fit, by its spec.
    public let requests: ResourceRequests
    /// What the pod takes on its node: as ``requests``, unless an in-place resize is under way.
    public let reserved: ResourceRequests
    /// What ``reserved`` counts as in scores, with defaults where containers name nothing.
    public let nonZeroMilliCPU: Int64
    public let nonZeroMemoryBytes: Int64
    /// The pod's requests as quantities: what NodeResourcesBalancedAllocation adds.
    public let scoringRequests: ResourceList
    /// The containers' requests, with defaults for missing ones, as quantities: what NodeResourcesFit adds.
    ///
    /// Upstream's plugin leaves the pod level and resizes out here, since it does not hand its features on to
    /// its scorer (`noderesources/fit.go`, `NewFit`, v1.36); golden results agree.
    public let scoringRequestsWithDefaults: ResourceList
    public let hostPorts: [HostPort]
    /// How many volumes a pod can attach at most.
    let volumeCount: Int64
    /// The profile that the pods name.
    let schedulerName: String
    /// The spec's priority; 0 when none was resolved.
    public let priority: Int64
    public let requiredNodeAffinity: NodeRequirements
    /// Nil when a preferred term cannot be parsed.
    public let preferredNodeAffinity: PreferredNodeTerms?
    public let requiredAffinity: [AffinityTerm]
    public let requiredAntiAffinity: [AffinityTerm]
    public let preferredAffinity: [AffinityTerm]
    public let preferredAntiAffinity: [AffinityTerm]
    /// Images of init containers, containers and volumes, by the names that nodes list; repeated as used.
    public let images: [String]
    /// What the pods ask of GPUs, by their annotations; nil when nothing.
    public let gpu: GPURequest?
    /// Why the annotations make no request; empty when they do.
    let gpuFault: String
    let gpuSource: GPURequest.Source?

    /// Whether the spec has inter-pod affinity or anti-affinity of any sort.
    public let hasAffinity: Bool

    init(
        pod: Pod, table: inout NodeTable, sumsBeforeScoring: Int64 = 1, sumsBeforeReservation: Int64 = 1
    ) {
        let spec = pod.spec
        let namespace = pod.metadata.namespace
        self.spec = spec
        self.namespace = namespace
        let plain = PodRequests()(pod)
        requests = table.resources.compile(plain)
        let actual = PodRequests(usesStatus: true, sums: sumsBeforeReservation)(pod)
        reserved = table.resources.compile(actual)
        scoringRequests = PodRequests(usesStatus: true, sums: sumsBeforeScoring)(pod)
        scoringRequestsWithDefaults = PodRequests(missing: DefaultRequests.both, skipsPodLevel: true)(pod)
        var missing = DefaultRequests.both
        if PodRequests.hasPodLevelRequests(spec) {
            for entry in missing.entries where actual[entry.name] != nil { missing[entry.name] = nil }
        }
        let sums = sumsBeforeReservation > 1 ? sumsBeforeReservation + 1 : 1
        let nonZero =
            missing.isEmpty ? actual : PodRequests(missing: missing, usesStatus: true, sums: sums)(pod)
        nonZeroMilliCPU = nonZero.amount(ResourceName.cpu)
        nonZeroMemoryBytes = nonZero.amount(ResourceName.memory)
        hostPorts = HostPort.ports(of: spec)
        volumeCount = NodeVolumeLimits.volumeBound(spec)
        schedulerName = spec.fields.schedulerName
        priority = spec.priorityValue
        hasAffinity = spec.affinity?.podAffinity != nil || spec.affinity?.podAntiAffinity != nil
        requiredNodeAffinity = NodeRequirements(spec: spec, symbols: &table.symbols)
        preferredNodeAffinity = PreferredNodeTerms(
            spec.affinity?.nodeAffinity?.preferred ?? [], symbols: &table.symbols)

        func terms(_ list: [PodAffinityTerm]) -> [AffinityTerm] {
            list.map { AffinityTerm($0, namespace: namespace, topology: table.topology($0.topologyKey)) }
        }
        func weighted(_ list: [WeightedPodAffinityTerm]) -> [AffinityTerm] {
            list.map {
                AffinityTerm(
                    $0.podAffinityTerm, namespace: namespace,
                    topology: table.topology($0.podAffinityTerm.topologyKey), weight: $0.weight)
            }
        }
        requiredAffinity = terms(spec.affinity?.podAffinity?.required ?? [])
        requiredAntiAffinity = terms(spec.affinity?.podAntiAffinity?.required ?? [])
        preferredAffinity = weighted(spec.affinity?.podAffinity?.preferred ?? [])
        preferredAntiAffinity = weighted(spec.affinity?.podAntiAffinity?.preferred ?? [])
        for constraint in spec.topologySpreadConstraints { _ = table.topology(constraint.topologyKey) }
        var images = spec.initContainers.map(\.image) + spec.containers.map(\.image)
        for volume in spec.volumes {
            if let reference = volume.rest["image"]?["reference"]?.stringValue { images.append(reference) }
        }
        self.images = images.map(ImageStates.normalizedName)
        gpuSource = GPURequest.Source(pod.metadata.annotations)
        do throws(GPURequestFault) {
            gpu = try gpuSource?.request()
            gpuFault = ""
        } catch {
            gpu = nil
            gpuFault = error.message
        }
    }
}

/// A pod as the scheduler holds it: one version of the object, beside what its class compiled.
public struct PodInfo: Sendable {
    public let pod: Ref<Pod>
    public let group: PodGroup

    init(pod: Ref<Pod>, group: PodGroup) {
        self.pod = pod
        self.group = group
    }

    /// Another version of a pod whose spec, labels and controller are the same.
    public init(pod: Ref<Pod>, like other: PodInfo) {
        self.pod = pod
        group = other.group
    }

    public var podClass: PodClass { group.podClass }
    @inlinable public var value: Pod { pod.value }
    /// The pod's own spec: with the names of its claims, which the class's may lack.
    @inlinable public var spec: PodSpec { pod.value.spec }
    @inlinable public var uid: UID { pod.value.metadata.uid }
    @inlinable public var key: ObjectKey { pod.value.metadata.key }
    public var namespace: String { group.podClass.namespace }
    public var labels: Labels { group.labels }
    public var priority: Int64 { group.podClass.priority }
    var isTerminating: Bool { pod.value.metadata.deletionTimestamp != nil }
}
