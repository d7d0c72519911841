import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// An API server and a controller manager on a virtual clock; the test plays users, kubelets and the
/// scheduler.
///
/// A call takes 1 ms there and 1 ms back, a watch event 1 ms.
final class ControllerLab {
    private enum Work {
        case arrive(CallToken, APIRequest)
        case answer(CallToken, APIResult)
        case deliver
    }

    static let epoch = CalendarTime(unixSeconds: 1_767_225_600)
    private var server: APIServer
    private var manager = ControllerManager()
    private var queue: [(time: VirtualTime, work: Work)] = []
    private var delivered: Int64 = 0
    private(set) var now = VirtualTime.start
    private(set) var events: [(time: VirtualTime, event: EventRecord)] = []
    private(set) var journal: [(time: VirtualTime, entry: JournalEntry)] = []
    /// Calls that controllers made, with the moment at which they arrived.
    private(set) var calls: [(time: VirtualTime, request: APIRequest)] = []
    /// Every version of every object, with its moment.
    private(set) var history: [StoreChange] = []
    /// How often the manager was woken.
    private(set) var wakes = 0

    init(_ configure: (inout ControllerManager) -> Void) {
        server = APIServer(epoch: Self.epoch, seed: 1)
        configure(&manager)
        server.bootstrap(at: .start)
        takeHistory()
        var out = Outbox()
        manager.deliver(
            history.map { WatchEvent($0.kind, $0.object) }, at: .start, &out)
        delivered = server.store.revision
        send(out)
    }

    @discardableResult
    func call(_ request: APIRequest) -> APIResult { change { $0.handle(request, at: $1) } }

    func create(_ manifest: JSONValue, sourceLocation: String = #function) {
        if case .failure(let error) = call(.createManifest(manifest)) {
            preconditionFailure("\(sourceLocation): \(error.message) \(error.causes)")
        }
    }

    /// Does something to the server that is no call.
    @discardableResult
    func change<Result>(_ body: (inout APIServer, VirtualTime) -> Result) -> Result {
        let before = server.store.revision
        let result = body(&server, now)
        if server.store.revision != before {
            takeHistory()
            schedule(.deliver)
        }
        return result
    }

    func get<Object: TypedObject>(_ type: Object.Type, _ name: String, namespace: String = "") -> Object? {
        server.store.get(type, ObjectKey(namespace: namespace, name: name))?.value
    }

    func list(_ kind: ObjectKind) -> [APIObject] { server.store.list(kind) }

    /// Lets the controllers work until a moment.
    func run(until end: VirtualTime) {
        while true {
            let wake = manager.nextWake
            let next = queue.first?.time ?? .never
            let time = min(wake, next)
            guard time <= end else { break }
            now = max(now, time)
            var out = Outbox()
            if next <= wake {
                step(queue.removeFirst().work, &out)
            } else {
                wakes += 1
                manager.wake(at: now, &out)
            }
            send(out)
        }
        now = end
    }

    func run(for duration: VirtualDuration) { run(until: now + duration) }

    private func takeHistory() {
        history += server.store.changes(after: history.last?.revision ?? 0) ?? []
    }

    private func step(_ work: Work, _ out: inout Outbox) {
        switch work {
        case .arrive(let token, let request):
            calls.append((now, request))
            schedule(.answer(token, call(request)))
        case .answer(let token, let result): manager.complete(token, result, at: now, &out)
        case .deliver:
            let changes = history.filter { $0.revision > delivered }
            guard let last = changes.last else { return }
            delivered = last.revision
            manager.deliver(changes.map { WatchEvent($0.kind, $0.object) }, at: now, &out)
        }
    }

    private func send(_ out: Outbox) {
        for call in out.calls { schedule(.arrive(call.token, call.request)) }
        events += out.events.map { (now, $0) }
        journal += out.journal.map { (now, $0) }
    }

    private func schedule(_ work: Work) {
        let time = now + .milliseconds(1)
        let place = queue.firstIndex { $0.time > time } ?? queue.count
        queue.insert((time, work), at: place)
    }
}

extension ControllerLab {
    /// A node that is ready and renews its lease every 10 s from now on.
    func join(_ name: String, zone: String = "a", managesVolumes: Bool = true, renews: Bool = true) {
        create([
            "apiVersion": "v1", "kind": "Node",
            "metadata": [
                "name": .string(name), "labels": ["topology.kubernetes.io/zone": .string(zone)],
                "annotations": managesVolumes
                    ? ["volumes.kubernetes.io/controller-managed-attach-detach": "true"] : [:],
            ],
        ])
        var lease = Lease()
        lease.metadata = ObjectMeta(namespace: "kube-node-lease", name: name)
        lease.holderIdentity = name
        lease.leaseDurationSeconds = 40
        lease.renewTime = now
        lease.renewalPeriod = renews ? .seconds(10) : nil
        call(.create(APIObject(lease)))
        report(name, ready: .isTrue)
    }

    /// The kubelet posts its conditions.
    func report(_ name: String, ready: ConditionStatus) {
        guard var status = get(Node.self, name)?.status else { return }
        for (type, value) in [
            ("MemoryPressure", ConditionStatus.isFalse), ("DiskPressure", .isFalse),
            ("PIDPressure", .isFalse),
            ("Ready", ready),
        ] {
            let old = status.conditions[type]
            var condition = Condition(
                type, value, reason: type == "Ready" ? "KubeletReady" : "KubeletHasSufficient")
            condition.lastHeartbeatTime = Timestamp(now)
            condition.lastTransitionTime = old?.status == value ? old?.lastTransitionTime : Timestamp(now)
            status.conditions[type] = condition
        }
        call(.patch(.node, ObjectKey(name: name), .nodeStatus(status), uid: nil))
    }

    func setVolumesInUse(_ name: String, _ volumes: [String]) {
        guard var status = get(Node.self, name)?.status else { return }
        status.volumesInUse = volumes
        call(.patch(.node, ObjectKey(name: name), .nodeStatus(status), uid: nil))
    }

    /// The node stops renewing its lease.
    func kill(_ name: String) {
        change { $0.endRenewals(of: ObjectKey(namespace: "kube-node-lease", name: name), at: $1) }
    }

    /// A ready pod on a node.
    func runPod(
        _ name: String, on node: String, tolerationSeconds: Int64? = 300, claim: String? = nil
    ) {
        var spec: JSONValue = [
            "nodeName": .string(node), "containers": [["name": "c", "image": "x"]],
            "tolerations": .array(
                ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].map { key in
                    var toleration: [(String, JSONValue)] = [
                        ("key", .string(key)), ("operator", "Exists"), ("effect", "NoExecute"),
                    ]
                    if let tolerationSeconds {
                        toleration.append(("tolerationSeconds", .integer(tolerationSeconds)))
                    }
                    return .object(.init(uniqueKeysWithValues: toleration))
                }),
        ]
        if let claim, case .object(var members) = spec {
            members["volumes"] = [["name": "v", "persistentVolumeClaim": ["claimName": .string(claim)]]]
            spec = .object(members)
        }
        create([
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name), "namespace": "default"],
            "spec": spec,
        ])
        var status = PodStatus()
        status.phase = .running
        status.conditions = [Condition("Ready", .isTrue, lastTransitionTime: Timestamp(now))]
        var container = ContainerStatus()
        container.name = "c"
        container.state = .running(startedAt: Timestamp(now))
        status.containerStatuses = [container]
        call(.patch(.pod, ObjectKey(namespace: "default", name: name), .podStatus(status), uid: nil))
    }

    func pod(_ name: String) -> Pod? { get(Pod.self, name, namespace: "default") }

    /// When an object first looked like this.
    func time(_ kind: ObjectKind, _ name: String, _ matches: (APIObject) -> Bool) -> VirtualTime? {
        history.first {
            $0.object.kind == kind && $0.object.metadata.name == name && $0.kind != .deleted
                && matches($0.object)
        }?
        .time
    }

    /// When an object was gone.
    func deletionTime(_ kind: ObjectKind, _ name: String) -> VirtualTime? {
        history.first { $0.object.kind == kind && $0.object.metadata.name == name && $0.kind == .deleted }?
            .time
    }

    func eventTexts(_ reason: String) -> [String] {
        events.filter { $0.event.reason == reason }.map(\.event.message)
    }
}

extension Node {
    func has(_ key: String, _ effect: TaintEffect) -> Bool {
        spec.taints.contains { $0.key == key && $0.effect == effect }
    }
}
