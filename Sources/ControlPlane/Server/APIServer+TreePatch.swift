public import KubernetesModel
import OrderedCollections
import SimulationKernel

/// Patches of an object's JSON, in the formats that HTTP clients send.
///
/// Upstream: `apiserver/pkg/endpoints/handlers/patch.go`, `apiserver/pkg/registry/generic/registry/store.go`
/// (v1.36). Server-side apply is not among them.
extension APIServer {
    /// A patched tree, before anybody has looked whether it is an object.
    private struct Patched {
        var tree: JSONValue
        /// What the error about a tree that is no object shows.
        var shown: String
        var validation: FieldValidation
        /// Whether the patched tree tells its kind; a strategic merge patch is for one kind from the start.
        var namesKind: Bool
    }

    mutating func patchTree(
        of old: APIObject, _ patch: ObjectPatch, subresource: String = "", at now: VirtualTime
    ) throws(APIError) -> APIObject {
        let versioned = old.kind.versioned
        let base = Schema.kubernetes.encode(
            materialized(old, at: now).tree(epoch: epoch), as: versioned)
        let patched = try patched(base, as: versioned, patch)
        var tree = try decoded(patched, as: versioned)
        Defaulting.apply(versioned, &tree)
        try checkIdentity(of: &tree, against: old)
        let new = try admitUpdate(tree, as: versioned, of: old, subresource: subresource, at: now)
        return try finishUpdate(new, old: old, isStatus: subresource == "status", at: now)
    }

    /// Patches how many replicas a workload is to have.
    mutating func patchScale(of old: APIObject, _ patch: ObjectPatch, at now: VirtualTime)
        throws(APIError) -> APIObject
    {
        guard let scale = scale(of: old) else {
            throw APIError(.notFound, "the server could not find the requested resource")
        }
        let versioned = GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")
        var tree = try decoded(try patched(scale, as: versioned, patch), as: versioned)
        try checkIdentity(of: &tree, against: old)
        let replicas = tree["spec"]?["replicas"]?.integerValue ?? 0
        return try self.scale(
            old.kind, old.key, replicas: replicas, resourceVersion: old.metadata.resourceVersion, at: now)
    }

    /// The `Scale` of a workload; nil for kinds that have none.
    public func scale(of object: APIObject) -> JSONValue? {
        switch object {
        case .deployment, .replicaSet, .statefulSet, .replicationController: break
        default: return nil
        }
        let tree = object.tree(epoch: epoch)
        var metadata: JSONObject = [:]
        for name in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            metadata[name] = tree["metadata"]?[name]
        }
        var spec: JSONObject = [:]
        if let replicas = tree["spec"]?["replicas"], replicas != 0 { spec["replicas"] = replicas }
        var status: JSONObject = ["replicas": tree["status"]?["replicas"] ?? 0]
        let selector = tree["spec"]?["selector"] ?? [:]
        let text: String
        if object.kind == .replicationController {
            let labels = selector.objectValue ?? [:]
            text = labels.keys.sorted().map { "\($0)=\(labels[$0]?.stringValue ?? "")" }
                .joined(separator: ",")
        } else {
            text = (try? CompiledLabelSelector(selector))?.description ?? ""
        }
        if !text.isEmpty { status["selector"] = .string(text) }
        return [
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": .object(metadata),
            "spec": .object(spec), "status": .object(status),
        ]
    }

    // MARK: Applying

    private func patched(_ base: JSONValue, as kind: GroupVersionKind, _ patch: ObjectPatch)
        throws(APIError) -> Patched
    {
        switch patch {
        case .merge(let change, let validation):
            guard case .object = change else {
                throw Self.undecodable(change, as: "map[string]interface {}")
            }
            let tree = base.merging(change)
            return Patched(tree: tree, shown: Self.json(tree), validation: validation, namesKind: true)
        case .json(let operations, let validation):
            guard case .array(let elements) = operations else {
                throw Self.undecodable(operations, as: "[]handlers.jsonPatchOp")
            }
            for element in elements where element.objectValue == nil {
                throw Self.undecodable(element, as: "handlers.jsonPatchOp")
            }
            if elements.count > 10_000 {
                throw APIError(
                    .requestEntityTooLarge,
                    "The allowed maximum operations in a JSON patch is 10000, got \(elements.count)")
            }
            do throws(JSONPatch.Failure) {
                let tree = try JSONPatch.apply(operations, to: base)
                return Patched(tree: tree, shown: Self.json(tree), validation: validation, namesKind: true)
            } catch {
                throw .unprocessable
            }
        case .strategicMerge(let change, let validation):
            do throws(PatchFailure) {
                var tree = try StrategicMergePatch.apply(change, to: base, as: kind)
                tree["kind"] = .string(kind.kind)
                tree["apiVersion"] = .string(kind.apiVersion)
                return Patched(
                    tree: tree, shown: StrategicMergePatch.text(change), validation: validation,
                    namesKind: false)
            } catch {
                switch error.answer {
                case .badRequest: throw APIError(.badRequest, error.description)
                case .unprocessable: throw .unprocessable
                case .unexpected: throw APIError(.unknown, error.description)
                }
            }
        default: throw APIError(.badRequest, "the patch does not fit the subresource")
        }
    }

    private func decoded(_ patched: Patched, as kind: GroupVersionKind) throws(APIError) -> JSONValue {
        var own = kind
        if patched.namesKind {
            let apiVersion = patched.tree["apiVersion"]?.stringValue ?? ""
            let name = patched.tree["kind"]?.stringValue ?? ""
            guard let named = GroupVersionKind(apiVersion: apiVersion, kind: name),
                named == kind || ResourceRegistry.kubernetes.resource(of: named) != nil
            else {
                throw Self.noObject(
                    patched,
                    "no kind \"\(name)\" is registered for version \"\(apiVersion)\" in scheme "
                        + "\"pkg/api/legacyscheme/scheme.go:30\"")
            }
            own = named
        }
        if !patched.namesKind, let fault = UnstructuredFault.find(in: patched.tree, as: kind) {
            throw Self.noObject(patched, fault)
        }
        let result: Schema.Decoded
        do throws(DecodingFault) {
            result = try Schema.kubernetes.decode(patched.tree, as: own)
        } catch {
            throw Self.noObject(patched, error.description)
        }
        if patched.validation == .strict, let fault = result.strictError {
            throw Self.noObject(patched, fault)
        }
        if own != kind {
            let group = kind.group.isEmpty ? "core" : String(kind.group.prefix { $0 != "." })
            throw Self.noObject(
                patched,
                "converting (\(own.version).\(own.kind)) to (\(group).\(kind.kind)): unknown conversion")
        }
        return result.tree
    }

    /// Refuses a patch that moves the object elsewhere, or that was made for another version of it.
    ///
    /// What the tree leaves out of its identity is filled in.
    private func checkIdentity(of tree: inout JSONValue, against old: APIObject) throws(APIError) {
        var metadata = tree["metadata"]
        func text(_ name: String) -> String { metadata?[name]?.stringValue ?? "" }
        if text("namespace") != old.metadata.namespace && !text("namespace").isEmpty {
            throw APIError(
                .badRequest,
                "the namespace of the provided object does not match the namespace sent on the request")
        }
        if text("name") != old.metadata.name {
            throw APIError(
                .badRequest,
                "the name of the object (\(text("name"))) does not match the name on the URL "
                    + "(\(old.metadata.name))")
        }
        let version = text("resourceVersion")
        if version.isEmpty || version == "0" {
            if !old.kind.allowsUnconditionalUpdate { throw .missingVersion(old.kind, old.metadata.name) }
            metadata?["resourceVersion"] = .string(String(old.metadata.resourceVersion))
        } else if version != String(old.metadata.resourceVersion) {
            throw .staleVersion(old.kind, old.metadata.name)
        }
        if !old.metadata.namespace.isEmpty { metadata?["namespace"] = .string(old.metadata.namespace) }
        tree["metadata"] = metadata
    }

    // MARK: Errors

    private static func json(_ tree: JSONValue) -> String {
        JSONWriter.string(tree, style: JSONWriter.Style(escapesHTML: true))
    }

    private static func undecodable(_ value: JSONValue, as type: String) -> APIError {
        APIError(
            .badRequest,
            "error decoding patch: json: cannot unmarshal \(StrategicMergePatch.jsonName(value)) "
                + "into Go value of type \(type)")
    }

    private static func noObject(_ patched: Patched, _ why: String) -> APIError {
        let fault = FieldError(
            .invalid, FieldPath("patch"), shownValue: StrategicMergePatch.quoted(patched.shown), detail: why)
        return APIError(.invalid, " \"\" is invalid: \(fault)", causes: [fault])
    }
}

extension APIError {
    /// Upstream: `NewGenericServerResponse` with status 422 (v1.36).
    static let unprocessable = APIError(
        .invalid, "the server rejected our request due to an error in our request")

    static func missingVersion(_ kind: ObjectKind, _ name: String) -> APIError {
        .invalid(
            kind, name,
            [
                FieldError(
                    .invalid, FieldPath("metadata.resourceVersion"), shownValue: "0x0",
                    detail: "must be specified for an update")
            ])
    }
}

extension ObjectKind {
    /// The kind with the version in which it is served.
    var versioned: GroupVersionKind {
        GroupVersionKind(apiVersion: info.apiVersion, kind: name) ?? GroupVersionKind(kind: name)
    }

    /// Whether an update without a resource version replaces whatever version there is.
    ///
    /// Upstream: `AllowUnconditionalUpdate` of the strategies in `pkg/registry` (v1.36).
    var allowsUnconditionalUpdate: Bool {
        switch self {
        case .lease, .podDisruptionBudget, .csiNode, .csiDriver, .csiStorageCapacity, .volumeAttachment,
            .runtimeClass:
            false
        default: true
        }
    }
}
