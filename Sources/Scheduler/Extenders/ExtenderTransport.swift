public import KubernetesModel

/// How requests reach an extender; the caller waits, since virtual time stands still meanwhile.
///
/// The simulated world does no input and output of its own, so whoever runs it brings a transport.
public protocol ExtenderTransport: Sendable {
    /// Sends a JSON body by POST and gives the answer's.
    ///
    /// - Parameter url: the extender's prefix and the verb.
    func post(
        _ body: JSONValue, to url: String, timeoutNanoseconds: Int64
    ) -> Result<ExtenderAnswer, ExtenderFailure>
}

/// What an extender answered.
public struct ExtenderAnswer: Sendable {
    /// The HTTP status.
    public var status: Int
    /// Read only when the status is 200.
    public var body: JSONValue

    public init(status: Int, body: JSONValue) {
        self.status = status
        self.body = body
    }
}

/// Why an extender did not answer, in the words that upstream's client has for it.
public struct ExtenderFailure: Error, Hashable, Sendable {
    public var message: String

    public init(_ message: String) { self.message = message }
}

/// Refuses every request: for those who run a scheduler and bring no transport.
struct NoExtenderTransport: ExtenderTransport {
    func post(
        _ body: JSONValue, to url: String, timeoutNanoseconds: Int64
    ) -> Result<ExtenderAnswer, ExtenderFailure> {
        .failure(ExtenderFailure("Post \"\(url)\": no transport to extenders was given"))
    }
}
