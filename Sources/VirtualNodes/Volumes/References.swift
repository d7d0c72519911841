import KubernetesModel
import SimulationKernel

/// A ConfigMap or Secret that a pod refers to.
struct ReferenceKey: Hashable, Sendable {
    var kind: ObjectKind
    var key: ObjectKey
    /// A member that must be there; empty for none.
    var member = ""
    var isOptional = false
    /// Whether it is a key of the environment, whose messages differ.
    var isEnvironment = false

    /// What identifies the object alone.
    var object: ReferenceKey { ReferenceKey(kind: kind, key: key) }

    /// The objects that a volume's files come from.
    static func references(of volume: Volume, namespace: String) -> [ReferenceKey] {
        var found: [ReferenceKey] = []
        func add(_ kind: ObjectKind, _ name: String, _ files: Volume.Files) {
            let items =
                JSONValue.object(files.rest)["items"]?.arrayValue?.compactMap { $0["key"]?.stringValue } ?? []
            let key = ObjectKey(namespace: namespace, name: name)
            let isOptional = files.optional == true
            if items.isEmpty { found.append(ReferenceKey(kind: kind, key: key, isOptional: isOptional)) }
            for item in items {
                found.append(ReferenceKey(kind: kind, key: key, member: item, isOptional: isOptional))
            }
        }
        if let files = volume.configMap { add(.configMap, files.name, files) }
        if let files = volume.secret { add(.secret, files.secretName, files) }
        for source in volume.projected?.sources ?? [] {
            if let files = source.configMap { add(.configMap, files.name, files) }
            if let files = source.secret { add(.secret, files.name, files) }
        }
        return found
    }

    /// The objects that a container's environment comes from.
    static func references(of container: Container, namespace: String) -> [ReferenceKey] {
        var found: [ReferenceKey] = []
        func add(_ kind: ObjectKind, _ reference: LocalReference) {
            found.append(
                ReferenceKey(
                    kind: kind, key: ObjectKey(namespace: namespace, name: reference.name),
                    member: reference.key, isOptional: reference.optional == true, isEnvironment: true))
        }
        for source in container.envFrom {
            if let reference = source.configMapRef { add(.configMap, reference) }
            if let reference = source.secretRef { add(.secret, reference) }
        }
        for variable in container.env {
            if let reference = variable.valueFrom?.configMapKeyRef { add(.configMap, reference) }
            if let reference = variable.valueFrom?.secretKeyRef { add(.secret, reference) }
        }
        return found
    }

    /// Upstream's words about a member that is not in the object; nil when it is, or may be missing.
    func missingMember(in object: APIObject) -> String? {
        guard !member.isEmpty, !isOptional, case .generic(let value) = object else { return nil }
        let isThere = ["data", "binaryData", "stringData"].contains {
            JSONValue.object(value.value.body)[$0]?[member] != nil
        }
        if isThere { return nil }
        if isEnvironment {
            return "couldn't find key \(member) in \(kind.name) \(key.namespace)/\(key.name)"
        }
        return kind == .secret
            ? "references non-existent secret key: \(member)"
            : "configmap references non-existent config key: \(member)"
    }
}

/// A ConfigMap or Secret in the kubelet's cache.
struct CachedReference: Sendable {
    var object: APIObject
    var fetchedAt: VirtualTime
}

/// Who waits for several ConfigMaps and Secrets, and what has been found so far.
struct PendingRead: Sendable {
    enum Reader: Hashable, Sendable {
        case volume(slot: Int32, generation: UInt32, place: Int32)
        /// The container at the head of the pod's queue.
        case environment(slot: Int32, generation: UInt32)
    }
    var reader: Reader
    var wanted: [ReferenceKey]
    /// The object that each outstanding call is about.
    var calls: [(number: UInt32, object: ReferenceKey)]
    var error: String?
}
