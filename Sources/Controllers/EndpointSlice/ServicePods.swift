import ControlPlane
import KubernetesModel

/// The pods behind each service, kept from change to change instead of being looked for at every sync.
///
/// It is right as long as it hears of every change of the cache, which it can tell; when it missed one, it
/// starts anew. Services and pods are found in the cache's order.
struct ServicePods: Sendable {
    struct Member: Sendable {
        var pod: Ref<Pod>
        /// Puts pods into the order of the cache's lists.
        var order: Int
    }

    /// What became of a service's pods since they were last asked for.
    struct Changes: Sendable {
        /// Whether these are all pods, in order; otherwise those that may have changed, in no order.
        var isComplete: Bool
        /// A pod that is no longer behind the service has no member.
        var pods: [(name: String, member: Member?)]
    }

    fileprivate struct Tracked: Sendable {
        var selector: StringMap
        var members: [String: Member] = [:]
        var nextOrder = 0
        var changed: Set<String> = []
    }

    private struct Selecting: Sendable {
        var key: ObjectKey
        var order: Int
        var selector: StringMap
    }

    private var tracked: [ObjectKey: Tracked] = [:]
    /// Services by namespace and the first entry of their selector.
    private var services: [String: [StringMap.Entry: [Selecting]]] = [:]
    private var orders: [ObjectKey: Int] = [:]
    private var nextOrder = 0
    /// The cache's count of changes when it was last seen; nil before.
    private var seen: UInt64?

    // MARK: Reading

    /// The services whose selectors a namespace's labels meet, in the cache's order.
    func selecting(namespace: String, _ labels: Labels) -> [ObjectKey] {
        guard let index = services[namespace] else { return [] }
        var found: [Selecting] = []
        for entry in labels.entries {
            guard let services = index[entry] else { continue }
            for service in services
            where service.selector.entries.allSatisfy({ labels[$0.key] == $0.value }) {
                found.append(service)
            }
        }
        if found.count > 1 { found.sort { $0.order < $1.order } }
        return found.map(\.key)
    }

    func pod(_ name: String, of service: ObjectKey) -> Ref<Pod>? { tracked[service]?.members[name]?.pod }

    /// Tells what changed since the last call, which is then taken as known.
    ///
    /// - Parameter isComplete: whether all pods are wanted, changed or not.
    mutating func take(_ service: Service, _ view: ObjectCache, isComplete: Bool) -> Changes {
        if seen != view.changeCount { reset(view) }
        let key = service.metadata.key
        if tracked[key]?.selector != service.spec.selector {
            var fresh = Tracked(selector: service.spec.selector)
            let entries = service.spec.selector.entries
            for pod in view.list(Pod.self, namespace: key.namespace)
            where entries.allSatisfy({ pod.value.metadata.labels[$0.key] == $0.value }) {
                fresh.add(pod)
            }
            tracked[key] = fresh
            return all(of: key)
        }
        if isComplete { return all(of: key) }
        let names = tracked[key]?.changed ?? []
        tracked[key]?.changed = []
        return Changes(isComplete: false, pods: names.map { ($0, tracked[key]?.members[$0]) })
    }

    private mutating func all(of key: ObjectKey) -> Changes {
        tracked[key]?.changed = []
        let members = tracked[key]?.members ?? [:]
        return Changes(
            isComplete: true,
            pods: members.map { (name: $0.key, member: $0.value) }.sorted {
                $0.member.order < $1.member.order
            }
            .map { ($0.name, $0.member) })
    }

    // MARK: Following the cache

    mutating func forget(_ service: ObjectKey) { tracked.removeValue(forKey: service) }

    /// Takes in a change that the cache already has.
    mutating func observe(_ change: CacheChange, _ view: ObjectCache) {
        guard let seen, view.changeCount == seen + 1 else { return reset(view) }
        self.seen = seen + 1
        switch change.object {
        case .service(let service):
            if let old = change.old?.service?.value { remove(old, isGone: change.kind == .deleted) }
            if change.kind != .deleted { add(service.value) }
        case .pod(let pod): follow(change.kind, change.old?.pod, pod)
        default: break
        }
    }

    /// Counts the pods on a node as changed: what is told of a node with each of them is another now.
    mutating func touchPods(onNode name: String, _ view: ObjectCache) {
        for pod in view.pods(onNode: name) {
            let metadata = pod.value.metadata
            for key in selecting(namespace: metadata.namespace, metadata.labels) {
                if tracked[key]?.members[metadata.name] != nil { tracked[key]?.changed.insert(metadata.name) }
            }
        }
    }

    private mutating func reset(_ view: ObjectCache) {
        tracked = [:]
        services = [:]
        orders = [:]
        for service in view.list(Service.self) { add(service.value) }
        seen = view.changeCount
    }

    private mutating func add(_ service: Service) {
        let key = service.metadata.key
        if orders[key] == nil {
            nextOrder += 1
            orders[key] = nextOrder
        }
        guard let first = service.spec.selector.entries.first, let order = orders[key] else { return }
        services[key.namespace, default: [:]][first, default: []].append(
            Selecting(key: key, order: order, selector: service.spec.selector))
    }

    private mutating func remove(_ service: Service, isGone: Bool) {
        let key = service.metadata.key
        if isGone {
            orders.removeValue(forKey: key)
            tracked.removeValue(forKey: key)
        }
        guard let first = service.spec.selector.entries.first else { return }
        services[key.namespace]?[first]?.removeAll { $0.key == key }
    }

    private mutating func follow(_ kind: WatchEvent.Kind, _ old: Ref<Pod>?, _ pod: Ref<Pod>) {
        let (namespace, name) = (pod.value.metadata.namespace, pod.value.metadata.name)
        let labels = pod.value.metadata.labels
        let before = old?.value.metadata.labels
        let after = kind == .deleted ? [] : selecting(namespace: namespace, labels)
        if let before, kind == .deleted || before != labels {
            // A binding labels the pod with its zone, which makes no difference to most services.
            for key in selecting(namespace: namespace, before) where !after.contains(key) {
                tracked[key]?.members.removeValue(forKey: name)
                tracked[key]?.changed.insert(name)
            }
        }
        for key in after {
            if tracked[key]?.members[name] != nil {
                tracked[key]?.members[name]?.pod = pod
                tracked[key]?.changed.insert(name)
            } else if kind == .added {
                tracked[key]?.add(pod)
            } else {
                // A pod that gets other labels keeps its place in the cache, which is not known here.
                tracked.removeValue(forKey: key)
            }
        }
    }
}

extension ServicePods.Tracked {
    fileprivate mutating func add(_ pod: Ref<Pod>) {
        let name = pod.value.metadata.name
        members[name] = ServicePods.Member(pod: pod, order: nextOrder)
        changed.insert(name)
        nextOrder += 1
    }
}
