import KubernetesModel
import SimulationKernel
import Stochastics
import Testing

@testable import ControlPlane

@Suite("Tables by identity")
struct UIDTableTests {
    /// Replays number their pods, the API server draws at random, recorded states have any text.
    enum Source: CaseIterable {
        case numbered, highNumbered, drawn, texts

        func uid(_ number: Int, _ stream: inout RandomStream) -> UID {
            switch self {
            case .numbered: .uuid(1, UInt64(number))
            case .highNumbered: .uuid(7, UInt64(number) << 40)
            case .drawn: .uuid(stream.nextBits(), stream.nextBits())
            case .texts: .text("pod-\(number)")
            }
        }
    }

    @Test("holds what a dictionary holds, whatever comes and goes", arguments: Source.allCases)
    func equalsDictionary(source: Source) {
        var stream = RandomStream(seed: 5, name: "uid-table", index: 0)
        var table = UIDTable<Int>()
        var dictionary: [UID: Int] = [:]
        var known: [UID] = []
        for number in 0..<4_000 {
            let isNew = known.isEmpty || stream.uniform() < 0.5
            let uid = isNew ? source.uid(number, &stream) : known[stream.index(below: known.count)]
            if isNew { known.append(uid) }
            switch stream.index(below: 4) {
            case 0:
                #expect(table.removeValue(forKey: uid) == dictionary.removeValue(forKey: uid))
            case 1:
                table.change(uid) { $0 += 1 }
                if dictionary[uid] != nil { dictionary[uid, default: 0] += 1 }
            default:
                table[uid] = number
                dictionary[uid] = number
            }
            #expect(table[uid] == dictionary[uid] && table.count == dictionary.count)
        }
        #expect(known.allSatisfy { table[$0] == dictionary[$0] })
        #expect(table.values.sorted() == dictionary.values.sorted())
    }

    @Test("numbers that follow each other have places of their own")
    func numbersSpread() {
        let table = UIDTable<Int>()
        let homes = Set((0..<10_000).map { table.home(UInt64($0), 32_767) })
        #expect(homes.count > 6_000)
    }
}
