import Stochastics
import SimulationKernel
import Workloads

/// Text of traces, made once a size.
private enum TraceText {
    /// Rows as `openb_pod_list_*.csv` has them.
    static func pods(_ count: Int) -> [UInt8] {
        var text =
            "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,"
            + "scheduled_time\n"
        var stream = RandomStream(seed: 1, name: "trace-text")
        // The published list of 8,152 pods has 157 different requests.
        let requests = (0..<157).map { _ in
            "\(1_000 * (1 + stream.index(below: 64))),\(1_024 * (1 + stream.index(below: 256)))"
        }
        var time = 0
        for index in 0..<count {
            time += stream.index(below: 3_000)
            let gpu = stream.index(below: 3)
            text += "openb-pod-\(index),\(requests[stream.index(below: requests.count)]),"
            text += "\(min(gpu, 1)),\(gpu == 0 ? 0 : gpu == 1 ? 1_000 : 460),,LS,Running,\(time),"
            text += "\(time + 1 + stream.index(below: 90_000)),\(time)\n"
        }
        return Array(text.utf8)
    }

    /// Rows as `batch_task.csv` of Alibaba 2018 has them: jobs of one to six tasks, of which later ones wait for the
    /// one before.
    static func batchTasks(_ count: Int) -> [UInt8] {
        var text = ""
        var stream = RandomStream(seed: 2, name: "trace-text")
        let plans = ["100.0,0.3", "50.0,0.2", "100.0,0.59", "200.0,0.39"]
        var (job, time, row) = (0, 0, 0)
        while row < count {
            job += 1
            time += stream.index(below: 2)
            for task in 1...min(1 + stream.index(below: 6), count - row) {
                let start = time + stream.index(below: 600)
                text += task == 1 ? "M1," : "R\(task)_\(task - 1),"
                text += "\(1 + stream.index(below: 300)),j_\(3_000_000 + job),1,Terminated,\(start),"
                text += "\(start + 1 + stream.index(below: 4_000)),\(plans[stream.index(below: plans.count)])\n"
                row += 1
            }
        }
        return Array(text.utf8)
    }

    /// Chunks as a file source gives them.
    static let chunkBytes = 1 << 18

    /// Gives the bytes to the body in such chunks.
    static func inChunks(_ bytes: [UInt8], _ body: (Span<UInt8>) throws(TraceError) -> Void) throws(TraceError) {
        var offset = 0
        while offset < bytes.count {
            let end = min(bytes.count, offset + chunkBytes)
            try body(bytes.span.extracting(offset..<end))
            offset = end
        }
    }
}

/// Reads a text of so many rows; an operation is a byte of it, so that the rates of the cases compare.
private protocol TraceReadingCase: BenchmarkCase {
    static func text(_ rows: Int) -> [UInt8]
    /// What is done once.
    associatedtype Prepared
    static func prepare(_ text: [UInt8]) -> Prepared
    /// - Returns: a checksum.
    static func read(_ prepared: Prepared) -> UInt64
}

extension TraceReadingCase {
    static func text(_ rows: Int) -> [UInt8] { TraceText.pods(rows) }
    static var operation: String { "byte" }
    static var sizes: [Int] { [10_000, 100_000] }
    static var smallestSize: Int { 100 }
    static var isAllocationFree: Bool { false }
    static func operationCount(size: Int, rounds: Int) -> Int { rounds * text(size).count }

    static func run(size: Int, rounds: Int) -> UInt64 {
        let prepared = prepare(text(size))
        var checksum: UInt64 = 0
        for _ in 0..<rounds { checksum = checksum &* 31 &+ read(prepared) }
        return checksum
    }

    /// A checksum over the tasks that a reader makes of the bytes.
    static func tasks(of bytes: [UInt8], _ reader: some TraceReader, _ table: TraceTable) -> UInt64 {
        var reader = reader
        var output = TraceOutput()
        var checksum: UInt64 = 0
        func drain() {
            output.drain { record in
                if case .task(let task) = record {
                    checksum = checksum &* 31 &+ UInt64(bitPattern: task.submission.nanoseconds)
                }
            }
        }
        do throws(TraceError) {
            try reader.open(table, file: "benchmark", options: TraceOptions())
            try TraceText.inChunks(bytes) { chunk throws(TraceError) in
                try reader.read(chunk, into: &output)
                drain()
            }
            try reader.close(into: &output)
            drain()
        } catch {
            return 0
        }
        return checksum
    }
}

/// Splits rows and reads every field as a number where it is one: the tokenizer by itself.
enum DelimitedTextReading: TraceReadingCase {
    static let name = "trace/csv-numbers"

    static func prepare(_ text: [UInt8]) -> [UInt8] { text }

    static func read(_ bytes: [UInt8]) -> UInt64 {
        var checksum: UInt64 = 0
        var text = DelimitedText()
        func rows() {
            while (try? text.next()) == true {
                for field in 0..<text.count {
                    let number = text.withBytes(field, NumberText.decimal)
                    checksum = checksum &* 31 &+ UInt64(bitPattern: Int64(number ?? -1))
                }
            }
        }
        try? TraceText.inChunks(bytes) { chunk throws(TraceError) in
            text.append(chunk)
            rows()
        }
        text.finish()
        rows()
        return checksum
    }
}

/// Reads the same rows into task records, with all checks.
enum TraceTaskReading: TraceReadingCase {
    static let name = "trace/csv-tasks"

    static func prepare(_ text: [UInt8]) -> [UInt8] { text }

    static func read(_ bytes: [UInt8]) -> UInt64 { tasks(of: bytes, AlibabaGPU2023(), AlibabaGPU2023.pods) }
}

/// Reads rows of which each names its job, and some the tasks that they wait for.
enum BatchTaskReading: TraceReadingCase {
    static let name = "trace/csv-batch-tasks"

    static func text(_ rows: Int) -> [UInt8] { TraceText.batchTasks(rows) }

    static func prepare(_ text: [UInt8]) -> [UInt8] { text }

    static func read(_ bytes: [UInt8]) -> UInt64 { tasks(of: bytes, Alibaba2018(), Alibaba2018.batchTasks) }
}

/// Reads the tasks of ``TraceTaskReading`` from the compact form; an operation is a byte of the CSV.
enum CompactTraceReading: TraceReadingCase {
    static let name = "trace/compact-tasks"
    static var operation: String { "byte of CSV" }

    static func prepare(_ text: [UInt8]) -> [UInt8] {
        var writer = CompactTraceWriter()
        let trace = try? LoadedTrace.read(
            [(table: AlibabaGPU2023.pods, name: "benchmark", bytes: text)], with: AlibabaGPU2023())
        for task in trace?.tasks ?? [] { writer.append(.task(task)) }
        writer.finish()
        return writer.take()
    }

    static func read(_ bytes: [UInt8]) -> UInt64 { tasks(of: bytes, CompactTrace(), CompactTrace.records) }
}
