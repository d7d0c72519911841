import KubernetesModel

/// Hints in proportion to the zones' CPU, for services with `service.kubernetes.io/topology-mode: Auto`.
///
/// Upstream: `staging/src/k8s.io/endpointslice/topologycache/topologycache.go`, `sliceinfo.go`, `utils.go`
/// (v1.36).
extension EndpointSliceReconciler {
    /// Gives every ready endpoint of the slices that change a zone; slices whose hints do not suit change, too.
    func addTopologyHints(
        _ unchanged: [EndpointSlice], _ type: String, _ topology: inout TopologyCache,
        _ changes: inout EndpointSliceChanges
    ) {
        let all = changes.creates + changes.updates + unchanged
        let count = all.reduce(0) { $0 + $1.endpoints.count(where: \.isReady) }
        let allocations: [String: TopologyCache.Allocation]
        switch topology.allocations(count, type) {
        case .success(let found): allocations = found
        case .failure(let refusal):
            return refuse(refusal.why, unchanged, type, &topology, &changes)
        }
        var allocated: [String: Int] = [:]
        var untouched: [EndpointSlice] = []
        for slice in unchanged {
            if let hints = Self.hints(of: slice, allocated, allocations) {
                allocated.merge(hints, uniquingKeysWith: +)
                untouched.append(slice)
            } else {
                changes.updates.append(slice)
            }
        }
        // Each endpoint for its own zone, to begin with.
        var slices = changes.creates + changes.updates
        for slice in slices.indices {
            for index in slices[slice].endpoints.indices where slices[slice].endpoints[index].isReady {
                guard let zone = slices[slice].endpoints[index].zone, !zone.isEmpty else {
                    let why = "One or more endpoints do not have a zone specified"
                    return refuse(why, untouched, type, &topology, &changes)
                }
                allocated[zone, default: 0] += 1
                slices[slice].endpoints[index].setZoneHint(zone)
            }
        }
        let (giving, receiving) = TopologyCache.transfers(allocations, allocated)
        for (zone, change) in Self.redistribute(&slices, giving, receiving) {
            allocated[zone, default: 0] += change
        }
        if allocated.isEmpty {
            return refuse("No hints allocated for zones", untouched, type, &topology, &changes)
        }
        changes.updates = Array(slices.dropFirst(changes.creates.count))
        changes.creates = Array(slices.prefix(changes.creates.count))
        if !topology.hasPopulatedHints(service.key) { changes.events.append(.enabled(type)) }
        topology.setHints(service.key, type, allocated)
    }

    /// Takes all hints off and says why.
    private func refuse(
        _ why: String, _ unchanged: [EndpointSlice], _ type: String, _ topology: inout TopologyCache,
        _ changes: inout EndpointSliceChanges
    ) {
        changes.events.append(.disabled(why, type))
        topology.removeHints(service.key, type)
        func clear(_ slices: inout [EndpointSlice]) {
            for slice in slices.indices {
                for index in slices[slice].endpoints.indices where slices[slice].endpoints[index].hints != nil
                {
                    slices[slice].endpoints[index].hints = nil
                }
            }
        }
        changes.updates += unchanged.filter { $0.endpoints.contains { $0.hints != nil } }
        clear(&changes.creates)
        clear(&changes.updates)
    }

    /// The hints that a slice has, by zone; nil when they do not suit the allocations.
    private static func hints(
        of slice: EndpointSlice, _ allocated: [String: Int], _ allocations: [String: TopologyCache.Allocation]
    ) -> [String: Int]? {
        var byZone: [String: Int] = [:]
        for endpoint in slice.endpoints where endpoint.isReady {
            let zones = endpoint.hintNames("forZones")
            if zones.isEmpty { return nil }
            for zone in zones {
                if allocations[zone] == nil { return nil }
                byZone[zone, default: 0] += 1
            }
        }
        let fits = byZone.allSatisfy { zone, count in
            count + (allocated[zone] ?? 0) <= (allocations[zone]?.maximum ?? -1)
        }
        return fits ? byZone : nil
    }

    /// Moves hints from zones that have too many to zones that have too few.
    ///
    /// - Returns: by how much each zone's count changed.
    static func redistribute(
        _ slices: inout [EndpointSlice], _ given: [String: Int], _ wanted: [String: Int]
    ) -> [String: Int] {
        var giving = given
        // Upstream takes the receiving zones in random order.
        var receiving = wanted.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        var changes: [String: Int] = [:]
        for slice in slices.indices {
            for index in slices[slice].endpoints.indices where slices[slice].endpoints[index].isReady {
                guard let zone = slices[slice].endpoints[index].zone, let left = giving[zone], left > 0,
                    let receiver = receiving.first?.key
                else { continue }
                slices[slice].endpoints[index].setZoneHint(receiver)
                giving[zone] = left - 1
                receiving[0].value -= 1
                if receiving[0].value == 0 { receiving.removeFirst() }
                changes[receiver, default: 0] += 1
                changes[zone, default: 0] -= 1
            }
        }
        return changes
    }
}

extension EndpointSlice.Endpoint {
    fileprivate mutating func setZoneHint(_ zone: String) {
        let wanted: JSONValue = ["forZones": [["name": .string(zone)]]]
        if hints != wanted { hints = wanted }
    }
}
