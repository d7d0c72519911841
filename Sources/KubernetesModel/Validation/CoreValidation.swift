import OrderedCollections

/// Checks of Nodes, Namespaces, ConfigMaps, Secrets and Endpoints.
///
/// Upstream: `pkg/apis/core/validation/validation.go` (v1.36).
extension FieldErrorList {
    // MARK: Node

    mutating func node(_ node: APITree) {
        let path = FieldPath("metadata")
        metadata(node.metadata, isNamespaced: false, name: .subdomain)
        nodeAnnotations(node.metadata.annotations, path.child("annotations"))
        taints(node.spec.taints, path.child("taints"))
        nodeResources(node.status)
        if let swap = node.status.nodeInfo.swap.capacity.optionalInt {
            positive(swap, path.child("nodeSwapStatus", "capacity"))
        }
        declaredFeatures(node.status)
        let networks = node.spec.podCIDRs.strings
        let field = FieldPath("spec").child("podCIDRs")
        for (index, network) in networks.enumerated() { legacyCIDR(network, field.index(index)) }
        guard networks.count > 1 else { return }
        let parsed = networks.map { IPNetwork($0) }
        if let bad = zip(networks, parsed).first(where: { $0.1 == nil })?.0 {
            internalError(
                field,
                "invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR address: \(bad)")
        }
        let families = parsed.compactMap { $0?.address.isIPv4 }
        let isDual =
            parsed.allSatisfy { $0 != nil } && families.contains(true) && families.contains(false)
        if !isDual || networks.count > 2 {
            invalid(field, .strings(networks), "may specify no more than one CIDR for each IP family")
        }
    }

    mutating func nodeUpdate(_ new: APITree, _ old: APITree) {
        let path = FieldPath("metadata")
        let spec = FieldPath("spec")
        metadataUpdate(new.metadata, old.metadata)
        nodeAnnotations(new.metadata.annotations, path.child("annotations"))
        nodeResources(new.status)
        declaredFeatures(new.status)
        var addresses: Set<String> = []
        for (index, address) in new.status.addresses.list.enumerated() {
            if !addresses.insert("\(address.type.text)/\(address.address.text)").inserted {
                duplicate(
                    FieldPath("status").child("addresses").index(index),
                    .raw(GoStruct.json(address, "NodeAddress")))
            }
        }
        let before = old.spec.podCIDRs.strings
        let after = new.spec.podCIDRs.strings
        if !before.isEmpty {
            let changes =
                before.count == after.count ? zip(before, after).filter { $0 != $1 }.count : 1
            for _ in 0..<changes {
                forbidden(
                    spec.child("podCIDRs"),
                    "node updates may not change podCIDR except from \"\" to valid")
            }
        }
        if !old.spec.providerID.isEmpty && old.spec.providerID.text != new.spec.providerID.text {
            forbidden(
                spec.child("providerID"),
                "node updates may not change providerID except from \"\" to valid")
        }
        if new.spec.configSource.exists {
            configSource(new.spec.configSource, spec.child("configSource"), isStatus: false)
        }
        for field in ["assigned", "active", "lastKnownGood"] where new.status.config[field].exists {
            configSource(
                new.status.config[field], FieldPath("status").child("config", field), isStatus: true)
        }
        taints(new.spec.taints, path.child("taints"))
        if new.spec.externalID.text != old.spec.externalID.text {
            forbidden(spec.child("externalID"), "may not be updated")
        }
    }

    private mutating func nodeResources(_ status: APITree) {
        for list in ["capacity", "allocatable"] {
            for (name, value) in status[list].entries {
                resourceQuantity(name, value, FieldPath("status").child(list, name))
            }
        }
    }

    private mutating func declaredFeatures(_ status: APITree) {
        let path = FieldPath("status").child("declaredFeatures")
        let features = status.declaredFeatures.strings
        for (index, feature) in features.enumerated() {
            let parts = feature.utf8.split(separator: Names.slash, omittingEmptySubsequences: false)
            let isRight = parts.enumerated().allSatisfy { position, part in
                guard let first = part.first else { return false }
                let isLetter =
                    position == 0
                    ? Names.isLetter(first) && !Names.isLowerLetter(first) : Names.isLetter(first)
                return isLetter && part.allSatisfy(Names.isAlphanumeric)
            }
            let subject = "invalid feature name \(GoText.quoted(feature)): must"
            if feature.utf8.count > 253 {
                invalid(path.index(index), .text(feature), "\(subject) be no more than 253 characters")
            } else if !isRight {
                invalid(
                    path.index(index), .text(feature),
                    "\(subject) start with an UpperCamelCase segment, with subsequent segments separated by "
                        + "'/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric "
                        + "characters and slashes")
            }
            guard index + 1 < features.count else { continue }
            let next = features[index + 1]
            if next == feature {
                duplicate(path.index(index + 1), .text(next))
            } else if next.utf8.lexicographicallyPrecedes(feature.utf8) {
                invalid(path.index(index + 1), .text(next), "list must be sorted alphabetically")
            }
        }
    }

    private mutating func nodeAnnotations(_ annotations: APITree, _ path: FieldPath) {
        let taintsKey = "scheduler.alpha.kubernetes.io/taints"
        let text = annotations[taintsKey].text
        if !text.isEmpty {
            switch GoJSON.decode(text) {
            case .failure(let fault): invalid(path, .text(taintsKey), fault.message)
            case .success(.array(let list)):
                let lowered = list.map { element -> JSONValue in
                    var result = APITree(.object([:]))
                    for (name, value) in APITree(element).entries {
                        result = result.setting(name.prefix(1).lowercased() + name.dropFirst(), value)
                    }
                    return result.value ?? .null
                }
                taints(APITree(.array(lowered)), path.child(taintsKey))
            case .success(.null): break
            case .success(let other):
                invalid(
                    path, .text(taintsKey),
                    "json: cannot unmarshal \(GoJSON.kindName(other)) into Go value of type []core.Taint")
            }
        }
        avoidedPods(annotations, path)
    }

    private mutating func avoidedPods(_ annotations: APITree, _ path: FieldPath) {
        let key = "scheduler.alpha.kubernetes.io/preferAvoidPods"
        let text = annotations[key].text
        guard !text.isEmpty else { return }
        switch GoJSON.decode(text) {
        case .failure(let fault): invalid(path.child("AvoidPods"), .text(key), fault.message)
        case .success(let value):
            guard value.objectValue != nil || value.isNull else {
                return invalid(
                    path.child("AvoidPods"), .text(key),
                    "json: cannot unmarshal \(GoJSON.kindName(value)) into Go value of type v1.AvoidPods")
            }
            for (index, entry) in APITree(value).preferAvoidPods.list.enumerated() {
                let place = path.child(key).index(index).child("PodSignature")
                let controller = entry.podSignature.podController
                if !controller.exists {
                    required(place)
                } else if !controller.controller.flag {
                    invalid(
                        place.child("PodController", "Controller"), .flag(false),
                        "must point to a controller")
                }
            }
        }
    }

    private mutating func configSource(_ source: APITree, _ path: FieldPath, isStatus: Bool) {
        guard source.configMap.exists else {
            return invalid(
                path, .raw(GoStruct.json(source, "NodeConfigSource")),
                "exactly one reference subfield must be non-nil")
        }
        let place = path.child("configMap")
        let map = source.configMap
        for field in ["uid", "resourceVersion"] {
            if isStatus {
                if map[field].isEmpty { required(place.child(field)) }
            } else if !map[field].isEmpty {
                forbidden(place.child(field), "\(field) must not be set in spec")
            }
        }
        if map.namespace.isEmpty {
            required(place.child("namespace"))
        } else {
            label(map.namespace.text, place.child("namespace"))
        }
        if map.name.isEmpty {
            required(place.child("name"))
        } else {
            subdomain(map.name.text, place.child("name"))
        }
        let key = map.kubeletConfigKey.text
        if key.isEmpty {
            required(place.child("kubeletConfigKey"))
        } else {
            invalid(place.child("kubeletConfigKey"), .text(key), each: Names.configMapKey(key))
        }
    }

    // MARK: Namespace

    mutating func namespace(_ object: APITree, old: APITree?) {
        metadata(object.metadata, isNamespaced: false, name: .label)
        for finalizer in object.spec.finalizers.strings {
            let path = FieldPath("spec").child("finalizers")
            finalizerName(finalizer, path)
            kubeFinalizer(finalizer, path)
        }
        if let old { metadataUpdate(object.metadata, old.metadata) }
    }

    mutating func namespaceStatusUpdate(_ new: APITree, _ old: APITree) {
        metadataUpdate(new.metadata, old.metadata)
        let phase = new.status.phase.text
        let isDeleted = new.metadata.deletionTimestamp.exists
        let expected = isDeleted ? "Terminating" : "Active"
        if phase != expected {
            invalid(
                FieldPath("status").child("Phase"), .typed(phase),
                "may only be '\(expected)' if `deletionTimestamp` is \(isDeleted ? "not " : "")empty")
        }
    }

    mutating func namespaceFinalize(_ new: APITree, _ old: APITree) {
        metadataUpdate(new.metadata, old.metadata)
        for (index, finalizer) in new.spec.finalizers.strings.enumerated() {
            let path = FieldPath("spec").child("finalizers").index(index)
            finalizerName(finalizer, path)
            kubeFinalizer(finalizer, path)
        }
    }

    // MARK: ConfigMap and Secret

    private static let dataLimit = 1 << 20

    mutating func configMap(_ object: APITree, old: APITree?) {
        if let old {
            metadataUpdate(object.metadata, old.metadata)
            immutableData(object, old, ["data", "binaryData"])
        }
        metadata(object.metadata, isNamespaced: true, name: .subdomain)
        var size = 0
        for (key, value) in object.data.textEntries {
            let path = FieldPath("data").key(key)
            invalid(path, .text(key), each: Names.configMapKey(key))
            if object.binaryData[key].exists {
                invalid(path, .text(key), "duplicate of key present in binaryData")
            }
            size += value.utf8.count
        }
        for (key, value) in object.binaryData.textEntries {
            invalid(
                FieldPath("binaryData").key(key), .text(key), each: Names.configMapKey(key))
            size += FieldErrorList.decodedCount(value)
        }
        if size > FieldErrorList.dataLimit { tooLong(FieldPath("[]"), bytes: FieldErrorList.dataLimit) }
    }

    /// The number of bytes that Base64 text stands for.
    private static func decodedCount(_ text: String) -> Int {
        let digits = text.utf8.filter { $0 != UInt8(ascii: "=") && $0 > 0x20 }.count
        return digits * 3 / 4
    }

    private mutating func immutableData(_ new: APITree, _ old: APITree, _ fields: [String]) {
        guard old.immutable.flag else { return }
        let text = "field is immutable when `immutable` is set"
        if !new.immutable.flag { forbidden(FieldPath("immutable"), text) }
        for field in fields where !APITree.areSemanticallyEqual(new[field], old[field]) {
            forbidden(FieldPath(field), text)
        }
    }

    mutating func secret(_ object: APITree, old: APITree?) {
        if let old {
            metadataUpdate(object.metadata, old.metadata)
            immutable(object.type, old.type, FieldPath("type"), shown: .typed(object.type.text))
            immutableData(object, old, ["data"])
        }
        metadata(object.metadata, isNamespaced: true, name: .subdomain)
        let path = FieldPath("data")
        let data = object.data
        var size = 0
        for (key, value) in data.textEntries {
            invalid(path.key(key), .text(key), each: Names.configMapKey(key))
            size += FieldErrorList.decodedCount(value)
        }
        if size > FieldErrorList.dataLimit { tooLong(path, bytes: FieldErrorList.dataLimit) }
        func require(_ keys: String...) {
            for key in keys where !data[key].exists { required(path.key(key)) }
        }
        switch object.type.text {
        case "kubernetes.io/service-account-token":
            let key = "kubernetes.io/service-account.name"
            if object.metadata.annotations[key].isEmpty {
                required(FieldPath("metadata").child("annotations").key(key))
            }
        case "kubernetes.io/dockercfg": dockerConfig(data, ".dockercfg")
        case "kubernetes.io/dockerconfigjson": dockerConfig(data, ".dockerconfigjson")
        case "kubernetes.io/basic-auth":
            if !data.username.exists && !data.password.exists { require("username", "password") }
        case "kubernetes.io/ssh-auth":
            if data["ssh-privatekey"].isEmpty { required(path.key("ssh-privatekey")) }
        case "kubernetes.io/tls": require("tls.crt", "tls.key")
        default: break
        }
    }

    private mutating func dockerConfig(_ data: APITree, _ key: String) {
        let path = FieldPath("data").key(key)
        guard let text = data[key].optionalText else { return required(path) }
        let bytes = (try? Base64.decode(text)) ?? []
        let fault: String?
        switch GoJSON.decode(String(decoding: bytes, as: UTF8.self)) {
        case .failure(let error): fault = error.message
        case .success(.object), .success(.null): fault = nil
        case .success(let other):
            fault =
                "json: cannot unmarshal \(GoJSON.kindName(other)) into Go value of type "
                + "map[string]interface {}"
        }
        if let fault { invalid(path, .text("<secret contents redacted>"), fault) }
    }

    // MARK: Endpoints

    mutating func endpoints(_ object: APITree, old: APITree?) {
        if let old { metadataUpdate(object.metadata, old.metadata) }
        metadata(object.metadata, isNamespaced: true, name: .subdomain)
        if let old, APITree.areSemanticallyEqual(object.subsets, old.subsets) { return }
        for (index, subset) in object.subsets.list.enumerated() {
            let path = FieldPath("subsets").index(index)
            if subset.addresses.isEmpty && subset.notReadyAddresses.isEmpty {
                required(path, "must specify `addresses` or `notReadyAddresses`")
            }
            for kind in ["addresses", "notReadyAddresses"] {
                for (position, address) in subset[kind].list.enumerated() {
                    endpointAddress(address, path.child(kind).index(position))
                }
            }
            let ports = subset.ports.list
            for (position, port) in ports.enumerated() {
                endpointPort(port, path.child("ports").index(position), needsName: ports.count > 1)
            }
        }
    }

    private mutating func endpointAddress(_ address: APITree, _ path: FieldPath) {
        legacyIP(address.ip.text, path.child("ip"))
        if !address.hostname.isEmpty { label(address.hostname.text, path.child("hostname")) }
        if let node = address.nodeName.optionalText { subdomain(node, path.child("nodeName")) }
        endpointIP(address.ip.text, path.child("ip"))
    }

    private mutating func endpointPort(_ port: APITree, _ path: FieldPath, needsName: Bool) {
        let name = port.name.text
        if needsName && name.isEmpty {
            required(path.child("name"))
        } else if !name.isEmpty {
            label(name, path.child("name"))
        }
        invalid(path.child("port"), .int(port.port.int), each: Names.portNumber(port.port.int))
        portProtocol(port["protocol"].text, path.child("protocol"))
        if let name = port.appProtocol.optionalText { qualifiedName(name, path.child("appProtocol")) }
    }

    // MARK: EndpointSlice

    mutating func endpointSlice(_ object: APITree, old: APITree?) {
        metadata(object.metadata, isNamespaced: true, name: .subdomain)
        let type = object.addressType.text
        if type.isEmpty {
            required(FieldPath("addressType"))
        } else {
            member(type, FieldPath("addressType"), of: ["FQDN", "IPv4", "IPv6"])
        }
        slicePorts(object.ports, FieldPath("ports"))
        var faults = FieldErrorList()
        faults.sliceEndpoints(object.endpoints, type, FieldPath("endpoints"))
        if let old, APITree.areSemanticallyEqual(object.endpoints, old.endpoints) {
            faults = FieldErrorList()
        }
        add(faults)
        if let old {
            immutable(
                object.addressType, old.addressType, FieldPath("addressType"), shown: .typed(type))
        }
    }

    private mutating func slicePorts(_ ports: APITree, _ path: FieldPath) {
        if ports.count > 20000 { return tooMany(path, count: ports.count, limit: 20000) }
        var names: Set<String> = []
        for (index, port) in ports.list.enumerated() {
            let place = path.index(index)
            let name = port.name.text
            if !name.isEmpty { label(name, place.child("name")) }
            if !names.insert(name).inserted { duplicate(place.child("name"), .typed(name)) }
            if let text = port["protocol"].optionalText {
                member(text, place.child("protocol"), of: FieldErrorList.portProtocols)
            } else {
                required(place.child("protocol"))
            }
            if let name = port.appProtocol.optionalText {
                qualifiedName(name, place.child("appProtocol"))
            }
        }
    }

    private mutating func sliceEndpoints(_ endpoints: APITree, _ type: String, _ path: FieldPath) {
        if endpoints.count > 1000 { return tooMany(path, count: endpoints.count, limit: 1000) }
        for (index, endpoint) in endpoints.list.enumerated() {
            let place = path.index(index)
            let field = place.child("addresses")
            let addresses = endpoint.addresses.strings
            if addresses.isEmpty {
                required(field, "must contain at least 1 address")
            } else if addresses.count > 100 {
                tooMany(field, count: addresses.count, limit: 100)
            }
            for (position, address) in addresses.enumerated() {
                sliceAddress(address, type, field, field.index(position))
            }
            if let node = endpoint.nodeName.optionalText { subdomain(node, place.child("nodeName")) }
            let topology = place.child("deprecatedTopology")
            if endpoint.deprecatedTopology.count > 16 {
                tooMany(topology, count: endpoint.deprecatedTopology.count, limit: 16)
            }
            labels(endpoint.deprecatedTopology, topology)
            if let name = endpoint.hostname.optionalText { label(name, place.child("hostname")) }
            if endpoint.hints.exists { hints(endpoint.hints, place.child("hints")) }
        }
    }

    private mutating func sliceAddress(
        _ address: String, _ type: String, _ list: FieldPath, _ path: FieldPath
    ) {
        if type == "FQDN" { return domainName(address, path) }
        guard type == "IPv4" || type == "IPv6" else { return }
        var faults = FieldErrorList()
        if type == "IPv4" { faults.legacyIP(address, path) } else { faults.strictIP(address, path) }
        if !faults.isEmpty { return add(faults) }
        if IPAddress(address)?.isIPv4 != (type == "IPv4") {
            invalid(list, .text(address), "must be an \(type) address")
        }
        endpointIP(address, path)
    }

    /// A domain name of at least two labels.
    private mutating func domainName(_ name: String, _ path: FieldPath) {
        if name.isEmpty { return required(path) }
        let domain = name.hasSuffix(".") ? String(name.dropLast()) : name
        let faults = Names.dns1123Subdomain(domain)
        if !faults.isEmpty { return invalid(path, .text(domain), faults.joined(separator: ",")) }
        let parts = domain.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.count < 2 {
            return invalid(
                path, .text(domain), "should be a domain with at least two segments separated by dots")
        }
        for part in parts {
            let faults = Names.dns1123Label(part)
            if !faults.isEmpty { return invalid(path, .text(part), faults.joined(separator: ",")) }
        }
    }

    private mutating func hints(_ hints: APITree, _ path: FieldPath) {
        for kind in ["forZones", "forNodes"] {
            let list = hints[kind].list
            let place = path.child(kind)
            if list.count > 8 { return tooMany(place, count: list.count, limit: 8) }
            var seen: Set<String> = []
            for (index, hint) in list.enumerated() {
                let name = hint.name.text
                let field = place.index(index).child("name")
                if !seen.insert(name).inserted { duplicate(field, .text(name)) }
                invalid(
                    field, .text(name),
                    each: kind == "forZones" ? Names.labelValue(name) : Names.dns1123Subdomain(name))
            }
        }
    }
}
