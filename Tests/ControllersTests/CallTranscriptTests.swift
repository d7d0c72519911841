import ControlPlane
import KubernetesModel
import SimulationKernel
import Testing

@testable import Controllers

@Suite("Syncs as transcripts")
struct CallTranscriptTests {
    private func get(_ name: String) -> APIRequest { .get(.pod, ObjectKey(namespace: "a", name: name)) }
    private func answer(_ request: APIRequest, _ error: APIError? = nil) -> CallOutcome {
        CallOutcome(request: request, result: error.map { .failure($0) } ?? .success(nil))
    }
    private func event(_ reason: String) -> EventRecord {
        EventRecord(
            kind: .pod, key: ObjectKey(name: "p"), uid: .none, .normal, reason: reason, message: "",
            component: "")
    }

    private func steps(_ plan: Plan<CallTranscript>) -> [String] {
        plan.steps.map { step in
            switch step {
            case .event(let event): event.reason
            case .batch(let requests, _): requests.map(\.target.key.name).joined(separator: "+")
            case .call, .note: "other"
            }
        }
    }

    private func continuation(_ plan: Plan<CallTranscript>) -> CallTranscript? {
        if case .resume(let transcript) = plan.ending { transcript } else { nil }
    }

    @Test("a sync goes on from where it waited, and reports nothing twice")
    func straight() throws {
        func sync(_ session: inout SyncSession) throws(SyncStop) -> SyncEnding {
            session.record(event("begin"))
            try session.require(get("first"))
            session.record(event("middle"))
            try session.require(get("second"), tolerating: .notFound)
            return .requeueAfter(.seconds(3))
        }
        var plan = CallTranscript(startedAt: .start).run(view: ObjectCache(), now: .start, sync)
        #expect(steps(plan) == ["begin", "first"])
        var transcript = try #require(continuation(plan))
        transcript.add([answer(get("first"))])
        plan = transcript.run(view: ObjectCache(), now: .start, sync)
        #expect(steps(plan) == ["middle", "second"])
        transcript = try #require(continuation(plan))
        transcript.add([answer(get("second"), APIError(.notFound, "gone"))])
        plan = transcript.run(view: ObjectCache(), now: .start, sync)
        #expect(steps(plan).isEmpty)
        guard case .requeueAfter(.seconds(3)) = plan.ending else {
            Issue.record("the sync did not come to its end")
            return
        }
    }

    @Test("pieces of work side by side each make their calls in order, and fail on their own")
    func concurrent() throws {
        func sync(_ session: inout SyncSession) throws(SyncStop) -> SyncEnding {
            let failures = try session.concurrently(count: 2) { session, index throws(SyncStop) in
                try session.require(get("\(index)a"))
                session.record(event("\(index)"))
                if index == 0 { try session.require(get("\(index)b")) }
            }
            if let failure = SyncFailure(aggregating: failures) { throw .failed(failure) }
            return .done
        }
        var plan = CallTranscript(startedAt: .start).run(view: ObjectCache(), now: .start, sync)
        #expect(steps(plan) == ["0a+1a"])
        var transcript = try #require(continuation(plan))
        transcript.add([answer(get("0a")), answer(get("1a"), APIError(.conflict, "stale"))])
        plan = transcript.run(view: ObjectCache(), now: .start, sync)
        #expect(steps(plan) == ["0", "0b"])
        transcript = try #require(continuation(plan))
        transcript.add([answer(get("0b"))])
        plan = transcript.run(view: ObjectCache(), now: .start, sync)
        guard case .requeueRateLimited = plan.ending else {
            Issue.record("the failure was lost")
            return
        }
    }

    @Test("the cache is read once: what changes later does not change the way that was gone")
    func reading() throws {
        var seen: [Bool] = []
        func sync(_ session: inout SyncSession) throws(SyncStop) -> SyncEnding {
            seen.append(session.object(Namespace.self, ObjectKey(name: "late")) != nil)
            try session.require(get("first"))
            return .done
        }
        let plan = CallTranscript(startedAt: .start).run(view: ObjectCache(), now: .start, sync)
        var transcript = try #require(continuation(plan))
        transcript.add([answer(get("first"))])
        var cache = ObjectCache()
        var namespace = Namespace()
        namespace.metadata.name = "late"
        cache.apply(WatchEvent(.added, APIObject(namespace)))
        _ = transcript.run(view: cache, now: .start, sync)
        #expect(seen == [false, false])
    }

    @Test("several failures read as upstream's aggregate")
    func aggregate() {
        #expect(SyncFailure(aggregating: []) == nil)
        #expect(SyncFailure(aggregating: [SyncFailure("a"), SyncFailure("b")])?.message == "[a, b]")
        #expect(SyncFailure(aggregating: [SyncFailure("a"), SyncFailure("a")])?.message == "a")
    }
}
