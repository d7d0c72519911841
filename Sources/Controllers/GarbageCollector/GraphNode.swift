import KubernetesModel

/// What an owner reference names: a kind that simk serves, or one that it has never heard of.
enum GraphKind: Hashable, Sendable {
    case known(ObjectKind)
    /// `example.com/v1/Widget`; rare, so that it need not be held in place.
    indirect case unknown(String)

    init(apiVersion: String, kind: String) {
        self =
            ObjectKind(apiVersion: apiVersion, kind: kind).map(Self.known)
            ?? .unknown("\(apiVersion)/\(kind)")
    }

    /// `v1/Pod`, as upstream prints it.
    var description: String {
        switch self {
        case .known(let kind): "\(kind.info.apiVersion)/\(kind.name)"
        case .unknown(let text): text
        }
    }
}

/// The coordinates of an object in the graph: as it was observed, or as a dependent refers to it.
struct GraphIdentity: Hashable, Sendable {
    var kind: GraphKind
    var key: ObjectKey
    var uid: UID

    init(_ object: APIObject) {
        kind = .known(object.kind)
        key = object.key
        uid = object.metadata.uid
    }

    init(_ owner: OwnerReference, namespace: String) {
        kind = GraphKind(apiVersion: owner.apiVersion, kind: owner.kind)
        key = ObjectKey(namespace: namespace, name: owner.name)
        uid = owner.uid
    }

    /// Whether a reference has these coordinates, the namespace aside.
    func matches(_ owner: OwnerReference) -> Bool {
        owner.uid == uid && owner.name == key.name
            && GraphKind(apiVersion: owner.apiVersion, kind: owner.kind) == kind
    }

    /// The form that upstream's event has.
    var description: String {
        "[\(kind.description), namespace: \(key.namespace), name: \(key.name), uid: \(uid)]"
    }
}

/// One object of the graph.
struct GraphNode: Sendable {
    var identity: GraphIdentity
    var owners: [OwnerReference] = []
    var dependents = DependentList()
    /// Known from a reference only, not from the watch streams.
    var isVirtual = false
    var isBeingDeleted = false
    /// Being deleted in the foreground: it waits for its dependents.
    var isDeletingDependents = false
}
