public import KubernetesModel

/// What a list or a watch asks for, as its query spells it (`metav1.ListOptions`).
public struct ListOptions: Hashable, Sendable {
    public enum Match: String, Hashable, Sendable {
        case exact = "Exact"
        case notOlderThan = "NotOlderThan"
    }

    public var labels = CompiledLabelSelector.everything
    public var fields = FieldSelector.everything
    /// Empty when it is not given.
    public var resourceVersion = ""
    public var match: Match?
    /// 0 for no limit.
    public var limit: Int64 = 0
    /// The token that the page before ended with.
    public var continuation = ""
    public var isWatch = false
    /// Whether a watch begins with what there is; nil leaves it to the resource version.
    public var sendsInitialEvents: Bool?
    public var allowsBookmarks = false

    public init() {}

    /// Reads a query.
    ///
    /// Upstream: `apimachinery/pkg/apis/meta/internalversion` and its `validation` (v1.36). A text that cannot be
    /// read is a bad request, options that do not go together make an invalid one.
    public init(query: [(name: String, value: String)]) throws(APIStatus) {
        func value(_ name: String) -> String? { query.first { $0.name == name }?.value }
        do throws(SelectorError) {
            if let text = value("labelSelector") { labels = try CompiledLabelSelector(parsing: text) }
            if let text = value("fieldSelector") { fields = try FieldSelector(parsing: text) }
        } catch {
            throw .badRequest(error.description)
        }
        resourceVersion = value("resourceVersion") ?? ""
        continuation = value("continue") ?? ""
        for name in ["limit", "timeoutSeconds"] {
            guard let text = value(name), !text.isEmpty else { continue }
            guard let number = Int64(text) else {
                throw .badRequest("strconv.ParseInt: parsing \(Self.quoted(text)): invalid syntax")
            }
            if name == "limit" { limit = number }
        }
        isWatch = Self.flag(value("watch")) ?? false
        sendsInitialEvents = Self.flag(value("sendInitialEvents"))
        allowsBookmarks = Self.flag(value("allowWatchBookmarks")) ?? false
        let matchText = value("resourceVersionMatch") ?? ""
        match = Match(rawValue: matchText)
        let faults = isWatch ? watchFaults(matchText) : listFaults(matchText)
        if !faults.isEmpty { throw .invalid(GroupedName("ListOptions", group: "meta.k8s.io"), "", faults) }
    }

    /// Anything but `0` and `false` is true.
    private static func flag(_ text: String?) -> Bool? {
        text.map { $0 != "0" && $0.lowercased() != "false" }
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { result += "\\" }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }

    private func listFaults(_ match: String) -> [FieldError] {
        let path = FieldPath("resourceVersionMatch")
        var faults: [FieldError] = []
        if !match.isEmpty {
            if resourceVersion.isEmpty {
                faults.append(
                    FieldError(
                        .forbidden, path,
                        detail: "resourceVersionMatch is forbidden unless resourceVersion is provided"))
            }
            if !continuation.isEmpty { faults.append(Self.continued) }
            if self.match == nil {
                faults.append(
                    FieldError(
                        .notSupported, path, shownValue: Self.quoted(match),
                        detail: "supported values: \"Exact\", \"NotOlderThan\", \"\""))
            }
            if self.match == .exact && resourceVersion == "0" {
                faults.append(
                    FieldError(
                        .forbidden, path,
                        detail: "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""))
            }
        }
        if sendsInitialEvents != nil {
            faults.append(
                FieldError(
                    .forbidden, FieldPath("sendInitialEvents"),
                    detail: "sendInitialEvents is forbidden for list"))
        }
        return faults
    }

    private func watchFaults(_ match: String) -> [FieldError] {
        let path = FieldPath("resourceVersionMatch")
        var faults: [FieldError] = []
        if sendsInitialEvents != nil && self.match != .notOlderThan {
            faults.append(
                FieldError(
                    .forbidden, path,
                    detail: "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
        }
        guard !match.isEmpty else { return faults }
        if sendsInitialEvents == nil {
            faults.append(
                FieldError(
                    .forbidden, path,
                    detail: "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
                ))
        }
        if self.match != .notOlderThan {
            faults.append(
                FieldError(
                    .notSupported, path, shownValue: Self.quoted(match),
                    detail: "supported values: \"NotOlderThan\""))
        }
        if !continuation.isEmpty { faults.append(Self.continued) }
        return faults
    }

    private static let continued = FieldError(
        .forbidden, FieldPath("resourceVersionMatch"),
        detail: "resourceVersionMatch is forbidden when continue is provided")

    /// A resource version as a number; 0 for none.
    ///
    /// Upstream: `apiserver/pkg/storage/api_object_versioner.go`, `ParseResourceVersion` (v1.36).
    static func number(ofVersion text: String) throws(SelectorError) -> UInt64 {
        if text.isEmpty { return 0 }
        let isNumber = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isNumber, let number = UInt64(text) else {
            let fault = isNumber ? "value out of range" : "invalid syntax"
            throw SelectorError(
                "resourceVersion: Invalid value: \(quoted(text)): strconv.ParseUint: parsing \(quoted(text)): \(fault)"
            )
        }
        return number
    }
}

/// Where the next page of a list begins, and of which state of the cluster it is a page.
///
/// Upstream: `apiserver/pkg/storage/continue.go` (v1.36).
struct ContinueToken: Hashable, Sendable {
    /// The state that the first page showed; negative for the newest, whichever it is.
    var revision: Int64
    /// The key at which the next page begins, below the prefix of what is listed.
    var start: String

    init(revision: Int64, start: String) {
        self.revision = revision
        self.start = start
    }

    /// Reads a token; throws the words in which it is refused.
    init(_ text: String) throws(SelectorError) {
        let invalid = "continue key is not valid"
        let bytes: [UInt8]
        do throws(Base64.Failure) {
            bytes = try Self.decode(text)
        } catch {
            throw SelectorError("\(invalid): \(error)")
        }
        let tree: JSONValue
        do throws(JSONSyntaxError) {
            var parser = JSONParser(bytes)
            tree = try parser.parseDocument()
        } catch {
            let first = bytes.first.map { String(UnicodeScalar($0)) } ?? ""
            throw SelectorError(
                first.isEmpty
                    ? "\(invalid): unexpected end of JSON input"
                    : "\(invalid): invalid character '\(first)' looking for beginning of value")
        }
        let version = tree["v"]?.stringValue ?? ""
        guard version == "meta.k8s.io/v1" else {
            throw SelectorError("\(invalid): server does not recognize this encoded version \(version)")
        }
        revision = tree["rv"]?.integerValue ?? 0
        start = tree["start"]?.stringValue ?? ""
        if revision == 0 {
            throw SelectorError(
                "\(invalid): incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
        }
        if start.isEmpty {
            throw SelectorError("\(invalid): encoded start key empty (version meta.k8s.io/v1)")
        }
        let path = start.hasPrefix("/") ? String(start.dropFirst()) : start
        let steps = path.split(separator: "/", omittingEmptySubsequences: false)
        if steps.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
            throw SelectorError("\(invalid): \(start)")
        }
        start = path
    }

    var text: String {
        let tree: JSONValue = ["v": "meta.k8s.io/v1", "rv": .integer(revision), "start": .string(start)]
        let bytes = JSONWriter.bytes(tree, style: .init(escapesHTML: true))
        let text = Base64.encode(bytes).replacing("+", with: "-").replacing("/", with: "_")
        return String(text.prefix { $0 != "=" })
    }

    /// Base64 in its alphabet for addresses, without padding.
    private static func decode(_ text: String) throws(Base64.Failure) -> [UInt8] {
        let isForeign = { (byte: UInt8) in byte == 0x2B || byte == 0x2F || byte == 0x3D }
        if let place = Array(text.utf8).firstIndex(where: isForeign) { throw Base64.Failure(offset: place) }
        let standard = text.replacing("-", with: "+").replacing("_", with: "/")
        let missing = (4 - standard.utf8.count % 4) % 4
        if missing == 3 {
            _ = try Base64.decode(String(standard.dropLast()))
            throw Base64.Failure(offset: standard.utf8.count - 1)
        }
        return try Base64.decode(standard + String(repeating: "=", count: missing))
    }
}
