import KubernetesModel

/// The scale of a workload, as its `scale` subresource shows it.
///
/// Upstream: `pkg/registry/apps/*/storage`, `scaleFrom…`, `pkg/registry/core/replicationcontroller/storage`
/// (v1.36).
struct Scale: Sendable {
    var specReplicas: Int32
    var statusReplicas: Int32
    /// The selector as a text; empty when there is none.
    var selector: String
    var resourceVersion: Int64

    /// Nil for kinds that have no such subresource.
    init?(of object: APIObject) {
        let replicas: (Int64, Int64)
        switch object {
        case .deployment(let value):
            replicas = (value.value.spec.replicas, value.value.status.replicas)
            selector = Self.text(value.value.spec.selector)
        case .replicaSet(let value):
            replicas = (value.value.spec.replicas, value.value.status.replicas)
            selector = Self.text(value.value.spec.selector)
        case .statefulSet(let value):
            replicas = (value.value.spec.replicas, value.value.status.replicas)
            selector = Self.text(value.value.spec.selector)
        case .replicationController(let value):
            replicas = (value.value.spec.replicas, value.value.status.replicas)
            selector = value.value.spec.selector.entries.map { "\($0.key)=\($0.value)" }
                .joined(separator: ",")
        default: return nil
        }
        specReplicas = Int32(clamping: replicas.0)
        statusReplicas = Int32(clamping: replicas.1)
        resourceVersion = object.resourceVersion
    }

    private static func text(_ selector: LabelSelector) -> String {
        (try? CompiledLabelSelector(selector))?.description ?? ""
    }
}

extension CompiledLabelSelector {
    /// Compiles a selector as an object holds it.
    init(_ selector: LabelSelector) throws(SelectorError) {
        try self.init(.object(selector.fields(epoch: CalendarTime(unixSeconds: 0))))
    }
}

/// Finds the kind that a reference names.
enum ScaleKind {
    /// The kind, or why there is none, in the words of the API machinery.
    ///
    /// Upstream: `apimachinery/pkg/runtime/schema/group_version.go`, `…/api/meta/errors.go` (v1.36).
    static func find(_ reference: CrossVersionObjectReference) throws(MetricFailure) -> ObjectKind {
        let parts = reference.apiVersion.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count > 2 {
            throw MetricFailure("unexpected GroupVersion string: \(reference.apiVersion)")
        }
        let group = parts.count == 2 ? String(parts[0]) : ""
        let found = ObjectKind.allCases.first {
            $0.isStored && $0.name == reference.kind && $0.info.group == group
        }
        guard let found else {
            throw MetricFailure("no matches for kind \"\(reference.kind)\" in group \"\(group)\"")
        }
        return found
    }
}

extension LabelSelector {
    /// The selector as Go prints a pointer to it with `%+v`.
    static func goText(_ selector: LabelSelector?) -> String {
        guard let selector else { return "nil" }
        let labels = selector.matchLabels.entries.map { "\($0.key): \($0.value)," }.joined()
        let expressions = selector.matchExpressions.map {
            "LabelSelectorRequirement{Key:\($0.key),Operator:\($0.operatorName),"
                + "Values:[\($0.values.joined(separator: " "))],},"
        }.joined()
        return "&LabelSelector{MatchLabels:map[string]string{\(labels)},"
            + "MatchExpressions:[]LabelSelectorRequirement{\(expressions)},}"
    }
}
