public import OrderedCollections

/// A reference from an object to one that owns it.
public struct OwnerReference: Hashable, FieldMapped {
    public var apiVersion = ""
    public var kind = ""
    public var name = ""
    public var uid = UID.none
    public var controller: Bool?
    public var blockOwnerDeletion: Bool?

    public init() {}

    /// A reference as a controller makes it: managing, and blocking the owner's foreground deletion.
    public init(controlledBy kind: ObjectKind, name: String, uid: UID) {
        self.apiVersion = kind.info.apiVersion
        self.kind = kind.name
        self.name = name
        self.uid = uid
        self.controller = true
        self.blockOwnerDeletion = true
    }

    public mutating func map(_ fields: inout Fields) {
        fields.requiredString("apiVersion", &apiVersion)
        fields.requiredString("kind", &kind)
        fields.requiredString("name", &name)
        fields.uid("uid", &uid)
        fields.bool("controller", &controller)
        fields.bool("blockOwnerDeletion", &blockOwnerDeletion)
    }
}

/// What every API object has: its names, identity, labels and life cycle.
///
/// What most versions of an object have in common with the one before, or with the template that they were
/// made of, is one shared record: each version is a copy of the one before, and copying takes time in
/// proportion to the references.
public struct ObjectMeta: Hashable, FieldMapped {
    public var name = ""
    public var namespace = ""
    public var uid = UID.none
    /// The store's revision at the last change; 0 in an object that was never stored.
    public var resourceVersion: Int64 = 0
    public var generation: Int64 = 0
    public var creationTimestamp: Timestamp?
    public var deletionTimestamp: Timestamp?
    public var deletionGracePeriodSeconds: Int64?
    public var labels = StringMap()
    /// Nil when all of it is empty, so that equal metadata is equal here, too.
    private var seldom: Ref<Seldom>?

    /// What seldom changes.
    private struct Seldom: Hashable {
        var generateName = ""
        var annotations = StringMap()
        var ownerReferences: [OwnerReference] = []
        var finalizers: [String] = []
        var rest = JSONObject()

        var isEmpty: Bool {
            generateName.isEmpty && annotations.isEmpty && ownerReferences.isEmpty && finalizers.isEmpty
                && rest.isEmpty
        }
    }

    /// Whether any of what seldom changes is there at all.
    var hasSeldom: Bool { seldom != nil }

    private mutating func change(_ change: (inout Seldom) -> Void) {
        var changed = seldom?.value ?? Seldom()
        change(&changed)
        seldom = changed.isEmpty ? nil : Ref(changed)
    }

    /// The prefix of a name that the server made.
    public var generateName: String {
        get { seldom?.value.generateName ?? "" }
        set { if seldom != nil || !newValue.isEmpty { change { $0.generateName = newValue } } }
    }
    public var annotations: StringMap {
        get { seldom?.value.annotations ?? StringMap() }
        set { if seldom != nil || !newValue.isEmpty { change { $0.annotations = newValue } } }
    }
    public var ownerReferences: [OwnerReference] {
        get { seldom?.value.ownerReferences ?? [] }
        set { if seldom != nil || !newValue.isEmpty { change { $0.ownerReferences = newValue } } }
    }
    public var finalizers: [String] {
        get { seldom?.value.finalizers ?? [] }
        set { if seldom != nil || !newValue.isEmpty { change { $0.finalizers = newValue } } }
    }
    /// Members that simk keeps but does not look into (`managedFields`, `selfLink`).
    public var rest: JSONObject {
        get { seldom?.value.rest ?? [:] }
        set { if seldom != nil || !newValue.isEmpty { change { $0.rest = newValue } } }
    }

    public init() {}

    public init(namespace: String = "", name: String) {
        self.namespace = namespace
        self.name = name
    }

    @inlinable
    public var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }

    @inlinable
    public var isBeingDeleted: Bool { deletionTimestamp != nil }

    /// The managing owner, of which there is one at most (`metav1.GetControllerOf`).
    public var controllerReference: OwnerReference? {
        if seldom == nil { return nil }
        return ownerReferences.first { $0.controller == true }
    }

    /// Whether the object is managed by the owner with this identity (`metav1.IsControlledBy`).
    public func isControlled(by uid: UID) -> Bool {
        for owner in ownerReferences where owner.controller == true { return owner.uid == uid }
        return false
    }

    public mutating func map(_ fields: inout Fields) {
        fields.string("name", &name)
        var seldom = self.seldom?.value ?? Seldom()
        fields.string("generateName", &seldom.generateName)
        fields.string("namespace", &namespace)
        fields.uid("uid", &uid)
        fields.field(
            "resourceVersion", &resourceVersion, read: { $0.stringValue.flatMap { Int64($0) } },
            write: { $0 == 0 ? nil : .string(String($0)) })
        fields.int("generation", &generation)
        fields.time("creationTimestamp", &creationTimestamp)
        fields.time("deletionTimestamp", &deletionTimestamp)
        fields.int("deletionGracePeriodSeconds", &deletionGracePeriodSeconds)
        fields.map("labels", &labels)
        fields.map("annotations", &seldom.annotations)
        fields.list("ownerReferences", &seldom.ownerReferences)
        fields.strings("finalizers", &seldom.finalizers)
        fields.rest(&seldom.rest)
        if fields.isReading { self.seldom = seldom.isEmpty ? nil : Ref(seldom) }
    }
}

extension Fields {
    public mutating func uid(_ name: String, _ value: inout UID) {
        if digests(name, isPresent: !value.isEmpty, { value.combine(into: &$0) }) { return }
        field(
            name, &value, read: { $0.stringValue.map(UID.init) },
            write: { $0.isEmpty ? nil : .string($0.description) })
    }
}
