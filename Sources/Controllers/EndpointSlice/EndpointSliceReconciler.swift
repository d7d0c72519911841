import ControlPlane
import KubernetesModel

/// What has to be done to the slices of one address type.
struct EndpointSliceChanges: Sendable {
    var creates: [EndpointSlice] = []
    var updates: [EndpointSlice] = []
    var deletes: [EndpointSlice] = []
    /// What is reported when the calls are done.
    var events: [TopologyCache.Report] = []

    var isEmpty: Bool { creates.isEmpty && updates.isEmpty && deletes.isEmpty }
}

/// Compares the pods behind a service with its slices.
///
/// Upstream: `staging/src/k8s.io/endpointslice/reconciler.go`, `utils.go` (v1.36). Where upstream takes slices
/// and endpoints in random order, simk takes them in the order in which its cache met them.
struct EndpointSliceReconciler {
    struct Result: Sendable {
        /// One element an address type.
        var changes: [EndpointSliceChanges] = []
        var failures: [SyncFailure] = []
        var notes: [JournalEntry] = []
    }

    typealias NodeLookup = (String) -> Ref<Node>?

    let service: Service
    let maxEndpointsPerSlice: Int
    /// The annotation that changed slices get; nil takes it off.
    let triggerTime: String?

    /// The plain algorithm: every endpoint of every slice is compared.
    func reconcile(
        pods: [Ref<Pod>], slices: [EndpointSlice], topology: inout TopologyCache, node: NodeLookup
    ) -> Result {
        var result = Result()
        let types = addressTypes
        let foreign = slices.filter { !types.contains($0.addressType) }
        for slice in foreign { topology.removeHints(service.key, slice.addressType) }
        for type in types {
            let existing = slices.filter { $0.addressType == type }
            let changes = reconcile(type, pods, existing, &topology, node, &result)
            result.changes.append(changes)
        }
        if !foreign.isEmpty { result.changes.append(EndpointSliceChanges(deletes: foreign)) }
        return result
    }

    var addressTypes: [String] {
        let families = ["IPv4", "IPv6"].filter(service.spec.ipFamilies.contains)
        if !families.isEmpty { return families }
        let address = service.spec.clusterIP
        if !address.isEmpty && address != "None" { return [address.contains(":") ? "IPv6" : "IPv4"] }
        return ["IPv4", "IPv6"]
    }

    private func reconcile(
        _ type: String, _ pods: [Ref<Pod>], _ existing: [EndpointSlice], _ topology: inout TopologyCache,
        _ node: NodeLookup, _ result: inout Result
    ) -> EndpointSliceChanges {
        var changes = EndpointSliceChanges()
        var slicesByPorts = SlicesByPorts()
        for slice in existing {
            if isOwned(slice) {
                slicesByPorts[EndpointPortOrder.sorted(slice.ports ?? [])].append(slice)
            } else {
                changes.deletes.append(slice)
            }
        }
        var desired: [(ports: [EndpointSlice.Port], endpoints: EndpointSet)] = []
        for pod in pods where isListed(pod.value) {
            let ports = EndpointPortOrder.sorted(endpointPorts(of: pod.value))
            let index =
                desired.firstIndex { $0.ports == ports }
                ?? {
                    desired.append((ports, EndpointSet()))
                    return desired.count - 1
                }()
            let name = pod.value.nodeName
            let found = node(name)
            if found == nil && !service.spec.publishNotReadyAddresses {
                result.failures.append(
                    SyncFailure(
                        "skipping Pod \(pod.value.metadata.name) for Service \(service.key): Node \(name) Not Found"
                    ))
                continue
            }
            let endpoint = endpoint(pod.value, found?.value, type)
            if !endpoint.addresses.isEmpty { desired[index].endpoints.insert(endpoint) }
        }
        let wanted = desired.flatMap(\.endpoints.all)
        for group in desired {
            var endpoints = group.endpoints
            let matches = slicesByPorts[group.ports].map { SliceMatch($0, &endpoints) }
            let part = settle(matches, missing: endpoints.all, ports: group.ports, type)
            changes.creates += part.creates
            changes.updates += part.updates
            changes.deletes += part.deletes
        }
        for (ports, slices) in slicesByPorts.groups where !desired.contains(where: { $0.ports == ports }) {
            changes.deletes += slices
        }
        keepPlaceholder(existing, type, &changes)
        settleHints(existing, type, &topology, &changes)
        result.notes += readinessNotes(existing, wanted) { endpoint in
            pods.first { $0.value.metadata.uid == endpoint.targetRef?.uid }?.value
        }
        return finalize(changes)
    }

    /// A service without endpoints has one empty slice.
    func keepPlaceholder(
        _ existing: [EndpointSlice], _ type: String, _ changes: inout EndpointSliceChanges
    ) {
        guard existing.count == changes.deletes.count, changes.creates.isEmpty else { return }
        let placeholder = newSlice(ports: [], type)
        if changes.deletes.count == 1, let only = changes.deletes.first,
            only.endpoints.isEmpty, (only.ports ?? []).isEmpty, only.addressType == type,
            only.metadata.namespace == placeholder.metadata.namespace,
            only.metadata.labels == placeholder.metadata.labels
        {
            changes.deletes = []
        } else {
            changes.creates.append(placeholder)
        }
    }

    /// Turns creations beside deletions into updates, and stamps what is written.
    func finalize(_ given: EndpointSliceChanges) -> EndpointSliceChanges {
        var changes = given
        var index = 0
        while index < changes.deletes.count, var slice = changes.creates.last {
            let old = changes.deletes[index]
            guard old.addressType == slice.addressType, isOwned(old) else {
                index += 1
                continue
            }
            slice.metadata.name = old.metadata.name
            changes.creates.removeLast()
            changes.updates.append(slice)
            changes.deletes.remove(at: index)
        }
        if service.metadata.isBeingDeleted { changes.creates = [] }
        for index in changes.creates.indices { stamp(&changes.creates[index]) }
        for index in changes.updates.indices { stamp(&changes.updates[index]) }
        return changes
    }

    private func stamp(_ slice: inout EndpointSlice) {
        slice.metadata.annotations[EndpointSliceLabels.triggerTime] = triggerTime
    }

    // MARK: One group of ports

    /// Decides what becomes of the slices of one group of ports.
    ///
    /// - Parameter missing: the endpoints that no slice has, in order.
    func settle(
        _ matches: [SliceMatch], missing: [EndpointSlice.Endpoint], ports: [EndpointSlice.Port],
        _ type: String
    ) -> EndpointSliceChanges {
        var missing = missing[...]
        var changes = EndpointSliceChanges()
        var unchanged: [EndpointSlice] = []
        for match in matches {
            let slice = match.slice
            if match.isSettled {
                unchanged.append(slice)
                continue
            }
            let (labels, labelsChanged) = labels(replacing: slice.metadata.labels)
            if !match.isSame {
                if match.kept.isEmpty {
                    changes.deletes.append(slice)
                } else {
                    changes.updates.append(
                        slice.with {
                            $0.endpoints = match.kept
                            $0.metadata.labels = labels
                        })
                }
            } else if labelsChanged {
                changes.updates.append(slice.with { $0.metadata.labels = labels })
            } else {
                unchanged.append(slice)
            }
        }
        if !missing.isEmpty && !changes.updates.isEmpty {
            // The fullest first.
            let order = changes.updates.indices.sorted {
                (changes.updates[$1].endpoints.count, $0) < (changes.updates[$0].endpoints.count, $1)
            }
            for index in order { fill(&changes.updates[index], from: &missing) }
        }
        while !missing.isEmpty {
            let place =
                missing.count < maxEndpointsPerSlice ? bestFit(unchanged, adding: missing.count) : nil
            if let place {
                var slice = unchanged.remove(at: place)
                fill(&slice, from: &missing)
                changes.updates.append(slice)
            } else {
                var slice = newSlice(ports: ports, type)
                fill(&slice, from: &missing)
                changes.creates.append(slice)
            }
        }
        return changes
    }

    private func fill(_ slice: inout EndpointSlice, from missing: inout ArraySlice<EndpointSlice.Endpoint>) {
        while slice.endpoints.count < maxEndpointsPerSlice, let endpoint = missing.popFirst() {
            slice.endpoints.append(endpoint)
        }
    }

    /// The slice that is closest to full with so many endpoints more.
    private func bestFit(_ slices: [EndpointSlice], adding count: Int) -> Int? {
        var best: Int?
        var room = maxEndpointsPerSlice
        for (index, slice) in slices.enumerated() {
            let left = maxEndpointsPerSlice - (count + slice.endpoints.count)
            if left >= 0 && left < room {
                room = left
                best = index
            }
        }
        return best
    }

    // MARK: Parts

    func isOwned(_ slice: EndpointSlice) -> Bool {
        slice.metadata.ownerReferences.contains {
            $0.uid == service.metadata.uid && $0.kind == "Service" && $0.apiVersion == "v1"
        }
    }

    func newSlice(ports: [EndpointSlice.Port], _ type: String) -> EndpointSlice {
        var slice = EndpointSlice()
        slice.metadata.namespace = service.metadata.namespace
        let name = service.metadata.name
        slice.metadata.generateName = name.utf8.count + 1 > 253 ? name : "\(name)-"
        slice.metadata.ownerReferences = [
            OwnerReference(controlledBy: .service, name: name, uid: service.metadata.uid)
        ]
        slice.metadata.labels = labels(replacing: StringMap()).labels
        slice.addressType = type
        // The API gives an empty list back as null.
        slice.ports = ports.isEmpty ? nil : ports
        return slice
    }

    /// The service's labels and those that make a slice the service's.
    func labels(replacing old: StringMap) -> (labels: StringMap, isChanged: Bool) {
        func withoutReserved(_ labels: StringMap) -> StringMap {
            StringMap(
                labels.entries.lazy.filter { !EndpointSliceLabels.reserved.contains($0.key) }
                    .map { ($0.key, $0.value) })
        }
        var labels = withoutReserved(service.metadata.labels)
        let isChanged = labels != withoutReserved(old)
        let address = service.spec.clusterIP
        if address.isEmpty || address == "None" { labels[EndpointSliceLabels.headless] = "" }
        labels[EndpointSliceLabels.serviceName] = service.metadata.name
        labels[EndpointSliceLabels.managedBy] = EndpointSliceLabels.controller
        return (labels, isChanged)
    }

    /// Pods that have ended or have no address yet are not behind any service.
    func isListed(_ pod: Pod) -> Bool { !pod.status.phase.isTerminal && !pod.status.podIP.isEmpty }

    func endpoint(_ pod: Pod, _ node: Node?, _ type: String) -> EndpointSlice.Endpoint {
        var endpoint = EndpointSlice.Endpoint.Record()
        if (type == "IPv6") == pod.status.podIP.contains(":") { endpoint.addresses = [pod.status.podIP] }
        let isTerminating = pod.metadata.isBeingDeleted
        endpoint.conditions.serving = pod.isReady
        endpoint.conditions.terminating = isTerminating
        endpoint.conditions.ready = service.spec.publishNotReadyAddresses || (pod.isReady && !isTerminating)
        endpoint.targetRef = TargetReference(pod: pod)
        endpoint.nodeName = pod.nodeName.isEmpty ? nil : pod.nodeName
        if let zone = node?.metadata.labels[WellKnown.zoneLabel], !zone.isEmpty { endpoint.zone = zone }
        if !pod.spec.hostname.isEmpty && pod.spec.subdomain == service.metadata.name {
            endpoint.hostname = pod.spec.hostname
        }
        return EndpointSlice.Endpoint(endpoint)
    }

    func endpointPorts(of pod: Pod) -> [EndpointSlice.Port] {
        service.spec.ports.compactMap { servicePort in
            guard let number = ServicePortTarget.number(of: servicePort, on: pod) else { return nil }
            var port = EndpointSlice.Port()
            port.name = servicePort.name
            port.transportProtocol = servicePort.transportProtocol
            port.port = number
            port.appProtocol = servicePort.appProtocol
            return port
        }
    }
}

/// What a slice has of the endpoints that are wanted.
struct SliceMatch: Sendable {
    let slice: EndpointSlice
    /// Those that the slice is to keep, as they should be.
    var kept: [EndpointSlice.Endpoint] = []
    /// Whether these are what the slice says now.
    var isSame = true
    /// Whether nothing at all about the slice has to change, labels and hints included.
    var isSettled = false

    init(settled slice: EndpointSlice) {
        self.slice = slice
        isSettled = true
    }

    init(_ slice: EndpointSlice, kept: [EndpointSlice.Endpoint], isSame: Bool) {
        self.slice = slice
        self.kept = kept
        self.isSame = isSame
    }

    /// Takes what the slice has out of what is wanted.
    init(_ slice: EndpointSlice, _ wanted: inout EndpointSet) {
        self.slice = slice
        for endpoint in slice.endpoints {
            guard let found = wanted.remove(like: endpoint) else { continue }
            kept.append(found)
            if !found.hasSameState(as: endpoint) { isSame = false }
        }
        if kept.count != slice.endpoints.count { isSame = false }
    }
}

/// Slices grouped by their ports, in the order of their first slice.
private struct SlicesByPorts {
    var groups: [(ports: [EndpointSlice.Port], slices: [EndpointSlice])] = []

    subscript(ports: [EndpointSlice.Port]) -> [EndpointSlice] {
        get { groups.first { $0.ports == ports }?.slices ?? [] }
        set {
            if let index = groups.firstIndex(where: { $0.ports == ports }) {
                groups[index].slices = newValue
            } else {
                groups.append((ports, newValue))
            }
        }
    }
}
