import SimulationKernel

/// What has been counted of a trace so far.
public struct TraceTally: Equatable, Sendable {
    /// Rows, or objects, events and the like, that were looked at.
    public var rows = 0
    public var badRows = 0
    /// The first few of the bad rows.
    public var firstBadRows: [BadRow] = []
    /// Rows that are right but mean nothing here (an event kind that is not replayed), by reason, in the
    /// order in which the reasons were first met.
    public var passedOver: [PassedOver] = []
    /// Records that the window or the sample left out.
    public var leftOut = 0
    /// False once more ids than the limit were met, so that repeats are no longer found.
    public var checkedAllIDs = true

    /// How many bad rows are kept to be shown.
    public static let shown = 5

    public struct PassedOver: Equatable, Sendable {
        public var reason: String
        public var count: Int

        public init(reason: String, count: Int) {
            self.reason = reason
            self.count = count
        }
    }

    public init() {}
}

/// Where readers put what they read: the records of the last chunk, and the counts of all.
///
/// Records pass the options' window, sample and scales before they are kept. Whoever drives the reader takes
/// ``records`` away after every chunk, which bounds the memory.
public struct TraceOutput: Sendable {
    public private(set) var records: [TraceRecord] = []
    public private(set) var tally = TraceTally()
    public let options: TraceOptions
    private let shaper: TraceShaper
    private let shapes: Bool
    private var ids = HashSet64()
    /// The tasks that window or sample have left out.
    private var absent = HashSet64()

    public init(options: TraceOptions = TraceOptions()) {
        self.options = options
        shaper = TraceShaper(options)
        shapes = options.shapesRecords
    }

    /// Takes the records away that have come together, for the next chunk.
    public mutating func take() -> [TraceRecord] {
        var taken: [TraceRecord] = []
        taken.reserveCapacity(records.count)
        swap(&taken, &records)
        return taken
    }

    /// Gives each record that has come together to the body, and forgets it.
    public mutating func drain<Failure: Error>(_ body: (TraceRecord) throws(Failure) -> Void) throws(Failure)
    {
        // Taken out, and by place in a span, as otherwise each of them would be copied.
        var taken: [TraceRecord] = []
        swap(&taken, &records)
        defer {
            taken.removeAll(keepingCapacity: true)
            swap(&taken, &records)
        }
        let span = taken.span
        for place in span.indices { try body(span[place]) }
    }

    // MARK: For readers

    @inline(__always)
    public mutating func emit(_ record: consuming TraceRecord) {
        if shapes {
            emitShaped(record)
        } else {
            records.append(record)
        }
    }

    private mutating func emitShaped(_ record: consuming TraceRecord) {
        var shaped = record
        if case .usage(let usage) = shaped, usage.subject == .task, absent.contains(IDHash.hash(usage.id)) {
            tally.leftOut += 1
            return
        }
        if shaper.shape(&shaped) { return records.append(shaped) }
        tally.leftOut += 1
        // What the task used goes with it.
        if case .task(let task) = shaped, absent.count < options.idLimit {
            _ = absent.insert(IDHash.hash(task.id))
        }
    }

    /// Emits what a task used, whose job is known although the task itself may come later.
    @inline(__always)
    mutating func emit(_ usage: consuming TraceUsage, job: @autoclosure () -> String) {
        if shapes && !shaper.keepsUsage(ofJob: job()) {
            tally.leftOut += 1
        } else {
            emit(.usage(usage))
        }
    }

    @inline(__always)
    public mutating func emit(_ task: consuming TraceTask) { emit(.task(task)) }
    public mutating func emit(_ event: TraceMachineEvent) { emit(.machine(event)) }
    @inline(__always)
    public mutating func emit(_ usage: consuming TraceUsage) { emit(.usage(usage)) }
    public mutating func emit(_ object: TraceObject) { emit(.object(object)) }

    public mutating func countRow() { tally.rows += 1 }

    mutating func countRows(_ count: Int) { tally.rows += count }

    /// Makes room for so many further records.
    mutating func reserve(_ count: Int) {
        if records.capacity < records.count + count {
            records.reserveCapacity(max(records.count + count, 2 * records.count))
        }
    }

    /// Counts a row that is right but has no meaning for a replay.
    public mutating func passOver(_ reason: StaticString) {
        let text = reason.description
        for index in tally.passedOver.indices where tally.passedOver[index].reason == text {
            tally.passedOver[index].count += 1
            return
        }
        tally.passedOver.append(TraceTally.PassedOver(reason: text, count: 1))
    }

    /// Counts a row that cannot be used, and stops if the policy says so.
    public mutating func reject(_ row: BadRow) throws(TraceError) {
        tally.badRows += 1
        if tally.firstBadRows.count < TraceTally.shown { tally.firstBadRows.append(row) }
        // Early on a single row would be more than any small fraction.
        if tally.rows >= 1_000 { try checkBadRows() }
    }

    /// Stops when more rows are bad than the policy allows; called once more at the end.
    public func checkBadRows() throws(TraceError) {
        guard case .stop(let fraction) = options.badRows, tally.badRows > 0 else { return }
        if Double(tally.badRows) > fraction * Double(tally.rows) {
            throw .tooManyBadRows(count: tally.badRows, rows: tally.rows, first: tally.firstBadRows)
        }
    }

    /// Remembers an id of a kind of thing.
    ///
    /// - Returns: False when the same id of the kind was met before.
    public mutating func isNew(_ id: String, kind: UInt8) -> Bool {
        if ids.count >= options.idLimit {
            tally.checkedAllIDs = false
            return true
        }
        return ids.insert(IDHash.hash(id, seed: UInt64(kind)))
    }

    /// Whether ``isNew(_:kind:)`` was asked for the id before.
    func hasMet(_ id: String, kind: UInt8) -> Bool { ids.contains(IDHash.hash(id, seed: UInt64(kind))) }

    public mutating func requireNew(_ id: String, kind: UInt8, column: String) throws(RowFault) {
        if !isNew(id, kind: kind) {
            throw RowFault(column: column, found: "'\(id)' a second time", expected: "every id once")
        }
    }
}
