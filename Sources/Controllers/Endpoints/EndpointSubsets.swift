import KubernetesModel
import OrderedCollections

/// One address of an Endpoints object.
///
/// It is a reference to a record that never changes, beside its JSON: a large service's object is written anew
/// whenever one of its pods changes, and most of its addresses are then those of before.
struct EndpointAddress: Hashable, Sendable {
    struct Record: Hashable, FieldMapped {
        var ip = ""
        var hostname = ""
        var nodeName: String?
        var targetRef: TargetReference?

        mutating func map(_ fields: inout Fields) {
            fields.requiredString("ip", &ip)
            fields.string("hostname", &hostname)
            fields.string("nodeName", &nodeName)
            fields.part("targetRef", &targetRef)
        }
    }

    private final class Shared: Sendable {
        let record: Record
        let json: JSONValue

        init(_ record: Record, epoch: CalendarTime) {
            self.record = record
            json = .object(record.fields(epoch: epoch))
        }
    }

    private let shared: Shared

    init(_ record: Record, epoch: CalendarTime) { shared = Shared(record, epoch: epoch) }

    var ip: String { shared.record.ip }
    var hostname: String { shared.record.hostname }
    var nodeName: String? { shared.record.nodeName }
    var targetRef: TargetReference? { shared.record.targetRef }
    var uid: UID? { shared.record.targetRef?.uid }
    var json: JSONValue { shared.json }

    static func == (left: Self, right: Self) -> Bool {
        left.shared === right.shared || left.shared.record == right.shared.record
    }
    func hash(into hasher: inout Hasher) { hasher.combine(shared.record) }

    /// By address, then by the pod's identity.
    static func precedes(_ left: Self, _ right: Self) -> Bool {
        if left.ip != right.ip { return left.ip.utf8.lexicographicallyPrecedes(right.ip.utf8) }
        guard let other = right.uid else { return false }
        return left.uid.map { $0 < other } ?? true
    }

    /// Whether two addresses are one, whatever else is said of them.
    static func isSame(_ left: Self, _ right: Self) -> Bool { left.ip == right.ip && left.uid == right.uid }

    fileprivate var dump: String {
        let node = nodeName ?? "<nil>"
        var target = "<nil>"
        if let ref = targetRef {
            target =
                "{Kind:(string)\(ref.kind) Namespace:(string)\(ref.namespace) Name:(string)\(ref.name) "
                + "UID:(types.UID)\(ref.uid) APIVersion:(string)\(ref.apiVersion) "
                + "ResourceVersion:(string)\(ref.resourceVersion) FieldPath:(string)\(ref.fieldPath)}"
        }
        return "{IP:(string)\(ip) Hostname:(string)\(hostname) NodeName:(*string)\(node) "
            + "TargetRef:(*v1.ObjectReference)\(target)}"
    }
}

/// One port of an Endpoints object.
struct EndpointsPort: Hashable, FieldMapped {
    var name = ""
    var port: Int64 = 0
    var transportProtocol = ""
    var appProtocol: String?

    mutating func map(_ fields: inout Fields) {
        fields.string("name", &name)
        fields.requiredInt("port", &port)
        fields.string("protocol", &transportProtocol)
        fields.string("appProtocol", &appProtocol)
    }

    fileprivate var dump: String {
        "{Name:(string)\(name) Port:(int32)\(port) Protocol:(v1.Protocol)\(transportProtocol) "
            + "AppProtocol:(*string)\(appProtocol ?? "<nil>")}"
    }
}

/// Addresses that offer the same ports.
struct EndpointSubset: Hashable, FieldMapped {
    var addresses: [EndpointAddress] = []
    var notReadyAddresses: [EndpointAddress] = []
    var ports: [EndpointsPort] = []

    mutating func map(_ fields: inout Fields) {
        fields.addresses("addresses", &addresses)
        fields.addresses("notReadyAddresses", &notReadyAddresses)
        fields.list("ports", &ports)
    }

    var count: Int { addresses.count + notReadyAddresses.count }

    private var dump: String {
        func list(_ type: String, _ items: [String]) -> String {
            "([]\(type))" + (items.isEmpty ? "<nil>" : "[\(items.joined(separator: " "))]")
        }
        return "(v1.EndpointSubset){Addresses:\(list("v1.EndpointAddress", addresses.map(\.dump))) "
            + "NotReadyAddresses:\(list("v1.EndpointAddress", notReadyAddresses.map(\.dump))) "
            + "Ports:\(list("v1.EndpointPort", ports.map(\.dump)))}"
    }

    /// Brings subsets into the form in which upstream stores them: a set of addresses once, with all its
    /// ports; everything sorted, ports and subsets by hashes.
    ///
    /// Upstream: `pkg/api/v1/endpoints/util.go`, `RepackSubsets` (v1.36).
    static func repacked(_ subsets: [EndpointSubset]) -> [EndpointSubset] {
        if let plain = repackedPlainly(subsets) { return plain }
        struct Identity: Hashable {
            var ip: String
            var uid: UID?
        }
        var addresses: [Identity: EndpointAddress] = [:]
        // By port, who offers it and whether ready; an unready entry wins. Nil stands for no port at all.
        var offers: OrderedDictionary<EndpointsPort?, OrderedDictionary<Identity, Bool>> = [:]
        for subset in subsets {
            let ports: [EndpointsPort?] = subset.ports.isEmpty ? [nil] : subset.ports
            for port in ports {
                // Changed in place: a service of many pods comes as one subset a pod.
                func offer(_ address: EndpointAddress, _ isReady: Bool) {
                    let identity = Identity(ip: address.ip, uid: address.uid)
                    if addresses[identity] == nil { addresses[identity] = address }
                    offers[port, default: [:]][identity, default: true].and(isReady)
                }
                for address in subset.addresses { offer(address, true) }
                for address in subset.notReadyAddresses { offer(address, false) }
            }
        }
        struct Entry: Hashable {
            var address: EndpointAddress
            var isReady: Bool
        }
        // The usual service has one port, and nothing to group.
        if offers.count == 1, let (port, known) = offers.elements.first {
            let entries = known.compactMap { identity, isReady in
                addresses[identity].map { Entry(address: $0, isReady: isReady) }
            }.sorted { EndpointAddress.precedes($0.address, $1.address) }
            return [
                EndpointSubset(
                    addresses: entries.filter(\.isReady).map(\.address),
                    notReadyAddresses: entries.filter { !$0.isReady }.map(\.address),
                    ports: port.map { [$0] } ?? [])
            ]
        }
        var groups: OrderedDictionary<[Entry], [EndpointsPort]> = [:]
        for (port, known) in offers {
            let entries = known.compactMap { identity, isReady in
                addresses[identity].map { Entry(address: $0, isReady: isReady) }
            }
            let key = entries.sorted { EndpointAddress.precedes($0.address, $1.address) }
            groups[key, default: []] += [port].compactMap { $0 }
        }
        let packed = groups.map { entries, ports in
            EndpointSubset(
                addresses: entries.filter(\.isReady).map(\.address),
                notReadyAddresses: entries.filter { !$0.isReady }.map(\.address), ports: sorted(ports))
        }
        if packed.count < 2 { return packed }
        return packed.map { (subset: $0, hash: EndpointPortOrder.hash($0.dump)) }
            .sorted { $0.hash < $1.hash }.map(\.subset)
    }

    /// The same for what nearly all services have: one port at most, the same in all subsets, and each
    /// address once. Nil when that is not so.
    private static func repackedPlainly(_ subsets: [EndpointSubset]) -> [EndpointSubset]? {
        guard let ports = subsets.first?.ports, ports.count <= 1 else { return subsets.isEmpty ? [] : nil }
        guard !subsets.contains(where: { $0.ports != ports }) else { return nil }
        let ready = subsets.flatMap(\.addresses).sorted(by: EndpointAddress.precedes)
        let notReady = subsets.flatMap(\.notReadyAddresses).sorted(by: EndpointAddress.precedes)
        for list in [ready, notReady] {
            for index in list.indices.dropFirst() where EndpointAddress.isSame(list[index - 1], list[index]) {
                return nil
            }
        }
        // An address that is both ready and not is rare, and decided by the full rule.
        let unready = Set(notReady.map(\.ip))
        if !unready.isEmpty && ready.contains(where: { unready.contains($0.ip) }) { return nil }
        return [EndpointSubset(addresses: ready, notReadyAddresses: notReady, ports: ports)]
    }

    private static func sorted(_ ports: [EndpointsPort]) -> [EndpointsPort] {
        if ports.count < 2 { return ports }
        return ports.map { (port: $0, hash: EndpointPortOrder.hash("(v1.EndpointPort)\($0.dump)")) }
            .sorted { $0.hash < $1.hash }.map(\.port)
    }

    /// How many addresses an Endpoints object holds at most.
    static let capacity = 1_000

    /// Cuts subsets to the capacity, in proportion to their sizes, ready addresses last.
    ///
    /// - Returns: nil when nothing had to be cut.
    static func truncated(_ subsets: [EndpointSubset]) -> [EndpointSubset]? {
        let ready = subsets.reduce(0) { $0 + $1.addresses.count }
        let unready = subsets.reduce(0) { $0 + $1.notReadyAddresses.count }
        guard ready + unready > capacity else { return nil }
        let cutsReady = ready > capacity
        let room = cutsReady ? capacity : capacity - ready
        let total = cutsReady ? ready : unready
        var left = room
        return subsets.map { subset in
            var subset = subset
            let size = cutsReady ? subset.addresses.count : subset.notReadyAddresses.count
            let share = Int((Double(size) / Double(total) * Double(room)).rounded(.up))
            let kept = min(size, min(share, left))
            left -= kept
            if cutsReady {
                subset.addresses = Array(subset.addresses.prefix(kept))
                subset.notReadyAddresses = []
            } else {
                subset.notReadyAddresses = Array(subset.notReadyAddresses.prefix(kept))
            }
            return subset
        }
    }
}

extension Fields {
    fileprivate mutating func addresses(_ name: String, _ value: inout [EndpointAddress]) {
        let epoch = epoch
        field(
            name, &value,
            read: {
                $0.arrayValue.map {
                    $0.map {
                        EndpointAddress(
                            EndpointAddress.Record(fields: $0.objectValue ?? [:], epoch: epoch), epoch: epoch)
                    }
                }
            },
            write: { $0.isEmpty ? nil : .array($0.map(\.json)) })
    }
}

extension Bool {
    fileprivate mutating func and(_ other: Bool) { self = self && other }
}
