/// Memory that cycles use again.
struct ClassScratch {
    /// Places in the order of nodes that fit, and one more that ends the search.
    var window: ContiguousArray<Int32> = []
    var block = ClassBlock()
    var totals: ContiguousArray<Int64> = []
    var raw: ContiguousArray<Int64> = []
    var normalized: ContiguousArray<Int64> = []
    var isIgnored: ContiguousArray<Bool> = []
    var wordSearch = WordSearch()
    /// Places of nodes to which pods are nominated that matter, with what they would take there.
    var nominated: [(place: Int, change: NodeColumns.Change)] = []
    var nominatedWords: ContiguousArray<UInt64> = []
    /// Whether the nominated pods only take room.
    var nominatedIsSimple = true
    /// For what ``nominated`` holds.
    var nominatedKey: NominatedKey?

    struct NominatedKey: Equatable {
        let nominations, order: UInt64
        let priority: Int64
    }

    mutating func forgetNominated() {
        nominatedIsSimple = true
        nominatedKey = nil
        if nominated.isEmpty { return }
        nominated.removeAll(keepingCapacity: true)
        nominatedWords.removeAll(keepingCapacity: true)
    }

    /// Verdicts on the nodes of ``nominated`` that were visited and do not fit.
    var nominatedRejections: [(place: Int32, verdict: UInt16)] = []
}
