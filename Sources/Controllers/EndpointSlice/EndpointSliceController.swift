public import ControlPlane
public import KubernetesModel
public import SimulationKernel

/// Keeps, for each service with a selector, the slices that list the pods behind it.
///
/// A sync looks at what has changed since the last one (``EndpointLedger``); its results are those of the
/// plain algorithm (``EndpointSliceReconciler``), which compares everything. Upstream:
/// `pkg/controller/endpointslice`, `staging/src/k8s.io/endpointslice` (v1.36).
public struct EndpointSliceController: Controller {
    /// What is left of a sync whose calls are out.
    public struct Continuation: Sendable {
        var service: Service
        /// The changes of address types that were not tried yet.
        var pending: [EndpointSliceChanges]
        /// The slices that the calls under way delete.
        var deleting: [ObjectKey: ObjectMeta]
        var failures: [SyncFailure]
        /// What is reported when the calls under way are done.
        var events: [TopologyCache.Report] = []
    }

    /// The reporting component in events; it differs from the name in ``EndpointSliceLabels``.
    public static let name = "endpoint-slice-controller"

    /// `--concurrent-service-endpoint-syncs`.
    public let workers = [5]

    /// `--max-endpoints-per-slice`.
    public let maxEndpointsPerSlice: Int
    /// `--endpointslice-updates-batch-period`.
    public let batchPeriod: VirtualDuration
    private let epoch: CalendarTime

    private var tracker = EndpointSliceTracker()
    private var triggerTimes = TriggerTimeTracker()
    private var retries = RetryCounter(base: .seconds(1), maximum: .seconds(1_000))
    private let comparesAll: Bool
    private var pods = ServicePods()
    private(set) var ledgers: [ObjectKey: EndpointLedger] = [:]
    private var topology = TopologyCache()
    /// Whether nodes changed since ``topology`` was told of them.
    private var nodesChanged = true
    /// The services that ask for hints by the zones' CPU.
    private var topologyServices: Set<ObjectKey> = []

    /// How long a change of a slice by somebody else waits for others.
    static let sliceChangeDelay = VirtualDuration.seconds(1)
    static let maxRetries = 15

    /// - Parameters:
    ///   - epoch: the calendar time of the scenario's start, for the annotation with the trigger time.
    ///   - comparesAll: whether each sync compares all endpoints, with the same results.
    public init(
        epoch: CalendarTime, maxEndpointsPerSlice: Int = 100, batchPeriod: VirtualDuration = .zero,
        comparesAll: Bool = false
    ) {
        self.comparesAll = comparesAll
        self.epoch = epoch
        self.maxEndpointsPerSlice = maxEndpointsPerSlice
        self.batchPeriod = batchPeriod
    }

    // MARK: Work queue

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for service in view.list(Service.self) {
            note(service.value, isGone: false)
            queue.add(service.value.key)
        }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        if !comparesAll { pods.observe(change, view) }
        switch change.object {
        case .service(let service):
            note(service.value, isGone: change.kind == .deleted)
            queue.add(service.value.key)
        case .pod:
            let affected = ServicesOfPod.affected(by: change) { namespace, labels in
                comparesAll
                    ? ServicesOfPod.selecting(namespace: namespace, labels, view)
                    : pods.selecting(namespace: namespace, labels)
            }
            for service in affected { queue.add(service, after: batchPeriod) }
        case .node(let node): nodeChanged(change.old?.node?.value, node.value, view, &queue)
        case .endpointSlice(let slice):
            sliceChanged(change.kind, change.old?.endpointSlice?.value, slice.value, &queue)
        default: break
        }
    }

    private mutating func note(_ service: Service, isGone: Bool) {
        if !isGone && EndpointSliceReconciler.asksForTopologyHints(service) {
            topologyServices.insert(service.key)
        } else {
            topologyServices.remove(service.key)
        }
    }

    /// Upstream: `checkNodeTopologyDistribution`, whose queue has one worker that is never busy for long.
    private mutating func nodeChanged(
        _ old: Node?, _ node: Node, _ view: ObjectCache, _ queue: inout Enqueuer
    ) {
        let isThere = view.get(Node.self, node.key) != nil
        let zone = WellKnown.zoneLabel
        if let old, isThere, TopologyCache.isReady(old) == TopologyCache.isReady(node),
            old.metadata.labels[zone] == node.metadata.labels[zone]
        {
            return
        }
        if !comparesAll { pods.touchPods(onNode: node.metadata.name, view) }
        nodesChanged = true
        if topologyServices.isEmpty && topology.endpoints.isEmpty { return }
        refreshTopology(view)
        for service in topology.overloadedServices { queue.add(service) }
    }

    private mutating func refreshTopology(_ view: ObjectCache) {
        topology.setNodes(view.list(Node.self))
        nodesChanged = false
    }

    private mutating func sliceChanged(
        _ kind: WatchEvent.Kind, _ old: EndpointSlice?, _ slice: EndpointSlice, _ queue: inout Enqueuer
    ) {
        let metadata = slice.metadata
        let isOurs = Self.isManaged(metadata)
        switch kind {
        case .added: if isOurs && tracker.shouldSync(metadata) { add(metadata, &queue) }
        case .modified:
            let name = EndpointSliceLabels.serviceName
            if let old, old.metadata.labels[name] != metadata.labels[name] {
                add(metadata, &queue)
                add(old.metadata, &queue)
            } else if let old, Self.isManaged(old.metadata) != isOurs {
                add(metadata, &queue)
            } else if isOurs && tracker.shouldSync(metadata) {
                add(metadata, &queue)
            }
        case .deleted:
            if isOurs && tracker.has(metadata) && !tracker.handleDeletion(metadata) { add(metadata, &queue) }
        }
    }

    private func add(_ slice: ObjectMeta, _ queue: inout Enqueuer) {
        let service = EndpointSliceTracker.service(of: slice)
        if service.name.isEmpty { return }
        queue.add(service, after: max(Self.sliceChangeDelay, batchPeriod))
    }

    private static func isManaged(_ slice: ObjectMeta) -> Bool {
        slice.labels[EndpointSliceLabels.managedBy] == EndpointSliceLabels.controller
    }

    // MARK: Reconciling

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        guard let service = view.get(Service.self, key.key) else {
            triggerTimes.forget(key.key)
            tracker.forget(key.key)
            retries.forget(key.key)
            pods.forget(key.key)
            ledgers.removeValue(forKey: key.key)
            return Plan()
        }
        if service.value.spec.type == "ExternalName" || service.value.spec.selector.isEmpty {
            return finish(key, [], service.value)
        }
        let slices = slices(of: service.value, view)
        if tracker.isStale(key.key, slices) {
            var plan = Plan<Continuation>()
            plan.ending = retry(key)
            return plan
        }
        if nodesChanged && EndpointSliceReconciler.asksForTopologyHints(service.value) {
            refreshTopology(view)
        }
        let result = comparesAll ? compareAll(service, slices, view) : compareChanged(service, slices, view)
        let continuation = Continuation(
            service: service.value, pending: result.changes, deleting: [:], failures: result.failures)
        return next(continuation, key, notes: result.notes)
    }

    private func slices(of service: Service, _ view: ObjectCache) -> [Ref<EndpointSlice>] {
        let slices =
            comparesAll
            ? view.list(EndpointSlice.self, namespace: service.metadata.namespace).filter {
                $0.value.metadata.labels[EndpointSliceLabels.serviceName] == service.metadata.name
            } : view.endpointSlices(ofService: service.key)
        return slices.filter { Self.isManaged($0.value.metadata) && !$0.value.metadata.isBeingDeleted }
    }

    private func reconciler(_ service: Service, _ trigger: Timestamp?) -> EndpointSliceReconciler {
        EndpointSliceReconciler(
            service: service, maxEndpointsPerSlice: maxEndpointsPerSlice,
            triggerTime: trigger.map {
                CalendarTime(unixSeconds: epoch.unixSeconds + $0.seconds).rfc3339
            })
    }

    private mutating func compareAll(
        _ service: Ref<Service>, _ slices: [Ref<EndpointSlice>], _ view: ObjectCache
    ) -> EndpointSliceReconciler.Result {
        let selector = LabelSelector(matchLabels: service.value.spec.selector)
        let pods = view.list(Pod.self, namespace: service.value.metadata.namespace)
            .filter { selector.matches($0.value.metadata.labels) }
        let trigger = triggerTimes.lastChange(service.value, pods: pods)
        return reconciler(service.value, trigger)
            .reconcile(pods: pods, slices: slices.map(\.value), topology: &topology) {
                view.get(Node.self, ObjectKey(name: $0))
            }
    }

    private mutating func compareChanged(
        _ service: Ref<Service>, _ slices: [Ref<EndpointSlice>], _ view: ObjectCache
    ) -> EndpointSliceReconciler.Result {
        let key = service.value.key
        let isUpToDate = ledgers[key]?.service === service
        let changes = pods.take(service.value, view, isComplete: !isUpToDate)
        let trigger = triggerTimes.lastChange(service.value, changes)
        let reconciler = reconciler(service.value, trigger)
        var ledger = EndpointLedger(service)
        // Moved out, so that it is changed in place.
        if let known = ledgers.removeValue(forKey: key), !changes.isComplete { ledger = consume known }
        let selected = pods
        let result = ledger.reconcile(changes, slices: slices, reconciler, &topology) {
            view.get(Node.self, ObjectKey(name: $0))
        } pod: { name in
            selected.pod(name, of: key)
        }
        if let result {
            ledgers[key] = ledger
            return result
        }
        let all = pods.take(service.value, view, isComplete: true).pods.compactMap { $0.member?.pod }
        return reconciler.reconcile(pods: all, slices: slices.map(\.value), topology: &topology) {
            view.get(Node.self, ObjectKey(name: $0))
        }
    }

    public mutating func resume(
        _ continuation: Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Continuation> {
        var rest = continuation
        for outcome in outcomes {
            switch (outcome.request, outcome.result) {
            case (.delete(_, let slice, _), .success):
                if let metadata = continuation.deleting[slice] { tracker.expectDeletion(metadata) }
            case (_, .success(let object)):
                if let object { tracker.update(object.metadata) }
            case (let request, .failure(let error)):
                // In a namespace that is being deleted nothing more can be made: upstream drops it silently.
                if case .create = request, error.isNamespaceTerminating { break }
                rest.failures.append(Self.failure(request, error, continuation.service.key))
            case (_, .skipped): break
            }
        }
        let events = rest.events
        rest.events = []
        return next(rest, key, notes: [], events: events)
    }

    private static func report(
        _ events: [TopologyCache.Report], _ service: Service, _ plan: inout Plan<Continuation>
    ) {
        for event in events {
            plan.record(
                EventRecord(
                    kind: .service, key: service.key, uid: service.metadata.uid, event.severity,
                    reason: event.reason, message: event.message, component: name))
        }
    }

    /// The calls of the next address type; they stop at the first failure, the other type goes on.
    private mutating func next(
        _ continuation: Continuation, _ key: WorkKey, notes: [JournalEntry],
        events: [TopologyCache.Report] = []
    ) -> Plan<Continuation> {
        var rest = continuation
        guard !rest.pending.isEmpty else { return finish(key, rest.failures, rest.service, events) }
        let changes = rest.pending.removeFirst()
        if changes.isEmpty && notes.isEmpty {
            return next(rest, key, notes: [], events: events + changes.events)
        }
        rest.deleting = Dictionary(
            changes.deletes.map { ($0.key, $0.metadata) }, uniquingKeysWith: { first, _ in first })
        rest.events = changes.events
        var plan = Plan<Continuation>()
        Self.report(events, rest.service, &plan)
        for slice in changes.creates { plan.call(.create(APIObject(slice))) }
        for slice in changes.updates { plan.call(.update(APIObject(slice))) }
        for slice in changes.deletes { plan.call(.delete(.endpointSlice, slice.key, DeleteOptions())) }
        for note in notes { plan.note(note) }
        plan.ending = .resume(rest)
        return plan
    }

    private static func failure(_ request: APIRequest, _ error: APIError, _ service: ObjectKey) -> SyncFailure
    {
        let what =
            switch request {
            case .create: "failed to create"
            case .update(let slice): "failed to update \(slice.metadata.name)"
            default: "failed to delete \(request.target.key.name)"
            }
        return SyncFailure(
            "\(what) EndpointSlice for Service \(service): \(error.message)", reason: error.reason)
    }

    private mutating func finish(
        _ key: WorkKey, _ failures: [SyncFailure], _ service: Service,
        _ events: [TopologyCache.Report] = []
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        Self.report(events, service, &plan)
        guard let failure = SyncFailure(aggregating: failures) else {
            retries.forget(key.key)
            return plan
        }
        plan.record(
            EventRecord(
                kind: .service, key: service.key, uid: service.metadata.uid, .warning,
                reason: "FailedToUpdateEndpointSlices",
                message: "Error updating Endpoint Slices for Service \(service.key): \(failure.message)",
                component: Self.name))
        plan.ending = retry(key)
        return plan
    }

    private mutating func retry(_ key: WorkKey) -> Plan<Continuation>.Ending {
        guard retries.count(key.key) < Self.maxRetries else {
            retries.forget(key.key)
            return .done
        }
        return .requeueAfter(retries.next(key.key))
    }
}
