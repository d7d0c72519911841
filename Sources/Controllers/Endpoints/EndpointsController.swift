public import ControlPlane
public import KubernetesModel
import OrderedCollections
public import SimulationKernel

/// Keeps the Endpoints object of each service with a selector, the form that slices have replaced.
///
/// Upstream: `pkg/controller/endpoint` (v1.36).
public struct EndpointsController: Controller {
    /// What was known when the call was sent.
    public struct Continuation: Sendable {
        /// The version that the update was based on; 0 for a creation.
        var basedOn: Int64
        var service: ObjectKey
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
    private static let maxRetries = 15

    /// - Parameter epoch: the calendar time of the scenario's start, for the annotation with the trigger time.
    public init(epoch: CalendarTime, batchPeriod: VirtualDuration = .zero) {
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
        switch change.object.kind {
        case .service: queue.add(change.object.key)
        case .pod:
            for service in ServicesOfPod.affected(by: change, view) { queue.add(service, after: batchPeriod) }
        case .endpoints: if change.kind == .deleted { queue.add(change.object.key) }
        default: break
        }
    }

    // MARK: Reconciling

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        guard let service = view.get(Service.self, key.key)?.value else {
            triggerTimes.forget(key.key)
            stale.removeValue(forKey: key.key)
            failures.removeValue(forKey: key.key)
            plan.call(.delete(.endpoints, key.key, DeleteOptions()), tolerating: .notFound)
            return plan
        }
        if service.spec.type == "ExternalName" || service.spec.selector.isEmpty { return plan }
        let selector = LabelSelector(matchLabels: service.spec.selector)
        let pods = view.list(Pod.self, namespace: key.key.namespace)
            .filter { selector.matches($0.value.metadata.labels) }
        let trigger = triggerTimes.lastChange(service, pods: pods)
        let subsets = EndpointSubset.repacked(pods.flatMap { Self.subsets(of: $0.value, service) })

        let current = view[.endpoints, key.key]
        if let current, stale[key.key] == current.metadata.resourceVersion {
            plan.ending = retry(key.key)
            return plan
        }
        guard let changed = changed(current, service, subsets, trigger) else {
            failures.removeValue(forKey: key.key)
            return plan
        }
        plan.call(current == nil ? .create(changed) : .update(changed))
        plan.ending = .resume(
            Continuation(basedOn: current?.metadata.resourceVersion ?? 0, service: key.key))
        return plan
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
        _ current: APIObject?, _ service: Service, _ subsets: [EndpointSubset], _ trigger: Timestamp?
    ) -> APIObject? {
        var metadata =
            current?.metadata
            ?? ObjectMeta(namespace: service.metadata.namespace, name: service.metadata.name)
        var body = JSONObject()
        if case .generic(let object)? = current { body = object.value.body }
        let old = (body["subsets"]?.arrayValue ?? []).map {
            EndpointSubset(fields: $0.objectValue ?? [:], epoch: epoch)
        }
        if current != nil, metadata.labels[Self.managedBy] == Self.name,
            old == subsets || EndpointSubset.repacked(old) == subsets,
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
    private static func subsets(of pod: Pod, _ service: Service) -> [EndpointSubset] {
        if pod.status.phase.isTerminal || pod.status.podIP.isEmpty { return [] }
        if pod.metadata.isBeingDeleted && !service.spec.publishNotReadyAddresses { return [] }
        let isIPv6 = service.spec.ipFamilies.first == "IPv6" || service.spec.clusterIP.contains(":")
        guard isIPv6 == pod.status.podIP.contains(":") else { return [] }
        var address = EndpointAddress()
        address.ip = pod.status.podIP
        address.nodeName = pod.nodeName
        address.targetRef = TargetReference(pod: pod)
        if !pod.spec.hostname.isEmpty && pod.spec.subdomain == service.metadata.name {
            address.hostname = pod.spec.hostname
        }
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
