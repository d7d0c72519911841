import Stochastics
import Testing

@testable import Workloads

/// Rows whose columns stand in the schema's order share what they have in common; with the columns in another order
/// every row is made out by itself. Both must give the same.
@Suite("Rows that have something in common")
struct RememberedTraitsTests {
    struct Table: Sendable, CustomTestStringConvertible {
        let table: TraceTable
        let columns: [(name: String, values: [String])]
        let reader: @Sendable () -> any TraceReader
        var testDescription: String { table.format.rawValue }
    }

    /// Values right and wrong; `#` stands for the row's number.
    static let tables = [
        Table(
            table: AlibabaGPU2023.pods,
            columns: [
                ("name", ["pod-#", "pod-#", "pod-#", "pod-3", "", "\"quoted-#\"", "\"a \"\"#\"\"\""]),
                ("cpu_milli", ["1000", "2000", "\"1000\"", "-1", "x"]),
                ("memory_mib", ["10", "10.5", "20"]), ("num_gpu", ["0", "1", "2"]),
                ("gpu_milli", ["0", "460", "1000", "1001"]),
                ("gpu_spec", ["", "T4", "T4|P100", "\"T4|P100\""]),
                ("qos", ["LS", "BE", "", "XX"]), ("pod_phase", ["Running", "Failed", "Succeeded"]),
                ("creation_time", ["0", "10", "20", ""]), ("deletion_time", ["30", "5", ""]),
                ("scheduled_time", ["20", "", "25"]),
            ],
            reader: { AlibabaGPU2023() }),
        Table(
            table: Alibaba2018.batchTasks,
            columns: [
                ("task_name", ["M#", "R#_1", "task_#", "J#_1_2", "M1"]),
                ("instance_num", ["1", "20", "0", "x"]),
                ("job_name", ["j_#", "j_1", "\"j_#\""]), ("task_type", ["1", "12"]),
                ("status", ["Terminated", "Failed", "Running", "?"]), ("start_time", ["5", "7"]),
                ("end_time", ["10", "0", "3"]), ("plan_cpu", ["100", "50.0", "", "-1"]),
                ("plan_mem", ["0.3", "0.59", ""]),
            ],
            reader: { Alibaba2018() }),
        Table(
            table: Alibaba2017.batchTasks,
            columns: [
                ("create_timestamp", ["5", "-7", "9"]), ("modify_timestamp", ["10", "6"]),
                ("job_id", ["#", "2"]),
                ("task_id", ["1", "#", ""]), ("instance_num", ["1", "0", "30"]),
                ("status", ["Terminated", "Waiting", "Cancelled", "?"]),
                ("plan_cpu", ["1.0", "0.5", "", "x"]),
                ("plan_mem", ["0.01", ""]),
            ],
            reader: { Alibaba2017() }),
        Table(
            table: AlibabaDLRM2025.instances,
            columns: [
                ("instance_sn", ["i-#", "i-#", "i-1"]), ("role", ["HN", "CN"]), ("app_name", ["a", "b"]),
                ("cpu_request", ["10", "x"]), ("cpu_limit", ["10", "12"]), ("gpu_request", ["0", "1"]),
                ("gpu_limit", ["0", "1"]), ("rdma_request", ["1", ""]), ("rdma_limit", ["25"]),
                ("memory_request", ["100.0"]), ("memory_limit", ["100.0", "200.5"]),
                ("disk_request", ["", "5"]),
                ("disk_limit", ["600"]), ("max_instance_per_node", ["-1", "8", "0"]),
                ("creation_time", ["", "NaN", "10"]), ("scheduled_time", ["", "11"]),
                ("deletion_time", ["", "20", "5"]),
            ],
            reader: { AlibabaDLRM2025() }),
        Table(
            table: AlibabaSpot2026.jobs,
            columns: [
                ("job_name", ["#", "#", "4"]), ("organization", ["1", "2"]),
                ("gpu_model", ["A10", "", "H800"]),
                ("cpu_request", ["10", "x"]), ("gpu_request", ["1", "0.5", "8", "-1"]),
                ("worker_num", ["1", "4", "0"]), ("submit_time", ["3", "600"]), ("duration", ["5", "90"]),
                ("job_type", ["HP", "Spot", "?"]),
            ],
            reader: { AlibabaSpot2026() }),
    ]

    @Test("are read as each by itself", arguments: tables, 0..<3)
    func sameAsPlain(table: Table, seed: Int) throws {
        var stream = RandomStream(seed: UInt64(seed), name: "remembered/\(table.table.format.rawValue)")
        let rows = (0..<3_000).map { number in
            table.columns.map { column in
                column.values[stream.index(below: column.values.count)]
                    .split(separator: "#", omittingEmptySubsequences: false).joined(separator: "\(number)")
            }
        }
        let order = Array(table.columns.indices)
        let inOrder = try Self.read(table, rows, order)
        // The first column stays where it is, so that the header is known as one.
        let reversed = try Self.read(table, rows, [order[0]] + order.dropFirst().reversed())
        #expect(inOrder.tasks == reversed.tasks)
        #expect(inOrder.tally == reversed.tally)
        #expect(inOrder.tasks.count > 50)
        #expect(inOrder.tally.badRows > 50)
    }

    private static func read(_ table: Table, _ rows: [[String]], _ order: [Int]) throws -> LoadedTrace {
        var text = order.map { table.columns[$0].name }.joined(separator: ",") + "\n"
        for row in rows { text += order.map { row[$0] }.joined(separator: ",") + "\n" }
        var options = TraceOptions()
        options.badRows = .skip
        return try LoadedTrace.read(
            [(table: table.table, name: "f.csv", bytes: Array(text.utf8))], with: table.reader(),
            options: options)
    }
}
