public import ControlPlane
public import KubernetesModel
public import SimulationKernel

/// Keeps, for each service with a selector, the slices that list the pods behind it.
///
/// Slices with hints by the annotation `service.kubernetes.io/topology-mode: Auto` are not made; the field
/// `trafficDistribution` is honoured. Upstream: `pkg/controller/endpointslice`,
/// `staging/src/k8s.io/endpointslice` (v1.36).
public struct EndpointSliceController: Controller {
    /// What is left of a sync whose calls are out.
    public struct Continuation: Sendable {
        var service: Service
        /// The changes of address types that were not tried yet.
        var pending: [EndpointSliceChanges]
        /// The slices that the calls under way delete.
        var deleting: [ObjectKey: ObjectMeta]
        var failures: [SyncFailure]
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

    /// How long a change of a slice by somebody else waits for others.
    static let sliceChangeDelay = VirtualDuration.seconds(1)
    static let maxRetries = 15

    /// - Parameter epoch: the calendar time of the scenario's start, for the annotation with the trigger time.
    public init(
        epoch: CalendarTime, maxEndpointsPerSlice: Int = 100, batchPeriod: VirtualDuration = .zero
    ) {
        self.epoch = epoch
        self.maxEndpointsPerSlice = maxEndpointsPerSlice
        self.batchPeriod = batchPeriod
    }

    // MARK: Work queue

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for service in view.list(Service.self) { queue.add(service.value.key) }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object {
        case .service(let service): queue.add(service.value.key)
        case .pod:
            for service in ServicesOfPod.affected(by: change, view) { queue.add(service, after: batchPeriod) }
        case .endpointSlice(let slice):
            sliceChanged(change.kind, change.old?.endpointSlice?.value, slice.value, &queue)
        default: break
        }
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
        guard let service = view.get(Service.self, key.key)?.value else {
            triggerTimes.forget(key.key)
            tracker.forget(key.key)
            retries.forget(key.key)
            return Plan()
        }
        if service.spec.type == "ExternalName" || service.spec.selector.isEmpty {
            return finish(key, [], service)
        }
        let selector = LabelSelector(matchLabels: service.spec.selector)
        let pods = view.list(Pod.self, namespace: key.key.namespace)
            .filter { selector.matches($0.value.metadata.labels) }
        let slices = view.list(EndpointSlice.self, namespace: key.key.namespace).map(\.value)
            .filter {
                $0.metadata.labels[EndpointSliceLabels.serviceName] == service.metadata.name
                    && Self.isManaged($0.metadata) && !$0.metadata.isBeingDeleted
            }
        if tracker.isStale(key.key, slices) {
            var plan = Plan<Continuation>()
            plan.ending = retry(key)
            return plan
        }
        let trigger = triggerTimes.lastChange(service, pods: pods)
        let reconciler = EndpointSliceReconciler(
            service: service, maxEndpointsPerSlice: maxEndpointsPerSlice,
            triggerTime: trigger.map {
                CalendarTime(unixSeconds: epoch.unixSeconds + $0.seconds).rfc3339
            })
        let result = reconciler.reconcile(pods: pods, slices: slices) {
            view.get(Node.self, ObjectKey(name: $0))
        }
        let continuation = Continuation(
            service: service, pending: result.changes, deleting: [:], failures: result.failures)
        return next(continuation, key, notes: result.notes)
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
        return next(rest, key, notes: [])
    }

    /// The calls of the next address type; they stop at the first failure, the other type goes on.
    private mutating func next(
        _ continuation: Continuation, _ key: WorkKey, notes: [JournalEntry]
    ) -> Plan<Continuation> {
        var rest = continuation
        guard !rest.pending.isEmpty else { return finish(key, rest.failures, rest.service) }
        let changes = rest.pending.removeFirst()
        rest.deleting = Dictionary(
            changes.deletes.map { ($0.key, $0.metadata) }, uniquingKeysWith: { first, _ in first })
        var plan = Plan<Continuation>()
        for slice in changes.creates { plan.call(.create(APIObject(slice))) }
        for slice in changes.updates { plan.call(.update(APIObject(slice))) }
        for slice in changes.deletes { plan.call(.delete(.endpointSlice, slice.key, DeleteOptions())) }
        for note in notes { plan.note(note) }
        if plan.steps.isEmpty { return next(rest, key, notes: []) }
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
        _ key: WorkKey, _ failures: [SyncFailure], _ service: Service
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
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
