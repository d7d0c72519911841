public import KubernetesModel

/// How a deletion is to be done (`metav1.DeleteOptions`).
public struct DeleteOptions: Hashable, Sendable {
    public enum Propagation: String, Hashable, Sendable {
        case background = "Background"
        case foreground = "Foreground"
        case orphan = "Orphan"
    }
    /// Nil leaves it to the object (a pod's own grace period).
    public var gracePeriodSeconds: Int64?
    /// Nil leaves it to the kind's default.
    public var propagation: Propagation?
    /// The deletion fails with a conflict unless the object has this identity.
    public var uid: UID?
    /// The deletion fails with a conflict unless the object is at this version.
    public var resourceVersion: Int64?

    public init(
        gracePeriodSeconds: Int64? = nil, propagation: Propagation? = nil, uid: UID? = nil,
        resourceVersion: Int64? = nil
    ) {
        self.gracePeriodSeconds = gracePeriodSeconds
        self.propagation = propagation
        self.uid = uid
        self.resourceVersion = resourceVersion
    }
}

/// A partial change of an object. Components send typed ones; users and HTTP clients send trees.
public enum ObjectPatch: Hashable, Sendable {
    /// What a kubelet reports: the whole status, conditions merged by type so that conditions of other
    /// writers stay.
    case podStatus(PodStatus)
    /// Sets conditions by type, and the nominated node unless it is nil.
    case podConditions([Condition], nominatedNodeName: String?)
    /// What a kubelet reports of its node: conditions merged by type, the rest replaced.
    case nodeStatus(NodeStatus)
    /// Sets conditions by type.
    case nodeConditions([Condition])
    case nodeTaints(adding: [Taint], removing: [Taint])
    case nodeVolumesAttached([AttachedVolume])
    case unschedulable(Bool)
    /// Adds an owner reference, or changes the one with the same UID.
    case adopt(OwnerReference)
    /// ``adopt(_:)`` of several owners in one write.
    case adoptAll([OwnerReference])
    /// Removes the owner reference with this UID.
    case release(owner: UID)
    /// ``release(owner:)`` of several owners in one write.
    case releaseAll(owners: [UID])
    /// ``adopt(_:)``, and adds a finalizer by which the owner holds the object.
    case adoptHolding(OwnerReference, finalizer: String)
    /// ``release(owner:)``, and removes the finalizer.
    case releaseHeld(owner: UID, finalizer: String)
    case finalizers(adding: [String], removing: [String])
    /// Sets (or with nil removes) labels and annotations.
    case metadata(labels: [String: String?], annotations: [String: String?])
    /// One more of an Event that is already stored.
    case eventSeries(count: Int64, message: String, lastTimestamp: Timestamp)
    /// RFC 7386, on the object's tree.
    case merge(JSONValue, validation: FieldValidation = .warn)
    /// RFC 6902, on the object's tree.
    case json(JSONValue, validation: FieldValidation = .warn)
    /// Kubernetes' own, which merges lists by key.
    case strategicMerge(JSONValue, validation: FieldValidation = .warn)
    /// A patch of a tree that goes to the `status` subresource.
    indirect case status(ObjectPatch)
    /// A patch of a tree that goes to the `scale` subresource: it is applied to a `Scale`.
    indirect case scale(ObjectPatch)
}

/// What becomes of fields that the types do not have (`fieldValidation`).
public enum FieldValidation: Hashable, Sendable {
    /// They are dropped; a server over HTTP would warn of them.
    case warn
    /// They are dropped.
    case ignore
    /// The request is refused, as kubectl asks for.
    case strict
}

/// One call of the Kubernetes API.
public enum APIRequest: Hashable, Sendable {
    case create(APIObject)
    /// A manifest as a user wrote it: it is decoded, defaulted, admitted and validated.
    case createManifest(JSONValue)
    /// A manifest that many objects share; all but metadata is looked at for the first of them only.
    case createFrom(ManifestTemplate, ManifestInstance)
    /// A manifest in place of an object that is there (HTTP's PUT), or of its `status` or `resize` subresource.
    case replaceManifest(JSONValue, subresource: String?)
    case get(ObjectKind, ObjectKey)
    /// Replaces everything but the status; a resource version of 0 does so whatever the version is.
    case update(APIObject)
    /// Replaces the status only.
    case updateStatus(APIObject)
    /// Changes part of an object. Indirect because a patch is several times as large as all else.
    indirect case patch(ObjectKind, ObjectKey, ObjectPatch, uid: UID?)
    case delete(ObjectKind, ObjectKey, DeleteOptions)
    /// The `binding` subresource: assigns a pod to a node, and adds the binding's annotations to the pod's.
    case bind(pod: ObjectKey, uid: UID, node: String, annotations: StringMap = StringMap())
    /// The `eviction` subresource: a deletion that disruption budgets may refuse.
    case evict(pod: ObjectKey, DeleteOptions)
    /// The `scale` subresource; nil for the version does not check it.
    case scale(ObjectKind, ObjectKey, replicas: Int64, resourceVersion: Int64?)
    /// A read of one of the metrics APIs, which the API server passes on to the server behind it.
    indirect case metrics(MetricsQuery)
}

extension APIRequest {
    /// The kind and key of the object that the call is about; the name may still be empty (`generateName`).
    public var target: (kind: ObjectKind?, key: ObjectKey) {
        switch self {
        case .create(let object), .update(let object), .updateStatus(let object): (object.kind, object.key)
        case .createManifest(let tree), .replaceManifest(let tree, _):
            (tree.manifestKind, tree.manifestKey)
        case .createFrom(let template, let instance):
            (
                template.tree.manifestKind,
                ObjectKey(
                    namespace: instance.namespace.isEmpty
                        ? template.tree.manifestKey.namespace : instance.namespace,
                    name: instance.name.isEmpty ? template.tree.manifestKey.name : instance.name)
            )
        case .get(let kind, let key), .patch(let kind, let key, _, _), .delete(let kind, let key, _),
            .scale(let kind, let key, _, _):
            (kind, key)
        case .bind(let pod, _, _, _), .evict(let pod, _): (.pod, pod)
        case .metrics(let query): (.metricValueList, ObjectKey(namespace: query.namespace, name: ""))
        }
    }

    /// The verb as metrics count it.
    public var verb: String {
        switch self {
        case .create, .createManifest, .createFrom: "create"
        case .get, .metrics: "get"
        case .update, .scale, .replaceManifest(_, subresource: nil): "update"
        case .replaceManifest(_, subresource: let subresource?): "update-\(subresource)"
        case .updateStatus: "update-status"
        case .patch: "patch"
        case .delete: "delete"
        case .bind: "bind"
        case .evict: "evict"
        }
    }
}

extension JSONValue {
    /// The kind that a manifest names; nil when simk does not know it.
    fileprivate var manifestKind: ObjectKind? {
        ObjectKind(
            apiVersion: self["apiVersion"]?.stringValue ?? "", kind: self["kind"]?.stringValue ?? "")
    }

    fileprivate var manifestKey: ObjectKey {
        ObjectKey(
            namespace: self["metadata"]?["namespace"]?.stringValue ?? "",
            name: self["metadata"]?["name"]?.stringValue ?? "")
    }
}

/// Why the API server refused a call, in its own words.
public struct APIError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: String, Hashable, Sendable {
        case badRequest = "BadRequest"
        case notFound = "NotFound"
        case alreadyExists = "AlreadyExists"
        case conflict = "Conflict"
        case invalid = "Invalid"
        case forbidden = "Forbidden"
        case tooManyRequests = "TooManyRequests"
        case requestEntityTooLarge = "RequestEntityTooLarge"
        case expired = "Expired"
        case methodNotAllowed = "MethodNotAllowed"
        case internalError = "InternalError"
        /// An error that the server itself did not expect: it has a message and no reason.
        case unknown = ""
        case timeout = "Timeout"
        /// The server could not be reached: there was no answer at all.
        case unreachable = "Unreachable"
    }

    public var reason: Reason
    public var message: String
    /// The single faults of an invalid object.
    public var causes: [FieldError]
    /// After how many seconds a refused call may be tried again.
    public var retryAfterSeconds: Int64?
    /// Why an eviction was refused, and the like.
    public var detail: String

    public init(
        _ reason: Reason, _ message: String, causes: [FieldError] = [], retryAfterSeconds: Int64? = nil,
        detail: String = ""
    ) {
        self.reason = reason
        self.message = message
        self.causes = causes
        self.retryAfterSeconds = retryAfterSeconds
        self.detail = detail
    }

    public var description: String { message }

    /// The HTTP status.
    public var code: Int {
        switch reason {
        case .badRequest: 400
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .alreadyExists, .conflict: 409
        case .expired: 410
        case .requestEntityTooLarge: 413
        case .invalid: 422
        case .tooManyRequests: 429
        case .internalError, .unknown: 500
        case .timeout: 504
        case .unreachable: 0
        }
    }
}

/// The answer to a call: the object as it is stored afterwards (nil where the API answers a `Status`).
public typealias APIResult = Result<APIObject?, APIError>
