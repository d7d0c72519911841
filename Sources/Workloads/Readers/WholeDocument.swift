/// The bytes of a file that can only be read whole, up to a limit.
public struct WholeDocument: Sendable {
    let file: String
    let limitBytes: Int
    private(set) var bytes: [UInt8] = []

    init(file: String, limitBytes: Int) {
        self.file = file
        self.limitBytes = limitBytes
    }

    mutating func append(_ chunk: Span<UInt8>) throws(TraceError) {
        if bytes.count + chunk.count > limitBytes {
            throw .limit(file: file, what: "bytes in a file that can only be read whole", bound: limitBytes)
        }
        unsafe chunk.withUnsafeBufferPointer { piece in unsafe bytes.append(contentsOf: piece) }
    }
}

/// A reader of files that can only be read whole: it says what a file becomes, the rest is here.
public protocol DocumentReader: TraceReader {
    /// The present file, as far as it has come.
    var document: WholeDocument? { get set }

    /// Turns a whole file into records.
    func read(_ document: WholeDocument, into output: inout TraceOutput) throws(TraceError)
}

extension DocumentReader {
    public mutating func open(_ table: TraceTable, file: String, options: TraceOptions) throws(TraceError) {
        document = WholeDocument(file: file, limitBytes: options.documentLimitBytes)
    }

    public mutating func read(_ chunk: Span<UInt8>, into output: inout TraceOutput) throws(TraceError) {
        try document?.append(chunk)
    }

    public mutating func close(into output: inout TraceOutput) throws(TraceError) {
        guard let document = document.take() else { return }
        try read(document, into: &output)
    }
}
