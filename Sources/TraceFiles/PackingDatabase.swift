import GRDB
import Workloads

/// Reads the SQLite database of Azure's packing trace, row by row.
enum PackingDatabase {
    static func read(
        _ path: String, options: TraceOptions, into output: inout TraceOutput,
        _ body: (TraceRecord) throws(TraceError) -> Void
    ) throws(TraceError) {
        var configuration = Configuration()
        configuration.readonly = true
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.read { database in
                var packing = AzurePacking2020(file: path, options: options)
                let types = try Row.fetchCursor(
                    database,
                    sql: "SELECT vmTypeId, machineId, core, memory, hdd, ssd, nic FROM vmType ORDER BY id")
                while let row = try types.next() {
                    guard let type = Int64.fromDatabaseValue(row[0]),
                        let machine = Int64.fromDatabaseValue(row[1])
                    else {
                        output.countRow()
                        try output.reject(
                            BadRow(file: path, line: 0, reason: "vmType: found a row without numbers as ids"))
                        continue
                    }
                    func fraction(_ column: Int) -> Double { Double.fromDatabaseValue(row[column]) ?? .nan }
                    try packing.take(
                        AzurePacking2020.TypeRow(
                            vmType: type, machine: machine, core: fraction(2), memory: fraction(3),
                            // Few machines have all kinds of disks: none is 0.
                            hdd: Double.fromDatabaseValue(row[4]) ?? 0,
                            ssd: Double.fromDatabaseValue(row[5]) ?? 0,
                            nic: Double.fromDatabaseValue(row[6]) ?? 0),
                        into: &output)
                }
                packing.chooseMachine()
                let vms = try Row.fetchCursor(
                    database, sql: "SELECT vmId, tenantId, vmTypeId, priority, starttime, endtime FROM vm")
                var count = 0
                while let row = try vms.next() {
                    guard let id = Int64.fromDatabaseValue(row[0]), let type = Int64.fromDatabaseValue(row[2])
                    else {
                        output.countRow()
                        try output.reject(
                            BadRow(file: path, line: 0, reason: "vm: found a row without numbers as ids"))
                        continue
                    }
                    try packing.take(
                        AzurePacking2020.VMRow(
                            id: id, tenant: Int64.fromDatabaseValue(row[1]) ?? 0, vmType: type,
                            priority: Int64.fromDatabaseValue(row[3]) ?? 0,
                            start: Double.fromDatabaseValue(row[4]), end: Double.fromDatabaseValue(row[5])),
                        into: &output)
                    count += 1
                    if count.isMultiple(of: 4_096) { try output.drain(body) }
                }
                try output.drain(body)
            }
        } catch let error as TraceError {
            throw error
        } catch let error as DatabaseError {
            if error.resultCode == .SQLITE_ERROR {
                throw .wrongFormat(
                    file: path, found: "a database without it (\(error.message ?? "no message"))",
                    expected: "the tables vm and vmType of azure-packing-2020")
            }
            throw .damaged(
                file: path, detail: "the database cannot be read: \(error.message ?? "no message")")
        } catch {
            throw .damaged(file: path, detail: "the database cannot be read: \(error)")
        }
    }
}
