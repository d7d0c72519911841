public import SimulationKernel
public import Stochastics

/// Why, how often and for how long components of one scope fail.
///
/// Times are in seconds. Time to failure counts from the end of a repair, as in an alternating renewal
/// process; the long-run share of time up is therefore MTTF ∕ (MTTF + MTTR).
public struct FailureModel: Equatable, Sendable {
    /// Names the model in reports and its random streams.
    public var name: String
    public var scope: FailureScope
    public var mode: FailureMode
    public var timeToFailure: Distribution
    public var timeToRepair: Distribution
    public var age: FailureAge

    public init(
        name: String, scope: FailureScope, mode: FailureMode, timeToFailure: Distribution,
        timeToRepair: Distribution, age: FailureAge = .stationary
    ) {
        self.name = name
        self.scope = scope
        self.mode = mode
        self.timeToFailure = timeToFailure
        self.timeToRepair = timeToRepair
        self.age = age
    }

    /// The share of time, in the long run, that a component is up as far as this model goes.
    public var availability: Double {
        let (up, down) = (timeToFailure.mean, timeToRepair.mean)
        return up / (up + down)
    }

    /// Makes the process of one component, on its own stream `failures/<model>/<component>`.
    ///
    /// - Parameter componentName: Unique among the components of the model, such as the node's name.
    public func process(
        for component: FailureComponent, named componentName: String, streams: RandomStreams
    ) -> FailureProcess {
        let stream = streams.scoped("failures").scoped(name).stream(componentName)
        return FailureProcess(model: self, component: component, stream: stream)
    }

    /// The shortest mean time to failure accepted, which bounds how many outages a run can have.
    public static let shortestMeanTimeToFailure = VirtualDuration.seconds(1)

    /// Everything that is wrong with the model; empty when it can be used.
    public func validate() -> [FailureModelError] {
        var errors: [FailureModelError] = []
        func report(_ field: String, _ found: String, _ expected: String) {
            errors.append(
                FailureModelError(
                    field: field, problem: ParameterError(parameter: "", found: found, expected: expected)))
        }
        if name.isEmpty || name.utf8.contains(0x2F) {
            report("name", "'\(name)'", "a name that is not empty and has no '/'")
        }
        if !mode.applies(to: scope) {
            let fitting = FailureMode.allCases.filter { $0.applies(to: scope) }.map { "'\($0.rawValue)'" }
            report("mode", "'\(mode.rawValue)'", "\(fitting.joined(separator: ", ")) for a \(scope.rawValue)")
        }
        let timeToFailureErrors = timeToFailure.validate()
        errors += timeToFailureErrors.map { FailureModelError(field: "timeToFailure", problem: $0) }
        errors += timeToRepair.validate().map { FailureModelError(field: "timeToRepair", problem: $0) }
        let shortest = Self.shortestMeanTimeToFailure.fractionalSeconds
        if timeToFailureErrors.isEmpty && timeToFailure.mean < shortest {
            report("timeToFailure", "a mean of \(timeToFailure.mean) s", "a mean of at least \(shortest) s")
        }
        return errors
    }
}

/// One thing wrong with a ``FailureModel``.
public struct FailureModelError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The model's field, such as `timeToFailure`.
    public var field: String
    /// What is wrong; `parameter` is empty when it is the field itself.
    public var problem: ParameterError

    /// The place within the model: `timeToFailure.shape`, or `mode`.
    public var path: String { problem.parameter.isEmpty ? field : "\(field).\(problem.parameter)" }

    public var description: String { "\(path): found \(problem.found), expected \(problem.expected)" }
}
