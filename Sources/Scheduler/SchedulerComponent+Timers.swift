import KubernetesModel
import SimulationKernel

/// Pods that a plugin rejected until a moment.
extension SchedulerComponent {
    /// Notes when a pod that has been rejected is to be tried again, where a plugin knows.
    mutating func setTimer(for pod: QueuedPod, _ framework: Framework) {
        var time = VirtualTime.never
        for plugin in framework.filter where pod.unschedulablePlugins.contains(plugin.name) {
            guard let plugin = plugin.asTimed,
                let own = plugin.retryTime(of: pod.pod, cluster: cluster)
            else { continue }
            time = min(time, own)
        }
        timers[pod.pod.uid] = time > now && time != .never ? time : nil
    }

    /// Has the pods tried again whose moment has come.
    mutating func fireTimers() {
        if timers.isEmpty { return }
        let due = timers.filter { $0.value <= now }
        let pods = due.keys.compactMap { uid in queue[uid] }
            .sorted { (due[$0.pod.uid] ?? now, $0.pod.key) < (due[$1.pod.uid] ?? now, $1.pod.key) }
        for uid in due.keys { timers[uid] = nil }
        for pod in pods { queue.activate(pod.pod.uid, at: now) }
    }
}
