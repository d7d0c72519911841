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

    /// Unpacks from the input.
    ///
    /// - Returns: How many bytes were used, and what they made. With none used and none made more input is
    ///   needed.
    func inflate(
        _ input: ArraySlice<UInt8>, atMost count: Int
    ) throws(Fault) -> (used: Int, made: [UInt8]) {
        if isAtEnd {
            if input.isEmpty { return (0, []) }
            // A gzip file may be several, one after the other.
            isAtEnd = false
            if unsafe simk_inflater_reset(stream) != 0 { throw .damaged(code: 0) }
        }
        var used = 0
        var code: Int32 = 0
        let made = unsafe [UInt8](unsafeUninitializedCapacity: count) { target, made in
            unsafe input.withUnsafeBufferPointer { source in
                code = unsafe simk_inflate(
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
