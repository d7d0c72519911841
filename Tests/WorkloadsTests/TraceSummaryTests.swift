import SimulationKernel
import Testing
import Workloads

@Suite("Summary of a trace")
struct TraceSummaryTests {
    @Test("jobs and users are bounds each for itself, once their own count is full")
    func bounds() {
        var summary = TraceSummary(distinctLimit: 3)
        for number in 0..<5 {
            var task = TraceTask(id: "t\(number)", submission: .start, requests: TraceResources())
            task.job = "j\(number)"
            task.user = number == 0 ? "u" : ""
            summary.add(.task(task))
        }
        #expect(summary.jobs == 3 && summary.jobsAreBound)
        #expect(summary.users == 1 && !summary.usersAreBound)
    }
}
