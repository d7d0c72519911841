import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics

@testable import VirtualNodes

/// One kubelet and an API server that answers at once: enough of the API for a node.
struct FakeCluster {
    enum Action {
        case deliver(WatchEvent)
        case complete(CallToken, APIResult)
        case perform((inout FakeCluster) -> Void)
    }

    var kubelet: Kubelet
    var now = VirtualTime.start
    var pods: [ObjectKey: Ref<Pod>] = [:]
    var node: Ref<Node>?
    var lease: Ref<Lease>?
    var others: [String: APIObject] = [:]
    var revision: Int64 = 0
    var isReachable = true
    /// Calls are carried out, and their answers are lost.
    var losesAnswers = false
    /// Answers to the calls made from now on are so long on their way.
    var answerDelay = VirtualDuration.zero
    /// `reason` or `reason message` of each Event, with its time.
    var events: [(time: VirtualTime, record: EventRecord)] = []
    var journal: [JournalEntry] = []
    /// Every status that a pod had.
    var history: [(time: VirtualTime, key: ObjectKey, status: PodStatus)] = []
    var deletions: [(time: VirtualTime, key: ObjectKey)] = []
    var calls = 0
    private var queue: [(time: VirtualTime, sequence: Int, action: Action)] = []
    private var sequence = 0

    init(_ configure: (inout KubeletSettings, inout NodeDescription) -> Void = { _, _ in }) {
        var settings = KubeletSettings(streams: RandomStreams(seed: 7))
        settings.timing.syncBackOffJitter = 0
        var description = NodeDescription(name: "node-a")
        description.capacity = ResourceList([
            ("cpu", Quantity(value: 4)), ("memory", Quantity(value: 16 << 30)),
            ("pods", Quantity(value: 110)),
        ])
        configure(&settings, &description)
        kubelet = Kubelet(description, settings: Ref(settings))
        act { kubelet, now, out in kubelet.start(at: now, &out) }
    }

    // MARK: Time

    mutating func at(_ seconds: Double, _ action: @escaping (inout FakeCluster) -> Void) {
        push(VirtualTime.start + VirtualDuration(fractionalSeconds: seconds), .perform(action))
    }

    mutating func run(until seconds: Double) {
        let end = VirtualTime.start + VirtualDuration(fractionalSeconds: seconds)
        var steps = 0
        while true {
            steps += 1
            if steps > 200_000 { return }
            let next = queue.first?.time ?? .never
            let wake = kubelet.nextWake
            if min(next, wake) > end { break }
            if next <= wake {
                let (time, _, action) = queue.removeFirst()
                now = max(now, time)
                switch action {
                case .deliver(let event):
                    if isReachable { act { $0.deliver([event], at: $1, &$2) } }
                case .complete(let token, let result): act { $0.complete(token, result, at: $1, &$2) }
                case .perform(let body): body(&self)
                }
            } else {
                now = max(now, wake)
                act { $0.wake(at: $1, &$2) }
            }
        }
        now = end
    }

    private mutating func push(_ time: VirtualTime, _ action: Action) {
        sequence += 1
        let place = queue.firstIndex { $0.time > time } ?? queue.count
        queue.insert((time, sequence, action), at: place)
    }

    mutating func act(_ body: (inout Kubelet, VirtualTime, inout Outbox) -> Void) {
        var out = Outbox()
        body(&kubelet, now, &out)
        events += out.events.map { (now, $0) }
        journal += out.journal
        for call in out.calls {
            calls += 1
            var result =
                isReachable ? answer(call.request) : .failure(APIError(.unreachable, "no route to host"))
            if losesAnswers { result = .failure(APIError(.timeout, "context deadline exceeded")) }
            if call.token != .none { push(now + answerDelay, .complete(call.token, result)) }
        }
    }

    // MARK: The API

    mutating func answer(_ request: APIRequest) -> APIResult {
        switch request {
        case .create(.node(let value)):
            if node != nil { return .failure(APIError(.alreadyExists, "exists")) }
            return .success(store(node: value.value.with { $0.metadata.uid = .text("uid-node") }))
        case .create(.lease(let value)):
            if lease != nil { return .failure(APIError(.alreadyExists, "exists")) }
            return .success(store(lease: value.value))
        case .update(.lease(let value)):
            // Leases are not updated without a version.
            guard let lease, value.value.metadata.resourceVersion == lease.value.metadata.resourceVersion
            else {
                return .failure(APIError(.invalid, "must be specified for an update"))
            }
            return .success(store(lease: value.value))
        case .get(.lease, let key):
            guard let lease else { return .failure(APIError(.notFound, "leases \"\(key.name)\" not found")) }
            return .success(.lease(lease))
        case .patch(.node, _, .nodeStatus(let status), _):
            guard let old = node else { return .failure(APIError(.notFound, "gone")) }
            return .success(
                store(
                    node: old.value.with {
                        let attached = $0.status.volumesAttached
                        $0.status = status
                        $0.status.volumesAttached = attached
                    }))
        case .get(.pod, let key):
            guard let pod = pods[key] else {
                return .failure(APIError(.notFound, "pods \"\(key.name)\" not found"))
            }
            return .success(.pod(pod))
        case .patch(.pod, let key, .podStatus(let status), let uid):
            guard let pod = pods[key], uid == nil || uid == pod.value.metadata.uid else {
                return .failure(APIError(.notFound, "pods \"\(key.name)\" not found"))
            }
            history.append((now, key, status))
            return .success(store(pod: pod.value.with { $0.status = status }, .modified))
        case .delete(.pod, let key, let options):
            guard let pod = pods[key], options.uid == nil || options.uid == pod.value.metadata.uid else {
                return .failure(APIError(.notFound, "pods \"\(key.name)\" not found"))
            }
            remove(pod: pod.value)
            return .success(nil)
        case .get(let kind, let key):
            guard let object = others["\(kind)/\(key)"] else {
                return .failure(
                    APIError(.notFound, "\(kind.info.plural) \"\(key.name)\" not found"))
            }
            return .success(object)
        default: return .failure(APIError(.badRequest, "not expected: \(request)"))
        }
    }

    mutating func store(node value: Node) -> APIObject {
        revision += 1
        let stored = Ref(value.with { $0.metadata.resourceVersion = revision })
        node = stored
        push(now, .deliver(WatchEvent(.modified, .node(stored))))
        return .node(stored)
    }

    mutating func store(lease value: Lease) -> APIObject {
        revision += 1
        let stored = Ref(value.with { $0.metadata.resourceVersion = revision })
        lease = stored
        return .lease(stored)
    }

    @discardableResult
    mutating func store(pod value: Pod, _ kind: WatchEvent.Kind) -> APIObject {
        revision += 1
        let stored = Ref(value.with { $0.metadata.resourceVersion = revision })
        pods[value.metadata.key] = stored
        push(now, .deliver(WatchEvent(kind, .pod(stored))))
        return .pod(stored)
    }

    mutating func remove(pod: Pod) {
        pods[pod.metadata.key] = nil
        deletions.append((now, pod.metadata.key))
        revision += 1
        let last = Ref(pod.with { $0.metadata.resourceVersion = revision })
        push(now, .deliver(WatchEvent(.deleted, .pod(last))))
    }

    /// The members of a JSON object.
    static func members(_ tree: JSONValue) -> JSONObject {
        guard case .object(let members) = tree else { preconditionFailure("no object") }
        return members
    }

    mutating func addConfigMap(_ name: String) {
        let key = ObjectKey(namespace: "default", name: name)
        let object = GenericObject(
            kind: .configMap, metadata: ObjectMeta(namespace: "default", name: name),
            body: Self.members(["data": ["a": "1"]]))
        others["\(ObjectKind.configMap)/\(key)"] = .generic(Ref(object))
    }

    // MARK: What users do

    mutating func create(_ name: String, spec: JSONValue, uid: String? = nil) {
        var pod = Pod(
            tree: Self.members(["metadata": ["name": .string(name), "namespace": "default"], "spec": spec]),
            epoch: CalendarTime(unixSeconds: 0))
        pod.metadata.uid = .text(uid ?? "uid-\(name)")
        pod.metadata.generation = 1
        pod.metadata.creationTimestamp = Timestamp(now)
        pod.nodeName = "node-a"
        pod.status.phase = .pending
        store(pod: pod, .added)
    }

    /// A graceful deletion.
    mutating func delete(_ name: String, grace: Int64? = nil) {
        let key = ObjectKey(namespace: "default", name: name)
        guard let pod = pods[key]?.value else { return }
        let seconds = grace ?? pod.spec.terminationGracePeriodSeconds
        if pod.status.phase.isTerminal || seconds == 0 {
            remove(pod: pod)
            return
        }
        let deadline = Timestamp(now + .seconds(seconds))
        store(
            pod: pod.with {
                $0.metadata.deletionTimestamp = deadline
                $0.metadata.deletionGracePeriodSeconds = seconds
            }, .modified)
    }

    /// What a list and watch from the beginning brings.
    mutating func relist() {
        let all = pods.values.sorted { $0.value.metadata.name < $1.value.metadata.name }
        let node = node
        act { $0.relist(pods: all, node: node, at: $1, &$2) }
    }

    // MARK: What came of it

    func pod(_ name: String) -> Pod? { pods[ObjectKey(namespace: "default", name: name)]?.value }

    func status(_ name: String) -> PodStatus { pod(name)?.status ?? PodStatus() }

    /// `12.5 Pulled` for each Event of a pod; the reasons limited to those given.
    func timeline(_ name: String, _ reasons: [String] = []) -> [String] {
        events.filter {
            $0.record.involvedKind == .pod && $0.record.involvedKey.name == name
                && (reasons.isEmpty || reasons.contains($0.record.reason))
        }.map { "\(seconds($0.time)) \($0.record.reason)" }
    }

    func messages(_ reason: String) -> [String] {
        events.filter { $0.record.reason == reason }.map(\.record.message)
    }

    /// The first moment at which a pod's reported status was so.
    func first(_ name: String, where isSo: (PodStatus) -> Bool) -> String? {
        history.first { $0.key.name == name && isSo($0.status) }.map { seconds($0.time) }
    }
}

/// A moment in seconds, without trailing zeros.
func seconds(_ time: VirtualTime) -> String {
    let text = "\(time.sinceStart.fractionalSeconds)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// Specs as the API server would store them, after defaulting.
enum Specs {
    static func container(_ name: String, _ more: KeyValuePairs<String, JSONValue> = [:]) -> JSONValue {
        var tree: JSONValue = [
            "name": .string(name), "image": "nginx:1.27", "imagePullPolicy": "IfNotPresent",
        ]
        for (key, value) in more { tree[key] = value }
        return tree
    }

    static func pod(
        _ containers: [JSONValue] = [container("web")], restartPolicy: String = "Always",
        _ more: KeyValuePairs<String, JSONValue> = [:]
    ) -> JSONValue {
        var tree: JSONValue = [
            "containers": .array(containers), "restartPolicy": .string(restartPolicy),
            "terminationGracePeriodSeconds": 30,
        ]
        for (key, value) in more { tree[key] = value }
        return tree
    }

    static func probe(_ more: KeyValuePairs<String, JSONValue> = [:]) -> JSONValue {
        var tree: JSONValue = [
            "httpGet": ["path": "/", "port": 80, "scheme": "HTTP"], "periodSeconds": 10, "timeoutSeconds": 1,
            "successThreshold": 1, "failureThreshold": 3,
        ]
        for (key, value) in more { tree[key] = value }
        return tree
    }
}
