public import KubernetesModel

/// Checks manifests as the API server would, before a run begins.
public enum ManifestCheck {
    /// The faults of one object after decoding and defaulting, in upstream's words and order.
    @Sendable
    public static func faults(_ manifest: ManifestObject) -> [FieldError] {
        guard
            var kind = GroupVersionKind(
                apiVersion: manifest.tree["apiVersion"]?.stringValue ?? "",
                kind: manifest.tree["kind"]?.stringValue ?? ""),
            var tree = try? Schema.kubernetes.decode(manifest.tree, as: kind).tree
        else { return [] }
        AutoscalerConversion.convertToStored(&tree, &kind)
        let outcome = Defaulting.apply(kind, &tree)
        if manifest.kind.info.isNamespaced {
            let namespace = manifest.key.namespace.isEmpty ? "default" : manifest.key.namespace
            _ = CreationStrategy.setNamespace(namespace, of: &tree)
        }
        let made = ServerMadeValues(
            uid: "00000000-0000-4000-8000-000000000000", now: "2026-01-01T00:00:00Z")
        CreationStrategy.prepare(kind, &tree, made: made, outcome: outcome)
        if manifest.kind == .service { _ = ServiceAddresses.prepare(&tree) }
        return Validator.validateCreate(kind: kind, object: Schema.kubernetes.encode(tree, as: kind))
    }
}
