/// Upstream's validation of API objects.
public enum Validator {
    /// The faults of a new object, in upstream's order.
    public static func validateCreate(kind: GroupVersionKind, object: JSONValue) -> [FieldError] { [] }
    public static func validateUpdate(kind: GroupVersionKind, object: JSONValue, old: JSONValue) -> [FieldError] { [] }
}
