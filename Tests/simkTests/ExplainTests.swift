import Foundation
import Testing

/// `simk explain` on a run of the scenario that ships for it.
@Suite("Explain")
struct ExplainTests {
    private let scratch: ScratchFolder
    /// The run folder.
    private let folder: String

    init() throws {
        scratch = try ScratchFolder()
        folder = scratch.url.appending(path: "run").path
        let result = try SimkCommand.run(["run", "scenarios/why-pending.json", "--quiet", "--out", folder])
        #expect(result.status == 0, "\(result.errors)")
    }

    private func explain(_ arguments: String...) throws -> SimkCommand.Result {
        try SimkCommand.run(["explain", folder] + arguments)
    }

    @Test("a pod without room: who rejects it, what would have made it fit, and what freed it")
    func noRoom() throws {
        let result = try explain("pod/report")
        #expect(result.status == 0)
        let text = result.output
        for line in [
            "bound to general-", "in 3 attempts", "AssignedPodDelete, which NodeResourcesFit waited for",
            "Attempts 1 to 2, all alike, at 1m00.009s", "3 nodes  NodeResourcesFit: Insufficient cpu",
            "2 nodes  TaintToleration: node(s) had untolerated taint(s)  (no eviction helps)",
            "smallest change: request 1200m less cpu (800m instead of 2)",
            "1. tolerate the taint dedicated=gpu:NoSchedule\n      on gpu-", "plugin × weight",
            "TaintToleration ×3", "drawn from 2 nodes with the highest total",
            "bound: Successfully assigned default/report to general-",
            "No preemption victims found for incoming pod", "add an empty node like general-1",
        ] {
            #expect(text.contains(line), "\(line)")
        }
        #expect(!text.contains("\u{1B}["))
    }

    @Test("a preemption: the candidates, the criteria, the victim and the nomination")
    func preemption() throws {
        let text = try explain("urgent", "-n", "default").output
        for line in [
            "preempts on general-", "one of 3 candidate nodes", "(priority 0, started 2s)",
            "victim default/batch-", "was nominated by an earlier preemption", "in 2 attempts",
        ] {
            #expect(text.contains(line), "\(line)")
        }
    }

    @Test("the state at a moment")
    func past() throws {
        let text = try explain("default/report", "--at", "3m").output
        #expect(text.contains("has no node at 3m00.000s: unschedulable since 2m01.143s"))
        #expect(!text.contains("Attempt 3"))
        let json = try explain("default/report", "--at", "3m", "--format", "json").output
        #expect(json.contains("\"summary\": \"has no node at 3m00.000s"))
    }

    @Test("pods that no attempt was made for")
    func untried() throws {
        #expect(
            try explain("pod/gated").output.contains(
                "gated since 0.009s by SchedulingGates: waiting for scheduling gates: [example.com/quota]"))
        #expect(
            try explain("po/default/stranger").output.contains(
                "asks for the scheduler 'my-scheduler', which this cluster does not run"))
    }

    @Test("JSON holds it all")
    func json() throws {
        let result = try explain("pod/report", "--format", "json")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        #expect((object["attempts"] as? [Any])?.count == 3)
        #expect((object["node"] as? String)?.hasPrefix("general-") == true)
        #expect((object["whatIf"] as? [Any])?.isEmpty == false)
    }

    @Test("what is not there is told with what is, and ends with 2")
    func missing() throws {
        let cases: [([String], String)] = [
            (["pod/reprot"], "there was no pod default/reprot in this run. Did you mean report?"),
            (["pod/guard"], "Did you mean guard-"),
            (["deployment/batch"], "deployment/batch: only pods can be explained. Its pods are pod/batch-"),
            (["node/general-1"], "only pods can be explained. Its pods are pod/"),
            (["sts/db", "-n", "shop"], "This run had no pod of a StatefulSet db in namespace shop"),
            (["deployment/a/b/c"], "names no pod"),
            (["pod/report", "-n", "shop"], "Did you mean default/report?"),
            (["pod/report", "--at", "noon"], "--at noon"),
            (["pod/report", "--at", "1s"], "was created at 1m0.007s, later than --at"),
            (["pod/report", "--instance", "2"], "there was 1 pod default/report in this run: give 1"),
            (["pod/"], "names no pod"),
        ]
        for (arguments, message) in cases {
            let result = try SimkCommand.run(["explain", folder] + arguments)
            #expect(result.status == 2, "\(arguments)")
            #expect(result.errors.contains(message), "\(arguments): \(result.errors)")
            #expect(result.output.isEmpty)
        }
        #expect(try SimkCommand.run(["explain", "no-such-folder", "pod/a"]).status == 2)
    }

    @Test("recording changes nothing in the run")
    func recordingIsNeutral() throws {
        let scratch = try ScratchFolder()
        var digests: [String] = []
        for scope in ["all", "failed", "none"] {
            let result = try SimkCommand.run([
                "run", "scenarios/why-pending.json", "--format", "json", "--decisions", scope, "--out",
                scratch.url.appending(path: scope).path,
            ])
            let report = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
            digests.append(try #require(report?["digest"] as? String))
        }
        #expect(Set(digests).count == 1)
        let folder = scratch.url.appending(path: "none").path
        let result = try SimkCommand.run(["explain", folder, "pod/report"])
        #expect(result.status == 2 && result.errors.contains("--decisions none"))
    }
}
