import ControlPlane
import KubernetesModel
import Simulation
import SimulationKernel
import TestSupport
import Testing
import TraceFiles
import Workloads

@testable import Scenarios

@Suite("Machines of a trace as they change")
struct MachineAttributeTests {
    private static let options = ScenarioLoader.Options(traces: TraceFileOpener())

    private func run(_ files: [(name: String, text: String)], format: String) throws -> ScenarioRun {
        let folder = try TemporaryFolder()
        for file in files { try folder.write(file.name, file.text) }
        let paths = files.map { "\"\(folder.path)\($0.name)\"" }.joined(separator: ", ")
        let scenario = try ScenarioLoader.parse(
            """
            {"apiVersion": "simk.dev/v1", "kind": "Scenario", "metadata": {"name": "t"}, "cluster": {},
             "workload": {"trace": {"format": "\(format)", "files": [\(paths)]}}}
            """, .json, name: "t.json", options: Self.options)
        let run = ScenarioRun(scenario)
        try run.openWorkload()
        return run
    }

    /// A machine with an attribute, one without, and a task with a constraint of Borg 2019.
    private func placement(relation: Int, value: String, machines: String) throws -> String {
        let run = try run(
            [
                (
                    "machine_events.csv",
                    "time,machine_id,type,switch_id,capacity.cpus,capacity.memory,platform_id\n"
                        + "0,5,1,s,1,1,p\n0,6,1,s,1,1,p\n"
                ),
                ("machine_attributes.csv", "time,machine_id,name,value,deleted\n" + machines),
                (
                    "collection_events.csv",
                    "time,type,collection_id,user\n600000000,0,10,u\n"
                ),
                (
                    "instance_events.csv",
                    "time,type,collection_id,instance_index,resource_request.cpus,resource_request.memory,"
                        + "constraint\n600000000,0,10,0,0.05,0.02,"
                        + "\"[{\"\"name\"\":\"\"arch\"\",\"\"value\"\":\"\"\(value)\"\",\"\"relation\"\":\(relation)}]\"\n"
                ),
            ], format: "borg-2019")
        run.simulation.run(until: .start + .seconds(720))
        let pod = try #require(run.simulation.list(Pod.self).first)
        guard !pod.nodeName.isEmpty else { return "" }
        return run.scenario.workload?.nodeOfMachine.first { $0.value == pod.nodeName }?.key ?? "?"
    }

    @Test(
        "a constraint of Borg is fulfilled by the machine whose attribute does, whatever file it stands in",
        arguments: [
            (0, "y", "0,5,arch,x,false\n0,6,arch,y,false\n", "6"),
            (1, "y", "0,5,arch,x,false\n0,6,arch,y,false\n", "5"),
            // Without a value: the attribute is absent, or it is present.
            (0, "", "0,5,arch,x,false\n", "6"), (1, "", "0,5,arch,x,false\n", "5"),
            (2, "4", "0,5,arch,3,false\n0,6,arch,4,false\n", "5"),
            (3, "3", "0,5,arch,3,false\n0,6,arch,4,false\n", "6"),
            (4, "3", "0,5,arch,3,false\n0,6,arch,4,false\n", "5"),
            (5, "4", "0,5,arch,3,false\n0,6,arch,4,false\n", "6"),
            (6, "", "0,5,arch,3,false\n", "5"), (7, "", "0,5,arch,3,false\n", "6"),
            // An attribute that came, or went, while the cluster runs.
            (0, "y", "0,5,arch,x,false\n0,6,arch,x,false\n300000000,6,arch,y,false\n", "6"),
            (0, "y", "0,5,arch,y,false\n0,6,arch,y,false\n300000000,5,arch,,true\n", "6"),
            (0, "z", "0,5,arch,x,false\n0,6,arch,y,false\n", ""),
        ])
    func constraints(relation: Int, value: String, attributes: String, machine: String) throws {
        #expect(try placement(relation: relation, value: value, machines: attributes) == machine)
    }

    @Test("a machine that reports an error takes nothing new until it is added again")
    func faults() throws {
        let run = try run(
            [
                (
                    "server_event.csv",
                    "0,1,add,,64,0.69,0.5\n100,1,softerror,disk,,,\n500,1,add,,64,0.69,0.5\n"
                ),
                ("container_event.csv", "10,Create,1,1,4,0.01,0.01,\n200,Create,2,1,4,0.01,0.01,\n"),
            ], format: "alibaba-2017")
        run.simulation.run(until: .start + .seconds(60 + 400))
        let node = try #require(run.simulation.list(Node.self).first)
        #expect(node.spec.unschedulable)
        #expect(run.simulation.list(Pod.self).filter { $0.nodeName.isEmpty }.count == 1)
        let verdicts = run.meter?.figures(at: run.simulation.now).verdicts ?? []
        #expect(verdicts.count == 1 && verdicts[0].pods == 1)
        #expect(verdicts.first?.message.hasPrefix("0/1 nodes are available: ") == true)
        run.simulation.run(until: .start + .seconds(60 + 900))
        #expect(run.simulation.list(Pod.self).allSatisfy { !$0.nodeName.isEmpty })
    }

    @Test("the largest share of a resource is never below the average, also when machines leave")
    func peaks() throws {
        let run = try run(
            [
                (
                    "machine_events.csv",
                    "time,machine_id,type,switch_id,capacity.cpus,capacity.memory,platform_id\n"
                        + "0,5,1,s,1,1,p\n0,6,1,s,0.25,0.25,p\n700000000,5,2,s,,,p\n"
                ),
                ("collection_events.csv", "time,type,collection_id,user\n600000000,0,10,u\n"),
                (
                    "instance_events.csv",
                    "time,type,collection_id,instance_index,resource_request.cpus,resource_request.memory\n"
                        + "600000000,0,10,0,0.2,0.2\n600000000,0,10,1,0.2,0.2\n"
                ),
            ], format: "borg-2019")
        run.run()
        let figures = try #require(run.meter).figures(at: run.simulation.now)
        #expect(figures.resources.count >= 2)
        for resource in figures.resources where resource.allocatable > 0 {
            #expect(resource.peakShare >= (resource.allocatedShare ?? 0))
        }
        // A fifth of 64 cores on a machine of 16, while the other one is gone.
        #expect((figures.resources.first?.peakShare ?? 0) >= 0.8)
    }

    @Test("a sample that leaves nothing of a trace is known, and so is one request that fits on no node")
    func nothingLeft() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "log.swf", "; Version: 2.2\n1 0 0 100 8 -1 -1 8 -1 -1 1 1 1 1 1 -1 -1 -1\n")
        func load(_ extra: String) throws -> Scenario {
            try ScenarioLoader.parse(
                """
                {"apiVersion": "simk.dev/v1", "kind": "Scenario", "metadata": {"name": "t"},
                 "cluster": {"nodePools": [{"name": "n", "count": 1, "capacity": {"cpu": "500m", "memory": "1Gi"}}]},
                 "workload": {"trace": {"files": ["\(folder.path)log.swf"]\(extra)}}}
                """, .json, name: "t.json", options: Self.options)
        }
        let run = ScenarioRun(try load(#", "sample": 0.000001"#))
        try run.openWorkload()
        run.run()
        #expect(run.tookNothing)
        let warnings = try load("").warnings.map(\.problem.message)
        #expect(warnings.contains { $0.hasPrefix("no node has the 1 of cpu that the largest request asks for") })
    }
}
