import ControlPlane
import KubernetesModel
import SimulationKernel

/// An API server and a controller manager with a clock: calls take a millisecond each way, watch events one
/// after the write. There are no kubelets; the test plays them.
final class ControllerWorld {
    private enum Item {
        case call(token: CallToken, request: APIRequest)
        case answer(CallToken, APIResult)
        case watch(StoreChange)
    }

    static let namespace = "ns"
    static let latency = VirtualDuration.milliseconds(1)

    let epoch = CalendarTime(unixSeconds: 1_700_000_000)
    var server: APIServer
    private var manager = ControllerManager()
    private(set) var now = VirtualTime.start
    private var items: [(time: VirtualTime, sequence: Int, item: Item)] = []
    private var sequence = 0
    private var watched: Int64 = 0
    /// What the controllers reported and called, with the moment of the call's arrival.
    var events: [EventRecord] = []
    var notes: [JournalEntry] = []
    var calls: [(time: VirtualTime, request: APIRequest)] = []
    /// Revisions that the test wrote.
    private(set) var ownRevisions: Set<Int64> = []
    /// How often the controllers were woken by a timer.
    private(set) var wakes = 0

    init(nodes: [String], controllers: (inout ControllerManager, CalendarTime) -> Void) {
        server = APIServer(epoch: epoch, seed: 7)
        controllers(&manager, epoch)
        var out = Outbox()
        manager.deliver([], at: now, &out)
        take(&out)
        for node in nodes { driver(.create(Self.node(node))) }
        var space = Namespace()
        space.metadata.name = Self.namespace
        driver(.create(APIObject(space)))
    }

    static func node(_ name: String) -> APIObject {
        var node = Node()
        node.metadata.name = name
        node.status.conditions = [Condition("Ready", .isTrue)]
        return APIObject(node)
    }

    static func manifest(_ version: String, _ kind: String, _ name: String, _ rest: JSONValue = [:])
        -> JSONValue
    {
        let base: JSONValue = [
            "apiVersion": .string(version), "kind": .string(kind),
            "metadata": ["name": .string(name), "namespace": .string(namespace)],
        ]
        return base.merging(rest)
    }

    static func pod(_ name: String, node: String?, _ rest: JSONValue = [:]) -> JSONValue {
        var manifest = manifest(
            "v1", "Pod", name, ["spec": ["containers": [["name": "c", "image": "app:v1"]]]])
        if let node { manifest["spec"]?["nodeName"] = .string(node) }
        return manifest.merging(rest)
    }

    static func key(_ name: String) -> ObjectKey { ObjectKey(namespace: namespace, name: name) }

    /// Makes a call as a user or a kubelet does.
    @discardableResult
    func driver(_ request: APIRequest) -> APIResult {
        let before = server.store.revision
        let result = server.handle(request, at: now)
        if server.store.revision > before {
            for revision in (before + 1)...server.store.revision { ownRevisions.insert(revision) }
        }
        publish()
        return result
    }

    /// Lets time pass.
    func settle(until end: VirtualTime) {
        while true {
            let first = items.min { ($0.time, $0.sequence) < ($1.time, $1.sequence) }
            let next = min(first?.time ?? .never, manager.nextWake)
            if next > end { break }
            now = max(now, next)
            var out = Outbox()
            if let first, first.time <= manager.nextWake {
                items.removeAll { $0.sequence == first.sequence }
                switch first.item {
                case .call(let token, let request):
                    calls.append((now, request))
                    let result = server.handle(request, at: now)
                    push(.answer(token, result))
                    publish()
                case .answer(let token, let result): manager.complete(token, result, at: now, &out)
                case .watch(let change):
                    manager.deliver([WatchEvent(change.kind, change.object)], at: now, &out)
                }
            } else {
                wakes += 1
                manager.wake(at: now, &out)
            }
            take(&out)
        }
        now = end
    }

    func settle(for duration: VirtualDuration) { settle(until: now + duration) }

    private func push(_ item: Item) {
        sequence += 1
        items.append((now + Self.latency, sequence, item))
    }

    private func take(_ out: inout Outbox) {
        for call in out.calls { push(.call(token: call.token, request: call.request)) }
        events += out.events
        notes += out.journal
        out.removeAll()
    }

    /// Sends what the store holds beyond what was sent.
    private func publish() {
        for change in server.store.changes(after: watched) ?? [] {
            watched = change.revision
            push(.watch(change))
        }
    }
}
