import Foundation
import KubernetesModel
import OrderedCollections
import SimulationKernel
import Testing

@testable import ControlPlane
@testable import Scheduler
@testable import Telemetry

@Suite("Record of decisions")
struct DecisionRecordTests {
    @Test(
        "a set of nodes reads back",
        arguments: [
            [], [0], [5], [0, 1, 2], [3, 4, 5, 9], [0, 2, 4, 6], Array(0..<5_000),
            Array(200..<300) + [1_000_000],
        ])
    func nodeSets(members: [Int]) {
        #expect(NodeSetCoding.decode(NodeSetCoding.encode(members)) == members)
    }

    @Test("nodes that are alike take a few bytes")
    func nodeSetSize() {
        #expect(NodeSetCoding.encode(0..<130_000).count == 4)
        #expect(
            NodeSetCoding.encode(Array(0..<2_000) + Array(2_001..<5_000)) == [0, 0xD0, 0x0F, 1, 0xB7, 0x17])
    }

    private func scratch() -> URL {
        FileManager.default.temporaryDirectory.appending(path: "simk-decisions-\(UUID().uuidString)")
    }

    private static func at(_ seconds: Int64) -> VirtualTime { .start + .seconds(seconds) }

    private func change(_ name: String, _ kind: WatchEvent.Kind, at second: Int64, node: String = "")
        -> StoreChange
    {
        func pod(_ node: String) -> APIObject {
            var metadata = ObjectMeta(namespace: "shop", name: name)
            metadata.uid = UID(name)
            return APIObject(Pod(metadata: metadata, spec: PodSpec(source: [:]), nodeName: node))
        }
        return StoreChange(
            revision: 1, time: Self.at(second), kind: kind, object: pod(node),
            previous: kind == .added ? nil : pod(""))
    }

    private func attempt(_ number: Int, at second: Int64) -> SchedulingAttempt {
        SchedulingAttempt(
            time: Self.at(second), pod: ObjectKey(namespace: "shop", name: "web"), uid: UID("web"),
            number: number, profile: "default-scheduler", event: "NodeAdd", nodeCount: 3, visitedCount: 3,
            feasibleCount: 0, isNominatedNodeOnly: false, isPreFilterRejection: false,
            rejections: [
                .init(
                    plugin: "NodeResourcesFit", code: .unschedulable, reasons: ["Insufficient cpu"],
                    nodes: [NodeIndex(2), NodeIndex(0)])
            ], best: [], tieCount: 0, isDrawn: false, chosen: nil, refusedBy: "",
            message: "0/3 nodes are available", isError: false, whatIf: 7, nodeNames: ["n0", "n1", "n2"])
    }

    /// Writes a run in which a pod waits, and gets a node in the end.
    private func write(_ url: URL, scope: DecisionRecorder.Scope = .all) throws {
        let folder = try RunFolder(url)
        let recorder = DecisionRecorder(folder, scope: scope)
        recorder.setProfiles(["default-scheduler"])
        recorder.stored(change("web", .added, at: 1))
        recorder.recorded(
            .move(
                QueueMove(
                    time: Self.at(1), pod: ObjectKey(namespace: "shop", name: "web"), uid: UID("web"),
                    origin: nil, destination: .active, event: "UnschedulablePodAdd", plugin: "", message: ""))
        )
        recorder.recorded(
            .whatIf(
                WhatIf(
                    number: 7, time: Self.at(1), pod: ObjectKey(namespace: "shop", name: "web"), attempt: 1,
                    options: [
                        .init(
                            changes: [.lowerRequest(resource: "cpu", from: 2_000, to: 500)], cost: 750,
                            rejection: 0, nodes: [NodeIndex(2)])
                    ], isComplete: true, nodeNames: ["n0", "n1", "n2"])))
        recorder.recorded(.attempt(attempt(1, at: 1)))
        recorder.recorded(.attempt(attempt(2, at: 60)))
        recorder.stored(change("web", .modified, at: 90, node: "n1"))
        recorder.recorded(
            .step(
                AttemptStep(
                    time: Self.at(90), pod: ObjectKey(namespace: "shop", name: "web"), uid: UID("web"),
                    attempt: 2, kind: .bound, message: "Successfully assigned shop/web to n1")))
        try folder.finish(run: ["summary": ["virtualSeconds": 120.5]], expectations: [])
    }

    @Test("what was recorded reads back, at any moment of the run")
    func roundTrip() throws {
        let url = scratch()
        defer { try? FileManager.default.removeItem(at: url) }
        try write(url)
        let pod = try DecisionReader(url).pod(ObjectKey(namespace: "shop", name: "web"))
        #expect(pod.created == Self.at(1) && pod.bound == Self.at(90) && pod.node == "n1")
        #expect(pod.runEnd == .start + .milliseconds(120_500))
        #expect(pod.moves.map(\.event) == ["UnschedulablePodAdd"])
        #expect(pod.attempts.map(\.number) == [1, 2])
        let rejection = try #require(pod.attempts.first?.rejections.first)
        #expect(rejection.plugin == "NodeResourcesFit" && rejection.reasons == ["Insufficient cpu"])
        #expect(rejection.nodes.map { pod.nodeNames[$0] }.sorted() == ["n0", "n2"])
        #expect(pod.analyses.count == 1)
        let option = try #require(pod.analyses.first?.options.first)
        #expect(option.changes.map(\.text) == ["request 1500m less cpu (500m instead of 2)"])
        #expect(option.nodes.map { pod.nodeNames[$0] } == ["n2"])
        #expect(pod.steps.map(\.kind) == ["bound"])

        let past = pod.at(Self.at(30))
        #expect(past.attempts.count == 1 && past.bound == nil && past.node == nil && past.steps.isEmpty)
        #expect(past.runEnd == Self.at(30))
    }

    @Test("equal runs leave equal bytes")
    func deterministic() throws {
        let (first, second) = (scratch(), scratch())
        defer {
            try? FileManager.default.removeItem(at: first)
            try? FileManager.default.removeItem(at: second)
        }
        try write(first)
        try write(second)
        let left = try Data(contentsOf: first.appending(path: "results.sqlite"))
        #expect(left == (try Data(contentsOf: second.appending(path: "results.sqlite"))))
    }

    @Test("a pod that is not there is told with those that are near")
    func suggestions() throws {
        let url = scratch()
        defer { try? FileManager.default.removeItem(at: url) }
        try write(url)
        let reader = try DecisionReader(url)
        func message(_ namespace: String, _ name: String) -> String {
            do {
                _ = try reader.pod(ObjectKey(namespace: namespace, name: name))
                return ""
            } catch {
                return "\(error)"
            }
        }
        #expect(
            message("default", "web") == "there was no pod default/web in this run. Did you mean shop/web?")
        #expect(message("shop", "wbe") == "there was no pod shop/wbe in this run. Did you mean web?")
        #expect(message("shop", "zzzzzz") == "there was no pod shop/zzzzzz in this run, which had 1 pod")
        #expect(throws: DecisionReaderError.self) {
            try reader.pod(ObjectKey(namespace: "shop", name: "web"), instance: 2)
        }
        #expect(throws: DecisionReaderError.self) {
            try reader.pod(ObjectKey(namespace: "shop", name: "web"), at: .start)
        }
        #expect(throws: DecisionReaderError.self) { try DecisionReader(url.appending(path: "nothing")) }
    }

    @Test("without a record there is nothing to explain, and that is said")
    func noRecord() throws {
        let url = scratch()
        defer { try? FileManager.default.removeItem(at: url) }
        try write(url, scope: .none)
        let reader = try DecisionReader(url)
        #expect(throws: DecisionReaderError.self) {
            try reader.pod(ObjectKey(namespace: "shop", name: "web"))
        }
    }
}
