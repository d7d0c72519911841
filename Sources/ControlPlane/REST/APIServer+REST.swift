import KubernetesModel
import OrderedCollections
public import SimulationKernel

/// Requests as HTTP clients send them.
///
/// Served are objects and collections of all kinds that are stored, in the version in which they are stored (and
/// HorizontalPodAutoscalers in version 1, but for patches), with their `status`, `scale`, `binding` and `eviction`; server-side apply, logs and the like are not.
/// Upstream: `apiserver/pkg/endpoints/handlers` (v1.36).
extension APIServer {
    /// Answers one request; watches are begun with ``watch(_:namespace:options:at:)``.
    public mutating func respond(to request: RESTRequest, at now: VirtualTime) -> RESTResponse {
        var warnings: [String] = []
        var response: RESTResponse
        do throws(APIStatus) {
            guard let address = RESTAddress(request.path) else { throw Self.notServed }
            try Self.checkOptions(address, request.method)
            let isDryRun = address.value("dryRun") != nil
            // What a dry run does is taken back.
            let (store, allocators) = (self.store, self.allocators)
            do throws(APIStatus) {
                response = try answer(request, address, &warnings, at: now)
                if isDryRun { (self.store, self.allocators) = (store, allocators) }
            } catch {
                if isDryRun { (self.store, self.allocators) = (store, allocators) }
                throw error
            }
        } catch {
            response = RESTResponse(error.code, error.jsonValue)
        }
        response.warnings = warnings
        return response
    }

    /// Upstream: `apimachinery/pkg/apis/meta/v1/validation` (v1.36).
    private static func checkOptions(_ address: RESTAddress, _ method: String) throws(APIStatus) {
        let names = [
            "POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions",
            "DELETE": "DeleteOptions",
        ]
        guard let options = names[method] else { return }
        var faults: [FieldError] = []
        if let dryRun = address.value("dryRun"), dryRun != "All" {
            faults.append(
                FieldError(
                    .notSupported, FieldPath("dryRun"), shownValue: "[\(ListOptions.quoted(dryRun))]",
                    detail: "supported values: \"All\""))
        }
        let manager = address.value("fieldManager") ?? ""
        if manager.utf8.count > 128 {
            faults.append(
                FieldError(.tooLong, FieldPath("fieldManager"), detail: "may not be more than 128 bytes"))
        }
        if let place = manager.unicodeScalars.enumerated().first(where: { $0.element.value < 0x20 }) {
            let code = String(place.element.value, radix: 16)
            let shown = manager.unicodeScalars.map {
                $0.value < 0x20
                    ? "\\x" + (code.count < 2 ? "0" : "") + String($0.value, radix: 16) : String($0)
            }.joined()
            faults.append(
                FieldError(
                    .invalid, FieldPath("fieldManager"), shownValue: "\"\(shown)\"",
                    detail:
                        "invalid character U+\(String(repeating: "0", count: 4 - code.count))\(code.uppercased()) "
                        + "(at position \(place.offset))"))
        }
        if !faults.isEmpty { throw .invalid(GroupedName(options, group: "meta.k8s.io"), "", faults) }
    }

    static let methodNotAllowed = APIStatus(
        code: 405, reason: .methodNotAllowed,
        message: "the server does not allow this method on the requested resource", details: .init())

    private mutating func answer(
        _ request: RESTRequest, _ address: RESTAddress, _ warnings: inout [String], at now: VirtualTime
    ) throws(APIStatus) -> RESTResponse {
        guard let kind = ObjectKind(served: address.resource.kind) else { throw Self.notServed }
        switch (request.method, address.subresource) {
        case ("GET", ""):
            return try address.name.isEmpty ? list(address, at: now) : get(kind, address, at: now)
        case ("GET", "status"): return try get(kind, address, at: now)
        case ("GET", "scale"): return try getScale(kind, address)
        case ("POST", "") where address.name.isEmpty:
            return try post(request, kind, address, &warnings, at: now)
        case ("POST", "binding"): return try bind(request, address, at: now)
        case ("POST", "eviction"): return try evict(request, address, at: now)
        case ("PUT", "") where !address.name.isEmpty, ("PUT", "status"):
            return try put(request, kind, address, &warnings, at: now)
        case ("PUT", "scale"): return try putScale(request, kind, address, at: now)
        case ("PATCH", _) where AutoscalerConversion.isVersion1(address.resource.kind):
            // A patch is one of the version that is stored.
            throw Self.methodNotAllowed
        case ("PATCH", "") where !address.name.isEmpty, ("PATCH", "status"), ("PATCH", "scale"):
            return try patch(request, kind, address, at: now)
        case ("DELETE", ""):
            if address.name.isEmpty {
                if kind == .namespace { throw Self.methodNotAllowed }
                return try deleteCollection(request, kind, address, at: now)
            }
            return try delete(request, kind, address, &warnings, at: now)
        default: throw Self.methodNotAllowed
        }
    }

    /// Makes a call; what refuses it becomes a status.
    mutating func call(_ request: APIRequest, at now: VirtualTime) throws(APIStatus) -> APIObject? {
        switch handle(request, at: now) {
        case .success(let object): return object
        case .failure(let error): throw APIStatus(error)
        }
    }

    func tree(_ object: APIObject, _ address: RESTAddress, at now: VirtualTime) -> JSONValue {
        let kind = address.resource.kind
        let tree = materialized(object, at: now).tree(epoch: epoch)
        return Schema.kubernetes.encode(AutoscalerConversion.shown(tree, as: kind), as: kind)
    }

    // MARK: Reading

    private func stored(_ kind: ObjectKind, _ address: RESTAddress) throws(APIStatus) -> APIObject {
        guard let object = store[kind, address.key] else { throw .notFound(address.grouped, address.name) }
        return object
    }

    private func get(_ kind: ObjectKind, _ address: RESTAddress, at now: VirtualTime) throws(APIStatus)
        -> RESTResponse
    {
        RESTResponse(200, tree(try stored(kind, address), address, at: now))
    }

    private func list(_ address: RESTAddress, at now: VirtualTime) throws(APIStatus) -> RESTResponse {
        let options = try ListOptions(query: address.query)
        let page = try list(address.resource, namespace: address.namespace, options: options, at: now)
        return RESTResponse(200, body(of: page.items, page, address, at: now))
    }

    private func body(
        of items: [APIObject], _ page: ListPage, _ address: RESTAddress, at now: VirtualTime
    ) -> JSONValue {
        var metadata: JSONObject = ["resourceVersion": .string(String(page.resourceVersion))]
        if let token = page.continuation { metadata["continue"] = .string(token) }
        if let count = page.remainingItemCount { metadata["remainingItemCount"] = .integer(count) }
        let trees = items.map { object -> JSONValue in
            var item = tree(object, address, at: now)
            item["kind"] = nil
            item["apiVersion"] = nil
            return item
        }
        return [
            "kind": .string(address.resource.kind.kind + "List"),
            "apiVersion": .string(address.resource.kind.apiVersion), "metadata": .object(metadata),
            "items": .array(trees),
        ]
    }

    private func getScale(_ kind: ObjectKind, _ address: RESTAddress) throws(APIStatus) -> RESTResponse {
        guard let scale = scale(of: try stored(kind, address)) else { throw Self.notServed }
        return RESTResponse(200, scale)
    }

    // MARK: Creating and replacing

    private mutating func post(
        _ request: RESTRequest, _ kind: ObjectKind, _ address: RESTAddress, _ warnings: inout [String],
        at now: VirtualTime
    ) throws(APIStatus) -> RESTResponse {
        let versioned = address.resource.kind
        var tree = try RESTBody.decode(request, as: versioned, address, &warnings)
        if !CreationStrategy.setNamespace(address.resource.isNamespaced ? address.namespace : nil, of: &tree)
        {
            throw .badRequest(
                "the namespace of the provided object does not match the namespace sent on the request")
        }
        if let namespace = address.namespace, store[.namespace, ObjectKey(name: namespace)] == nil {
            throw .notFound(GroupedName("namespaces"), namespace)
        }
        let isVersioned = tree["metadata"]?["resourceVersion"]?.stringValue?.isEmpty == false
        tree["metadata"]?["resourceVersion"] = nil
        tree["kind"] = .string(versioned.kind)
        tree["apiVersion"] = .string(versioned.apiVersion)
        let object = try call(.createManifest(tree), at: now)
        if isVersioned {
            throw APIStatus(
                code: 500, reason: .unknown,
                message: "resourceVersion should not be set on objects to be created")
        }
        let stored = object.map { self.tree($0, address, at: now) } ?? .null
        warnings += [Validator.deprecation(of: versioned)].compactMap(\.self)
        Defaulting.apply(versioned, &tree)
        warnings += Validator.warnings(kind: versioned, object: stored, given: tree)
        return RESTResponse(201, stored)
    }

    /// Kinds that are created by replacing what is not there.
    ///
    /// Upstream: `AllowCreateOnUpdate` of the strategies in `pkg/registry` (v1.36).
    private static let createdOnUpdate: Set<ObjectKind> = [
        .lease, .service, .event, .endpoints, .runtimeClass, .limitRange,
    ]

    private mutating func put(
        _ request: RESTRequest, _ kind: ObjectKind, _ address: RESTAddress, _ warnings: inout [String],
        at now: VirtualTime
    ) throws(APIStatus) -> RESTResponse {
        let versioned = address.resource.kind
        var tree = try RESTBody.decode(request, as: versioned, address, &warnings)
        try RESTBody.checkName(tree, address)
        guard let old = store[kind, address.key] else {
            guard address.subresource.isEmpty, Self.createdOnUpdate.contains(kind) else {
                throw .notFound(address.grouped, address.name)
            }
            return try post(request, kind, address, &warnings, at: now)
        }
        if !CreationStrategy.setNamespace(address.resource.isNamespaced ? address.namespace : nil, of: &tree)
        {
            throw .badRequest(
                "the namespace of the provided object does not match the namespace sent on the request")
        }
        let uid = tree["metadata"]?["uid"]?.stringValue ?? ""
        if !uid.isEmpty && uid != old.metadata.uid.description {
            throw .conflict(
                address.grouped, address.name,
                "StorageError: invalid object, Code: 4, Key: /registry/\(address.registryPath), ResourceVersion: 0, "
                    + "AdditionalErrorMsg: Precondition failed: UID in precondition: \(uid), UID in object meta: "
                    + old.metadata.uid.description)
        }
        let version = tree["metadata"]?["resourceVersion"]?.stringValue ?? ""
        if version.isEmpty || version == "0" {
            if !kind.allowsUnconditionalUpdate {
                throw .resourceVersionRequired(address.grouped, address.name)
            }
        } else if version != String(old.metadata.resourceVersion) {
            throw .conflict(address.grouped, address.name)
        }
        tree["kind"] = .string(versioned.kind)
        tree["apiVersion"] = .string(versioned.apiVersion)
        let subresource = address.subresource.isEmpty ? nil : address.subresource
        let before = old.tree(epoch: epoch)
        let object = try call(.replaceManifest(tree, subresource: subresource), at: now)
        let stored = object.map { self.tree($0, address, at: now) } ?? .null
        warnings += [Validator.deprecation(of: versioned)].compactMap(\.self)
        warnings += Validator.warnings(kind: versioned, object: stored, old: before, subresource: subresource)
        return RESTResponse(200, stored)
    }

    private mutating func putScale(
        _ request: RESTRequest, _ kind: ObjectKind, _ address: RESTAddress, at now: VirtualTime
    ) throws(APIStatus) -> RESTResponse {
        var warnings: [String] = []
        let versioned = GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")
        let tree = try RESTBody.decode(request, as: versioned, address, &warnings)
        let old = try stored(kind, address)
        try RESTBody.checkName(tree, address)
        let namespace = tree["metadata"]?["namespace"]?.stringValue ?? ""
        if !namespace.isEmpty && namespace != address.namespace {
            throw .badRequest(
                "the namespace of the provided object does not match the namespace sent on the request")
        }
        let version = tree["metadata"]?["resourceVersion"]?.stringValue ?? ""
        if !version.isEmpty && version != String(old.metadata.resourceVersion) {
            throw .conflict(address.grouped, address.name)
        }
        let replicas = tree["spec"]?["replicas"]?.integerValue ?? 0
        let object = try call(.scale(kind, old.key, replicas: replicas, resourceVersion: nil), at: now)
        return RESTResponse(200, object.flatMap { scale(of: $0) } ?? .null)
    }

    private mutating func patch(
        _ request: RESTRequest, _ kind: ObjectKind, _ address: RESTAddress, at now: VirtualTime
    ) throws(APIStatus) -> RESTResponse {
        let validation: FieldValidation =
            switch address.value("fieldValidation") {
            case "Strict": .strict
            case "Ignore": .ignore
            default: .warn
            }
        let change = try RESTBody.parse(request, address)
        var patch: ObjectPatch
        switch request.contentType {
        case "application/json-patch+json": patch = .json(change, validation: validation)
        case "application/merge-patch+json": patch = .merge(change, validation: validation)
        case "application/strategic-merge-patch+json": patch = .strategicMerge(change, validation: validation)
        default:
            throw APIStatus(
                code: 415, reason: .unsupportedMediaType,
                message: "the body of the request was in an unknown format - accepted media types include: "
                    + "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml, "
                    + "application/strategic-merge-patch+json")
        }
        if address.subresource == "status" { patch = .status(patch) }
        if address.subresource == "scale" { patch = .scale(patch) }
        let object = try call(.patch(kind, address.key, patch, uid: nil), at: now)
        guard let object else { return RESTResponse(200, .null) }
        if address.subresource == "scale" { return RESTResponse(200, scale(of: object) ?? .null) }
        return RESTResponse(200, tree(object, address, at: now))
    }
}

extension RESTAddress {
    /// The object's key in etcd below `/registry/`.
    var registryPath: String {
        let plural = resource.plural
        return ([plural] + [namespace].compactMap(\.self) + [name]).joined(separator: "/")
    }
}
