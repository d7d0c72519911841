import KubernetesModel
import OrderedCollections
public import SimulationKernel

extension APIServer {
    /// Makes the objects that every cluster has before anybody asks for them.
    public mutating func bootstrap(at now: VirtualTime) {
        for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
            var namespace = Namespace()
            namespace.metadata.name = name
            _ = handle(.create(APIObject(namespace)), at: now)
        }
        let classes: [(String, Int64)] = [
            ("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000),
        ]
        for (name, value) in classes {
            var priority = PriorityClass()
            priority.metadata.name = name
            priority.value = value
            priority.preemptionPolicy = "PreemptLowerPriority"
            _ = handle(.create(APIObject(priority)), at: now)
        }
    }

    /// Takes a manifest through decoding, defaulting, admission and validation.
    ///
    /// Unknown and repeated fields are errors, as kubectl asks for (`fieldValidation: Strict`).
    mutating func admit(_ manifest: JSONValue, at now: VirtualTime) throws(APIError) -> APIObject {
        let (kind, served) = try servedKind(of: manifest)
        var versioned = served
        var tree = try decoded(manifest, as: versioned)
        AutoscalerConversion.convertToStored(&tree, &versioned)
        let outcome = Defaulting.apply(versioned, &tree)
        let namespace = tree["metadata"]?["namespace"]?.stringValue ?? ""
        if kind.info.isNamespaced {
            _ = CreationStrategy.setNamespace(namespace.isEmpty ? "default" : namespace, of: &tree)
        } else if !CreationStrategy.setNamespace(nil, of: &tree) {
            throw APIError(
                .badRequest,
                "the namespace of the provided object does not match the namespace sent on the request")
        }
        let name = tree["metadata"]?["name"]?.stringValue ?? ""
        let prefix = tree["metadata"]?["generateName"]?.stringValue ?? ""
        if kind.info.isNamespaced {
            var metadata = ObjectMeta(
                namespace: tree["metadata"]?["namespace"]?.stringValue ?? "", name: name)
            metadata.generateName = prefix
            try checkNamespace(of: metadata, for: kind)
        }
        do throws(AdmissionRefusal) {
            try mutate(kind, versioned, &tree, at: now)
        } catch {
            throw .forbidden(kind, name.isEmpty ? prefix : name, error.description)
        }
        let made = ServerMadeValues(
            uid: newUID().description, now: epoch.advanced(by: now.sinceStart).rfc3339)
        let given = kind == .statefulSet ? tree : .null
        CreationStrategy.prepare(versioned, &tree, made: made, outcome: outcome)
        restoreGatedFields(kind, &tree, given: given)
        // The name that will be made of a prefix is drawn when the object is stored; any such name is as valid.
        let isNamed = !name.isEmpty || prefix.isEmpty
        if !isNamed { tree.setName(String(prefix.prefix(58)) + "xxxxx") }
        if kind == .service { try allocateAddresses(of: &tree, name: name) }
        let encoded = Schema.kubernetes.encode(tree, as: versioned)
        let faults = Validator.validateCreate(kind: versioned, object: encoded)
        if !faults.isEmpty {
            if kind == .service { release(ServiceHoldings(tree)) }
            throw .invalid(kind, isNamed ? name : tree["metadata"]?["name"]?.stringValue ?? "", faults)
        }
        do throws(AdmissionRefusal) {
            try validate(kind, versioned, encoded, at: now)
        } catch {
            throw .forbidden(kind, name.isEmpty ? generateName(prefix) : name, error.description)
        }
        let object = APIObject(kind: kind, tree: encoded.objectValue ?? [:], epoch: epoch)
        return isNamed ? object : object.withMetadata { $0.name = "" }
    }

    /// Takes the changed tree of an existing object through its kind's strategy and validation. The tree is
    /// decoded and defaulted.
    mutating func admitUpdate(
        _ decoded: JSONValue, as versioned: GroupVersionKind, of old: APIObject, subresource: String = "",
        at now: VirtualTime
    ) throws(APIError) -> APIObject {
        var tree = decoded
        let before = old.tree(epoch: epoch)
        UpdateStrategy.prepare(
            versioned, &tree, old: before, subresource: subresource,
            now: epoch.advanced(by: now.sinceStart).rfc3339)
        var added = ServiceHoldings()
        if subresource.isEmpty {
            restoreGatedFields(old.kind, &tree, given: decoded)
            if old.kind == .pod && !disabledAdmissionPlugins.contains(.priority) {
                PriorityAdmission.admit(updated: &tree, old: before)
            }
            if old.kind == .service { added = try updateAddresses(of: &tree, old: before) }
        }
        let encoded = Schema.kubernetes.encode(tree, as: versioned)
        let faults = Validator.validateUpdate(
            kind: versioned, object: encoded, old: before,
            subresource: subresource.isEmpty ? nil : subresource)
        if !faults.isEmpty {
            release(added)
            throw .invalid(old.kind, old.metadata.name, faults)
        }
        do throws(AdmissionRefusal) {
            try validateUpdate(old.kind, encoded, old: before, subresource: subresource)
        } catch {
            throw .forbidden(old.kind, old.metadata.name, error.description)
        }
        return APIObject(kind: old.kind, tree: encoded.objectValue ?? [:], epoch: epoch)
    }

    /// Puts a manifest in the place of an object, or its status or container resources in place of the object's.
    ///
    /// Upstream: `pkg/registry/core/pod/strategy.go`, `podStatusStrategy`, `podResizeStrategy` (v1.36).
    mutating func replace(
        _ manifest: JSONValue, subresource: String?, at now: VirtualTime
    ) throws(APIError) -> APIObject {
        let (kind, served) = try servedKind(of: manifest)
        var versioned = served
        let metadata = manifest["metadata"]
        var key = ObjectKey(name: metadata?["name"]?.stringValue ?? "")
        if kind.info.isNamespaced { key.namespace = metadata?["namespace"]?.stringValue ?? "default" }
        let old = try existing(kind, key)
        let before = old.tree(epoch: epoch)
        var tree = try decoded(manifest, as: versioned)
        AutoscalerConversion.convertToStored(&tree, &versioned)
        switch subresource {
        case nil:
            tree.takeServerMetadata(of: before)
            if kind == .pod {
                DefaultTolerationSeconds.admit(
                    pod: &tree, notReadySeconds: notReadyTolerationSeconds,
                    unreachableSeconds: unreachableTolerationSeconds)
            }
            Defaulting.apply(versioned, &tree)
            let new = try admitUpdate(tree, as: versioned, of: old, at: now)
            // A node's main resource lets its status through, as upstream's strategy does.
            return try finishUpdate(kind == .node ? new : new.withStatus(of: old), old: old, at: now)
        case "status":
            // A node's allocatable amounts follow its capacity where the manifest has none.
            Defaulting.apply(versioned, &tree)
            var changed = before
            var status = tree["status"] ?? .object([:])
            if kind == .pod, status["qosClass"] == nil { status["qosClass"] = before["status"]?["qosClass"] }
            changed["status"] = status
            let object = APIObject(kind: kind, tree: changed.objectValue ?? [:], epoch: epoch)
            return try updateStatus(object.withMetadata { $0.resourceVersion = 0 }, at: now)
        case "resize" where kind == .pod:
            let changed = before.takingResources(of: tree)
            let faults = Validator.validateUpdate(
                kind: versioned, object: changed, old: before, subresource: "resize")
            if !faults.isEmpty { throw .invalid(kind, key.name, faults) }
            let object = APIObject(kind: kind, tree: changed.objectValue ?? [:], epoch: epoch)
            do throws(AdmissionRefusal) {
                try validateUpdate(kind, changed, old: before, subresource: "resize")
            } catch {
                throw .forbidden(kind, key.name, error.description)
            }
            return try finishUpdate(
                object.withStatus(of: old), old: old, subresource: "resize", at: now)
        case let other?:
            throw APIError(
                .notFound,
                "the server could not find the requested resource (put \(kind.info.plural) \(key.name)/\(other))"
            )
        }
    }

    private func servedKind(of manifest: JSONValue) throws(APIError) -> (ObjectKind, GroupVersionKind) {
        let apiVersion = manifest["apiVersion"]?.stringValue ?? ""
        let kindName = manifest["kind"]?.stringValue ?? ""
        guard let kind = ObjectKind(apiVersion: apiVersion, kind: kindName),
            let versioned = GroupVersionKind(apiVersion: apiVersion, kind: kindName)
        else {
            throw APIError(
                .notFound,
                "no matches for kind \"\(kindName)\" in version \"\(apiVersion)\": simk does not serve it")
        }
        guard kind.info.apiVersion == apiVersion || kind == .horizontalPodAutoscaler else {
            throw APIError(
                .badRequest,
                "\(kindName) in version \"\(apiVersion)\": simk serves \"\(kind.info.apiVersion)\" only")
        }
        return (kind, versioned)
    }

    private func decoded(_ manifest: JSONValue, as kind: GroupVersionKind) throws(APIError) -> JSONValue {
        let decoded: Schema.Decoded
        do throws(DecodingFault) {
            decoded = try Schema.kubernetes.decode(manifest, as: kind)
        } catch {
            throw APIError(
                .badRequest,
                "\(kind.kind) in version \"\(kind.version)\" cannot be handled as a \(kind.kind): \(error)")
        }
        if let fault = decoded.strictError {
            throw APIError(
                .badRequest,
                "\(kind.kind) in version \"\(kind.version)\" cannot be handled as a \(kind.kind): \(fault)")
        }
        return decoded.tree
    }

    // MARK: Admission

    /// Has the plugins that change new objects do so, in their order.
    private mutating func mutate(
        _ kind: ObjectKind, _ versioned: GroupVersionKind, _ tree: inout JSONValue, at now: VirtualTime
    ) throws(AdmissionRefusal) {
        if kind == .node && disabledAdmissionPlugins.contains(.taintNodesByCondition) { return }
        let namespace = tree["metadata"]?["namespace"]?.stringValue ?? ""
        guard kind == .pod else {
            try Admission.mutateNew(
                versioned, &tree, namespace: namespace, facts: facts(kind, namespace))
            return
        }
        LimitRanger.admit(pod: &tree, ranges: trees(.limitRange, namespace: namespace))
        if admitsServiceAccounts {
            let name = tree["spec"]?["serviceAccountName"]?.stringValue ?? ""
            try ServiceAccountAdmission.admit(
                pod: &tree, namespace: namespace, accounts: accounts(namespace, named: name, at: now),
                suffix: generateName(""))
        }
        if !disabledAdmissionPlugins.contains(.priority) {
            try PriorityAdmission.admit(pod: &tree, classes: PriorityClasses(trees(.priorityClass)))
        }
        DefaultTolerationSeconds.admit(
            pod: &tree, notReadySeconds: notReadyTolerationSeconds,
            unreachableSeconds: unreachableTolerationSeconds)
        try RuntimeClassAdmission.admit(pod: &tree, classes: runtimeClasses())
    }

    /// Has the plugins that check new objects do so: they come after validation.
    private func validate(
        _ kind: ObjectKind, _ versioned: GroupVersionKind, _ tree: JSONValue, at now: VirtualTime
    ) throws(AdmissionRefusal) {
        let namespace = tree["metadata"]?["namespace"]?.stringValue ?? ""
        guard kind == .pod else {
            return try Admission.validateNew(
                versioned, tree, namespace: namespace, facts: facts(kind, namespace))
        }
        try LimitRanger.validate(pod: tree, ranges: trees(.limitRange, namespace: namespace))
        if admitsServiceAccounts {
            let name = tree["spec"]?["serviceAccountName"]?.stringValue ?? ""
            try ServiceAccountAdmission.validate(
                pod: tree, namespace: namespace, accounts: accounts(namespace, named: name, at: now))
        }
        try RuntimeClassAdmission.validate(pod: tree, classes: runtimeClasses())
    }

    /// Has the plugins that check changed objects do so.
    private func validateUpdate(
        _ kind: ObjectKind, _ tree: JSONValue, old: JSONValue, subresource: String
    ) throws(AdmissionRefusal) {
        let namespace = old["metadata"]?["namespace"]?.stringValue ?? ""
        let isLimited =
            kind == .persistentVolumeClaim && subresource.isEmpty || kind == .pod && subresource == "resize"
        if isLimited && old["metadata"]?["deletionTimestamp"] == nil {
            let ranges = trees(.limitRange, namespace: namespace)
            if kind == .pod {
                try LimitRanger.validate(pod: tree, ranges: ranges)
            } else {
                try LimitRanger.validate(claim: tree, ranges: ranges)
            }
        }
        if kind == .persistentVolumeClaim && subresource.isEmpty {
            try ClaimResizeAdmission.validate(tree, old: old, classes: trees(.storageClass))
        }
    }

    /// What the plugins need to know for objects other than pods.
    private func facts(_ kind: ObjectKind, _ namespace: String) -> AdmissionFacts {
        var facts = AdmissionFacts(volumeNameSuffix: "")
        switch kind {
        case .persistentVolumeClaim:
            facts.limitRanges = trees(.limitRange, namespace: namespace)
            facts.storageClasses = trees(.storageClass)
        case .priorityClass: facts.priorityClasses = PriorityClasses(trees(.priorityClass))
        default: break
        }
        return facts
    }

    /// The service account that a pod names, or the default one.
    ///
    /// Upstream looks for the default account ten times, some 100 ms apart, as its controller makes it soon
    /// after the namespace. Here a pod does not wait: while the namespace is that young it counts as there.
    private func accounts(
        _ namespace: String, named name: String, at now: VirtualTime
    ) -> [String: JSONValue] {
        let name = name.isEmpty ? "default" : name
        if let account = store[.serviceAccount, ObjectKey(namespace: namespace, name: name)] {
            return [name: account.tree(epoch: epoch)]
        }
        guard name == "default",
            let created = store[.namespace, ObjectKey(name: namespace)]?.metadata.creationTimestamp,
            now - created.time < .seconds(2)
        else { return [:] }
        return [name: ["metadata": ["name": .string(name)]]]
    }

    private func runtimeClasses() -> [String: JSONValue] {
        var classes: [String: JSONValue] = [:]
        for object in store.list(.runtimeClass) { classes[object.metadata.name] = object.tree(epoch: epoch) }
        return classes
    }

    private func trees(_ kind: ObjectKind, namespace: String? = nil) -> [JSONValue] {
        store.list(kind, namespace: namespace).map { $0.tree(epoch: epoch) }
    }

    /// The spec of a pod that a controller creates, as admission leaves it.
    ///
    /// Pods of one template come with one and the same spec, and leave with one and the same: the result is
    /// remembered by the identity of what came in.
    mutating func admittedSpec(of pod: Pod, at now: VirtualTime) throws(APIError) -> AdmittedSpecs.Entry {
        let key = AdmittedSpecs.Key(spec: ObjectIdentifier(pod.spec), namespace: pod.metadata.namespace)
        if let known = admittedSpecs[key] { return known }
        let versioned = GroupVersionKind(version: "v1", kind: "Pod")
        var tree = pod.with { $0.status = PodStatus() }.tree(epoch: epoch)
        // A template has not all defaults of a pod: requests that follow limits come here.
        Defaulting.apply(versioned, &tree)
        let metadata = pod.metadata
        do throws(AdmissionRefusal) {
            try mutate(.pod, versioned, &tree, at: now)
        } catch {
            throw .forbidden(
                .pod, metadata.name.isEmpty ? metadata.generateName : metadata.name, error.description)
        }
        let made = ServerMadeValues(uid: "", now: epoch.rfc3339)
        CreationStrategy.prepare(versioned, &tree, made: made)
        let encoded = Schema.kubernetes.encode(tree, as: versioned)
        do throws(AdmissionRefusal) {
            try validate(.pod, versioned, encoded, at: now)
        } catch {
            // By now a pod has the name that was made for it.
            throw .forbidden(
                .pod, metadata.name.isEmpty ? generateName(metadata.generateName) : metadata.name,
                error.description)
        }
        let members = encoded["spec"]?.objectValue ?? [:]
        // An admitted spec that comes again (a manifest's) stays the object that it is.
        var entry = AdmittedSpecs.Entry(
            from: pod.spec, spec: members == pod.spec.source ? pod.spec : PodSpec(source: members))
        entry.limitNote = encoded["metadata"]?["annotations"]?[LimitRanger.annotation]?.stringValue
        admittedSpecs.remember(entry, for: key)
        return entry
    }
}

extension JSONValue {
    mutating func setName(_ name: String) {
        var metadata = self["metadata"] ?? .object([:])
        metadata["name"] = .string(name)
        self["metadata"] = metadata
    }

    /// Gives a manifest what only the server writes into an object's metadata.
    fileprivate mutating func takeServerMetadata(of old: JSONValue) {
        var metadata = self["metadata"] ?? .object([:])
        for name in [
            "uid", "resourceVersion", "creationTimestamp", "generation", "generateName", "deletionTimestamp",
            "deletionGracePeriodSeconds",
        ] {
            if let value = old["metadata"]?[name] { metadata[name] = value }
        }
        self["metadata"] = metadata
    }

    /// This pod with the resources that another one gives to containers of the same names.
    fileprivate func takingResources(of other: JSONValue) -> JSONValue {
        var pod = self
        guard var spec = self["spec"] else { return pod }
        for list in ["containers", "initContainers"] {
            guard var containers = spec[list]?.arrayValue else { continue }
            for index in containers.indices {
                let name = containers[index]["name"]
                let wanted = other["spec"]?[list]?.arrayValue?.first { $0["name"] == name }
                if let wanted { containers[index]["resources"] = wanted["resources"] }
            }
            spec[list] = .array(containers)
        }
        pod["spec"] = spec
        return pod
    }
}

/// Specs after admission, by the identity of the spec before it.
struct AdmittedSpecs: Sendable {
    struct Key: Hashable, Sendable {
        var spec: ObjectIdentifier
        var namespace: String
    }
    struct Entry: Sendable {
        /// The spec that came, held because an identity must not be used again while it is a key.
        var from: PodSpec
        var spec: PodSpec
        /// What LimitRanger wrote into the pod's annotations.
        var limitNote: String?
    }
    private var entries: [Key: Entry] = [:]
    /// Specs of StatefulSets' pods come once only; the bound keeps them from piling up.
    private static let limit = 1_024

    subscript(key: Key) -> Entry? { entries[key] }

    mutating func remember(_ entry: Entry, for key: Key) {
        // Label keys are merged from the pod's own labels, which another pod may not share.
        if entry.from.dependsOnLabels { return }
        if entries.count >= Self.limit { entries.removeAll() }
        entries[key] = entry
    }

    mutating func forgetAll() { entries.removeAll() }
}

extension PodSpec {
    /// Whether admission reads the pod's labels to complete the spec.
    var dependsOnLabels: Bool {
        if fields.topologySpreadConstraints.contains(where: { !$0.matchLabelKeys.isEmpty }) { return true }
        let affinities = [fields.affinity?.podAffinity, fields.affinity?.podAntiAffinity]
        return affinities.contains { affinity in
            guard let affinity else { return false }
            let terms = affinity.required + affinity.preferred.map(\.podAffinityTerm)
            return terms.contains { !$0.matchLabelKeys.isEmpty || !$0.mismatchLabelKeys.isEmpty }
        }
    }
}
