import ControlPlane
import KubernetesModel
import OrderedCollections
import Scheduler
import SimulationKernel

/// A scheduler process between a watch stream and an API server that grants everything at once.
///
/// What is measured is the process: the events that it takes in, its queue, cycles and bindings.
struct SchedulerWorkload {
    private var scheduler: SchedulerComponent
    private var now = VirtualTime.start
    private var pods: [ObjectKey: Ref<Pod>] = [:]
    private var podNumber: UInt64 = 0
    private var version: Int64 = 0
    private var number = 0
    private(set) var checksum: UInt64 = 0

    init() throws {
        scheduler = SchedulerComponent(configuration: try .standard(), seed: 7)
        scheduler.recordsDecisions = false
    }

    private mutating func deliver(_ events: [WatchEvent]) {
        var out = Outbox()
        scheduler.deliver(events, at: now, &out)
        answer(out)
    }

    mutating func add(_ object: APIObject) { deliver([WatchEvent(.added, object)]) }

    mutating func addNode(
        _ name: String, labels: Labels = [:], taints: [Taint] = [], pods: Int64 = 110,
        extended: (String, Int64)? = nil
    ) {
        var node = Node()
        node.metadata.name = name
        node.metadata.labels = labels
        node.metadata.labels["kubernetes.io/hostname"] = name
        node.spec.taints = taints
        node.status.allocatable = ResourceList([
            ("cpu", Quantity(value: 4)), ("memory", Quantity(value: 1 << 35)), ("pods", Quantity(value: pods)),
        ])
        if let extended { node.status.allocatable[extended.0] = Quantity(value: extended.1) }
        add(APIObject(node))
    }

    /// Creates pods of one spec, and runs until all that can be placed are.
    mutating func schedule(
        _ count: Int, _ spec: PodSpec, namespace: String = "default", labels: Labels = [:]
    ) {
        var events: [WatchEvent] = []
        for _ in 0..<count { events.append(WatchEvent(.added, .pod(newPod(spec, namespace, labels)))) }
        deliver(events)
        run()
    }

    private mutating func newPod(_ spec: PodSpec, _ namespace: String, _ labels: Labels) -> Ref<Pod> {
        podNumber += 1
        version += 1
        var metadata = ObjectMeta(namespace: namespace, name: "pod-\(podNumber)")
        metadata.uid = .uuid(podNumber &* 0x9E37_79B9_7F4A_7C15, podNumber)
        metadata.resourceVersion = version
        metadata.labels = labels
        let pod = Ref(Pod(metadata: metadata, spec: spec))
        pods[pod.value.key] = pod
        return pod
    }

    private mutating func run() {
        while scheduler.nextWake <= now + .seconds(1) {
            now = max(now, scheduler.nextWake)
            var out = Outbox()
            scheduler.wake(at: now, &out)
            answer(out)
        }
    }

    private mutating func answer(_ out: consuming Outbox) {
        var calls = out.calls
        while !calls.isEmpty {
            var replies = Outbox()
            for call in calls {
                switch call.request {
                case .bind(let key, _, let node, _):
                    guard let old = pods[key] else { continue }
                    version += 1
                    let version = version
                    let bound = Ref(
                        old.value.with {
                            $0.nodeName = node
                            $0.metadata.resourceVersion = version
                        })
                    pods[key] = bound
                    for byte in node.utf8 { checksum = (checksum ^ UInt64(byte)) &* 0x100_0000_01b3 }
                    scheduler.deliver([WatchEvent(.modified, .pod(bound))], at: now, &replies)
                case .delete(_, let key, _):
                    guard let old = pods.removeValue(forKey: key) else { continue }
                    scheduler.deliver([WatchEvent(.deleted, .pod(old))], at: now, &replies)
                default: break
                }
                if call.token != .none { scheduler.complete(call.token, .success(nil), at: now, &replies) }
            }
            calls = replies.calls
        }
    }

    mutating func addCSINode(_ name: String, driver: String, limit: Int64) {
        let tree: JSONObject = [
            "apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": ["name": .string(name)],
            "spec": ["drivers": [["name": .string(driver), "allocatable": ["count": .integer(limit)]]]],
        ]
        add(APIObject(kind: .csiNode, tree: tree, epoch: CalendarTime(unixSeconds: 0)))
    }

    /// Creates pods with a claim each, bound to a volume each, and runs.
    mutating func scheduleWithClaims(_ count: Int, driver: String) {
        for _ in 0..<count {
            let name = "claim-\(nextNumber())"
            var volume = PersistentVolume()
            volume.metadata.name = name
            volume.metadata.resourceVersion = version
            volume.spec.capacity = ResourceList([("storage", Quantity(value: 1 << 30))])
            var source = PersistentVolume.CSISource()
            source.driver = driver
            source.volumeHandle = name
            volume.spec.csi = source
            add(APIObject(volume))
            var claim = PersistentVolumeClaim()
            claim.metadata = ObjectMeta(namespace: "default", name: name)
            claim.metadata.resourceVersion = version
            claim.metadata.annotations["pv.kubernetes.io/bind-completed"] = "true"
            claim.spec.volumeName = name
            claim.spec.accessModes = ["ReadOnlyMany"]
            add(APIObject(claim))
            let volumes: JSONValue = [
                ["name": "vol", "persistentVolumeClaim": ["claimName": .string(name)]]
            ]
            schedule(1, Self.spec(["volumes": volumes]))
        }
    }

    /// Counts up from 0.
    mutating func nextNumber() -> Int {
        number += 1
        return number - 1
    }

    /// Whether as many calls have been made since it was last so.
    mutating func isEvery(_ count: Int) -> Bool { nextNumber() % count == 0 }

    // MARK: Templates

    static func container(_ requests: JSONObject = ["cpu": "100m", "memory": "500Mi"]) -> JSONValue {
        [
            "name": "pause", "image": "registry.k8s.io/pause:3.10.1",
            "resources": ["requests": .object(requests)],
        ]
    }

    static func spec(
        _ members: JSONObject = [:], requests: JSONObject = ["cpu": "100m", "memory": "500Mi"]
    ) -> PodSpec {
        var source: JSONObject = [
            "schedulerName": "default-scheduler", "containers": [container(requests)],
        ]
        for (name, value) in members { source[name] = value }
        return PodSpec(source: source)
    }
}
