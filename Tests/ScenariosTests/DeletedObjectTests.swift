import KubernetesModel
import Simulation
import SimulationKernel
import Testing

@testable import Scenarios

@Suite("Expectations on objects that go")
struct DeletedObjectTests {
    private static let text = """
        apiVersion: simk.dev/v1
        kind: Scenario
        metadata: {name: t}
        duration: 1m
        cluster:
          nodePools: [{name: general, count: 1, capacity: {cpu: 4, memory: 8Gi}}]
        manifests: [{apiVersion: v1, kind: ConfigMap, metadata: {name: notes, labels: {app: notes}}}]
        timeline: [{at: 20s, delete: configmap/notes}]
        expect:
          - {name: named, object: configmap/notes, absent: true, within: 20s, after: 10s}
          - {name: gone to the end, object: configmap/notes, absent: true, always: {from: 25s, to: 1m}}
          - {name: it was there, object: configmap/notes, exists: true, within: 5s}
          - {name: it does not stay, object: configmap/notes, exists: true, always: {from: 5s, to: 1m}}
          - {name: by label, object: configmaps -l app=notes, count: 0, within: 20s, after: 10s}
        """

    @Test("an object of a name is absent from the moment of its deletion on, as one of a selection is")
    func absence() throws {
        let run = ScenarioRun(try ScenarioLoader.parse(Self.text, .yaml, name: "s.yaml"))
        run.run()
        let verdicts = run.results.map { "\($0.name): \($0.verdict.rawValue)" }
        #expect(
            verdicts == [
                "named: held", "gone to the end: held", "it was there: held", "it does not stay: failed",
                "by label: held",
            ])
        #expect(run.results[0].time == run.results[4].time)
        #expect(run.results[3].state == "configmap/notes does not exist")
    }
}
