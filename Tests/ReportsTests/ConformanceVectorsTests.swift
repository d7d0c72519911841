import Foundation
import KubernetesModel
import Reports
import Scheduler
import TestSupport
import Testing

@Suite("Golden cases")
struct ConformanceVectorsTests {
    private static var shipped: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Vectors/scheduler")
    }

    private func folder(_ files: [String: String]) throws -> URL {
        let url = FileManager.default.temporaryDirectory.appending(path: "simk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: url.appending(path: name)) }
        return url
    }

    @Test("the shipped cases agree in everything that they hold")
    func shippedCases() {
        let vectors = ConformanceVectors(area: .scheduler, path: Self.shipped.path)
        #expect(vectors.faults.map(\.description) == [])
        #expect(vectors.agrees, "\(ConformanceText(style: .plain).text(vectors))")
        #expect(vectors.reports.count == 13)
        #expect(vectors.reports.reduce(0) { $0 + $1.cases.count } >= 40)
    }

    @Test("those of the other areas, too", arguments: [ConformanceArea.controllers, .api])
    func otherAreas(area: ConformanceArea) {
        let path = Self.shipped.deletingLastPathComponent().appending(path: area.rawValue).path
        let vectors = ConformanceVectors(area: area, path: path)
        #expect(vectors.faults.map(\.description) == [])
        #expect(vectors.agrees, "\(ConformanceText(style: .plain).text(vectors))")
        #expect(vectors.reports.allSatisfy { $0.coveredCases == $0.cases.count && !$0.cases.isEmpty })
    }

    @Test("what is not covered has a column and a reason, and is neither agreement nor difference")
    func gaps() throws {
        let url = try folder([
            "table.jsonl": #"{"name": "pod/one", "object": {}}"#,
            "label.jsonl": #"{"name": "n"}"#,
        ])
        defer { try? FileManager.default.removeItem(at: url) }
        let vectors = ConformanceVectors(area: .api, path: url.path)
        #expect(vectors.agrees)
        #expect(
            vectors.faults.map(\.message) == [
                "not a case of 'api': input: expected an object, found nothing"
            ])
        let text = ConformanceText(style: .plain).text(vectors)
        #expect(text.contains("table     0 of 0       0 of 0             1\n"), "\(text)")
        #expect(text.contains("  table: 1 case: tables, which kubectl get asks for\n"), "\(text)")
        let json = ConformanceText.json(vectors)
        #expect(json["coveredCases"] == 0)
        #expect(json["cases"] == 1)
    }

    @Test("a changed fact is told with its place, and only it")
    func difference() throws {
        let text = try String(contentsOf: Self.shipped.appending(path: "taints.jsonl"), encoding: .utf8)
        let changed = text.replacingOccurrences(
            of: #""raw": [0, 1, 2]"#, with: #""raw": [0, 1, 3]"#)
        let url = try folder(["taints.jsonl": changed])
        defer { try? FileManager.default.removeItem(at: url) }
        let vectors = ConformanceVectors(area: .scheduler, path: url.path)
        let report = try #require(vectors.reports.first)
        #expect(report.cases.count - report.agreeingCases == 1)
        #expect(report.comparisons - report.agreements == 1)
        let difference = report.cases.first { !$0.agrees }?.difference
        #expect(
            difference
                == "step 1 (default/p): scores.TaintToleration.raw of node c: expected 3, found 2")
        #expect(ConformanceText.json(vectors)["agrees"] == false)
    }

    @Test(
        "what is no case is told with file and line, and the others are run",
        arguments: [
            ("{", "x.jsonl:1: not JSON: column"),
            ("[]", "x.jsonl:1: not a case of 'scheduler': expected a case, found an array"),
            ("{}", "x.jsonl:1: not a case of 'scheduler': name: expected the case's name, found nothing"),
            (
                #"{"name": "n", "objects": 1, "pods": [], "steps": []}"#,
                "x.jsonl:1: not a case of 'scheduler': objects: expected an array, found a number"
            ),
            (
                #"{"name": "n", "objects": [{"kind": "Node"}], "pods": [], "steps": []}"#,
                "x.jsonl:1: not a case of 'scheduler': objects[0].apiVersion: expected a text, found nothing"
            ),
            (String(repeating: "[", count: 5_000), "x.jsonl:1: not JSON: column"),
            ("", "x.jsonl: holds no cases"),
        ])
    func faults(text: String, expected: String) throws {
        let url = try folder(["x.jsonl": text])
        defer { try? FileManager.default.removeItem(at: url) }
        let vectors = ConformanceVectors(area: .scheduler, path: url.path)
        let fault = try #require(vectors.faults.first?.description)
        #expect(fault.contains(expected), "\(fault)")
    }

    @Test("an empty folder and a missing one are told")
    func nothingThere() throws {
        let url = try folder([:])
        defer { try? FileManager.default.removeItem(at: url) }
        let empty = ConformanceVectors(area: .scheduler, path: url.path)
        #expect(empty.faults.first?.message == "holds no file of golden cases (NAME.jsonl)")
        let missing = ConformanceVectors(area: .scheduler, path: url.path + "/none")
        #expect(missing.faults.first?.message == "no such file or folder")
    }
}
