import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel
import Testing

@testable import Controllers

/// A cluster of pods, nodes, services and slices that change by chance, with one cache that is at times behind,
/// and two controllers on it that must do the same.
struct EndpointChurn<Subject: Controller> {
    private(set) var cache = ObjectCache()
    private var store: [ObjectKind: [ObjectKey: APIObject]] = [:]
    /// Changes that the cache does not have yet, oldest first.
    private var pending: [WatchEvent] = []
    private var revision: Int64 = 0
    private var random: SplitMix
    private(set) var fast: Subject
    private var plain: Subject
    private var now = VirtualTime.start
    private var queue: [WorkKey] = []
    /// Syncs that wait for answers.
    private var waiting: [WorkKey: (fast: Plan<Subject.Continuation>, plain: Plan<Subject.Continuation>)] =
        [:]
    private(set) var syncs = 0
    private(set) var calls = 0
    /// Whether what no usual cluster has happens too: pods on unknown nodes, several families and ports.
    private let hasOddities: Bool

    struct SplitMix {
        var state: UInt64
        mutating func next(_ bound: Int) -> Int {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return Int((z ^ (z >> 31)) % UInt64(bound))
        }
    }

    init(seed: UInt64, hasOddities: Bool, fast: Subject, plain: Subject) {
        self.hasOddities = hasOddities
        random = SplitMix(state: seed)
        self.fast = fast
        self.plain = plain
    }

    // MARK: Running

    mutating func start() {
        for index in 0..<6 { putNode(index) }
        for index in 0..<3 { putService(index) }
        for event in pending { cache.apply(event) }
        pending = []
        var (one, other) = (Enqueuer(), Enqueuer())
        fast.start(view: cache, now: now, queue: &one)
        plain.start(view: cache, now: now, queue: &other)
        enqueue(one, other)
    }

    mutating func step() {
        now = now + .milliseconds(Int64(random.next(2_000)))
        for _ in 0...random.next(3) { change() }
        deliver(random.next(4) == 0 ? random.next(pending.count + 1) : pending.count)
        if random.next(10) == 0 { queue.append(WorkKey(key("s", random.next(4)))) }
        for _ in 0..<queue.count where !queue.isEmpty {
            let key = queue.removeFirst()
            // A key is with one worker at a time.
            guard waiting[key] == nil else {
                queue.append(key)
                continue
            }
            syncs += 1
            take(
                key, fast.reconcile(key, view: cache, now: now), plain.reconcile(key, view: cache, now: now))
        }
        for key in waiting.keys.sorted(by: { $0.key < $1.key }) where random.next(5) != 0 { answer(key) }
    }

    private mutating func deliver(_ count: Int) {
        for event in pending.prefix(count) {
            guard let change = cache.apply(event) else { continue }
            var (one, other) = (Enqueuer(), Enqueuer())
            fast.observe(change, view: cache, now: now, queue: &one)
            plain.observe(change, view: cache, now: now, queue: &other)
            enqueue(one, other)
        }
        pending.removeFirst(count)
    }

    private mutating func enqueue(_ one: Enqueuer, _ other: Enqueuer) {
        #expect(one.items.map(\.key) == other.items.map(\.key))
        #expect(one.items.map(\.after) == other.items.map(\.after))
        for item in one.items where !queue.contains(item.key) { queue.append(item.key) }
    }

    private mutating func take(
        _ key: WorkKey, _ one: Plan<Subject.Continuation>, _ other: Plan<Subject.Continuation>
    ) {
        #expect(Self.text(one) == Self.text(other), "\(key)")
        #expect(one.requests == other.requests, "\(key)")
        if case .resume = one.ending {
            waiting[key] = (one, other)
        } else if case .done = one.ending {
        } else if !queue.contains(key) {
            queue.append(key)
        }
    }

    /// All of a plan but its calls.
    private static func text(_ plan: Plan<Subject.Continuation>) -> [String] {
        var lines = plan.steps.map { step in
            switch step {
            case .call(let request, let tolerated): "\(request.verb) \(request.target.key) \(tolerated)"
            case .batch(let requests, _): "\(requests.count)"
            case .event(let event): "\(event)"
            case .note(let note): "\(note)"
            }
        }
        switch plan.ending {
        case .done: lines.append("done")
        case .requeueAfter(let delay): lines.append("after \(delay)")
        case .requeueRateLimited: lines.append("rate limited")
        case .resume: lines.append("resume")
        }
        return lines
    }

    /// Makes the calls of a plan; now and then one fails, and the rest is skipped.
    private mutating func answer(_ key: WorkKey) {
        guard let plans = waiting.removeValue(forKey: key), case .resume(let one) = plans.fast.ending,
            case .resume(let other) = plans.plain.ending
        else { return }
        var outcomes: [CallOutcome] = []
        var hasFailed = false
        for request in plans.fast.requests {
            calls += 1
            if hasFailed {
                outcomes.append(CallOutcome(request: request, result: .skipped))
            } else if random.next(25) == 0 {
                hasFailed = true
                outcomes.append(
                    CallOutcome(request: request, result: .failure(APIError(.conflict, "try again"))))
            } else {
                outcomes.append(CallOutcome(request: request, result: .success(perform(request))))
            }
        }
        take(
            key, fast.resume(one, key: key, outcomes: outcomes, view: cache, now: now),
            plain.resume(other, key: key, outcomes: outcomes, view: cache, now: now))
    }

    private mutating func perform(_ request: APIRequest) -> APIObject? {
        switch request {
        case .create(let object):
            return put(
                object.withMetadata {
                    $0.uid = UID("made-\(revision)")
                    $0.generation = 1
                    if $0.name.isEmpty { $0.name = "\($0.generateName)\(revision)" }
                })
        case .update(let object):
            let version = object.metadata.resourceVersion
            return put(object.withMetadata { $0.generation += version == 0 ? 0 : 1 })
        case .delete(let kind, let key, _): return remove(kind, key)
        default: return nil
        }
    }

    // MARK: The store

    @discardableResult
    private mutating func put(_ object: APIObject) -> APIObject {
        revision += 1
        let revision = revision
        let stored = object.withMetadata { $0.resourceVersion = revision }
        let old = store[object.kind, default: [:]].updateValue(stored, forKey: object.key)
        pending.append(WatchEvent(old == nil ? .added : .modified, stored))
        return stored
    }

    @discardableResult
    private mutating func remove(_ kind: ObjectKind, _ key: ObjectKey) -> APIObject? {
        guard let last = store[kind]?.removeValue(forKey: key) else { return nil }
        revision += 1
        pending.append(WatchEvent(.deleted, last))
        return last
    }

    // MARK: Chance

    private func key(_ prefix: String, _ index: Int) -> ObjectKey {
        ObjectKey(namespace: "ns", name: "\(prefix)\(index)")
    }

    private mutating func change() {
        switch random.next(100) {
        case 0..<30: putPod(random.next(40))
        case 30..<75: changePod(random.next(40))
        case 75..<85: remove(.pod, key("p", random.next(40)))
        case 85..<90: putNode(random.next(8))
        case 90 where hasOddities: remove(.node, ObjectKey(name: "n\(random.next(8))"))
        case 91..<95: putService(random.next(4))
        case 95: remove(.service, key("s", random.next(4)))
        case 96..<98: meddle()
        default: break
        }
    }

    private mutating func putNode(_ index: Int) {
        var node = Node()
        node.metadata.name = "n\(index)"
        node.metadata.uid = UID("n\(index)")
        if random.next(12) != 0 { node.metadata.labels[WellKnown.zoneLabel] = "z\(random.next(3))" }
        node.status.allocatable = ResourceList([("cpu", Quantity(value: 4))])
        node.status.conditions = [Condition("Ready", random.next(6) == 0 ? .unknown : .isTrue)]
        put(APIObject(node))
    }

    private mutating func putPod(_ index: Int) {
        guard store[.pod]?[key("p", index)] == nil else { return }
        let name = hasOddities && random.next(12) == 0 ? 9_090 : 8_080
        var spec: JSONObject = [
            "containers": [
                [
                    "name": "c",
                    "ports": [["name": "http", "containerPort": .integer(Int64(name)), "protocol": "TCP"]],
                ]
            ]
        ]
        if random.next(5) == 0 {
            spec["hostname"] = .string("h\(index)")
            spec["subdomain"] = .string("s\(random.next(3))")
        }
        var pod = Pod(
            metadata: ObjectMeta(namespace: "ns", name: "p\(index)"), spec: PodSpec(source: spec),
            nodeName: "n\(random.next(6))")
        pod.metadata.uid = UID("p\(index)-\(revision)")
        pod.metadata.labels = random.next(4) == 0 ? ["app": "db"] : ["app": "web", "tier": "front"]
        pod.status.phase = .running
        if random.next(4) != 0 { pod.status.podIP = address(index) }
        put(APIObject(pod))
    }

    private mutating func address(_ index: Int) -> String {
        switch random.next(40) {
        case 0 where hasOddities: "10.0.0.1"
        case 1 where hasOddities: "fd00::\(index)"
        case 2..<6: "10.0.1.\(index)"
        default: "10.0.0.\(index)"
        }
    }

    private mutating func changePod(_ index: Int) {
        guard var pod = store[.pod]?[key("p", index)]?.pod?.value else { return }
        switch random.next(24) {
        case 0..<10:
            let isReady = !pod.isReady
            pod.status.conditions = [
                Condition(
                    "Ready", isReady ? .isTrue : .isFalse, reason: isReady ? "" : "ContainersNotReady",
                    lastTransitionTime: Timestamp(now))
            ]
            if pod.status.podIP.isEmpty { pod.status.podIP = address(index) }
        case 10..<12: pod.status.podIP = address(index)
        case 12..<14: pod.metadata.deletionTimestamp = Timestamp(now)
        case 14: pod.status.phase = random.next(2) == 0 ? .failed : .running
        case 15: pod.nodeName = "n\(random.next(hasOddities ? 8 : 6))"
        case 16: pod.metadata.labels = random.next(2) == 0 ? ["app": "db"] : ["app": "web", "tier": "front"]
        case 17: pod.status.conditions = []
        default: pod.status.message = "\(random.next(5))"
        }
        put(APIObject(pod))
    }

    private mutating func putService(_ index: Int) {
        var service = store[.service]?[key("s", index)]?.service?.value ?? Service()
        let isNew = service.metadata.uid.isEmpty
        if isNew {
            service.metadata = ObjectMeta(namespace: "ns", name: "s\(index)")
            service.metadata.uid = UID("s\(index)-\(revision)")
            service.metadata.creationTimestamp = Timestamp(now)
            service.spec.clusterIP = index == 2 ? "None" : "10.1.0.\(index)"
            service.spec.ipFamilies = ["IPv4"]
            service.spec.selector = index == 1 ? ["app": "db"] : ["app": "web"]
            var port = ServicePort()
            (port.port, port.targetPort) = (80, index == 2 ? "http" : 8_080)
            service.spec.ports = [port]
        }
        switch random.next(isNew ? 3 : 14) {
        case 3: service.spec.selector = random.next(2) == 0 ? ["tier": "front"] : ["app": "web"]
        case 4: service.spec.publishNotReadyAddresses.toggle()
        case 5:
            let words = ["PreferClose", "PreferSameNode", ""]
            let word = words[random.next(3)]
            service.spec.rest["trafficDistribution"] = word.isEmpty ? nil : .string(word)
        case 6:
            service.metadata.annotations["service.kubernetes.io/topology-mode"] =
                random.next(3) == 0 ? "Auto" : nil
        case 7: service.metadata.labels["version"] = "\(random.next(3))"
        case 8 where hasOddities: service.spec.ipFamilies = random.next(3) == 0 ? ["IPv4", "IPv6"] : ["IPv4"]
        case 9 where hasOddities:
            var port = ServicePort()
            (port.name, port.port, port.targetPort) = ("metrics", 90, 9_100)
            if service.spec.ports.count > 1 {
                service.spec.ports.removeLast()
            } else {
                service.spec.ports.append(port)
            }
        case 10: service.spec.type = service.spec.type == "ExternalName" ? "" : "ExternalName"
        case 11: service.spec.ports[0].targetPort = random.next(2) == 0 ? "http" : 8_080
        default: break
        }
        put(APIObject(service))
    }

    /// Somebody else changes a slice, or the Endpoints object.
    private mutating func meddle() {
        let slices = (store[.endpointSlice] ?? [:]).keys.sorted()
        guard !slices.isEmpty, let slice = store[.endpointSlice]?[slices[random.next(slices.count)]] else {
            if let key = (store[.endpoints] ?? [:]).keys.min() { remove(.endpoints, key) }
            return
        }
        guard var changed = slice.endpointSlice?.value else { return }
        switch random.next(6) {
        case 0: remove(.endpointSlice, changed.key)
        case 1: if !changed.endpoints.isEmpty { changed.endpoints.removeLast() }
        case 2 where hasOddities: if let first = changed.endpoints.first { changed.endpoints.append(first) }
        case 3: if !changed.endpoints.isEmpty { changed.endpoints[0].conditions.ready = false }
        case 4: changed.metadata.labels["touched"] = "yes"
        default:
            if !changed.endpoints.isEmpty {
                changed.endpoints[0].rest["hints"] = ["forZones": [["name": "zz"]]]
            }
        }
        if store[.endpointSlice]?[changed.key] != nil {
            changed.metadata.generation += 1
            put(APIObject(changed))
        }
    }
}
