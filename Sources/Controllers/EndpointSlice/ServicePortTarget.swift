import KubernetesModel

/// Finds the container port that a service's port leads to.
///
/// Upstream: `staging/src/k8s.io/endpointslice/utils.go`, `FindPort` (v1.36).
enum ServicePortTarget {
    static func number(of servicePort: ServicePort, on pod: Pod) -> Int64? {
        switch servicePort.targetPort {
        case .integer(let number): return number
        case .string(let name):
            let containers = pod.spec.containers + pod.spec.initContainers.filter(\.isSidecar)
            for container in containers {
                for port in container.ports
                where port.name == name && port.transportProtocol == servicePort.transportProtocol {
                    return port.containerPort
                }
            }
            return nil
        default: return servicePort.port
        }
    }
}
