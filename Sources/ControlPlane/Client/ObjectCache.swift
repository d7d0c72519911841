public import KubernetesModel

/// One change that a watch stream reports.
public struct WatchEvent: Sendable {
    public enum Kind: UInt8, Sendable { case added, modified, deleted }
    public var kind: Kind
    /// The object after the change; for a deletion its last state.
    public var object: APIObject

    public init(_ kind: Kind, _ object: APIObject) {
        self.kind = kind
        self.object = object
    }
}

/// A change as a cache saw it: what an informer's handlers are called with.
public struct CacheChange: Sendable {
    public var kind: WatchEvent.Kind
    /// What the cache held before; nil for an object that is new to it.
    public var old: APIObject?
    /// The object after the change; for a deletion its last state.
    public var object: APIObject

    public init(kind: WatchEvent.Kind, old: APIObject?, object: APIObject) {
        self.kind = kind
        self.old = old
        self.object = object
    }
}

/// A component's own copy of part of the cluster, fed by its watch streams; it may be behind the store.
///
/// Lists are in the order in which the cache met the objects. Look-up by key, by namespace, by managing owner
/// and (pods) by node takes time in proportion to what is found.
public struct ObjectCache: Sendable {
    private struct Table: Sendable {
        var slots: [ObjectKey: Int32] = [:]
        var objects: ContiguousArray<APIObject?> = []
        /// When each slot was filled; orders lists.
        var sequences: ContiguousArray<UInt64> = []
        var free: ContiguousArray<Int32> = []
        /// All filled slots, in order.
        var all = SlotList()
        var byNamespace: [String: SlotList] = [:]
        var byOwner: [UID: SlotList] = [:]
        var byNode: [String: SlotList] = [:]
        /// Objects without a managing owner by namespace, of kinds that controllers adopt.
        var orphans: [String: SlotList] = [:]
        /// Endpoint slices by the service that their label names.
        var byService: [ObjectKey: SlotList] = [:]
    }

    /// Slots in the order of their sequence numbers.
    ///
    /// A slot that is removed leaves a mark, for to close the gap moves all that follow; when half of a list is
    /// marks, it is packed.
    fileprivate struct SlotList: Sendable {
        /// A sequence number and, in the low bits, the slot; one word, for there are several a pod.
        private struct Entry: BitwiseCopyable, Sendable {
            private var word: UInt64

            init(slot: Int32, sequence: UInt64) { word = sequence << 27 | UInt64(slot) << 1 }

            var sequence: UInt64 { word >> 27 }
            var slot: Int { Int(word >> 1 & 0x3FF_FFFF) }
            var isRemoved: Bool { word & 1 != 0 }
            mutating func markRemoved() { word |= 1 }
        }

        private var entries: ContiguousArray<Entry> = []
        private var removed = 0

        var isEmpty: Bool { entries.count == removed }
        var count: Int { entries.count - removed }

        mutating func append(_ slot: Int32, sequence: UInt64) {
            entries.append(Entry(slot: slot, sequence: sequence))
        }

        mutating func insert(_ slot: Int32, sequence: UInt64) {
            if let last = entries.last, last.sequence > sequence {
                entries.insert(Entry(slot: slot, sequence: sequence), at: place(of: sequence))
            } else {
                append(slot, sequence: sequence)
            }
        }

        mutating func remove(_ slot: Int32, sequence: UInt64) {
            var index = place(of: sequence)
            while index < entries.count, entries[index].sequence == sequence {
                if entries[index].slot == Int(slot), !entries[index].isRemoved {
                    entries[index].markRemoved()
                    removed += 1
                    break
                }
                index += 1
            }
            if removed * 2 > entries.count {
                entries.removeAll(where: \.isRemoved)
                removed = 0
            }
        }

        /// The slots, in order.
        func visit(_ body: (Int) -> Void) {
            for entry in entries where !entry.isRemoved { body(entry.slot) }
        }

        private func place(of sequence: UInt64) -> Int {
            var low = 0
            var high = entries.count
            while low < high {
                let middle = (low + high) / 2
                if entries[middle].sequence < sequence { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    private var tables: ContiguousArray<Table>
    private var nextSequence: UInt64 = 0
    /// How many changes the cache has taken in: whoever has seen each of them can tell that it missed none.
    public private(set) var changeCount: UInt64 = 0

    public init() {
        tables = ContiguousArray(repeating: Table(), count: ObjectKind.allCases.count)
    }

    // MARK: Reading

    public subscript(kind: ObjectKind, key: ObjectKey) -> APIObject? {
        let table = tables[Int(kind.rawValue)]
        guard let slot = table.slots[key] else { return nil }
        return table.objects[Int(slot)]
    }

    /// The object of a typed kind with this key.
    public func get<Object: TypedObject>(_ type: Object.Type, _ key: ObjectKey) -> Ref<Object>? {
        self[Object.kind, key].flatMap(Object.unwrap)
    }

    /// The object with this key, provided that it has this identity.
    public func get<Object: TypedObject>(_ type: Object.Type, _ key: ObjectKey, uid: UID) -> Ref<Object>? {
        guard let object = get(type, key), object.value.metadata.uid == uid else { return nil }
        return object
    }

    public func count(_ kind: ObjectKind) -> Int { tables[Int(kind.rawValue)].slots.count }

    /// All objects of a kind, or those of one namespace.
    public func list<Object: TypedObject>(_ type: Object.Type, namespace: String? = nil) -> [Ref<Object>] {
        let table = tables[Int(Object.kind.rawValue)]
        let slots = namespace.map { table.byNamespace[$0] } ?? table.all
        return Self.collect(slots, table, type)
    }

    /// All objects of a kind, typed or not, or those of one namespace.
    public func objects(_ kind: ObjectKind, namespace: String? = nil) -> [APIObject] {
        let table = tables[Int(kind.rawValue)]
        let slots = namespace.map { table.byNamespace[$0] } ?? table.all
        var found: [APIObject] = []
        guard let slots else { return found }
        found.reserveCapacity(slots.count)
        slots.visit { slot in
            if let object = table.objects[slot] { found.append(object) }
        }
        return found
    }

    /// The objects whose managing owner has this identity.
    public func list<Object: TypedObject>(_ type: Object.Type, controlledBy owner: UID) -> [Ref<Object>] {
        let table = tables[Int(Object.kind.rawValue)]
        return Self.collect(table.byOwner[owner], table, type)
    }

    /// The pods of a namespace that have no managing owner.
    public func orphanPods(namespace: String) -> [Ref<Pod>] { orphans(Pod.self, namespace: namespace) }

    /// The objects of a namespace that have no managing owner: pods, ReplicaSets, ControllerRevisions; in time
    /// in proportion to what is found. For other kinds it looks at the whole namespace.
    public func orphans<Object: TypedObject>(_ type: Object.Type, namespace: String) -> [Ref<Object>] {
        guard Self.isAdopted(Object.kind) else {
            return list(type, namespace: namespace).filter { $0.value.metadata.controllerReference == nil }
        }
        let table = tables[Int(Object.kind.rawValue)]
        return Self.collect(table.orphans[namespace], table, type)
    }

    private static func isAdopted(_ kind: ObjectKind) -> Bool {
        kind == .pod || kind == .replicaSet || kind == .controllerRevision
    }

    /// The pods bound to a node.
    public func pods(onNode name: String) -> [Ref<Pod>] {
        let table = tables[Int(ObjectKind.pod.rawValue)]
        return Self.collect(table.byNode[name], table, Pod.self)
    }

    /// The endpoint slices whose label names a service, whoever made them.
    public func endpointSlices(ofService key: ObjectKey) -> [Ref<EndpointSlice>] {
        let table = tables[Int(ObjectKind.endpointSlice.rawValue)]
        return Self.collect(table.byService[key], table, EndpointSlice.self)
    }

    private static func collect<Object: TypedObject>(
        _ slots: SlotList?, _ table: Table, _ type: Object.Type
    ) -> [Ref<Object>] {
        guard let slots else { return [] }
        var found: [Ref<Object>] = []
        found.reserveCapacity(slots.count)
        slots.visit { slot in
            if let object = table.objects[slot].flatMap(Object.unwrap) { found.append(object) }
        }
        return found
    }

    // MARK: Changing

    /// Takes in one event of a watch stream.
    ///
    /// - Returns: the change as handlers see it: an addition of an object that is there is a modification, a
    ///   deletion of one that is not is nil.
    @discardableResult
    public mutating func apply(_ event: WatchEvent) -> CacheChange? {
        let index = Int(event.object.kind.rawValue)
        let key = event.object.key
        switch event.kind {
        case .added, .modified:
            if let slot = tables[index].slots[key] {
                let old = tables[index].objects[Int(slot)]
                reindex(index, slot, from: old, to: event.object)
                tables[index].objects[Int(slot)] = event.object
                changeCount += 1
                return CacheChange(kind: .modified, old: old, object: event.object)
            }
            let slot = insert(index, key, event.object)
            reindex(index, slot, from: nil, to: event.object)
            changeCount += 1
            return CacheChange(kind: .added, old: nil, object: event.object)
        case .deleted:
            guard let slot = tables[index].slots.removeValue(forKey: key) else { return nil }
            let old = tables[index].objects[Int(slot)]
            reindex(index, slot, from: old, to: nil)
            tables[index].all.remove(slot, sequence: tables[index].sequences[Int(slot)])
            tables[index].objects[Int(slot)] = nil
            tables[index].free.append(slot)
            changeCount += 1
            return CacheChange(kind: .deleted, old: old, object: event.object)
        }
    }

    /// Forgets everything, as a component does that starts anew.
    public mutating func removeAll() { self = ObjectCache() }

    /// The service that an endpoint slice's label names.
    private static func service(of slice: ObjectMeta) -> ObjectKey? {
        slice.labels["kubernetes.io/service-name"].map { ObjectKey(namespace: slice.namespace, name: $0) }
    }

    private mutating func insert(_ index: Int, _ key: ObjectKey, _ object: APIObject) -> Int32 {
        nextSequence += 1
        let slot: Int32
        if let reused = tables[index].free.popLast() {
            slot = reused
            tables[index].objects[Int(slot)] = object
            tables[index].sequences[Int(slot)] = nextSequence
        } else {
            slot = Int32(tables[index].objects.count)
            tables[index].objects.append(object)
            tables[index].sequences.append(nextSequence)
        }
        tables[index].slots[key] = slot
        tables[index].all.append(slot, sequence: nextSequence)
        return slot
    }

    private mutating func reindex(_ index: Int, _ slot: Int32, from old: APIObject?, to new: APIObject?) {
        let (before, after) = (old?.metadata, new?.metadata)
        if before?.namespace != after?.namespace {
            if let before {
                tables[index].byNamespace.update(
                    before.namespace, remove: slot, tables[index].sequences[Int(slot)])
            }
            if let after {
                tables[index].byNamespace.update(
                    after.namespace, insert: slot, tables[index].sequences[Int(slot)])
            }
        }
        let (ownerBefore, ownerAfter) = (before?.controllerReference?.uid, after?.controllerReference?.uid)
        if ownerBefore != ownerAfter {
            if let ownerBefore {
                tables[index].byOwner.update(ownerBefore, remove: slot, tables[index].sequences[Int(slot)])
            }
            if let ownerAfter {
                tables[index].byOwner.update(ownerAfter, insert: slot, tables[index].sequences[Int(slot)])
            }
        }
        if let kind = ObjectKind(rawValue: UInt8(index)), Self.isAdopted(kind) {
            let orphanBefore = ownerBefore == nil ? before?.namespace : nil
            let orphanAfter = ownerAfter == nil ? after?.namespace : nil
            if orphanBefore != orphanAfter {
                if let orphanBefore {
                    tables[index].orphans.update(
                        orphanBefore, remove: slot, tables[index].sequences[Int(slot)])
                }
                if let orphanAfter {
                    tables[index].orphans.update(
                        orphanAfter, insert: slot, tables[index].sequences[Int(slot)])
                }
            }
        }
        if index == Int(ObjectKind.endpointSlice.rawValue) {
            let (serviceBefore, serviceAfter) = (
                before.flatMap(Self.service(of:)), after.flatMap(Self.service(of:))
            )
            if serviceBefore != serviceAfter {
                if let serviceBefore {
                    tables[index].byService.update(
                        serviceBefore, remove: slot, tables[index].sequences[Int(slot)])
                }
                if let serviceAfter {
                    tables[index].byService.update(
                        serviceAfter, insert: slot, tables[index].sequences[Int(slot)])
                }
            }
        }
        guard index == Int(ObjectKind.pod.rawValue) else { return }
        let (nodeBefore, nodeAfter) = (old?.pod?.value.nodeName ?? "", new?.pod?.value.nodeName ?? "")
        if nodeBefore != nodeAfter {
            if !nodeBefore.isEmpty {
                tables[index].byNode.update(nodeBefore, remove: slot, tables[index].sequences[Int(slot)])
            }
            if !nodeAfter.isEmpty {
                tables[index].byNode.update(nodeAfter, insert: slot, tables[index].sequences[Int(slot)])
            }
        }
    }
}

extension Dictionary where Value == ObjectCache.SlotList {
    fileprivate mutating func update(_ key: Key, insert slot: Int32, _ sequence: UInt64) {
        self[key, default: .init()].insert(slot, sequence: sequence)
    }

    fileprivate mutating func update(_ key: Key, remove slot: Int32, _ sequence: UInt64) {
        guard let index = index(forKey: key) else { return }
        values[index].remove(slot, sequence: sequence)
        if values[index].isEmpty { remove(at: index) }
    }
}
