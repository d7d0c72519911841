import Foundation
import Testing

/// The floors of DESIGN: a target imports lower floors only, and the simulated world imports neither
/// Foundation nor anything else that could let the outside in.
@Suite("Floors")
struct FloorsTests {
    static let floors: [String: Int] = [
        "CGSL": 0, "CZlib": 0, "SimulationKernel": 1, "Stochastics": 1, "KubernetesModel": 2,
        "ControlPlane": 3, "Scheduler": 4, "Controllers": 4, "Autoscalers": 4, "VirtualNodes": 4,
        "Failures": 4, "Workloads": 4, "Simulation": 5, "Conformance": 5, "Scenarios": 6, "Telemetry": 6,
        "TraceFiles": 6, "Reports": 7, "SchedulerPerf": 7, "Checking": 7, "Replay": 7, "SimkTesting": 8,
        "simk": 8,
    ]
    /// Libraries from elsewhere, with the lowest floor that may import them.
    static let libraries: [String: Int] = [
        "OrderedCollections": 2, "Foundation": 6, "Yams": 6, "GRDB": 6, "ArgumentParser": 8, "Dispatch": 6,
        "FoundationNetworking": 6, "Synchronization": 6,
    ]

    static var sources: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources")
    }

    struct SourceFile: CustomTestStringConvertible {
        var target: String
        var path: String
        var lines: [String]
        var testDescription: String { path }
    }

    static func files(of target: String) throws -> [SourceFile] {
        let folder = sources.appending(path: target)
        let walker = FileManager.default.enumerator(atPath: folder.path)
        var files: [SourceFile] = []
        while let name = walker?.nextObject() as? String {
            guard name.hasSuffix(".swift") else { continue }
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            files.append(
                SourceFile(
                    target: target, path: "\(target)/\(name)",
                    lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)))
        }
        return files
    }

    @Test("every folder of Sources is a target with a floor")
    func everyTargetHasAFloor() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path)
        #expect(Set(folders) == Set(Self.floors.keys))
    }

    @Test("imports go down only", arguments: floors.keys.sorted())
    func importsGoDown(target: String) throws {
        let floor = try #require(Self.floors[target])
        for file in try Self.files(of: target) {
            for line in file.lines {
                let words = line.split(separator: " ")
                guard let place = words.firstIndex(of: "import"), place <= 1, place + 1 < words.count,
                    place == 0 || words[0] == "public" || words[0].hasPrefix("@")
                else { continue }
                let module = String(words[place + 1])
                if let other = Self.floors[module] {
                    #expect(other < floor, "\(file.path) imports \(module)")
                } else {
                    let lowest = Self.libraries[module]
                    #expect(lowest != nil && floor >= lowest!, "\(file.path) imports \(module)")
                }
            }
        }
    }

    @Test(
        "the simulated world reads no clock and draws no number of its own",
        arguments: floors.filter { (1...5).contains($0.value) }.keys.sorted())
    func noOutsideWorld(target: String) throws {
        let forbidden = [
            "SystemRandomNumberGenerator", " Date(", "(Date(", "Date.now", "ContinuousClock",
            "SuspendingClock", ".random(in", " async ", "@unchecked Sendable", "nonisolated(unsafe)", "try!",
        ]
        for file in try Self.files(of: target) {
            for line in file.lines where !line.trimmingCharacters(in: .whitespaces).hasPrefix("//") {
                for word in forbidden { #expect(!line.contains(word), "\(file.path): \(line)") }
            }
        }
    }
}
