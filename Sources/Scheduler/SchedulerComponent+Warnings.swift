import ControlPlane
import KubernetesModel

/// Warnings about pods that cannot get what they ask for.
extension SchedulerComponent {
    /// Warns about the pods that have come since the last call.
    mutating func warnAboutArrivals(_ out: inout Outbox) {
        let arrivals = self.arrivals
        self.arrivals = []
        for key in arrivals {
            guard let pod = pods[key], let queued = queue[pod.value.metadata.uid],
                let framework = configuration.profile(named: queued.pod.podClass.schedulerName)
            else { continue }
            warn(about: queued.pod, framework, &out)
        }
    }

    /// Warns about a pod for which a plugin has a warning; once.
    mutating func warn(about pod: PodInfo, _ framework: Framework, _ out: inout Outbox) {
        if warned.contains(pod.uid) { return }
        cluster.attempt.now = now
        for plugin in framework.warners {
            guard let warning = plugin.warning(about: pod, cluster: cluster) else { continue }
            warned.insert(pod.uid)
            report(pod, framework, .warning, warning.reason, warning.message, &out)
            out.note(
                JournalEntry(
                    .scheduling, .pod, pod.key, reason: warning.reason, message: warning.message,
                    cause: plugin.name))
            return
        }
    }
}

extension Framework {
    /// The plugins that have warnings.
    var warners: [any PodWarningPlugin] { preFilter.compactMap(\.asWarning) }
}
