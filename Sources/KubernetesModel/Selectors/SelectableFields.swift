/// The fields by which objects of a kind can be selected.
///
/// Upstream: `AddFieldLabelConversionFunc` in `pkg/apis/*/*/conversion.go` and the `ToSelectableFields` of
/// `pkg/registry/*/*/strategy.go` (v1.36).
public struct SelectableFields: Sendable {
    /// The fields that every kind has unless it names its own.
    private static let common = ["metadata.name", "metadata.namespace"]

    private static let events = [
        "kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath",
    ]

    /// The fields of the kinds that name their own.
    private static let own: [GroupVersionKind: [String]] = [
        GroupVersionKind(kind: "Pod"): common + [
            "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
            "spec.hostNetwork", "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
        ],
        GroupVersionKind(kind: "Node"): ["metadata.name", "spec.unschedulable"],
        GroupVersionKind(kind: "ReplicationController"): common + ["status.replicas"],
        GroupVersionKind(kind: "Event"): common + events.map { "involvedObject.\($0)" }
            + ["reason", "reportingComponent", "source", "type"],
        GroupVersionKind(group: "events.k8s.io", kind: "Event"): common + events.map { "regarding.\($0)" }
            + ["reason", "reportingController", "type"],
        GroupVersionKind(kind: "Namespace"): ["metadata.name", "status.phase"],
        GroupVersionKind(kind: "Secret"): common + ["type"],
        GroupVersionKind(kind: "Service"): common + ["spec.clusterIP", "spec.type"],
        GroupVersionKind(group: "batch", kind: "Job"): common + ["status.successful"],
        GroupVersionKind(group: "certificates.k8s.io", kind: "CertificateSigningRequest"): [
            "metadata.name", "spec.signerName",
        ],
        GroupVersionKind(group: "resource.k8s.io", kind: "ResourceSlice"): [
            "metadata.name", "spec.nodeName", "spec.driver",
        ],
    ]

    private let kind: GroupVersionKind

    /// The selectable fields of a kind.
    public init(of kind: GroupVersionKind) { self.kind = kind }

    /// Throws what the API server says of the selector's first field that the kind does not know.
    public func check(_ selector: FieldSelector) throws(SelectorError) {
        for term in selector.terms where !knows(term.field) { throw SelectorError(refusal(of: term.field)) }
    }

    /// Whether the object, as this kind, is selected by a selector whose fields the kind knows.
    public func select(_ object: JSONValue, by selector: FieldSelector) -> Bool {
        selector.matches { value(of: $0, in: object) }
    }

    private func knows(_ field: String) -> Bool {
        // Clients of old sent `spec.host`.
        if kind == GroupVersionKind(kind: "Pod") && field == "spec.host" { return true }
        return (SelectableFields.own[kind] ?? SelectableFields.common).contains(field)
    }

    private func refusal(of field: String) -> String {
        if SelectableFields.own[kind] == nil {
            return "\(GoText.quoted(field)) is not a known field selector: "
                + "only \"metadata.name\", \"metadata.namespace\""
        }
        switch kind.kind {
        case "Job": return "field label \(GoText.quoted(field)) not supported for Job"
        case "ResourceSlice": return "field label not supported for \(kind): \(field)"
        default: return "field label not supported: \(field)"
        }
    }

    /// A field's value; empty where there is none.
    public func value(of field: String, in object: JSONValue) -> String {
        let tree = APITree(object)
        switch (kind.kind, field) {
        case ("Pod", "spec.host"): return tree.spec.nodeName.text
        case ("Pod", "spec.hostNetwork"): return String(tree.spec.hostNetwork.flag)
        case ("Pod", "status.podIP"):
            let address = tree.status.podIP.text
            return address.isEmpty ? tree.status.podIPs[0].ip.text : address
        case ("Pod", "status.podIPs"): return ""  // The kind knows the field, but no pod has it.
        case ("Node", "spec.unschedulable"): return String(tree.spec.unschedulable.flag)
        case ("ReplicationController", "status.replicas"): return String(tree.status.replicas.int)
        case ("Job", "status.successful"): return String(tree.status.succeeded.int)
        case ("Event", _): return SelectableFields.eventValue(of: field, in: tree)
        default: return SelectableFields.text(at: field, in: tree)
        }
    }

    /// A field of an event, which may be written in either of its two versions.
    private static func eventValue(of field: String, in tree: APITree) -> String {
        let reporter = (tree.reportingComponent.exists ? tree.reportingComponent : tree.reportingController)
            .text
        switch field {
        case "reportingComponent", "reportingController": return reporter
        case "source":
            let source = (tree.source.exists ? tree.source : tree.deprecatedSource).component.text
            return source.isEmpty ? reporter : source
        default:
            let parts = field.split(separator: ".")
            guard let subject = parts.first, subject == "involvedObject" || subject == "regarding" else {
                return text(at: field, in: tree)
            }
            return (tree.involvedObject.exists ? tree.involvedObject : tree.regarding)[String(parts[1])].text
        }
    }

    private static func text(at path: String, in tree: APITree) -> String {
        path.split(separator: ".").reduce(tree) { $0[String($1)] }.text
    }
}
