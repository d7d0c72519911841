import KubernetesModel
import Scheduler
import Testing

/// How many feasible nodes end the search.
///
/// Upstream: `pkg/scheduler/schedule_one.go`, `numFeasibleNodesToFind` (v1.36).
@Suite("share of nodes to score")
struct NodesToFindTests {
    @Test(
        "the adaptive share is 50 - n/125 percent, at least 5 %, and never fewer than 100 nodes",
        arguments: [
            (0, 99, 99), (0, 100, 100), (0, 204, 100), (0, 250, 120), (0, 1_000, 420), (0, 5_000, 500),
            (0, 5_625, 281), (0, 5_626, 281), (0, 10_000, 500), (0, 100_000, 5_000),
            (100, 99, 99), (100, 100, 100), (100, 5_000, 5_000), (10, 5_000, 500), (1, 5_000, 100),
            (40, 1_000, 400),
        ])
    func share(percentage: Int64, nodes: Int, expected: Int) {
        #expect(SchedulingCycle().nodesToFind(percentage, of: nodes) == expected)
    }
}
