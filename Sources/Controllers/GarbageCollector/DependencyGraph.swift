import ControlPlane
import KubernetesModel

/// Who owns whom, as the watch streams and the references tell, and what must be looked at when that changes.
///
/// Upstream: `pkg/controller/garbagecollector/graph_builder.go`, `graph.go` (v1.36).
struct DependencyGraph: Sendable {
    static let foregroundFinalizer = "foregroundDeletion"
    static let orphanFinalizer = "orphan"

    private(set) var nodes = GraphTable()
    var absentOwners = AbsentOwners()
    /// Objects whose reference names an owner in another namespace, with what to say about it.
    var complaints: [UID: [String]] = [:]

    /// The queue of objects that may have to go, and that of objects whose dependents are to be let go.
    static let deletions: UInt8 = 0
    static let orphanings: UInt8 = 1

    static func key(_ uid: UID) -> ObjectKey { ObjectKey(name: uid.description) }

    private func attemptToDelete(_ uid: UID, _ queue: inout Enqueuer) {
        queue.add(Self.key(uid), queue: Self.deletions)
    }

    // MARK: Building

    /// Takes in the whole cache at once; what refers to what is settled when all objects are there.
    mutating func fill(from view: ObjectCache, _ queue: inout Enqueuer) {
        self = DependencyGraph()
        let objects = ObjectKind.allCases.filter { $0 != .event }.flatMap { view.objects($0) }
        for object in objects { nodes[object.metadata.uid] = Self.node(object) }
        for object in objects {
            let metadata = object.metadata
            addToOwners(metadata.uid, metadata.ownerReferences, &queue)
            transition(metadata.uid, from: nil, to: metadata, &queue)
        }
    }

    private static func node(_ object: APIObject) -> GraphNode {
        let metadata = object.metadata
        var node = GraphNode(identity: GraphIdentity(object), owners: metadata.ownerReferences)
        node.isBeingDeleted = metadata.isBeingDeleted
        node.isDeletingDependents =
            metadata.isBeingDeleted && metadata.finalizers.contains(foregroundFinalizer)
        return node
    }

    /// Takes in an addition or a modification.
    mutating func update(_ old: ObjectMeta?, _ object: APIObject, _ queue: inout Enqueuer) {
        let metadata = object.metadata
        let uid = metadata.uid
        guard let (isVirtual, owners) = nodes[uid].map({ ($0.isVirtual, $0.owners) }) else {
            nodes[uid] = Self.node(object)
            addToOwners(uid, metadata.ownerReferences, &queue)
            transition(uid, from: old, to: metadata, &queue)
            return
        }
        if isVirtual { settle(uid, as: GraphIdentity(object), &queue) }
        changeOwners(uid, from: owners, to: metadata.ownerReferences, &queue)
        if metadata.isBeingDeleted { nodes[uid]?.isBeingDeleted = true }
        transition(uid, from: old, to: metadata, &queue)
    }

    /// A virtual node turns out to be a real object, maybe not where its dependents thought.
    private mutating func settle(_ uid: UID, as observed: GraphIdentity, _ queue: inout Enqueuer) {
        nodes[uid]?.isVirtual = false
        guard nodes[uid]?.identity != observed else { return }
        for dependent in partition(dependents(of: uid), observed).others {
            let namespace = nodes[dependent]?.identity.key.namespace
            if !observed.key.namespace.isEmpty && namespace != observed.key.namespace {
                complain(dependent, about: uid)
            }
            attemptToDelete(dependent, &queue)
        }
        nodes[uid]?.identity = observed
    }

    private mutating func changeOwners(
        _ uid: UID, from old: [OwnerReference], to new: [OwnerReference], _ queue: inout Enqueuer
    ) {
        if old == new { return }
        let added = new.filter { owner in !old.contains { $0.uid == owner.uid } }
        let removed = old.filter { owner in !new.contains { $0.uid == owner.uid } }
        for owner in removed where owner.blockOwnerDeletion == true && nodes.contains(owner.uid) {
            attemptToDelete(owner.uid, &queue)
        }
        for owner in new where owner.blockOwnerDeletion != true && nodes.contains(owner.uid) {
            let was = old.last { $0.uid == owner.uid }
            if was?.blockOwnerDeletion == true { attemptToDelete(owner.uid, &queue) }
        }
        nodes[uid]?.owners = new
        addToOwners(uid, added, &queue)
        forget(uid, in: removed)
    }

    /// Adds an object to its owners' dependents; owners that are not known are made up, and to be verified.
    private mutating func addToOwners(_ uid: UID, _ owners: [OwnerReference], _ queue: inout Enqueuer) {
        guard !owners.isEmpty, let namespace = nodes[uid]?.identity.key.namespace,
            let number = nodes.number(of: uid)
        else { return }
        var isDoubtful = false
        for owner in owners {
            // The node itself is not held, so that the list can grow in place.
            guard let (identity, isVirtual) = nodes[owner.uid].map({ ($0.identity, $0.isVirtual) }) else {
                var node = GraphNode(identity: GraphIdentity(owner, namespace: namespace))
                node.isVirtual = true
                node.dependents.insert(number)
                nodes[owner.uid] = node
                attemptToDelete(owner.uid, &queue)
                continue
            }
            nodes[owner.uid]?.dependents.insert(number)
            if isDoubtful { continue }
            let ownerNamespace = identity.key.namespace
            if !ownerNamespace.isEmpty && ownerNamespace != namespace {
                if !isVirtual { complain(uid, about: owner.uid) }
                isDoubtful = true
            } else if !identity.matches(owner) {
                isDoubtful = true
            } else if ownerNamespace.isEmpty && ownerNamespace != namespace && isVirtual {
                isDoubtful = true
            }
        }
        if isDoubtful { attemptToDelete(uid, &queue) }
    }

    private mutating func complain(_ uid: UID, about owner: UID) {
        guard let node = nodes[uid], let reference = node.owners.first(where: { $0.uid == owner }) else {
            return
        }
        let namespace = node.identity.key.namespace
        let invalid = GraphIdentity(reference, namespace: namespace)
        complaints[uid, default: []].append(
            "ownerRef \(invalid.description) does not exist in namespace \"\(namespace)\"")
    }

    /// A deletion that begins with one of the two finalizers for dependents.
    private mutating func transition(
        _ uid: UID, from old: ObjectMeta?, to new: ObjectMeta, _ queue: inout Enqueuer
    ) {
        func begins(_ finalizer: String) -> Bool {
            guard new.isBeingDeleted, new.finalizers.contains(finalizer) else { return false }
            guard let old else { return true }
            return !old.isBeingDeleted || !old.finalizers.contains(finalizer)
        }
        if begins(Self.orphanFinalizer) {
            queue.add(Self.key(uid), queue: Self.orphanings)
        } else if begins(Self.foregroundFinalizer) {
            nodes[uid]?.isDeletingDependents = true
            for dependent in dependents(of: uid) { attemptToDelete(dependent, &queue) }
            attemptToDelete(uid, &queue)
        }
    }

    // MARK: Removing

    /// Takes in a deletion that a watch stream reported.
    mutating func remove(_ object: APIObject, _ queue: inout Enqueuer) {
        guard nodes.contains(object.metadata.uid) else { return }
        removeNode(object.metadata.uid, GraphIdentity(object), &queue)
    }

    /// Takes in that the API server has no object with these coordinates.
    mutating func removeAbsent(_ absent: GraphIdentity, _ queue: inout Enqueuer) {
        guard let node = nodes[absent.uid] else { return }
        if node.isVirtual {
            let (matching, others) = partition(dependents(of: absent.uid), absent)
            if others.isEmpty { return removeNode(absent.uid, absent, &queue) }
            retry(matching, absent, &queue)
            guard node.identity == absent, let other = otherIdentity(others, absent) else { return }
            nodes[absent.uid]?.identity = other
            queue.addRateLimited(Self.key(absent.uid), queue: Self.deletions)
        } else if node.identity != absent {
            retry(partition(dependents(of: absent.uid), absent).matching, absent, &queue)
        } else {
            removeNode(absent.uid, absent, &queue)
        }
    }

    private mutating func retry(_ dependents: [UID], _ absent: GraphIdentity, _ queue: inout Enqueuer) {
        if dependents.isEmpty { return }
        absentOwners.insert(absent)
        for dependent in dependents { attemptToDelete(dependent, &queue) }
    }

    private mutating func removeNode(_ uid: UID, _ identity: GraphIdentity, _ queue: inout Enqueuer) {
        guard let owners = nodes[uid]?.owners else { return }
        let dependents = dependents(of: uid)
        forget(uid, in: owners)
        nodes.remove(uid)
        complaints.removeValue(forKey: uid)
        if !dependents.isEmpty { absentOwners.insert(identity) }
        for dependent in dependents { attemptToDelete(dependent, &queue) }
        for owner in owners where nodes[owner.uid]?.isDeletingDependents == true {
            attemptToDelete(owner.uid, &queue)
        }
    }

    private mutating func forget(_ uid: UID, in owners: [OwnerReference]) {
        guard let number = nodes.number(of: uid) else { return }
        for owner in owners { nodes[owner.uid]?.dependents.remove(number) }
    }

    // MARK: Asking

    /// The objects that refer to an object as an owner, in the order in which they were met.
    func dependents(of uid: UID) -> [UID] {
        (nodes[uid]?.dependents.all ?? []).compactMap { nodes.node(number: $0)?.identity.uid }
    }

    /// The dependents whose references block the deletion of an object in the foreground.
    func blockingDependents(_ uid: UID) -> [UID] {
        dependents(of: uid).filter { dependent in
            nodes[dependent]?.owners.contains { $0.uid == uid && $0.blockOwnerDeletion == true } ?? false
        }
    }

    /// Tells dependents that refer to an owner by these coordinates from those that use others.
    private func partition(_ dependents: [UID], _ owner: GraphIdentity) -> (matching: [UID], others: [UID]) {
        var matching: [UID] = []
        var others: [UID] = []
        for dependent in dependents {
            guard let node = nodes[dependent] else { continue }
            if !owner.key.namespace.isEmpty && owner.key.namespace != node.identity.key.namespace {
                others.append(dependent)
                continue
            }
            let references = node.owners.filter { $0.uid == owner.uid }
            if references.contains(where: { owner.matches($0) }) { matching.append(dependent) }
            if references.contains(where: { !owner.matches($0) }) { others.append(dependent) }
        }
        return (matching, others)
    }

    /// Another identity by which dependents refer to an owner: the first after the absent one, else the first.
    private func otherIdentity(_ dependents: [UID], _ absent: GraphIdentity) -> GraphIdentity? {
        var found: [GraphIdentity] = []
        for dependent in dependents {
            guard let node = nodes[dependent] else { continue }
            for owner in node.owners where owner.uid == absent.uid {
                var identity = GraphIdentity(owner, namespace: node.identity.key.namespace)
                if absent.key.namespace.isEmpty && identity.kind == absent.kind {
                    identity.key.namespace = ""
                }
                if identity != absent { found.append(identity) }
            }
        }
        let inOrder = found.sorted { Self.order($0) < Self.order($1) }
        return inOrder.first { Self.order(absent) < Self.order($0) } ?? inOrder.first
    }

    private static func order(_ identity: GraphIdentity) -> (String, String, String, String) {
        switch identity.kind {
        case .known(let kind): (kind.name, kind.info.apiVersion, identity.key.namespace, identity.key.name)
        case .unknown(let text):
            (String(text.split(separator: "/").last ?? ""), text, identity.key.namespace, identity.key.name)
        }
    }
}
