import Benchmarks
import Testing

@Suite("Benchmarks")
struct BenchmarksTests {
    @Test("every case runs at its smallest size and repeats its checksum", arguments: benchmarkCases.indices)
    func caseRuns(index: Int) {
        let benchmark = benchmarkCases[index]
        let size = benchmark.smallestSize
        let checksum = benchmark.run(size: size, rounds: 1)
        #expect(checksum == benchmark.run(size: size, rounds: 1), "\(benchmark.name)")
        #expect(checksum != benchmark.run(size: size, rounds: 2), "\(benchmark.name)")
        #expect(benchmark.operationCount(size: size, rounds: 1) > 0)
    }

    @Test("names are unique, for the runner chooses by them")
    func namesAreUnique() {
        #expect(Set(benchmarkCases.map { $0.name }).count == benchmarkCases.count)
    }
}
