public import ControlPlane
public import KubernetesModel
import OrderedCollections
public import SimulationKernel

/// Keeps the Endpoints object of each service with a selector, the form that slices have replaced.
///
/// A sync looks at the pods that have changed since the last one (``AddressLedger``); its results are those of
/// the plain algorithm, which looks at all. Upstream: `pkg/controller/endpoint` (v1.36).
public struct EndpointsController: Controller {
    /// What was known when the call was sent.
    public struct Continuation: Sendable {
        /// The version that the update was based on; 0 for a creation.
        var basedOn: Int64
        var service: ObjectKey
        var subsets: [EndpointSubset]
        /// Whether the subsets are one at most, of one port at most.
        var isPlain: Bool
    }

    public static let name = "endpoint-controller"

    /// `--concurrent-endpoint-syncs`.
    public let workers = [5]

    private static let managedBy = "endpoints.kubernetes.io/managed-by"
    private static let overCapacity = "endpoints.kubernetes.io/over-capacity"
    private static let leaderRecord = "control-plane.alpha.kubernetes.io/leader"

    /// `--endpoint-updates-batch-period`.
    public let batchPeriod: VirtualDuration
    private let epoch: CalendarTime
    private var triggerTimes = TriggerTimeTracker()
    /// The version of each object that is known to be out of date.
    private var stale: [ObjectKey: Int64] = [:]
    private var failures: [ObjectKey: Int] = [:]
    /// The subsets of the version that this controller wrote last, so that they need not be read again.
    private var written: [ObjectKey: (version: Int64, subsets: [EndpointSubset], isPlain: Bool)] = [:]
    private let comparesAll: Bool
    private var pods = ServicePods()
    private(set) var ledgers: [ObjectKey: AddressLedger] = [:]
    private static let maxRetries = 15

    /// - Parameters:
    ///   - epoch: the calendar time of the scenario's start, for the annotation with the trigger time.
    ///   - comparesAll: whether each sync compares all endpoints, with the same results.
    public init(epoch: CalendarTime, batchPeriod: VirtualDuration = .zero, comparesAll: Bool = false) {
        self.comparesAll = comparesAll
        self.epoch = epoch
        self.batchPeriod = batchPeriod
    }

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for service in view.list(Service.self) { queue.add(service.value.key) }
        // What services that are gone have left behind; leader election once used such objects.
        for object in view.objects(.endpoints) where !object.metadata.annotations.contains(Self.leaderRecord)
        {
            queue.add(object.key)
        }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        if !comparesAll { pods.observe(change, view) }
        switch change.object.kind {
        case .service: queue.add(change.object.key)
        case .pod:
            let affected = ServicesOfPod.affected(by: change) { namespace, labels in
                comparesAll
                    ? ServicesOfPod.selecting(namespace: namespace, labels, view)
                    : pods.selecting(namespace: namespace, labels)
            }
            for service in affected { queue.add(service, after: batchPeriod) }
        case .endpoints: if change.kind == .deleted { queue.add(change.object.key) }
        default: break
        }
    }

    // MARK: Reconciling

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        guard let service = view.get(Service.self, key.key) else {
            triggerTimes.forget(key.key)
            stale.removeValue(forKey: key.key)
            failures.removeValue(forKey: key.key)
            written.removeValue(forKey: key.key)
            pods.forget(key.key)
            ledgers.removeValue(forKey: key.key)
            plan.call(.delete(.endpoints, key.key, DeleteOptions()), tolerating: .notFound)
            return plan
        }
        if service.value.spec.type == "ExternalName" || service.value.spec.selector.isEmpty { return plan }
        let (subsets, isPlain, trigger) = comparesAll ? all(service.value, view) : changed(service, view)

        let current = view[.endpoints, key.key]
        if let current, stale[key.key] == current.metadata.resourceVersion {
            plan.ending = retry(key.key)
            return plan
        }
        guard let changed = changed(current, service.value, subsets, isPlain, trigger) else {
            failures.removeValue(forKey: key.key)
            return plan
        }
        plan.call(current == nil ? .create(changed) : .update(changed))
        plan.ending = .resume(
            Continuation(
                basedOn: current?.metadata.resourceVersion ?? 0, service: key.key,
                subsets: EndpointSubset.truncated(subsets) ?? subsets, isPlain: isPlain))
        return plan
    }

    /// What is wanted, and since when, found by a look at all pods.
    private mutating func all(
        _ service: Service, _ view: ObjectCache
    ) -> (subsets: [EndpointSubset], isPlain: Bool, trigger: Timestamp?) {
        let selector = LabelSelector(matchLabels: service.spec.selector)
        let pods = view.list(Pod.self, namespace: service.metadata.namespace)
            .filter { selector.matches($0.value.metadata.labels) }
        let trigger = triggerTimes.lastChange(service, pods: pods)
        return (EndpointSubset.repacked(pods.flatMap { subsets(of: $0.value, service) }), false, trigger)
    }

    /// The same, found by a look at the pods that have changed.
    private mutating func changed(
        _ service: Ref<Service>, _ view: ObjectCache
    ) -> (subsets: [EndpointSubset], isPlain: Bool, trigger: Timestamp?) {
        let key = service.value.key
        let isUpToDate = ledgers[key]?.service === service
        let changes = pods.take(service.value, view, isComplete: !isUpToDate)
        let trigger = triggerTimes.lastChange(service.value, changes)
        var ledger = AddressLedger(service)
        // Moved out, so that it is changed in place.
        if let known = ledgers.removeValue(forKey: key), !changes.isComplete { ledger = consume known }
        for (name, member) in changes.pods {
            ledger.update(name, member.map { subsets(of: $0.pod.value, service.value) } ?? [])
        }
        if let subsets = ledger.subsets {
            ledgers[key] = ledger
            return (subsets, true, trigger)
        }
        let all = pods.take(service.value, view, isComplete: true).pods.compactMap { $0.member?.pod }
        return (EndpointSubset.repacked(all.flatMap { subsets(of: $0.value, service.value) }), false, trigger)
    }

    public mutating func resume(
        _ continuation: Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        guard let outcome = outcomes.first, let error = outcome.error else {
            let version = outcomes.first?.object?.metadata.resourceVersion
            if continuation.basedOn != 0, version != continuation.basedOn {
                stale[key.key] = continuation.basedOn
            }
            failures.removeValue(forKey: key.key)
            if let version {
                written[key.key] = (version, continuation.subsets, continuation.isPlain)
            }
            return plan
        }
        let isCreation = continuation.basedOn == 0
        if isCreation && error.isNamespaceTerminating { return plan }
        let uid = view[.endpoints, key.key]?.metadata.uid ?? .none
        plan.record(
            EventRecord(
                kind: .endpoints, key: key.key, uid: uid, .warning,
                reason: isCreation ? "FailedToCreateEndpoint" : "FailedToUpdateEndpoint",
                message: (isCreation
                    ? "Failed to create endpoint for service " : "Failed to update endpoint ")
                    + "\(key.key): \(error.message)",
                component: Self.name))
        plan.ending = retry(key.key)
        return plan
    }

    private mutating func retry(_ key: ObjectKey) -> Plan<Continuation>.Ending {
        let count = failures[key, default: 0]
        guard count < Self.maxRetries else {
            failures.removeValue(forKey: key)
            return .done
        }
        failures[key] = count + 1
        return .requeueRateLimited
    }

    // MARK: Content

    /// The object as it should be; nil when it is that already.
    private func changed(
        _ current: APIObject?, _ service: Service, _ subsets: [EndpointSubset], _ isPlain: Bool,
        _ trigger: Timestamp?
    ) -> APIObject? {
        var metadata =
            current?.metadata
            ?? ObjectMeta(namespace: service.metadata.namespace, name: service.metadata.name)
        var body = JSONObject()
        if case .generic(let object)? = current { body = object.value.body }
        let old: [EndpointSubset]
        // Subsets of the usual services are packed as soon as they are in order.
        var isPacked = false
        if let known = written[service.metadata.key], known.version == metadata.resourceVersion {
            old = known.subsets
            isPacked = isPlain && known.isPlain
        } else {
            old = (body["subsets"]?.arrayValue ?? []).map {
                EndpointSubset(fields: $0.objectValue ?? [:], epoch: epoch)
            }
        }
        if current != nil, metadata.labels[Self.managedBy] == Self.name,
            old == subsets || (!isPacked && EndpointSubset.repacked(old) == subsets),
            Self.plainLabels(metadata.labels) == Self.plainLabels(service.metadata.labels),
            !metadata.annotations.contains(Self.overCapacity)
        {
            return nil
        }
        metadata.annotations[EndpointSliceLabels.triggerTime] = trigger.map {
            CalendarTime(unixSeconds: epoch.unixSeconds + $0.seconds).rfc3339
        }
        let truncated = EndpointSubset.truncated(subsets)
        metadata.annotations[Self.overCapacity] = truncated.map { _ in "truncated" }
        metadata.labels = service.metadata.labels
        let address = service.spec.clusterIP
        metadata.labels[EndpointSliceLabels.headless] =
            address.isEmpty || address == "None" ? .some("") : .none
        metadata.labels[Self.managedBy] = Self.name
        let final = truncated ?? subsets
        if final.isEmpty {
            body.removeValue(forKey: "subsets")
        } else {
            body["subsets"] = .array(final.map { .object($0.fields(epoch: epoch)) })
        }
        return .generic(Ref(GenericObject(kind: .endpoints, metadata: metadata, body: body)))
    }

    /// The labels but for those that the controller adds itself.
    private static func plainLabels(_ labels: Labels) -> Labels {
        var plain = labels
        plain[EndpointSliceLabels.headless] = nil
        plain[managedBy] = nil
        return plain
    }

    /// One subset for each port of the service that the pod has.
    private func subsets(of pod: Pod, _ service: Service) -> [EndpointSubset] {
        if pod.status.phase.isTerminal || pod.status.podIP.isEmpty { return [] }
        if pod.metadata.isBeingDeleted && !service.spec.publishNotReadyAddresses { return [] }
        let isIPv6 = service.spec.ipFamilies.first == "IPv6" || service.spec.clusterIP.contains(":")
        guard isIPv6 == pod.status.podIP.contains(":") else { return [] }
        var record = EndpointAddress.Record()
        record.ip = pod.status.podIP
        record.nodeName = pod.nodeName
        record.targetRef = TargetReference(pod: pod)
        if !pod.spec.hostname.isEmpty && pod.spec.subdomain == service.metadata.name {
            record.hostname = pod.spec.hostname
        }
        let address = EndpointAddress(record, epoch: epoch)
        let isReady = service.spec.publishNotReadyAddresses || pod.isReady
        func subset(_ ports: [EndpointsPort]) -> EndpointSubset {
            EndpointSubset(
                addresses: isReady ? [address] : [], notReadyAddresses: isReady ? [] : [address], ports: ports
            )
        }
        if service.spec.ports.isEmpty { return service.spec.clusterIP == "None" ? [subset([])] : [] }
        return service.spec.ports.compactMap { servicePort in
            guard let number = ServicePortTarget.number(of: servicePort, on: pod) else { return nil }
            return subset([
                EndpointsPort(
                    name: servicePort.name, port: number, transportProtocol: servicePort.transportProtocol,
                    appProtocol: servicePort.appProtocol)
            ])
        }
    }
}
