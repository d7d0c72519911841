import KubernetesModel

/// A port of the node that a pod asks for.
public struct HostPort: Hashable, Sendable {
    public let address: String
    public let transportProtocol: String
    public let port: Int64

    static let anyAddress = "0.0.0.0"

    init(_ port: ContainerPort) {
        address = port.hostIP.isEmpty ? Self.anyAddress : port.hostIP
        transportProtocol = port.transportProtocol.isEmpty ? "TCP" : port.transportProtocol
        self.port = port.hostPort
    }

    /// The ports of containers and sidecars; other init containers' do not last.
    ///
    /// Upstream: `pkg/scheduler/util/utils.go`, `GetHostPorts` (v1.36).
    static func ports(of spec: PodSpec) -> [HostPort] {
        (spec.initContainers.filter(\.isSidecar) + spec.containers).flatMap(\.ports).filter {
            $0.hostPort > 0
        }
        .map(HostPort.init)
    }

    /// Whether both cannot be open on one node.
    func conflicts(with other: HostPort) -> Bool {
        port == other.port && transportProtocol == other.transportProtocol
            && (address == other.address || address == Self.anyAddress || other.address == Self.anyAddress)
    }
}

/// The host ports in use on a node.
///
/// A set: two pods with one port leave it free when the first goes, as upstream has it
/// (`kube-scheduler/framework/types.go`, `HostPortInfo`).
struct HostPortSet: Hashable, Sendable {
    private(set) var ports: [HostPort] = []

    mutating func add(_ port: HostPort) { if !ports.contains(port) { ports.append(port) } }
    mutating func remove(_ port: HostPort) { ports.removeAll { $0 == port } }
    func hasConflict(with port: HostPort) -> Bool { ports.contains { $0.conflicts(with: port) } }
}
