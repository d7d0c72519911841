import KubernetesModel
import OrderedCollections

/// What `kubectl apply` makes of a manifest: the object to create, or the patch for the one that is there.
///
/// The manifest is kept in an annotation of the object, so that the next apply knows what this one said:
/// fields that it named and the next does not are removed, fields that neither names belong to others.
/// All kinds served have types, so the patch is always a strategic one. Upstream:
/// `kubectl/pkg/cmd/apply/{apply,patcher}.go`, `kubectl/pkg/util/apply.go` (v1.36).
struct ClientSideApply: Sendable {
    static let annotation = "kubectl.kubernetes.io/last-applied-configuration"

    let kind: ObjectKind
    let key: ObjectKey
    /// The manifest with its namespace and annotation.
    private let modified: JSONValue

    /// Nil for a kind that is not served.
    init?(_ manifest: JSONValue) {
        guard
            let kind = ObjectKind(
                apiVersion: manifest["apiVersion"]?.stringValue ?? "",
                kind: manifest["kind"]?.stringValue ?? "")
        else { return nil }
        self.kind = kind
        var tree = manifest
        var metadata = tree["metadata"] ?? [:]
        var namespace = ""
        if kind.info.isNamespaced {
            namespace = metadata["namespace"]?.stringValue ?? ""
            if namespace.isEmpty { namespace = "default" }
            metadata["namespace"] = .string(namespace)
        }
        key = ObjectKey(namespace: namespace, name: metadata["name"]?.stringValue ?? "")
        var annotations = metadata["annotations"]?.objectValue ?? [:]
        annotations.removeValue(forKey: Self.annotation)
        metadata["annotations"] = .object(annotations)
        tree["metadata"] = metadata
        annotations[Self.annotation] = .string(Self.encode(tree))
        tree["metadata"]?["annotations"] = .object(annotations)
        modified = tree
    }

    private static let autoscaler = GroupVersionKind(
        group: "autoscaling", version: "v2", kind: "HorizontalPodAutoscaler")

    /// Manifests of the one kind with two versions are compared in the version that is stored.
    private static func stored(_ tree: JSONValue) -> JSONValue {
        tree["apiVersion"] == "autoscaling/v1" ? AutoscalerConversion.version2(of: tree) : tree
    }

    /// One line of JSON with sorted keys and escapes for HTML, and a line break.
    private static func encode(_ tree: JSONValue) -> String {
        JSONWriter.string(tree, style: JSONWriter.Style(sortsKeys: true, escapesHTML: true)) + "\n"
    }

    /// The object to create where there is none.
    var creation: JSONValue { modified.withoutNulls }

    /// The patch for the object as it is; nil when it has everything already.
    func patch(for current: JSONValue) throws(PatchFailure) -> JSONValue? {
        guard
            let versioned = GroupVersionKind(
                apiVersion: modified["apiVersion"]?.stringValue ?? "",
                kind: modified["kind"]?.stringValue ?? "")
        else { return Optional<JSONValue>.none }
        let text = current["metadata"]?["annotations"]?[Self.annotation]?.stringValue ?? ""
        // An annotation that somebody has broken counts as none.
        let original = (try? JSONParser.parse(text)) ?? [:]
        let patch = try StrategicMergePatch.threeWay(
            original: Self.stored(original), modified: Self.stored(modified), current: current,
            as: versioned.kind == ObjectKind.horizontalPodAutoscaler.name ? Self.autoscaler : versioned)
        if patch == [:] { return Optional<JSONValue>.none }
        return patch
    }
}

extension JSONValue {
    /// Without members that are null, at any depth.
    fileprivate var withoutNulls: JSONValue {
        switch self {
        case .object(let members):
            return .object(members.filter { !$0.value.isNull }.mapValues(\.withoutNulls))
        case .array(let elements): return .array(elements.map(\.withoutNulls))
        default: return self
        }
    }
}
