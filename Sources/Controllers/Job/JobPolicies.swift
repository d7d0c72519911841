import KubernetesModel
import SimulationKernel

extension PodFailurePolicy {
    /// What the policy makes of a failed pod.
    struct Verdict: Hashable {
        /// Why the whole Job fails, when it does.
        var jobMessage: String?
        /// Whether the failure counts towards the limits.
        var counts = true
        /// The action of the rule that matched.
        var action: String?
    }

    /// Upstream: `pkg/controller/job/pod_failure_policy.go`, `matchPodFailurePolicy` (v1.36).
    func verdict(on pod: Pod) -> Verdict {
        for (index, rule) in rules.enumerated() {
            let cause: String
            if let requirement = rule.onExitCodes {
                guard let (container, code) = Self.match(pod.status, requirement) else { continue }
                cause =
                    "Container \(container) for pod \(pod.key) failed with exit code \(code) matching "
                    + "\(rule.action) rule at index \(index)"
            } else if !rule.onPodConditions.isEmpty {
                let condition = pod.status.conditions.first { condition in
                    rule.onPodConditions.contains {
                        $0.type == condition.type && $0.status == condition.status
                    }
                }
                guard let condition else { continue }
                cause =
                    "Pod \(pod.key) has condition \(condition.type) matching \(rule.action) rule "
                    + "at index \(index)"
            } else {
                continue
            }
            switch rule.action {
            case "Ignore": return Verdict(counts: false, action: rule.action)
            case "FailIndex", "Count": return Verdict(action: rule.action)
            case "FailJob": return Verdict(jobMessage: cause, action: rule.action)
            default: continue
            }
        }
        return Verdict()
    }

    private static func match(_ status: PodStatus, _ requirement: ExitCodes) -> (String, Int64)? {
        for container in status.containerStatuses + status.initContainerStatuses {
            guard let code = container.state?.termination?.exitCode, code != 0,
                requirement.containerName == nil || requirement.containerName == container.name
            else { continue }
            let isListed = requirement.values.contains(code)
            switch requirement.operatorName {
            case "In": if isListed { return (container.name, code) }
            case "NotIn": if !isListed { return (container.name, code) }
            default: continue
            }
        }
        return nil
    }
}

extension SuccessPolicy {
    /// The message of the first rule that the succeeded indexes satisfy; nil when none is.
    ///
    /// Upstream: `pkg/controller/job/success_policy.go`, `matchSuccessPolicy` (v1.36).
    func match(_ succeeded: JobIndexes, completions: Int) -> String? {
        if succeeded.runs.isEmpty { return nil }
        for (index, rule) in rules.enumerated() {
            let isMet: Bool
            if let text = rule.succeededIndexes {
                let required = JobIndexes(text: text, completions: completions)
                if required.runs.isEmpty { continue }
                let overlap = required.overlap(succeeded)
                isMet = overlap == required.count || rule.succeededCount.map { overlap >= $0 } ?? false
            } else {
                isMet = rule.succeededCount.map { succeeded.count >= $0 } ?? false
            }
            if isMet { return "Matched rules at index \(index)" }
        }
        return nil
    }
}

extension Job {
    static let trackingFinalizer = "batch.kubernetes.io/job-tracking"

    /// A deadline, cut to a century, which no run comes near.
    static func deadline(_ seconds: Int64) -> VirtualDuration { .seconds(min(seconds, 3_155_760_000)) }

    var isIndexed: Bool { spec.completionMode == "Indexed" }
    var isSuspended: Bool { spec.suspend ?? false }
    var countsFailuresPerIndex: Bool { spec.backoffLimitPerIndex != nil }

    /// Whether a pod is replaced only when it has ended, not already while it is being deleted.
    var replacesOnlyFailedPods: Bool {
        spec.podReplacementPolicy == "Failed" || spec.podFailurePolicy != nil
    }

    /// Whether another controller than simk's works on the Job.
    var isManagedExternally: Bool {
        spec.managedBy.map { $0 != "kubernetes.io/job-controller" } ?? false
    }

    func isFailed(_ pod: Pod) -> Bool {
        if pod.status.phase == .failed { return true }
        if replacesOnlyFailedPods { return false }
        // A pod that is deleted before it ends may never get to the phase Failed.
        return pod.metadata.isBeingDeleted && pod.status.phase != .succeeded
    }

    func failureVerdict(on pod: Pod) -> PodFailurePolicy.Verdict {
        spec.podFailurePolicy?.verdict(on: pod) ?? PodFailurePolicy.Verdict()
    }

    /// Whether the pod's failure is the index's last.
    func failsIndex(_ pod: Pod) -> Bool {
        guard isFailed(pod), let limit = spec.backoffLimitPerIndex else { return false }
        let verdict = failureVerdict(on: pod)
        if verdict.action == "FailIndex" { return true }
        return verdict.counts && pod.indexFailureCount >= limit
    }
}

extension Pod {
    var hasTrackingFinalizer: Bool { metadata.finalizers.contains(Job.trackingFinalizer) }
}
