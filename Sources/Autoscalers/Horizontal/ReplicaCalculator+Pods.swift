import KubernetesModel
import SimulationKernel

/// Pods by what their metrics are worth.
struct PodGroups {
    var readyCount = 0
    /// In the order of the pods.
    var unreadyNames: [String] = []
    var missing: [String] = []
    var ignored: Set<String> = []

    var unready: Set<String> { Set(unreadyNames) }
}

extension ReplicaCalculator {
    /// Sorts the pods; for CPU those that only just start are looked at closely.
    func group(_ samples: PodSamples, resource: String) -> PodGroups {
        var groups = PodGroups()
        for pod in pods {
            let name = pod.value.metadata.name
            let phase = pod.value.status.phase
            if pod.value.metadata.isBeingDeleted || phase == .failed {
                groups.ignored.insert(name)
            } else if phase == .pending {
                groups.unreadyNames.append(name)
            } else if let sample = samples[name] {
                if resource == ResourceName.cpu, isUnready(pod.value, sample) {
                    groups.unreadyNames.append(name)
                } else {
                    groups.readyCount += 1
                }
            } else {
                groups.missing.append(name)
            }
        }
        return groups
    }

    /// Whether a sample of a pod's CPU tells of its start rather than of its work.
    private func isUnready(_ pod: Pod, _ sample: PodSamples.Sample) -> Bool {
        guard let condition = pod.status.conditions["Ready"], let start = pod.status.startTime?.time else {
            return true
        }
        // Upstream a time that is not there lies before all others.
        let change = condition.lastTransitionTime?.time ?? VirtualTime(nanoseconds: .min / 2)
        if start + options.cpuInitializationPeriod > now {
            return condition.status == .isFalse || sample.timestamp < change + sample.window
        }
        return condition.status == .isFalse && start + options.initialReadinessDelay > change
    }

    /// What each pod requests, in thousandths.
    func requests(of resource: String, container: String) throws(MetricFailure) -> [String: Int64] {
        var result: [String: Int64] = [:]
        for pod in pods {
            let fields = pod.value.spec.fields
            if container.isEmpty, Self.hasPodLevelRequests(fields) {
                guard let request = fields.effectiveRequests[resource] else {
                    throw MetricFailure(
                        "missing pod-level request for \(resource) in Pod \(pod.value.metadata.name)")
                }
                result[pod.value.metadata.name] = request.milliValue
            } else {
                result[pod.value.metadata.name] = try Self.containerRequests(
                    pod.value, resource, container: container)
            }
        }
        return result
    }

    /// Whether the pod as a whole requests something that a pod as a whole can request.
    ///
    /// Upstream: `component-helpers/resource/helpers.go`, `IsPodLevelRequestsSet` (v1.36).
    private static func hasPodLevelRequests(_ fields: PodSpecFields) -> Bool {
        fields.resources?.requests.entries.contains {
            $0.name == ResourceName.cpu || $0.name == ResourceName.memory || $0.name.hasPrefix("hugepages-")
        } ?? false
    }

    private static func containerRequests(
        _ pod: Pod, _ resource: String, container name: String
    ) throws(MetricFailure) -> Int64 {
        let fields = pod.spec.fields
        let containers = fields.containers + fields.initContainers.filter(\.isSidecar)
        var total: Int64 = 0
        for container in containers where name.isEmpty || name == container.name {
            guard let request = container.resources.requests[resource] else {
                throw MetricFailure(
                    "missing request for \(resource) in container \(container.name) of Pod \(pod.metadata.name)"
                )
            }
            total &+= request.milliValue
            if name == container.name { return total }
        }
        if !name.isEmpty { throw MetricFailure("container \(name) not found in Pod \(pod.metadata.name)") }
        return total
    }
}
