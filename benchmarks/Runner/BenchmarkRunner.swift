import AllocationCounter
import Benchmarks

/// `simk-benchmarks [--repeats N] [--list] [CASE[:SIZE]]...`: times the cases and prints a table.
///
/// Figures are medians over the repeats of operations a second of processor time of the one thread, so that what
/// else runs on the machine weighs less. Set-up is taken out: a case is run with two numbers of rounds, and
/// the difference is what counts, for the time as for the allocations.
@main
struct BenchmarkRunner {
    /// How a measurement ends.
    struct Figure {
        var rate: Double
        var checksum: UInt64
        /// Allocations of the longer run beyond those of the shorter one; nil where they cannot be counted.
        var allocations: Int64?
    }

    static func main() {
        simk_buffer_output_by_lines()  // So that a table that is broken off shows what was measured.
        var repeats = 5
        var wanted: [Substring] = []
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--list":
                for benchmark in benchmarkCases { print(benchmark.name) }
                return
            case "--repeats":
                guard let text = arguments.popFirst(), let count = Int(text), (1...1_000).contains(count)
                else {
                    return print("simk-benchmarks: --repeats wants a number from 1 to 1000")
                }
                repeats = count
            default: wanted.append(argument[...])
            }
        }
        print("case                       size     million/s      least       most  allocations  checksum")
        for benchmark in benchmarkCases {
            let names = wanted.filter { $0.split(separator: ":").first == benchmark.name[...] }
            if !wanted.isEmpty && names.isEmpty { continue }
            let sizes = names.compactMap { $0.split(separator: ":").dropFirst().first.flatMap { Int($0) } }
            _ = benchmark.run(size: benchmark.smallestSize, rounds: 1)  // What is made once a process is made now.
            for size in sizes.isEmpty ? benchmark.sizes : sizes where (1...100_000_000).contains(size) {
                report(
                    benchmark, size: size, figures: (0..<repeats).map { _ in measure(benchmark, size: size) })
            }
        }
    }

    static func measure(_ benchmark: any BenchmarkCase.Type, size: Int) -> Figure {
        let few = max(1, 200_000 / size)
        let many = 2 * few + max(2, 2_000_000 / size)
        let short = sample(benchmark, size: size, rounds: few)
        let long = sample(benchmark, size: size, rounds: many)
        let operations =
            benchmark.operationCount(size: size, rounds: many)
            - benchmark.operationCount(size: size, rounds: few)
        return Figure(
            rate: Double(operations) / Double(max(1, long.nanoseconds - short.nanoseconds)) * 1e3,
            checksum: long.checksum,
            allocations: long.allocations < 0 ? nil : long.allocations - short.allocations)
    }

    static func sample(
        _ benchmark: any BenchmarkCase.Type, size: Int, rounds: Int
    ) -> (nanoseconds: Int64, allocations: Int64, checksum: UInt64) {
        let allocations = simk_allocation_count()
        let start = simk_thread_cpu_nanoseconds()
        let checksum = benchmark.run(size: size, rounds: rounds)
        let nanoseconds = simk_thread_cpu_nanoseconds() - start
        return (nanoseconds, allocations < 0 ? -1 : simk_allocation_count() - allocations, checksum)
    }

    static func report(_ benchmark: any BenchmarkCase.Type, size: Int, figures: [Figure]) {
        let rates = figures.map(\.rate).sorted()
        let allocations = figures[0].allocations
        var line = padded(benchmark.name, 24, left: false) + padded("\(size)", 8)
        for rate in [rates[rates.count / 2], rates[0], rates[rates.count - 1]] {
            line += padded(decimal(rate), rate == rates[rates.count / 2] && line.count < 40 ? 13 : 11)
        }
        line += padded(allocations.map { "\($0)" } ?? "-", 13) + "  " + String(figures[0].checksum, radix: 16)
        print(line)
        if Set(figures.map(\.checksum)).count > 1 {
            print("simk-benchmarks: \(benchmark.name): runs with different checksums")
        }
        if benchmark.isAllocationFree, let allocations, allocations > 0 {
            print("simk-benchmarks: \(benchmark.name): \(allocations) allocations where there should be none")
        }
    }

    /// Two decimal places, or four of a small number.
    static func decimal(_ number: Double) -> String {
        let places = number < 0.5 ? 4 : 2
        let scale = places == 4 ? 10_000 : 100
        let scaled = Int((number * Double(scale)).rounded())
        let rest = String(scaled % scale)
        return "\(scaled / scale)." + String(repeating: "0", count: places - rest.count) + rest
    }

    static func padded(_ text: String, _ width: Int, left: Bool = true) -> String {
        let spaces = String(repeating: " ", count: max(0, width - text.count))
        return left ? spaces + text : text + spaces
    }
}
