import Dispatch
import Foundation
import KubernetesModel
import Scheduler
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Asks extenders over HTTP and waits for the answer: virtual time stands still meanwhile.
struct HTTPExtenderTransport: ExtenderTransport {
    /// What an answer may have at most.
    private static let limit = 100_000_000

    private final class Exchange: Sendable {
        let answer = Mutex<Result<(Int, Data), ExtenderFailure>?>(nil)
        let end = DispatchSemaphore(value: 0)

        func finish(_ result: Result<(Int, Data), ExtenderFailure>) {
            answer.withLock { $0 = result }
            end.signal()
        }
    }

    func post(
        _ body: JSONValue, to text: String, timeoutNanoseconds: Int64
    ) -> Result<ExtenderAnswer, ExtenderFailure> {
        guard let url = URL(string: text) else {
            return .failure(ExtenderFailure("parse \"\(text)\": not a URL"))
        }
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.httpBody = Data(JSONWriter.string(body).utf8)
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        let timeout = Double(timeoutNanoseconds) / 1e9
        request.timeoutInterval = timeout
        let exchange = Exchange()
        let task = URLSession.shared.dataTask(with: request) { data, response, error in
            if let error {
                exchange.finish(.failure(ExtenderFailure(Self.words(for: error, text, url))))
            } else {
                let status = (response as? HTTPURLResponse)?.statusCode ?? 0
                exchange.finish(.success((status, data ?? Data())))
            }
        }
        task.resume()
        let isLate = exchange.end.wait(timeout: .now() + timeout + 1) == .timedOut
        if isLate { task.cancel() }
        guard let result = exchange.answer.withLock({ $0 }) else {
            return .failure(ExtenderFailure("Post \"\(text)\": \(Self.tooLate)"))
        }
        switch result {
        case .failure(let failure): return .failure(failure)
        case .success((let status, let data)):
            if status != 200 { return .success(ExtenderAnswer(status: status, body: .null)) }
            if data.count > Self.limit {
                return .failure(ExtenderFailure("the answer has more than \(Self.limit) bytes"))
            }
            var limits = JSONLimits()
            limits.depth = 100
            var parser = JSONParser(Array(data), limits: limits)
            do throws(JSONSyntaxError) {
                return .success(ExtenderAnswer(status: status, body: try parser.parseDocument()))
            } catch {
                return .failure(ExtenderFailure(Self.words(for: error, data, text)))
            }
        }
    }

    /// What Go's decoder says of the mistakes that are usual, and more of others.
    private static func words(for error: JSONSyntaxError, _ data: Data, _ text: String) -> String {
        if data.allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) { return "EOF" }
        if error.message.hasPrefix("unexpected end of the text") { return "unexpected EOF" }
        let parts = error.message.split(separator: "'", omittingEmptySubsequences: false)
        if parts.count == 3, parts[0] == "unexpected ", parts[2] == ", expected a value" {
            return "invalid character '\(parts[1])' looking for beginning of value"
        }
        return "the answer of \(text) is not JSON: \(error.message)"
    }

    private static let tooLate =
        "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"

    /// What Go's client says.
    private static func words(for error: any Error, _ text: String, _ url: URL) -> String {
        let host = url.host() ?? ""
        let port = url.port ?? (url.scheme == "https" ? 443 : 80)
        let cause: String
        switch (error as? URLError)?.code {
        case .timedOut?: cause = tooLate
        case .cannotConnectToHost?: cause = "dial tcp \(host):\(port): connect: connection refused"
        case .cannotFindHost?, .dnsLookupFailed?: cause = "dial tcp: lookup \(host): no such host"
        case .networkConnectionLost?: cause = "EOF"
        default: cause = (error as NSError).localizedDescription
        }
        return "Post \"\(text)\": \(cause)"
    }
}
