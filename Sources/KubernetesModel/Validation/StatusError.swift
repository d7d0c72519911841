import OrderedCollections

/// The API server's `Status`: the answer to a request that failed.
///
/// Upstream: `apimachinery/pkg/api/errors/errors.go` (v1.36).
public struct APIStatus: Error, Hashable, Sendable, CustomStringConvertible {
    /// The machine-readable reason; the raw value is what the API writes.
    public enum Reason: String, Sendable {
        case unknown = ""
        case unauthorized = "Unauthorized"
        case forbidden = "Forbidden"
        case notFound = "NotFound"
        case alreadyExists = "AlreadyExists"
        case conflict = "Conflict"
        case gone = "Gone"
        case invalid = "Invalid"
        case serverTimeout = "ServerTimeout"
        case timeout = "Timeout"
        case tooManyRequests = "TooManyRequests"
        case badRequest = "BadRequest"
        case methodNotAllowed = "MethodNotAllowed"
        case notAcceptable = "NotAcceptable"
        case requestEntityTooLarge = "RequestEntityTooLarge"
        case unsupportedMediaType = "UnsupportedMediaType"
        case internalError = "InternalError"
        case expired = "Expired"
        case serviceUnavailable = "ServiceUnavailable"
    }

    /// One of several causes of a failure.
    public struct Cause: Hashable, Sendable {
        /// What kind of fault it is, such as `FieldValueInvalid`.
        public var reason: String
        /// What is wrong.
        public var message: String
        /// Where it is.
        public var field: String

        /// Makes a cause.
        public init(reason: String, message: String, field: String) {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    /// What the failure is about.
    public struct Details: Hashable, Sendable {
        /// The object's name.
        public var name = ""
        /// The API group of the kind or resource.
        public var group = ""
        /// A resource (`pods`), or a kind for faults of an object.
        public var kind = ""
        /// The object's uid.
        public var uid = ""
        /// The faults found.
        public var causes: [Cause] = []
        /// Seconds after which the client may try again; 0 for none.
        public var retryAfterSeconds: Int64 = 0

        public init(
            name: String = "", group: String = "", kind: String = "", uid: String = "", causes: [Cause] = [],
            retryAfterSeconds: Int64 = 0
        ) {
            self.name = name
            self.group = group
            self.kind = kind
            self.uid = uid
            self.causes = causes
            self.retryAfterSeconds = retryAfterSeconds
        }
    }

    /// The HTTP status code.
    public var code: Int
    /// The reason as a machine reads it.
    public var reason: Reason
    /// The text for people.
    public var message: String
    /// What the error is about.
    public var details: Details?
    /// With which token a list can be gone on with; empty for none.
    public var continuation = ""

    /// Makes a status.
    public init(code: Int, reason: Reason, message: String, details: Details? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
    }

    /// The message.
    public var description: String { message }

    /// The body of the answer.
    public var jsonValue: JSONValue {
        var body: JSONObject = [
            "kind": "Status", "apiVersion": "v1", "metadata": .object([:]), "status": "Failure",
        ]
        if !continuation.isEmpty { body["metadata"] = ["continue": .string(continuation)] }
        if !message.isEmpty { body["message"] = .string(message) }
        if reason != .unknown { body["reason"] = .string(reason.rawValue) }
        if let details {
            var members: JSONObject = [:]
            if !details.name.isEmpty { members["name"] = .string(details.name) }
            if !details.group.isEmpty { members["group"] = .string(details.group) }
            if !details.kind.isEmpty { members["kind"] = .string(details.kind) }
            if !details.uid.isEmpty { members["uid"] = .string(details.uid) }
            if !details.causes.isEmpty { members["causes"] = .array(details.causes.map(\.jsonValue)) }
            if details.retryAfterSeconds != 0 {
                members["retryAfterSeconds"] = .integer(details.retryAfterSeconds)
            }
            body["details"] = .object(members)
        }
        body["code"] = .integer(Int64(code))
        return .object(body)
    }
}

extension APIStatus.Cause {
    var jsonValue: JSONValue {
        var members: JSONObject = [:]
        if !reason.isEmpty { members["reason"] = .string(reason) }
        if !message.isEmpty { members["message"] = .string(message) }
        if !field.isEmpty { members["field"] = .string(field) }
        return .object(members)
    }
}

/// A resource or kind with its API group; written `deployments.apps`, or `pods` in the core group.
public struct GroupedName: Hashable, Sendable, CustomStringConvertible {
    /// The API group; empty for the core group.
    public var group: String
    /// The plural resource or the kind.
    public var name: String

    /// Makes a name in a group.
    public init(_ name: String, group: String = "") {
        self.name = name
        self.group = group
    }

    /// `deployments.apps`, or the bare name in the core group.
    public var description: String { group.isEmpty ? name : "\(name).\(group)" }
}

extension APIStatus {
    /// The text that tells a client to read the object again.
    public static let modifiedMessage =
        "the object has been modified; please apply your changes to the latest version and try again"

    private static func about(_ resource: GroupedName, _ name: String = "") -> Details {
        Details(name: name, group: resource.group, kind: resource.name)
    }

    /// 404: there is no such object.
    public static func notFound(_ resource: GroupedName, _ name: String) -> APIStatus {
        APIStatus(
            code: 404, reason: .notFound, message: "\(resource) \(GoText.quoted(name)) not found",
            details: about(resource, name))
    }

    /// 409: there is already an object of this name.
    public static func alreadyExists(_ resource: GroupedName, _ name: String) -> APIStatus {
        APIStatus(
            code: 409, reason: .alreadyExists, message: "\(resource) \(GoText.quoted(name)) already exists",
            details: about(resource, name))
    }

    /// A generated name was taken.
    public static func generateNameConflict(
        _ resource: GroupedName, _ name: String, retryAfterSeconds: Int64 = 1
    ) -> APIStatus {
        var details = about(resource, name)
        details.retryAfterSeconds = retryAfterSeconds
        return APIStatus(
            code: 409, reason: .alreadyExists,
            message: "\(resource) \(GoText.quoted(name)) already exists, "
                + "the server was not able to generate a unique name for the object",
            details: details)
    }

    /// 409: the object was changed meanwhile, or cannot be changed so.
    public static func conflict(
        _ resource: GroupedName, _ name: String, _ cause: String = modifiedMessage
    ) -> APIStatus {
        APIStatus(
            code: 409, reason: .conflict,
            message: "Operation cannot be fulfilled on \(resource) \(GoText.quoted(name)): \(cause)",
            details: about(resource, name))
    }

    /// Another field manager owns a field that server-side apply would change.
    public static func applyConflict(_ causes: [Cause], _ message: String) -> APIStatus {
        APIStatus(code: 409, reason: .conflict, message: message, details: Details(causes: causes))
    }

    /// 403: the request is not allowed.
    public static func forbidden(_ resource: GroupedName, _ name: String, _ cause: String) -> APIStatus {
        let subject =
            resource.name.isEmpty && resource.group.isEmpty
            ? "forbidden"
            : name.isEmpty ? "\(resource) is forbidden" : "\(resource) \(GoText.quoted(name)) is forbidden"
        return APIStatus(
            code: 403, reason: .forbidden, message: "\(subject): \(cause)", details: about(resource, name))
    }

    /// The object has faults; they are told in their order, each once in the message.
    public static func invalid(_ kind: GroupedName, _ name: String, _ errors: [FieldError]) -> APIStatus {
        var seen: Set<String> = []
        let texts = errors.map(\.description).filter { seen.insert($0).inserted }
        let list = texts.count == 1 ? texts[0] : "[" + texts.joined(separator: ", ") + "]"
        let subject = "\(kind) \(GoText.quoted(name)) is invalid"
        var details = about(kind, name)
        details.causes = errors.map {
            Cause(reason: $0.kind.rawValue, message: $0.body, field: $0.field.description)
        }
        return APIStatus(
            code: 422, reason: .invalid, message: texts.isEmpty ? subject : "\(subject): \(list)",
            details: details)
    }

    /// A change of a kind that always wants one came without a resource version.
    public static func resourceVersionRequired(_ resource: GroupedName, _ name: String) -> APIStatus {
        let error = FieldError(
            .invalid, FieldPath("metadata").child("resourceVersion"), shownValue: "0",
            detail: "must be specified for an update")
        return invalid(resource, name, [error])
    }

    /// 400: the request cannot be understood.
    public static func badRequest(_ message: String) -> APIStatus {
        APIStatus(code: 400, reason: .badRequest, message: message)
    }

    /// 401: nobody is known to have sent the request.
    public static func unauthorized(_ message: String = "not authorized") -> APIStatus {
        APIStatus(code: 401, reason: .unauthorized, message: message)
    }

    /// 410: what was asked for is no longer there.
    public static func gone(_ message: String) -> APIStatus {
        APIStatus(code: 410, reason: .gone, message: message)
    }

    /// A resource version or continue token is too old.
    public static func expired(_ message: String) -> APIStatus {
        APIStatus(code: 410, reason: .expired, message: message)
    }

    /// 429: the client is to ask again, after a number of seconds.
    public static func tooManyRequests(_ message: String, retryAfterSeconds: Int64) -> APIStatus {
        APIStatus(
            code: 429, reason: .tooManyRequests, message: message,
            details: Details(retryAfterSeconds: retryAfterSeconds))
    }

    /// 503: the server cannot answer now.
    public static func serviceUnavailable(_ message: String) -> APIStatus {
        APIStatus(code: 503, reason: .serviceUnavailable, message: message)
    }

    /// 405: the resource has no such action.
    public static func methodNotSupported(_ resource: GroupedName, _ action: String) -> APIStatus {
        APIStatus(
            code: 405, reason: .methodNotAllowed,
            message: "\(action) is not supported on resources of kind \(GoText.quoted(resource.description))",
            details: about(resource))
    }

    /// 500: the server took too long; the client is to ask again, after a number of seconds.
    public static func serverTimeout(
        _ resource: GroupedName, operation: String, retryAfterSeconds: Int64
    ) -> APIStatus {
        var details = about(resource, operation)
        details.retryAfterSeconds = retryAfterSeconds
        return APIStatus(
            code: 500, reason: .serverTimeout,
            message: "The \(operation) operation against \(resource) could not be completed at this time, "
                + "please try again.",
            details: details)
    }

    /// 500: the server failed.
    public static func internalError(_ message: String) -> APIStatus {
        APIStatus(
            code: 500, reason: .internalError, message: "Internal error occurred: \(message)",
            details: Details(causes: [Cause(reason: "", message: message, field: "")]))
    }

    /// 504: the request took too long.
    public static func timeout(_ message: String, retryAfterSeconds: Int64) -> APIStatus {
        APIStatus(
            code: 504, reason: .timeout, message: "Timeout: \(message)",
            details: Details(retryAfterSeconds: retryAfterSeconds))
    }

    /// 413: the request's body is too large.
    public static func requestEntityTooLarge(_ message: String) -> APIStatus {
        APIStatus(
            code: 413, reason: .requestEntityTooLarge, message: "Request entity too large: \(message)")
    }
}
