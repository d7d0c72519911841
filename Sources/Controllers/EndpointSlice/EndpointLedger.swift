import ControlPlane
import KubernetesModel

/// What the slices of one service should list, kept pod by pod, beside what they do list, slice by slice: a
/// sync looks at what has changed since the last one and at the slices that this concerns.
///
/// It covers what nearly all services have: one family of addresses, the same ports on every pod, the node of
/// every pod known, slices that are all the service's own and name a pod once. For anything else it answers
/// nil, and the plain algorithm, whose results are the same, has to look.
struct EndpointLedger: Sendable {
    fileprivate struct Entry: Sendable {
        var endpoint: EndpointSlice.Endpoint
        var order: Int
        var isReady: Bool
        var uid: UID?
        /// The slice that lists the endpoint; nil when none does.
        var place: UID?
    }

    fileprivate struct Listed: Sendable {
        var slice: Ref<EndpointSlice>
        /// The pods that the slice lists and that are to be listed.
        var names: [String] = []
        /// Whether nothing about the slice has to change.
        var isSettled = false
        /// The last sync that met the slice.
        var round = 0
    }

    let service: Ref<Service>
    private var entries: [String: Entry] = [:]
    private var ports: [EndpointSlice.Port] = []
    private var readyCount = 0
    /// The pods that no slice lists.
    private var unplaced: Set<String> = []
    private var slices: [UID: Listed] = [:]
    private var round = 0

    init(_ service: Ref<Service>) { self.service = service }

    /// What the plain algorithm would say.
    ///
    /// - Returns: nil when the service is none of the usual ones; the ledger is then of no more use.
    mutating func reconcile(
        _ changes: ServicePods.Changes, slices current: [Ref<EndpointSlice>],
        _ reconciler: EndpointSliceReconciler, _ topology: inout TopologyCache,
        node: EndpointSliceReconciler.NodeLookup, pod: (String) -> Ref<Pod>?
    ) -> EndpointSliceReconciler.Result? {
        let types = reconciler.addressTypes
        guard types.count == 1, let type = types.first, !reconciler.asksForTopologyHints,
            !topology.hasPopulatedHints(service.value.key)
        else { return nil }
        for (name, member) in changes.pods {
            guard update(name, member, type, reconciler, node) else { return nil }
        }
        guard !entries.isEmpty else { return nil }
        let open = releaseChanged(current)
        var matches: [SliceMatch] = []
        var unsettled: [EndpointSlice] = []
        var readiness = Readiness()
        for (index, slice) in current.enumerated() {
            guard open[index] else {
                matches.append(SliceMatch(settled: slice.value))
                continue
            }
            guard let match = walk(slice, type, reconciler, &readiness) else { return nil }
            matches.append(match)
            if !match.isSettled { unsettled.append(slice.value) }
        }
        let missing = unplaced.compactMap { entries[$0] }.sorted { $0.order < $1.order }
        var plan = reconciler.settle(matches, missing: missing.map(\.endpoint), ports: ports, type)
        if plan.deletes.count == current.count {
            reconciler.keepPlaceholder(current.map(\.value), type, &plan)
        }
        reconciler.settleHints(unsettled, type, &topology, &plan)
        let gained = readiness.gained + missing.filter(\.isReady)
        var result = EndpointSliceReconciler.Result()
        result.notes = reconciler.readinessNotes(
            lost: readiness.lost,
            gained: gained.filter { $0.uid.map { !readiness.formerly.contains($0) } ?? true }
                .sorted { $0.order < $1.order }.map(\.endpoint),
            ready: readyCount, of: entries.count
        ) { endpoint in
            guard let found = endpoint.targetRef.flatMap({ pod($0.name) })?.value else { return nil }
            return found.metadata.uid == endpoint.targetRef?.uid ? found : nil
        }
        result.changes = [reconciler.finalize(plan)]
        return result
    }

    // MARK: Pods

    /// - Returns: whether the pod is a usual one.
    private mutating func update(
        _ name: String, _ member: ServicePods.Member?, _ type: String, _ reconciler: EndpointSliceReconciler,
        _ node: EndpointSliceReconciler.NodeLookup
    ) -> Bool {
        guard let member, reconciler.isListed(member.pod.value) else {
            remove(name)
            return true
        }
        let pod = member.pod.value
        let podPorts = EndpointPortOrder.sorted(reconciler.endpointPorts(of: pod))
        if entries.isEmpty || (entries.count == 1 && entries[name] != nil) {
            if podPorts != ports { for uid in slices.keys { slices[uid]?.isSettled = false } }
            ports = podPorts
        } else if podPorts != ports {
            return false
        }
        let found = node(pod.nodeName)
        if found == nil && !reconciler.service.spec.publishNotReadyAddresses { return false }
        let endpoint = reconciler.endpoint(pod, found?.value, type)
        if endpoint.addresses.isEmpty { return false }
        if let known = entries[name], known.endpoint == endpoint, known.order == member.order { return true }
        remove(name)
        entries[name] = Entry(
            endpoint: endpoint, order: member.order, isReady: endpoint.isReady, uid: endpoint.targetRef?.uid)
        if endpoint.isReady { readyCount += 1 }
        unplaced.insert(name)
        return true
    }

    private mutating func remove(_ name: String) {
        guard let old = entries.removeValue(forKey: name) else { return }
        if old.isReady { readyCount -= 1 }
        unplaced.remove(name)
        if let place = old.place { slices[place]?.isSettled = false }
    }

    // MARK: Slices

    /// Counts the pods of slices that have changed, or that are gone, as not listed.
    ///
    /// - Returns: whether each slice has to be looked at.
    private mutating func releaseChanged(_ current: [Ref<EndpointSlice>]) -> [Bool] {
        round += 1
        var known = 0
        let open = current.map { slice in
            let uid = slice.value.metadata.uid
            guard let listed = slices[uid] else { return true }
            known += 1
            slices[uid]?.round = round
            if listed.isSettled && listed.slice === slice { return false }
            release(uid)
            return true
        }
        if known < slices.count {
            for uid in slices.filter({ $0.value.round != round }).map(\.key) {
                release(uid)
                slices.removeValue(forKey: uid)
            }
        }
        return open
    }

    private mutating func release(_ uid: UID) {
        for name in slices[uid]?.names ?? [] where entries[name]?.place == uid {
            entries[name]?.place = nil
            unplaced.insert(name)
        }
        slices[uid]?.names = []
    }

    /// Which pods stopped and began to be ready, as far as the slices tell that were looked at.
    private struct Readiness {
        var lost: [EndpointSlice.Endpoint] = []
        var gained: [Entry] = []
        /// Pods that slices list as ready under an address that is no longer theirs.
        var formerly: Set<UID> = []
    }

    /// Compares a slice with what is wanted.
    ///
    /// - Returns: nil when the slice is none of the usual ones.
    private mutating func walk(
        _ slice: Ref<EndpointSlice>, _ type: String, _ reconciler: EndpointSliceReconciler,
        _ readiness: inout Readiness
    ) -> SliceMatch? {
        let value = slice.value
        let uid = value.metadata.uid
        guard value.addressType == type, reconciler.isOwned(value),
            EndpointPortOrder.sorted(value.ports ?? []) == ports
        else { return nil }
        var listed = Listed(slice: slice, round: round)
        listed.names.reserveCapacity(value.endpoints.count)
        var kept: [EndpointSlice.Endpoint] = []
        kept.reserveCapacity(value.endpoints.count)
        var isSame = true
        for endpoint in value.endpoints {
            let reference = endpoint.targetRef
            let entry = (reference?.name).flatMap { entries[$0] }
            let isSamePod = entry != nil && entry?.uid == reference?.uid
            let isReady = endpoint.isReady
            if isReady && !(isSamePod && entry?.isReady == true) { readiness.lost.append(endpoint) }
            guard let name = reference?.name, let entry, entry.endpoint.hasSameKey(as: endpoint) else {
                isSame = false
                if isReady, let uid = reference?.uid { readiness.formerly.insert(uid) }
                continue
            }
            if entry.place != nil { return nil }
            entries[name]?.place = uid
            unplaced.remove(name)
            listed.names.append(name)
            kept.append(entry.endpoint)
            if !entry.endpoint.hasSameState(as: endpoint) { isSame = false }
            if entry.isReady && !(isReady && isSamePod) { readiness.gained.append(entry) }
        }
        listed.isSettled =
            isSame && !reconciler.labels(replacing: value.metadata.labels).isChanged
            && !reconciler.needsOtherHints(value)
        slices[uid] = listed
        return listed.isSettled
            ? SliceMatch(settled: value) : SliceMatch(value, kept: kept, isSame: isSame)
    }
}
