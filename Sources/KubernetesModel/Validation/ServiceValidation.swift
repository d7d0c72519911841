import OrderedCollections

/// Checks of Services.
///
/// Upstream: `pkg/apis/core/validation/validation.go` (v1.36).
extension FieldErrorList {
    mutating func serviceCreate(_ service: APITree) {
        metadata(service.metadata, isNamespaced: true, name: .label)
        serviceSpec(service, old: nil)
    }

    mutating func serviceUpdate(_ service: APITree, _ old: APITree) {
        metadataUpdate(service.metadata, old.metadata)
        clusterIPsUpdate(service.spec, old.spec)
        ipFamiliesUpdate(service.spec, old.spec)
        let before = old.spec.loadBalancerClass
        let after = service.spec.loadBalancerClass
        if ServiceTraits.isLoadBalancer(old.spec) && ServiceTraits.isLoadBalancer(service.spec)
            && before != after
        {
            invalid(
                FieldPath("spec").child("loadBalancerClass"), .pointer(after), "may not change once set")
        }
        loadBalancerClass(service.spec)
        if ServiceTraits.needsHealthCheck(old.spec) && ServiceTraits.needsHealthCheck(service.spec)
            && old.spec.healthCheckNodePort.int != service.spec.healthCheckNodePort.int
        {
            forbidden(FieldPath("spec").child("healthCheckNodePort"), "field is immutable")
        }
        serviceSpec(service, old: old)
    }

    mutating func serviceStatusUpdate(_ service: APITree, _ old: APITree) {
        metadataUpdate(service.metadata, old.metadata)
        let path = FieldPath("status").child("loadBalancer", "ingress")
        let ingress = service.status.loadBalancer.ingress.list
        if service.spec.type.text != "LoadBalancer" && !ingress.isEmpty {
            return forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")
        }
        let before = old.status.loadBalancer.ingress.list.map(\.ip.text).filter { !$0.isEmpty }
        for (index, point) in ingress.enumerated() {
            let place = path.index(index)
            let hasIP = !point.ip.isEmpty
            if hasIP { legacyIP(point.ip.text, place.child("ip"), old: before) }
            if let mode = point.ipMode.optionalText {
                if !hasIP {
                    forbidden(place.child("ipMode"), "may not be specified when `ip` is not set")
                } else {
                    member(mode, place.child("ipMode"), of: ["Proxy", "VIP"])
                }
            } else if hasIP {
                required(place.child("ipMode"), "must be specified when `ip` is set")
            }
            ingressHostname(point.hostname.text, place.child("hostname"))
        }
    }

    /// A load balancer's host name, where there is one.
    mutating func ingressHostname(_ name: String, _ path: FieldPath) {
        if name.isEmpty { return }
        subdomain(name, path)
        if IPAddress(name) != nil {
            invalid(path, .text(name), "must be a DNS name, not an IP address")
        }
    }

    private mutating func serviceSpec(_ service: APITree, old: APITree?) {
        let spec = service.spec
        let path = FieldPath("spec")
        let notes = service.metadata.annotations
        let hints = "service.kubernetes.io/topology-aware-hints"
        let mode = "service.kubernetes.io/topology-mode"
        if notes[hints].exists && notes[mode].exists && notes[hints].text != notes[mode].text {
            invalid(
                FieldPath("metadata").child("annotations").key(mode), .text(notes[mode].text),
                "must match annotations[\(hints)] when both are specified")
        }
        let type = spec.type.text
        let isHeadless = ServiceTraits.isHeadless(spec)
        if spec.ports.isEmpty && !isHeadless && type != "ExternalName" { required(path.child("ports")) }
        serviceType(spec, path, isHeadless: isHeadless)
        var names: Set<String> = []
        let ports = spec.ports.list
        for (index, port) in ports.enumerated() {
            servicePort(
                port, path.child("ports").index(index), needsName: ports.count > 1, &names)
        }
        labels(spec.selector, path.child("selector"))
        sessionAffinity(spec, path)
        clusterIPs(spec, old?.spec)
        let before = old?.spec.externalIPs.strings ?? []
        for (index, address) in spec.externalIPs.strings.enumerated() {
            let place = path.child("externalIPs").index(index)
            var faults = FieldErrorList()
            faults.legacyIP(address, place, old: before)
            if faults.isEmpty { endpointIP(address, place) } else { add(faults) }
        }
        if type.isEmpty {
            required(path.child("type"))
        } else {
            member(
                type, path.child("type"), of: ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"])
        }
        portClashes(ports, type: type, path.child("ports"))
        sourceRanges(service, old)
        let allocates = spec.allocateLoadBalancerNodePorts
        if allocates.exists && type != "LoadBalancer" {
            forbidden(
                path.child("allocateLoadBalancerNodePorts"),
                "may only be used when `type` is 'LoadBalancer'")
        }
        if !allocates.exists && type == "LoadBalancer" {
            required(FieldPath("allocateLoadBalancerNodePorts"))
        }
        loadBalancerClass(spec)
        trafficPolicies(spec, path)
    }

    private mutating func serviceType(_ spec: APITree, _ path: FieldPath, isHeadless: Bool) {
        let type = spec.type.text
        switch type {
        case "LoadBalancer", "NodePort":
            if isHeadless {
                invalid(
                    path.child("clusterIPs").index(0), .text(spec.clusterIPs[0].text),
                    "may not be set to 'None' for \(type) services")
            }
        case "ExternalName":
            let text = "may not be set for ExternalName services"
            if !spec.clusterIPs.isEmpty { forbidden(path.child("clusterIPs"), text) }
            if !spec.ipFamilies.isEmpty { forbidden(path.child("ipFamilies"), text) }
            if spec.ipFamilyPolicy.exists { forbidden(path.child("ipFamilyPolicy"), text) }
            var name = spec.externalName.text
            if name.hasSuffix(".") { name.removeLast() }
            if name.isEmpty {
                required(path.child("externalName"))
            } else {
                subdomain(name, path.child("externalName"))
            }
        default: break
        }
    }

    private mutating func servicePort(
        _ port: APITree, _ path: FieldPath, needsName: Bool, _ names: inout Set<String>
    ) {
        let name = port.name.text
        if needsName && name.isEmpty {
            required(path.child("name"))
        } else if !name.isEmpty {
            label(name, path.child("name"))
            if !names.insert(name).inserted { duplicate(path.child("name"), .text(name)) }
        }
        invalid(path.child("port"), .int(port.port.int), each: Names.portNumber(port.port.int))
        portProtocol(port["protocol"].text, path.child("protocol"))
        portNumberOrName(port.targetPort, path.child("targetPort"))
        if let name = port.appProtocol.optionalText { qualifiedName(name, path.child("appProtocol")) }
    }

    private mutating func sessionAffinity(_ spec: APITree, _ path: FieldPath) {
        let affinity = spec.sessionAffinity.text
        let config = spec.sessionAffinityConfig
        let place = path.child("sessionAffinityConfig")
        if affinity.isEmpty {
            required(path.child("sessionAffinity"))
        } else {
            member(affinity, path.child("sessionAffinity"), of: ["ClientIP", "None"])
        }
        if affinity == "None" && config.exists {
            forbidden(place, "must not be set when session affinity is None")
        }
        guard affinity == "ClientIP" else { return }
        let text = "when session affinity type is ClientIP"
        if !config.exists { return required(place, text) }
        if !config.clientIP.exists { return required(place.child("clientIP"), text) }
        let field = place.child("clientIP", "timeoutSeconds")
        guard let seconds = config.clientIP.timeoutSeconds.optionalInt else { return required(field, text) }
        if seconds <= 0 || seconds > 86400 {
            invalid(field, .int(seconds), "must be greater than 0 and less than 86400")
        }
    }

    private mutating func portClashes(_ ports: [APITree], type: String, _ path: FieldPath) {
        if type == "ClusterIP" {
            for (index, port) in ports.enumerated() where port.nodePort.int != 0 {
                forbidden(
                    path.index(index).child("nodePort"), "may not be used when `type` is 'ClusterIP'")
            }
        }
        var nodePorts: Set<String> = []
        for (index, port) in ports.enumerated() where port.nodePort.int != 0 {
            if !nodePorts.insert("\(port["protocol"].text)/\(port.nodePort.int)").inserted {
                duplicate(path.index(index).child("nodePort"), .int(port.nodePort.int))
            }
        }
        var seen: Set<String> = []
        for (index, port) in ports.enumerated() {
            if !seen.insert("\(port["protocol"].text)/\(port.port.int)").inserted {
                let key = APITree(
                    .object(["protocol": port["protocol"].value ?? "", "port": .integer(port.port.int)]))
                duplicate(path.index(index), .raw(GoStruct.json(key, "ServicePort")))
            }
        }
    }

    private mutating func sourceRanges(_ service: APITree, _ old: APITree?) {
        let type = service.spec.type.text
        let text = "may only be used when `type` is 'LoadBalancer'"
        func trimmed(_ text: String) -> String {
            String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
        }
        let ranges = service.spec.loadBalancerSourceRanges.strings
        if !ranges.isEmpty {
            let path = FieldPath("spec").child("LoadBalancerSourceRanges")
            if type != "LoadBalancer" { forbidden(path, text) }
            let before = (old?.spec.loadBalancerSourceRanges.strings ?? []).map(trimmed)
            for (index, range) in ranges.enumerated() {
                legacyCIDR(trimmed(range), path.index(index), old: before)
            }
            return
        }
        let key = "service.beta.kubernetes.io/load-balancer-source-ranges"
        guard let value = service.metadata.annotations[key].optionalText else { return }
        let path = FieldPath("metadata").child("annotations").key(key)
        if type != "LoadBalancer" { forbidden(path, text) }
        if let old, old.metadata.annotations[key].text == value { return }
        if trimmed(value).isEmpty { return }
        for range in trimmed(value).split(separator: ",", omittingEmptySubsequences: false) {
            legacyCIDR(trimmed(String(range)), path)
        }
    }

    private mutating func loadBalancerClass(_ spec: APITree) {
        guard let name = spec.loadBalancerClass.optionalText else { return }
        let path = FieldPath("spec").child("loadBalancerClass")
        if ServiceTraits.isLoadBalancer(spec) {
            qualifiedName(name, path)
        } else {
            forbidden(path, "may only be used when `type` is 'LoadBalancer'")
        }
    }

    private mutating func trafficPolicies(_ spec: APITree, _ path: FieldPath) {
        let external = spec.externalTrafficPolicy.text
        let place = path.child("externalTrafficPolicy")
        if !ServiceTraits.isExternallyAccessible(spec) {
            if !external.isEmpty {
                invalid(place, .typed(external), "may only be set for externally-accessible services")
            }
        } else if external.isEmpty {
            required(place)
        } else {
            member(external, place, of: ["Cluster", "Local"])
        }
        let check = spec.healthCheckNodePort.int
        let checkPath = path.child("healthCheckNodePort")
        if !ServiceTraits.needsHealthCheck(spec) {
            if check != 0 {
                invalid(
                    checkPath, .int(check),
                    "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")
            }
        } else if check == 0 {
            required(checkPath)
        } else {
            invalid(checkPath, .int(check), each: Names.portNumber(check))
        }
        if let policy = spec.internalTrafficPolicy.optionalText {
            member(policy, path.child("internalTrafficPolicy"), of: ["Cluster", "Local"])
        } else if ["NodePort", "LoadBalancer", "ClusterIP"].contains(spec.type.text) {
            required(path.child("internalTrafficPolicy"))
        }
        if let distribution = spec.trafficDistribution.optionalText {
            let supported = ["PreferClose", "PreferSameZone", "PreferSameNode"]
            if !supported.contains(distribution) {
                notSupported(path.child("trafficDistribution"), .text(distribution), supported)
            }
        }
    }

    // MARK: Cluster IPs

    mutating func clusterIPs(_ spec: APITree, _ old: APITree?) {
        if spec.type.text == "ExternalName" { return }
        let path = FieldPath("spec")
        let field = path.child("clusterIPs")
        let addresses = spec.clusterIPs.strings
        let shown = ShownValue.strings(addresses)
        if !spec.clusterIP.isEmpty {
            if addresses.isEmpty {
                required(field)
            } else if addresses[0] != spec.clusterIP.text {
                invalid(field, shown, "first value must match `clusterIP`")
            }
        } else if !addresses.isEmpty {
            invalid(field, shown, "must be empty when `clusterIP` is not specified")
        }
        let families = spec.ipFamilies.strings
        var seen: Set<String> = []
        for (index, family) in families.enumerated() {
            let place = path.child("ipFamilies").index(index)
            member(family, place, of: ["IPv4", "IPv6"])
            if !seen.insert(family).inserted { duplicate(place, .typed(family)) }
        }
        if let policy = spec.ipFamilyPolicy.optionalText {
            member(
                policy, path.child("ipFamilyPolicy"),
                of: ["PreferDualStack", "RequireDualStack", "SingleStack"])
        }
        var hasFault = false
        for (index, address) in addresses.enumerated() {
            if index == 0 && address == "None" {
                if addresses.count > 1 {
                    hasFault = true
                    invalid(field, shown, "'None' must be the first and only value")
                }
                continue
            }
            let before = errors.count
            legacyIP(address, field.index(index), old: old?.clusterIPs.strings ?? [])
            hasFault = hasFault || errors.count > before
        }
        if addresses.count > 2 { invalid(field, shown, "may only hold up to 2 values") }
        if hasFault { return }
        if addresses.count > 1 && !FieldErrorList.isDualStack(addresses) {
            invalid(field, shown, "may specify no more than one IP for each IP family")
        }
        if ServiceTraits.isHeadless(spec) { return }
        for (index, (address, family)) in zip(addresses, families).enumerated() {
            let isIPv6 = IPAddress(address)?.isIPv4 == false
            if (family == "IPv4" && isIPv6) || (family == "IPv6" && !isIPv6) {
                invalid(
                    field.index(index), .text(address),
                    "expected an \(family) value as indicated by `ipFamilies[\(index)]`")
            }
        }
    }

    private mutating func clusterIPsUpdate(_ new: APITree, _ old: APITree) {
        if new.type.text == "ExternalName" || old.type.text == "ExternalName" { return }
        if ServiceTraits.isHeadless(new) && ServiceTraits.isHeadless(old) { return }
        let field = FieldPath("spec").child("clusterIPs")
        let after = new.clusterIPs.strings
        let before = old.clusterIPs.strings
        let shown: ShownValue = after.isEmpty ? .pointer(new.clusterIPs) : .strings(after)
        if before.count == after.count {
            for (index, address) in before.enumerated() where address != after[index] {
                invalid(field.index(index), shown, "may not change once set")
            }
            return
        }
        if after.isEmpty {
            invalid(field.index(0), shown, "primary clusterIP can not be unset")
        } else if let first = before.first, first != after[0] {
            invalid(field.index(0), shown, "may not change once set")
        }
        if before.count > after.count, after.count == 1, new.ipFamilyPolicy.text != "SingleStack" {
            invalid(
                FieldPath("spec").child("ipFamilyPolicy"), .pointer(new.ipFamilyPolicy),
                "must be set to 'SingleStack' when releasing the secondary clusterIP")
        }
    }

    private mutating func ipFamiliesUpdate(_ new: APITree, _ old: APITree) {
        if new.type.text == "ExternalName" || old.type.text == "ExternalName" { return }
        if ServiceTraits.isHeadless(new) || ServiceTraits.isHeadless(old) { return }
        let field = FieldPath("spec").child("ipFamilies").index(0)
        let after = new.ipFamilies.strings
        let before = old.ipFamilies.strings
        if before.count == after.count {
            for (index, family) in before.enumerated() where family != after[index] {
                invalid(field, .strings(after), "may not change once set")
            }
            return
        }
        if before.count > after.count && new.clusterIPs.isEmpty {
            invalid(field, .strings(after), "primary ipFamily can not be unset")
        }
        if let first = before.first, let now = after.first, first != now {
            invalid(field, .strings(new.clusterIPs.strings), "may not change once set")
        }
        if before.count > after.count, after.count == 1, new.ipFamilyPolicy.text != "SingleStack" {
            invalid(
                FieldPath("spec").child("ipFamilyPolicy"), .pointer(new.ipFamilyPolicy),
                "must be set to 'SingleStack' when releasing the secondary ipFamily")
        }
    }
}

/// Traits of a Service that several checks ask for.
///
/// Upstream: `pkg/api/service/util.go` (v1.36).
enum ServiceTraits {
    static func isHeadless(_ spec: APITree) -> Bool { spec.clusterIPs.strings == ["None"] }
    static func isLoadBalancer(_ spec: APITree) -> Bool { spec.type.text == "LoadBalancer" }
    static func isExternallyAccessible(_ spec: APITree) -> Bool {
        ["LoadBalancer", "NodePort"].contains(spec.type.text)
            || spec.type.text == "ClusterIP" && !spec.externalIPs.isEmpty
    }
    static func needsHealthCheck(_ spec: APITree) -> Bool {
        isLoadBalancer(spec) && spec.externalTrafficPolicy.text == "Local"
    }
}
