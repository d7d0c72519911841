public import KubernetesModel
import OrderedCollections

/// A manifest of which many objects are made that differ in nothing but their metadata.
///
/// A class because identity matters: the API server decodes, defaults, admits and validates a template once,
/// and remembers the result under its identity; see ``APIRequest/createFrom(_:_:)``.
public final class ManifestTemplate: Sendable {
    /// The manifest as a client would send it, with the name, or the prefix of a name, of every object.
    public let tree: JSONValue

    public init(_ tree: JSONValue) { self.tree = tree }
}

extension ManifestTemplate: Hashable {
    public static func == (left: ManifestTemplate, right: ManifestTemplate) -> Bool { left === right }

    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// In what one object differs from the others of its template.
public struct ManifestInstance: Hashable, Sendable {
    /// Empty to take the template's name, or one made from its prefix.
    public var name: String
    /// Empty for cluster-wide kinds, and to take the template's.
    public var namespace: String
    /// Added to the template's labels.
    public var labels: StringMap
    /// Added to the template's annotations.
    public var annotations: StringMap
    public var edit: ManifestEdit?

    public init(
        name: String = "", namespace: String = "", labels: StringMap = [:], annotations: StringMap = [:],
        edit: ManifestEdit? = nil
    ) {
        self.name = name
        self.namespace = namespace
        self.labels = labels
        self.annotations = annotations
        self.edit = edit
    }
}

/// The one value beside metadata in which objects of a template may differ: names of claims and volumes that
/// belong to each other. The template has a valid value there.
public enum ManifestEdit: Hashable, Sendable {
    /// The volume to which a claim is bound.
    case volumeOfClaim(String)
    /// The claim to which a volume is bound, and the storage system's name for the volume.
    case claimOfVolume(ObjectKey, handle: String)
    /// The claim behind the first of a pod's volumes that has one.
    case claimOfPod(String)
    /// An extended resource that a pod's containers ask for in place of the template's.
    case resourceOfPod(String, insteadOf: String)

    /// The names that it brings.
    var names: [String] {
        switch self {
        case .volumeOfClaim(let name), .claimOfPod(let name): [name]
        case .claimOfVolume(let claim, let handle): [claim.name, handle]
        case .resourceOfPod: []
        }
    }

    /// The object with the value, and with a name unless that is empty; nil where the template cannot vouch for
    /// it.
    func apply(to object: APIObject, named ownName: String) -> APIObject? {
        switch (self, object) {
        case (.volumeOfClaim(let name), .persistentVolumeClaim(let claim)):
            return APIObject(
                claim.value.with {
                    $0.spec.volumeName = name
                    if !ownName.isEmpty { $0.metadata.name = ownName }
                })
        case (.claimOfVolume(let claim, let handle), .persistentVolume(let volume)):
            return APIObject(
                volume.value.with {
                    if !ownName.isEmpty { $0.metadata.name = ownName }
                    $0.spec.claimRef?.namespace = claim.namespace
                    $0.spec.claimRef?.name = claim.name
                    $0.spec.csi?.volumeHandle = handle
                    if var disk = $0.spec.rest["awsElasticBlockStore"] {
                        disk["volumeID"] = .string(handle)
                        $0.spec.rest["awsElasticBlockStore"] = disk
                    }
                })
        case (.claimOfPod(let name), .pod(let pod)):
            return APIObject(
                pod.value.with {
                    $0.spec = $0.spec.withClaim(name)
                    if !ownName.isEmpty { $0.metadata.name = ownName }
                })
        case (.resourceOfPod(let name, let old), .pod(let pod)):
            guard let spec = pod.value.spec.withResource(name, insteadOf: old) else { return nil }
            return APIObject(
                pod.value.with {
                    $0.spec = spec
                    if !ownName.isEmpty { $0.metadata.name = ownName }
                })
        default: return ownName.isEmpty ? object : object.withMetadata { $0.name = ownName }
        }
    }

    /// The template's manifest with the value, for a resource's name.
    func apply(to manifest: JSONValue) -> JSONValue {
        guard case .resourceOfPod(let name, let old) = self, var spec = manifest["spec"] else {
            return manifest
        }
        var manifest = manifest
        for list in ["containers", "initContainers"] {
            guard var containers = spec[list]?.arrayValue else { continue }
            for place in containers.indices { containers[place].renameResource(old, to: name) }
            spec[list] = .array(containers)
        }
        manifest["spec"] = spec
        return manifest
    }
}

/// Admission plugins that a server may run without.
public enum AdmissionPlugin: String, Hashable, Sendable {
    /// Computes pods' priorities from their classes, and refuses numbers that do not come from one.
    case priority = "Priority"
    /// Taints new nodes as not ready.
    case taintNodesByCondition = "TaintNodesByCondition"
}

extension JSONValue {
    /// This manifest with the metadata that is special to one object.
    public func with(_ instance: ManifestInstance) -> JSONValue {
        var manifest = self
        var metadata = manifest["metadata"] ?? .object([:])
        if !instance.name.isEmpty { metadata["name"] = .string(instance.name) }
        if !instance.namespace.isEmpty { metadata["namespace"] = .string(instance.namespace) }
        if !instance.labels.isEmpty {
            var labels = metadata["labels"] ?? .object([:])
            for label in instance.labels.entries { labels[label.key] = .string(label.value) }
            metadata["labels"] = labels
        }
        if !instance.annotations.isEmpty {
            var annotations = metadata["annotations"] ?? .object([:])
            for entry in instance.annotations.entries { annotations[entry.key] = .string(entry.value) }
            metadata["annotations"] = annotations
        }
        manifest["metadata"] = metadata
        return manifest
    }
}
