import Foundation
public import SimulationKernel
public import Workloads

/// Reads a trace's files piece by piece, and gives its records in the order of their times.
///
/// It holds one piece of a file, and those records that may have to wait for earlier ones: as many as the
/// trace's own disorder, which the survey has measured.
public final class TraceStream {
    private let files: TraceFiles
    private let options: TraceOptions
    private let disorder: VirtualDuration
    private var reader: any TraceReader
    private var output: TraceOutput
    private var place = 0
    private var handle: FileHandle?
    private var isFinished = false
    /// Records by number, and the numbers in the order of their times.
    private var waiting: [Int: TraceRecord] = [:]
    private var order = EventQueue<Int>()
    private var nextNumber = 0
    private var latest = VirtualTime(nanoseconds: .min)

    private static let pieceBytes = 1 << 20

    /// - Parameter disorder: by how much a record may lie before one ahead of it.
    init(_ files: TraceFiles, options: TraceOptions, disorder: VirtualDuration) throws(TraceError) {
        guard let reader = TraceFiles.reader(files.format) else {
            throw .unsupported(file: files.files.first?.path ?? "", detail: "no reader")
        }
        self.files = files
        self.options = options
        self.reader = reader
        self.disorder = disorder
        output = TraceOutput(options: options)
    }

    var tally: TraceTally { output.tally }

    /// Reads everything, and looks at it without keeping it.
    static func survey(_ files: TraceFiles, options: TraceOptions) throws(TraceError) -> TraceSurvey {
        var survey = TraceSurvey()
        let stream = try TraceStream(files, options: options, disorder: .zero)
        while try stream.readPiece() {
            stream.output.drain { survey.take($0) }
        }
        stream.output.drain { survey.take($0) }
        survey.tally = stream.tally
        survey.format = files.format
        survey.finish()
        return survey
    }

    /// The next record; nil after the last.
    func next() throws(TraceError) -> TraceRecord? {
        while true {
            if let time = order.nextTime(),
                isFinished || time.advancedClamping(by: disorder) < latest
            {
                return order.popNext().flatMap { waiting.removeValue(forKey: $0.event) }
            }
            if isFinished { return nil }
            isFinished = try !readPiece()
            output.drain { record in
                waiting[nextNumber] = record
                let time = max(record.time, .start)
                order.schedule(nextNumber, at: time)
                nextNumber += 1
                latest = max(latest, time)
            }
        }
    }

    /// Reads the next piece.
    ///
    /// - Returns: false when everything has been read.
    private func readPiece() throws(TraceError) -> Bool {
        guard place < files.files.count else {
            if place == files.files.count {
                place += 1
                try reader.finish(into: &output)
                try output.checkBadRows()
            }
            return false
        }
        let file = files.files[place]
        if handle == nil {
            guard let opened = FileHandle(forReadingAtPath: file.path) else {
                throw .cannotOpen(file: file.path, detail: "it cannot be read. Check its permissions")
            }
            handle = opened
            try reader.open(file.table, file: file.path, options: options)
        }
        let data: Data?
        do {
            data = try handle?.read(upToCount: Self.pieceBytes)
        } catch {
            throw .damaged(file: file.path, detail: "it cannot be read: \(error.localizedDescription)")
        }
        if let data, !data.isEmpty {
            let bytes = Array(data)
            try reader.read(bytes.span, into: &output)
        } else {
            try? handle?.close()
            handle = nil
            place += 1
            try reader.close(into: &output)
        }
        return true
    }
}
