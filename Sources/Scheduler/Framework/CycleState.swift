/// What plugins hand from one extension point to the next within one pod's cycle.
///
/// A value: a copy is independent, which is how trials (nominated pods, preemption) leave the cycle's own
/// state alone. Upstream: `pkg/scheduler/framework/cycle_state.go` (v1.36).
public struct CycleState {
    private var entries: [(key: String, value: Any)] = []
    /// Plugins whose PreFilter had nothing to say: their Filter is left out.
    public internal(set) var skippedFilters: Set<String> = []
    /// Plugins whose PreScore had nothing to say: their Score is left out.
    public internal(set) var skippedScores: Set<String> = []

    public init() {}

    /// The value that was written under a key, if it is of the type.
    public func read<Value>(_ key: String, as type: Value.Type = Value.self) -> Value? {
        for entry in entries where entry.key == key { return entry.value as? Value }
        return nil
    }

    mutating func remove(_ key: String) { entries.removeAll { $0.key == key } }

    public mutating func write(_ key: String, _ value: some Any) {
        if let place = entries.firstIndex(where: { $0.key == key }) {
            entries[place].value = value
        } else {
            entries.append((key, value))
        }
    }
}
