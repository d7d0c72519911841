import KubernetesModel
import SimulationKernel

/// The compact form of a trace: what `simk import` writes, and what loads fast.
///
/// Eight bytes `SIMKTRC1`, then entries of a kind byte, a length and a body; numbers are of variable length.
/// Tasks that differ only in id, times and machine share a template, which is written before the first of
/// them; times are distances from the record before. The last entry holds the number of records, so that a
/// file cut short is noticed. Records are in the order of their times.
public struct CompactTraceWriter: Sendable {
    static let magic: [UInt8] = Array("SIMKTRC1".utf8)
    /// Past this many the further templates are written with their task and forgotten.
    static let templateLimit = 1 << 20

    enum Entry: UInt8 {
        case template = 1
        case task, taskWithTemplate, machine, object, usage, end
    }

    private var output = CompactEncoder()
    private var body = CompactEncoder()
    private var templates: [TraceTaskTraits: Int] = [:]
    /// The task before, and the number of its template: those that follow often share it.
    private var lastTask: (task: TraceTask, template: Int)?
    private var last: Int64 = 0
    private var count: UInt64 = 0

    public init() { output.raw(Self.magic) }

    public mutating func append(_ record: TraceRecord) {
        count += 1
        body.removeAll()
        body.signed(record.time.nanoseconds &- last)
        last = record.time.nanoseconds
        switch record {
        case .task(let task): appendTask(task)
        case .machine(let event):
            body.machine(event)
            flush(.machine)
        case .usage(let usage):
            body.usage(usage)
            flush(.usage)
        case .object(let object):
            body.object(object, json: JSONWriter.string(object.object))
            flush(.object)
        }
    }

    private mutating func appendTask(_ task: TraceTask) {
        let known = templateNumber(task)
        if let known { body.unsigned(UInt64(known)) } else { body.template(task.traits) }
        let begun = task.start ?? task.submission
        let ran = task.end.map { $0.nanoseconds &- begun.nanoseconds }
        var flags: UInt8 = 0
        if task.start != nil { flags |= 1 }
        if task.end != nil { flags |= 2 }
        if task.duration != nil { flags |= 4 }
        if let ran, ran == task.duration?.nanoseconds { flags |= 8 }
        if !task.machine.isEmpty { flags |= 16 }
        body.byte(flags)
        body.text(task.id)
        if task.start != nil { body.signed(begun.nanoseconds &- task.submission.nanoseconds) }
        if let ran { body.signed(ran) }
        if let duration = task.duration, flags & 8 == 0 { body.signed(duration.nanoseconds) }
        if !task.machine.isEmpty { body.text(task.machine) }
        flush(known == nil ? .taskWithTemplate : .task)
    }

    /// The number of the task's template, which is written before its first use; nil when there are too many.
    private mutating func templateNumber(_ task: TraceTask) -> Int? {
        if let lastTask, lastTask.task.sharesTraits(with: task) { return lastTask.template }
        var known = templates[task.traits]
        if known == nil && templates.count < Self.templateLimit {
            known = templates.count
            templates[task.traits] = known
            var definition = CompactEncoder()
            definition.template(task.traits)
            write(.template, definition.bytes)
        }
        lastTask = known.map { (task, $0) }
        return known
    }

    private mutating func flush(_ entry: Entry) { write(entry, body.bytes) }

    private mutating func write(_ entry: Entry, _ bytes: [UInt8]) {
        output.byte(entry.rawValue)
        output.unsigned(UInt64(bytes.count))
        output.raw(bytes)
    }

    /// Writes the end; nothing may be appended after it.
    public mutating func finish() {
        var end = CompactEncoder()
        end.unsigned(count)
        write(.end, end.bytes)
    }

    /// Takes away the bytes that have come together.
    public mutating func take() -> [UInt8] {
        let bytes = output.bytes
        output.removeAll()
        return bytes
    }
}

/// Reads the compact form of a trace.
public struct CompactTrace: TraceReader {
    public static let records = TraceTable(.compact, "records")
    public static let tables = [records]
    /// Longer entries are no record of ours, but damage.
    private static let entryLimitBytes = 1 << 28

    private var file = ""
    private var buffer: [UInt8] = []
    private var head = 0
    private var isPastMagic = false
    private var isEnded = false
    /// Tasks that have what those of a template have in common, and no id.
    private var templates: ContiguousArray<TraceTask> = []
    private var last: Int64 = 0
    private var count: UInt64 = 0

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
            if !buffer.starts(with: CompactTraceWriter.magic) {
                throw .wrongFormat(
                    file: file, found: "other bytes", expected: "a trace in simk's compact form")
            }
            isPastMagic = true
            head = CompactTraceWriter.magic.count
        }
        // The decoder reads the buffer while the rest of `self` changes; so it is taken out meanwhile.
        var bytes: [UInt8] = []
        swap(&bytes, &buffer)
        defer { swap(&bytes, &buffer) }
        try unsafe bytes.withUnsafeBufferPointer { bytes throws(TraceError) in
            var decoder = unsafe CompactDecoder(bytes, from: head)
            while try readEntry(&decoder, into: &output) { head = decoder.offset }
        }
    }

    /// Reads one entry if it is there whole.
    private mutating func readEntry(
        _ decoder: inout CompactDecoder, into output: inout TraceOutput
    ) throws(TraceError) -> Bool {
        decoder.limit(to: nil)
        let rest = decoder.rest
        guard rest > 0 else { return false }
        if isEnded { throw .damaged(file: file, detail: "there are bytes after the last record") }
        let code: UInt8
        let length: Int
        do throws(CompactDecoder.Fault) {
            code = try decoder.byte()
            let size = try decoder.unsigned()
            guard size <= UInt64(Self.entryLimitBytes) else { throw CompactDecoder.Fault() }
            length = Int(size)
        } catch {
            // A length takes ten bytes at most, so a longer rest cannot be an entry's beginning.
            if rest > 11 { throw damage }
            return false
        }
        if decoder.rest < length { return false }
        decoder.limit(to: length)
        do throws(CompactDecoder.Fault) {
            guard let entry = CompactTraceWriter.Entry(rawValue: code) else { throw CompactDecoder.Fault() }
            try readBody(entry, &decoder, into: &output)
            guard decoder.isAtEnd else { throw CompactDecoder.Fault() }
        } catch {
            throw damage
        }
        return true
    }

    private var damage: TraceError {
        .damaged(file: file, detail: "the entry after record \(count) is damaged; import the trace again")
    }

    private mutating func readBody(
        _ entry: CompactTraceWriter.Entry, _ decoder: inout CompactDecoder, into output: inout TraceOutput
    ) throws(CompactDecoder.Fault) {
        switch entry {
        case .template:
            templates.append(TraceTask(id: "", submission: .start, traits: try decoder.template()))
            return
        case .end:
            guard try decoder.unsigned() == count else { throw CompactDecoder.Fault() }
            isEnded = true
            return
        default: break
        }
        let (sum, overflow) = last.addingReportingOverflow(try decoder.signed())
        if overflow { throw CompactDecoder.Fault() }
        last = sum
        let time = VirtualTime(nanoseconds: last)
        count += 1
        output.countRow()
        switch entry {
        case .machine: output.emit(try decoder.machine(at: time))
        case .usage: output.emit(try decoder.usage(at: time))
        case .object: output.emit(try decoder.object(at: time))
        case .task:
            let index = try decoder.unsigned()
            guard index < UInt64(templates.count) else { throw CompactDecoder.Fault() }
            var task = templates[Int(index)]
            try Self.complete(&task, at: time, &decoder)
            output.emit(task)
        default:
            var task = TraceTask(id: "", submission: time, traits: try decoder.template())
            try Self.complete(&task, at: time, &decoder)
            output.emit(task)
        }
    }

    /// Fills in what a template leaves open.
    private static func complete(
        _ task: inout TraceTask, at time: VirtualTime, _ decoder: inout CompactDecoder
    ) throws(CompactDecoder.Fault) {
        let flags = try decoder.byte()
        task.id = try decoder.text()
        task.submission = time
        var begun = time
        if flags & 1 != 0 {
            begun = try moment(time, plus: decoder.signed())
            task.start = begun
        }
        if flags & 2 != 0 {
            let ran = try decoder.signed()
            task.end = try moment(begun, plus: ran)
            if flags & 8 != 0 { task.duration = VirtualDuration(nanoseconds: ran) }
        }
        if flags & 4 != 0 && flags & 8 == 0 {
            task.duration = VirtualDuration(nanoseconds: try decoder.signed())
        }
        if flags & 16 != 0 { task.machine = try decoder.text() }
    }

    private static func moment(
        _ time: VirtualTime, plus nanoseconds: Int64
    ) throws(CompactDecoder.Fault) -> VirtualTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(nanoseconds)
        if overflow { throw CompactDecoder.Fault() }
        return VirtualTime(nanoseconds: sum)
    }

    public mutating func close(into output: inout TraceOutput) throws(TraceError) {
        if !isPastMagic {
            throw .wrongFormat(
                file: file, found: "\(buffer.count) bytes", expected: "a trace in simk's compact form")
        }
        if !isEnded { throw .truncated(file: file, detail: "there is no end after record \(count)") }
    }
}
