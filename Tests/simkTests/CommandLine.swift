import Foundation
import Testing

/// Runs the built `simk` as a user does.
enum SimkCommand {
    struct Result {
        var status: Int32
        var output: String
        var errors: String
    }

    static var project: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    /// The program that was built together with these tests.
    static var program: URL? {
        // The test bundle lies beside the products of the build.
        var folders = [Bundle.main.bundleURL, Bundle.main.executableURL?.deletingLastPathComponent()]
            .compactMap { $0 }
        folders += CommandLine.arguments.prefix(1).map { URL(filePath: $0).deletingLastPathComponent() }
        for bundle in Bundle.allBundles { folders.append(bundle.bundleURL.deletingLastPathComponent()) }
        folders.append(project.appending(path: ".build/debug"))
        return folders.map { $0.appending(path: "simk") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    static func run(_ arguments: [String], in folder: URL? = nil) throws -> Result {
        let process = Process()
        let executable: URL = try #require(program)
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = folder ?? project
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        // Read before waiting, so that a full pipe cannot hold the program up.
        let outputData = output.fileHandleForReading.readDataToEndOfFile()
        let errorData = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: String(decoding: outputData, as: UTF8.self),
            errors: String(decoding: errorData, as: UTF8.self))
    }
}

/// A folder that is removed at the end of a test.
final class ScratchFolder {
    let url = FileManager.default.temporaryDirectory.appending(path: "simk-tests-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ text: String, to name: String) throws -> String {
        let file = url.appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        return file.path
    }
}
