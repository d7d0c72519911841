public import ControlPlane
public import KubernetesModel
public import SimulationKernel

/// One object of a manifest that is applied, and where it comes from.
public struct AppliedManifest: Sendable {
    public var tree: JSONValue
    /// The file as messages name it; empty for none.
    public var source: String
    /// Where in the file, as `line:column`.
    public var place: String
    /// Whether it is one of the cluster's first objects, all of which are applied at once; those of a
    /// command are applied one after the other, as kubectl does it.
    public var isInitial: Bool

    public init(_ tree: JSONValue, source: String = "", place: String = "", isInitial: Bool = false) {
        self.tree = tree
        self.source = source
        self.place = place
        self.isInitial = isInitial
    }
}

/// A manifest that the API server did not take.
public struct ManifestRefusal: Sendable {
    public var manifest: AppliedManifest
    public var kind: ObjectKind?
    public var key: ObjectKey
    public var time: VirtualTime
    public var error: APIError
    /// What kubectl prints.
    public var message: String
}

/// How kubectl words errors.
///
/// Upstream: `kubectl/pkg/cmd/util/helpers.go` (v1.36).
enum KubectlMessage {
    /// The error of a call, `doing` something with a file: `creating`, `patching`.
    static func text(_ error: APIError, doing verb: String, source: String, kind: ObjectKind?, name: String)
        -> String
    {
        if error.reason == .invalid, !error.causes.isEmpty, let kind {
            let group = kind.info.group
            let prefix =
                error.message.hasPrefix(" ")
                ? "The request is invalid: "
                : "The \(group.isEmpty ? kind.name : kind.name) \"\(name)\" is invalid: "
            var lines: [String] = []
            for cause in error.causes.map(\.description) where !lines.contains(cause) { lines.append(cause) }
            if lines.count == 1 { return prefix + lines[0] }
            return ([prefix] + lines.map { "* \($0)" }).joined(separator: "\n")
        }
        let message = source.isEmpty ? error.message : "error when \(verb) \"\(source)\": \(error.message)"
        let reason = error.reason.rawValue
        return reason.isEmpty
            ? "Error from server: \(message)" : "Error from server (\(reason)): \(message)"
    }
}
