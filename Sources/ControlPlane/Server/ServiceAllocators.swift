import KubernetesModel
import OrderedCollections

/// Hands out service addresses: cluster IPs from 10.96.0.0/16 and node ports from 30000 to 32767, the
/// defaults of kubeadm and of the API server.
///
/// Both ranges have a lower band that is kept for addresses that users choose: 256 cluster IPs and 86 node
/// ports. What is not chosen comes from the upper band, and from the lower one when that is used up. Upstream
/// allocates at random within a band; simk hands addresses out in order, which no controller can tell apart
/// and which keeps runs alike when services are added.
/// Upstream: `pkg/registry/core/service/ipallocator/ipallocator.go`, `portallocator/allocator.go` (v1.36).
struct ServiceAllocators: Sendable {
    /// A range in two bands, counted from 0.
    private struct Band: Sendable {
        let size: Int
        let firstDynamic: Int
        var next: Int
        var used: Set<Int>

        init(size: Int, firstDynamic: Int, used: Set<Int> = []) {
            self.size = size
            self.firstDynamic = firstDynamic
            self.used = used
            next = firstDynamic
        }

        mutating func take() -> Int? {
            guard used.count < size else { return nil }
            let dynamic = size - firstDynamic
            for step in 0..<dynamic {
                let number = firstDynamic + (next - firstDynamic + step) % dynamic
                if used.insert(number).inserted {
                    next = number + 1
                    return number
                }
            }
            return (0..<firstDynamic).first { used.insert($0).inserted }
        }
    }

    /// The cluster's service network.
    static let network = "10.96.0.0/16"
    private static let firstPort: Int64 = 30_000
    private static let lastPort: Int64 = 32_767

    /// From 10.96.0.1, which is the API server's own, to 10.96.255.254.
    private var addresses = Band(size: 65_534, firstDynamic: 256, used: [0])
    private var ports = Band(size: 2_768, firstDynamic: 86)

    /// What is wrong with an address or a port that somebody has chosen.
    enum Fault: Error {
        case taken
        case outOfRange
    }

    private static func index(of address: String) -> Int? {
        let parts = address.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "10", parts[1] == "96", let third = UInt8(parts[2]),
            let fourth = UInt8(parts[3])
        else { return nil }
        let index = Int(third) << 8 + Int(fourth) - 1
        return (0..<65_534).contains(index) ? index : nil
    }

    private static func index(of port: Int64) -> Int? {
        port >= firstPort && port <= lastPort ? Int(port - firstPort) : nil
    }

    mutating func take(address: String) throws(Fault) {
        guard let index = Self.index(of: address) else { throw .outOfRange }
        if !addresses.used.insert(index).inserted { throw .taken }
    }

    mutating func take(port: Int64) throws(Fault) {
        guard let index = Self.index(of: port) else { throw .outOfRange }
        if !ports.used.insert(index).inserted { throw .taken }
    }

    mutating func release(address: String) {
        if let index = Self.index(of: address) { addresses.used.remove(index) }
    }

    mutating func release(port: Int64) {
        if let index = Self.index(of: port) { ports.used.remove(index) }
    }

    /// The next free address, or nil when the range is used up.
    mutating func address() -> String? {
        addresses.take().map { "10.96.\(($0 + 1) >> 8).\(($0 + 1) & 255)" }
    }

    /// The next free port, or nil when the range is used up.
    mutating func port() -> Int64? { ports.take().map { Self.firstPort + Int64($0) } }
}

/// The addresses and ports that a Service holds.
struct ServiceHoldings: Sendable {
    var addresses: OrderedSet<String> = []
    var ports: OrderedSet<Int64> = []

    init() {}

    /// Reads them from a Service's tree.
    init(_ service: JSONValue) {
        guard let spec = service["spec"], spec["type"] != "ExternalName" else { return }
        let listed = (spec["clusterIPs"]?.arrayValue ?? []).compactMap(\.stringValue)
        for address in listed + [spec["clusterIP"]?.stringValue ?? ""]
        where !address.isEmpty && address != "None" { addresses.append(address) }
        for port in spec["ports"]?.arrayValue ?? [] {
            if let number = port["nodePort"]?.integerValue, number != 0 { ports.append(number) }
        }
        if let number = spec["healthCheckNodePort"]?.integerValue, number != 0 { ports.append(number) }
    }
}
