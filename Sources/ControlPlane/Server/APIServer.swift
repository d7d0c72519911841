public import KubernetesModel
public import SimulationKernel
import Stochastics

/// Upstream's rules in front of the store: what each verb does to an object and when it is refused.
///
/// A call is handled at one moment; the latency before and after is the transport's. Every write is one
/// revision of the store. Upstream: `apiserver/pkg/registry/generic/registry/store.go` (v1.36) and the
/// strategies of each kind under `pkg/registry`.
public struct APIServer: ~Copyable {
    public internal(set) var store = Store()
    /// The calendar time of the run's start: what timestamps in manifests are relative to.
    public let epoch: CalendarTime
    /// Identities of new objects.
    var uids: RandomStream
    /// The five letters after `generateName`.
    var suffixes: RandomStream
    /// Cluster IPs and node ports handed out so far.
    var allocators = ServiceAllocators()
    var quotaIndex = QuotaIndex()
    var admittedSpecs = AdmittedSpecs()
    var sharedSpecs = SharedSpecs()
    var admittedTemplates = AdmittedTemplates()
    /// The conditions of a pod that has just been bound, which are the same for all of one second.
    var boundConditions: (time: Timestamp, conditions: [Condition])?
    /// What of the default admission this server runs without (`--disable-admission-plugins`).
    public var disabledAdmissionPlugins: Set<AdmissionPlugin> = []
    /// Whether pods get a service account, and its token (the ServiceAccount plugin). Needs somebody who makes
    /// the accounts: a server on its own has nobody.
    public var admitsServiceAccounts = false
    /// Features that are on though they are off by default (`--feature-gates`).
    public var enabledFeatureGates: Set<FeatureGate> = []
    /// The namespace in which something was made last, while nothing has changed in any; it is live.
    var liveNamespace: String?
    /// Calls handled so far, by verb and kind.
    public internal(set) var callCounts = CallCounts()
    /// How long single writes can be watched after the fact. Upstream compacts etcd every 5 minutes
    /// (`apiserver/pkg/storage/etcd3/compact.go`), and keeps what is younger than one such interval.
    public var historyRetention = VirtualDuration.minutes(10)

    /// How long an Event is kept after its last write. Upstream's `--event-ttl` is an hour; correlators here
    /// go on with a series for up to two, and find its Event.
    static let eventRetention = VirtualDuration.hours(2)
    /// Versions of Events in the order in which they were written, from ``firstLiveEvent`` on.
    private var liveEvents: ContiguousArray<(time: VirtualTime, key: ObjectKey, version: Int64)> = []
    private var firstLiveEvent = 0

    /// How long new pods tolerate a node that is not ready (`--default-not-ready-toleration-seconds`).
    public var notReadyTolerationSeconds: Int64 = 300
    /// How long new pods tolerate an unreachable node (`--default-unreachable-toleration-seconds`).
    public var unreachableTolerationSeconds: Int64 = 300

    public init(epoch: CalendarTime, seed: UInt64) {
        self.epoch = epoch
        self.uids = RandomStream(seed: seed, name: "apiserver/uid")
        self.suffixes = RandomStream(seed: seed, name: "apiserver/generate-name")
    }

    /// Handles one call.
    public mutating func handle(_ request: APIRequest, at now: VirtualTime) -> APIResult {
        callCounts.count(request)
        do throws(APIError) {
            return .success(try perform(request, at: now))
        } catch {
            return .failure(error)
        }
    }

    private mutating func perform(_ request: APIRequest, at now: VirtualTime) throws(APIError) -> APIObject? {
        switch request {
        case .get(let kind, let key): return materialized(try existing(kind, key), at: now)
        case .create(let object): return try create(object, at: now)
        case .createManifest(let tree):
            return try create(try admit(tree, at: now), isAdmitted: true, at: now)
        case .createFrom(let template, let instance):
            return try create(from: template, instance, at: now)
        case .replaceManifest(let tree, let subresource):
            return try replace(tree, subresource: subresource, at: now)
        case .update(let object): return try update(object, at: now)
        case .updateStatus(let object): return try updateStatus(object, at: now)
        case .patch(let kind, let key, let patch, let uid):
            return try self.patch(kind, key, patch, uid: uid, at: now)
        case .delete(let kind, let key, let options): return try delete(kind, key, options, at: now)
        case .bind(let pod, let uid, let node, let annotations):
            try bind(pod, uid: uid, to: node, annotations: annotations, at: now)
            return nil
        case .evict(let pod, let options):
            try evict(pod, options, at: now)
            return nil
        case .scale(let kind, let key, let replicas, let version):
            return try scale(kind, key, replicas: replicas, resourceVersion: version, at: now)
        case .metrics:
            // Nobody has registered a metrics API; where there is one, such calls do not come here.
            throw APIError(.notFound, "the server could not find the requested resource")
        }
    }

    // MARK: Reading

    /// The object, or the API's NotFound.
    func existing(_ kind: ObjectKind, _ key: ObjectKey) throws(APIError) -> APIObject {
        guard let object = store[kind, key] else { throw .notFound(kind, key.name) }
        return object
    }

    /// Leases show the renewals that happened by now.
    public func materialized(_ object: APIObject, at now: VirtualTime) -> APIObject {
        guard let lease = object.lease, lease.value.renewalPeriod != nil else { return object }
        return APIObject(lease.value.materialized(at: now))
    }

    /// The objects of a kind in the order of their keys, as a list call answers them.
    public func list(_ kind: ObjectKind, namespace: String? = nil, at now: VirtualTime) -> [APIObject] {
        store.list(kind, namespace: namespace).map { materialized($0, at: now) }
    }

    // MARK: Writing

    /// Writes an object and lets old history go.
    @discardableResult
    mutating func put(_ object: APIObject, at now: VirtualTime) -> APIObject {
        if object.kind == .resourceQuota && !store.contains(.resourceQuota, object.key) {
            quotaIndex.invalidate()
        }
        let stored = store.put(object, at: now)
        switch stored.kind {
        case .priorityClass, .runtimeClass, .limitRange:
            admittedSpecs.forgetAll()
            admittedTemplates.forgetAll()
        case .storageClass: admittedTemplates.forgetAll()
        case .serviceAccount where admitsServiceAccounts:
            admittedSpecs.forgetAll()
            admittedTemplates.forgetAll()
        case .event: expireEvents(after: stored, at: now)
        case .namespace: liveNamespace = nil
        default: break
        }
        compactHistory(at: now)
        return stored
    }

    /// Writes a new Event, of which there are as many as pods; false when its key is taken.
    mutating func putNew(_ event: Ref<Event>, at now: VirtualTime) -> Bool {
        guard store.putNew(event, at: now) else { return false }
        expireEvents(after: .event(event), at: now)
        compactHistory(at: now)
        return true
    }

    /// Lets old history go, now and then.
    private mutating func compactHistory(at now: VirtualTime) {
        if store.revision % 1_024 == 0 { store.compact(before: now - historyRetention) }
    }

    /// Puts an Event that was written into line, and lets those go whose time is over.
    private mutating func expireEvents(after event: APIObject, at now: VirtualTime) {
        liveEvents.append((now, event.key, event.resourceVersion))
        while liveEvents[firstLiveEvent].time + Self.eventRetention < now {
            let old = liveEvents[firstLiveEvent]
            store.expire(.event, old.key, version: old.version)
            firstLiveEvent += 1
        }
        if firstLiveEvent > 1_024 && firstLiveEvent > liveEvents.count / 2 {
            liveEvents.removeFirst(firstLiveEvent)
            firstLiveEvent = 0
        }
    }

    /// Ends the renewals of a lease whose holder stops or is cut off at a moment: the last renewal before it
    /// is what the lease shows from then on.
    public mutating func endRenewals(of key: ObjectKey, at now: VirtualTime) {
        guard let lease = store.get(Lease.self, key), lease.value.renewalPeriod != nil else { return }
        // A renewal due at this very moment no longer happens, unless it is the one that began the lease.
        var last = lease.value.materialized(at: now - .nanoseconds(1))
        last.renewalPeriod = nil
        put(APIObject(last), at: now)
    }

    private static let suffixLetters = Array("bcdfghjklmnpqrstvwxz2456789".utf8)

    mutating func newUID() -> UID {
        let (high, low) = uids.uuid()
        return .uuid(high, low)
    }

    /// A name made from a prefix: five letters and digits are added, the prefix cut so that it stays a label.
    ///
    /// Upstream: `apiserver/pkg/storage/names/generate.go`, `apimachinery/pkg/util/rand` (v1.36).
    mutating func generateName(_ prefix: String) -> String {
        var letters: UInt64 = 0
        for place in 0..<5 {
            let letter = Self.suffixLetters[suffixes.index(below: Self.suffixLetters.count)]
            letters |= UInt64(letter) << UInt64(8 * place)
        }
        return String(
            joining: prefix.utf8.count <= 58 ? prefix : String(prefix.prefix(58)), letters: letters, count: 5)
    }
}

/// How many calls of each kind the server has handled.
public struct CallCounts: Sendable {
    public private(set) var total = 0
    /// Of the verbs that are called for each pod.
    private var createCount = 0
    private var bindCount = 0
    /// Few, so that a verb is found sooner than its hash.
    private var verbs: [(verb: String, count: Int)] = []

    /// By verb.
    public var byVerb: [String: Int] {
        var counts = Dictionary(verbs.map { ($0.verb, $0.count) }, uniquingKeysWith: +)
        if createCount > 0 { counts["create"] = createCount }
        if bindCount > 0 { counts["bind"] = bindCount }
        return counts
    }

    mutating func count(_ request: APIRequest) {
        total += 1
        switch request {
        case .create, .createFrom, .createManifest:
            createCount += 1
            return
        case .bind:
            bindCount += 1
            return
        default: break
        }
        let verb = request.verb
        for place in verbs.indices where verbs[place].verb == verb {
            verbs[place].count += 1
            return
        }
        verbs.append((verb, 1))
    }
}

extension APIError {
    /// Upstream: `apimachinery/pkg/api/errors/errors.go` (v1.36).
    static func notFound(_ kind: ObjectKind, _ name: String) -> APIError {
        APIError(.notFound, "\(kind.info.qualifiedPlural) \"\(name)\" not found")
    }
    static func alreadyExists(_ kind: ObjectKind, _ name: String) -> APIError {
        APIError(.alreadyExists, "\(kind.info.qualifiedPlural) \"\(name)\" already exists")
    }
    static func conflict(_ kind: ObjectKind, _ name: String, _ why: String) -> APIError {
        APIError(
            .conflict,
            "Operation cannot be fulfilled on \(kind.info.qualifiedPlural) \"\(name)\": \(why)")
    }
    static func staleVersion(_ kind: ObjectKind, _ name: String) -> APIError {
        conflict(
            kind, name,
            "the object has been modified; please apply your changes to the latest version and try again")
    }
    static func forbidden(_ kind: ObjectKind, _ name: String, _ why: String) -> APIError {
        APIError(.forbidden, "\(kind.info.qualifiedPlural) \"\(name)\" is forbidden: \(why)")
    }
}

extension APIServer {
    /// Stores an object as it is, past everything that the server does to new objects: for comparisons with
    /// recorded answers, which begin with a stored object.
    @discardableResult
    public mutating func store(recorded object: APIObject, at now: VirtualTime) -> APIObject {
        put(object, at: now)
    }
}
