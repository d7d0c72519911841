import ControlPlane
import Foundation
import KubernetesModel
import Simulation
import SimulationKernel
import TestSupport
import Testing
import TraceFiles
import Workloads

@testable import Scenarios

@Suite("Traces as workloads")
struct TraceWorkloadTests {
    private static let options = ScenarioLoader.Options(traces: TraceFileOpener())

    private func scenario(_ workload: String, cluster: String = "{}") throws -> Scenario {
        try ScenarioLoader.parse(
            """
            {"apiVersion": "simk.dev/v1", "kind": "Scenario", "metadata": {"name": "t"},
             "cluster": \(cluster), "workload": \(workload)}
            """, .json, name: "t.json", folder: ProjectFolder.root + "scenarios", options: Self.options)
    }

    private func faults(_ workload: String, cluster: String = "{}") -> [String] {
        do {
            _ = try scenario(workload, cluster: cluster)
            return []
        } catch {
            return (error as? InvalidInput)?.errors.map { "\($0.path): \($0.problem.message)" } ?? [
                "\(error)"
            ]
        }
    }

    private static let pool =
        #"{"nodePools": [{"name": "n", "count": 4, "capacity": {"cpu": 5, "memory": "32Gi"}}]}"#
    private static let small = #"{"trace": {"format": "swf", "files": ["traces/small.swf"]}}"#

    @Test("a trace gives the duration, and its jobs become as many pods as they ask for processors")
    func small() throws {
        let scenario = try scenario(Self.small, cluster: Self.pool)
        let plan = try #require(scenario.workload)
        #expect(plan.survey.tasks == 48 && plan.survey.pods == 136)
        #expect(plan.survey.disorder == .zero)
        // The last job comes after 2,700 s and runs for 1,500; a minute before the first and an hour after.
        #expect(scenario.duration == .seconds(60 + 2_700 + 1_500 + 3_600))
        let run = ScenarioRun(scenario)
        try run.openWorkload()
        run.run()
        let figures = try #require(run.meter).figures(at: run.simulation.now)
        #expect(figures.created == 136 && figures.neverScheduled == 0)
        #expect(figures.isConsistent)
        #expect(figures.users.map(\.name).sorted() == ["user-1", "user-2", "user-3", "user-4"])
        // Two jobs have failed, as in the trace.
        #expect(figures.failed > 0 && figures.succeeded + figures.failed == 136)
    }

    @Test("written out with its defaults it reads as the same")
    func roundTrip() throws {
        let scenario = try scenario(Self.small, cluster: Self.pool)
        let text = JSONWriter.string(scenario.resolved)
        let again = try ScenarioLoader.parse(text, .json, name: "r.json", options: Self.options)
        #expect(again.resolved == scenario.resolved)
    }

    @Test("the same seed gives the same run, and a sample follows the seed")
    func seeds() throws {
        func digest(_ seed: UInt64) throws -> (String, Int) {
            var scenario = try scenario(
                #"{"trace": {"format": "swf", "files": ["traces/small.swf"], "sample": 0.5}}"#,
                cluster: Self.pool)
            scenario.seed = seed
            let run = ScenarioRun(scenario)
            try run.openWorkload()
            run.run()
            return (run.simulation.digestText, run.metrics.podsCreated)
        }
        let (first, count) = try digest(1)
        let (again, _) = try digest(1)
        let (other, otherCount) = try digest(2)
        #expect(first == again && first != other)
        #expect(count > 20 && count < 120 && otherCount > 20 && otherCount < 120)
    }

    @Test("machines become nodes, and GPUs, models and QoS requests of pods")
    func machines() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "nodes.csv",
            "sn,cpu_milli,memory_mib,gpu,model\nn0,32000,262144,2,V100M16\nn1,32000,262144,2,V100M16\nn2,8000,65536,0,\n"
        )
        try folder.write(
            "pods.csv",
            """
            name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time
            p0,4000,1024,1,500,V100M16,LS,Running,10,100,10
            p1,4000,1024,2,1000,,BE,Succeeded,20,120,20

            """)
        let scenario = try scenario(
            #"{"trace": {"files": ["\#(folder.path)pods.csv", "\#(folder.path)nodes.csv"]}}"#)
        #expect(scenario.cluster.nodePools.map(\.count) == [2, 1])
        #expect(scenario.cluster.nodePools[0].capacity["alibabacloud.com/gpu-milli"]?.value == 2_000)
        #expect(scenario.cluster.nodePools[0].labels["alibabacloud.com/gpu-card-model"] == "V100M16")
        #expect(scenario.workload?.trace.format == .alibabaGPU2023)
        let run = ScenarioRun(scenario)
        try run.openWorkload()
        run.simulation.run(until: .start + .seconds(90))
        let pods = run.simulation.list(Pod.self)
        #expect(pods.map(\.metadata.name) == ["p0", "p1"])
        #expect(pods[0].metadata.annotations["alibabacloud.com/gpu-milli"] == "500")
        #expect(pods[0].metadata.annotations["simk.dev/run-time"] == "90s")
        #expect(pods.allSatisfy { $0.nodeName.hasPrefix("machines-1-") })
        #expect(pods[0].nodeName != pods[1].nodeName)
    }

    @Test("pods use what the trace has measured: fractions of requests, from each sample to the next")
    func usage() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "vmtable.csv",
            """
            vm-a,sub-1,dep-1,0,3600,90,40,80,Interactive,4,16
            vm-b,sub-1,dep-1,0,3600,90,40,80,Interactive,4,16

            """)
        try folder.write(
            "vm_cpu_readings-file-1-of-1.csv",
            """
            0,vm-a,10,90,50
            0,vm-b,10,90,25
            600,vm-a,10,90,100

            """)
        func run(_ extra: String) throws -> ScenarioRun {
            let scenario = try scenario(
                """
                {"trace": {"format": "azure-vm-2019", "folders": [""], "files": ["\(folder.path)vmtable.csv",
                  "\(folder.path)vm_cpu_readings-file-1-of-1.csv"]}\(extra)}
                """,
                cluster:
                    #"{"nodePools": [{"name": "n", "count": 1, "capacity": {"cpu": 10, "memory": "64Gi"}}]}"#)
            let run = ScenarioRun(scenario)
            try run.openWorkload()
            return run
        }
        let followed = try run("")
        followed.simulation.run(until: .start + .seconds(60 + 300))
        let early = followed.simulation.usage.cpuSeconds
        // 2 and 1 cores for five minutes, less the seconds of scheduling and starting.
        #expect(early > 3 * 290 && early < 3 * 300)
        // The pods run a few seconds after the machines did, and everything happens so much later to them.
        followed.simulation.run(until: .start + .seconds(60 + 620))
        let before = followed.simulation.usage.cpuSeconds
        followed.simulation.run(until: .start + .seconds(60 + 720))
        // From ten minutes on 4 and 1 cores.
        #expect(abs(followed.simulation.usage.cpuSeconds - before - 500) < 1)
        let ignored = try run(#", "usage": "behaviors""#)
        ignored.simulation.run(until: .start + .seconds(60 + 700))
        #expect(ignored.simulation.usage.cpuSeconds == 0)
    }

    @Test("what a task used before another, which it waited for, has ended counts from its own beginning on")
    func usageOfHeldPods() throws {
        let folder = try TemporaryFolder()
        // In the trace the second began a minute after the first; here it waits ten minutes for its end.
        try folder.write(
            "batch_task.csv",
            """
            M1,1,j_1,1,Terminated,0,600,100,1
            R2_1,1,j_1,1,Terminated,60,660,400,1

            """)
        try folder.write(
            "batch_instance.csv",
            """
            i1,R2_1,j_1,1,Terminated,60,260,m_1,1,1,100,100,1,1
            i2,R2_1,j_1,1,Terminated,260,460,m_1,1,1,300,300,1,1
            i3,R2_1,j_1,1,Terminated,460,700,m_1,1,1,200,200,1,1
            i4,R2_1,j_1,1,Terminated,660,700,m_1,1,1,400,400,1,1

            """)
        let scenario = try scenario(
            """
            {"trace": {"format": "alibaba-2018", "files": ["\(folder.path)batch_task.csv",
              "\(folder.path)batch_instance.csv"]}}
            """,
            cluster: #"{"nodePools": [{"name": "n", "count": 1, "capacity": {"cpu": 10, "memory": "64Gi"}}]}"#
        )
        let run = ScenarioRun(scenario)
        try run.openWorkload()
        run.simulation.run(until: .start + .seconds(60 + 610))
        func used(from: Int64, to: Int64) -> Double {
            run.simulation.run(until: .start + .seconds(from))
            let before = run.simulation.usage.cpuSeconds
            run.simulation.run(until: .start + .seconds(to))
            return (run.simulation.usage.cpuSeconds - before) / Double(to - from)
        }
        // The second runs from about 670 s on: a core for 200 s, three for 200 s, two until it ends at 600 s.
        #expect(run.simulation.workloadCounts?.heldBack == 1)
        #expect(abs(used(from: 700, to: 850) - 1) < 1e-9)
        #expect(abs(used(from: 900, to: 1_050) - 3) < 1e-9)
        #expect(abs(used(from: 1_100, to: 1_250) - 2) < 1e-9)
        #expect(abs(used(from: 1_300, to: 1_400) - 0) < 1e-9)
    }

    @Test("usage is that of the pod which had not ended: a task that was submitted again has two")
    func usageOfResubmittedTasks() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "part-00000-of-00500.csv",
            """
            600000000,,7,0,,0,u,1,4,0.125,0.1,0,0
            600000000,,7,0,5,1,u,1,4,0.125,0.1,0,0
            700000000,,7,0,5,3,u,1,4,0.125,0.1,0,0
            700000000,,7,0,,0,u,1,4,0.125,0.1,0,0
            710000000,,7,0,5,1,u,1,4,0.125,0.1,0,0
            1000000000,,7,0,5,4,u,1,4,0.125,0.1,0,0

            """)
        try folder.write(
            "task_usage.csv",
            """
            600000000,700000000,7,0,5,0.03125,0.05,0.06,0.006,0.007,0.06,0,0,0.125,0.01,2.5,,0,0,0.02
            710000000,1000000000,7,0,5,0.0625,0.05,0.06,0.006,0.007,0.06,0,0,0.125,0.01,2.5,,0,0,0.02

            """)
        let scenario = try scenario(
            """
            {"trace": {"format": "borg-2011", "files": ["\(folder.path)part-00000-of-00500.csv",
              "\(folder.path)task_usage.csv"]}}
            """,
            cluster: #"{"nodePools": [{"name": "n", "count": 1, "capacity": {"cpu": 10, "memory": "64Gi"}}]}"#
        )
        let run = ScenarioRun(scenario)
        try run.openWorkload()
        func used(from: Int64, to: Int64) -> Double {
            run.simulation.run(until: .start + .seconds(from))
            let before = run.simulation.usage.cpuSeconds
            run.simulation.run(until: .start + .seconds(to))
            return (run.simulation.usage.cpuSeconds - before) / Double(to - from)
        }
        // A core, then two, of the 32 that 1.0 stands for.
        #expect(abs(used(from: 680, to: 740) - 1) < 1e-9)
        #expect(abs(used(from: 800, to: 1_000) - 2) < 1e-9)
    }

    @Test("a job that thinks after the end of the one before it comes so much later")
    func thinkTime() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "log.swf",
            """
            ; Version: 2.2
            1 0 0 100 1 -1 -1 1 -1 -1 1 1 1 1 1 -1 -1 -1
            2 10 0 100 1 -1 -1 1 -1 -1 1 1 1 1 1 -1 1 500

            """)
        let scenario = try scenario(
            #"{"trace": {"format": "swf", "files": ["\#(folder.path)log.swf"]}}"#,
            cluster: #"{"nodePools": [{"name": "n", "count": 1, "capacity": {"cpu": 10, "memory": "64Gi"}}]}"#
        )
        let run = ScenarioRun(scenario)
        try run.openWorkload()
        run.simulation.run(until: .start + .seconds(60 + 590))
        #expect(run.simulation.workloadCounts?.waitingForOthers == 1)
        #expect(!run.simulation.list(Pod.self).contains { $0.metadata.name == "2" })
        run.simulation.run(until: .start + .seconds(60 + 620))
        #expect(run.simulation.workloadCounts?.waitingForOthers == 0)
        #expect(run.simulation.list(Pod.self).contains { $0.metadata.name == "2" })
    }

    @Test(
        "recordings of SimKube are applied at their times, in namespaces made for them, with pods that live as long",
        .enabled(if: SharedFiles.exists("traces/simkube"), Comment(rawValue: SharedFiles.missing)),
        arguments: [("bare-pods", 4, 3), ("cronjob", 3, 3), ("dsb-scaling", 54, 12)])
    func recordings(_ name: String, pods: Int, ended: Int) throws {
        let scenario = try scenario(
            #"{"trace": {"folders": [""], "files": ["\#(SharedFiles.folder.path)/traces/simkube/\#(name).sktrace"]}}"#,
            cluster:
                #"{"nodePools": [{"name": "n", "count": 10, "capacity": {"cpu": 32, "memory": "128Gi"}}]}"#)
        let run = ScenarioRun(scenario)
        try run.openWorkload()
        run.run()
        let figures = try #require(run.meter).figures(at: run.simulation.now)
        #expect(figures.created == pods && figures.neverScheduled == 0)
        #expect(figures.succeeded == ended)
    }

    @Test("a recorded Job's pods run as long as the recorded ones did, one after the other")
    func lifetimes() throws {
        final class Recording: WorkloadSource {
            var arrivals: [WorkloadArrival]
            init(_ arrivals: [WorkloadArrival]) { self.arrivals = arrivals }
            func next() -> WorkloadArrival? { arrivals.isEmpty ? nil : arrivals.removeFirst() }
        }
        let job: JSONValue = [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "steps", "namespace": "default"],
            "spec": [
                "completions": 3, "parallelism": 1,
                "template": [
                    "spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "c:1"]]]
                ],
            ],
        ]
        var scenario = try ScenarioLoader.parse(
            """
            {"apiVersion": "simk.dev/v1", "kind": "Scenario", "metadata": {"name": "t"}, "duration": "1h",
             "cluster": \(Self.pool)}
            """, .json, name: "t.json")
        scenario.seed = 7
        let run = ScenarioRun(scenario, isMetered: true)
        let time = VirtualTime.start + .seconds(60)
        let owner = WorkloadOwner(kind: .job, key: ObjectKey(namespace: "default", name: "steps"))
        run.simulation.attach(
            Recording([
                WorkloadArrival(
                    time: time, .lifetimes(of: owner, [.seconds(40), .seconds(7), .seconds(300)])),
                WorkloadArrival(time: time, .command(.apply([AppliedManifest(job)]))),
            ]), retention: .seconds(60))
        run.run()
        func age(_ pod: Pod) -> Int64 { pod.metadata.creationTimestamp?.seconds ?? 0 }
        let pods: [Pod] = run.simulation.list(Pod.self).sorted { age($0) < age($1) }
        #expect(
            pods.map { $0.metadata.annotations["simk.dev/run-time"] } == [
                "40000000000ns", "7000000000ns", "300000000000ns",
            ])
        #expect(pods.allSatisfy { $0.status.phase == .succeeded })
    }

    @Test("records of a disordered trace come out in the order of their times")
    func order() throws {
        final class Pieces: TraceSource {
            var pieces: [[Int64]]
            var tally = TraceTally()
            init(_ pieces: [[Int64]]) { self.pieces = pieces }
            func nextPiece() -> [TraceRecord]? {
                if pieces.isEmpty { return nil }
                return pieces.removeFirst().map {
                    .task(
                        TraceTask(
                            id: "\($0)", submission: .start + .seconds($0), requests: TraceResources()))
                }
            }
        }
        let pieces: [[Int64]] = [[5, 3, 9], [], [7, 8, 12, 4], [12, 11], [20]]
        var survey = TraceSurvey()
        let first = Pieces(pieces)
        while let piece = first.nextPiece() { for record in piece { survey.take(record) } }
        #expect(survey.disorder == .seconds(8))
        let stream = TraceStream(Pieces(pieces), disorder: survey.disorder)
        var times: [Int64] = []
        while let record = try stream.next() { times.append(record.time.sinceStart.wholeSeconds) }
        #expect(times == [3, 4, 5, 7, 8, 9, 11, 12, 12, 20])
    }

    @Test(
        "ids become names that Kubernetes takes",
        arguments: [("instance_3", "instance-3"), ("openb-pod-0000", "openb-pod-0000"), ("17", "17")])
    func names(id: String, expected: String) { #expect(TracePodMaker.name(of: id) == expected) }

    @Test("ids with other characters get a hash, so that they stay apart")
    func hashedNames() {
        let names = ["A/b", "a/b", "a-b", "", "-", String(repeating: "x", count: 300)].map(TracePodMaker.name)
        #expect(Set(names).count == names.count)
        for name in names { #expect(SelectorText.isDNSName(name), "\(name)") }
        #expect(TracePodMaker.labelValue("b3PQNR+Kg8=") != TracePodMaker.labelValue("b3PQNR-Kg8="))
        #expect(SelectorText.isValue(TracePodMaker.labelValue("b3PQNR+Kg8=")))
    }

    @Test("durations are exact as Go writes them")
    func durations() {
        #expect(TracePodMaker.goText(.seconds(90)) == "90s")
        #expect(TracePodMaker.goText(.milliseconds(1_500)) == "1s500000000ns")
        #expect(TracePodMaker.goText(.nanoseconds(7)) == "7ns")
    }

    @Test("mistakes are told with what to do")
    func mistakes() throws {
        let missing = faults(#"{"trace": {"files": ["traces/none.swf"], "source": "example.org"}}"#)
        #expect(missing.count == 1)
        #expect(missing[0].contains("none.swf: the trace's file is not there: looked for it as "))
        #expect(missing[0].hasSuffix("Its publisher has it: example.org"))
        let noMachines = faults(Self.small)
        #expect(noMachines.count == 1 && noMachines[0].contains("the trace has no machines."))
        let window = faults(
            #"{"trace": {"files": ["traces/small.swf"], "from": "10h"}}"#, cluster: Self.pool)
        #expect(window == ["workload.trace: the trace has no tasks, or the window leaves none of them"])
        let format = faults(#"{"trace": {"files": ["traces/small.swf"], "format": "swv"}}"#)
        #expect(format.count == 1 && format[0].contains("swf"))
        let key = faults(#"{"trace": {"files": ["traces/small.swf"], "form": "10h"}}"#)
        #expect(key.count == 1 && key[0].contains("form"))
    }
}
