/// Fills in what an API object leaves open, as the API server does with every object that it decodes.
///
/// Works on decoded trees (``Schema/decode(_:as:)``); ``Schema/encode(_:as:)`` writes the result.
public enum Defaulting {
    /// Applies the scheme's defaults and what conversion to the internal types and back changes.
    ///
    /// New objects go on to ``Admission``, ``CreationStrategy``, validation, and then through this once more:
    /// the API server defaults whatever it reads from its store, too. That third step shows where creation
    /// itself gave a field that others default from (a Job's template labels).
    @discardableResult
    public static func apply(_ kind: GroupVersionKind, _ tree: inout JSONValue) -> DefaultingOutcome {
        var outcome = DefaultingOutcome()
        if kind.kind == "Job" {
            let labels = tree["spec"]?["template"]?["metadata"]?["labels"] ?? .null
            outcome.sharesTemplateLabels =
                !labels.isNull && !(tree["metadata"]?.hasContent("labels") ?? false)
        }
        SchemeDefaults.kubernetes.apply(to: &tree, as: kind)
        InternalConversion.apply(to: &tree, as: kind)
        if kind.kind == "HorizontalPodAutoscaler", kind.version == "v1" { AutoscalerV1.roundTrip(&tree) }
        return outcome
    }
}

/// What ``CreationStrategy`` has to know of how an object was defaulted.
public struct DefaultingOutcome: Hashable, Sendable {
    /// Whether the labels of a Job's template serve as its own. Upstream they are one map then: labels that
    /// the template gets at creation show in both places.
    public var sharesTemplateLabels = false

    public init() {}
}

/// What the API server makes up for a new object; passed in, so that runs repeat.
public struct ServerMadeValues: Hashable, Sendable {
    public var uid: String
    /// The present, as the API writes times: `2026-01-02T03:04:05Z`.
    public var now: String

    public init(uid: String, now: String) {
        self.uid = uid
        self.now = now
    }
}
