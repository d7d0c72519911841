import Foundation
import SimulationKernel
import Stochastics
import Testing
import TraceFiles
import Workloads

@Suite("Descriptions of made-up workloads")
struct SyntheticFileTests {
    static let day = """
        {"kind": "SyntheticWorkload", "until": 3600,
         "jobs": [
           {"name": "train", "arrivals": {"diurnal": {"rate": 0.05, "amplitude": 0.5, "peak": 1800}},
            "duration": {"pareto": {"shape": 2, "scale": 30}}, "cpu": {"uniform": {"low": 1, "high": 4}},
            "memory": {"logNormal": {"mu": 1, "sigma": 0.5}}, "gpu": 2, "gpuModels": ["A100"],
            "instances": {"empirical": {"values": [1, 4], "weights": [3, 1]}}, "gang": true,
            "priority": 10, "qos": "burstable", "users": 3, "limit": 50},
           {"name": "query", "arrivals": {"bursts": {"rate": 0.01, "size": 20, "spacing": 0.5}},
            "duration": {"hyperexponential": {"probability": 0.9, "firstMean": 1, "secondMean": 60}},
            "cpu": 0.25},
           {"name": "tick", "arrivals": {"poisson": {"rate": 0.02}}, "duration": 1, "cpu": 0.1},
           {"name": "wave", "arrivals": {"markovModulated": [{"rate": 0.2, "mean": 60}, {"rate": 0, "mean": 300}]},
            "duration": 1, "cpu": 0.1}],
         "services": [{"name": "web", "count": 3, "cpu": 2, "memory": 4, "replicas": 5, "maxPerMachine": 1}]}
        """

    @Test("every part of a description counts")
    func tasks() throws {
        var tasks = SyntheticTasks(try SyntheticFile.workload(Self.day, file: "day.json"), seed: 3)
        var all: [TraceTask] = []
        while let task = tasks.next() { all.append(task) }
        let train = all.filter { $0.id.hasPrefix("train-") }
        #expect(train.count == 50)
        #expect(train.allSatisfy { $0.requests.gpuCount == 2 && $0.gpuModels == ["A100"] })
        #expect(
            train.allSatisfy { (1_000...4_000).contains($0.requests.milliCPU) && $0.gangSize == $0.instances }
        )
        #expect(train.allSatisfy { ($0.duration?.fractionalSeconds ?? 0) >= 30 && $0.priority == 10 })
        // The median of the memory is e GiB.
        let memory = train.map { Double($0.requests.memoryBytes) / 0x1p30 }.sorted()
        #expect((1.5...4.5).contains(memory[25]))
        #expect(Set(train.map(\.user)).count == 3 && Set(train.map(\.instances)) == [1, 4])
        let web = all.filter { $0.id.hasPrefix("web-") }
        #expect(web.count == 3 && web.allSatisfy { $0.instances == 5 && $0.maxPerMachine == 1 })
        #expect(all.contains { $0.id.hasPrefix("query-") && $0.requests.milliCPU == 250 })
        #expect(all.contains { $0.id.hasPrefix("tick-") } && all.contains { $0.id.hasPrefix("wave-") })
        #expect(zip(all, all.dropFirst()).allSatisfy { $0.submission <= $1.submission })
    }

    @Test("the same seed makes the same file, another one another")
    func seeds() throws {
        let workload = try SyntheticFile.workload(Self.day, file: "day.json")
        let folder = FileManager.default.temporaryDirectory.appending(path: "synthetic-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func bytes(_ seed: UInt64) throws -> [UInt8] {
            let path = folder.appending(path: "\(seed).simktrace").path
            let summary = try TraceImport.write(workload, seed: seed, to: path)
            let trace = try TraceFileSet.open([path]).load()
            #expect(trace.tasks.count == summary.tasks && summary.tasks > 50)
            return try ByteSource.contents(of: path, limit: 1 << 24)
        }
        #expect(try bytes(1) == bytes(1))
        #expect(try bytes(1) != bytes(2))
    }

    @Test(
        "what is wrong is told with its place",
        arguments: [
            ("{", "w.json:1:2: "),
            ("{\"kind\": \"Scenario\"}", "w.json.kind: found \"Scenario\", expected \"SyntheticWorkload\""),
            ("{\"kind\": \"SyntheticWorkload\"}", "w.json: 'until' is missing"),
            ("{\"kind\": \"SyntheticWorkload\", \"until\": 1}", "w.json: found neither jobs nor services"),
            ("{\"kind\": \"SyntheticWorkload\", \"until\": 1, \"job\": []}", "w.json.job: is no key here"),
            (job("\"cpu\": \"1\""), "w.json.jobs[0].cpu: found \"1\", expected an object"),
            (job("\"cpu\": {\"normal\": {}}"), "w.json.jobs[0].cpu.normal: is no key here"),
            (job("\"cpu\": {\"pareto\": {\"shape\": 1}}"), "w.json.jobs[0].cpu.pareto: 'scale' is missing"),
            (
                job("\"cpu\": {\"pareto\": {\"shape\": 1, \"scale\": 2}}"),
                "w.json: j.milliCPU.shape: found 1.0, expected a finite number above 1"
            ),
            (
                job("\"cpu\": 1, \"qos\": \"best\""),
                "w.json.jobs[0].qos: found \"best\", expected unspecified"
            ),
            (
                job("\"cpu\": 1, \"users\": 0"),
                "w.json.jobs[0].users: found 0, expected a whole number from 1"
            ),
        ])
    func faults(text: String, message: String) {
        let fault = #expect(throws: SyntheticFile.Fault.self) {
            try SyntheticFile.workload(text, file: "w.json")
        }
        #expect(fault?.description.hasPrefix(message) == true, "\(fault?.description ?? "")")
    }

    static func job(_ members: String) -> String {
        "{\"kind\": \"SyntheticWorkload\", \"until\": 1, \"jobs\": [{\"name\": \"j\", \"arrivals\": "
            + "{\"poisson\": {\"rate\": 1}}, \(members)}]}"
    }
}
