import ControlPlane
import Controllers
import Foundation
import KubernetesModel
import SimulationKernel
import TestSupport
import Testing

/// Recordings of the real v1.36.2 controllers, played step by step.
@Suite("Lifecycle recordings")
struct LifecycleRecordingTests {
    static let folder = "conformance/controllers"

    /// How many of the cases of a file agree in every step; a change for the worse fails.
    ///
    /// The other is about the validation under a gate that is off by default.
    @Test(
        "cases agree with what the real controllers did",
        .enabled(if: SharedFiles.exists(folder), Comment(rawValue: SharedFiles.missing)),
        arguments: [("statefulset", 79), ("endpoints", 21), ("gc", 8), ("namespace", 3)])
    func agreement(category: String, expected: Int) throws {
        var agreeing = 0
        var total = 0
        for line in try SharedFiles.lines("\(Self.folder)/\(category).jsonl") {
            let recorded = try JSONParser.parse(line)
            total += 1
            let hasGate = recorded["featureGates"]?["MaxUnavailableStatefulSet"] == true
            let replay = LifecycleReplay(recorded) { manager, epoch in
                manager.add(StatefulSetController(respectsMaxUnavailable: hasGate))
                manager.add(EndpointsController(epoch: epoch))
                manager.add(EndpointSliceController(epoch: epoch))
                manager.add(GarbageCollectorController())
                manager.add(PodGCController())
                manager.add(NamespaceController())
                manager.add(PVCProtectionController())
                if category == "namespace" {
                    manager.add(ServiceAccountController())
                    manager.add(RootCertificatePublisher())
                }
            }
            let mismatches = replay.play(recorded)
            if mismatches.isEmpty {
                agreeing += 1
            } else if ProcessInfo.processInfo.environment["SIMK_SHOW_MISMATCHES"] != nil {
                print("--- \(recorded["id"]?.stringValue ?? ""): \(mismatches.count)")
                for mismatch in mismatches.prefix(4) { print("   ", mismatch) }
            }
        }
        print("\(category): \(agreeing) of \(total)")
        #expect(agreeing >= expected, "\(agreeing) of \(total) cases of \(category) agree")
    }
}
