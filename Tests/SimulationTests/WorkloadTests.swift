import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics
import Testing
import VirtualNodes

@testable import Simulation

@Suite("Workloads")
struct WorkloadTests {
    /// Arrivals from a list.
    private final class ListSource: WorkloadSource {
        private var list: ArraySlice<WorkloadArrival>
        init(_ list: [WorkloadArrival]) { self.list = list[...] }
        func next() -> WorkloadArrival? { list.popFirst() }
    }

    private static let template = ManifestTemplate([
        "apiVersion": "v1", "kind": "Pod", "metadata": [:],
        "spec": [
            "restartPolicy": "Never",
            "containers": [["name": "task", "image": "task:1", "resources": ["requests": ["cpu": "1"]]]],
        ],
    ])

    private func pod(
        _ name: String, at seconds: Int64, run: Int?, job: String = "", after: [String] = [],
        deletion: Int64? = nil, user: String = "ann"
    ) -> WorkloadArrival {
        var annotations: [(String, String)] = []
        if let run { annotations.append(("simk.dev/run-time", "\(run)s")) }
        let instance = ManifestInstance(
            name: name, namespace: "default", labels: [WorkloadFigures.userLabel: user],
            annotations: StringMap(annotations))
        return WorkloadArrival(
            time: .start + .seconds(seconds),
            .pod(
                WorkloadPod(
                    template: Self.template, instance: instance, names: job.isEmpty ? [name] : [name, job],
                    dependencies: after, deletion: deletion.map { VirtualTime.start + .seconds($0) })))
    }

    private func run(
        _ arrivals: [WorkloadArrival], cores: String = "2", seconds: Int64 = 3_600
    ) throws -> (simulation: ClusterSimulation, figures: WorkloadFigures) {
        var description = NodeDescription(name: "server")
        var capacity = ResourceList()
        for (name, amount) in [
            ("cpu", cores), ("memory", "8Gi"), ("ephemeral-storage", "100Gi"), ("pods", "110"),
        ] {
            capacity[name] = try Quantity(parsing: amount)
        }
        description.capacity = capacity
        description.allocatable = capacity
        description.internalIP = "10.0.0.1"
        description.podCIDR = "10.128.0.0/24"
        var configuration = ClusterConfiguration(seed: 7, start: CalendarTime(unixSeconds: 1_767_225_600))
        configuration.nodes = [NodeConfiguration(description)]
        let meter = WorkloadMeter(duration: .seconds(seconds), price: { _ in 2 })
        let simulation = ClusterSimulation(configuration, observers: [meter])
        simulation.attach(ListSource(arrivals), retention: .seconds(30))
        simulation.run(until: .start + .seconds(seconds))
        return (simulation, meter.figures(at: simulation.now))
    }

    @Test("pods come at their time, run for theirs, and go")
    func comeAndGo() throws {
        let (simulation, figures) = try run([pod("a", at: 60, run: 100), pod("b", at: 90, run: 50)])
        #expect(figures.created == 2 && figures.succeeded == 2 && figures.neverScheduled == 0)
        #expect(simulation.list(Pod.self).isEmpty)
        #expect(simulation.workloadCounts?.arrived == 2)
        #expect(simulation.workloadCounts?.isExhausted == true)
        #expect(figures.queueingDelays.allSatisfy { $0 < 1 })
        #expect(figures.isConsistent)
        // From the creation of the first to the end of the last: a image pull and half a second are on top.
        let makespan = try #require(figures.makespanSeconds)
        #expect(makespan > 100 && makespan < 130)
        // The node has been ready for nearly an hour, and in use for somewhat more than a hundred seconds.
        let cost = try #require(figures.clusterCost)
        #expect(cost > 1.98 && cost <= 2)
        let used = try #require(figures.usedNodesCost)
        #expect(used > 2.0 * 100 / 3_600 && used < 2.0 * 130 / 3_600)
    }

    @Test("what does not fit waits, and the wait is counted; what never fits is told")
    func waits() throws {
        let (_, figures) = try run([
            pod("a", at: 60, run: 100), pod("b", at: 60, run: 300), pod("c", at: 60, run: 100),
            pod("d", at: 3_500, run: nil), pod("e", at: 3_500, run: nil), pod("f", at: 3_500, run: nil),
        ])
        #expect(figures.queueingDelays[2] > 95)
        #expect(figures.slowdowns[2] > 1.9)
        #expect(figures.neverScheduled == 1 && figures.stillWaiting == 1 && figures.stillPlaced == 2)
        #expect(figures.queueingDelays[5].isNaN)
        let cpu = try #require(figures.resources.first)
        #expect(cpu.name == "cpu" && cpu.peakShare == 1 && cpu.allocatable > 1.9)
        #expect(figures.isConsistent)
    }

    @Test("a pod waits for the tasks and jobs that it depends on, whatever their order")
    func dependencies() throws {
        let (simulation, figures) = try run(
            [
                pod("last", at: 60, run: 10, after: ["job", "never-there"]),
                pod("one", at: 60, run: 50, job: "job"), pod("two", at: 60, run: 200, job: "job"),
                pod("self", at: 60, run: 10, job: "own", after: ["own"]),
            ], cores: "8")
        #expect(simulation.workloadCounts?.heldBack == 1)
        #expect(simulation.workloadCounts?.waitingForOthers == 0)
        #expect(figures.created == 4 && figures.succeeded == 4)
        // The one that waited was created last, some 200 s after the others.
        let makespan = try #require(figures.makespanSeconds)
        #expect(makespan > 210 && makespan < 260)
    }

    @Test("a recorded deletion ends a pod that runs and one that waits")
    func recordedDeletion() throws {
        let (simulation, figures) = try run(
            [
                pod("runs", at: 60, run: nil, deletion: 500), pod("waits", at: 61, run: nil, deletion: 400),
                pod("after", at: 62, run: 10),
            ], cores: "1")
        #expect(simulation.list(Pod.self).isEmpty)
        #expect(figures.created == 3 && figures.scheduled == 2 && figures.neverScheduled == 1)
        #expect(figures.queueingDelays[2] > 430)
        #expect(figures.isConsistent)
    }

    @Test("a pod that the API server refuses is counted, and holds nobody up")
    func rejection() throws {
        let (simulation, figures) = try run([
            pod("twice", at: 60, run: 100), pod("twice", at: 70, run: 10, job: "second"),
            pod("next", at: 70, run: 10, after: ["second"]),
        ])
        let counts = try #require(simulation.workloadCounts)
        #expect(counts.rejected == 1)
        #expect(counts.firstRejection == "default/twice: pods \"twice\" already exists")
        #expect(figures.created == 2 && figures.succeeded == 2)
        // The first one is cleaned away like any other.
        #expect(simulation.list(Pod.self).isEmpty)
    }

    @Test("fairness compares what users got with what they asked for")
    func fairness() throws {
        let (_, figures) = try run([
            pod("a", at: 60, run: nil), pod("b", at: 60, run: nil, user: "ann"),
            pod("c", at: 61, run: nil, user: "bob"),
        ])
        #expect(figures.users.map(\.name) == ["ann", "bob"])
        #expect(figures.users[1].received == 0)
        // One has everything it asked for, the other nothing: (1 + 0)² ∕ (2 · 1).
        #expect(abs(try #require(figures.jainIndex) - 0.5) < 1e-6)
        // Half of what is held should be bob's.
        #expect(abs(try #require(figures.shareDistance) - 0.5) < 0.05)
    }

    @Test("fragmentation is what is free where the typical pod does not fit")
    func fragmentation() throws {
        // Of 2.5 cores half a one is left beside two pods of one core each: nobody can use it.
        let (_, figures) = try run([pod("a", at: 60, run: nil), pod("b", at: 60, run: nil)], cores: "2500m")
        let last = try #require(figures.samples.last)
        #expect(last.fragmentation[0] == 1)
        #expect(last.allocated[0] == 2 && last.allocatable[0] == 2.5)
        #expect(figures.samples.count >= 199)
    }

    @Test("sums and integrals of steps are exact")
    func integral() {
        var steps = StepIntegral()
        steps.add(3, at: .start + .seconds(2))
        steps.add(-1, at: .start + .seconds(5))
        #expect(steps.total(at: .start + .seconds(10)) == Int128(19_000_000_000))
        #expect(steps.seconds(at: .start + .seconds(10)) == 19)
    }
}
