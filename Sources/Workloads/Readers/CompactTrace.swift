import KubernetesModel
import SimulationKernel

/// Reads the compact form of a trace, which ``CompactTraceWriter`` describes.
///
/// Of a block nothing is used before its sum is right, and every size in it is checked against the bytes that
/// there are: a file from anywhere makes an error at the worst.
public struct CompactTrace: TraceReader {
    public static let records = TraceTable(.compact, "records")
    public static let tables = [records]
    /// Longer blocks are none of ours, but damage.
    public static let blockLimitBytes = 1 << 28
    private static let blockLimitRecords: UInt64 = 1 << 16
    private static let tableLimit = 1 << 20

    private var file = ""
    private var buffer: [UInt8] = []
    private var head = 0
    private var isPastMagic = false
    private var isEnded = false
    private var names: ContiguousArray<String> = []
    /// Tasks that have what those of a template have in common, and no id.
    private var templates: ContiguousArray<TraceTask> = []
    private var count: UInt64 = 0
    private var columns = CompactBlockColumns()

    public init() {}

    public mutating func open(_ table: TraceTable, file: String, options: TraceOptions) throws(TraceError) {
        self = CompactTrace()
        self.file = file
    }

    public mutating func read(_ chunk: Span<UInt8>, into output: inout TraceOutput) throws(TraceError) {
        if head > 0 {
            buffer.removeSubrange(..<head)
            head = 0
        }
        unsafe chunk.withUnsafeBufferPointer { bytes in unsafe buffer.append(contentsOf: bytes) }
        if !isPastMagic {
            guard buffer.count >= CompactTraceWriter.magic.count else { return }
            try checkMagic()
            isPastMagic = true
            head = CompactTraceWriter.magic.count
        }
        // The decoder reads the buffer while the rest of `self` changes; so it is taken out meanwhile.
        var bytes: [UInt8] = []
        swap(&bytes, &buffer)
        defer { swap(&bytes, &buffer) }
        while try readBlock(bytes, into: &output) {}
    }

    private func checkMagic() throws(TraceError) {
        if buffer.starts(with: CompactTraceWriter.magic) { return }
        if buffer.starts(with: CompactTraceWriter.family) {
            let version = String(
                decoding: buffer[CompactTraceWriter.family.count...].prefix(1), as: UTF8.self)
            let own = String(decoding: CompactTraceWriter.magic.suffix(1), as: UTF8.self)
            throw .unsupported(
                file: file,
                detail:
                    "is in version \(version) of simk's compact form, and this simk reads version \(own); "
                    + "import the original trace again")
        }
        throw .wrongFormat(file: file, found: "other bytes", expected: "a trace in simk's compact form")
    }

    /// Reads one block if it is there whole.
    private mutating func readBlock(
        _ bytes: [UInt8], into output: inout TraceOutput
    ) throws(TraceError) -> Bool {
        if head == bytes.count { return false }
        if isEnded { throw .damaged(file: file, detail: "there are bytes after the last record") }
        guard bytes.count - head >= CompactTraceWriter.headBytes else { return false }
        var isWhole = false
        do throws(CompactDecoder.Fault) {
            isWhole = try unsafe bytes.withUnsafeBufferPointer { all throws(CompactDecoder.Fault) in
                var decoder = unsafe CompactDecoder(all, from: head)
                let records = try decoder.fixed()
                let size = try decoder.fixed()
                let flags = try decoder.fixed()
                let sum = try decoder.fixed()
                guard size <= UInt64(Self.blockLimitBytes) else { throw CompactDecoder.Fault() }
                if UInt64(decoder.rest) < size { return false }
                let body = try decoder.skip(Int(size))
                guard CompactChecksum.sum(bytes, body, count: records, flags: flags) == sum else {
                    throw CompactDecoder.Fault()
                }
                head = body.upperBound
                if flags == CompactTraceWriter.Flag.end {
                    guard records == count, size == 0 else { throw CompactDecoder.Fault() }
                    isEnded = true
                    return true
                }
                guard flags <= CompactTraceWriter.Flag.anew, records <= Self.blockLimitRecords else {
                    throw CompactDecoder.Fault()
                }
                if flags == CompactTraceWriter.Flag.anew {
                    names.removeAll(keepingCapacity: true)
                    templates.removeAll(keepingCapacity: true)
                }
                try readBody(decoder.part(body), Int(records), into: &output)
                return true
            }
        } catch {
            throw .damaged(
                file: file, detail: "the block after record \(count) is damaged; import the trace again")
        }
        return isWhole
    }

    private mutating func readBody(
        _ body: CompactDecoder, _ records: Int, into output: inout TraceOutput
    ) throws(CompactDecoder.Fault) {
        var decoder = body
        var columns = CompactBlockColumns()
        swap(&columns, &self.columns)
        defer { swap(&columns, &self.columns) }
        try readNames(&decoder, &columns.lengths)
        let templateCount = try decoder.count()
        var definitions = decoder.part(try decoder.part())
        guard templates.count + templateCount <= Self.tableLimit else { throw CompactDecoder.Fault() }
        for _ in 0..<templateCount {
            templates.append(TraceTask(id: "", submission: .start, traits: try definitions.template()))
        }
        guard definitions.isAtEnd else { throw CompactDecoder.Fault() }
        try columns.read(&decoder, records, templates: templates.count, names: names.count)
        output.countRows(records)
        try emit(&columns, decoder, into: &output)
        count += UInt64(records)
    }

    private mutating func readNames(
        _ decoder: inout CompactDecoder, _ lengths: inout ContiguousArray<Int64>
    ) throws(CompactDecoder.Fault) {
        let nameCount = try decoder.unsigned()
        guard nameCount <= UInt64(Self.tableLimit - names.count) else { throw CompactDecoder.Fault() }
        var place = try decoder.texts(column: Int(nameCount), lengths: &lengths)
        for length in lengths {
            names.append(decoder.text(place..<place + Int(length)))
            place += Int(length)
        }
    }

    /// Makes the records of the columns.
    private func emit(
        _ columns: inout CompactBlockColumns, _ decoder: CompactDecoder, into output: inout TraceOutput
    ) throws(CompactDecoder.Fault) {
        var machines = decoder.part(columns.machines)
        var objects = decoder.part(columns.objects)
        output.reserve(columns.kinds.count)
        for place in columns.kinds.indices {
            let time = VirtualTime(nanoseconds: columns.times[place])
            switch columns.kinds[place] {
            case CompactBlock.Kind.task.rawValue:
                output.emit(try columns.nextTask(at: time, decoder, names, templates))
            case CompactBlock.Kind.usage.rawValue:
                output.emit(columns.nextUsage(at: time, names))
            case CompactBlock.Kind.machine.rawValue:
                output.emit(try machines.machine(at: time))
            default:
                output.emit(try objects.object(at: time))
            }
        }
        guard machines.isAtEnd, objects.isAtEnd else { throw CompactDecoder.Fault() }
    }

    public mutating func close(into output: inout TraceOutput) throws(TraceError) {
        if !isPastMagic {
            throw .wrongFormat(
                file: file, found: "\(buffer.count) bytes", expected: "a trace in simk's compact form")
        }
        if !isEnded { throw .truncated(file: file, detail: "there is no end after record \(count)") }
    }
}
