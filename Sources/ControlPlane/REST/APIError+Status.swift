public import KubernetesModel

extension APIStatus {
    /// The answer over HTTP to a call that was refused.
    ///
    /// What it is about stands in the message: `pods "web" not found`.
    public init(_ error: APIError) {
        self.init(
            code: error.code, reason: Reason(rawValue: error.reason.rawValue) ?? .unknown,
            message: error.message)
        switch error.reason {
        case .notFound, .alreadyExists, .forbidden, .invalid: details = Self.subject(error.message)
        case .conflict:
            details = Self.subject(error.message.replacing("Operation cannot be fulfilled on ", with: ""))
        case .methodNotAllowed: details = Details()
        case .tooManyRequests:
            details = Details(retryAfterSeconds: error.retryAfterSeconds ?? 0)
            if !error.detail.isEmpty {
                details?.causes = [Cause(reason: "DisruptionBudget", message: error.detail, field: "")]
            }
        // Upstream gives such an answer no reason.
        case .internalError: reason = .unknown
        default: break
        }
        if error.reason == .notFound && details?.name.isEmpty != false { details = Details() }
        if !error.causes.isEmpty {
            details = details ?? Details()
            details?.causes = error.causes.map {
                Cause(reason: $0.kind.rawValue, message: $0.body, field: $0.field.description)
            }
        }
        if error.message.hasSuffix("because it is being terminated"),
            let start = error.message.firstRange(of: "in namespace ")?.upperBound
        {
            let namespace = error.message[start...].prefix { $0 != " " }
            details?.causes = [
                Cause(
                    reason: "NamespaceTerminating", message: "namespace \(namespace) is being terminated",
                    field: "metadata.namespace")
            ]
        }
    }

    /// The kind or resource with its group, and the name, with which a message begins.
    private static func subject(_ message: String) -> Details? {
        let words = message.split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count == 3, words[0].last == " ", words[0].dropLast().allSatisfy({ $0 != " " }) else {
            return nil
        }
        let parts = words[0].dropLast().split(separator: ".", maxSplits: 1)
        return Details(
            name: String(words[1]), group: parts.count > 1 ? String(parts[1]) : "",
            kind: parts.first.map(String.init) ?? "")
    }
}
