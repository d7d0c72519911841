import Failures
import Stochastics
import Testing

@Suite("Failure models")
struct FailureModelTests {
    static let good = FailureModel(
        name: "disks", scope: .disk, mode: .diskFailure, timeToFailure: .exponential(mean: 99 * 3_600),
        timeToRepair: .exponential(mean: 3_600))

    @Test("a model is stationary unless told otherwise, and knows its availability")
    func defaults() {
        #expect(Self.good.validate() == [])
        #expect(Self.good.age == .stationary)
        #expect(abs(Self.good.availability - 0.99) < 1e-15)
    }

    @Test("all errors are reported at once, each with its path")
    func validation() {
        var model = Self.good
        model.name = "a/b"
        model.mode = .partition
        model.timeToFailure = .weibull(shape: 0, scale: -3)
        model.timeToRepair = .empirical(EmpiricalDistribution(values: [1, -1]))
        #expect(
            model.validate().map(\.description) == [
                "name: found 'a/b', expected a name that is not empty and has no '/'",
                "mode: found 'partition', expected 'diskFailure' for a disk",
                "timeToFailure.shape: found 0.0, expected a finite number above 0",
                "timeToFailure.scale: found -3.0, expected a finite number above 0",
                "timeToRepair.values[1]: found -1.0, expected a finite number of at least 0",
            ])
    }

    @Test("components that fail faster than once a second are refused, for they would stop the clock")
    func tooFrequent() {
        var model = Self.good
        model.timeToFailure = .constant(0)
        #expect(
            model.validate().map(\.description) == [
                "timeToFailure: found a mean of 0.0 s, expected a mean of at least 1.0 s"
            ])
    }

    @Test("disks fail as disks, and everything else in the other ways", arguments: FailureScope.allCases)
    func modes(scope: FailureScope) {
        let modes = FailureMode.allCases.filter { $0.applies(to: scope) }
        #expect(modes == (scope == .disk ? [.diskFailure] : [.powerLoss, .kubeletStop, .partition]))
    }
}
