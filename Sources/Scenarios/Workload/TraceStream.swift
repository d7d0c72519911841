import SimulationKernel
import Workloads

/// Gives a trace's records in the order of their times.
///
/// It holds one piece of a file, and those records that may have to wait for earlier ones: as many as the
/// trace's own disorder, which the survey has measured.
final class TraceStream {
    private let source: any TraceSource
    private let disorder: VirtualDuration
    /// Records by number, and the numbers in the order of their times.
    private var waiting: [Int: TraceRecord] = [:]
    private var order = EventQueue<Int>()
    private var nextNumber = 0
    private var latest = VirtualTime.start
    private var isFinished = false

    /// - Parameter disorder: by how much a record may lie before one ahead of it.
    init(_ source: any TraceSource, disorder: VirtualDuration) {
        self.source = source
        self.disorder = disorder
    }

    var tally: TraceTally { source.tally }

    /// The next record; nil after the last.
    func next() throws(TraceError) -> TraceRecord? {
        while true {
            if let time = order.nextTime(),
                isFinished || time.advancedClamping(by: disorder) < latest
            {
                return order.popNext().flatMap { waiting.removeValue(forKey: $0.event) }
            }
            if isFinished { return nil }
            guard let piece = try source.nextPiece() else {
                isFinished = true
                continue
            }
            for record in piece {
                let time = max(record.time, .start)
                waiting[nextNumber] = record
                order.schedule(nextNumber, at: time)
                nextNumber += 1
                latest = max(latest, time)
            }
        }
    }
}

extension WorkloadPlan.Trace {
    /// Begins to read the trace.
    func open(_ options: TraceOptions, _ opener: any TraceOpener) throws(TraceError) -> any TraceSource {
        let paths = try self.paths()
        let format: TraceFormat
        if let known = self.format {
            format = known
        } else {
            format = try opener.format(of: paths, named: nil)
        }
        return try opener.open(paths, format: format, options: options)
    }
}
