import Foundation
import Stochastics
import Testing
import TraceFiles
import Workloads

/// Readers meet damaged input with errors, never with a trap.
@Suite("Damaged traces")
struct TraceFuzzTests {
    static let folders = TraceFormatTests.all.filter {
        $0.format != .azurePacking2020 && $0.folder != "swf-gz"
    }

    /// Changes, removes, repeats or swaps a few pieces of the bytes.
    static func mutated(_ bytes: [UInt8], _ stream: inout RandomStream) -> [UInt8] {
        var result = bytes
        for _ in 0...stream.index(below: 4) {
            guard !result.isEmpty else { break }
            let place = stream.index(below: result.count)
            let end = min(result.count, place + 1 + stream.index(below: 20))
            switch stream.index(below: 6) {
            case 0: result[place] = UInt8(stream.index(below: 256))
            case 1: result.removeSubrange(place..<end)
            case 2: result.insert(contentsOf: result[place..<end], at: place)
            case 3: result = Array(result[..<place])
            case 4:
                let words = [
                    "-1", "NaN", "9223372036854775807", "1e308", "\"", ",,,,", "\n", "-9223372036854775808",
                    "{",
                    "]", "0",
                ]
                result.replaceSubrange(place..<end, with: Array(words[stream.index(below: words.count)].utf8))
            default: result[place] ^= 1 << UInt8(stream.index(below: 8))
            }
        }
        return result
    }

    @Test("random changes of valid files", arguments: folders)
    func mutations(_ expected: TraceFormatTests.Expected) throws {
        let files = try TraceFileSet.open([Vectors.path(expected.folder)])
        let contents = try files.inputs.map { [UInt8](try Data(contentsOf: URL(filePath: $0.path))) }
        var errors = 0
        for round in 0..<150 {
            var stream = RandomStream(seed: 5, name: expected.folder, index: round)
            var options = TraceOptions()
            options.badRows = round.isMultiple(of: 2) ? .skip : .standard
            if round.isMultiple(of: 3) {
                options.timeScale = 1e6
                options.sizeScale = 1e6
                options.from = .start
            }
            let damaged = stream.index(below: contents.count)
            var output = TraceOutput(options: options)
            var summary = TraceSummary()
            var writer = CompactTraceWriter()
            do {
                var reader = try #require(TraceRecognition.reader(of: files.format))
                for (index, input) in files.inputs.enumerated() {
                    let bytes = index == damaged ? Self.mutated(contents[index], &stream) : contents[index]
                    _ = TraceRecognition.table(head: bytes, path: input.path)
                    try reader.open(input.table, file: input.path, options: options)
                    // In two pieces, so that rows are cut.
                    let cut = stream.index(below: bytes.count + 1)
                    try reader.read(bytes.span.extracting(0..<cut), into: &output)
                    try reader.read(bytes.span.extracting(cut..<bytes.count), into: &output)
                    try reader.close(into: &output)
                }
                try reader.finish(into: &output)
                try output.checkBadRows()
            } catch {
                #expect(error is TraceError, "round \(round): \(error)")
                errors += 1
            }
            for record in output.take() {
                summary.add(record)
                writer.append(record)
                if case .task(let task) = record { _ = task.lifetime }
            }
            errors += output.tally.badRows
        }
        #expect(errors > 0)
    }

    @Test("random changes of the compact form")
    func compact() throws {
        var writer = CompactTraceWriter()
        for folder in ["alibaba-2018", "borg-2011", "simkube"] {
            _ = try TraceFileSet.open([Vectors.path(folder)]).read { record throws(TraceError) in
                writer.append(record)
            }
        }
        writer.finish()
        let bytes = writer.take()
        for round in 0..<500 {
            var stream = RandomStream(seed: 6, name: "compact", index: round)
            let damaged = Self.mutated(bytes, &stream)
            var output = TraceOutput()
            var reader = CompactTrace()
            var summary = TraceSummary()
            do {
                try reader.open(CompactTrace.records, file: "f", options: TraceOptions())
                try reader.read(damaged.span, into: &output)
                try reader.close(into: &output)
            } catch {}
            for record in output.take() {
                summary.add(record)
                if case .task(let task) = record { _ = task.lifetime }
            }
        }
    }
}
