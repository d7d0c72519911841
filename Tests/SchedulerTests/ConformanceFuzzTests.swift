import Foundation
import KubernetesModel
import OrderedCollections
import Scheduler
import Testing

/// A small generator whose numbers are the same everywhere (xorshift64*).
private struct Numbers {
    var state: UInt64

    mutating func next(below bound: Int) -> Int {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return Int((state &* 0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}

/// Cases with parts replaced by what nobody expects there: they may differ, but nothing may end the program.
@Suite("mutated golden cases")
struct ConformanceFuzzTests {
    private static let odd: [JSONValue] = [
        .null, true, false, 0, -1, 1, .integer(.max), .integer(.min), .number(1e300), .number(-0.5), "", "x",
        "9223372036854775807", "-9223372036854775808", "99999999999999999999Gi", "1e400", "0.1n", "-5",
        "é\u{0}",
        [], [:], [[]], ["a", 1, .null], ["key": "value"], "2026-13-45T99:99:99Z", "Exists", "Gt", "*",
        "kubernetes.io/hostname", "default-scheduler",
    ]

    private static func mutate(_ value: JSONValue, _ numbers: inout Numbers) -> JSONValue {
        switch value {
        case .object(var members):
            guard !members.isEmpty else { return odd[numbers.next(below: odd.count)] }
            let key = members.keys[numbers.next(below: members.count)]
            switch numbers.next(below: 12) {
            case 0: members[key] = nil
            case 1: members[key] = odd[numbers.next(below: odd.count)]
            default: members[key] = members[key].map { mutate($0, &numbers) }
            }
            return .object(members)
        case .array(var elements):
            guard !elements.isEmpty else { return odd[numbers.next(below: odd.count)] }
            let place = numbers.next(below: elements.count)
            switch numbers.next(below: 12) {
            case 0: elements.remove(at: place)
            case 1: elements.append(elements[place])
            case 2: elements[place] = odd[numbers.next(below: odd.count)]
            case 3: elements.swapAt(place, numbers.next(below: elements.count))
            default: elements[place] = mutate(elements[place], &numbers)
            }
            return .array(elements)
        default: return odd[numbers.next(below: odd.count)]
        }
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Vectors/scheduler")

    @Test("no mutation ends the program")
    func mutations() throws {
        let folder =
            ProcessInfo.processInfo.environment["SIMK_FUZZ_FOLDER"].map { URL(filePath: $0) } ?? Self.folder
        let rounds = ProcessInfo.processInfo.environment["SIMK_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 10
        var numbers = Numbers(state: 0x9E37_79B9_7F4A_7C15)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".jsonl") && $0 != "large.jsonl" }.sorted()
        var count = 0
        for name in names {
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            for line in text.split(separator: "\n") {
                let value = try JSONParser.parse(String(line))
                for _ in 0..<rounds {
                    var mutated = value
                    for part in ["objects", "pods", "schedulerConfig"] {
                        for _ in 0..<(1 + numbers.next(below: 3)) {
                            mutated[part] = Self.mutate(mutated[part] ?? .null, &numbers)
                        }
                    }
                    if let trace = ProcessInfo.processInfo.environment["SIMK_FUZZ_TRACE"] {
                        // What ended the program is the last that was written.
                        try JSONWriter.string(mutated).write(
                            toFile: trace, atomically: false, encoding: .utf8)
                    }
                    _ = SchedulerConformance.run(mutated)
                    count += 1
                }
            }
        }
        #expect(count > 0)
    }
}
