/// Checks of Ingresses and NetworkPolicies.
///
/// Upstream: `pkg/apis/networking/validation/validation.go` (v1.36).
extension FieldErrorList {
    /// What an Ingress's validation tolerates.
    private struct IngressOptions {
        var allowsInvalidSecretName = false
        var allowsInvalidWildcardRule = false
    }

    // MARK: Ingress

    mutating func ingress(_ object: APITree, old: APITree?) {
        var options = IngressOptions()
        if let old {
            metadataUpdate(object.metadata, old.metadata)
            options.allowsInvalidSecretName = old.spec.tls.list.contains {
                !$0.secretName.isEmpty && !Names.dns1123Subdomain($0.secretName.text).isEmpty
            }
            options.allowsInvalidWildcardRule = old.spec.rules.list.contains { rule in
                var faults = FieldErrorList()
                faults.ingressRule(rule, FieldPath())
                return rule.host.text.contains("*") && !faults.isEmpty
            }
        }
        metadata(object.metadata, isNamespaced: true, name: .subdomain)
        ingressSpec(object.spec, FieldPath("spec"), options)
        let key = "kubernetes.io/ingress.class"
        if old == nil, let note = object.metadata.annotations[key].optionalText,
            let name = object.spec.ingressClassName.optionalText, note != name
        {
            invalid(
                FieldPath("annotations").child(key), .text(note),
                "must match `ingressClassName` when both are specified")
        }
    }

    private mutating func ingressSpec(_ spec: APITree, _ path: FieldPath, _ options: IngressOptions) {
        if spec.rules.isEmpty && !spec.defaultBackend.exists {
            invalid(
                path, .pointer(spec.rules), "either `defaultBackend` or `rules` must be specified")
        }
        if spec.defaultBackend.exists { ingressBackend(spec.defaultBackend, path.child("defaultBackend")) }
        for (index, rule) in spec.rules.list.enumerated() {
            let place = path.child("rules").index(index)
            let host = rule.host.text
            let isWildcard = host.contains("*")
            if !host.isEmpty {
                if IPAddress(host) != nil {
                    invalid(
                        place.child("host"), .text(host), "must be a DNS name, not an IP address")
                }
                invalid(
                    place.child("host"), .text(host),
                    each: isWildcard ? Names.wildcardSubdomain(host) : Names.dns1123Subdomain(host))
            }
            if !isWildcard || !options.allowsInvalidWildcardRule { ingressRule(rule, place) }
        }
        for (index, tls) in spec.tls.list.enumerated() {
            let place = path.child("tls").index(index)
            for (position, host) in tls.hosts.strings.enumerated() {
                invalid(
                    place.child("hosts").index(position), .text(host),
                    each: host.contains("*") ? Names.wildcardSubdomain(host) : Names.dns1123Subdomain(host))
            }
            if !tls.secretName.isEmpty && !options.allowsInvalidSecretName {
                subdomain(tls.secretName.text, place.child("secretName"))
            }
        }
        if let name = spec.ingressClassName.optionalText {
            subdomain(name, path.child("ingressClassName"))
        }
    }

    private mutating func ingressRule(_ rule: APITree, _ path: FieldPath) {
        guard rule.http.exists else { return }
        let place = path.child("http", "paths")
        if rule.http.paths.isEmpty { required(place) }
        for (index, entry) in rule.http.paths.list.enumerated() {
            ingressPath(entry, place.index(index))
        }
    }

    private mutating func ingressPath(_ entry: APITree, _ path: FieldPath) {
        guard let type = entry.pathType.optionalText else {
            return required(path.child("pathType"), "pathType must be specified")
        }
        let target = entry.path.text
        let place = path.child("path")
        switch type {
        case "Exact", "Prefix":
            if !target.hasPrefix("/") { invalid(place, .text(target), "must be an absolute path") }
            for part in ["//", "/./", "/../", "%2f", "%2F"] where target.range(ofFirst: part) != nil {
                invalid(place, .text(target), "must not contain '\(part)'")
            }
            for end in ["/..", "/."] where target.hasSuffix(end) {
                invalid(place, .text(target), "cannot end with '\(end)'")
            }
        case "ImplementationSpecific":
            if !target.isEmpty && !target.hasPrefix("/") {
                invalid(place, .text(target), "must be an absolute path")
            }
        default:
            notSupported(
                path.child("pathType"), .typed(type), ["Exact", "ImplementationSpecific", "Prefix"])
        }
        ingressBackend(entry.backend, path.child("backend"))
    }

    private mutating func ingressBackend(_ backend: APITree, _ path: FieldPath) {
        let service = backend.service
        if backend.resource.exists && service.exists {
            return invalid(path, .text(""), "cannot set both resource and service backends")
        }
        if backend.resource.exists {
            return resourceBackend(backend.resource, path.child("resource"))
        }
        guard service.exists else {
            return invalid(path, .text(""), "resource or service backend is required")
        }
        if service.name.isEmpty {
            required(path.child("service", "name"))
        } else {
            label(service.name.text, path.child("service", "name"))
        }
        let name = service.port.name.text
        let number = service.port.number.int
        if !name.isEmpty && number != 0 {
            invalid(path, .text(""), "cannot set both port name & port number")
        } else if !name.isEmpty {
            invalid(path.child("service", "port", "name"), .text(name), each: Names.portName(name))
        } else if number != 0 {
            invalid(
                path.child("service", "port", "number"), .int(number), each: Names.portNumber(number))
        } else {
            required(path, "port name or number is required")
        }
    }

    private mutating func resourceBackend(_ resource: APITree, _ path: FieldPath) {
        if let group = resource.apiGroup.optionalText { subdomain(group, path.child("apiGroup")) }
        for field in ["kind", "name"] {
            let value = resource[field].text
            if value.isEmpty {
                required(path.child(field))
            } else {
                invalid(path.child(field), .text(value), each: Names.pathSegment(value))
            }
        }
    }

    mutating func ingressStatusUpdate(_ new: APITree, _ old: APITree) {
        metadataUpdate(new.metadata, old.metadata)
        let before = old.status.loadBalancer.ingress.list.map(\.ip.text).filter { !$0.isEmpty }
        for (index, point) in new.status.loadBalancer.ingress.list.enumerated() {
            let path = FieldPath("status").child("loadBalancer", "ingress").index(index)
            if !point.ip.isEmpty { legacyIP(point.ip.text, path.child("ip"), old: before) }
            ingressHostname(point.hostname.text, path.child("hostname"))
        }
    }

    // MARK: NetworkPolicy

    /// What a NetworkPolicy's validation tolerates.
    private struct PolicyOptions {
        var allowsInvalidSelectorValues = false
        var oldNetworks: [String] = []
    }

    mutating func networkPolicy(_ object: APITree, old: APITree?) {
        var options = PolicyOptions()
        if let old {
            var before = FieldErrorList()
            before.labelSelector(old.spec.podSelector, FieldPath())
            options.allowsInvalidSelectorValues = !before.isEmpty
            let peers =
                old.spec.ingress.list.flatMap(\.from.list) + old.spec.egress.list.flatMap(\.to.list)
            for peer in peers where peer.ipBlock.exists {
                options.oldNetworks += [peer.ipBlock.cidr.text] + peer.ipBlock.except.strings
            }
            metadataUpdate(object.metadata, old.metadata)
        } else {
            metadata(object.metadata, isNamespaced: true, name: .subdomain)
        }
        let spec = object.spec
        let path = FieldPath("spec")
        labelSelector(
            spec.podSelector, path.child("podSelector"),
            allowsInvalidValues: options.allowsInvalidSelectorValues)
        for (kind, peers) in [("ingress", "from"), ("egress", "to")] {
            for (index, rule) in spec[kind].list.enumerated() {
                let place = path.child(kind).index(index)
                for (position, port) in rule.ports.list.enumerated() {
                    policyPort(port, place.child("ports").index(position))
                }
                for (position, peer) in rule[peers].list.enumerated() {
                    policyPeer(peer, place.child(peers).index(position), options)
                }
            }
        }
        let types = spec.policyTypes.strings
        let place = path.child("policyTypes")
        if types.count > 2 {
            return invalid(place, .strings(types), "may not specify more than two policyTypes")
        }
        for (index, type) in types.enumerated() {
            member(type, place.index(index), of: ["Ingress", "Egress"])
        }
    }

    private mutating func policyPort(_ port: APITree, _ path: FieldPath) {
        if let name = port["protocol"].optionalText {
            member(name, path.child("protocol"), of: ["TCP", "UDP", "SCTP"])
        }
        let end = port.endPort.optionalInt
        let endPath = path.child("endPort")
        guard port.port.exists else {
            if let end {
                invalid(endPath, .int(end), "may not be specified when `port` is not specified")
            }
            return
        }
        if let name = port.port.optionalText {
            if let end {
                invalid(endPath, .int(end), "may not be specified when `port` is non-numeric")
            }
            invalid(path.child("port"), .text(name), each: Names.portName(name))
            return
        }
        let number = port.port.int
        invalid(path.child("port"), .int(number), each: Names.portNumber(number))
        guard let end else { return }
        if end < number { invalid(endPath, .int(number), "must be greater than or equal to `port`") }
        invalid(endPath, .int(end), each: Names.portNumber(end))
    }

    private mutating func policyPeer(_ peer: APITree, _ path: FieldPath, _ options: PolicyOptions) {
        var count = 0
        for field in ["podSelector", "namespaceSelector"] where peer[field].exists {
            count += 1
            labelSelector(
                peer[field], path.child(field), allowsInvalidValues: options.allowsInvalidSelectorValues)
        }
        if peer.ipBlock.exists {
            count += 1
            ipBlock(peer.ipBlock, path.child("ipBlock"), options)
        }
        if count == 0 {
            required(path, "must specify a peer")
        } else if count > 1 && peer.ipBlock.exists {
            forbidden(path, "may not specify both ipBlock and another peer")
        }
    }

    private mutating func ipBlock(_ block: APITree, _ path: FieldPath, _ options: PolicyOptions) {
        let text = block.cidr.text
        if text.isEmpty { return required(path.child("cidr")) }
        legacyCIDR(text, path.child("cidr"), old: options.oldNetworks)
        guard let network = IPNetwork(text) else { return }
        for (index, text) in block.except.strings.enumerated() {
            let place = path.child("except").index(index)
            legacyCIDR(text, place, old: options.oldNetworks)
            guard let except = IPNetwork(text) else { continue }
            if !network.contains(except.masked) || network.prefixLength >= except.prefixLength {
                invalid(place, .text(text), "must be a strict subset of `cidr`")
            }
        }
    }
}
