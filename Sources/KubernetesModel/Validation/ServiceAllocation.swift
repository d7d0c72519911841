import OrderedCollections

/// What the API server fills in for a Service before it is checked, and what it refuses on the way.
///
/// Choosing free addresses and ports is the API server's: this type only says what is asked for.
/// Upstream: `pkg/registry/core/service/storage/alloc.go` (v1.36).
public struct ServiceAllocation: Sendable {
    /// The IP families of the cluster, the default one first.
    public var families: [String]
    /// The networks that cluster IPs come from, one a family.
    public var networks: [IPNetwork]
    /// The range of node ports.
    public var nodePorts: ClosedRange<Int64>

    /// Makes the allocation's settings; the first family is the cluster's main one.
    public init(
        families: [String] = ["IPv4"], networks: [IPNetwork] = [],
        nodePorts: ClosedRange<Int64> = 30000...32767
    ) {
        self.families = families
        self.networks = networks
        self.nodePorts = nodePorts
    }

    /// The Service with its IP families and policy set.
    /// - Returns: the faults that end the request, in place of those of validation.
    public func prepare(_ service: inout JSONValue, old: JSONValue?) -> [FieldError] {
        let before = APITree(old).spec
        var spec = APITree(service).spec
        if old == nil && !spec.clusterIP.isEmpty && spec.clusterIPs.isEmpty {
            spec = spec.setting("clusterIPs", APITree(.array([.string(spec.clusterIP.text)])))
        }
        defer { service = APITree(service).setting("spec", spec).value ?? .null }
        if spec.type.text == "ExternalName" { return [] }
        let isPlainHeadless = spec.clusterIP.text == "None" && spec.selector.isEmpty
        if !spec.ipFamilyPolicy.exists {
            let policy =
                before.ipFamilyPolicy.optionalText ?? (isPlainHeadless ? "RequireDualStack" : "SingleStack")
            spec = spec.setting("ipFamilyPolicy", APITree(.string(policy)))
        }
        var faults = FieldErrorList()
        faults.clusterIPs(spec, old == nil ? nil : before)
        if !faults.isEmpty { return faults.errors }
        familyFaults(&spec, &faults)
        if !faults.isEmpty { return faults.errors }
        fillFamilies(&spec, isPlainHeadless: isPlainHeadless, &faults)
        if faults.isEmpty { rangeFaults(spec, isNew: old == nil, &faults) }
        return faults.errors
    }

    /// Why no address can be recorded for a Service; nil when one can. Upstream records each in an
    /// `IPAddress` object that refers to the Service by name.
    ///
    /// - Parameter address: the address that was chosen, or that the Service asks for.
    public func recordFault(_ service: JSONValue, address: String) -> FieldError? {
        let tree = APITree(service)
        let name = tree.metadata.name.text
        var faults = FieldErrorList()
        let path = FieldPath("spec").child("parentRef", "name")
        if name.isEmpty {
            faults.required(path)
        } else {
            faults.invalid(path, .text(name), each: Names.pathSegment(name))
        }
        if faults.isEmpty { return nil }
        let status = APIStatus.invalid(
            GroupedName("IPAddress", group: "networking.k8s.io"), address, faults.errors)
        let given = tree.spec.clusterIPs.strings
        let asked = given.first.map { $0.isEmpty ? "" : " \($0)" } ?? ""
        let shown = given.isEmpty ? Array(repeating: "", count: max(1, tree.spec.ipFamilies.count)) : given
        return FieldError(
            .invalid, FieldPath("spec").child("clusterIPs"),
            shownValue: ShownValue.strings(shown).rendered,
            detail: "failed to allocate IP\(asked): \(status.message)")
    }

    /// Why an address that a Service asks for cannot be had.
    ///
    /// - Parameter isTaken: whether another Service has it; otherwise it is none that may be handed out.
    public static func refusal(
        of address: String, in service: JSONValue, isTaken: Bool, network: String
    ) -> FieldError {
        let why =
            isTaken
            ? "provided IP is already allocated"
            : "the provided IP (\(address)) is not in the valid range. The range of valid IPs is \(network)"
        return FieldError(
            .invalid, FieldPath("spec").child("clusterIPs"),
            shownValue: ShownValue.strings(APITree(service).spec.clusterIPs.strings).rendered,
            detail: "failed to allocate IP \(address): \(why)")
    }

    private func familyFaults(_ spec: inout APITree, _ faults: inout FieldErrorList) {
        let path = FieldPath("spec")
        let policy = spec.ipFamilyPolicy.text
        if policy == "SingleStack" {
            for (field, noun) in [("clusterIPs", "cluster IPs"), ("ipFamilies", "IP families")]
            where spec[field].count == 2 {
                faults.invalid(
                    path.child("ipFamilyPolicy"), .typed(policy),
                    "must be 'RequireDualStack' or 'PreferDualStack' when multiple \(noun) are specified")
            }
        }
        let addresses = spec.clusterIPs.strings
        var families = spec.ipFamilies.strings
        let given = families.count
        for (index, address) in addresses.enumerated() {
            if address == "None" { break }
            if index < given { continue }
            let family = IPAddress(address)?.isIPv4 == false ? "IPv6" : "IPv4"
            if self.families.contains(family) {
                families.append(family)
            } else {
                faults.invalid(
                    path.child("clusterIPs").index(index), .strings(addresses),
                    "\(family) is not configured on this cluster")
            }
        }
        if !families.isEmpty { set(families, in: &spec) }
    }

    private func set(_ families: [String], in spec: inout APITree) {
        spec = spec.setting("ipFamilies", APITree(.array(families.map { .string($0) })))
    }

    private func fillFamilies(
        _ spec: inout APITree, isPlainHeadless: Bool, _ faults: inout FieldErrorList
    ) {
        var chosen = spec.ipFamilies.strings
        let policy = spec.ipFamilyPolicy.text
        let isSingle = policy == "SingleStack"
        if isPlainHeadless {
            if chosen.isEmpty { chosen = Array(families.prefix(1)) }
            if chosen.count < 2 && !isSingle { chosen.append(chosen[0] == "IPv4" ? "IPv6" : "IPv4") }
            return set(chosen, in: &spec)
        }
        let path = FieldPath("spec")
        if policy == "RequireDualStack" && families.count < 2 {
            faults.invalid(
                path.child("ipFamilyPolicy"), .typed(policy),
                "this cluster is not configured for dual-stack services")
        }
        for (index, family) in chosen.enumerated() where !families.contains(family) {
            faults.invalid(
                path.child("ipFamilies").index(index), .typed(family), "not configured on this cluster")
        }
        if !faults.isEmpty { return }
        if chosen.isEmpty { chosen = Array(families.prefix(1)) }
        if !isSingle && chosen.count == 1 && families.count == 2 {
            chosen.append(chosen[0] == "IPv4" ? "IPv6" : "IPv4")
        }
        set(chosen, in: &spec)
    }

    private func rangeFaults(_ spec: APITree, isNew: Bool, _ faults: inout FieldErrorList) {
        let path = FieldPath("spec")
        let addresses = spec.clusterIPs.strings
        if isNew && !networks.isEmpty {
            for text in addresses where text != "None" {
                guard let address = IPAddress(text), !networks.contains(where: { $0.contains(address) })
                else { continue }
                faults.invalid(
                    path.child("clusterIPs"), .strings(addresses),
                    "failed to allocate IP \(text): the provided network does not match the current range")
                return
            }
        }
        guard ["NodePort", "LoadBalancer"].contains(spec.type.text) else { return }
        for (index, port) in spec.ports.list.enumerated() {
            let number = port.nodePort.int
            if number == 0 || nodePorts.contains(number) { continue }
            faults.invalid(
                path.child("ports").index(index).child("nodePort"), .int(number),
                "provided port is not in the valid range. The range of valid ports is "
                    + "\(nodePorts.lowerBound)-\(nodePorts.upperBound)")
            return
        }
    }
}
