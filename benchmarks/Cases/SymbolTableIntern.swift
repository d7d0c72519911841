import SimulationKernel

/// Looks up names that were interned before, as a decoder does with label keys.
enum SymbolTableIntern: BenchmarkCase {
    static let name = "symbol-table/intern"
    static let operation = "look-up"
    static let sizes = [1_000, 100_000]
    static let isAllocationFree = true

    static func operationCount(size: Int, rounds: Int) -> Int { rounds * size }

    static func run(size: Int, rounds: Int) -> UInt64 {
        let names = (0..<size).map { "example.com/component-\($0)" }
        var table = SymbolTable()
        for name in names { _ = table.intern(name) }
        var checksum: UInt64 = 0
        for _ in 0..<rounds {
            for name in names { checksum = checksum &* 31 &+ UInt64(table.intern(name).index) }
        }
        return checksum
    }
}
