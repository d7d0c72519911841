import KubernetesModel

/// Endpoints told apart by their addresses, host name and pod, in the order in which they were added.
///
/// Upstream: `staging/src/k8s.io/endpointslice/util/endpointset.go` (v1.36), whose order is random.
struct EndpointSet: Sendable {
    typealias Endpoint = EndpointSlice.Endpoint

    private struct Key: Hashable, Sendable {
        var addresses: [String]
        var hostname: String
        var namespace: String
        var name: String

        init(_ endpoint: Endpoint) {
            addresses = endpoint.addresses.sorted()
            hostname = endpoint.hostname ?? ""
            namespace = endpoint.targetRef?.namespace ?? ""
            name = endpoint.targetRef?.name ?? ""
        }
    }

    private var items: [Endpoint?] = []
    private var places: [Key: Int] = [:]

    /// What is left, in order.
    var all: [Endpoint] { items.compactMap { $0 } }

    mutating func insert(_ endpoint: Endpoint) {
        let key = Key(endpoint)
        if let place = places[key] {
            items[place] = endpoint
        } else {
            places[key] = items.count
            items.append(endpoint)
        }
    }

    /// Takes out the endpoint that stands for the same as another.
    mutating func remove(like endpoint: Endpoint) -> Endpoint? {
        guard let place = places.removeValue(forKey: Key(endpoint)) else { return nil }
        let found = items[place]
        items[place] = nil
        return found
    }
}

extension EndpointSlice.Endpoint {
    /// Whether two endpoints stand for the same address of the same pod.
    func hasSameKey(as other: Self) -> Bool {
        let (mine, theirs) = (targetRef, other.targetRef)
        return (mine?.name ?? "") == (theirs?.name ?? "")
            && (mine?.namespace ?? "") == (theirs?.namespace ?? "")
            && (hostname ?? "") == (other.hostname ?? "")
            && (addresses == other.addresses || addresses.sorted() == other.addresses.sorted())
    }

    /// Whether two endpoints of one key say the same.
    func hasSameState(as other: Self) -> Bool {
        var (mine, theirs) = (targetRef, other.targetRef)
        mine?.resourceVersion = ""
        theirs?.resourceVersion = ""
        return nodeName == other.nodeName && zone == other.zone && conditions == other.conditions
            && mine == theirs
    }

    var isReady: Bool { conditions.ready == true }
}

/// The order of a slice's ports, which is that of a hash of each.
///
/// Upstream: `staging/src/k8s.io/endpointslice/util/controller_utils.go`, `NewPortMapKey` (v1.36).
enum EndpointPortOrder {
    static func sorted(_ ports: [EndpointSlice.Port]) -> [EndpointSlice.Port] {
        if ports.count < 2 { return ports }
        return ports.map { (port: $0, hash: hash($0)) }.sorted { $0.hash < $1.hash }.map(\.port)
    }

    static func hash(_ port: EndpointSlice.Port) -> UInt128 { hash(dump(port)) }

    /// FNV-1a of 128 bits over upstream's dump of a value.
    static func hash(_ dump: String) -> UInt128 {
        var hash = UInt128(0x6c62_272e_07bb_0142) << 64 | UInt128(0x62b8_2175_6295_c58d)
        let prime = UInt128(1) << 88 | UInt128(0x13b)
        for byte in dump.utf8 { hash = (hash ^ UInt128(byte)) &* prime }
        return hash
    }

    static func dump(_ port: EndpointSlice.Port) -> String {
        func text(_ value: String?) -> String { value ?? "<nil>" }
        return "(v1.EndpointPort){Name:(*string)\(text(port.name)) "
            + "Protocol:(*v1.Protocol)\(text(port.transportProtocol)) "
            + "Port:(*int32)\(text(port.port.map(String.init))) "
            + "AppProtocol:(*string)\(text(port.appProtocol))}"
    }
}
