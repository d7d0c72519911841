import Testing

@testable import SimulationKernel

@Suite("Sequence set")
struct SequenceSetTests {
    @Test("agrees with a set of the standard library", arguments: [40, 1_000, 1_000_000] as [UInt64])
    func agreesWithSet(range: UInt64) {
        var generator = EventQueueTests.Generator(state: range)
        var set = SequenceSet()
        var plain: Set<UInt64> = []
        for step in 0..<20_000 {
            let number = generator.next(below: range)
            if generator.next(below: 5) < (step < 10_000 ? 3 : 2) {
                let isNew = set.insert(number)
                #expect(isNew == plain.insert(number).inserted, "step \(step)")
            } else {
                let wasMember = set.remove(number)
                #expect(wasMember == (plain.remove(number) != nil), "step \(step)")
            }
            let count = set.count
            #expect(count == plain.count, "step \(step)")
        }
        for number in plain.sorted() {
            let wasMember = set.remove(number)
            #expect(wasMember)
        }
        let (isEmpty, taken) = (set.isEmpty, set.taken)
        #expect(isEmpty && taken == 0)
    }
}
