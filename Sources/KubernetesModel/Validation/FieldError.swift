/// One fault of an object, in the API server's own words.
///
/// Upstream: `apimachinery/pkg/util/validation/field/errors.go` (v1.36).
public struct FieldError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of fault; the raw value is the `reason` of a cause in a `Status`.
    public enum Kind: String, Sendable {
        case notFound = "FieldValueNotFound"
        case required = "FieldValueRequired"
        case duplicate = "FieldValueDuplicate"
        case invalid = "FieldValueInvalid"
        case notSupported = "FieldValueNotSupported"
        case forbidden = "FieldValueForbidden"
        case tooLong = "FieldValueTooLong"
        case tooMany = "FieldValueTooMany"
        case tooFew = "FieldValueTooFew"
        case internalError = "InternalError"
        case typeInvalid = "FieldValueTypeInvalid"
        case tooShort = "FieldValueTooShort"

        /// The words that begin the message.
        public var text: String {
            switch self {
            case .notFound: "Not found"
            case .required: "Required value"
            case .duplicate: "Duplicate value"
            case .invalid: "Invalid value"
            case .notSupported: "Unsupported value"
            case .forbidden: "Forbidden"
            case .tooLong: "Too long"
            case .tooMany: "Too many"
            case .tooFew: "Too few"
            case .internalError: "Internal error"
            case .typeInvalid: "Invalid value"
            case .tooShort: "Too short"
            }
        }
    }

    /// What kind of fault it is.
    public var kind: Kind
    /// Where it is.
    public var field: FieldPath
    /// The faulty value as Go's `%v`/`%q` print it, quotes included; nil for kinds that show none.
    public var shownValue: String?
    /// What is wrong.
    public var detail: String

    /// Makes an error.
    public init(_ kind: Kind, _ field: FieldPath, shownValue: String? = nil, detail: String = "") {
        self.kind = kind
        self.field = field
        self.shownValue = shownValue
        self.detail = detail
    }

    /// The message without the field: what a `Status` cause holds.
    public var body: String {
        var text = kind.text
        if let shownValue { text += ": " + shownValue }
        if !detail.isEmpty { text += ": " + detail }
        return text
    }

    /// The whole message: `spec.replicas: Invalid value: -1: must be greater than or equal to 0`.
    public var description: String { "\(field): \(body)" }
}
