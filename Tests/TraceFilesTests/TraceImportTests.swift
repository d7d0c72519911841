import Foundation
import SimulationKernel
import Testing
import TraceFiles
import Workloads

@Suite("Import into the compact form")
struct TraceImportTests {
    @Test("runs of any length merge into the same file, in the order of time", arguments: [1, 2, 3, 1_000])
    func merging(runRecords: Int) throws {
        let files = try TraceFileSet.open([Vectors.path("alibaba-2018")])
        let folder = FileManager.default.temporaryDirectory.appending(path: "simk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func bytes(_ count: Int) throws -> Data {
            let path = folder.appending(path: "\(count).simktrace").path
            let result = try TraceImport(runRecords: count).write(files, options: TraceOptions(), to: path)
            #expect(result.summary.tasks == 7)
            return try Data(contentsOf: URL(filePath: path))
        }
        #expect(try bytes(runRecords) == bytes(1_000_000))
        let cursor = try RecordCursor(folder.appending(path: "\(runRecords).simktrace").path)
        var times: [VirtualTime] = []
        while let record = cursor.current {
            times.append(record.time)
            try cursor.advance()
        }
        #expect(times == times.sorted())
        #expect(times.count == 14)
    }

    @Test("files are merged in several rounds into the same file", arguments: [2, 3, 64])
    func rounds(mergedFiles: Int) throws {
        // Submissions fall, so that no run continues the one before.
        var text = ""
        for job in 1...40 { text += "\(job) \(40 - job) 0 10 1 -1 -1 1 10 -1 1 1 1 1 1 1 -1 -1\n" }
        try Vectors.withFile(Array(text.utf8), name: "falling.swf") { path in
            let files = try TraceFileSet.open([path])
            let whole = path + ".whole"
            _ = try TraceImport().write(files, options: TraceOptions(), to: whole)
            let merged = path + ".merged"
            let result = try TraceImport(runRecords: 3, mergedFiles: mergedFiles).write(
                files, options: TraceOptions(), to: merged)
            #expect(result.summary.tasks == 40)
            #expect(try Data(contentsOf: URL(filePath: merged)) == Data(contentsOf: URL(filePath: whole)))
        }
    }

    @Test("a trace in order is the same whether it is written in one run or in many")
    func inOrder() throws {
        var text = ""
        for job in 1...40 { text += "\(job) \(job / 4) 0 10 1 -1 -1 1 10 -1 1 1 1 1 1 1 -1 -1\n" }
        try Vectors.withFile(Array(text.utf8), name: "rising.swf") { path in
            let files = try TraceFileSet.open([path])
            let whole = path + ".whole"
            _ = try TraceImport().write(files, options: TraceOptions(), to: whole)
            let parts = path + ".parts"
            _ = try TraceImport(runRecords: 3).write(files, options: TraceOptions(), to: parts)
            #expect(try Data(contentsOf: URL(filePath: parts)) == Data(contentsOf: URL(filePath: whole)))
        }
    }

    @Test("a place that cannot be written to is named")
    func unwritable() throws {
        let files = try TraceFileSet.open([Vectors.path("swf")])
        let error = #expect(throws: TraceError.self) {
            try TraceImport().write(files, options: TraceOptions(), to: "/nowhere/at-all/x.simktrace")
        }
        #expect(
            error?.description
                == "/nowhere/at-all/x.simktrace: cannot be written. Is the folder there and writable?")
    }

    @Test(
        "what cannot be read is said by name",
        arguments: [
            ("no-such-file", "no-such-file: there is no such file"),
            (Vectors.path("make-binary.py"), "found content of an unknown format"),
        ])
    func unreadable(path: String, text: String) {
        let error = #expect(throws: TraceError.self) { try TraceFileSet.open([path]) }
        #expect(error?.description.contains(text) == true)
    }

    @Test("files of two formats are no trace")
    func mixed() {
        let error = #expect(throws: TraceError.self) {
            try TraceFileSet.open([Vectors.path("swf"), Vectors.path("philly")])
        }
        #expect(error?.description.contains("a file of philly, expected one of swf") == true)
    }

    @Test(
        "packings that are not unpacked are named",
        arguments: [
            ([0x50, 0x4B, 0x03, 0x04], "zip archive"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"),
            ([0x42, 0x5A, 0x68], "bzip2"),
        ] as [([UInt8], String)])
    func packings(magic: [UInt8], name: String) throws {
        try Vectors.withFile(magic + [UInt8](repeating: 0, count: 600)) { path in
            let error = #expect(throws: TraceError.self) { try TraceFileSet.open([path]) }
            #expect(error?.description.contains(name) == true)
        }
    }
}
