public import KubernetesModel
public import SimulationKernel

/// One write to the store.
public struct StoreChange: Sendable {
    public var revision: Int64
    public var time: VirtualTime
    public var kind: WatchEvent.Kind
    /// The object after the write; for a deletion its last state, at the deletion's revision.
    public var object: APIObject
    /// The object before the write; nil when there was none.
    public var previous: APIObject?
}

/// The cluster's state as etcd holds it: every object by kind and key, a revision that rises by one with
/// each write, and the recent writes, from which a watch can be resumed.
public struct Store: Sendable {
    private var tables: ContiguousArray<KeyTable<APIObject>>
    /// Writes newer than ``compactedRevision``, oldest first.
    private var history: ContiguousArray<StoreChange> = []
    /// Places at the front of ``history`` that are compacted but not yet released.
    private var historyStart = 0

    /// The revision of the last write. The first object gets revision 1.
    public private(set) var revision: Int64 = 0
    /// Writes up to this revision can no longer be told one by one.
    public private(set) var compactedRevision: Int64 = 0

    public init() {
        tables = ContiguousArray(repeating: KeyTable(), count: ObjectKind.allCases.count)
    }

    public subscript(kind: ObjectKind, key: ObjectKey) -> APIObject? {
        tables[Int(kind.rawValue)][key]
    }

    /// Whether there is an object of this kind and key.
    public func contains(_ kind: ObjectKind, _ key: ObjectKey) -> Bool {
        tables[Int(kind.rawValue)].contains(key)
    }

    public func get<Object: TypedObject>(_ type: Object.Type, _ key: ObjectKey) -> Ref<Object>? {
        self[Object.kind, key].flatMap(Object.unwrap)
    }

    public func count(_ kind: ObjectKind) -> Int { tables[Int(kind.rawValue)].count }

    /// The objects of a kind (in one namespace, when given) in the order of their keys, as etcd lists them.
    public func list(_ kind: ObjectKind, namespace: String? = nil) -> [APIObject] {
        let table = tables[Int(kind.rawValue)]
        var keys: [ObjectKey] = []
        for object in table.elements {
            let key = object.key
            if namespace == nil || key.namespace == namespace { keys.append(key) }
        }
        keys.sort()
        return keys.compactMap { table[$0] }
    }

    /// Visits the objects of a kind in no order, for sums that do not depend on one.
    public func visitUnordered(_ kind: ObjectKind, _ visit: (APIObject) -> Void) {
        for object in tables[Int(kind.rawValue)].elements { visit(object) }
    }

    /// Writes an object; its resource version becomes the new revision.
    ///
    /// - Returns: the object as stored.
    @discardableResult
    public mutating func put(_ object: APIObject, at time: VirtualTime) -> APIObject {
        revision += 1
        let revision = revision
        // Whoever makes a new version of an object may have given it the revision that it will have.
        let isNumbered = object.resourceVersion == revision
        let stored = isNumbered ? object : object.withMetadata { $0.resourceVersion = revision }
        let key = stored.key
        let index = Int(stored.kind.rawValue)
        let previous = tables[index].updateValue(stored, forKey: key)
        history.append(
            StoreChange(
                revision: revision, time: time, kind: previous == nil ? .added : .modified, object: stored,
                previous: previous))
        return stored
    }

    /// Writes a new Event that has the revision that it will have, unless its key is taken.
    ///
    /// - Returns: whether it was written.
    mutating func putNew(_ event: Ref<Event>, at time: VirtualTime) -> Bool {
        let object = APIObject.event(event)
        let index = Int(ObjectKind.event.rawValue)
        guard tables[index].insertNew(object, forKey: event.value.metadata.key) else { return false }
        revision += 1
        history.append(
            StoreChange(revision: revision, time: time, kind: .added, object: object, previous: nil))
        return true
    }

    /// Removes an object. The watch event shows its last state at the deletion's revision.
    @discardableResult
    public mutating func remove(_ kind: ObjectKind, _ key: ObjectKey, at time: VirtualTime) -> APIObject? {
        guard let previous = tables[Int(kind.rawValue)].removeValue(forKey: key) else { return nil }
        revision += 1
        let revision = revision
        let last = previous.withMetadata { $0.resourceVersion = revision }
        history.append(
            StoreChange(revision: revision, time: time, kind: .deleted, object: last, previous: previous))
        return last
    }

    /// The writes after a revision, oldest first; nil when some of them are compacted.
    public func changes(after revision: Int64) -> ArraySlice<StoreChange>? {
        guard revision >= compactedRevision else { return nil }
        let skipped = Int(revision - compactedRevision)
        return ArraySlice(history[min(historyStart + skipped, history.count)...])
    }

    /// Whether the writes after a revision can still be told one by one.
    public func hasChanges(after revision: Int64) -> Bool { revision >= compactedRevision }

    /// The write with this revision, unless it is compacted.
    public func change(at revision: Int64) -> StoreChange? {
        let index = historyStart + Int(revision - compactedRevision) - 1
        return revision > compactedRevision && index < history.count ? history[index] : nil
    }

    /// The kind of the object that was written with this revision, unless it is compacted.
    public func kind(at revision: Int64) -> ObjectKind? {
        let index = historyStart + Int(revision - compactedRevision) - 1
        return revision > compactedRevision && index < history.count ? history[index].object.kind : nil
    }

    /// Forgets the single writes up to a revision; the objects stay.
    public mutating func compact(through revision: Int64) {
        let target = min(revision, self.revision)
        guard target > compactedRevision else { return }
        historyStart += Int(target - compactedRevision)
        compactedRevision = target
        if historyStart > 1_024 && historyStart > history.count / 2 {
            history.removeFirst(historyStart)
            historyStart = 0
        }
    }

    /// Lets objects go that nobody has written since they were put into line, without a write of their own.
    ///
    /// - Parameter version: the version that is to go; a newer one stays.
    mutating func expire(_ kind: ObjectKind, _ key: ObjectKey, version: Int64) {
        let index = Int(kind.rawValue)
        guard tables[index][key]?.resourceVersion == version else { return }
        tables[index].removeValue(forKey: key)
    }

    /// Forgets single writes made before a moment.
    public mutating func compact(before time: VirtualTime) {
        var index = historyStart
        while index < history.count && history[index].time < time { index += 1 }
        compact(through: compactedRevision + Int64(index - historyStart))
    }
}
