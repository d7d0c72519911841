import SimulationKernel
import Testing

@testable import Workloads

@Suite("Window, sample and scales")
struct TraceShaperTests {
    private func task(_ id: String, job: String = "", at seconds: Int64 = 0) -> TraceTask {
        var task = TraceTask(
            id: id, submission: .start + .seconds(seconds), requests: TraceResources(milliCPU: 1))
        task.job = job
        return task
    }

    private func usage(_ id: String, from: Int64, to: Int64) -> TraceUsage {
        TraceUsage(subject: .task, id: id, start: .start + .seconds(from), end: .start + .seconds(to))
    }

    @Test("a sample by user of a trace without users draws jobs")
    func users() {
        var options = TraceOptions()
        options.sampleUnit = .user
        options.sampleFraction = 0.5
        var output = TraceOutput(options: options)
        for number in 0..<200 {
            output.emit(task("a\(number)", job: "j\(number)"))
            output.emit(task("b\(number)", job: "j\(number)"))
        }
        var jobs: [String: Int] = [:]
        for case .task(let task) in output.records { jobs[task.job, default: 0] += 1 }
        #expect(jobs.count > 60 && jobs.count < 140)
        #expect(jobs.values.allSatisfy { $0 == 2 })
    }

    @Test("what tasks used that are left out is left out with them, and intervals begin with the window")
    func usageLeftOut() {
        var options = TraceOptions()
        options.from = .start + .seconds(100)
        var output = TraceOutput(options: options)
        output.emit(task("early", at: 50))
        output.emit(task("late", at: 150))
        output.emit(usage("early", from: 120, to: 180))
        output.emit(usage("late", from: 60, to: 90))
        output.emit(usage("late", from: 60, to: 160))
        let samples = output.records.compactMap { record in
            if case .usage(let usage) = record { usage } else { nil }
        }
        #expect(samples.map(\.id) == ["late"])
        #expect(samples.first?.start == .start && samples.first?.end == .start + .seconds(60))
        #expect(output.tally.leftOut == 3)
    }

    @Test(
        "what to do about bad rows has the same words everywhere",
        arguments: [
            ("stop", BadRowPolicy.standard), ("skip", .skip), ("0.2", .stop(pastFraction: 0.2)), ("nan", nil),
            ("2", nil), ("-1", nil), ("Skip", nil), ("", nil),
        ])
    func badRows(text: String, policy: BadRowPolicy?) {
        #expect(BadRowPolicy(text: text) == policy)
    }
}
