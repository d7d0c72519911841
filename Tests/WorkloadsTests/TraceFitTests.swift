import SimulationKernel
import Stochastics
import Testing

@testable import Workloads

@Suite("Fits to a trace")
struct TraceFitTests {
    @Test("of few different values the nearest fit comes first, of many the likeliest")
    func ranking() throws {
        var fit = TraceFit()
        for number in 0..<3_000 {
            var task = TraceTask(
                id: "t\(number)", submission: .start + .seconds(Int64(number * number % 7_919)),
                requests: TraceResources(milliCPU: [500, 1_000, 2_000, 8_000][number % 4]))
            task.duration = .milliseconds(Int64(1 + (number * 7_919) % 100_003))
            fit.add(.task(task))
        }
        let quantities = fit.quantities()
        let cores = try #require(quantities.first { $0.name == "cpu" })
        #expect(cores.distinct == 4 && cores.isDiscrete)
        let distances = cores.fits.map(\.kolmogorovSmirnov.statistic)
        #expect(distances == distances.sorted())
        let durations = try #require(quantities.first { $0.name == "duration" })
        #expect(!durations.isDiscrete)
        #expect(durations.fits.map(\.aic) == durations.fits.map(\.aic).sorted())
    }

    @Test("options that change nothing in a format are known")
    func idleOptions() {
        var options = TraceOptions()
        #expect(TraceFormat.allCases.allSatisfy { options.idle(in: $0).isEmpty })
        options.unitMilliCPU = 64_000
        #expect(options.idle(in: .swf).count == 1 && options.idle(in: .borg2019).isEmpty)
        options.sizeScale = 2
        #expect(options.idle(in: .snapshot).count == 2 && options.idle(in: .borg2011).isEmpty)
    }
}
