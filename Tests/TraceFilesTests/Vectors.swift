import Foundation

/// The small traces under `Tests/Vectors/traces`.
enum Vectors {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Vectors/traces")

    static func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Writes bytes to a new file, gives its path to the body, and removes it.
    static func withFile<Result>(
        _ bytes: [UInt8], name: String = "file", _ body: (String) throws -> Result
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "simk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = folder.appending(path: name)
        try Data(bytes).write(to: url)
        return try body(url.path)
    }
}
