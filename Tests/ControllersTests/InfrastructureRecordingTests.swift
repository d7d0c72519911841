import ControlPlane
import Controllers
import Foundation
import KubernetesModel
import SimulationKernel
import TestSupport
import Testing

@Suite("Recordings of node lifecycle and volumes")
struct InfrastructureRecordingTests {
    static let folder = "conformance/controllers"

    /// The recordings' controllers; `--terminated-pod-gc-threshold` and the like are flags of single cases.
    static func configure(_ recording: JSONValue, _ manager: inout ControllerManager) {
        func seconds(_ flag: String, _ value: inout VirtualDuration) {
            let text = recording["flags"]?[flag]?.stringValue ?? ""
            if let number = Int64(text.dropLast()) { value = .seconds(number) }
        }
        manager.add(NodeTTLController())
        if recording["lifecycle"] == true {
            var options = NodeLifecycleOptions()
            seconds("node-monitor-period", &options.monitorPeriod)
            seconds("node-monitor-grace-period", &options.monitorGracePeriod)
            seconds("node-startup-grace-period", &options.startupGracePeriod)
            manager.add(NodeLifecycleController(options: options))
            manager.add(TaintEvictionController())
        }
        let threshold = recording["flags"]?["terminated-pod-gc-threshold"]?.stringValue.flatMap { Int($0) }
        manager.add(PodGCController(terminatedPodThreshold: threshold ?? 12_500))
        manager.add(PersistentVolumeController())
        manager.add(PVCProtectionController())
        manager.add(PVProtectionController())
        manager.add(AttachDetachController())
    }

    /// How many cases agree in every step: 18 of 20, and all 13.
    ///
    /// In `zone-partial-3-of-4` and `-4-of-5` two nodes wait when the zone recovers, and the recorded run
    /// tainted the later one first. Upstream takes waiting nodes out and in again at every pass, in the order
    /// of a hash table, so either may be first (in `3-of-6` it was the earlier one); here it is always the
    /// earlier one.
    ///
    /// The recordings do not say how long the controllers had been running, so it is not known when they
    /// resync claims (every 15 s): a case agrees if it does so with one of a few phases.
    @Test(
        "as many cases agree as before",
        .enabled(if: SharedFiles.exists(folder), Comment(rawValue: SharedFiles.missing)),
        arguments: [("nodelifecycle", 18), ("volume", 13)])
    func agreement(category: String, atLeast expected: Int) throws {
        var agreed = 0
        var report = ""
        for line in try SharedFiles.lines("\(Self.folder)/\(category).jsonl") {
            let recording = try JSONParser.parse(line)
            var differences: [String] = []
            for phase in [Int64(0), 3, 6, 9, 12] {
                let replay = InfrastructureReplay(recording, phase: .seconds(phase)) {
                    Self.configure(recording, &$0)
                }
                let found = replay.play()
                if phase == 0 || found.count < differences.count { differences = found }
                if differences.isEmpty { break }
            }
            if differences.isEmpty { agreed += 1 }
            report += "== \(recording["id"]?.stringValue ?? "") \(differences.count)\n"
            for difference in differences.prefix(8) { report += "  \(difference)\n" }
        }
        if let path = ProcessInfo.processInfo.environment["SIMK_REPLAY_REPORT"] {
            try report.write(toFile: "\(path)/\(category).txt", atomically: true, encoding: .utf8)
        }
        #expect(agreed >= expected, "\(agreed) agreed")
    }
}
