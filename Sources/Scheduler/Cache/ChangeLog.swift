/// What happened to the rows of a ``NodeTable``, in order, so that whatever was derived from them can be
/// brought up to date without looking at all rows.
///
/// Old entries are dropped; who has not read them by then starts anew.
struct ChangeLog {
    struct Entry {
        let row: Int32
        /// The group of the pod that came or went; nil when the node itself changed.
        let group: PodGroup?
        /// 1 for a pod that came, -1 for one that went, 0 for the node itself.
        let sign: Int8
        /// Whether the pod was being deleted.
        let isTerminating: Bool
    }

    private(set) var entries: ContiguousArray<Entry> = []
    /// The number of the first entry.
    private(set) var first = 0

    /// The number that the next entry will have.
    var end: Int { first + entries.count }

    mutating func append(_ entry: Entry, limit: Int) {
        if entries.count >= limit {
            let dropped = entries.count / 2
            entries.removeFirst(dropped)
            first += dropped
        }
        entries.append(entry)
    }

    /// The place in ``entries`` of an entry's number; nil when it has been dropped.
    func place(of number: Int) -> Int? { number >= first ? number - first : nil }
}
