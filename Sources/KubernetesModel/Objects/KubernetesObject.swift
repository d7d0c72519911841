public import OrderedCollections

/// A typed API object.
public protocol KubernetesObject: Hashable, Sendable {
    static var kind: ObjectKind { get }
    var metadata: ObjectMeta { get set }
    /// Reads the object from a tree that was normalised, defaulted and validated before.
    init(tree: JSONObject, epoch: CalendarTime)
    /// The object's members but for `kind` and `apiVersion`.
    func members(epoch: CalendarTime) -> JSONObject
}

extension KubernetesObject {
    @inlinable public var key: ObjectKey { metadata.key }
    @inlinable public var uid: UID { metadata.uid }

    /// The object as JSON, with its kind and version.
    public func tree(epoch: CalendarTime) -> JSONValue {
        var members: JSONObject = [
            "kind": .string(Self.kind.name), "apiVersion": .string(Self.kind.info.apiVersion),
        ]
        for (name, member) in self.members(epoch: epoch) { members[name] = member }
        return .object(members)
    }

    /// A changed copy.
    @inlinable
    public func with(_ change: (inout Self) -> Void) -> Self {
        var copy = self
        change(&copy)
        return copy
    }
}

/// Kinds whose members are all fields.
public protocol FieldMappedObject: KubernetesObject, FieldMapped {}

extension FieldMappedObject {
    public init(tree: JSONObject, epoch: CalendarTime) {
        var members = tree
        members.removeValue(forKey: "kind")
        members.removeValue(forKey: "apiVersion")
        self.init(fields: members, epoch: epoch)
    }

    public func members(epoch: CalendarTime) -> JSONObject { fields(epoch: epoch) }
}

/// One version of an object, shared by the store, the caches and whoever holds it. It never changes.
@dynamicMemberLookup
public final class Ref<Value: Sendable>: Sendable {
    public let value: Value

    /// Takes a value over, without a copy where the caller has no more use for it.
    @inlinable
    public init(_ value: consuming Value) { self.value = value }

    @inlinable
    public subscript<Member>(dynamicMember path: KeyPath<Value, Member>) -> Member { value[keyPath: path] }
}
