import KubernetesModel

/// The conditions that tell how far the deletion of a namespace's content is.
///
/// Upstream: `pkg/controller/namespace/deletion/status_condition_utils.go` (v1.36).
struct NamespaceConditions {
    /// Why content could not be deleted.
    var contentFailures: [String] = []
    var remaining: [(kind: ObjectKind, count: Int)] = []
    var finalizers: [String: Int] = [:]

    /// Sets the five conditions.
    ///
    /// - Returns: whether any changed.
    func update(_ conditions: inout [Condition], at now: Timestamp) -> Bool {
        var hasChanged = false
        for var wanted in wanted {
            let old = conditions[wanted.type]
            if let old, old.status == wanted.status, old.reason == wanted.reason,
                old.message == wanted.message
            {
                continue
            }
            wanted.lastTransitionTime = old?.status == wanted.status ? old?.lastTransitionTime : now
            conditions[wanted.type] = wanted
            hasChanged = true
        }
        return hasChanged
    }

    private var wanted: [Condition] {
        [
            Condition(
                "NamespaceDeletionDiscoveryFailure", .isFalse, reason: "ResourcesDiscovered",
                message: "All resources successfully discovered"),
            Condition(
                "NamespaceDeletionGroupVersionParsingFailure", .isFalse, reason: "ParsedGroupVersions",
                message: "All legacy kube types successfully parsed"),
            contentFailures.isEmpty
                ? Condition(
                    "NamespaceDeletionContentFailure", .isFalse, reason: "ContentDeleted",
                    message: "All content successfully deleted, may be waiting on finalization")
                : Condition(
                    "NamespaceDeletionContentFailure", .isTrue, reason: "ContentDeletionFailed",
                    message: "Failed to delete all resource types, \(contentFailures.count) remaining: "
                        + contentFailures.sorted().joined(separator: ", ")),
            remaining.isEmpty
                ? Condition(
                    "NamespaceContentRemaining", .isFalse, reason: "ContentRemoved",
                    message: "All content successfully removed")
                : Condition(
                    "NamespaceContentRemaining", .isTrue, reason: "SomeResourcesRemain",
                    message: "Some resources are remaining: "
                        + remaining.map {
                            "\($0.kind.info.plural).\($0.kind.info.group) has \($0.count) resource instances"
                        }
                        .sorted().joined(separator: ", ")),
            finalizers.isEmpty
                ? Condition(
                    "NamespaceFinalizersRemaining", .isFalse, reason: "ContentHasNoFinalizers",
                    message: "All content-preserving finalizers finished")
                : Condition(
                    "NamespaceFinalizersRemaining", .isTrue, reason: "SomeFinalizersRemain",
                    message: "Some content in the namespace has finalizers remaining: "
                        + finalizers.keys.sorted().map {
                            "\($0) in \(finalizers[$0, default: 0]) resource instances"
                        }
                        .joined(separator: ", ")),
        ]
    }
}
