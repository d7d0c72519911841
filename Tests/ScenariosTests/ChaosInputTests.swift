import KubernetesModel
import Simulation
import SimulationKernel
import Testing

@testable import Scenarios

@Suite("Disturbances and invariants in scenario files")
struct ChaosInputTests {
    private func scenario(_ more: String) throws -> Scenario {
        try ScenarioLoader.parse(
            """
            apiVersion: simk.dev/v1
            kind: Scenario
            metadata: { name: chaos }
            seed: 5
            duration: 10m
            cluster: { nodePools: [{ name: general, count: 1, capacity: { cpu: "4", memory: 8Gi } }] }
            \(more)
            """, .yaml, name: "chaos.yaml")
    }

    @Test("every key is read, and written again as it was")
    func roundTrip() throws {
        let read = try scenario(
            """
            chaos:
              seed: 9
              until: 8m
              callDelay: 20ms
              watchDelay: 300ms
              stalls: { probability: 0.01, mean: 3s }
              shuffleAlarms: true
              errors: 0.02
              lostAnswers: 0.005
              conflicts: 0.1
            invariants:
              except:
              - { name: capacity, reason: its static pods are too large }
            """)
        var plan = ChaosPlan(seed: 9, until: .start + .minutes(8))
        plan.callDelay = .milliseconds(20)
        plan.watchDelay = .milliseconds(300)
        plan.stallProbability = 0.01
        plan.stallDuration = .seconds(3)
        plan.shufflesAlarms = true
        plan.errorProbability = 0.02
        plan.lostAnswerProbability = 0.005
        plan.conflictProbability = 0.1
        #expect(read.chaos == plan)
        #expect(
            read.exemptions == [
                InvariantExemption(invariant: .capacity, reason: "its static pods are too large")
            ])
        let resolved = read.resolved
        let text = JSONWriter.string(resolved, style: .pretty)
        let again = try ScenarioLoader.parse(text, .json, name: "chaos.json")
        #expect(again.chaos == plan)
        #expect(again.exemptions == read.exemptions)
    }

    @Test("seed and end are the scenario's unless they are given")
    func defaults() throws {
        let plan = try scenario("chaos: {}").chaos
        #expect(plan == ChaosPlan(seed: 5, until: .start + .minutes(10)))
    }

    @Test("a probability of 1, and an invariant that does not exist, are errors")
    func errors() throws {
        #expect(throws: InvalidInput.self) { try scenario("chaos: { errors: 1 }") }
        #expect(throws: InvalidInput.self) {
            try scenario("invariants: { except: [{ name: surges, reason: none }] }")
        }
        #expect(throws: InvalidInput.self) { try scenario("invariants: { except: [{ name: surge }] }") }
    }

    @Test("a broken invariant and one that is not watched are test cases of JUnit")
    func junit() {
        let violation = InvariantViolation(
            invariant: .replicas, time: .start + .seconds(3), kind: .replicaSet,
            key: ObjectKey(namespace: "default", name: "web"),
            message: "4 active pods, where 3 are asked for",
            cause: "kube-controller-manager-0: create pod default/(new)")
        let exemption = InvariantExemption(invariant: .capacity, reason: "static pods")
        let xml = JUnitReport.xml(
            scenario: "s", results: [], violations: [violation], exemptions: [exemption])
        #expect(xml.contains("tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\""))
        #expect(xml.contains("<testcase name=\"invariant replicas: replicaset/default/web\""))
        #expect(xml.contains("4 active pods, where 3 are asked for at 3s (kube-controller-manager-0"))
        #expect(xml.contains("<skipped message=\"static pods\"/>"))
    }
}
