public import KubernetesModel

/// Pods that no plugin can tell apart but by name: of one spec, namespace, set of labels and controller.
///
/// What is learnt about one of them holds for all. A group's number is never used again.
public final class PodGroup: Sendable {
    public let podClass: PodClass
    public let labels: Labels
    /// The managing owner, which tells the default topology spread.
    let controller: OwnerReference?
    private let hasController: Bool
    /// In the order in which groups were met.
    public let id: Int32

    init(_ podClass: PodClass, labels: Labels, controller: OwnerReference?, id: Int32) {
        self.podClass = podClass
        self.labels = labels
        self.controller = controller
        hasController = controller != nil
        self.id = id
    }

    /// Whether a pod is of the group, given that its requests are those of the spec.
    func includes(_ pod: Pod) -> Bool {
        pod.spec.shared === podClass.spec && pod.metadata.namespace == podClass.namespace
            && pod.metadata.labels == labels && isController(pod.metadata)
            && GPURequest.Source(pod.metadata.annotations) == podClass.gpuSource
    }

    private func isController(_ metadata: ObjectMeta) -> Bool {
        if metadata.ownerReferences.isEmpty { return !hasController }
        return PodGroup.controller(of: metadata) == controller
    }

    /// The reference to a pod's controller, without what does not matter to the scheduler.
    static func controller(of metadata: ObjectMeta) -> OwnerReference? {
        guard let owner = metadata.controllerReference else { return nil }
        var reduced = OwnerReference()
        reduced.apiVersion = owner.apiVersion
        reduced.kind = owner.kind
        reduced.name = owner.name
        return reduced
    }
}

extension PodSpec {
    /// The spec that stands for all that differ in the names of claims only.
    var shared: PodSpec { basis ?? self }
}

/// What tells groups apart.
struct PodGroupKey: Hashable {
    let podClass: ObjectIdentifier
    let labels: Labels
    let controller: OwnerReference?
}
