import KubernetesModel

/// Which pod a kubelet evicts first when memory runs low, and what it says about it.
///
/// Upstream: `pkg/kubelet/eviction/helpers.go`, `rankMemoryPressure`, `evictionMessage` (v1.36).
enum EvictionRanking {
    struct Candidate: Sendable {
        var slot: Int32
        var key: ObjectKey
        var priority: Int64
        /// Nil when there are no statistics of the pod yet.
        var usageBytes: Int64?
        var requestBytes: Int64

        fileprivate var exceedsRequest: Bool { (usageBytes ?? 0) > requestBytes }
    }

    /// One container's part in an eviction's message.
    struct ContainerUse: Sendable {
        var name: String
        var usageBytes: Int64
        var request: Quantity?
    }

    /// Sorts those that go first to the front: without statistics, then above their requests, then of low
    /// priority, then furthest above the request. Equal ones go by name, where upstream leaves it open.
    static func sorted(_ candidates: [Candidate]) -> [Candidate] {
        candidates.sorted { first, second in
            if (first.usageBytes == nil) != (second.usageBytes == nil) { return first.usageBytes == nil }
            if first.usageBytes != nil, first.exceedsRequest != second.exceedsRequest {
                return first.exceedsRequest
            }
            if first.priority != second.priority { return first.priority < second.priority }
            if let use = first.usageBytes, let other = second.usageBytes {
                let (above, otherAbove) = (use - first.requestBytes, other - second.requestBytes)
                if above != otherAbove { return above > otherAbove }
            }
            return first.key < second.key
        }
    }

    /// What counts as the pod's request: with its overhead, unless it requests nothing.
    ///
    /// Upstream: `pkg/api/v1/resource/helpers.go`, `GetResourceRequestQuantity` (v1.36).
    static func requestBytes(_ pod: PodSpec) -> Int64 {
        let whole = pod.requests.amount(ResourceName.memory)
        return whole == pod.overhead.amount(ResourceName.memory) ? 0 : whole
    }

    static func message(threshold: Int64, available: Int64, containers: [ContainerUse]) -> String {
        func text(_ bytes: Int64) -> String { Quantity(value: bytes, format: .binarySI).description }
        var message =
            "The node was low on resource: memory. Threshold quantity: \(text(threshold)), "
            + "available: \(text(available)). "
        for container in containers where container.usageBytes > (container.request?.value ?? 0) {
            message +=
                "Container \(container.name) was using \(text(container.usageBytes)), request is "
                + "\(container.request?.description ?? "0"), has larger consumption of memory. "
        }
        return message
    }
}
