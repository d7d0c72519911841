import KubernetesModel
import SimulationKernel
import Stochastics
import Testing

@testable import Workloads

@Suite("The compact form")
struct CompactTraceTests {
    @Test("any records come back as they were, over several blocks and tables", arguments: 0..<6)
    func roundTrip(seed: Int) throws {
        let records = Self.records(seed: UInt64(seed), count: [1, 300, 4_096, 4_097, 9_000, 20_000][seed])
        let bytes = Self.written(records)
        // Whole, and in pieces of a length that falls anywhere.
        #expect(try Self.read(bytes, piece: bytes.count) == records)
        #expect(try Self.read(bytes, piece: 10_007) == records)
    }

    @Test("names and templates past the tables' bounds begin anew")
    func manyNames() throws {
        var records: [TraceRecord] = []
        for number in 0..<70_000 {
            var task = TraceTask(
                id: "t\(number)", submission: VirtualTime(nanoseconds: Int64(number)),
                requests: TraceResources(milliCPU: Int64(number)))
            task.job = "job-\(number / 2)"
            records.append(.task(task))
        }
        #expect(try Self.read(Self.written(records), piece: 1 << 18) == records)
    }

    @Test("one changed byte is always found", arguments: 0..<4)
    func damage(seed: Int) throws {
        let bytes = Self.written(Self.records(seed: UInt64(seed), count: 40))
        var stream = RandomStream(seed: UInt64(seed), name: "damage")
        for _ in 0..<400 {
            var damaged = bytes
            let place = stream.index(below: bytes.count)
            damaged[place] ^= UInt8(1 + stream.index(below: 255))
            #expect(throws: TraceError.self, "byte \(place)") { try Self.read(damaged, piece: damaged.count) }
        }
    }

    @Test("cut anywhere, it is an error")
    func cut() throws {
        let bytes = Self.written(Self.records(seed: 9, count: 12))
        for length in 0..<bytes.count {
            #expect(throws: TraceError.self, "\(length)") {
                try Self.read(Array(bytes[..<length]), piece: 100)
            }
        }
        let more = #expect(throws: TraceError.self) { try Self.read(bytes + [0], piece: bytes.count + 1) }
        #expect(more?.description == "f: there are bytes after the last record")
    }

    @Test("blocks whose sum is right and whose content is not are errors, too", arguments: 0..<4)
    func forged(seed: Int) throws {
        let bytes = Self.written(Self.records(seed: UInt64(seed), count: 60))
        let head = CompactTraceWriter.magic.count
        let end = bytes.count - CompactTraceWriter.headBytes
        let body = head + CompactTraceWriter.headBytes..<end
        var stream = RandomStream(seed: UInt64(seed), name: "forged")
        var errors = 0
        for _ in 0..<2_000 {
            var forged = bytes
            let place = body.lowerBound + stream.index(below: body.count)
            forged[place] = [0, 1, 8, 0x7F, 0x80, 0xFF][stream.index(below: 6)]
            let sum = CompactChecksum.sum(forged, body, count: 60, flags: CompactTraceWriter.Flag.anew)
            for byte in 0..<8 {
                forged[head + 24 + byte] = UInt8(truncatingIfNeeded: sum >> UInt64(8 * byte))
            }
            do { _ = try Self.read(forged, piece: forged.count) } catch { errors += 1 }
        }
        #expect(errors > 100)
    }

    @Test("a block of an absurd size is refused before it is waited for")
    func absurdSize() throws {
        var bytes = CompactTraceWriter.magic
        for number: UInt64 in [1, 1 << 40, 0, 0] {
            for byte in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * byte))) }
        }
        let error = #expect(throws: TraceError.self) { try Self.read(bytes, piece: bytes.count) }
        #expect(error?.description == "f: the block after record 0 is damaged; import the trace again")
    }

    @Test("the old version is named")
    func oldVersion() throws {
        let bytes = Array("SIMKTRC1".utf8) + [1, 2, 3]
        let error = #expect(throws: TraceError.self) { try Self.read(bytes, piece: bytes.count) }
        #expect(
            error?.description
                == "f: is in version 1 of simk's compact form, and this simk reads version 2; import the original "
                + "trace again")
        #expect(TraceRecognition.table(head: bytes, path: "x.simktrace") == CompactTrace.records)
    }

    @Test(
        "columns of any numbers come back",
        arguments: [
            [], [0], [7, 7, 7], [.min, .max], [.min, -1, 0, 1, .max], [1_000_000_000, 5_000_000_000],
            [0, 255], [0, 256], [-3, 65_532], [0, 0x1_0000_0000], [6, 10, 15],
        ] as [[Int64]])
    func columns(values: [Int64]) throws {
        var encoder = CompactEncoder()
        encoder.column(ContiguousArray(values))
        var found: ContiguousArray<Int64> = [99]
        try encoder.bytes.withUnsafeBufferPointer { bytes in
            var decoder = unsafe CompactDecoder(bytes, from: 0)
            try decoder.column(values.count, into: &found)
            #expect(decoder.isAtEnd)
        }
        #expect(Array(found) == values)
    }

    // MARK: Helpers

    static func written(_ records: [TraceRecord]) -> [UInt8] {
        var writer = CompactTraceWriter()
        for record in records { writer.append(record) }
        writer.finish()
        return writer.take()
    }

    static func read(_ bytes: [UInt8], piece: Int) throws -> [TraceRecord] {
        var output = TraceOutput()
        var reader = CompactTrace()
        try reader.open(CompactTrace.records, file: "f", options: TraceOptions())
        var offset = 0
        while offset < bytes.count {
            let end = min(bytes.count, offset + piece)
            try reader.read(bytes.span.extracting(offset..<end), into: &output)
            offset = end
        }
        try reader.close(into: &output)
        let records = output.take()
        #expect(output.tally.rows == records.count)
        return records
    }

    /// Made-up records of every kind, with and without each of their parts.
    static func records(seed: UInt64, count: Int) -> [TraceRecord] {
        var stream = RandomStream(seed: seed, name: "compact-records")
        func chance() -> Bool { stream.index(below: 2) == 0 }
        func name(_ kinds: Int) -> String {
            ["", "ä-", "a-longer-name-than-fits-", "n"][stream.index(below: 4)]
                + "\(stream.index(below: kinds))"
        }
        func number() -> Int64 {
            [0, 1, 1_000, Int64(stream.index(below: 1 << 30)), 1 << 52][stream.index(below: 5)]
        }
        func resources() -> TraceResources {
            var value = TraceResources(milliCPU: number(), memoryBytes: number(), diskBytes: number())
            if chance() { value.others = [NamedAmount(name: name(3), amount: number())] }
            return value
        }
        var time: Int64 = 0
        return (0..<count).map { place in
            time += Int64(stream.index(below: 3)) * 1_000_000
            let moment = VirtualTime(nanoseconds: time)
            switch stream.index(below: 16) {
            case 0:
                let machine = TraceMachine(
                    id: name(9), capacity: resources(), gpuModel: chance() ? "T4" : "",
                    labels: chance() ? [TraceLabel(name: name(3), value: name(3))] : [])
                return .machine(
                    TraceMachineEvent(time: moment, kind: chance() ? .add : .fault, machine: machine))
            case 1:
                let object: JSONValue = ["kind": "Pod", "metadata": ["name": .string(name(99))]]
                let lifetime = TraceObject.PodLifetime(
                    specHash: 7, start: moment, end: chance() ? nil : moment + .seconds(3))
                return .object(
                    TraceObject(
                        time: moment, action: chance() ? .apply : .delete, object: object,
                        podLifetimes: chance() ? [lifetime] : []))
            case 2..<6:
                var usage = TraceUsage(
                    subject: chance() ? .task : .machine, id: name(500), start: moment,
                    end: moment + .seconds(Int64(stream.index(below: 300))))
                if chance() { usage.milliCPU = number() }
                if chance() { usage.maximumMilliCPU = number() }
                if chance() { usage.memoryBytes = number() }
                if chance() { usage.maximumMemoryBytes = number() }
                if chance() { usage.cpuFraction = stream.uniform() }
                if chance() { usage.memoryFraction = -stream.uniform() }
                if chance() { usage.gpuMilli = number() }
                return .usage(usage)
            default:
                var task = TraceTask(id: "\(name(3))-\(place)", submission: moment, requests: resources())
                if chance() { task.limits = resources() }
                task.user = name(4)
                if chance() { task.priority = Int32(stream.index(below: 20)) - 10 }
                if chance() { task.maxPerMachine = 2 }
                if chance() { task.qos = .guaranteed }
                if chance() { task.start = moment + .seconds(Int64(stream.index(below: 60))) }
                if chance() { task.end = moment + .seconds(100) }
                if chance() { task.duration = .seconds(Int64(stream.index(below: 200))) }
                if chance(), let end = task.end { task.duration = end - (task.start ?? moment) }
                if chance() { task.machine = name(50) }
                task.job = [task.id, "", name(200)][stream.index(below: 3)]
                if chance() { task.dependencies = (0..<stream.index(below: 4)).map { "d\($0)" } }
                if chance() { task.instances = 1 + number() }
                task.gangSize = chance() ? task.instances : 1
                if chance() { task.gpuModels = ["A10", name(2)] }
                if chance() {
                    task.constraints = [
                        TraceConstraint(attribute: name(3), relation: .greaterOrEqual, value: "3")
                    ]
                }
                return .task(task)
            }
        }
    }
}
