/// The names and templates that a writer of the compact form has given numbers to.
struct CompactTables: Sendable {
    /// A new set of tables begins past so many entries, or bytes of names: what a reader holds is bounded by it.
    static let nameLimit = 1 << 18
    static let nameBytesLimit = 32 << 20
    static let templateLimit = 1 << 16

    private var names: ContiguousArray<String> = []
    private var nameIndex = SlotIndex()
    private var nameBytes = 0
    private var lastName = ""
    private var lastNumber = -1

    private var templates: [TraceTaskTraits: Int] = [:]
    private var known: ContiguousArray<Known>

    /// What has no number written yet.
    var newNames: ContiguousArray<String> = []
    var newTemplates = CompactEncoder()
    var newTemplateCount = 0

    /// A task whose traits have been looked up: as long as it is held nothing else is where they are.
    private struct Known: Sendable {
        var identity: UInt = 0
        var number = 0
        var task: TraceTask?
    }

    init() { known = ContiguousArray(repeating: Known(), count: 1 << Self.knownBits) }

    private static let knownBits = 12

    /// Whether it is time for new tables.
    var isFull: Bool {
        names.count > Self.nameLimit || nameBytes > Self.nameBytesLimit
            || templates.count > Self.templateLimit
    }

    mutating func number(of name: String) -> Int {
        if lastNumber >= 0 && name == lastName { return lastNumber }
        let hash = IDHash.hash(name)
        let number: Int
        if let slot = nameIndex.slot(hash, isRight: { names[$0] == name }) {
            number = slot
        } else {
            number = names.count
            names.append(name)
            nameIndex.insert(hash, slot: number)
            newNames.append(name)
            nameBytes += name.utf8.count
        }
        lastName = name
        lastNumber = number
        return number
    }

    /// The number of what the task has in common with others.
    mutating func template(of task: TraceTask) -> Int {
        let identity = task.traitsIdentity
        let place = Int(
            truncatingIfNeeded: (UInt64(identity) &* 0x9E37_79B9_7F4A_7C15) >> (64 - UInt64(Self.knownBits)))
        if known[place].identity == identity { return known[place].number }
        let number: Int
        if let found = templates[task.traits] {
            number = found
        } else {
            number = templates.count
            templates[task.traits] = number
            newTemplates.template(task.traits)
            newTemplateCount += 1
        }
        known[place] = Known(identity: identity, number: number, task: task)
        return number
    }

    mutating func forgetNew() {
        newNames.removeAll(keepingCapacity: true)
        newTemplates.removeAll()
        newTemplateCount = 0
    }
}
