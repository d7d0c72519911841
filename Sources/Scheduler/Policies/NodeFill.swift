/// How much of a node would be left with a pod on it: what best fit and worst fit rank nodes by.
///
/// The mean, over CPU, memory and every further resource that the pod requests, of the share of the node's
/// allocatable amount that would remain unreserved. With one resource that is the textbook's room left in
/// the bin; for several, the sum over dimensions is the usual size of a vector (Panigrahy, Talwar, Uyeda and
/// Wieder, "Heuristics for vector bin packing", Microsoft Research, 2011). Requests count, not usage; a pod
/// that requests nothing takes nothing.
enum NodeFill {
    /// In billionths: equal amounts come out equal whatever their order was.
    static func remaining(_ pod: PodInfo, on node: NodeIndex, _ nodes: NodeTable) -> Int64 {
        var resources = [ResourceIndex.cpu, ResourceIndex.memory]
        for entry in pod.podClass.requests.entries where !resources.contains(entry.resource) {
            resources.append(entry.resource)
        }
        var (sum, count) = (0.0, 0.0)
        for resource in resources {
            let whole = nodes.allocatable[resource.value][node]
            if whole <= 0 { continue }
            let wanted = pod.podClass.requests.amount(resource)
            sum +=
                (Double(whole) - Double(nodes.requested[resource.value][node]) - Double(wanted))
                / Double(whole)
            count += 1
        }
        // More than is there can be reserved when a node shrinks.
        return count == 0 ? 0 : Int64((max(-1, sum / count) * 1e9).rounded())
    }

    /// Brings ranks into the range of scores: the best have 100, all others less, in proportion.
    static func normalize(_ scores: inout ContiguousArray<Int64>) {
        guard let best = scores.max(), let worst = scores.min() else { return }
        for place in scores.indices {
            scores[place] =
                scores[place] == best
                ? NodeScore.maximum : (NodeScore.maximum - 1) * (scores[place] - worst) / (best - worst)
        }
    }
}
