import KubernetesModel
import OrderedCollections
import SimulationKernel

/// Deletions, bindings and evictions as HTTP clients ask for them.
extension APIServer {
    /// Kinds whose deletion answers the object that was deleted.
    ///
    /// Upstream: `ReturnDeletedObject` in `pkg/registry` (v1.36).
    private static let answeredWithObject: Set<ObjectKind> = [
        .pod, .service, .serviceAccount, .persistentVolume, .persistentVolumeClaim, .resourceQuota,
        .storageClass, .volumeAttachment, .csiNode, .csiDriver, .namespace,
    ]

    /// The options of a deletion, from its body, or without one from its query.
    private func options(
        _ body: JSONValue?, _ address: RESTAddress
    ) throws(APIStatus) -> (options: DeleteOptions, isDryRun: Bool) {
        var options = DeleteOptions()
        var policy = body?["propagationPolicy"]?.stringValue
        var orphans = body?["orphanDependents"]?.boolValue
        if let grace = body?["gracePeriodSeconds"], !grace.isNull {
            guard let seconds = grace.integerValue else {
                throw .badRequest(
                    "json: cannot unmarshal \(grace.stringValue == nil ? grace.kindName : "string") into Go struct "
                        + "field DeleteOptions.gracePeriodSeconds of type int64")
            }
            options.gracePeriodSeconds = seconds
        }
        if body == nil {
            if let text = address.value("gracePeriodSeconds") {
                guard let seconds = Int64(text) else {
                    throw .badRequest("strconv.ParseInt: parsing \(ListOptions.quoted(text)): invalid syntax")
                }
                options.gracePeriodSeconds = seconds
            }
            policy = address.value("propagationPolicy")
            orphans = address.value("orphanDependents").map { $0 != "false" && $0 != "0" }
        }
        if let policy, orphans != nil {
            throw .invalid(
                GroupedName("DeleteOptions", group: "meta.k8s.io"), "",
                [
                    FieldError(
                        .invalid, FieldPath("propagationPolicy"), shownValue: ListOptions.quoted(policy),
                        detail: "orphanDependents and deletionPropagation cannot be both set")
                ])
        }
        options.propagation = policy.flatMap(DeleteOptions.Propagation.init(rawValue:))
        if let orphans { options.propagation = orphans ? .orphan : .background }
        let dryRun = body?["dryRun"]?.arrayValue?.contains("All") ?? false
        return (options, dryRun)
    }

    /// Upstream: `apiserver/pkg/registry/rest/delete.go`, `storage.Preconditions` (v1.36).
    private func check(_ preconditions: JSONValue?, _ old: APIObject) throws(APIStatus) {
        let subject = GroupedName(old.kind.name, group: old.kind.info.group)
        let metadata = old.metadata
        if let uid = preconditions?["uid"]?.stringValue, uid != metadata.uid.description {
            throw .conflict(
                subject, metadata.name,
                "the UID in the precondition (\(uid)) does not match the UID in record (\(metadata.uid)). "
                    + "The object might have been deleted and then recreated")
        }
        if let version = preconditions?["resourceVersion"]?.stringValue,
            version != String(metadata.resourceVersion)
        {
            throw .conflict(
                subject, metadata.name,
                "the ResourceVersion in the precondition (\(version)) does not match the ResourceVersion in record "
                    + "(\(metadata.resourceVersion)). The object might have been modified")
        }
    }

    private func deletion(_ request: RESTRequest, _ address: RESTAddress) throws(APIStatus) -> JSONValue? {
        if request.body.isEmpty { return nil }
        let body = try RESTBody.parse(request, address)
        if let kind = body["kind"]?.stringValue, kind != "DeleteOptions" {
            throw .badRequest(
                "no kind \"\(kind)\" is registered for version \"\(body["apiVersion"]?.stringValue ?? "")\" in scheme "
                    + "\"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27\"")
        }
        return body
    }

    mutating func delete(
        _ request: RESTRequest, _ kind: ObjectKind, _ address: RESTAddress, _ warnings: inout [String],
        at now: VirtualTime
    ) throws(APIStatus) -> RESTResponse {
        let body = try deletion(request, address)
        let (options, isDryRun) = try options(body, address)
        guard let old = store[kind, address.key] else { throw .notFound(address.grouped, address.name) }
        try check(body?["preconditions"], old)
        if kind == .job && options.propagation == nil {
            warnings.append(
                "child pods are preserved by default when jobs are deleted; "
                    + "set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning"
            )
        }
        let before = store
        let object = try call(.delete(kind, old.key, options), at: now)
        let isGone = store[kind, old.key] == nil
        if isDryRun { store = before }
        if isGone && !Self.answeredWithObject.contains(kind) {
            var details: JSONObject = ["name": .string(old.metadata.name)]
            if !address.resource.kind.group.isEmpty {
                details["group"] = .string(address.resource.kind.group)
            }
            details["kind"] = .string(address.resource.plural)
            details["uid"] = .string(old.metadata.uid.description)
            return RESTResponse(
                200,
                [
                    "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
                    "details": .object(details),
                ])
        }
        return RESTResponse(200, object.map { tree($0, address, at: now) } ?? .null)
    }

    mutating func deleteCollection(
        _ request: RESTRequest, _ kind: ObjectKind, _ address: RESTAddress, at now: VirtualTime
    ) throws(APIStatus) -> RESTResponse {
        let (options, _) = try options(try deletion(request, address), address)
        let selected = try list(
            address.resource, namespace: address.namespace, options: try ListOptions(query: address.query),
            at: now)
        // The answer is the list of what was there before.
        let revision = store.revision
        var items: [JSONValue] = []
        for object in selected.items {
            _ = try call(.delete(kind, object.key, options), at: now)
            var item = tree(object, address, at: now)
            item["kind"] = nil
            item["apiVersion"] = nil
            items.append(item)
        }
        return RESTResponse(
            200,
            [
                "kind": .string(address.resource.kind.kind + "List"),
                "apiVersion": .string(address.resource.kind.apiVersion),
                "metadata": ["resourceVersion": .string(String(revision))], "items": .array(items),
            ])
    }

    private static let success: JSONValue = [
        "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201,
    ]

    mutating func bind(
        _ request: RESTRequest, _ address: RESTAddress, at now: VirtualTime
    ) throws(APIStatus) -> RESTResponse {
        let body = try RESTBody.parse(request, address)
        if let name = body["metadata"]?["name"]?.stringValue, name != address.name {
            throw .badRequest("name in URL does not match name in Binding object")
        }
        let kind = body["target"]?["kind"]?.stringValue ?? ""
        if !kind.isEmpty && kind != "Node" {
            throw APIStatus(
                code: 500, reason: .unknown,
                message:
                    "target.kind: Unsupported value: \(ListOptions.quoted(kind)): supported values: \"Node\", "
                    + "\"<empty>\"")
        }
        let node = body["target"]?["name"]?.stringValue ?? ""
        if node.isEmpty {
            throw APIStatus(code: 500, reason: .unknown, message: "target.name: Required value")
        }
        let uid = body["metadata"]?["uid"]?.stringValue ?? ""
        if !uid.isEmpty, let pod = store[.pod, address.key], pod.metadata.uid.description != uid {
            throw .conflict(
                address.grouped, address.name,
                "StorageError: invalid object, Code: 4, Key: /registry/\(address.registryPath), ResourceVersion: 0, "
                    + "AdditionalErrorMsg: Precondition failed: UID in precondition: \(uid), UID in object meta: "
                    + pod.metadata.uid.description)
        }
        _ = try call(.bind(pod: address.key, uid: UID(uid), node: node), at: now)
        return RESTResponse(201, Self.success)
    }

    mutating func evict(
        _ request: RESTRequest, _ address: RESTAddress, at now: VirtualTime
    ) throws(APIStatus) -> RESTResponse {
        let body = try RESTBody.parse(request, address)
        if let name = body["metadata"]?["name"]?.stringValue, name != address.name {
            throw .badRequest("name in URL does not match name in Eviction object")
        }
        let given = body["deleteOptions"]
        let (options, isDryRun) = try options(given ?? [:], address)
        if let pod = store[.pod, address.key] { try check(given?["preconditions"], pod) }
        let before = store
        _ = try call(.evict(pod: address.key, options), at: now)
        if isDryRun { store = before }
        return RESTResponse(201, Self.success)
    }
}
