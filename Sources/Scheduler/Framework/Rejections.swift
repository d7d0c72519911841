/// Which nodes are still in the running for a pod, and why the others are not.
///
/// Filter plugins run over the whole table one after the other; a node leaves with the first verdict against
/// it, so each carries that of the first failing plugin in the profile's order.
public struct Rejections {
    /// A verdict's number; equal verdicts have one.
    public struct VerdictIndex: Hashable, BitwiseCopyable, Sendable {
        @usableFromInline let value: Int32
    }

    /// The nodes that nothing has spoken against so far, in the order of evaluation.
    public private(set) var candidates: ContiguousArray<NodeIndex>
    /// The distinct verdicts.
    public private(set) var verdicts: ContiguousArray<Status> = []
    /// A plugin's failure, which ends the cycle; empty when there was none.
    public private(set) var error = ""
    @usableFromInline var verdictOfRow: ContiguousArray<Int32>
    private var plugin = ""
    /// With one candidate, its row: then there is one element instead of one a row.
    @usableFromInline let only: Int

    init(candidates: ContiguousArray<NodeIndex>, rowCount: Int) {
        self.candidates = candidates
        only = candidates.count == 1 ? candidates[0].value : -1
        verdictOfRow = ContiguousArray(repeating: -1, count: only >= 0 ? 1 : rowCount)
    }

    /// A node's element; -1 when it was no candidate.
    @inlinable func place(of node: NodeIndex) -> Int {
        only < 0 ? node.value : node.value == only ? 0 : -1
    }

    // MARK: For plugins

    /// Names a verdict of the running plugin; take it out of the loop over nodes.
    public mutating func verdict(_ code: StatusCode, _ reasons: [String]) -> VerdictIndex {
        for (place, status) in verdicts.enumerated()
        where status.code == code && status.plugin == plugin && status.reasons == reasons {
            return VerdictIndex(value: Int32(place))
        }
        verdicts.append(Status(code, reasons, plugin: plugin))
        return VerdictIndex(value: Int32(verdicts.count - 1))
    }

    /// Rejects a node; a verdict that it has already stands.
    @inlinable
    public mutating func add(_ verdict: VerdictIndex, at node: NodeIndex) {
        let place = self.place(of: node)
        if place >= 0 && verdictOfRow[place] < 0 { verdictOfRow[place] = verdict.value }
    }

    /// Rejects a node for reasons that few nodes share.
    public mutating func add(_ status: Status, at node: NodeIndex) {
        if status.code == .error {
            fail(status.message)
        } else {
            add(verdict(status.code, status.reasons), at: node)
        }
    }

    /// Reports that the plugin could not judge.
    public mutating func fail(_ message: String) {
        if error.isEmpty { error = "running \"\(plugin)\" filter plugin: \(message)" }
    }

    // MARK: For the framework

    /// The verdict against a node; nil when it passed so far.
    public func status(of node: NodeIndex) -> Status? {
        let place = self.place(of: node)
        let verdict = place < 0 ? -1 : verdictOfRow[place]
        return verdict < 0 ? nil : verdicts[Int(verdict)]
    }

    /// The place in ``verdicts`` of the verdict against a node; -1 when it passed so far.
    func verdict(of node: NodeIndex) -> Int {
        let place = place(of: node)
        return place < 0 ? -1 : Int(verdictOfRow[place])
    }

    mutating func begin(plugin: String) { self.plugin = plugin }

    /// Drops the nodes that the running plugin rejected.
    mutating func finish() {
        let (only, verdictOfRow) = (only, verdictOfRow)
        candidates.removeAll { verdictOfRow[only < 0 ? $0.value : 0] >= 0 }
    }

    /// Takes over another run's verdict on a node.
    mutating func adopt(_ status: Status, at node: NodeIndex) {
        begin(plugin: status.plugin)
        add(verdict(status.code, status.reasons), at: node)
    }

    mutating func adopt(error: String) { if self.error.isEmpty { self.error = error } }

    mutating func setCandidates(_ candidates: ContiguousArray<NodeIndex>) { self.candidates = candidates }
}
