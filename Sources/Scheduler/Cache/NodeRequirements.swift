import KubernetesModel
import SimulationKernel

/// A requirement on a node's labels, with interned texts.
struct LabelRequirement: Hashable, Sendable {
    enum Operator: Hashable, Sendable { case isIn, notIn, exists, doesNotExist, greater, less }

    let key: Symbol
    let operation: Operator
    let values: [Symbol]
    /// The bound of `Gt` and `Lt`.
    let bound: Int64

    /// Nil when the API machinery would not parse the requirement.
    init?(_ requirement: SelectorRequirement, symbols: inout SymbolTable) {
        var bound: Int64 = 0
        switch requirement.operatorName {
        case "In", "NotIn":
            if requirement.values.isEmpty { return nil }
            operation = requirement.operatorName == "In" ? .isIn : .notIn
        case "Exists", "DoesNotExist":
            if !requirement.values.isEmpty { return nil }
            operation = requirement.operatorName == "Exists" ? .exists : .doesNotExist
        case "Gt", "Lt":
            guard requirement.values.count == 1, let value = Int64(requirement.values[0]) else { return nil }
            bound = value
            operation = requirement.operatorName == "Gt" ? .greater : .less
        default: return nil
        }
        for value in requirement.values where !Self.isLabelValue(value) { return nil }
        self.bound = bound
        key = symbols.intern(requirement.key)
        values = requirement.values.map { symbols.intern($0) }
    }

    init(key: String, equals value: String, symbols: inout SymbolTable) {
        self.key = symbols.intern(key)
        operation = .isIn
        values = [symbols.intern(value)]
        bound = 0
    }

    func matches(_ labels: NodeLabels, symbols: SymbolTable) -> Bool {
        let value = labels[key]
        switch operation {
        case .isIn: return value.map(values.contains) ?? false
        case .notIn: return !(value.map(values.contains) ?? false)
        case .exists: return value != nil
        case .doesNotExist: return value == nil
        case .greater, .less:
            guard let value, let number = Int64(symbols.string(value)) else { return false }
            return operation == .greater ? number > bound : number < bound
        }
    }

    private static func isLabelValue(_ text: String) -> Bool {
        let bytes = text.utf8
        if bytes.isEmpty { return true }
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5A) || (byte >= 0x61 && byte <= 0x7A)
        }
        guard bytes.count <= 63, let first = bytes.first, let last = bytes.last, isAlphanumeric(first),
            isAlphanumeric(last)
        else { return false }
        return bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E }
    }
}

/// A node's labels with interned texts, in ascending order of the keys' symbols.
struct NodeLabels: Hashable, Sendable {
    private var keys: ContiguousArray<Symbol> = []
    private var values: ContiguousArray<Symbol> = []

    init() {}

    init(_ labels: Labels, symbols: inout SymbolTable) {
        let pairs = labels.entries.map { (symbols.intern($0.key), symbols.intern($0.value)) }
            .sorted { $0.0 < $1.0 }
        keys = ContiguousArray(pairs.map(\.0))
        values = ContiguousArray(pairs.map(\.1))
    }

    subscript(key: Symbol) -> Symbol? {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low < keys.count && keys[low] == key ? values[low] : nil
    }
}

/// One term of a node selector.
struct NodeTerm: Hashable, Sendable {
    enum Field: Hashable, Sendable {
        case nameIs(String)
        case nameIsNot(String)
        /// A field that nodes do not have: `In` never holds, `NotIn` always does.
        case other(matches: Bool)
    }

    let labels: [LabelRequirement]
    let fields: [Field]
    /// Whether every part was understood; upstream lets a term that was not match nothing.
    let isValid: Bool

    /// Nil for the empty term, which is left out.
    init?(_ term: NodeSelectorTerm, symbols: inout SymbolTable) {
        if term.matchExpressions.isEmpty && term.matchFields.isEmpty { return nil }
        labels = term.matchExpressions.compactMap { LabelRequirement($0, symbols: &symbols) }
        fields = term.matchFields.compactMap { requirement in
            guard requirement.values.count == 1 else { return nil }
            let isName = requirement.key == "metadata.name"
            switch requirement.operatorName {
            case "In": return isName ? .nameIs(requirement.values[0]) : .other(matches: false)
            case "NotIn": return isName ? .nameIsNot(requirement.values[0]) : .other(matches: true)
            default: return nil
            }
        }
        isValid = labels.count == term.matchExpressions.count && fields.count == term.matchFields.count
    }

    func matches(_ node: NodeIndex, in nodes: NodeTable) -> Bool {
        guard isValid else { return false }
        for requirement in labels
        where !requirement.matches(nodes.labels[node], symbols: nodes.symbols) { return false }
        for field in fields {
            switch field {
            case .nameIs(let name): if nodes.names[node] != name { return false }
            case .nameIsNot(let name): if nodes.names[node] == name { return false }
            case .other(let matches): if !matches { return false }
            }
        }
        return true
    }
}

/// A node selector: one of its terms must hold.
struct CompiledNodeSelector: Hashable, Sendable {
    let terms: [NodeTerm]

    init(_ selector: NodeSelector, symbols: inout SymbolTable) {
        terms = selector.nodeSelectorTerms.compactMap { NodeTerm($0, symbols: &symbols) }
    }

    func matches(_ node: NodeIndex, in nodes: NodeTable) -> Bool {
        terms.contains { $0.matches(node, in: nodes) }
    }
}

/// What a pod requires of a node's labels and name: its node selector and its required node affinity.
///
/// Upstream: `component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go` (v1.36).
public struct NodeRequirements: Hashable, Sendable {
    let nodeSelector: [LabelRequirement]
    let affinity: CompiledNodeSelector?

    init(spec: PodSpec, symbols: inout SymbolTable) {
        nodeSelector = spec.nodeSelector.entries.map {
            LabelRequirement(key: $0.key, equals: $0.value, symbols: &symbols)
        }
        affinity = spec.affinity?.nodeAffinity?.required.map {
            CompiledNodeSelector($0, symbols: &symbols)
        }
    }

    /// Whether every node meets them.
    public var isEmpty: Bool { nodeSelector.isEmpty && affinity == nil }

    public func matches(_ node: NodeIndex, in nodes: NodeTable) -> Bool {
        for requirement in nodeSelector
        where !requirement.matches(nodes.labels[node], symbols: nodes.symbols) { return false }
        return affinity?.matches(node, in: nodes) ?? true
    }
}

/// Preferred node terms with their weights.
public struct PreferredNodeTerms: Hashable, Sendable {
    let terms: [(term: NodeTerm, weight: Int64)]

    /// Nil when a term cannot be parsed, which fails the pod's scheduling.
    init?(_ terms: [PreferredSchedulingTerm], symbols: inout SymbolTable) {
        var compiled: [(term: NodeTerm, weight: Int64)] = []
        for preferred in terms where preferred.weight != 0 {
            guard let term = NodeTerm(preferred.preference, symbols: &symbols) else { continue }
            if !term.isValid { return nil }
            compiled.append((term, preferred.weight))
        }
        self.terms = compiled
    }

    /// The sum of the weights of the terms that hold.
    func score(_ node: NodeIndex, in nodes: NodeTable) -> Int64 {
        var sum: Int64 = 0
        for entry in terms where entry.term.matches(node, in: nodes) { sum &+= entry.weight }
        return sum
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.terms.elementsEqual(right.terms) { $0.term == $1.term && $0.weight == $1.weight }
    }
    public func hash(into hasher: inout Hasher) {
        for entry in terms { hasher.combine(entry.weight) }
    }
}
