import CZlib

/// Unpacks gzip, or zlib, piece by piece in constant memory.
@safe
final class Inflater {
    enum Fault: Error {
        case noMemory
        case damaged(code: Int32)
    }

    private let stream: UnsafeMutablePointer<simk_inflater>
    /// Whether the last member of the file has come to its end.
    private(set) var isAtEnd = false

    init() throws(Fault) {
        guard let stream = unsafe simk_inflater_new() else { throw .noMemory }
        unsafe self.stream = stream
    }

    deinit { unsafe simk_inflater_free(stream) }

    /// Unpacks from the input into the output.
    ///
    /// - Returns: How many bytes were used and made. With none used and none made more input is needed.
    func inflate(
        _ input: ArraySlice<UInt8>, into output: inout [UInt8]
    ) throws(Fault) -> (used: Int, made: Int) {
        if isAtEnd {
            if input.isEmpty { return (0, 0) }
            // A gzip file may be several, one after the other.
            isAtEnd = false
            if unsafe simk_inflater_reset(stream) != 0 { throw .damaged(code: 0) }
        }
        var used = 0
        var made = 0
        let code = unsafe input.withUnsafeBufferPointer { source -> Int32 in
            unsafe output.withUnsafeMutableBufferPointer { target -> Int32 in
                unsafe simk_inflate(
                    stream, source.baseAddress, source.count, &used, target.baseAddress, target.count, &made)
            }
        }
        if code == 1 {
            isAtEnd = true
        } else if code != 0 {
            throw .damaged(code: code)
        }
        return (used, made)
    }
}
