import Checking
import PlantedBugs
import Scenarios
import Simulation
import Testing

@Suite("Checks of scenarios")
struct ScenarioCheckTests {
    @Test("the outcome does not depend on the number of workers")
    func workers() throws {
        var outcomes: [String] = []
        for workers in [1, 3] {
            let options = CheckOptions(runs: 12, seed: 1, workers: workers)
            let check = try BugHunt(.actsOnStaleCache, options: options).check()
            let outcome = check.run()
            let finding = try #require(outcome.finding)
            outcomes.append("\(outcome.runs) \(outcome.events) \(finding.seed) \(finding.failure)")
        }
        #expect(outcomes[0] == outcomes[1])
    }

    @Test("a disturbed scenario survives being written and read")
    func written() throws {
        let check = try BugHunt(.actsOnStaleCache, options: CheckOptions(runs: 20, seed: 1)).check()
        let finding = try #require(check.run().finding)
        let shrunk = ShrunkScenario(scenario: finding.scenario, failure: finding.failure, runs: 0)
        let read = try ScenarioLoader.parse(shrunk.text, .json, name: "written.json")
        #expect(read.chaos == finding.scenario.chaos)
        let digests = [finding.scenario, read].map { scenario in
            let run = ScenarioRun(scenario)
            run.run()
            return run.simulation.digestText
        }
        #expect(digests[0] == digests[1])
    }
}
