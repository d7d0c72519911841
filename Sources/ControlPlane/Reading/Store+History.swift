public import KubernetesModel

extension Store {
    /// The objects of a kind as they were at a revision, in no order; nil when that state is compacted.
    public func objects(_ kind: ObjectKind, namespace: String? = nil, at revision: Int64) -> [APIObject]? {
        guard revision < self.revision else { return list(kind, namespace: namespace) }
        guard let changes = changes(after: revision) else { return nil }
        // What the first change since then found is what stood there.
        var before: [ObjectKey: APIObject?] = [:]
        for change in changes where change.object.kind == kind && before[change.object.key] == nil {
            before[change.object.key] = .some(change.previous)
        }
        var objects = list(kind, namespace: namespace).filter { before[$0.key] == nil }
        for key in before.keys.sorted() where namespace == nil || key.namespace == namespace {
            if let object = before[key] ?? nil { objects.append(object) }
        }
        return objects
    }
}

extension APIServer {
    /// Forgets the single writes up to a revision, as etcd's compaction does: older states can no longer be listed,
    /// and no watch can begin there.
    public mutating func compact(through revision: Int64) { store.compact(through: revision) }
}
