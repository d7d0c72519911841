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

    /// Chunks as a file source gives them.
    static let chunkBytes = 1 << 18
}

/// Splits rows and reads every field as a number where it is one: the tokenizer by itself. An operation is
/// a byte.
enum DelimitedTextReading: BenchmarkCase {
    static let name = "trace/csv-numbers"
    static let operation = "byte"
    static let sizes = [10_000, 100_000]
    static let smallestSize = 100
    static let isAllocationFree = false

    static func operationCount(size: Int, rounds: Int) -> Int { rounds * TraceText.pods(size).count }

    static func run(size: Int, rounds: Int) -> UInt64 {
        let bytes = TraceText.pods(size)
        var checksum: UInt64 = 0
        for _ in 0..<rounds {
            var text = DelimitedText()
            var offset = 0
            while true {
                let end = min(bytes.count, offset + TraceText.chunkBytes)
                if offset == end { text.finish() } else { text.append(bytes.span.extracting(offset..<end)) }
                while (try? text.next()) == true {
                    for field in 0..<text.count {
                        let number = text.withBytes(field, NumberText.decimal)
                        checksum = checksum &* 31 &+ UInt64(bitPattern: Int64(number ?? -1))
                    }
                }
                if offset == end { break }
                offset = end
            }
        }
        return checksum
    }
}

/// Reads the same rows into task records, with all checks. An operation is a byte.
enum TraceTaskReading: BenchmarkCase {
    static let name = "trace/csv-tasks"
    static let operation = "byte"
    static let sizes = [10_000, 100_000]
    static let smallestSize = 100
    static let isAllocationFree = false

    static func operationCount(size: Int, rounds: Int) -> Int { rounds * TraceText.pods(size).count }

    static func run(size: Int, rounds: Int) -> UInt64 {
        let bytes = TraceText.pods(size)
        var checksum: UInt64 = 0
        for _ in 0..<rounds {
            checksum = checksum &* 31 &+ read(bytes, AlibabaGPU2023(), AlibabaGPU2023.pods)
        }
        return checksum
    }

    /// A checksum over the tasks that a reader makes of the bytes.
    static func read(_ bytes: [UInt8], _ reader: some TraceReader, _ table: TraceTable) -> UInt64 {
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
            var offset = 0
            while offset < bytes.count {
                let end = min(bytes.count, offset + TraceText.chunkBytes)
                try reader.read(bytes.span.extracting(offset..<end), into: &output)
                drain()
                offset = end
            }
            try reader.close(into: &output)
            drain()
        } catch {
            return 0
        }
        return checksum
    }
}

/// Reads the same tasks from the compact form. An operation is a byte of the CSV, so that the rates compare.
enum CompactTraceReading: BenchmarkCase {
    static let name = "trace/compact-tasks"
    static let operation = "byte of CSV"
    static let sizes = [10_000, 100_000]
    static let smallestSize = 100
    static let isAllocationFree = false

    static func operationCount(size: Int, rounds: Int) -> Int { rounds * TraceText.pods(size).count }

    static func run(size: Int, rounds: Int) -> UInt64 {
        var writer = CompactTraceWriter()
        let trace = try? LoadedTrace.read(
            [(table: AlibabaGPU2023.pods, name: "benchmark", bytes: TraceText.pods(size))],
            with: AlibabaGPU2023())
        for task in trace?.tasks ?? [] { writer.append(.task(task)) }
        writer.finish()
        let bytes = writer.take()
        var checksum: UInt64 = 0
        for _ in 0..<rounds {
            checksum = checksum &* 31 &+ TraceTaskReading.read(bytes, CompactTrace(), CompactTrace.records)
        }
        return checksum
    }
}
