import Checking
import PlantedBugs
import Scenarios
import Simulation
import Testing

@Suite("Planted bugs")
struct PlantedBugTests {
    /// What finds each bug, and after how many runs at most.
    static let hunts: [(bug: PlantedBug, names: Set<String>, runs: Int)] = [
        (.actsOnStaleCache, ["replicas"], 20),
        (.forgetsAdoption, ["ownership"], 5),
        (.deletesReadyPodFirst, ["victims"], 5),
        (.skipsOrdinal, ["ordinals"], 5),
        (.ignoresBudget, ["budget"], 5),
        (.losesConflict, ["convergence", "generation"], 60),
        (.doubleCountsFinishedPod, ["accounting"], 5),
        (.hotLoops, ["hotLoop"], 5),
        (.neverResyncs, ["convergence", "generation"], 60),
        (.surgeOffByOne, ["surge"], 5),
        (.leaksClaim, ["garbage"], 5),
        (.ignoresDeletionTimestamp, ["garbage", "convergence", "hotLoop"], 5),
    ]

    @Test("each is found, shrunk, and broken again by the file that is left", arguments: hunts.map(\.bug))
    func found(bug: PlantedBug) throws {
        let hunt = try #require(Self.hunts.first { $0.bug == bug })
        var options = CheckOptions(runs: hunt.runs, seed: 1)
        options.shrinkingRuns = 40
        let check = try BugHunt(bug, options: options).check()
        let finding = try #require(check.run().finding)
        #expect(hunt.names.contains(finding.failure.name), "\(finding.failure)")

        let shrunk = check.shrunk(finding)
        #expect(shrunk.failure.kind == finding.failure.kind)
        #expect(shrunk.size.objects <= ShrunkScenario.Size(of: finding.scenario).objects)
        let read = try ScenarioLoader.parse(shrunk.text, .json, name: "shrunk.json")
        let run = ScenarioRun(read, configure: { $0.controllers.wrapping = BugWrapping(bug) })
        run.run()
        #expect(!run.hasHeld)
        if case .invariant(let name) = shrunk.failure.kind {
            #expect(run.violations.first?.invariant == name)
        }
    }

    @Test("the same scenarios hold without them", arguments: PlantedBug.allCases)
    func held(bug: PlantedBug) throws {
        let scenario = try BugHunt(bug, options: CheckOptions()).scenario()
        let check = ScenarioCheck(scenario, options: CheckOptions(runs: 6, seed: 1, workers: 2))
        let finding = check.run().finding
        #expect(finding == nil, "\(finding.map { "\($0.seed): \($0.failure)" } ?? "")")
    }
}
