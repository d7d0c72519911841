import Foundation
import KubernetesModel
import Testing
import TraceFiles

@testable import Scenarios

/// The project's own folders, found from this file's place.
enum ProjectFolder {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path(percentEncoded: false)

    static let scenarios = [
        "autoscaling", "batch-jobs", "crash-loop", "daemonset-rollout", "data-locality", "deadlines",
        "disk-failure", "drain-with-pdb", "gang", "gpu-sharing", "kubelet-partition", "memory-pressure",
        "node-failure",
        "quota", "rolling-update",
        "scheduler-failover", "sidecar-patterns", "statefulset-failover", "stochastic-failures",
        "trace-replay", "why-pending", "zone-outage",
    ]

    /// Those whose workload is a trace for the scheduler alone.
    static let replays = ["fgd-atc23", "gpu-replay"]
}

@Suite("Shipped scenarios")
struct ShippedScenariosTests {
    @Test("each loads without an error or a warning, in strict mode", arguments: ProjectFolder.scenarios)
    func loads(name: String) throws {
        let path = ProjectFolder.root + "scenarios/\(name).json"
        let scenario = try ScenarioLoader.load(
            path: path, options: .init(isStrict: true, traces: TraceFileOpener()))
        #expect(scenario.metadata.name == name)
        #expect(scenario.warnings.map(\.description) == [])
        #expect(!scenario.expectations.isEmpty)
        #expect(!scenario.manifests.isEmpty || scenario.workload != nil)
    }

    @Test("each, written out with its defaults, reads as the same", arguments: ProjectFolder.scenarios)
    func resolvedReadsBack(name: String) throws {
        let options = ScenarioLoader.Options(traces: TraceFileOpener())
        let scenario = try ScenarioLoader.load(
            path: ProjectFolder.root + "scenarios/\(name).json", options: options)
        let text = JSONWriter.string(scenario.resolved, style: .pretty)
        let again = try ScenarioLoader.parse(text, .json, name: "resolved.json", options: options)
        #expect(JSONWriter.string(again.resolved, style: .pretty) == text)
    }

    @Test("the folder holds no other scenario")
    func listIsComplete() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: ProjectFolder.root + "scenarios")
        let names = files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
        #expect(names.sorted() == (ProjectFolder.scenarios + ProjectFolder.replays).sorted())
    }

    @Test("each replay loads", arguments: ProjectFolder.replays)
    func replaysLoad(name: String) throws {
        let path = ProjectFolder.root + "scenarios/\(name).json"
        guard case .replay(let plan) = try ScenarioLoader.loadAny(path: path) else {
            Issue.record("no replay")
            return
        }
        #expect(plan.metadata.name == name)
        #expect(plan.warnings.isEmpty && !plan.policies.isEmpty)
    }
}
