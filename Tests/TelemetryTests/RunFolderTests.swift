import ControlPlane
import Foundation
import GRDB
import KubernetesModel
import Simulation
import SimulationKernel
import Telemetry
import Testing

@Suite("Run folder")
struct RunFolderTests {
    private func scratch() -> URL {
        FileManager.default.temporaryDirectory.appending(path: "simk-run-folder-\(UUID().uuidString)")
    }

    private let record = TimelineRecord(
        number: 0, time: .start + .milliseconds(350_008), category: .node, kind: .node,
        key: ObjectKey(name: "data-2"), reason: "NodeStatusUnknown", message: "Ready is Unknown",
        cause: "node-monitor-grace-period 50s", isWarning: true)
    private let sample = MetricSample(
        time: .start + .milliseconds(350_007), name: "nodesReady", kind: nil, key: ObjectKey(name: ""),
        value: 14)

    @Test("the files hold what was added, exactly")
    func contents() throws {
        let url = scratch()
        defer { try? FileManager.default.removeItem(at: url) }
        let folder = try RunFolder(url)
        folder.add(record)
        folder.add(sample)
        let row = ExpectationRow(
            name: "found dead", condition: "within 1m", verdict: "held", time: record.time, state: "Unknown")
        try folder.finish(run: ["version": "0", "seed": 7, "digest": "abc"], expectations: [row])

        let lines = try String(contentsOf: url.appending(path: "timeline.jsonl"), encoding: .utf8)
        #expect(
            lines == """
                {"time":"5m50.008s","nanoseconds":350008000000,"category":"node","reason":"NodeStatusUnknown","message":"Ready is Unknown","kind":"Node","name":"data-2","cause":"node-monitor-grace-period 50s","warning":true}

                """)
        let metrics = try String(contentsOf: url.appending(path: "metrics.csv"), encoding: .utf8)
        #expect(metrics == "seconds,metric,kind,namespace,name,value\n350.007000000,nodesReady,,,,14\n")
        let database = try DatabaseQueue(path: url.appending(path: "results.sqlite").path)
        try database.read { database in
            let causes = try String.fetchAll(
                database, sql: "SELECT cause FROM timeline WHERE name = 'data-2'")
            #expect(causes == ["node-monitor-grace-period 50s"])
            let verdicts = try String.fetchAll(database, sql: "SELECT verdict FROM expectation")
            #expect(verdicts == ["held"])
            let digest = try String.fetchOne(database, sql: "SELECT value FROM run WHERE key = 'digest'")
            #expect(digest == "abc")
        }
    }

    @Test("a folder that holds a run is not written over")
    func notEmpty() throws {
        let url = scratch()
        defer { try? FileManager.default.removeItem(at: url) }
        let folder = try RunFolder(url)
        try folder.finish(run: [:], expectations: [])
        #expect(throws: RunFolderError.self) { try RunFolder(url) }
    }
}
