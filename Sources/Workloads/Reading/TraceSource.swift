/// A trace that is being read: pieces of its records, as they stand in its files.
public protocol TraceSource: AnyObject {
    /// The records of the next piece, perhaps none; nil after the last.
    func nextPiece() throws(TraceError) -> [TraceRecord]?

    /// What was counted so far.
    var tally: TraceTally { get }
}

/// Opens the files of traces: whoever has files passes this to those that only want records.
public protocol TraceOpener: Sendable {
    /// Looks at the files, and tells what they are.
    ///
    /// - Parameter format: what the user says they are; nil to tell from their content.
    func format(of paths: [String], named format: TraceFormat?) throws(TraceError) -> TraceFormat

    /// Begins to read.
    func open(
        _ paths: [String], format: TraceFormat, options: TraceOptions
    ) throws(TraceError) -> any TraceSource
}
