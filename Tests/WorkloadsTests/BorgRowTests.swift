import Stochastics
import Testing

@testable import Workloads

@Suite("Rows of Borg 2019")
struct BorgRowTests {
    static let columns: [(name: String, values: [String])] = [
        ("time", ["0", "5000000", "600000000", "601000000", "x", "-1", "9223372036854775807", ""]),
        ("type", ["0", "SUBMIT", "0", "3", "SCHEDULE", "6", "FINISH", "4", "9", "99", "WHAT", ""]),
        ("collection_id", ["11", "12", "13", "14", "15", ""]), ("instance_index", ["0", "1", "2", "3", ""]),
        ("scheduling_class", ["2", "SENSITIVE", "", "7"]), ("collection_type", ["0", "1", "ALLOC_SET", ""]),
        ("priority", ["103", "200", "", "5000000000", "1.5"]), ("alloc_collection_id", ["0", "77", ""]),
        ("machine_id", ["", "0", "23", "-1"]), ("resource_request.cpus", ["0.25", "", "-1", "1e-3"]),
        ("resource_request.memory", ["0.5", "", "y", "0.125"]),
    ]

    @Test("in CSV are what the same rows are in JSON", arguments: 0..<8)
    func sameAsJSON(seed: Int) throws {
        var stream = RandomStream(seed: UInt64(seed), name: "borg-rows")
        var csv = Self.columns.map(\.name).joined(separator: ",") + "\n"
        var json = ""
        for _ in 0..<2_000 {
            // Mostly the first values, so that tasks come about.
            let row = Self.columns.map { column in
                column.values[min(stream.index(below: column.values.count), stream.index(below: 8))]
            }
            csv += row.joined(separator: ",") + "\n"
            var members: [(name: String, text: String)] = []
            var request: [String] = []
            for (column, value) in zip(Self.columns, row) where !value.isEmpty {
                if column.name.hasPrefix("resource_request.") {
                    request.append("\"\(column.name.dropFirst(17))\":\"\(value)\"")
                } else {
                    members.append((column.name, "\"\(column.name)\":\"\(value)\""))
                }
            }
            if !request.isEmpty {
                members.append(("", "\"resource_request\":{\(request.joined(separator: ","))}"))
            }
            json += "{\(members.map(\.text).joined(separator: ","))}\n"
        }
        var options = TraceOptions()
        options.badRows = .skip
        let table = Borg2019.instanceEvents
        let fromCSV = try LoadedTrace.read(
            [(table: table, name: "f", bytes: Array(csv.utf8))], with: Borg2019(), options: options)
        let fromJSON = try LoadedTrace.read(
            [(table: table, name: "f", bytes: Array(json.utf8))], with: Borg2019(), options: options)
        #expect(fromCSV.tasks == fromJSON.tasks)
        #expect(fromCSV.tally.badRows == fromJSON.tally.badRows)
        #expect(fromCSV.tally.passedOver == fromJSON.tally.passedOver)
        #expect(fromCSV.tally.firstBadRows.map(\.reason) == fromJSON.tally.firstBadRows.map(\.reason))
        #expect(fromCSV.tasks.count > 5)
        #expect(fromCSV.tally.badRows > 50)
    }
}
