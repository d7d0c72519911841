import KubernetesModel

/// Whom the kernel kills when memory runs out.
///
/// The kernel takes the process with the most badness: its pages, plus its `oom_score_adj` in thousandths of all
/// pages. With cgroup v2 the kubelet asks for whole containers to be killed (`singleProcessOOMKill: false`).
enum OutOfMemory {
    static let pageBytes: Int64 = 4_096

    /// An amount as the kernel counts it: in pages that are in use, in bytes. Less than a byte is rounding.
    static func wholePages(_ bytes: Double) -> Int64 {
        Int64(max(0, (bytes - 0.5) / Double(pageBytes)).rounded(.up)) * pageBytes
    }

    /// `oom_score_adj` of a container's processes. Upstream: `pkg/kubelet/qos/policy.go`,
    /// `GetContainerOOMScoreAdjust` (v1.36).
    static func scoreAdjust(_ pod: PodSpec, _ container: Container, isSidecar: Bool, capacity: Int64) -> Int64
    {
        let guaranteed: Int64 = -997
        let bestEffort: Int64 = 1_000
        if isCritical(pod), pod.priorityClassName == "system-node-critical" { return guaranteed }
        switch pod.qualityOfService {
        case .guaranteed: return guaranteed
        case .bestEffort: return bestEffort
        case .burstable: break
        }
        guard capacity > 0 else { return bestEffort - 1 }
        let remaining = remainingRequest(pod.fields)
        func score(_ bytes: Int64) -> Int64 {
            let (product, overflows) = bytes.multipliedReportingOverflow(by: 1_000)
            return overflows ? 0 : 1_000 - product / capacity
        }
        func request(_ container: Container) -> Int64 {
            container.resources.requests.amount(ResourceName.memory) + remaining
        }
        var adjust = score(request(container))
        if isSidecar, let least = pod.containers.map(request).min() {
            // A sidecar is not to be killed before the containers that it serves.
            adjust = min(adjust, score(least))
        }
        return min(max(adjust, 1_000 + guaranteed), bestEffort - 1)
    }

    /// What a pod's own memory request leaves over, shared equally by its containers.
    private static func remainingRequest(_ pod: PodSpecFields) -> Int64 {
        guard let whole = pod.resources?.requests.amount(ResourceName.memory), whole > 0 else { return 0 }
        var fields = pod
        fields.resources = nil
        fields.overhead = ResourceList()
        let count = Int64(pod.containers.count + pod.initContainers.count)
        return (whole - fields.effectiveRequests.amount(ResourceName.memory)) / max(1, count)
    }

    /// Upstream: `pkg/kubelet/types/pod_update.go`, `IsCriticalPod` (v1.36).
    static func isCritical(_ pod: PodSpec) -> Bool { pod.priorityValue >= 2_000_000_000 }

    /// Linux: `mm/oom_kill.c`, `oom_badness`.
    ///
    /// - Parameter limit: the bytes that have run out: the machine's or a cgroup's.
    static func badness(usage: Int64, scoreAdjust: Int64, limit: Int64) -> Int64 {
        usage / pageBytes + scoreAdjust * (limit / pageBytes / 1_000)
    }
}
