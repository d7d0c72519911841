import KubernetesModel
import OrderedCollections

/// Where traffic to an endpoint had best come from.
///
/// Upstream: `staging/src/k8s.io/endpointslice/reconciler.go`, `trafficdist/trafficdist.go` (v1.36).
extension EndpointSliceReconciler {
    /// Whether the service's annotations ask for hints by the zones' CPU; the older one goes first.
    var asksForTopologyHints: Bool { Self.asksForTopologyHints(service) }

    static func asksForTopologyHints(_ service: Service) -> Bool {
        let annotations = service.metadata.annotations
        let mode =
            annotations["service.kubernetes.io/topology-aware-hints"]
            ?? annotations["service.kubernetes.io/topology-mode"]
        return mode == "Auto" || mode == "auto"
    }

    /// The value of `trafficDistribution`; nil when there is none that asks for hints.
    private var distribution: String? {
        guard let text = service.spec.rest["trafficDistribution"]?.stringValue else { return nil }
        return ["PreferClose", "PreferSameZone", "PreferSameNode"].contains(text) ? text : nil
    }

    /// Gives the slices the hints that the service asks for, or takes them off.
    ///
    /// - Parameter existing: the slices that are there, but for those known to need no change.
    func settleHints(
        _ existing: [EndpointSlice], _ type: String, _ topology: inout TopologyCache,
        _ changes: inout EndpointSliceChanges
    ) {
        let touched = Set((changes.updates + changes.deletes).map(\.metadata.name))
        let unchanged = existing.filter { !touched.contains($0.metadata.name) }
        if asksForTopologyHints {
            addTopologyHints(unchanged, type, &topology, &changes)
            return
        }
        if topology.hasPopulatedHints(service.key) {
            changes.events.append(.disabled("Topology Aware Hints has been disabled", type))
        }
        topology.removeHints(service.key, type)
        changes.updates += unchanged.filter(needsOtherHints)
        for index in changes.creates.indices { setHints(&changes.creates[index]) }
        for index in changes.updates.indices { setHints(&changes.updates[index]) }
    }

    /// Whether a slice has hints that do not follow from the service's `trafficDistribution`.
    func needsOtherHints(_ slice: EndpointSlice) -> Bool {
        guard let distribution else { return slice.endpoints.contains { $0.hints != nil } }
        let byNode = distribution == "PreferSameNode"
        return slice.endpoints.contains { endpoint in
            guard endpoint.isReady else { return false }
            return endpoint.hintNames("forZones") != [endpoint.zone].compactMap { $0 }
                || endpoint.hintNames("forNodes") != [byNode ? endpoint.nodeName : nil].compactMap { $0 }
        }
    }

    private func setHints(_ slice: inout EndpointSlice) {
        let byNode = distribution == "PreferSameNode"
        for index in slice.endpoints.indices {
            let endpoint = slice.endpoints[index]
            if distribution == nil {
                if endpoint.hints != nil { slice.endpoints[index].hints = nil }
                continue
            }
            if !endpoint.isReady { continue }
            var hints = JSONObject()
            if let zone = endpoint.zone { hints["forZones"] = [["name": .string(zone)]] }
            if byNode, let node = endpoint.nodeName { hints["forNodes"] = [["name": .string(node)]] }
            let wanted: JSONValue? = hints.isEmpty ? nil : .object(hints)
            if endpoint.hints != wanted { slice.endpoints[index].hints = wanted }
        }
    }
}

extension EndpointSlice.Endpoint {
    var hints: JSONValue? {
        get { rest["hints"] }
        set { rest["hints"] = newValue }
    }

    /// The names in one of the lists of hints.
    func hintNames(_ list: String) -> [String] {
        (hints?[list]?.arrayValue ?? []).map { $0["name"]?.stringValue ?? "" }
    }
}
