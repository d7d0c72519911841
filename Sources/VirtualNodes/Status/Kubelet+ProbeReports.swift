import KubernetesModel
import SimulationKernel

/// What probes tell the status manager. Upstream: `pkg/kubelet/status/status_manager.go`,
/// `SetContainerReadiness`, `SetContainerStartup` (v1.36).
extension Kubelet {
    /// Upstream: `SetContainerReadiness`.
    func setReadiness(_ slot: Int32, _ container: Int, _ isReady: Bool, _ now: VirtualTime) {
        let record = pods[Int(slot)]
        let name = record.container(container).name
        var status = record.currentStatus
        let isInit = container < record.initCount
        let list = isInit ? status.initContainerStatuses : status.containerStatuses
        guard let place = list.firstIndex(where: { $0.name == name }), list[place].ready != isReady else {
            return
        }
        if isInit {
            status.initContainerStatuses[place].ready = isReady
        } else {
            status.containerStatuses[place].ready = isReady
        }
        let all = status.initContainerStatuses + status.containerStatuses
        let generation = record.pod.value.metadata.generation
        for condition in [
            PodConditions.ready(record.spec, conditions: status.conditions, all, status.phase),
            PodConditions.containersReady(record.spec, all, status.phase),
        ] {
            var condition = condition
            condition.observedGeneration = generation
            status.conditions[condition.type] = condition
        }
        setStatus(slot, status, now)
    }

    /// Upstream: `SetContainerStartup`.
    func setStarted(_ slot: Int32, _ container: Int, _ isStarted: Bool, _ now: VirtualTime) {
        let record = pods[Int(slot)]
        let name = record.container(container).name
        var status = record.currentStatus
        if let place = status.containerStatuses.firstIndex(where: { $0.name == name }) {
            guard status.containerStatuses[place].started != isStarted else { return }
            status.containerStatuses[place].started = isStarted
        } else if let place = status.initContainerStatuses.firstIndex(where: { $0.name == name }) {
            guard status.initContainerStatuses[place].started != isStarted else { return }
            status.initContainerStatuses[place].started = isStarted
        }
        setStatus(slot, status, now)
    }
}
