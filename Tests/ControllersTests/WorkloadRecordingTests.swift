import ControlPlane
import Controllers
import Foundation
import KubernetesModel
import TestSupport
import Testing

@Suite("Recordings of the real controllers")
struct WorkloadRecordingTests {
    static func configure(_ manager: inout ControllerManager, _ epoch: CalendarTime) {
        manager.add(ReplicaSetController())
        manager.add(ReplicationControllerController())
        manager.add(DeploymentController())
        manager.add(DisruptionController())
        manager.add(GarbageCollectorController())
        manager.add(NamespaceController())
        manager.add(ResourceQuotaController())
        manager.add(ServiceAccountController())
        manager.add(RootCertificatePublisher())
    }

    @Test(
        "as many cases agree as before",
        .enabled(
            if: SharedFiles.exists("conformance/controllers/deployment.jsonl"),
            Comment(rawValue: SharedFiles.missing)),
        arguments: [("replicaset", 32), ("deployment", 69), ("pdb", 30), ("quota", 17), ("limitrange", 5)])
    func agreement(_ category: String, atLeast expected: Int) throws {
        let file = "conformance/controllers/\(category).jsonl"
        var agreed: [String] = []
        var report = ""
        let only = ProcessInfo.processInfo.environment["SIMK_REPLAY_CASE"]
        for line in try SharedFiles.lines(file) where only.map({ line.contains("\"id\":\"\($0)\"") }) ?? true
        {
            let replay = RecordingReplay(try JSONParser.parse(line), configure: Self.configure)
            let id = replay.recording["id"]?.stringValue ?? ""
            if replay.run() {
                agreed.append(id)
            } else {
                report += "== \(id) \(replay.unsupported)\n"
                report += replay.differences.prefix(6).map(\.description).joined(separator: "\n") + "\n"
            }
        }
        if let path = ProcessInfo.processInfo.environment["SIMK_REPLAY_REPORT"] {
            try report.write(toFile: "\(path)/\(category).txt", atomically: true, encoding: .utf8)
        }
        #expect(agreed.count >= expected, "\(agreed.count) agreed")
    }
}
