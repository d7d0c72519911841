/// The amounts of one resource by row.
///
/// A resource that few nodes have takes memory for those only; an array would take it for every node, and a
/// cluster may have as many resources as nodes.
public struct ResourceColumn: Sendable {
    /// By row; rows beyond the end have nothing.
    private var dense: ContiguousArray<Int64> = []
    /// The rows that were written, in ascending order, beside their amounts, while the column is sparse.
    private var writtenRows: ContiguousArray<Int32> = []
    private var amounts: ContiguousArray<Int64> = []
    /// Whether rows that have nothing take no memory.
    private(set) var isSparse: Bool

    /// How many rows a sparse column has at most when they are a good part of all.
    private static let sparseLimit = 64

    init(isSparse: Bool) { self.isSparse = isSparse }

    /// The rows that may have something, in ascending order; nil when the column has all rows.
    var rows: ContiguousArray<Int32>? { isSparse ? writtenRows : nil }

    public subscript(node: NodeIndex) -> Int64 {
        get { self[node.value] }
        set { self[node.value] = newValue }
    }

    public subscript(row: Int) -> Int64 {
        get {
            if !isSparse { return row < dense.count ? dense[row] : 0 }
            let place = place(of: row)
            return place < writtenRows.count && Int(writtenRows[place]) == row ? amounts[place] : 0
        }
        set {
            if isSparse {
                setSparse(row, newValue)
                return
            }
            while dense.count <= row { dense.append(0) }
            dense[row] = newValue
        }
    }

    /// The place of the first written row that does not precede a row.
    private func place(of row: Int) -> Int {
        var (low, high) = (0, writtenRows.count)
        while low < high {
            let middle = (low + high) / 2
            if Int(writtenRows[middle]) < row { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func setSparse(_ row: Int, _ amount: Int64) {
        let place = place(of: row)
        if place < writtenRows.count && Int(writtenRows[place]) == row {
            amounts[place] = amount
            return
        }
        if amount == 0 { return }
        writtenRows.insert(Int32(truncatingIfNeeded: row), at: place)
        amounts.insert(amount, at: place)
        guard writtenRows.count > Self.sparseLimit, let last = writtenRows.last,
            writtenRows.count > (Int(last) + 1) / 16
        else { return }
        dense = ContiguousArray(repeating: 0, count: Int(last) + 1)
        for place in writtenRows.indices { dense[Int(writtenRows[place])] = amounts[place] }
        (writtenRows, amounts, isSparse) = ([], [], false)
    }
}

extension ResourceColumn: Sequence {
    /// The amounts in ascending order of rows; rows that have nothing may be left out.
    public func makeIterator() -> ContiguousArray<Int64>.Iterator {
        isSparse ? amounts.makeIterator() : dense.makeIterator()
    }
}
