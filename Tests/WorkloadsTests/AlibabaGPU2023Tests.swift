import SimulationKernel
import TestSupport
import Testing
import Workloads

@Suite("Alibaba GPU 2023")
struct AlibabaGPU2023Tests {
    static let folder = "traces/alibaba-gpu-2023"

    static func read(
        _ files: [(TraceTable, String)], options: TraceOptions = TraceOptions()
    ) throws -> LoadedTrace {
        try LoadedTrace.read(
            files.map { (table: $0.0, name: "openb.csv", bytes: Array($0.1.utf8)) }, with: AlibabaGPU2023(),
            options: options)
    }

    static let podHeader =
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,"
        + "scheduled_time\n"

    @Test("a pod's columns become the fields of a task")
    func podRow() throws {
        let text = Self.podHeader + "p-1,6000,12288,1,460,V100M16|V100M32,LS,Running,10,40,15\n"
        let trace = try Self.read([(AlibabaGPU2023.pods, text)])
        let task = try #require(trace.tasks.first)
        #expect(task.id == "p-1")
        #expect(
            task.requests
                == TraceResources(milliCPU: 6_000, memoryBytes: 12_288 << 20, gpuCount: 1, gpuMilli: 460))
        #expect(task.gpuModels == ["V100M16", "V100M32"])
        #expect(task.submission == .start + .seconds(10))
        #expect(task.start == .start + .seconds(15))
        #expect(task.lifetime == .seconds(25))
        #expect(task.qos == .latencySensitive)
    }

    @Test("a node's columns become a machine")
    func nodeRow() throws {
        let text = "sn,cpu_milli,memory_mib,gpu,model\r\nn-1,64000,262144,2,P100\r\n"
        let trace = try Self.read([(AlibabaGPU2023.nodes, text)])
        let machine = try #require(trace.machines.first).machine
        #expect(machine.id == "n-1")
        #expect(machine.gpuModel == "P100")
        #expect(machine.capacity.totalGPUMilli == 2_000)
        #expect(machine.capacity.memoryBytes == 262_144 << 20)
    }

    @Test(
        "a row that cannot be used is named with its line and reason",
        arguments: [
            ("p,x,1,0,0,,LS,Running,0,1,0", "cpu_milli: found 'x', expected a whole number"),
            ("p,-5,1,0,0,,LS,Running,0,1,0", "cpu_milli: found '-5', expected a whole number of at least 0"),
            ("p,1,NaN,0,0,,LS,Running,0,1,0", "memory_mib: found 'NaN', expected a number"),
            (
                "p,1,1,1,1001,,LS,Running,0,1,0",
                "gpu_milli: found '1001', expected at most 1000, a whole device"
            ),
            (
                "p,1,1,0,0,,LS,Running,-3,1,0",
                "creation_time: found '-3', expected a time that is not negative and in range"
            ),
            ("p,1,1,0,0,,XX,Running,0,1,0", "qos: found 'XX', expected LS, BE, Burstable or Guaranteed"),
            ("p,1,1", "found 3 fields, expected 11"),
            (",1,1,0,0,,LS,Running,0,1,0", "name: found an empty field, expected a name"),
            ("ok,1,1,0,0,,LS,Running,0,1,0", "name: found 'ok' a second time, expected every id once"),
        ])
    func badRows(row: String, reason: String) throws {
        var options = TraceOptions()
        options.badRows = .skip
        let text = Self.podHeader + "ok,1,1,0,0,,LS,Running,0,1,0\n" + row + "\n"
        let trace = try Self.read([(AlibabaGPU2023.pods, text)], options: options)
        #expect(trace.tasks.count == 1)
        #expect(trace.tally.badRows == 1)
        #expect(trace.tally.firstBadRows.map(\.description) == ["openb.csv:3: \(reason)"])

        #expect(throws: TraceError.self) { try Self.read([(AlibabaGPU2023.pods, text)]) }
    }

    @Test("a file of another format is refused by its header")
    func wrongHeader() {
        let error = #expect(throws: TraceError.self) {
            try Self.read([(AlibabaGPU2023.pods, "a,b,c\n1,2,3\n")])
        }
        #expect(
            error?.description
                == "openb.csv: found a first line that begins with 'a', expected a header of alibaba-gpu-2023 "
                + "(pods) with the columns name, cpu_milli, memory_mib, num_gpu, gpu_milli")
    }

    @Test(
        "the published trace reads whole",
        .enabled(if: SharedFiles.exists(folder), Comment(rawValue: SharedFiles.missing)))
    func publishedTrace() throws {
        let nodes = try SharedFiles.lines(Self.folder + "/openb_node_list_gpu_node.csv")
        let pods = try SharedFiles.lines(Self.folder + "/openb_pod_list_default.csv")
        let trace = try Self.read([
            (AlibabaGPU2023.nodes, nodes.joined(separator: "\n")),
            (AlibabaGPU2023.pods, pods.joined(separator: "\n")),
        ])
        // The figures of the experiment's description: 1,213 nodes, 6,212 GPUs, 107,018 cores, 8,152 pods.
        #expect(trace.machines.count == 1_213)
        #expect(trace.machines.reduce(0) { $0 + $1.machine.capacity.gpuCount } == 6_212)
        #expect(trace.machines.reduce(0) { $0 + $1.machine.capacity.milliCPU } == 107_018_000)
        #expect(trace.tasks.count == 8_152)
        #expect(trace.tally.badRows == 0)
    }
}
