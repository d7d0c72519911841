import Failures
import Stochastics
import Testing

@Suite("Outage ledger")
struct OutageLedgerTests {
    static let node = FailureComponent(.node, 4)

    /// `#expect` cannot hold a mutating call itself.
    static func expect(
        _ changed: Bool, changes expected: Bool, at place: SourceLocation = #_sourceLocation
    ) {
        #expect(changed == expected, sourceLocation: place)
    }

    @Test("a node without power for two causes returns with the last of them")
    func overlapping() {
        var ledger = OutageLedger()
        let (own, rack) = (OutageCause(0), OutageCause(1))
        Self.expect(ledger.begin(own, .powerLoss, on: Self.node), changes: true)
        Self.expect(ledger.begin(rack, .powerLoss, on: Self.node), changes: false)
        #expect(ledger.causes(of: .powerLoss, on: Self.node) == [own, rack])
        Self.expect(ledger.end(own, .powerLoss, on: Self.node), changes: false)
        #expect(ledger.isDown(Self.node, by: .powerLoss))
        Self.expect(ledger.end(rack, .powerLoss, on: Self.node), changes: true)
        #expect(!ledger.isDown(Self.node, by: .powerLoss))
        #expect(ledger == OutageLedger())
    }

    @Test("modes and components count apart")
    func modesAreIndependent() {
        var ledger = OutageLedger()
        let cause = OutageCause(0)
        Self.expect(ledger.begin(cause, .powerLoss, on: Self.node), changes: true)
        Self.expect(ledger.begin(cause, .partition, on: Self.node), changes: true)
        Self.expect(ledger.begin(cause, .powerLoss, on: FailureComponent(.disk, 4)), changes: true)
        Self.expect(ledger.end(cause, .powerLoss, on: Self.node), changes: true)
        #expect(ledger.isDown(Self.node, by: .partition))
        #expect(ledger.isDown(FailureComponent(.disk, 4), by: .powerLoss))
    }

    @Test("beginning twice and ending what is not there change nothing")
    func repetition() {
        var ledger = OutageLedger()
        let cause = OutageCause(0)
        Self.expect(ledger.end(cause, .powerLoss, on: Self.node), changes: false)
        Self.expect(ledger.begin(cause, .powerLoss, on: Self.node), changes: true)
        Self.expect(ledger.begin(cause, .powerLoss, on: Self.node), changes: false)
        Self.expect(ledger.end(OutageCause(9), .powerLoss, on: Self.node), changes: false)
        Self.expect(ledger.end(cause, .powerLoss, on: Self.node), changes: true)
        Self.expect(ledger.end(cause, .powerLoss, on: Self.node), changes: false)
    }

    @Test("recovery removes all causes, and their own ends then do nothing")
    func recovery() {
        var ledger = OutageLedger()
        _ = ledger.begin(OutageCause(0), .powerLoss, on: Self.node)
        _ = ledger.begin(OutageCause(1), .powerLoss, on: Self.node)
        Self.expect(ledger.endAll(.powerLoss, on: Self.node), changes: true)
        #expect(!ledger.isDown(Self.node, by: .powerLoss))
        Self.expect(ledger.end(OutageCause(0), .powerLoss, on: Self.node), changes: false)
        Self.expect(ledger.endAll(.powerLoss, on: Self.node), changes: false)
    }

    @Test("agrees with plain sets under random beginnings and ends", arguments: 1...20 as ClosedRange<UInt64>)
    func agreesWithSets(seed: UInt64) {
        struct Place: Hashable {
            var component: FailureComponent
            var mode: FailureMode
        }
        var stream = RandomStream(seed: seed, name: "ledger")
        var ledger = OutageLedger()
        var plain: [Place: Set<OutageCause>] = [:]
        for step in 0..<2_000 {
            let place = Place(
                component: FailureComponent(.node, UInt32(stream.index(below: 3))),
                mode: FailureMode.allCases[stream.index(below: 3)])
            let cause = OutageCause(UInt32(stream.index(below: 4)))
            let wasDown = plain[place]?.isEmpty == false
            let changed: Bool
            switch stream.index(below: 9) {
            case 0..<4:
                changed = ledger.begin(cause, place.mode, on: place.component)
                plain[place, default: []].insert(cause)
            case 4..<8:
                changed = ledger.end(cause, place.mode, on: place.component)
                plain[place]?.remove(cause)
            default:
                changed = ledger.endAll(place.mode, on: place.component)
                plain[place] = nil
            }
            let isDown = plain[place]?.isEmpty == false
            #expect(changed == (wasDown != isDown), "seed \(seed), step \(step)")
            #expect(ledger.isDown(place.component, by: place.mode) == isDown, "seed \(seed), step \(step)")
            #expect(Set(ledger.causes(of: place.mode, on: place.component)) == plain[place] ?? [])
        }
    }
}

@Suite("Failure topology")
struct FailureTopologyTests {
    @Test("a rack and a zone strike their nodes, in node order")
    func membership() {
        let topology = FailureTopology(racks: [0, 1, 0, nil], zones: [0, 0, nil, 2])
        #expect(topology.nodes(struckBy: FailureComponent(.rack, 0)) == [0, 2])
        #expect(topology.nodes(struckBy: FailureComponent(.rack, 1)) == [1])
        #expect(topology.nodes(struckBy: FailureComponent(.zone, 0)) == [0, 1])
        #expect(topology.nodes(struckBy: FailureComponent(.zone, 1)) == [])
        #expect(topology.nodes(struckBy: FailureComponent(.zone, 2)) == [3])
        #expect(topology.nodes(struckBy: FailureComponent(.node, 3)) == [3])
    }

    @Test("what does not exist strikes nothing", arguments: FailureScope.allCases)
    func unknownComponents(scope: FailureScope) {
        let topology = FailureTopology(racks: [0], zones: [0])
        #expect(topology.nodes(struckBy: FailureComponent(scope, 9)) == [])
        #expect(FailureTopology(racks: [], zones: []).nodes(struckBy: FailureComponent(scope, 0)) == [])
    }
}
