import ControlPlane
import KubernetesModel

/// Which services a change of a pod concerns.
///
/// Upstream: `staging/src/k8s.io/endpointslice/util/controller_utils.go`, `GetPodUpdateProjectionKey` and
/// `GetServicesToUpdate` (v1.36).
enum ServicesOfPod {
    static func affected(by change: CacheChange, _ view: ObjectCache) -> [ObjectKey] {
        guard let pod = change.object.pod?.value else { return [] }
        guard change.kind == .modified, let old = change.old?.pod?.value else { return selecting(pod, view) }
        let labelsChanged =
            pod.metadata.labels != old.metadata.labels || pod.spec.hostname != old.spec.hostname
            || pod.spec.subdomain != old.spec.subdomain
        // Upstream compares pointers: every change of a pod that is being deleted counts.
        let podChanged =
            pod.metadata.isBeingDeleted || old.metadata.isBeingDeleted || pod.isReady != old.isReady
            || pod.status.podIP != old.status.podIP
        guard labelsChanged || podChanged else { return [] }
        var services = selecting(pod, view)
        guard labelsChanged else { return services }
        let before = selecting(old, view)
        let both = services.filter(before.contains)
        services += before.filter { !services.contains($0) }
        if !podChanged { services.removeAll(where: both.contains) }
        return services
    }

    private static func selecting(_ pod: Pod, _ view: ObjectCache) -> [ObjectKey] {
        view.list(Service.self, namespace: pod.metadata.namespace).compactMap { service in
            let selector = service.value.spec.selector
            guard !selector.isEmpty, LabelSelector(matchLabels: selector).matches(pod.metadata.labels) else {
                return nil
            }
            return service.value.key
        }
    }
}
