import Foundation
import SimulationKernel
import TestSupport
import Testing
import TraceFiles
import Workloads

@Suite("Trace formats")
struct TraceFormatTests {
    struct Expected: CustomTestStringConvertible, Sendable {
        var folder: String
        var format: TraceFormat
        var machines = 0
        var tasks = 0
        var objects = 0
        var usage = 0
        var testDescription: String { folder }
    }

    static let all: [Expected] = [
        Expected(folder: "alibaba-2017", format: .alibaba2017, machines: 4, tasks: 5, usage: 5),
        Expected(folder: "alibaba-2018", format: .alibaba2018, machines: 3, tasks: 7, usage: 4),
        Expected(folder: "alibaba-gpu-2020", format: .alibabaGPU2020, machines: 2, tasks: 4),
        Expected(folder: "alibaba-gpu-2023", format: .alibabaGPU2023, machines: 2, tasks: 3),
        Expected(folder: "alibaba-dlrm-2025", format: .alibabaDLRM2025, tasks: 3),
        Expected(folder: "alibaba-spot-2026", format: .alibabaSpot2026, machines: 2, tasks: 2),
        Expected(folder: "borg-2011", format: .borg2011, machines: 5, tasks: 2, usage: 1),
        Expected(folder: "borg-2019", format: .borg2019, machines: 2, tasks: 1, usage: 1),
        Expected(folder: "borg-2019-csv", format: .borg2019, tasks: 1),
        Expected(folder: "azure-packing-2020", format: .azurePacking2020, tasks: 3),
        Expected(folder: "azure-vm-2017", format: .azureVM2017, tasks: 2),
        Expected(folder: "azure-vm-2019", format: .azureVM2019, tasks: 2, usage: 2),
        Expected(folder: "philly", format: .philly, machines: 3, tasks: 2, usage: 4),
        Expected(folder: "swf", format: .swf, tasks: 3),
        Expected(folder: "swf-gz", format: .swf, tasks: 3),
        Expected(folder: "simkube", format: .simkube, objects: 3),
        Expected(folder: "snapshot", format: .snapshot, objects: 4),
    ]

    @Test("a folder is recognised by its content, and reads without a bad row", arguments: all)
    func recognised(_ expected: Expected) throws {
        let files = try TraceFileSet.open([Vectors.path(expected.folder)])
        #expect(files.format == expected.format)
        #expect(files.passedOver.isEmpty)
        let trace = try files.load()
        #expect(trace.tally.firstBadRows == [])
        #expect(trace.machines.count == expected.machines)
        #expect(trace.tasks.count == expected.tasks)
        #expect(trace.objects.count == expected.objects)
        #expect(trace.usage.count == expected.usage)
    }

    @Test("the compact form gives the same records back", arguments: all)
    func compact(_ expected: Expected) throws {
        var records: [TraceRecord] = []
        _ = try TraceFileSet.open([Vectors.path(expected.folder)]).read { record throws(TraceError) in
            records.append(record)
        }
        var writer = CompactTraceWriter()
        for record in records { writer.append(record) }
        writer.finish()
        let bytes = writer.take()
        try Vectors.withFile(bytes, name: "trace.simktrace") { path in
            let files = try TraceFileSet.open([path])
            #expect(files.format == .compact)
            var again: [TraceRecord] = []
            _ = try files.read { record throws(TraceError) in again.append(record) }
            #expect(again == records)
        }
        // Cut anywhere, it is an error.
        for length in [0, 4, 8, bytes.count / 2, bytes.count - 1] {
            var output = TraceOutput()
            var reader = CompactTrace()
            try reader.open(CompactTrace.records, file: "cut", options: TraceOptions())
            #expect(throws: TraceError.self) {
                try reader.read(bytes.span.extracting(0..<length), into: &output)
                try reader.close(into: &output)
            }
        }
    }

    @Test("gzip that is cut short, damaged, or continued", arguments: [1, 20, 100])
    func gzip(missing: Int) throws {
        let packed = [UInt8](try Data(contentsOf: Vectors.folder.appending(path: "swf-gz/hand-made.swf.gz")))
        try Vectors.withFile(packed.dropLast(missing)) { path in
            let error = #expect(throws: TraceError.self) {
                let source = try ByteSource(path: path)
                while !(try source.next()).isEmpty {}
            }
            #expect(
                error?.description
                    == "\(path): the file ends too early: the gzip data has no end; was it copied whole?")
        }
        var damaged = packed
        damaged[packed.count - missing - 6] ^= 0xFF
        try Vectors.withFile(damaged) { path in
            #expect(throws: TraceError.self) {
                let source = try ByteSource(path: path)
                while !(try source.next()).isEmpty {}
            }
        }
        // Members one after the other are one file.
        try Vectors.withFile(packed + packed) { path in
            let source = try ByteSource(path: path)
            var count = 0
            while true {
                let bytes = try source.next()
                if bytes.isEmpty { break }
                count += bytes.count
            }
            let plain = try Data(contentsOf: Vectors.folder.appending(path: "swf/hand-made.swf"))
            #expect(count == 2 * plain.count)
        }
    }

    @Test("the published recordings of SimKube read whole")
    func simkube() throws {
        guard SharedFiles.exists("traces/simkube/bare-pods.sktrace") else { return }
        func load(_ name: String) throws -> LoadedTrace {
            try TraceFileSet.open([SharedFiles.folder.appending(path: "traces/simkube/\(name).sktrace").path])
                .load()
        }
        let pods = try load("bare-pods")
        #expect(pods.objects.map(\.time) == [0, 42, 102, 162].map { .start + .seconds($0) })
        #expect(pods.objects.allSatisfy { $0.kind == "Pod" && $0.podLifetimes.count == 1 })
        #expect(pods.objects[0].podLifetimes[0].end == .start + .seconds(12))
        #expect(pods.objects[3].podLifetimes[0].end == nil)
        let cron = try load("cronjob")
        #expect(cron.objects.map(\.action) == [.apply, .delete])
        #expect(cron.objects[0].podLifetimes.count == 3)
        #expect(cron.objects[1].time == .start + .seconds(205))
        let scaling = try load("dsb-scaling")
        #expect(scaling.objects.count > 27)
        #expect(scaling.objects.allSatisfy { $0.kind == "Deployment" })
    }

    @Test("the published trace of 2025 reads whole")
    func dlrm() throws {
        guard SharedFiles.exists("traces/alibaba-dlrm-2025") else { return }
        let trace = try TraceFileSet.open([
            SharedFiles.folder.appending(path: "traces/alibaba-dlrm-2025").path
        ])
        .load()
        // The publisher's figures: 23,871 instances, 16,485 of CPU nodes, 156 applications.
        #expect(trace.tasks.count == 23_871)
        #expect(trace.tasks.count { $0.group == "CN" } == 16_485)
        #expect(Set(trace.tasks.map(\.job)).count == 156)
        #expect(trace.tally.badRows == 0)
    }
}
