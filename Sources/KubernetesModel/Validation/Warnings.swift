/// What the API server warns of when it accepts an object.
///
/// Upstream: `WarningsOnCreate` and `WarningsOnUpdate` of `pkg/registry/*/strategy.go`,
/// `pkg/api/*/warnings.go` (v1.36).
struct WarningList {
    private(set) var texts: [String] = []

    mutating func add(_ text: String) { texts.append(text) }
    mutating func add(_ field: FieldPath, _ text: String) { texts.append("\(field): \(text)") }

    static let nodeLabels: [String: String] = [
        "beta.kubernetes.io/arch": "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
        "beta.kubernetes.io/os": "deprecated since v1.14; use \"kubernetes.io/os\" instead",
        "failure-domain.beta.kubernetes.io/region":
            "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
        "failure-domain.beta.kubernetes.io/zone":
            "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
        "beta.kubernetes.io/instance-type":
            "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
        "app.kubernetes.io/created-by": "deprecated since v1.9",
        "scheduler.alpha.kubernetes.io/preferAvoidPods":
            "deprecated since v1.22; use Taints and Tolerations instead",
        "node-role.kubernetes.io/master": "use \"node-role.kubernetes.io/control-plane\" instead",
    ]

    // MARK: Parts

    /// An address that stricter rules would refuse.
    mutating func address(_ text: String, _ field: FieldPath) {
        guard let address = IPAddress(text) else { return }
        let canonical = address.canonical
        if address.hasLeadingZeros || address.isMapped {
            add(
                field,
                "non-standard IP address \(GoText.quoted(text)) is invalid: use \(GoText.quoted(canonical))")
        } else if !address.isIPv4 && canonical != text {
            add(
                field,
                "IPv6 address \(GoText.quoted(text)) should be in RFC 5952 canonical format "
                    + "(\(GoText.quoted(canonical)))")
        }
    }

    /// A network that stricter rules would refuse.
    mutating func network(_ text: String, _ field: FieldPath) {
        guard let network = IPNetwork(text) else { return }
        let before = texts.count
        let canonical = GoText.quoted(network.canonical)
        if network.masked.bytes != network.address.bytes {
            let length = network.address.isIPv4 ? 32 : 128
            let single = GoText.quoted("\(network.address.canonical)/\(length)")
            add(
                field,
                "CIDR value \(GoText.quoted(text)) is ambiguous in this context "
                    + "(should be \(canonical) or \(single)?)")
        }
        if network.hasLeadingZeros || network.address.isMapped {
            add(
                field, "non-standard CIDR value \(GoText.quoted(text)) is invalid: use \(canonical)")
        }
        let written = "\(network.address.canonical)/\(network.prefixLength)"
        if texts.count == before && !network.address.isIPv4 && written != text {
            add(
                field,
                "IPv6 CIDR value \(GoText.quoted(text)) should be in RFC 5952 canonical format "
                    + "(\(GoText.quoted(written)))")
        }
    }

    /// An amount of bytes that is no whole number.
    mutating func fraction(_ value: APITree, _ field: FieldPath) {
        guard let quantity = value.quantity, quantity.milliValue % 1000 != 0 else { return }
        add(
            field,
            "fractional byte value \(GoText.quoted(value.quantityText)) is invalid, must be an integer")
    }

    /// A name that pods and their host names are made of.
    mutating func podName(_ name: String, isPod: Bool) {
        let faults = Names.dns1123Label(name)
        if faults.isEmpty { return }
        let use = isPod ? "the Pod's hostname" : "Pod names and hostnames"
        add(
            "metadata.name: this is used in \(use), which can result in surprising behavior; a DNS label is "
                + "recommended: [\(faults.joined(separator: " "))]")
    }

    mutating func selectorTerm(_ term: APITree, _ path: FieldPath, checksValues: Bool) {
        for (index, expression) in term.matchExpressions.list.enumerated() {
            let place = path.child("matchExpressions").index(index)
            let key = expression.key.text
            if let text = WarningList.nodeLabels[key] { add(place.child("key"), "\(key) is \(text)") }
            guard checksValues else { continue }
            for (position, value) in expression.values.strings.enumerated() {
                for fault in Names.labelValue(value) {
                    add(place.child("values").index(position), "\(value) is invalid, \(fault)")
                }
            }
        }
    }

    mutating func claimSpec(_ spec: APITree, _ path: FieldPath) {
        for list in ["requests", "limits"] {
            fraction(spec.resources[list].storage, path.child("resources", list).key("storage"))
        }
    }

    mutating func jobSpec(_ spec: APITree, _ path: FieldPath) {
        if spec.completionMode.text == "Indexed" && spec.completions.int > 100_000
            && spec.parallelism.int > 10_000
        {
            add(
                path,
                "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than "
                    + "10^4, Kubernetes might not be able to track completedIndexes when a big number of "
                    + "indexes fail")
        }
        podSpec(spec.template, path.child("template"), isTemplate: true)
    }

    mutating func service(_ service: APITree) {
        let spec = service.spec
        let path = FieldPath("spec")
        let hints = "service.kubernetes.io/topology-aware-hints"
        if service.metadata.annotations[hints].exists {
            add(
                "annotation \(hints) is deprecated, please use service.kubernetes.io/topology-mode instead")
        }
        let isExternal = spec.type.text == "ExternalName"
        let isHeadless = spec.type.text == "ClusterIP" && spec.clusterIP.text == "None"
        if !spec.clusterIP.isEmpty && spec.clusterIP.text != "None" {
            for (index, text) in spec.clusterIPs.strings.enumerated() {
                address(text, path.child("clusterIPs").index(index))
            }
        }
        let externals = spec.externalIPs.strings
        if isHeadless {
            if !spec.loadBalancerIP.isEmpty { add("spec.loadBalancerIP is ignored for headless services") }
            if !externals.isEmpty { add("spec.externalIPs is ignored for headless services") }
            if spec.sessionAffinity.text != "None" {
                add("spec.SessionAffinity is ignored for headless services")
            }
        }
        for (index, text) in externals.enumerated() { address(text, path.child("externalIPs").index(index)) }
        if !externals.isEmpty && !isHeadless && !isExternal {
            add("spec.externalIPs is deprecated and may no longer be implemented in some clusters")
        }
        if !spec.loadBalancerIP.isEmpty { address(spec.loadBalancerIP.text, path.child("loadBalancerIP")) }
        for (index, text) in spec.loadBalancerSourceRanges.strings.enumerated() {
            network(text, path.child("loadBalancerSourceRanges").index(index))
        }
        if isExternal && !externals.isEmpty {
            add("spec.externalIPs is ignored when spec.type is \"ExternalName\"")
        }
        if !isExternal && !spec.externalName.isEmpty {
            add("spec.externalName is ignored when spec.type is not \"ExternalName\"")
        }
        if spec.trafficDistribution.text == "PreferClose" {
            add("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"")
        }
    }

    mutating func persistentVolume(_ volume: APITree) {
        let path = FieldPath("spec")
        let notes = FieldPath("metadata").child("annotations")
        for (key, text) in [
            ("volume.beta.kubernetes.io/storage-class", "v1.8; use \"storageClassName\" attribute instead"),
            ("volume.beta.kubernetes.io/mount-options", "v1.31; use \"mountOptions\" attribute instead"),
        ] where volume.metadata.annotations[key].exists {
            add(notes.key(key), "deprecated since \(text)")
        }
        let spec = volume.spec
        if spec.persistentVolumeReclaimPolicy.text == "Recycle" {
            add(
                path.child("persistentVolumeReclaimPolicy"),
                "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use "
                    + "dynamic "
                    + "provisioning.")
        }
        for (index, term) in spec.nodeAffinity.required.nodeSelectorTerms.list.enumerated() {
            let place = path.child("nodeAffinity", "required", "nodeSelectorTerms").index(index)
            selectorTerm(term, place, checksValues: false)
        }
        for (field, shown, text) in [
            ("cephfs", "cephfs", "v1.28, non-functional in v1.31+"),
            ("photonPersistentDisk", "photonPersistentDisk", "v1.11, non-functional in v1.16+"),
            ("scaleIO", "scaleIO", "v1.16, non-functional in v1.22+"),
            ("storageos", "storageOS", "v1.22, non-functional in v1.25+"),
            ("glusterfs", "glusterfs", "v1.25, non-functional in v1.26+"),
            ("rbd", "rbd", "v1.28, non-functional in v1.31+"),
        ] where spec[field].exists {
            add(path.child(shown), "deprecated in \(text)")
        }
    }

    mutating func quota(_ quota: APITree) {
        let hard = quota.spec.hard
        for name in ["cpu", "memory", "storage", "ephemeral-storage"] {
            var key = "requests." + name
            if !hard[key].exists && (name == "cpu" || name == "memory") && hard[name].exists { key = name }
            let limit = "limits." + name
            guard let request = hard[key].quantity, let bound = hard[limit].quantity, request > bound
            else { continue }
            add(
                "ResourceQuota \(key) (\(hard[key].quantityText)) should be less than "
                    + "\(limit) (\(hard[limit].quantityText))")
        }
    }

    mutating func networkPolicy(_ policy: APITree) {
        for (kind, peers) in [("ingress", "from"), ("egress", "to")] {
            for (index, rule) in policy.spec[kind].list.enumerated() {
                for (position, peer) in rule[peers].list.enumerated() where peer.ipBlock.exists {
                    let path = FieldPath("spec").child(kind).index(index).child(peers).index(position)
                        .child("ipBlock")
                    network(peer.ipBlock.cidr.text, path.child("cidr"))
                    for (number, text) in peer.ipBlock.except.strings.enumerated() {
                        network(text, path.child("except").index(number))
                    }
                }
            }
        }
    }

    mutating func node(_ node: APITree) {
        if node.spec.configSource.exists { add("spec.configSource: the feature is removed") }
        if !node.spec.externalID.isEmpty {
            add("spec.externalID: this field is deprecated, and is unused by Kubernetes")
        }
        for (index, text) in node.spec.podCIDRs.strings.enumerated() {
            network(text, FieldPath("spec").child("podCIDRs").index(index))
        }
    }

    /// A certificate or key without any PEM block. Whether a key belongs to its certificate is not looked at.
    mutating func secret(_ secret: APITree) {
        guard secret.type.text == "kubernetes.io/tls" else { return }
        for (key, noun) in [("tls.crt", "certificate"), ("tls.key", "key")] {
            let bytes = (try? Base64.decode(secret.data[key].text)) ?? []
            if String(decoding: bytes, as: UTF8.self).range(ofFirst: "-----BEGIN ") == nil {
                return add("tls: failed to find any PEM data in \(noun) input")
            }
        }
    }

    mutating func slice(_ slice: APITree, isNew: Bool) {
        if isNew && slice.addressType.text == "FQDN" {
            add("spec.addressType: FQDN endpoints are deprecated")
        }
        let manager = slice.metadata.labels["endpointslice.kubernetes.io/managed-by"].text
        if manager == "endpointslice-controller.k8s.io"
            || manager == "endpointslicemirroring-controller.k8s.io"
        {
            return
        }
        for (index, endpoint) in slice.endpoints.list.enumerated() {
            for (position, text) in endpoint.addresses.strings.enumerated() {
                address(
                    text, FieldPath("endpoints").index(index).child("addresses").index(position))
            }
        }
    }

    mutating func endpoints(_ endpoints: APITree) {
        for (index, subset) in endpoints.subsets.list.enumerated() {
            for kind in ["addresses", "notReadyAddresses"] {
                for (position, entry) in subset[kind].list.enumerated() {
                    let path = FieldPath("subsets").index(index).child(kind).index(position)
                    address(entry.ip.text, path.child("ip"))
                }
            }
        }
    }
}
