import KubernetesModel
import Stochastics

/// Takes any of the nodes on which the pod fits, each with the same probability.
///
/// The draw is from the stream `scheduler/random/<namespace>/<pod>`, one for each attempt, so another pod
/// more shifts nobody else's draws.
public struct RandomNode: DrawingScorePlugin {
    public static let name = "RandomNode"
    let seed: UInt64

    public init(seed: UInt64) { self.seed = seed }

    public func draw(_ pod: PodInfo, among count: Int, cluster: ClusterCache) -> Int {
        var stream = RandomStream(
            seed: seed, name: "scheduler/random/\(pod.namespace)/\(pod.key.name)",
            index: cluster.attempt.number)
        return stream.index(below: count)
    }
}
