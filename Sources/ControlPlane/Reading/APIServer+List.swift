public import KubernetesModel
public import SimulationKernel

/// One answer to a list call.
public struct ListPage: Sendable {
    /// In the order of their keys in etcd.
    public var items: [APIObject]
    /// The state that the page shows.
    public var resourceVersion: Int64
    /// What asks for the next page; nil on the last one.
    public var continuation: String?
    /// How many objects follow; nil when there is none, or when selectors make the number uncertain.
    public var remainingItemCount: Int64?
}

extension APIServer {
    /// Lists the objects of a resource, or a page of them.
    ///
    /// A page after the first one shows the state that the first one showed. Without a resource version the newest
    /// state is listed; with one and no match, the state of that very version when there is a limit, else any state
    /// that is not older. Upstream: `apiserver/pkg/storage/interfaces.go`, `ValidateListOptions`;
    /// `storage/etcd3/store.go`, `GetList` (v1.36).
    ///
    /// - Parameter namespace: nil for all of them.
    public func list(
        _ resource: ResourceKind, namespace: String? = nil, options: ListOptions, at now: VirtualTime
    ) throws(APIStatus) -> ListPage {
        guard let kind = ObjectKind(served: resource.kind) else { throw Self.notServed }
        let selection = try Selection(resource, options)
        let start = try listStart(options)
        let latest = store.revision
        if start.isExact && start.revision > latest { throw Self.tooLarge(start.revision, latest, retry: 0) }
        if !start.isExact && start.atLeast > latest { throw Self.tooLarge(start.atLeast, latest, retry: 1) }
        let revision = start.isExact ? start.revision : latest
        guard let objects = store.objects(kind, namespace: namespace, at: revision) else {
            throw Self.expired(start, latest)
        }
        let all = objects.map { (key: $0.key.path(below: namespace), object: $0) }
            .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        let rest =
            start.key.isEmpty
            ? all[...] : all.drop { $0.key.utf8.lexicographicallyPrecedes(start.key.utf8) }
        var page = ListPage(items: [], resourceVersion: revision, continuation: nil, remainingItemCount: nil)
        for (index, entry) in rest.enumerated() {
            let object = materialized(entry.object, at: now)
            if selection.selects(object, epoch: epoch) { page.items.append(object) }
            guard options.limit > 0, page.items.count >= options.limit, index + 1 < rest.count else {
                continue
            }
            page.continuation = ContinueToken(revision: revision, start: entry.key + "\u{0}").text
            if selection.isEmpty { page.remainingItemCount = Int64(rest.count) - options.limit }
            break
        }
        return page
    }

    /// The state that a list is of, and the key from which on.
    struct ListStart {
        var revision: Int64 = 0
        var isExact = false
        var atLeast: Int64 = 0
        var key = ""
        var isContinued = false
    }

    private func listStart(_ options: ListOptions) throws(APIStatus) -> ListStart {
        var start = ListStart()
        if !options.continuation.isEmpty {
            let token: ContinueToken
            do throws(SelectorError) {
                token = try ContinueToken(options.continuation)
            } catch {
                throw .badRequest("invalid continue token: \(error)")
            }
            if !options.resourceVersion.isEmpty && options.resourceVersion != "0" {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
            start.key = token.start
            start.isContinued = true
            start.isExact = token.revision > 0
            start.revision = token.revision
            return start
        }
        let version: Int64
        do throws(SelectorError) {
            version = Int64(clamping: try ListOptions.number(ofVersion: options.resourceVersion))
        } catch {
            throw .badRequest("invalid resource version: \(error)")
        }
        switch options.match {
        case .exact: start.isExact = true
        case .notOlderThan: break
        case nil: start.isExact = options.limit > 0 && version > 0
        }
        if start.isExact { start.revision = version } else { start.atLeast = version }
        return start
    }

    /// A state that was compacted away. A page of it can be asked for again, of the newest state.
    ///
    /// Upstream: `apiserver/pkg/storage/etcd3/errors.go`, `interpretListError` (v1.36).
    private static func expired(_ start: ListStart, _ latest: Int64) -> APIStatus {
        guard start.isContinued else {
            return .expired("The resourceVersion for the provided list is too old.")
        }
        var status = APIStatus.expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list "
                + "without the continue parameter, or use the continue token in this response to retrieve the "
                + "remainder of the results. Continuing with the provided token results in an inconsistent list - "
                + "objects that were created, modified, or deleted between the time the first chunk was returned and "
                + "now may show up in the list.")
        status.continuation = ContinueToken(revision: -1, start: start.key).text
        return status
    }

    static func tooLarge(_ wanted: Int64, _ latest: Int64, retry: Int64) -> APIStatus {
        var status = APIStatus.timeout(
            "Too large resource version: \(wanted), current: \(latest)", retryAfterSeconds: retry)
        status.details?.causes = [
            APIStatus.Cause(
                reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "")
        ]
        return status
    }

    static let notServed = APIStatus(
        code: 404, reason: .notFound, message: "the server could not find the requested resource",
        details: .init())
}

/// What the selectors of a list or watch let through.
struct Selection: Sendable {
    private let labels: CompiledLabelSelector
    private let fields: FieldSelector
    private let known: SelectableFields
    private let kind: GroupVersionKind

    var isEmpty: Bool { labels.isEmpty && fields.isEmpty }

    /// Throws when the kind has no such field.
    init(_ resource: ResourceKind, _ options: ListOptions) throws(APIStatus) {
        labels = options.labels
        fields = options.fields
        kind = resource.kind
        known = SelectableFields(of: resource.kind)
        do throws(SelectorError) {
            try known.check(fields)
        } catch {
            throw .badRequest(error.description)
        }
    }

    func selects(_ object: APIObject, epoch: CalendarTime) -> Bool {
        let metadata = object.metadata
        if !labels.isEmpty && !labels.matches(lookup: { metadata.labels[$0] }) { return false }
        if labels.matchesNothing { return false }
        return fields.isEmpty || known.select(object.tree(epoch: epoch), by: fields)
    }
}

extension ObjectKind {
    /// The kind of a resource in a version in which it is stored or shown; nil for versions and kinds that are not.
    public init?(served kind: GroupVersionKind) {
        guard let found = ObjectKind(apiVersion: kind.apiVersion, kind: kind.kind),
            found.apiVersion == kind.apiVersion || AutoscalerConversion.isVersion1(kind)
        else { return nil }
        self = found
    }
}

extension ObjectKey {
    /// The object's key in etcd below that of its resource, or of its resource in a namespace.
    func path(below namespace: String?) -> String {
        namespace != nil || self.namespace.isEmpty ? name : "\(self.namespace)/\(name)"
    }
}
