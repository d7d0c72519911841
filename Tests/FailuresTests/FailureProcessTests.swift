import Failures
import SimulationKernel
import Stochastics
import Testing

@Suite("Failure processes")
struct FailureProcessTests {
    static let hour = 3_600.0

    static func model(
        _ timeToFailure: Distribution, repair: Distribution = .constant(60), age: FailureAge = .stationary
    ) -> FailureModel {
        FailureModel(
            name: "power", scope: .node, mode: .powerLoss, timeToFailure: timeToFailure, timeToRepair: repair,
            age: age)
    }

    static func process(_ model: FailureModel, _ node: UInt32, seed: UInt64 = 1) -> FailureProcess {
        model.process(
            for: FailureComponent(.node, node), named: "node-\(node)", streams: RandomStreams(seed: seed))
    }

    /// All outages that begin before the horizon.
    static func outages(_ process: FailureProcess, until horizon: VirtualTime) -> [Outage] {
        var process = process
        var outages: [Outage] = []
        var now = VirtualTime.start
        while let outage = process.next(after: now), outage.start < horizon {
            outages.append(outage)
            now = outage.end
        }
        return outages
    }

    @Test("constant times give a schedule that can be written down")
    func constantTimes() {
        let model = Self.model(.constant(100), repair: .constant(5), age: .new)
        let outages = Self.outages(Self.process(model, 3), until: .start + .seconds(320))
        let component = FailureComponent(.node, 3)
        #expect(
            outages
                == [100, 205, 310].map {
                    Outage(component, .powerLoss, from: .start + .seconds($0), to: .start + .seconds($0 + 5))
                })
        #expect(outages.allSatisfy { $0.duration == .seconds(5) })
    }

    @Test("a component that came back late is young from then on, and outages never overlap")
    func lifeBeginsInService() {
        var process = Self.process(Self.model(.constant(100), repair: .constant(5), age: .new), 0)
        let starts = [50, 300, 0].map { process.next(after: .start + .seconds($0))?.start }
        #expect(starts == [150, 400, 505].map { .start + .seconds($0) })
    }

    @Test("a component that outlives the clock has no outage, and one that is not repaired has no second")
    func clockEnds() {
        // 10¹² s is beyond the 292 years of the clock.
        var immortal = Self.process(Self.model(.constant(1e12), age: .new), 0)
        let never = [immortal.next(after: .start), immortal.next(after: .start)]
        #expect(never == [nil, nil])
        var unrepaired = Self.process(Self.model(.constant(10), repair: .constant(1e12), age: .new), 0)
        let (first, second) = (unrepaired.next(after: .start), unrepaired.next(after: .start))
        #expect(first?.end == .never)
        #expect(second == nil)
    }

    @Test("an outage lasts at least one nanosecond")
    func outagesHaveALength() {
        var process = Self.process(Self.model(.constant(10), repair: .constant(0), age: .new), 0)
        let outage = process.next(after: .start)
        #expect(outage?.duration == .nanoseconds(1))
    }

    @Test("a component's outages depend on its own name only")
    func componentsAreIndependent() {
        let model = Self.model(.exponential(mean: 1000))
        let horizon = VirtualTime.start + .hours(10)
        let alone = Self.outages(Self.process(model, 7), until: horizon)
        for other in 0..<7 as Range<UInt32> {
            #expect(
                Self.outages(Self.process(model, other), until: horizon).map(\.start) != alone.map(\.start))
        }
        var renamed = model
        renamed.name = "kernel"
        #expect(Self.outages(Self.process(model, 7), until: horizon) == alone)
        #expect(Self.outages(Self.process(renamed, 7), until: horizon) != alone)
        #expect(Self.outages(Self.process(model, 7, seed: 2), until: horizon) != alone)
    }

    @Test("the stream of a process is failures/<model>/<component>")
    func streamName() {
        let model = Self.model(.exponential(mean: 1000))
        let stream = RandomStream(seed: 1, name: "failures/power/node-4")
        let explicit = FailureProcess(model: model, component: FailureComponent(.node, 4), stream: stream)
        #expect(explicit == Self.process(model, 4))
    }

    @Test("a copy of a process has the same future")
    func copiesAgree() {
        var process = Self.process(Self.model(.weibull(shape: 0.7, scale: 1e5)), 0)
        _ = process.next(after: .start)
        let copy = process
        let horizon = VirtualTime.start + .days(100)
        #expect(Self.outages(process, until: horizon) == Self.outages(copy, until: horizon))
    }

    @Test(
        "outages of any model are in order, apart and reproducible",
        arguments: [
            Distribution.exponential(mean: 500), .weibull(shape: 0.5, scale: 200),
            .logNormal(mu: 5, sigma: 2),
            .gamma(shape: 0.1, scale: 3_000), .uniform(low: 0, high: 900), .constant(1),
            .empirical(EmpiricalDistribution(values: [0, 0, 0, 40])),
        ], 1...5 as ClosedRange<UInt64>)
    func outagesAreOrdered(timeToFailure: Distribution, seed: UInt64) {
        for age in FailureAge.allCases {
            let model = Self.model(timeToFailure, repair: .gamma(shape: 0.2, scale: 100), age: age)
            #expect(model.validate() == [])
            let outages = Self.outages(Self.process(model, 1, seed: seed), until: .start + .hours(3))
            #expect(!outages.isEmpty, "seed \(seed)")
            var last = VirtualTime.start
            for outage in outages {
                #expect(outage.start >= last && outage.end > outage.start, "seed \(seed): \(outage)")
                last = outage.end
            }
            #expect(Self.outages(Self.process(model, 1, seed: seed), until: .start + .hours(3)) == outages)
        }
    }

    @Test(
        "the long-run availability is MTTF ∕ (MTTF + MTTR), within a 99.9 % confidence interval",
        arguments: [
            (Distribution.exponential(mean: 100), Distribution.exponential(mean: 10)),
            (.weibull(shape: 0.7, scale: 100), .logNormal(mu: 2, sigma: 1)),
            (.gamma(shape: 2, scale: 50), .uniform(low: 0, high: 40)),
            (.constant(90), .empirical(EmpiricalDistribution(values: [1, 5, 30], weights: [3, 2, 1]))),
        ])
    func longRunAvailability(timeToFailure: Distribution, timeToRepair: Distribution) throws {
        let model = Self.model(timeToFailure, repair: timeToRepair)
        let horizon = VirtualTime.start + .seconds(200_000)
        var shares = MeanAccumulator()
        for node in 0..<40 as Range<UInt32> {
            var down = VirtualDuration.zero
            for outage in Self.outages(Self.process(model, node), until: horizon) {
                down += min(outage.end, horizon) - outage.start
            }
            shares.add(1 - down.fractionalSeconds / horizon.sinceStart.fractionalSeconds)
        }
        let interval = try #require(ConfidenceInterval(ofMean: shares, level: 0.999))
        // All start up, which biases a horizon of 2,000 mean lives by less than one part in 2,000.
        #expect(
            interval.lower - 0.0005 <= model.availability && model.availability <= interval.upper + 0.0005,
            "\(interval), expected \(model.availability)")
    }

    /// First failures of 20,000 machines with Weibull lives of shape 1/2 and a mean of 1,000 h, counted in
    /// the first 10 h. By theory a share of 1 − exp(−√(10 ∕ 500)) = 13.2 % of new machines fails, thirteen
    /// times as many as the long-run rate of 10 ∕ 1,000 gives; in equilibrium it is Fₑ(10 h), just below 1 %.
    @Test("new machines with a falling hazard fail in a burst at the start, and stationary ones do not")
    func earlyBurst() {
        let lives = Distribution.weibull(shape: 0.5, scale: 500 * Self.hour)
        #expect(abs(lives.mean - 1_000 * Self.hour) < 1e-6)
        let window = VirtualTime.start + .hours(10)
        let machines = 20_000
        func early(_ age: FailureAge) -> Double {
            let model = Self.model(lives, age: age)
            var count = 0.0
            for node in 0..<UInt32(machines) {
                var process = Self.process(model, node, seed: 3)
                if let first = process.next(after: .start), first.start < window { count += 1 }
            }
            return count
        }
        func expect(_ count: Double, share: Double) {
            // Binomial: 3.29 standard deviations are 0.1 %.
            let mean = Double(machines) * share
            #expect(
                abs(count - mean) < 3.29 * (mean * (1 - share)).squareRoot(), "\(count), expected \(mean)")
        }
        let (new, stationary) = (early(.new), early(.stationary))
        expect(new, share: lives.cdf(10 * Self.hour))
        expect(stationary, share: lives.residualLife.cdf(10 * Self.hour))
        #expect(new > 10 * stationary)
    }

    /// With repairs of no time, a process in equilibrium has an expected t ∕ mean renewals in any window of
    /// length t.
    @Test(
        "the first tenth of a horizon sees a tenth of the failures when stationary, and more when new",
        arguments: FailureAge.allCases)
    func firstTenth(age: FailureAge) throws {
        let model = Self.model(
            .weibull(shape: 0.5, scale: 500 * Self.hour), repair: .constant(0), age: age)
        var (first, all) = (MeanAccumulator(), MeanAccumulator())
        for node in 0..<3_000 as Range<UInt32> {
            let outages = Self.outages(Self.process(model, node, seed: 9), until: .start + .hours(2_000))
            first.add(Double(outages.count { $0.start < .start + .hours(200) }))
            all.add(Double(outages.count))
        }
        // The long-run rate is one failure in 1,000 h: 0.2 in the first tenth, 2 over the horizon.
        let early = try #require(ConfidenceInterval(ofMean: first, level: 0.999))
        let whole = try #require(ConfidenceInterval(ofMean: all, level: 0.999))
        switch age {
        case .stationary:
            #expect(early.contains(0.2), "\(early)")
            #expect(whole.contains(2), "\(whole)")
        case .new:
            #expect(early.lower > 0.6, "\(early)")
            #expect(whole.lower > 2.5, "\(whole)")
        }
    }
}
