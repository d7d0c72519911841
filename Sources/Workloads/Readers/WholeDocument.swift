/// The bytes of a file that can only be read whole, up to a limit.
struct WholeDocument: Sendable {
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
