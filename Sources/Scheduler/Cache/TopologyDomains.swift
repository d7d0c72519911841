import SimulationKernel

/// One topology key: which domain each node is in, as small integers.
public struct TopologyDomains {
    /// The label's key.
    public let key: String
    let keySymbol: Symbol
    /// A domain's number for every row of the node table; -1 where the node does not have the label.
    public internal(set) var domains: ContiguousArray<Int32> = []
    /// The label's value in each domain.
    private(set) var values: ContiguousArray<Symbol> = []
    private var numbers: [Symbol: Int32] = [:]

    init(key: String, symbol: Symbol) {
        self.key = key
        keySymbol = symbol
    }

    /// How many domains there have been; some may be empty by now.
    public var count: Int { values.count }

    /// The domain of a node, or -1.
    @inlinable public subscript(node: NodeIndex) -> Int { Int(domains[node.value]) }

    mutating func set(_ node: NodeIndex, labels: NodeLabels) {
        while domains.count <= node.value { domains.append(-1) }
        guard let value = labels[keySymbol] else {
            domains[node.value] = -1
            return
        }
        if let number = numbers[value] {
            domains[node.value] = number
        } else {
            let number = Int32(values.count)
            numbers[value] = number
            values.append(value)
            domains[node.value] = number
        }
    }
}
