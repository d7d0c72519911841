import Foundation
import Scenarios
import Scheduler
import TestSupport
import Testing
import Workloads

@testable import Replay

/// Weng et al., "Beware of Fragmentation" (USENIX ATC 2023), on the published traces and orders.
@Suite(
    "Published experiment",
    .enabled(if: SharedFiles.exists(PublishedExperiment.folder), Comment(rawValue: SharedFiles.missing)))
struct PublishedExperimentTests {
    @Test("every total is the published one", arguments: PublishedExperiment.results)
    func totals(_ expected: PublishedExperiment.Result) throws {
        let experiment = try PublishedExperiment.shared.get()
        let run = try experiment.run(expected.policy, seed: expected.seed)
        #expect(run.samples.count == expected.arrivals)
        #expect(run.allocatedMilliGPU == expected.milliGPU)
        #expect(run.placedCount == expected.placed)
        if let milliCPU = PublishedExperiment.milliCPU[expected.policy], expected.seed == 42 {
            #expect(run.allocatedMilliCPU == milliCPU)
        }
        guard expected.policy == .fgd && expected.seed == 42 else { return }
        // The description's 7,886 is this pod's line in the order of arrivals, the first one being 1.
        #expect(run.firstUnplaced == 7_886)
        #expect(run.firstUnplacedPod == "openb-pod-6748")
        let fragmented = try #require(run.samples.first?.fragmentedMilliGPU)
        #expect((fragmented * 100).rounded() == 86_623_255)
    }

    @Test("Random's mean is within one standard deviation of the published one")
    func random() throws {
        let experiment = try PublishedExperiment.shared.get()
        let percents = try [UInt64](42...46).map { seed in
            let run = try experiment.run(.gpuRandom, seed: seed)
            return run.samples.last.map(run.allocationPercent) ?? 0
        }
        let mean = percents.reduce(0, +) / Double(percents.count)
        #expect(abs(mean - 87.47) < 0.32)
    }

    @Test("the trace is as it was described")
    func trace() throws {
        let cluster = try PublishedExperiment.shared.get().cluster
        #expect(cluster.machines.count == 1_213)
        #expect(cluster.milliGPU == 6_212_000)
        #expect(cluster.milliCPU == 107_018_000)
        #expect(cluster.tasks.count == 8_152)
        #expect(cluster.targetWorkload.tasks.count == 35)
    }

    @Test("orders that are made from a seed fill the workload up, and every seed has its own")
    func ownOrders() throws {
        let cluster = try PublishedExperiment.shared.get().cluster
        let arrivals = ReplayOrders.shuffledArrivals(cluster, seed: 1, percent: 130)
        #expect(Set(arrivals.prefix(8_152).map(\.task)).count == 8_152)
        #expect(arrivals.dropFirst(8_152).first?.name.hasSuffix("-tuned-0") == true)
        let requested = arrivals.map { cluster.tasks[$0.task].requests.totalGPUMilli }
        let total = requested.reduce(0, +)
        #expect(total * 100 >= 130 * cluster.milliGPU)
        #expect((total - (requested.last ?? 0)) * 100 < 130 * cluster.milliGPU)
        #expect(arrivals == ReplayOrders.shuffledArrivals(cluster, seed: 1, percent: 130))
        #expect(arrivals != ReplayOrders.shuffledArrivals(cluster, seed: 2, percent: 130))
        let nodes = ReplayOrders.shuffledNodes(cluster, seed: 1)
        #expect(nodes.sorted() == Array(0..<1_213) && nodes != nodes.sorted())
    }
}

/// What the description of the experiment says.
struct PublishedExperiment: Sendable {
    static let folder = "experiments/fgd-atc23"
    static let shared = Swift.Result { try PublishedExperiment() }

    struct Result: CustomTestStringConvertible, Sendable {
        var seed: UInt64
        var arrivals: Int
        var policy: SchedulingPolicy
        var milliGPU: Int64
        var placed: Int
        var testDescription: String { "\(policy.rawValue) \(seed)" }
    }

    private static let policies: [SchedulingPolicy] = [
        .fgd, .gpuBestFit, .gpuPacking, .gpuClustering, .dotProd,
    ]
    private static let table: [(seed: UInt64, arrivals: Int, results: [(Int64, Int)])] = [
        (
            42, 10_866,
            [
                (5_919_410, 8_334), (5_785_450, 8_190), (5_688_580, 8_072), (5_686_120, 8_069),
                (5_624_470, 7_992),
            ]
        ),
        (
            43, 10_793,
            [
                (5_921_240, 8_351), (5_792_550, 8_214), (5_718_500, 8_123), (5_712_960, 8_119),
                (5_643_090, 8_033),
            ]
        ),
        (
            44, 10_863,
            [
                (5_928_510, 8_364), (5_782_530, 8_184), (5_721_540, 8_114), (5_707_440, 8_094),
                (5_654_800, 8_040),
            ]
        ),
        (
            45, 10_813,
            [
                (5_931_400, 8_377), (5_786_000, 8_214), (5_763_970, 8_194), (5_774_860, 8_209),
                (5_646_450, 8_055),
            ]
        ),
        (
            46, 10_814,
            [
                (5_932_130, 8_344), (5_789_010, 8_164), (5_671_670, 8_038), (5_641_060, 8_002),
                (5_636_910, 7_998),
            ]
        ),
    ]
    static let results = table.flatMap { row in
        zip(policies, row.results).map { policy, result in
            Result(
                seed: row.seed, arrivals: row.arrivals, policy: policy, milliGPU: result.0,
                placed: result.1)
        }
    }
    /// With seed 42.
    static let milliCPU: [SchedulingPolicy: Int64] = [
        .fgd: 89_928_302, .gpuBestFit: 88_473_204, .gpuPacking: 87_353_972, .gpuClustering: 87_334_260,
        .dotProd: 86_680_650,
    ]

    let files: ReplayFiles
    let cluster: ReplayCluster

    init() throws {
        var plan = ReplayPlan(trace: ["openb_node_list_gpu_node.csv", "openb_pod_list_default.csv"])
        let orders =
            SharedFiles.folder.appending(path: Self.folder).path + "/openb_pod_list_default-seed{seed}-"
        plan.folders = [SharedFiles.folder.appending(path: "traces/alibaba-gpu-2023").path]
        plan.podOrder = .file(orders + "arrivals.txt.gz")
        plan.nodeOrder = .file(orders + "nodes.txt.gz")
        files = ReplayFiles(plan)
        cluster = try files.cluster()
    }

    func run(_ policy: SchedulingPolicy, seed: UInt64) throws -> ReplayRun {
        try ReplayRun(cluster, try files.orders(cluster, seed: seed), policy: policy, seed: seed)
    }
}
