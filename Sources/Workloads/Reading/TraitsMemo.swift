/// Remembers what rows with the same bytes in some columns have in common, so that it is made out once.
///
/// A fixed number of places, each for the last row whose bytes fall to it; a row is compared with it byte by byte.
/// Rows with the columns in another order than the schema's, or with longer texts, are not remembered.
struct TraitsMemo: Sendable {
    private static let keyBytes = 96
    private static let placeBits = 11

    /// Of each place the key's length, 0 when there is none, and its bytes.
    private var lengths: ContiguousArray<Int>
    private var keys: ContiguousArray<UInt64>
    private var tasks: ContiguousArray<TraceTask?>
    /// The present row's.
    private var key: ContiguousArray<UInt64>
    private var keyLength = 0
    private var place = 0
    /// How often it was asked and knew since it was last considered, and how many rows it sits out: where rows seldom
    /// repeat, remembering costs more than it saves.
    private var asked = 0
    private var found = 0
    private var pause = 0

    private static let trial = 4_096
    private static let longPause = 1 << 17

    private static let keyWords = keyBytes / 8

    init() {
        lengths = ContiguousArray(repeating: 0, count: 1 << Self.placeBits)
        keys = ContiguousArray(repeating: 0, count: Self.keyWords << Self.placeBits)
        tasks = ContiguousArray(repeating: nil, count: 1 << Self.placeBits)
        key = ContiguousArray(repeating: 0, count: Self.keyWords)
    }

    /// A task with the traits of rows that have the same bytes in ranges of columns; nil when there was none.
    mutating func task(like row: borrowing TableRows, in columns: [ClosedRange<Int>]) -> TraceTask? {
        keyLength = 0
        if pause > 0 {
            pause -= 1
            return nil
        }
        if asked == Self.trial {
            if found < Self.trial / 2 { pause = Self.longPause }
            (asked, found) = (0, 0)
        }
        keyLength = row.copy(columns, into: &key, limit: Self.keyBytes)
        if keyLength == 0 { return nil }
        asked += 1
        let words = (keyLength + 7) >> 3
        var hash = UInt64(keyLength)
        for word in 0..<words {
            hash = (hash ^ key[word]) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
        }
        place = Int(truncatingIfNeeded: (hash &* 0xBF58_476D_1CE4_E5B9) >> (64 - UInt64(Self.placeBits)))
        if lengths[place] != keyLength { return nil }
        let first = place * Self.keyWords
        for word in 0..<words where keys[first + word] != key[word] { return nil }
        found += 1
        return tasks[place]
    }

    /// Remembers the task of the row that ``task(like:in:)`` was last asked about.
    mutating func remember(_ task: TraceTask) {
        if keyLength == 0 { return }
        lengths[place] = keyLength
        let first = place * Self.keyWords
        for word in 0..<(keyLength + 7) >> 3 { keys[first + word] = key[word] }
        tasks[place] = task
    }
}
