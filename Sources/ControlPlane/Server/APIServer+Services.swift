import KubernetesModel
import OrderedCollections

/// The cluster IPs and node ports of Services.
///
/// Upstream: `pkg/registry/core/service/storage/alloc.go` (v1.36).
extension APIServer {
    /// Gives a new Service the addresses and ports that it does not name itself, and reserves those that it
    /// does. Whoever refuses the Service after that gives them back: ``release(_:)``.
    mutating func allocateAddresses(of service: inout JSONValue, name: String) throws(APIError) {
        let faults = Self.allocation.prepare(&service, old: nil)
        if !faults.isEmpty { throw .invalid(.service, name, faults) }
        let needs = ServiceAddresses.prepare(&service)
        try allocate(needs, of: &service, name: name, holding: ServiceHoldings())
    }

    /// The same for a Service that a component made, which is not checked any further.
    mutating func allocateAddresses(of service: Service) throws(APIError) -> Service {
        var tree = service.tree(epoch: epoch)
        let needs = ServiceAddresses.prepare(&tree)
        try allocate(needs, of: &tree, name: service.metadata.name, holding: ServiceHoldings())
        return Service(tree: tree.objectValue ?? [:], epoch: epoch)
    }

    /// The same for a changed Service: what it has it keeps, unless its new type has no use for it.
    ///
    /// - Returns: what it holds that it did not hold before, to be given back if the change is refused.
    mutating func updateAddresses(of service: inout JSONValue, old: JSONValue) throws(APIError)
        -> ServiceHoldings
    {
        let name = old["metadata"]?["name"]?.stringValue ?? ""
        let needs = ServiceAddresses.prepareUpdate(&service, old: old)
        let faults = Self.allocation.prepare(&service, old: old)
        if !faults.isEmpty { throw .invalid(.service, name, faults) }
        let held = ServiceHoldings(old)
        try allocate(needs, of: &service, name: name, holding: held)
        var added = ServiceHoldings(service)
        added.addresses.subtract(held.addresses)
        added.ports.subtract(held.ports)
        return added
    }

    private static let allocation = ServiceAllocation(
        networks: [IPNetwork(ServiceAllocators.network)].compactMap(\.self))

    private mutating func allocate(
        _ needs: ServiceAddresses.Needs, of service: inout JSONValue, name: String,
        holding held: ServiceHoldings
    ) throws(APIError) {
        var taken = ServiceHoldings()
        do throws(APIError) {
            try take(needs, of: &service, name: name, holding: held, &taken)
        } catch {
            release(taken)
            throw error
        }
    }

    private mutating func take(
        _ needs: ServiceAddresses.Needs, of service: inout JSONValue, name: String,
        holding held: ServiceHoldings, _ taken: inout ServiceHoldings
    ) throws(APIError) {
        var wanted = ServiceHoldings(service)
        wanted.addresses.subtract(held.addresses)
        for address in wanted.addresses {
            do throws(ServiceAllocators.Fault) {
                try allocators.take(address: address)
            } catch {
                let fault = ServiceAllocation.refusal(
                    of: address, in: service, isTaken: error == .taken, network: ServiceAllocators.network)
                throw .invalid(.service, name, [fault])
            }
            taken.addresses.append(address)
        }
        if needs.clusterIP {
            guard let address = allocators.address() else {
                throw .internalError(
                    "failed to allocate a serviceIP for Service \"\(name)\": range is full")
            }
            taken.addresses.append(address)
            ServiceAddresses.setClusterIP(address, of: &service)
        }
        try takePorts(of: service, name: name, holding: held, &taken)
        for group in needs.nodePorts {
            guard let port = allocators.port() else {
                throw .internalError("failed to allocate a nodePort: range is full")
            }
            taken.ports.append(port)
            ServiceAddresses.setNodePort(port, at: group, of: &service)
        }
        if needs.healthCheckNodePort {
            guard let port = allocators.port() else {
                throw .internalError("failed to allocate a HealthCheck NodePort 0: range is full")
            }
            taken.ports.append(port)
            ServiceAddresses.setHealthCheckNodePort(port, of: &service)
        }
    }

    /// Reserves the ports that a Service names.
    private mutating func takePorts(
        of service: JSONValue, name: String, holding held: ServiceHoldings, _ taken: inout ServiceHoldings
    ) throws(APIError) {
        let type = service["spec"]?["type"]?.stringValue ?? ""
        guard type == "NodePort" || type == "LoadBalancer" else { return }
        for (index, port) in (service["spec"]?["ports"]?.arrayValue ?? []).enumerated() {
            guard let number = port["nodePort"]?.integerValue, number != 0, !held.ports.contains(number),
                !taken.ports.contains(number)
            else { continue }
            do throws(ServiceAllocators.Fault) {
                try allocators.take(port: number)
            } catch {
                // A number out of range was refused before.
                let fault = FieldError(
                    .invalid, FieldPath("spec").child("ports").index(index).child("nodePort"),
                    shownValue: String(number), detail: "provided port is already allocated")
                throw .invalid(.service, name, [fault])
            }
            taken.ports.append(number)
        }
        guard let number = service["spec"]?["healthCheckNodePort"]?.integerValue, number != 0,
            !held.ports.contains(number)
        else { return }
        do throws(ServiceAllocators.Fault) {
            try allocators.take(port: number)
        } catch {
            let why =
                error == .taken
                ? "provided port is already allocated"
                : "provided port is not in the valid range. The range of valid ports is 30000-32767"
            throw .internalError("failed to allocate requested HealthCheck NodePort \(number): \(why)")
        }
        taken.ports.append(number)
    }

    // MARK: Releasing

    mutating func release(_ holdings: ServiceHoldings) {
        for address in holdings.addresses { allocators.release(address: address) }
        for port in holdings.ports { allocators.release(port: port) }
    }

    /// Gives back what a Service held.
    mutating func release(_ service: Service) { release(ServiceHoldings(service.tree(epoch: epoch))) }

    /// Gives back what a Service held and holds no longer.
    mutating func release(_ old: Service, keptBy new: Service) {
        var holdings = ServiceHoldings(old.tree(epoch: epoch))
        let kept = ServiceHoldings(new.tree(epoch: epoch))
        holdings.addresses.subtract(kept.addresses)
        holdings.ports.subtract(kept.ports)
        release(holdings)
    }
}

extension APIError {
    /// Upstream: `apimachinery/pkg/api/errors/errors.go`, `NewInternalError` (v1.36).
    static func internalError(_ why: String) -> APIError {
        APIError(.internalError, "Internal error occurred: \(why)")
    }
}
