import OrderedCollections

/// Gives a new service its IP families, cluster IP and node ports, in a cluster with IPv4 only.
///
/// Which addresses are free is the caller's to know. Upstream: `pkg/registry/core/service/storage` (v1.36).
public enum ServiceAddresses {
    /// What has to be allocated for a service.
    public struct Needs: Hashable, Sendable {
        public var clusterIP: Bool
        /// The ports, by their place in `spec.ports`, that need a node port; those with the same number of
        /// another protocol share one.
        public var nodePorts: [Int]
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
            spec.setIfAbsent("ipFamilyPolicy", isHeadless && isSelectorless ? "RequireDualStack" : "SingleStack")
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
            if wantsNodePorts {
                needs.nodePorts = spec.list("ports").indices.filter {
                    spec["ports"]?[$0]?["nodePort"]?.integerValue ?? 0 == 0
                }
            }
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

    /// Writes an allocated node port of the port at a place in `spec.ports`.
    public static func setNodePort(_ port: Int64, at index: Int, of service: inout JSONValue) {
        service.updateStruct("spec") { spec in
            var place = 0
            spec.updateEach(of: "ports") {
                if place == index { $0["nodePort"] = .integer(port) }
                place += 1
            }
        }
    }

    /// Writes an allocated node port for health checks.
    public static func setHealthCheckNodePort(_ port: Int64, of service: inout JSONValue) {
        service.updateStruct("spec") { $0["healthCheckNodePort"] = .integer(port) }
    }
}
