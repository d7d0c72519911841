import KubernetesModel
import OrderedCollections
import Scheduler
import SimulationKernel
import Testing

@testable import Simulation

@Suite("Deadlines of a run")
struct DeadlineFiguresTests {
    private func pod(_ name: String, deadline: String) -> Pod {
        var metadata = ObjectMeta(namespace: "default", name: name)
        metadata.creationTimestamp = Timestamp(seconds: 10)
        metadata.annotations[PodDeadline.deadlineAnnotation] = deadline
        return Pod(metadata: metadata, spec: PodSpec(source: [:]))
    }

    private func key(_ name: String) -> ObjectKey { ObjectKey(namespace: "default", name: name) }

    @Test("met, missed, withdrawn, to come: each pod is one of them")
    func ledger() {
        var ledger = DeadlineLedger(epoch: CalendarTime(unixSeconds: 0))
        for name in ["met", "late", "failed", "deleted", "running", "waiting"] {
            ledger.arrive(pod(name, deadline: "100s"))
        }
        ledger.arrive(pod("later", deadline: "1h"))
        ledger.arrive(pod("wrong", deadline: "soon"))
        var changes: [Bool] = []
        changes.append(ledger.end(key("met"), hasSucceeded: true, at: .start + .seconds(110)))
        changes.append(ledger.end(key("late"), hasSucceeded: true, at: .start + .seconds(112)))
        changes.append(ledger.end(key("failed"), hasSucceeded: false, at: .start + .seconds(60)))
        changes.append(ledger.end(key("deleted"), hasSucceeded: false, at: .start + .seconds(113)))
        changes.append(ledger.end(key("met"), hasSucceeded: false, at: .start + .seconds(200)))
        changes.append(ledger.end(key("wrong"), hasSucceeded: true, at: .start + .seconds(200)))
        #expect(changes == [true, true, true, true, false, false])
        let figures = ledger.figures(at: .start + .seconds(120))
        #expect(figures.met == 1)
        #expect(figures.withdrawn == 1)
        #expect(figures.pending == 1)
        #expect(figures.late.map(\.pod.name) == ["late", "deleted", "running", "waiting"])
        #expect(figures.late.map(\.isFinished) == [true, false, false, false])
        #expect(figures.totalTardinessSeconds == 2 + 3 + 10 + 10)
        #expect(ledger.ended.missed == 2)
        let exact = ledger.figures(at: .start + .seconds(110))
        #expect(exact.missed == 2)
    }
}
