import OrderedCollections

/// Gives a new service its IP families, cluster IP and node ports, in a cluster with IPv4 only.
///
/// Which addresses are free is the caller's to know. Upstream: `pkg/registry/core/service/storage` (v1.36).
public enum ServiceAddresses {
    /// What has to be allocated for a service.
    public struct Needs: Hashable, Sendable {
        public var clusterIP: Bool
        /// The ports that need a node port, by their place in `spec.ports`: one new node port for each group,
        /// which are the protocols of one port.
        public var nodePorts: [[Int]]
        public var healthCheckNodePort: Bool
    }

    /// Brings the fields that depend on one another in line, and tells what has to be allocated.
    public static func prepare(_ service: inout JSONValue) -> Needs {
        var needs = Needs(clusterIP: false, nodePorts: [], healthCheckNodePort: false)
        service.updateStruct("spec") { spec in
            let type = spec.text("type")
            if spec.hasContent("clusterIP"), !spec.hasContent("clusterIPs") {
                spec["clusterIPs"] = [spec["clusterIP"] ?? ""]
            }
            if type == "ExternalName" { return }
            let isHeadless = spec.text("clusterIP") == "None"
            let isSelectorless = !spec.hasContent("selector")
            spec.setIfAbsent(
                "ipFamilyPolicy", isHeadless && isSelectorless ? "RequireDualStack" : "SingleStack")
            if !spec.hasContent("ipFamilies") {
                let isIPv6 = spec.text("clusterIP").contains(":")
                spec["ipFamilies"] = [isIPv6 ? "IPv6" : "IPv4"]
            }
            if isHeadless, isSelectorless, spec.list("ipFamilies").count < 2,
                spec.text("ipFamilyPolicy") != "SingleStack"
            {
                spec.append(spec["ipFamilies"]?[0] == "IPv4" ? "IPv6" : "IPv4", to: "ipFamilies")
            }
            needs.clusterIP = !isHeadless && !spec.hasContent("clusterIP")
            let wantsNodePorts =
                type == "NodePort"
                || (type == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"] != false)
            if wantsNodePorts { needs.nodePorts = shareNodePorts(&spec) }
            needs.healthCheckNodePort =
                type == "LoadBalancer" && spec.text("externalTrafficPolicy") == "Local"
                && (spec["healthCheckNodePort"]?.integerValue ?? 0) == 0
        }
        return needs
    }

    /// Writes an allocated cluster IP.
    public static func setClusterIP(_ address: String, of service: inout JSONValue) {
        service.updateStruct("spec") {
            $0["clusterIP"] = .string(address)
            $0["clusterIPs"] = [.string(address)]
        }
    }

    /// Gives ports without a node port that of the same port in another protocol; the rest, in groups.
    private static func shareNodePorts(_ spec: inout JSONValue) -> [[Int]] {
        let ports = spec.list("ports").map {
            (port: $0["port"]?.integerValue ?? 0, nodePort: $0["nodePort"]?.integerValue ?? 0)
        }
        var groups: OrderedDictionary<Int64, [Int]> = [:]
        for (index, port) in ports.enumerated() where port.nodePort == 0 {
            if let requested = ports.first(where: { $0.port == port.port && $0.nodePort != 0 }) {
                setNodePort(requested.nodePort, at: [index], ofSpec: &spec)
            } else {
                groups[port.port, default: []].append(index)
            }
        }
        return Array(groups.values)
    }

    /// Writes an allocated node port of a group of ports.
    public static func setNodePort(_ port: Int64, at group: [Int], of service: inout JSONValue) {
        service.updateStruct("spec") { setNodePort(port, at: group, ofSpec: &$0) }
    }

    private static func setNodePort(_ port: Int64, at group: [Int], ofSpec spec: inout JSONValue) {
        var place = 0
        spec.updateEach(of: "ports") {
            if group.contains(place) { $0["nodePort"] = .integer(port) }
            place += 1
        }
    }

    /// Writes an allocated node port for health checks.
    public static func setHealthCheckNodePort(_ port: Int64, of service: inout JSONValue) {
        service.updateStruct("spec") { $0["healthCheckNodePort"] = .integer(port) }
    }

    // MARK: Updates

    /// The same for a changed service: what the client left out stays as it was.
    public static func prepareUpdate(_ service: inout JSONValue, old: JSONValue) -> Needs {
        let before = old["spec"] ?? [:]
        service.updateStruct("spec") { spec in
            if spec.text("type") != "ExternalName", before.text("type") != "ExternalName" {
                spec.setIfEmpty("clusterIP", before["clusterIP"] ?? .null)
                spec.setIfEmpty("clusterIPs", before["clusterIPs"] ?? .null)
            }
            if hasNodePorts(spec), hasNodePorts(before) { keepNodePorts(&spec, before) }
            if hasHealthCheckPort(spec), hasHealthCheckPort(before) {
                spec.setIfEmpty("healthCheckNodePort", before["healthCheckNodePort"] ?? .null)
            }
            alignClusterIPs(&spec, before)
            if spec.text("type") != "ExternalName" {
                spec.setIfAbsent("ipFamilyPolicy", before["ipFamilyPolicy"] ?? .null)
            }
        }
        return prepare(&service)
    }

    private static func keepNodePorts(_ spec: inout JSONValue, _ before: JSONValue) {
        func numbers(_ spec: JSONValue) -> Set<Int64> {
            Set(spec.list("ports").compactMap { $0["nodePort"]?.integerValue }.filter { $0 != 0 })
        }
        let used = numbers(before).intersection(numbers(spec))
        var byName: [String: JSONValue] = [:]
        for port in before.list("ports") { byName[port.text("name")] = port["nodePort"] ?? 0 }
        spec.updateEach(of: "ports") { port in
            guard let known = byName[port.text("name")], !used.contains(known.integerValue ?? 0) else {
                return
            }
            if known != 0 { port.setIfEmpty("nodePort", known) }
        }
    }

    private static func alignClusterIPs(_ spec: inout JSONValue, _ before: JSONValue) {
        let isSameSingle = spec.text("clusterIP") == before.text("clusterIP")
        if before.hasContent("clusterIPs"), !spec.hasContent("clusterIPs"), isSameSingle {
            spec["clusterIPs"] = before["clusterIPs"]
        }
        // A client that knows only the one address changes, or clears, the list with it.
        let isSameList =
            spec.list("clusterIPs").map(\.stringValue) == before.list("clusterIPs").map(\.stringValue)
        guard !isSameSingle, isSameList else { return }
        let address = spec.text("clusterIP")
        spec["clusterIPs"] = address.isEmpty ? Optional.none : .array([.string(address)])
    }

    private static func hasNodePorts(_ spec: JSONValue) -> Bool {
        spec.text("type") == "NodePort" || spec.text("type") == "LoadBalancer"
    }

    private static func hasHealthCheckPort(_ spec: JSONValue) -> Bool {
        spec.text("type") == "LoadBalancer" && spec.text("externalTrafficPolicy") == "Local"
    }

    private static func isExternal(_ spec: JSONValue) -> Bool {
        hasNodePorts(spec) || (spec.text("type") == "ClusterIP" && spec.hasContent("externalIPs"))
    }

    /// Clears fields that a service's new type does not have, where the client left them as they were.
    static func dropTypeDependentFields(_ service: inout JSONValue, old: JSONValue) {
        let before = old["spec"] ?? [:]
        service.updateStruct("spec") { spec in
            func drop(_ fields: String...) {
                for field in fields where spec[field] == before[field] { spec[field] = nil }
            }
            let type = spec.text("type")
            if before.text("type") != "ExternalName", type == "ExternalName" {
                if spec["clusterIP"] == before["clusterIP"], spec["clusterIPs"] == before["clusterIPs"] {
                    drop("clusterIP", "clusterIPs")
                }
                drop("ipFamilies", "ipFamilyPolicy")
            }
            if hasNodePorts(before), !hasNodePorts(spec) {
                let known = Set(before.list("ports").compactMap { $0["nodePort"]?.integerValue })
                let isSame = spec.list("ports").allSatisfy {
                    let port = $0["nodePort"]?.integerValue ?? 0
                    return port == 0 || known.contains(port)
                }
                if isSame { spec.updateEach(of: "ports") { $0["nodePort"] = nil } }
            }
            if hasHealthCheckPort(before), !hasHealthCheckPort(spec) { drop("healthCheckNodePort") }
            if before.text("type") == "LoadBalancer", type != "LoadBalancer" {
                drop("allocateLoadBalancerNodePorts", "loadBalancerClass")
            }
            if isExternal(before), !isExternal(spec) { drop("externalTrafficPolicy") }
        }
        if service["spec"]?.text("type") != "LoadBalancer" {
            service.update("status") { $0["loadBalancer"] = nil }
        }
    }
}
