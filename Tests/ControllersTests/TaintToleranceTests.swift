import Controllers
import Foundation
import KubernetesModel
import OrderedCollections
import TestSupport
import Testing

@Suite("Taint tolerance")
struct TaintToleranceTests {
    static let file = "conformance/controllers/taintmath.jsonl"

    @Test(
        "the real controller's vectors hold, all 250",
        .enabled(if: SharedFiles.exists(file), Comment(rawValue: SharedFiles.missing)))
    func vectors() throws {
        let epoch = CalendarTime(unixSeconds: 0)
        let lines = try SharedFiles.lines(Self.file)
        #expect(lines.count == 250)
        for line in lines {
            let vector = try JSONParser.parse(line)
            let id = vector["id"]?.stringValue ?? ""
            let taints = (vector["taints"]?.arrayValue ?? []).map {
                Taint(fields: $0.objectValue ?? [:], epoch: epoch)
            }
            let tolerations = (vector["tolerations"]?.arrayValue ?? []).map {
                Toleration(fields: $0.objectValue ?? [:], epoch: epoch)
            }
            let used = (vector["usedTolerations"]?.arrayValue ?? []).map {
                Toleration(fields: $0.objectValue ?? [:], epoch: epoch)
            }
            let matching = TaintTolerance.matching(tolerations, for: taints)
            #expect((matching != nil) == vector["allTolerated"]?.boolValue, "\(id)")
            #expect(matching ?? [] == used, "\(id)")
            let expected: TaintTolerance
            if vector["allTolerated"] == false {
                expected = .notTolerated
            } else if let seconds = vector["evictAfterSeconds"]?.integerValue {
                expected = .seconds(seconds)
            } else {
                expected = .forever
            }
            #expect(TaintTolerance(of: tolerations, for: taints) == expected, "\(id)")
        }
    }
}
