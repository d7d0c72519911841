import SimulationKernel
import Stochastics

/// Replaces random rows of a full table, and reads the new one.
enum GenerationalTableChurn: BenchmarkCase {
    static let name = "generational-table/churn"
    static let operation = "replacement"
    static let sizes = [1_000, 100_000]
    static let isAllocationFree = true

    static func operationCount(size: Int, rounds: Int) -> Int { rounds * size }

    static func run(size: Int, rounds: Int) -> UInt64 {
        var table = GenerationalTable<UInt64>()
        var draws = RandomStream(seed: 42, name: "churn")
        var handles = ContiguousArray<Handle<UInt64>>()
        for number in 0..<size { handles.append(table.insert(UInt64(number))) }
        var checksum: UInt64 = 0
        for round in 0..<rounds * size {
            let victim = draws.index(below: size)
            checksum = checksum &* 31 &+ (table.remove(handles[victim]) ?? 0)
            handles[victim] = table.insert(UInt64(round))
            checksum &+= table[handles[victim]] ?? 0
        }
        return checksum
    }
}
