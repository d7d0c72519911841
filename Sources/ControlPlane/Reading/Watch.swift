public import KubernetesModel
public import SimulationKernel

/// One event of a watch, as HTTP clients get it.
public struct WatchNotice: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
        case bookmark = "BOOKMARK"
        case error = "ERROR"
    }

    public var kind: Kind
    /// The object, or of an error the `Status`.
    public var object: JSONValue
}

/// A watch of a resource with its selectors: where it is, and what it still has to tell.
///
/// Upstream: `apiserver/pkg/storage/cacher/cache_watcher.go`, `watch_cache.go` (v1.36).
public struct Watch: Sendable {
    private let kind: ObjectKind
    private let versioned: GroupVersionKind
    private let namespace: String?
    private let selection: Selection
    private let epoch: CalendarTime
    /// The last revision that was told.
    public private(set) var revision: Int64
    private var pending: [WatchNotice] = []
    private var hasEnded = false

    fileprivate init(
        _ kind: ObjectKind, _ resource: ResourceKind, namespace: String?, _ selection: Selection,
        epoch: CalendarTime, revision: Int64
    ) {
        self.kind = kind
        versioned = resource.kind
        self.namespace = namespace
        self.selection = selection
        self.epoch = epoch
        self.revision = revision
    }

    /// What happened since the last call.
    ///
    /// An object that begins to be selected is added, one that no longer is is deleted, at the revision of the write.
    public mutating func next(in store: Store) -> [WatchNotice] {
        var notices = pending
        pending = []
        if hasEnded { return notices }
        guard let changes = store.changes(after: revision) else {
            hasEnded = true
            let status = APIStatus.expired(
                "too old resource version: \(revision) (\(store.compactedRevision))")
            return notices + [WatchNotice(kind: .error, object: status.jsonValue)]
        }
        for change in changes where change.object.kind == kind {
            if let namespace, change.object.key.namespace != namespace { continue }
            if let notice = notice(change) { notices.append(notice) }
        }
        revision = max(revision, store.revision)
        return notices
    }

    private func notice(_ change: StoreChange) -> WatchNotice? {
        let isSelected = change.kind != .deleted && selection.selects(change.object, epoch: epoch)
        let was = change.previous.map { selection.selects($0, epoch: epoch) } ?? false
        switch (was, isSelected) {
        case (false, false): return nil
        case (false, true): return WatchNotice(kind: .added, object: tree(change.object))
        case (true, true): return WatchNotice(kind: .modified, object: tree(change.object))
        case (true, false):
            // The last state that was selected, at the revision of the write that ended it.
            let last = change.previous ?? change.object
            let shown = last.withMetadata { $0.resourceVersion = change.revision }
            return WatchNotice(kind: .deleted, object: tree(shown))
        }
    }

    private func tree(_ object: APIObject) -> JSONValue {
        Schema.kubernetes.encode(
            AutoscalerConversion.shown(object.tree(epoch: epoch), as: versioned), as: versioned)
    }

    fileprivate mutating func begin(with objects: [APIObject], bookmarks: Bool) {
        let sorted = objects.map { (key: $0.key.path(below: namespace), object: $0) }
            .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for (_, object) in sorted where selection.selects(object, epoch: epoch) {
            pending.append(WatchNotice(kind: .added, object: tree(object)))
        }
        guard bookmarks else { return }
        let end: JSONValue = [
            "kind": .string(versioned.kind), "apiVersion": .string(versioned.apiVersion),
            "metadata": [
                "resourceVersion": .string(String(revision)),
                "annotations": ["k8s.io/initial-events-end": "true"],
            ],
        ]
        pending.append(WatchNotice(kind: .bookmark, object: Schema.kubernetes.encode(end, as: versioned)))
    }
}

extension APIServer {
    /// Begins a watch.
    ///
    /// Without a resource version, or with 0, it begins with all that there is, unless the options say otherwise.
    /// From a version that is compacted away it tells one error; a version that is yet to come is waited for.
    public func watch(
        _ resource: ResourceKind, namespace: String? = nil, options: ListOptions, at now: VirtualTime
    ) throws(APIStatus) -> Watch {
        guard let kind = ObjectKind(served: resource.kind) else { throw Self.notServed }
        let selection = try Selection(resource, options)
        let version: Int64
        do throws(SelectorError) {
            version = Int64(clamping: try ListOptions.number(ofVersion: options.resourceVersion))
        } catch {
            throw APIStatus(code: 500, reason: .unknown, message: error.description)
        }
        let beginsWithAll = options.sendsInitialEvents ?? (version == 0)
        var watch = Watch(
            kind, resource, namespace: namespace, selection, epoch: epoch,
            revision: beginsWithAll || version == 0 ? store.revision : version)
        if beginsWithAll {
            let objects = store.list(kind, namespace: namespace).map { materialized($0, at: now) }
            let bookmarks = options.sendsInitialEvents == true && options.allowsBookmarks
            watch.begin(with: objects, bookmarks: bookmarks)
        }
        return watch
    }
}
