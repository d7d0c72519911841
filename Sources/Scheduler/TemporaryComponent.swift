public import ControlPlane
import KubernetesModel
public import SimulationKernel
public import Stochastics
public struct SchedulerComponent: Component {
    var cache = ObjectCache()
    public init(streams: RandomStreams) {}
    public var nextWake: VirtualTime { .never }
    public mutating func wake(at now: VirtualTime, _ out: inout Outbox) {}
    public mutating func complete(_ token: CallToken, _ result: APIResult, at now: VirtualTime, _ out: inout Outbox) {}
    var sent: Set<UID> = []
    public mutating func deliver(_ events: [WatchEvent], at now: VirtualTime, _ out: inout Outbox) {
        for event in events { cache.apply(event) }
        for pod in cache.list(Pod.self) where pod.value.nodeName.isEmpty && !sent.contains(pod.value.metadata.uid) {
            let nodes = cache.list(Node.self).filter { $0.value.status.conditions.isTrue("Ready") && !$0.value.spec.unschedulable && $0.value.spec.taints.isEmpty }
            guard let best = nodes.min(by: { cache.pods(onNode: $0.value.metadata.name).count < cache.pods(onNode: $1.value.metadata.name).count }) else { continue }
            sent.insert(pod.value.metadata.uid)
            out.call(.bind(pod: pod.value.metadata.key, uid: pod.value.metadata.uid, node: best.value.metadata.name))
            cache.apply(WatchEvent(.modified, APIObject(pod.value.with { $0.nodeName = best.value.metadata.name })))
        }
    }
}
