import KubernetesModel

/// Finds manifests whose namespace is not there when they are applied: the API server would refuse them.
enum NamespaceCheck {
    /// The namespaces that every cluster has.
    static let builtIn: Set<String> = ["default", "kube-system", "kube-public", "kube-node-lease"]

    /// - Parameter manifests: in the order in which they are applied.
    static func run(_ manifests: [ManifestObject], log: DiagnosticLog) {
        var known = builtIn
        for manifest in manifests {
            if manifest.kind == .namespace { known.insert(manifest.key.name) }
            let namespace = manifest.key.namespace
            guard manifest.kind.info.isNamespaced, !namespace.isEmpty, !known.contains(namespace),
                !manifest.mayBeRefused
            else {
                continue
            }
            log.add(
                file: manifest.file, at: manifest.position, path: "metadata.namespace",
                .badValue(
                    found: "the namespace '\(namespace)'",
                    expected: "one that is there when the object is applied",
                    hint: "Put a manifest of the Namespace before this one"))
        }
    }
}
