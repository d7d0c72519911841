import Testing

@testable import Scheduler

/// A view of what is known of all nodes says what a list of the same verdicts says.
@Suite("Verdicts on nodes")
struct NodeStatusesTests {
    private static let verdicts: ContiguousArray<Status> = [
        .success, .unschedulable("a"), .unresolvable("b"), .unschedulable("c"),
    ]

    private static func both(count: Int, start: Int) -> (view: NodeStatuses, list: NodeStatuses) {
        let order = ContiguousArray((0..<count).map { NodeIndex(($0 * 7 + 3) % count) })
        let verdictOf = ContiguousArray((0..<count).map { UInt16(1 + $0 * $0 % 2) })
        let view = NodeStatuses(of: order, from: start, verdicts: verdicts, verdictOf: verdictOf)
        let list = NodeStatuses(
            (0..<count).map { offset in
                let place = (start + offset) % count
                return (order[place], verdicts[Int(verdictOf[place])])
            })
        return (view, list)
    }

    @Test("a view from any start equals a list", arguments: [(1, 0), (8, 0), (11, 5), (64, 63), (100, 99)])
    func view(count: Int, start: Int) {
        let (view, list) = Self.both(count: count, start: start)
        #expect(view.count == count)
        #expect(view.map(\.node) == list.map(\.node))
        #expect(view.map(\.status) == list.map(\.status))
        #expect(
            view.codes(rowCount: count + 1, absent: .error) == list.codes(rowCount: count + 1, absent: .error))
        for code in [StatusCode.unschedulable, .unschedulableAndUnresolvable, .error] {
            #expect(view.contains(code) == list.contains(code))
        }
        var (left, right) = (Diagnosis(), Diagnosis())
        (left.nodeCount, left.statuses) = (count + 2, view)
        (right.nodeCount, right.statuses) = (count + 2, list)
        #expect(left.message == right.message)
    }

    @Test("a verdict that no node has does not count")
    func unusedVerdicts() {
        let (view, _) = Self.both(count: 10, start: 2)
        #expect(!view.contains(.success))
        #expect(view.counts.reduce(0, +) == 10)
    }

    @Test("a view that is changed becomes a list")
    func changes() {
        var (view, list) = Self.both(count: 9, start: 4)
        view.set(3, .unschedulable("d"))
        list.set(3, .unschedulable("d"))
        view.append(NodeIndex(9), .unschedulable("c"))
        list.append(NodeIndex(9), .unschedulable("c"))
        #expect(view.map(\.node) == list.map(\.node))
        #expect(view.map(\.status) == list.map(\.status))
        #expect(view.contains(.unschedulable))
    }
}
