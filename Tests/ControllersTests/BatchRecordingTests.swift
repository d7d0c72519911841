import ControlPlane
import Controllers
import Foundation
import KubernetesModel
import TestSupport
import Testing

@Suite("Recordings of the real DaemonSet, Job and CronJob controllers")
struct BatchRecordingTests {
    static func configure(_ manager: inout ControllerManager, _ epoch: CalendarTime) {
        manager.add(DaemonSetController())
        manager.add(JobController())
        manager.add(CronJobController(epoch: epoch))
        manager.add(TTLAfterFinishedController())
        manager.add(GarbageCollectorController())
        manager.add(NamespaceController())
        manager.add(NodeTTLController())
    }

    @Test(
        "all cases agree",
        .enabled(
            if: SharedFiles.exists("conformance/controllers/job.jsonl"),
            Comment(rawValue: SharedFiles.missing)),
        arguments: [("daemonset", 32), ("job", 55)])
    func agreement(_ category: String, count expected: Int) throws {
        var agreed = 0
        var report = ""
        let only = ProcessInfo.processInfo.environment["SIMK_REPLAY_CASE"]
        for line in try SharedFiles.lines("conformance/controllers/\(category).jsonl")
        where only.map({ line.contains("\"id\":\"\($0)\"") }) ?? true {
            let replay = RecordingReplay(try JSONParser.parse(line), configure: Self.configure)
            let id = replay.recording["id"]?.stringValue ?? ""
            if replay.run() {
                agreed += 1
            } else {
                report += "== \(id) \(replay.unsupported)\n"
                report += replay.differences.prefix(8).map(\.description).joined(separator: "\n") + "\n"
            }
        }
        if let path = ProcessInfo.processInfo.environment["SIMK_REPLAY_REPORT"] {
            try report.write(toFile: "\(path)/\(category).txt", atomically: true, encoding: .utf8)
        }
        #expect(agreed == expected)
    }
}
