import KubernetesModel

/// The addresses of one service, kept in order pod by pod.
///
/// It covers what nearly all services have: one port at most, the same on every pod, and every address once.
/// For anything else ``subsets`` is nil, and the plain algorithm (``EndpointSubset/repacked(_:)``) has to look.
struct AddressLedger: Sendable {
    private struct Entry: Sendable {
        var address: EndpointAddress
        var isReady: Bool
    }

    let service: Ref<Service>
    private var entries: [String: Entry] = [:]
    private var ready: [EndpointAddress] = []
    private var notReady: [EndpointAddress] = []
    private var ports: [EndpointsPort] = []
    private var isUsual = true

    init(_ service: Ref<Service>) {
        self.service = service
        isUsual = service.value.spec.ports.count <= 1
    }

    /// The subsets in the form in which they are stored; nil when the service is none of the usual ones, and
    /// the ledger then of no more use.
    var subsets: [EndpointSubset]? {
        guard isUsual else { return nil }
        if entries.isEmpty { return [] }
        return [EndpointSubset(addresses: ready, notReadyAddresses: notReady, ports: ports)]
    }

    /// Takes in what a pod offers now: subsets as the controller makes them of one pod.
    mutating func update(_ pod: String, _ offered: [EndpointSubset]) {
        guard isUsual else { return }
        guard let subset = offered.first else {
            remove(pod)
            return
        }
        let isReady = !subset.addresses.isEmpty
        guard let address = subset.addresses.first ?? subset.notReadyAddresses.first else { return }
        if entries.isEmpty || (entries.count == 1 && entries[pod] != nil) { ports = subset.ports }
        guard subset.ports == ports else {
            isUsual = false
            return
        }
        if let known = entries[pod], known.isReady == isReady, known.address == address { return }
        remove(pod)
        entries[pod] = Entry(address: address, isReady: isReady)
        isUsual =
            isReady
            ? Self.insert(address, into: &ready, beside: notReady)
            : Self.insert(address, into: &notReady, beside: ready)
    }

    private mutating func remove(_ pod: String) {
        guard let old = entries.removeValue(forKey: pod) else { return }
        if old.isReady {
            Self.remove(old.address, from: &ready)
        } else {
            Self.remove(old.address, from: &notReady)
        }
    }

    private static func remove(_ address: EndpointAddress, from list: inout [EndpointAddress]) {
        let place = list.place { EndpointAddress.precedes($0, address) }
        if place < list.count, EndpointAddress.isSame(list[place], address) { list.remove(at: place) }
    }

    /// - Returns: whether the address was in neither list.
    private static func insert(
        _ address: EndpointAddress, into list: inout [EndpointAddress], beside other: [EndpointAddress]
    ) -> Bool {
        let place = list.place { EndpointAddress.precedes($0, address) }
        if place < list.count, EndpointAddress.isSame(list[place], address) { return false }
        let twin = other.place { $0.ip.utf8.lexicographicallyPrecedes(address.ip.utf8) }
        if twin < other.count, other[twin].ip == address.ip { return false }
        list.insert(address, at: place)
        return true
    }
}

extension Array {
    /// The first place whose element is not before what is looked for.
    fileprivate func place(_ isBefore: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
