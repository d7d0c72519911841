import OrderedCollections

/// Gives claims without a class the default StorageClass.
///
/// Upstream: `plugin/pkg/admission/storage/storageclass/setdefault/admission.go` (v1.36).
public enum DefaultStorageClass {
    public static func admit(claim: inout JSONValue, classes: [JSONValue]) {
        if claim["metadata"]?["annotations"]?["volume.beta.kubernetes.io/storage-class"] != nil { return }
        if claim["spec"]?["storageClassName"] != nil { return }
        let marks = [
            "storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class",
        ]
        guard let name = DefaultClass.name(among: classes, marks: marks) else { return }
        claim.updateStruct("spec") { $0["storageClassName"] = .string(name) }
    }
}

/// Gives ingresses without a class the default IngressClass.
///
/// Upstream: `plugin/pkg/admission/network/defaultingressclass/admission.go` (v1.36).
public enum DefaultIngressClass {
    public static func admit(ingress: inout JSONValue, classes: [JSONValue]) {
        if ingress["metadata"]?["annotations"]?["kubernetes.io/ingress.class"] != nil { return }
        if ingress["spec"]?["ingressClassName"] != nil { return }
        let marks = ["ingressclass.kubernetes.io/is-default-class"]
        guard let name = DefaultClass.name(among: classes, marks: marks) else { return }
        ingress.updateStruct("spec") { $0["ingressClassName"] = .string(name) }
    }
}

/// Picks the default among classes of storage or ingress.
enum DefaultClass {
    /// The newest class with one of the annotations set to `true`; of equally new ones, the first by name.
    static func name(among classes: [JSONValue], marks: [String]) -> String? {
        let candidates = classes.filter { object in
            marks.contains { object["metadata"]?["annotations"]?.text($0) == "true" }
        }
        // Times are in one format and in UTC, so their texts sort as they do.
        let keys = candidates.map {
            (time: $0["metadata"]?.text("creationTimestamp") ?? "", name: $0["metadata"]?.text("name") ?? "")
        }
        return keys.min { ($1.time, $0.name) < ($0.time, $1.name) }?.name
    }
}

/// Protects volumes and claims in use from deletion, by a finalizer.
///
/// Upstream: `plugin/pkg/admission/storage/storageobjectinuseprotection/admission.go` (v1.36).
public enum StorageObjectInUseProtection {
    public static func admit(_ kind: GroupVersionKind, _ tree: inout JSONValue) {
        let finalizer: JSONValue
        switch kind.kind {
        case "PersistentVolume": finalizer = "kubernetes.io/pv-protection"
        case "PersistentVolumeClaim": finalizer = "kubernetes.io/pvc-protection"
        default: return
        }
        tree.updateStruct("metadata") {
            if !$0.list("finalizers").contains(finalizer) { $0.append(finalizer, to: "finalizers") }
        }
    }
}

/// Taints new nodes as not ready, so that nothing lands on them before they are.
///
/// Upstream: `plugin/pkg/admission/nodetaint/admission.go` (v1.36).
public enum TaintNodesByCondition {
    public static func admit(node: inout JSONValue) {
        node.updateStruct("spec") { spec in
            let isTainted = spec.list("taints").contains {
                $0.text("key") == "node.kubernetes.io/not-ready" && $0.text("effect") == "NoSchedule"
            }
            if isTainted { return }
            spec.append(["key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"], to: "taints")
        }
    }
}
