public import KubernetesModel

/// One object of a manifest, as the user wrote it.
public struct ManifestObject: Sendable {
    /// The file and place from which it comes.
    public var file: String
    public var position: TextPosition
    /// As written, with the namespace filled in.
    public var tree: JSONValue
    public var kind: ObjectKind
    public var key: ObjectKey
    /// Whether the run goes on as planned when the API server refuses the object.
    public var mayBeRefused = false

    /// The entry in a resolved scenario's list of manifests.
    var resolved: JSONValue { mayBeRefused ? ["manifest": tree, "mayBeRefused": true] : tree }

    /// The labels of the object itself.
    public var labels: Labels { Labels(json: tree["metadata"]?["labels"]) }

    /// The labels of the pods that the object makes, if it makes any; the object's own for a pod.
    public var podLabels: Labels? {
        switch kind {
        case .pod: labels
        case .replicationController, .replicaSet, .deployment, .statefulSet, .daemonSet, .job:
            Labels(json: tree["spec"]?["template"]?["metadata"]?["labels"])
        case .cronJob:
            Labels(json: tree["spec"]?["jobTemplate"]?["spec"]?["template"]?["metadata"]?["labels"])
        default: nil
        }
    }

    /// The specification of the pods that the object makes, or its own.
    public var podSpec: JSONValue? {
        switch kind {
        case .pod: tree["spec"]
        case .cronJob: tree["spec"]?["jobTemplate"]?["spec"]?["template"]?["spec"]
        default: podLabels == nil ? nil : tree["spec"]?["template"]?["spec"]
        }
    }

    /// The names of the containers in the pods, init containers last.
    var containerNames: [String] {
        ["containers", "initContainers"].flatMap { list in
            (podSpec?[list]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
        }
    }
}
