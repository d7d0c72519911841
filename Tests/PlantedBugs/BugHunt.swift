public import Checking
public import Scenarios
import Simulation

/// Looks for a planted bug as `simk check` would.
public struct BugHunt: Sendable {
    public var bug: PlantedBug
    public var options: CheckOptions

    public init(_ bug: PlantedBug, options: CheckOptions) {
        self.bug = bug
        self.options = options
    }

    /// The scenario in which the bug is looked for.
    public func scenario() throws -> Scenario {
        try ScenarioLoader.parse(BuggyScenarios.text(for: bug), .yaml, name: "\(bug.rawValue).yaml")
    }

    /// The check, with the bug in the controllers.
    public func check() throws -> ScenarioCheck {
        let wrapping = BugWrapping(bug)
        return ScenarioCheck(try scenario(), options: options) { $0.controllers.wrapping = wrapping }
    }
}
