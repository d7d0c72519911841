import Foundation
import Testing
import TraceFiles
import Workloads

@Suite("Input that is wrong")
struct RobustnessTests {
    static let openb =
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,"
        + "scheduled_time\n"

    @Test(
        "a line of 10 GB ends with an error, long before it is read",
        arguments: [openb, openb + "p,\"", "1,a,2,3,4,0,u,0,9,0.1,0.1,0.1,0\n"])
    func longLine(head: String) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "long-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(head.utf8).write(to: file)
        // The rest is a hole, which takes no room.
        let handle = try FileHandle(forWritingTo: file)
        try handle.truncate(atOffset: 10 << 30)
        try handle.close()
        let error = #expect(throws: TraceError.self) {
            let format: TraceFormat = head.hasPrefix("name") ? .alibabaGPU2023 : .borg2011
            _ = try TraceFileSet.open([file.path], format: format).read { (_) throws(TraceError) in }
        }
        let reason =
            head.hasSuffix("\"")
            ? "the row that begins here has a quoted field that is not closed within 4194304 bytes"
            : "the line is longer than 4194304 bytes"
        if head.hasPrefix("name") {
            #expect(
                error?.description
                    == "\(file.path):2: \(reason); this is no table of text, or a line end is missing")
        }
    }

    @Test(
        "a row that cannot be used is told with line, column, what was found and what was expected",
        arguments: [
            (
                "p,1,1,0,0,,LS,Running,-1,5,2",
                "creation_time: found '-1', expected a time that is not negative"
            ),
            ("p,NaN,1,0,0,,LS,Running,1,5,2", "cpu_milli: found 'NaN', expected a whole number"),
            ("p,1,nan,0,0,,LS,Running,1,5,2", "memory_mib: found 'nan', expected a number"),
            ("p,1,inf,0,0,,LS,Running,1,5,2", "memory_mib: found 'inf', expected a number"),
            (
                "p,1,1,0,0,,LS,Running,9,5,2",
                "deletion_time: found '5', expected a time not before creation_time"
            ),
            ("good,1,1,0,0,,LS,Running,1,5,2", "name: found 'good' a second time, expected every id once"),
            ("p,1,1", "found 3 fields, expected 11"),
            ("p,1,1,0,0,,LS,Running,99999999999999999999,5,2", "creation_time: found '99999999999999999999'"),
            ("p,1,1,2,500,,LS,Running,1,5,2", "gpu_milli: found '500', expected 1000"),
        ])
    func badRow(row: String, reason: String) throws {
        let text =
            Self.openb + "good,1,1,0,0,,LS,Running,1,5,2\n" + row + "\nlast,1,1,0,0,,LS,Running,1,5,2\n"
        try Vectors.withFile(Array(text.utf8)) { path in
            var options = TraceOptions()
            options.badRows = .skip
            let trace = try TraceFileSet.open([path]).load(options: options)
            #expect(trace.tasks.map(\.id) == ["good", "last"])
            #expect(trace.tally.rows == 3 && trace.tally.badRows == 1)
            let told = try #require(trace.tally.firstBadRows.first).description
            #expect(told.hasPrefix("\(path):3: \(reason)"), "\(told)")
            // One in three is more than one in a hundred.
            let error = #expect(throws: TraceError.self) { try TraceFileSet.open([path]).load() }
            #expect(
                error?.description.hasPrefix("1 of 3 rows (33.3 %) cannot be used:\n  \(path):3: ") == true)
        }
    }

    @Test("up to one row in a hundred may be bad; five are shown")
    func share() throws {
        func text(bad: Int) -> String {
            Self.openb
                + (0..<1_000).map { $0 < bad ? "b\($0),x,1,0,0,,,,1,5,2\n" : "p\($0),1,1,0,0,,,,1,5,2\n" }
                .joined()
        }
        try Vectors.withFile(Array(text(bad: 10).utf8)) { path in
            let tally = try TraceFileSet.open([path]).load().tally
            #expect(tally.badRows == 10 && tally.firstBadRows.map(\.line) == [2, 3, 4, 5, 6])
        }
        try Vectors.withFile(Array(text(bad: 11).utf8)) { path in
            let error = #expect(throws: TraceError.self) { try TraceFileSet.open([path]).load() }
            #expect(error?.description.hasSuffix("go on without such rows with --on-bad-row skip.") == true)
        }
    }

    @Test("bytes of chance are no trace, whatever format is claimed", arguments: TraceFormat.allCases)
    func noise(format: TraceFormat) throws {
        var state: UInt64 = 88_172_645_463_325_252
        let bytes = (0..<20_000).map { _ -> UInt8 in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 11)
        }
        try Vectors.withFile(bytes) { path in
            #expect(throws: TraceError.self) { try TraceFileSet.open([path], format: format).load() }
        }
    }
}
