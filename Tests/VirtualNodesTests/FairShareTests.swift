import SimulationKernel
import Stochastics
import Testing

@testable import VirtualNodes

@Suite("Fair shares of CPU")
struct FairShareTests {
    @Test(
        "shares of requests, and the weights that runc and the kubelet make of them",
        arguments: [
            // milliCPU, shares, a container's weight, a pod's weight
            (0, 2, 1, 1), (1, 2, 1, 1), (10, 10, 4, 1), (50, 51, 11, 2), (100, 102, 17, 4),
            (250, 256, 35, 10),
            (500, 512, 59, 20), (1_000, 1_024, 100, 39), (2_000, 2_048, 174, 79), (4_000, 4_096, 303, 157),
            (64_000, 65_536, 3_023, 2_500), (256_000, 262_144, 10_000, 10_000),
            (9_000_000_000_000_000, 262_144, 10_000, 10_000),
        ] as [(Int64, Int64, Int64, Int64)])
    func weights(milliCPU: Int64, shares: Int64, container: Int64, pod: Int64) {
        #expect(FairShare.shares(milliCPU: milliCPU) == shares)
        #expect(FairShare.containerWeight(shares: shares) == container)
        #expect(FairShare.podWeight(shares: shares) == pod)
    }

    @Test("a quota is a millisecond in a hundred at least")
    func quota() {
        #expect(FairShare.cores(limitMilliCPU: 0) == nil)
        #expect(FairShare.cores(limitMilliCPU: 1) == 0.01)
        #expect(FairShare.cores(limitMilliCPU: 1_500) == 1.5)
    }

    @Test("water filling: what is not used goes to those who want more, by weight")
    func filling() {
        #expect(FairShare.fill(capacity: 4, demands: [1, 2], weights: [1, 1]) == [1, 2])
        #expect(FairShare.fill(capacity: 4, demands: [4, 4], weights: [1, 1]) == [2, 2])
        #expect(FairShare.fill(capacity: 4, demands: [4, 4], weights: [3, 1]) == [3, 1])
        #expect(FairShare.fill(capacity: 4, demands: [0.5, 4, 4], weights: [2, 1, 1]) == [0.5, 1.75, 1.75])
        #expect(FairShare.fill(capacity: 4, demands: [], weights: []) == [])
        #expect(FairShare.fill(capacity: 4, demands: [0, 9], weights: [1, 1]) == [0, 4])
    }

    @Test("for any demands: within the capacity, nothing left over, nobody better off at a poorer one's cost")
    func properties() {
        var stream = RandomStreams(seed: 11).stream("fair-share")
        for _ in 0..<2_000 {
            let count = 1 + Int(stream.uniform() * 12)
            let demands = (0..<count).map { _ in stream.uniform() < 0.1 ? 0 : stream.uniform() * 4 }
            let weights = (0..<count).map { _ in Double(1 + Int(stream.uniform() * 200)) }
            let capacity = 0.1 + stream.uniform() * 12
            let grants = FairShare.fill(capacity: capacity, demands: demands, weights: weights)
            let total = grants.reduce(0, +)
            let asked = demands.reduce(0, +)
            #expect(total <= capacity * (1 + 1e-9))
            #expect(abs(total - min(asked, capacity)) <= 1e-9 * max(1, asked))
            for index in demands.indices {
                #expect(grants[index] >= 0 && grants[index] <= demands[index] * (1 + 1e-9) + 1e-12)
                // Who gets less than it wants has at least as much by its weight as anybody else.
                guard grants[index] < demands[index] * (1 - 1e-9) else { continue }
                let level = grants[index] / weights[index]
                for other in demands.indices {
                    #expect(grants[other] / weights[other] <= level * (1 + 1e-9) + 1e-12)
                }
            }
        }
    }

    @Test("cgroups in levels: a cap holds, and a class's share is divided inside of it")
    func levels() {
        var first = CPUGroup(weight: 1)
        first.children = [
            CPUGroup(weight: 1, demand: 4, leaf: 0), CPUGroup(weight: 3, cap: 0.5, demand: 4, leaf: 1),
        ]
        var second = CPUGroup(weight: 1)
        second.children = [CPUGroup(weight: 1, demand: 0.25, leaf: 2)]
        let root = CPUGroup(weight: 1, children: [first, second])
        var grants = [0.0, 0.0, 0.0]
        root.divide(2, into: &grants)
        #expect(grants == [1.25, 0.5, 0.25])
    }
}

@Suite("Usage over time")
struct UsageCurveTests {
    private let start = VirtualTime.start + .seconds(100)

    @Test("growth passes a level at the first nanosecond above it")
    func crossing() {
        var sum = UsageSum()
        sum.add(UsageCurve(from: 0, to: 1_000, over: .seconds(10)), from: start)
        #expect(sum.amount(at: start + .seconds(4)) == 400)
        #expect(sum.amount(at: start + .seconds(40)) == 1_000)
        let crossing = sum.firstAbove(500, from: start)
        #expect(crossing == start + .seconds(5) + .nanoseconds(1))
        #expect(sum.firstAbove(1_000, from: start) == .never)
        #expect(sum.firstAbove(500, from: start + .seconds(7)) == start + .seconds(7))
    }

    @Test("steps count from their times on, and nothing before the first")
    func steps() {
        let curve = UsageCurve(steps: [(.seconds(5), 10), (.seconds(9), 2)])
        #expect([0, 4, 5, 8, 9, 100].map { curve.amount(at: $0 * 1_000_000_000) } == [0, 0, 10, 10, 2, 2])
        var sum = UsageSum()
        sum.base = 3
        sum.add(curve, from: start)
        sum.add(UsageCurve(level: 1), from: start)
        #expect(sum.firstAbove(10, from: start) == start + .seconds(5))
        #expect(sum.firstAbove(6, from: start + .seconds(9)) == .never)
    }

    @Test("sums of random curves: nothing is above the level before the moment that is named")
    func randomSums() {
        var stream = RandomStreams(seed: 5).stream("sums")
        for _ in 0..<300 {
            var sum = UsageSum()
            for _ in 0..<4 {
                let (from, to) = (stream.uniform() * 100, stream.uniform() * 100)
                sum.add(
                    UsageCurve(from: from, to: to, over: .milliseconds(Int64(stream.uniform() * 9_000))),
                    from: start + .milliseconds(Int64(stream.uniform() * 5_000) - 5_000))
            }
            let level = stream.uniform() * 250
            let crossing = sum.firstAbove(level, from: start)
            for step in 0..<200 {
                let time = start + .milliseconds(Int64(step) * 50)
                if time < crossing { #expect(sum.amount(at: time) <= level * (1 + 1e-9)) }
            }
            if crossing != .never { #expect(sum.amount(at: crossing) > level * (1 - 1e-9)) }
        }
    }
}
