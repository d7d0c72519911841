import Foundation
public import Workloads

/// The bytes of a file in chunks, unpacked if it is gzip.
public final class ByteSource {
    /// Unpacked bytes a chunk.
    static let chunkBytes = 1 << 18

    private let path: String
    private let handle: FileHandle
    private let inflater: Inflater?
    private var packed: [UInt8] = []
    private var packedOffset = 0
    private var isFileAtEnd = false
    private var chunk: [UInt8]

    /// Whether the file is gzip.
    public var isPacked: Bool { inflater != nil }

    public init(path: String) throws(TraceError) {
        self.path = path
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw .cannotOpen(file: path, detail: "there is no such file")
        }
        if isFolder.boolValue { throw .cannotOpen(file: path, detail: "is a folder") }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw .cannotOpen(file: path, detail: "cannot be opened. Is it readable?")
        }
        self.handle = handle
        chunk = [UInt8](repeating: 0, count: Self.chunkBytes)
        let head = try Self.bytes(handle, count: Self.chunkBytes, path: path)
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

    deinit { try? handle.close() }

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

    private static func bytes(
        _ handle: FileHandle, count: Int, path: String
    ) throws(TraceError) -> [UInt8] {
        do {
            return try handle.read(upToCount: count).map { [UInt8]($0) } ?? []
        } catch {
            throw .cannotOpen(file: path, detail: "cannot be read: \(error.localizedDescription)")
        }
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
            return isFileAtEnd ? [] : try Self.bytes(handle, count: Self.chunkBytes, path: path)
        }
        while true {
            if packedOffset == packed.count && !isFileAtEnd {
                packed = try Self.bytes(handle, count: Self.chunkBytes, path: path)
                packedOffset = 0
                isFileAtEnd = packed.isEmpty
            }
            let result: (used: Int, made: Int)
            do throws(Inflater.Fault) {
                result = try inflater.inflate(packed[packedOffset...], into: &chunk)
            } catch {
                throw .damaged(file: path, detail: "the gzip data is damaged")
            }
            packedOffset += result.used
            if result.made > 0 {
                let made = Array(chunk[..<result.made])
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
            if result.used == 0 && packedOffset < packed.count && !inflater.isAtEnd {
                throw .damaged(file: path, detail: "the gzip data is damaged")
            }
        }
    }

    private var isFirst = true
}
