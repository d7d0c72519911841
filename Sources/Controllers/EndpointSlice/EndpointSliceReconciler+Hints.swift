import KubernetesModel
import OrderedCollections

/// Where traffic to an endpoint had best come from.
///
/// Upstream: `staging/src/k8s.io/endpointslice/trafficdist/trafficdist.go`, `topologycache/utils.go` (v1.36).
extension EndpointSliceReconciler {
    /// Gives the slices the hints that the service's `trafficDistribution` asks for, or takes them off.
    func settleHints(_ existing: [EndpointSlice], _ changes: inout EndpointSliceChanges) {
        let annotations = service.metadata.annotations
        let mode =
            annotations["service.kubernetes.io/topology-aware-hints"]
            ?? annotations["service.kubernetes.io/topology-mode"]
        // Hints by this annotation are not made; those that somebody else made stay.
        if mode == "Auto" || mode == "auto" { return }
        let distribution = service.spec.rest["trafficDistribution"]?.stringValue ?? ""
        let isClose = ["PreferClose", "PreferSameZone", "PreferSameNode"].contains(distribution)
        let byNode = distribution == "PreferSameNode"
        let touched = (changes.updates + changes.deletes).map(\.metadata.name)
        for slice in existing where !touched.contains(slice.metadata.name) {
            let isOff = slice.endpoints.contains { endpoint in
                let hints = endpoint.rest["hints"]
                guard isClose else { return hints != nil }
                return endpoint.isReady && hints != Self.hints(of: endpoint, byNode: byNode)
            }
            if isOff { changes.updates.append(slice) }
        }
        func settle(_ slices: inout [EndpointSlice]) {
            for slice in slices.indices {
                for index in slices[slice].endpoints.indices {
                    let endpoint = slices[slice].endpoints[index]
                    if isClose && !endpoint.isReady { continue }
                    slices[slice].endpoints[index].rest["hints"] =
                        isClose ? Self.hints(of: endpoint, byNode: byNode) : nil
                }
            }
        }
        settle(&changes.creates)
        settle(&changes.updates)
    }

    private static func hints(of endpoint: EndpointSlice.Endpoint, byNode: Bool) -> JSONValue? {
        var hints = JSONObject()
        if let zone = endpoint.zone { hints["forZones"] = [["name": .string(zone)]] }
        if byNode, let node = endpoint.nodeName { hints["forNodes"] = [["name": .string(node)]] }
        if hints.isEmpty { return nil }
        return .object(hints)
    }
}
