public import KubernetesModel
public import Scenarios
import Simulation
import SimulationKernel

/// The smallest scenario found that still breaks what a run has broken.
public struct ShrunkScenario: Sendable {
    /// As `simk run` takes it.
    public var scenario: Scenario
    public var failure: CheckFailure
    /// How many runs the shrinking took.
    public var runs: Int

    public init(scenario: Scenario, failure: CheckFailure, runs: Int) {
        self.scenario = scenario
        self.failure = failure
        self.runs = runs
    }

    /// How large a scenario is.
    public struct Size: Hashable, Sendable {
        public var nodes: Int
        public var objects: Int
        /// Entries of the timeline that do something.
        public var actions: Int
        /// Settings of `chaos`, but for its seed and end.
        public var disturbances: Int
        public var seconds: Int

        public init(of scenario: Scenario) {
            nodes = scenario.cluster.nodes.count
            objects = scenario.manifests.count
            actions = scenario.timeline.count { $0.action != nil }
            let chaos = scenario.chaos?.settings ?? []
            disturbances = chaos.count
            seconds = Int(scenario.duration.wholeSeconds)
        }

        public var json: JSONValue {
            [
                "nodes": .integer(Int64(nodes)), "objects": .integer(Int64(objects)),
                "actions": .integer(Int64(actions)), "disturbances": .integer(Int64(disturbances)),
                "seconds": .integer(Int64(seconds)),
            ]
        }

        /// `3 nodes, 1 object, 2 actions, 1 disturbance, 40 s`.
        public var text: String {
            func count(_ number: Int, _ word: String) -> String {
                "\(number) \(word)\(number == 1 ? "" : "s")"
            }
            return [
                count(nodes, "node"), count(objects, "object"), count(actions, "action"),
                count(disturbances, "disturbance"), "\(seconds) s",
            ].joined(separator: ", ")
        }
    }

    public var size: Size { Size(of: scenario) }

    /// The text of the scenario's file.
    public var text: String { JSONWriter.string(scenario.resolved, style: .pretty) + "\n" }
}
