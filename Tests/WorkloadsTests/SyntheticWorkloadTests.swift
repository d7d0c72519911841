import SimulationKernel
import Stochastics
import Testing
import Workloads

@Suite("Synthetic workloads")
struct SyntheticWorkloadTests {
    static func times(_ process: ArrivalProcess, count: Int, seed: UInt64 = 3) -> [Double] {
        var arrivals = ArrivalSequence(process, streams: RandomStreams(seed: seed).scoped("test"))
        return (0..<count).map { _ in arrivals.next().sinceStart.fractionalSeconds }
    }

    static let processes: [ArrivalProcess] = [
        .poisson(ratePerSecond: 2),
        .renewal(.weibull(shape: 0.7, scale: 0.5)),
        .markovModulated([
            .init(ratePerSecond: 10, meanSeconds: 20), .init(ratePerSecond: 0, meanSeconds: 30),
            .init(ratePerSecond: 1, meanSeconds: 50),
        ]),
        .diurnal(ratePerSecond: 1, amplitude: 0.8, period: .minutes(10), peak: .minutes(2)),
        .bursts(ratePerSecond: 0.1, size: .constant(12), spacing: .exponential(mean: 2)),
    ]

    @Test("arrivals come in order, at the rate of the process, and the same for a seed", arguments: processes)
    func rates(_ process: ArrivalProcess) throws {
        #expect(process.validate().isEmpty)
        let times = Self.times(process, count: 60_000)
        #expect(times == times.sorted())
        #expect(times == Self.times(process, count: 60_000))
        #expect(times != Self.times(process, count: 60_000, seed: 4))
        // 60,000 arrivals give the rate to 0.5 % for Poisson, several times that for the bursty ones.
        let rate = Double(times.count) / (try #require(times.last))
        #expect(abs(rate / process.meanRatePerSecond - 1) < 0.06)
    }

    @Test("a Poisson process has exponential gaps")
    func poisson() throws {
        let times = Self.times(.poisson(ratePerSecond: 2), count: 5_000)
        let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
        let test = try #require(
            GoodnessOfFit.kolmogorovSmirnov(gaps, cdf: Distribution.exponential(mean: 0.5).cdf))
        #expect(test.pValue > 0.01)
    }

    /// With amplitude 0.8 the half of the period about the peak has 1/2 + 0.8/π = 75.5 % of the arrivals.
    @Test("a diurnal rate has its peak where it is said to be")
    func diurnal() {
        let times = Self.times(Self.processes[3], count: 50_000)
        let near = times.count { time in
            let phase = ((time - 120) / 600).truncatingRemainder(dividingBy: 1)
            let turn = phase < 0 ? phase + 1 : phase
            return turn < 0.25 || turn >= 0.75
        }
        #expect(abs(Double(near) / 50_000 - 0.7546) < 0.01)
    }

    @Test("bad parameters are named")
    func badParameters() {
        #expect(
            ArrivalProcess.diurnal(ratePerSecond: 1, amplitude: 2, period: .zero, peak: .zero).validate()
                .count == 2)
        #expect(!ArrivalProcess.markovModulated([]).validate().isEmpty)
        #expect(!ArrivalProcess.markovModulated([.init(ratePerSecond: 0, meanSeconds: 1)]).validate().isEmpty)
        #expect(!ArrivalProcess.poisson(ratePerSecond: -1).validate().isEmpty)
    }

    static func mix() -> SyntheticWorkload {
        var workload = SyntheticWorkload(until: .start + .hours(1))
        var training = SyntheticWorkload.JobKind(
            name: "training", arrivals: .poisson(ratePerSecond: 0.02),
            durationSeconds: .logNormal(mu: 6, sigma: 1), milliCPU: .constant(8_000),
            memoryBytes: .uniform(low: 1e9, high: 4e9))
        training.gpus = .constant(1)
        training.instances = .uniform(low: 1, high: 8)
        training.isGang = true
        training.users = 5
        var share = SyntheticWorkload.JobKind(
            name: "inference", arrivals: .poisson(ratePerSecond: 0.1),
            durationSeconds: .exponential(mean: 60),
            milliCPU: .constant(500), memoryBytes: .constant(1e9))
        share.gpus = .constant(0.25)
        share.limit = 40
        workload.jobs = [training, share]
        workload.services = [
            SyntheticWorkload.ServiceKind(
                name: "web", count: 3, milliCPU: .constant(250), memoryBytes: .constant(1e8))
        ]
        return workload
    }

    static func tasks(_ workload: SyntheticWorkload, seed: UInt64 = 1) -> [TraceTask] {
        var source = SyntheticTasks(workload, seed: seed)
        var tasks: [TraceTask] = []
        while let task = source.next() { tasks.append(task) }
        return tasks
    }

    @Test("a mix gives services first, then jobs in order, gangs and shares of devices")
    func mixture() {
        #expect(Self.mix().validate().isEmpty)
        let tasks = Self.tasks(Self.mix())
        #expect(tasks.prefix(3).map(\.id) == ["web-0", "web-1", "web-2"])
        #expect(tasks.map(\.submission) == tasks.map(\.submission).sorted())
        #expect(Set(tasks.map(\.id)).count == tasks.count)
        let training = tasks.filter { $0.id.hasPrefix("training") }
        // 72 are expected in the hour; 40 to 110 is beyond four deviations.
        #expect((40...110).contains(training.count))
        #expect(training.allSatisfy { $0.gangSize == $0.instances && (1...8).contains($0.instances) })
        #expect(Set(training.map(\.user)).count == 5)
        let inference = tasks.filter { $0.id.hasPrefix("inference") }
        #expect(inference.count == 40)
        #expect(inference.allSatisfy { $0.requests.gpuCount == 1 && $0.requests.gpuMilli == 250 })
        #expect(tasks.allSatisfy { $0.submission < .start + .hours(1) })
    }

    @Test("a further kind, or other sizes, leave the arrivals of the others as they are")
    func commonRandomNumbers() {
        let before = Self.tasks(Self.mix())
        var changed = Self.mix()
        changed.jobs[0].memoryBytes = .exponential(mean: 1e9)
        changed.jobs.append(
            SyntheticWorkload.JobKind(
                name: "more", arrivals: .poisson(ratePerSecond: 1), durationSeconds: nil,
                milliCPU: .constant(1),
                memoryBytes: .constant(1)))
        let after = Self.tasks(changed)
        func arrivals(_ tasks: [TraceTask]) -> [VirtualTime] {
            tasks.filter { $0.id.hasPrefix("training") }.map(\.submission)
        }
        #expect(arrivals(before) == arrivals(after))
        #expect(Self.tasks(Self.mix(), seed: 2) != before)
    }

    @Test("a name twice, and parameters of a kind, are named with their place")
    func validation() {
        var workload = Self.mix()
        workload.jobs[1].name = "training"
        workload.jobs[0].durationSeconds = .exponential(mean: -1)
        #expect(
            workload.validate().map(\.parameter) == ["training.duration.mean", "training"])
    }
}
