import KubernetesModel
import OrderedCollections
import SimulationKernel

extension APIServer {
    /// Creates an object of a template: what does not depend on its metadata has been found out before.
    mutating func create(
        from template: ManifestTemplate, _ instance: ManifestInstance, at now: VirtualTime
    ) throws(APIError) -> APIObject {
        let admitted = try admitted(template, namespace: instance.namespace, at: now)
        var object = admitted
        if let edit = instance.edit {
            // The names that a template cannot vouch for.
            for name in edit.names + [instance.name] where !name.isEmpty && !name.isPlainName {
                let faults = Names.dns1123Subdomain(name)
                if !faults.isEmpty {
                    throw .invalid(
                        admitted.kind, instance.name,
                        faults.map {
                            FieldError(.invalid, FieldPath("metadata.name"), shownValue: name, detail: $0)
                        })
                }
            }
            // Ranges may have something to say about the resource.
            let isVouchedFor = if case .resourceOfPod = edit { store.count(.limitRange) == 0 } else { true }
            guard isVouchedFor, let edited = edit.apply(to: admitted, named: instance.name) else {
                let manifest = edit.apply(to: template.tree).with(instance)
                return try create(try admit(manifest, at: now), isAdmitted: true, at: now)
            }
            object = edited
        }
        if case .pod(let template) = object, template.value.nodeName.isEmpty {
            // What the strategy sets is set, and no edit changes it.
            return try complete(template.value, instance, at: now)
        }
        if instance.name.isEmpty && instance.labels.isEmpty && instance.annotations.isEmpty {
            return try create(object, isAdmitted: true, at: now)
        }
        if instance.edit != nil && instance.labels.isEmpty && instance.annotations.isEmpty {
            // It has its name.
            return try create(object, isAdmitted: true, at: now)
        }
        return try create(
            object.withMetadata { metadata in
                if !instance.name.isEmpty { metadata.name = instance.name }
                if !instance.labels.isEmpty { metadata.labels = metadata.labels.merging(instance.labels) }
                if !instance.annotations.isEmpty {
                    metadata.annotations = metadata.annotations.merging(instance.annotations)
                }
            }, isAdmitted: true, at: now)
    }

    /// Stores a pod of a template with its identity and what is special to it.
    private mutating func complete(
        _ pod: consuming Pod, _ instance: ManifestInstance, at now: VirtualTime
    ) throws(APIError) -> APIObject {
        if !instance.name.isEmpty { pod.metadata.name = instance.name }
        if !instance.labels.isEmpty { pod.metadata.labels = pod.metadata.labels.merging(instance.labels) }
        if !instance.annotations.isEmpty {
            pod.metadata.annotations = pod.metadata.annotations.merging(instance.annotations)
        }
        return try store(pod, at: now)
    }

    /// The template's object after decoding, defaulting, admission and validation in a namespace; pods that
    /// name no node also have what their strategy sets.
    private mutating func admitted(
        _ template: ManifestTemplate, namespace: String, at now: VirtualTime
    ) throws(APIError) -> APIObject {
        let key = AdmittedTemplates.Key(template: ObjectIdentifier(template), namespace: namespace)
        if let known = admittedTemplates.find(key) { return known }
        var tree = template.tree
        if !namespace.isEmpty {
            var metadata = tree["metadata"] ?? .object([:])
            metadata["namespace"] = .string(namespace)
            tree["metadata"] = metadata
        }
        // Validation needs a name; each object gets its own.
        let isUnnamed =
            (tree["metadata"]?["name"]?.stringValue ?? "").isEmpty
            && (tree["metadata"]?["generateName"]?.stringValue ?? "").isEmpty
        if isUnnamed { tree.setName("template") }
        var object = try admit(tree, at: now)
        if isUnnamed { object = object.withMetadata { $0.name = "" } }
        if case .pod(let pod) = object, pod.value.nodeName.isEmpty {
            object = APIObject(try prepare(pod.value, isAdmitted: true, at: now))
        }
        // A Job is admitted with an identity of its own, which its selector names; a Service with its address.
        if object.kind != .job && object.kind != .service {
            admittedTemplates.remember(object, of: template, for: key)
        }
        return object
    }
}

extension String {
    /// Whether it is a valid name of whatever sort without a closer look: of small letters, digits and hyphens,
    /// with a letter first and none of the hyphens last.
    fileprivate var isPlainName: Bool {
        let count = utf8.count
        guard count > 0, count <= 63, let first = utf8.first, let last = utf8.last else { return false }
        func isLetter(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
        if !isLetter(first) || last == UInt8(ascii: "-") { return false }
        for byte in utf8 {
            let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
            if !isLetter(byte) && !isDigit && byte != UInt8(ascii: "-") { return false }
        }
        return true
    }
}

/// Objects after admission, by the identity of the template that they were made of.
struct AdmittedTemplates: Sendable {
    struct Key: Hashable, Sendable {
        var template: ObjectIdentifier
        var namespace: String
    }
    /// The template is held, too: an identity must not be used again while it is a key.
    private var entries: [Key: (template: ManifestTemplate, object: APIObject)] = [:]
    private static let limit = 4_096
    /// What was asked for last.
    private var last: (key: Key, object: APIObject)?

    mutating func find(_ key: Key) -> APIObject? {
        if let last, last.key == key { return last.object }
        guard let object = entries[key]?.object else { return nil }
        last = (key, object)
        return object
    }

    mutating func remember(_ object: APIObject, of template: ManifestTemplate, for key: Key) {
        if entries.count >= Self.limit { forgetAll() }
        entries[key] = (template, object)
    }

    mutating func forgetAll() {
        entries.removeAll()
        last = nil
    }
}
