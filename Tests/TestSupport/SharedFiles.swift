import Foundation

/// Files that lie beside a checkout but are not part of it: golden results, experiments, traces.
///
/// A user does not have them. Tests that need them are skipped with ``missing`` as the reason.
public enum SharedFiles {
    /// The folder, found from this source file's place: `<project>/../shared`.
    public static var folder: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared")
    }

    public static let missing = "../shared is not beside this checkout"

    public static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appending(path: path).path)
    }

    public static func lines(_ path: String) throws -> [String] {
        let text = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
        return text.split(separator: "\n").map(String.init)
    }
}
