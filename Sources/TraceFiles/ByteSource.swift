import Foundation
public import Workloads

/// The bytes of a file in chunks, unpacked if it is gzip.
public final class ByteSource {
    /// Unpacked bytes a chunk.
    static let chunkBytes = 1 << 18

    private let path: String
    private let descriptor: Int32
    private let inflater: Inflater?
    private var packed: [UInt8] = []
    private var packedOffset = 0
    private var isFileAtEnd = false

    /// Whether the file is gzip.
    public var isPacked: Bool { inflater != nil }

    public init(path: String) throws(TraceError) {
        self.path = path
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw .cannotOpen(file: path, detail: "there is no such file")
        }
        if isFolder.boolValue { throw .cannotOpen(file: path, detail: "is a folder") }
        descriptor = unsafe open(path, O_RDONLY)
        if descriptor < 0 { throw .cannotOpen(file: path, detail: "cannot be opened. Is it readable?") }
        let head = try Self.bytes(descriptor, path: path)
        if head.starts(with: [0x1F, 0x8B]) {
            do throws(Inflater.Fault) { inflater = try Inflater() } catch {
                throw .cannotOpen(file: path, detail: "there is no memory to unpack it")
            }
        } else {
            inflater = nil
            try Self.refuseOthers(head, path: path)
        }
        packed = head
        isFileAtEnd = head.isEmpty
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// All bytes of a file, unpacked.
    public static func contents(of path: String, limit: Int) throws(TraceError) -> [UInt8] {
        let source = try ByteSource(path: path)
        var bytes: [UInt8] = []
        while true {
            let more = try source.next()
            if more.isEmpty { return bytes }
            bytes += more
            if bytes.count > limit {
                throw .limit(file: path, what: "bytes in a file that can only be read whole", bound: limit)
            }
        }
    }

    /// Names the packings that are not unpacked here.
    private static func refuseOthers(_ head: [UInt8], path: String) throws(TraceError) {
        let kinds: [([UInt8], String, String)] = [
            ([0x50, 0x4B, 0x03, 0x04], "a zip archive", "unzip"),
            ([0x28, 0xB5, 0x2F, 0xFD], "packed with zstd", "unzstd"),
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "packed with xz", "unxz"),
            ([0x42, 0x5A, 0x68], "packed with bzip2", "bunzip2"),
            ([0x50, 0x41, 0x52, 0x31], "a Parquet file", "a tool that writes CSV or JSON lines"),
        ]
        for (magic, what, tool) in kinds where head.starts(with: magic) {
            throw .unsupported(
                file: path, detail: "is \(what); unpack it first with \(tool) (gzip is read as it is)")
        }
        try refuseArchive(head, path: path)
    }

    /// A tar archive says so at byte 257 of its first header.
    private static func refuseArchive(_ head: [UInt8], path: String) throws(TraceError) {
        if head.count > 262, head[257..<262].elementsEqual(Array("ustar".utf8)) {
            throw .unsupported(file: path, detail: "is a tar archive; unpack it first with tar -xf")
        }
    }

    /// The next bytes of the file: a whole chunk but at the end, and of a pipe.
    private static func bytes(_ descriptor: Int32, path: String) throws(TraceError) -> [UInt8] {
        var problem: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: chunkBytes) { buffer, count in
            while true {
                let got = unsafe read(descriptor, buffer.baseAddress, chunkBytes)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { problem = errno }
                count = max(0, got)
                return
            }
        }
        if problem != 0 {
            throw .cannotOpen(
                file: path, detail: "cannot be read: \(unsafe String(cString: strerror(problem)))")
        }
        return bytes
    }

    /// The next bytes; empty at the end.
    ///
    /// - Throws: When a packed file ends early or is damaged.
    public func next() throws(TraceError) -> [UInt8] {
        guard let inflater else {
            if !packed.isEmpty {
                defer { packed = [] }
                return packed
            }
            return isFileAtEnd ? [] : try Self.bytes(descriptor, path: path)
        }
        while true {
            if packedOffset == packed.count && !isFileAtEnd {
                packed = try Self.bytes(descriptor, path: path)
                packedOffset = 0
                isFileAtEnd = packed.isEmpty
            }
            let used: Int
            let made: [UInt8]
            do throws(Inflater.Fault) {
                (used, made) = try inflater.inflate(packed[packedOffset...], atMost: Self.chunkBytes)
            } catch {
                throw .damaged(file: path, detail: "the gzip data is damaged")
            }
            packedOffset += used
            if !made.isEmpty {
                if isFirst {
                    isFirst = false
                    try Self.refuseArchive(made, path: path)
                }
                return made
            }
            if packedOffset == packed.count && isFileAtEnd {
                if inflater.isAtEnd { return [] }
                throw .truncated(file: path, detail: "the gzip data has no end; was it copied whole?")
            }
            if used == 0 && packedOffset < packed.count && !inflater.isAtEnd {
                throw .damaged(file: path, detail: "the gzip data is damaged")
            }
        }
    }

    private var isFirst = true
}
