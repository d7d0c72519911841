/// Fills in what an API object leaves open, as the API server does with every object that it decodes.
///
/// Works on decoded trees (``Schema/decode(_:as:)``); ``Schema/encode(_:as:)`` writes the result.
public enum Defaulting {
    /// Applies the scheme's defaults and what conversion to the internal types and back changes.
    ///
    /// Applying it again changes nothing. New objects go on to `Admission` and then `CreationStrategy`.
    public static func apply(_ kind: GroupVersionKind, _ tree: inout JSONValue) {
        SchemeDefaults.kubernetes.apply(to: &tree, as: kind)
        InternalConversion.apply(to: &tree, as: kind)
        if kind.kind == "HorizontalPodAutoscaler", kind.version == "v1" { AutoscalerV1.roundTrip(&tree) }
    }
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
