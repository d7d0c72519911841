import ControlPlane
import KubernetesModel
import OrderedCollections
import Scheduler
import SimulationKernel
import Testing

/// A scheduler and an API server on one virtual clock, with the latencies of the default timing.
struct SchedulerHarness: ~Copyable {
    enum Happening {
        case arrive(APIRequest, CallToken, isTracked: Bool)
        case answer(CallToken, APIResult)
        case deliver(Int64)
    }

    var server: APIServer
    var scheduler: SchedulerComponent
    var now = VirtualTime.start
    var events: [EventRecord] = []
    var requests: [APIRequest] = []
    /// Calls for which it is true fail with the error.
    var failing: (APIRequest) -> APIError? = { _ in nil }
    private var pending: [(time: VirtualTime, order: Int, happening: Happening)] = []
    private var order = 0
    private let timing = ControlPlaneTiming()

    init(
        _ configuration: JSONValue = .object([:]),
        registry: PluginRegistry = .standard(PluginEnvironment(seed: 1))
    ) throws {
        server = APIServer(epoch: CalendarTime(unixSeconds: 1_767_225_600), seed: 1)
        scheduler = SchedulerComponent(
            configuration: try SchedulerConfiguration(
                json: configuration, registry: registry),
            seed: 1, tieBreak: .lexicographic)
        for name in ["default", "kube-system"] {
            var namespace = Namespace()
            namespace.metadata.name = name
            _ = server.handle(.create(APIObject(namespace)), at: now)
        }
    }

    private mutating func schedule(_ happening: Happening, at time: VirtualTime) {
        pending.append((time, order, happening))
        order += 1
    }

    /// A call by somebody else, handled at once; the scheduler sees its effects after the watch's latency.
    @discardableResult
    mutating func perform(_ request: APIRequest) throws -> APIObject? {
        let before = server.store.revision
        let result = server.handle(request, at: now)
        watch(after: before)
        return try result.get()
    }

    mutating func apply(_ manifest: String) throws {
        try perform(.createManifest(try JSONParser.parse(manifest)))
    }

    private mutating func watch(after revision: Int64) {
        if revision == server.store.revision { return }
        for number in (revision + 1)...server.store.revision {
            schedule(.deliver(number), at: now + timing.watchLatency)
        }
    }

    private mutating func send(_ out: consuming Outbox) {
        events += out.events
        for call in out.calls {
            requests.append(call.request)
            schedule(
                .arrive(call.request, call.token, isTracked: call.token != .none),
                at: now + timing.requestLatency)
        }
    }

    /// Runs until a moment; the clock stands there afterwards.
    mutating func run(until end: VirtualTime) {
        while true {
            let next = pending.indices.min {
                (pending[$0].time, pending[$0].order) < (pending[$1].time, pending[$1].order)
            }
            let wake = scheduler.nextWake
            if let next, pending[next].time <= max(wake, now), pending[next].time <= end {
                let entry = pending.remove(at: next)
                now = max(now, entry.time)
                handle(entry.happening)
            } else if wake <= end {
                now = max(now, wake)
                var out = Outbox()
                scheduler.wake(at: now, &out)
                send(out)
            } else {
                now = end
                return
            }
        }
    }

    private mutating func handle(_ happening: Happening) {
        var out = Outbox()
        switch happening {
        case .arrive(let request, let token, let isTracked):
            let before = server.store.revision
            let result = failing(request).map { .failure($0) } ?? server.handle(request, at: now)
            watch(after: before)
            if isTracked { schedule(.answer(token, result), at: now + timing.responseLatency) }
        case .answer(let token, let result): scheduler.complete(token, result, at: now, &out)
        case .deliver(let revision):
            if let change = server.store.change(at: revision) {
                scheduler.deliver([WatchEvent(change.kind, change.object)], at: now, &out)
            }
        }
        send(out)
    }

    func pod(_ name: String) -> Pod? {
        server.store.get(Pod.self, ObjectKey(namespace: "default", name: name))?.value
    }

    func messages(_ reason: String) -> [String] { events.filter { $0.reason == reason }.map(\.message) }

    // MARK: Manifests

    mutating func addNode(_ name: String, cpu: String = "4", labels: [String: String] = [:], pods: Int = 110)
        throws
    {
        let labelText = (["kubernetes.io/hostname": name].merging(labels) { $1 })
            .sorted { $0.key < $1.key }.map { "\"\($0.key)\": \"\($0.value)\"" }.joined(separator: ", ")
        try apply(
            """
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "\(name)", "labels": {\(labelText)}},
             "status": {"capacity": {"cpu": "\(cpu)", "memory": "8Gi", "pods": "\(pods)"}}}
            """)
        // The node's controller would take the taint off that new nodes have.
        let taint = Taint(key: WellKnown.notReadyTaint, effect: .noSchedule)
        try perform(
            .patch(.node, ObjectKey(name: name), .nodeTaints(adding: [], removing: [taint]), uid: nil))
    }

    mutating func addPod(_ name: String, cpu: String = "1", extra: String = "") throws {
        try apply(
            """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "\(name)", "namespace": "default"},
             "spec": {\(extra.isEmpty ? "" : extra + ",")
             "containers": [{"name": "c", "image": "app:v1", "resources": {"requests": {"cpu": "\(cpu)"}}}]}}
            """)
    }
}
