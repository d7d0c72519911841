import Foundation
import KubernetesModel
import Scenarios
import Scheduler
import Testing
import Workloads

@testable import Replay

/// Replays of the small trace that ships.
@Suite("Replay")
struct ReplayTests {
    static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    static func plan() throws -> ReplayPlan {
        guard
            case .replay(let plan) = try ScenarioLoader.loadAny(path: project + "/scenarios/gpu-replay.json")
        else { throw ReplayError.nothing("workload", "") }
        return plan
    }

    @Test("what is known about classes changes no decision", arguments: SchedulingPolicy.publishedForGPUs)
    func classesAgree(policy: SchedulingPolicy) throws {
        let files = ReplayFiles(try Self.plan())
        let cluster = try files.cluster()
        var options = ReplayRun.Options()
        options.comparesWithPlain = true
        let run = try ReplayRun(
            cluster, try files.orders(cluster, seed: 3), policy: policy, seed: 3, options: options)
        #expect(run.differences == [])
        #expect(run.comparedCount > 100)
        #expect(run.placedCount > 60 && run.firstUnplaced != nil)
    }

    @Test(
        "no GPU is given away twice, and models are as asked for",
        arguments: SchedulingPolicy.publishedForGPUs)
    func allocationIsSound(policy: SchedulingPolicy) throws {
        let files = ReplayFiles(try Self.plan())
        let cluster = try files.cluster()
        let orders = try files.orders(cluster, seed: 1)
        var options = ReplayRun.Options()
        options.keepsPlacements = true
        let run = try ReplayRun(cluster, orders, policy: policy, seed: 1, options: options)
        var used: [String: [Int64]] = [:]
        for (arrival, placement) in zip(orders.arrivals, run.placements) where !placement.node.isEmpty {
            let task = cluster.tasks[arrival.task]
            let machine = try #require(cluster.machines.first { $0.id == placement.node })
            #expect(placement.gpus.numbers.count == Int(task.requests.gpuCount))
            #expect(task.gpuModels.isEmpty || task.gpuModels.contains(machine.gpuModel))
            var own = used[placement.node] ?? Array(repeating: 0, count: Int(machine.capacity.gpuCount))
            for number in placement.gpus.numbers { own[number] += task.requests.gpuMilli }
            #expect(own.allSatisfy { $0 <= 1_000 })
            used[placement.node] = own
        }
        #expect(used.values.flatMap { $0 }.reduce(0, +) == run.allocatedMilliGPU)
        // A second time it is the same.
        let again = try ReplayRun(cluster, orders, policy: policy, seed: 1, options: options)
        #expect(again.placements == run.placements)
        #expect(again.samples == run.samples)
    }

    @Test("a curve's point is the mean over the samples that round to it")
    func curve() throws {
        let files = ReplayFiles(try Self.plan())
        let cluster = try files.cluster()
        let run = try ReplayRun(
            cluster, try files.orders(cluster, seed: 1), policy: .fgd, seed: 1)
        let curve = ReplayCurve(run)
        #expect(curve.points.reduce(0) { $0 + $1.count } == run.samples.count)
        for point in curve.points {
            let own = run.samples.filter {
                Int(run.arrivedPercent($0).rounded()) == point.arrivedPercent
            }
            #expect(own.count == point.count)
            let mean = own.map(run.allocationPercent).reduce(0, +) / Double(own.count)
            #expect(abs(mean - point.allocationPercent) < 1e-9)
        }
        let same = ReplayCurve(mean: [curve, curve])
        #expect(same.points.map(\.arrivedPercent) == curve.points.map(\.arrivedPercent))
    }

    @Test("a file that is not there is told with where to get it")
    func missingTrace() throws {
        var plan = try Self.plan()
        plan.folders = ["/nowhere"]
        plan.source = "https://example.org/trace"
        let files = ReplayFiles(plan)
        let error = #expect(throws: ReplayFiles.Fault.self) { try files.cluster() }
        #expect(
            error?.description
                == "\(plan.file): the trace's file traces/gpu-small-nodes.csv is not there: looked for it as "
                + "/nowhere/traces/gpu-small-nodes.csv. simk does not contain the trace. Fetch it from its "
                + "publisher, https://example.org/trace, and put the file at one of these places, or name its "
                + "folder with --trace-folder")
    }

    @Test("orders must name what the trace has")
    func orderFaults() throws {
        let cluster = try ReplayFiles(try Self.plan()).cluster()
        let arrivals = try ReplayOrders.arrivals(["job-002", "job-001-tuned-7"], file: "o.txt", cluster)
        #expect(arrivals.map(\.task) == [1, 0])
        #expect(throws: ReplayError.unknownName(file: "o.txt", line: 2, name: "job-999", what: "pod")) {
            try ReplayOrders.arrivals(["job-002", "job-999"], file: "o.txt", cluster)
        }
        #expect(throws: ReplayError.missingNames(file: "n.txt", count: 15, first: "gpu-02", what: "node")) {
            try ReplayOrders.nodes(["gpu-01"], file: "n.txt", cluster)
        }
        #expect(
            throws: ReplayError.unknownName(file: "n.txt", line: 2, name: "gpu-01", what: "further node")
        ) {
            try ReplayOrders.nodes(["gpu-01", "gpu-01"], file: "n.txt", cluster)
        }
    }

    @Test("the report has a line a run, and the mean of several seeds")
    func report() throws {
        let plan = try Self.plan()
        let files = ReplayFiles(plan)
        let cluster = try files.cluster()
        let runs = try [1, 2].map { seed in
            try ReplayRun(cluster, try files.orders(cluster, seed: seed), policy: .dotProd, seed: seed)
        }
        let report = ReplayReport(plan, cluster, runs: runs)
        #expect(report.text.hasPrefix("gpu-replay: 16 nodes, 88 GPUs, 96 pods in the trace\n"))
        #expect(report.text.split(separator: "\n").filter { $0.contains("DotProd") }.count == 3)
        #expect(report.json["runs"]?.arrayValue?.count == 2)
        let mean = try #require(report.means.first)
        let percents = runs.map { run in run.samples.last.map(run.allocationPercent) ?? 0 }
        #expect(abs(mean.allocationPercent - (percents[0] + percents[1]) / 2) < 1e-9)
        #expect(report.curvesCSV.hasPrefix("policy,seed,arrived_percent,"))
        #expect(ReplayReport.decimals(-0.005, 2) == "-0.01")
        #expect(ReplayReport.decimals(12.3456, 3) == "12.346")
    }
}
