import ControlPlane
import KubernetesModel

/// Which services a change of a pod concerns.
///
/// Upstream: `staging/src/k8s.io/endpointslice/util/controller_utils.go`, `GetPodUpdateProjectionKey` and
/// `GetServicesToUpdate` (v1.36).
enum ServicesOfPod {
    /// - Parameter services: the services that select a pod of a namespace with labels.
    static func affected(
        by change: CacheChange, _ services: (_ namespace: String, _ labels: Labels) -> [ObjectKey]
    ) -> [ObjectKey] {
        guard let pod = change.object.pod?.value else { return [] }
        func selecting(_ pod: Pod) -> [ObjectKey] { services(pod.metadata.namespace, pod.metadata.labels) }
        guard change.kind == .modified, let old = change.old?.pod?.value else { return selecting(pod) }
        let labelsChanged =
            pod.metadata.labels != old.metadata.labels || pod.spec.hostname != old.spec.hostname
            || pod.spec.subdomain != old.spec.subdomain
        // Upstream compares pointers: every change of a pod that is being deleted counts.
        let podChanged =
            pod.metadata.isBeingDeleted || old.metadata.isBeingDeleted || pod.isReady != old.isReady
            || pod.status.podIP != old.status.podIP
        guard labelsChanged || podChanged else { return [] }
        var affected = selecting(pod)
        guard labelsChanged else { return affected }
        let before = selecting(old)
        let both = affected.filter(before.contains)
        affected += before.filter { !affected.contains($0) }
        if !podChanged { affected.removeAll(where: both.contains) }
        return affected
    }

    /// The services that select such pods, found by a look at all services of the namespace.
    static func selecting(namespace: String, _ labels: Labels, _ view: ObjectCache) -> [ObjectKey] {
        view.list(Service.self, namespace: namespace).compactMap { service in
            let selector = service.value.spec.selector
            guard !selector.isEmpty, LabelSelector(matchLabels: selector).matches(labels) else { return nil }
            return service.value.key
        }
    }
}
