public import SimulationKernel

/// Reads a moment of a run from the command line: `412s`, `5m50.012s`, `1d12h`.
public enum MomentText {
    public struct Fault: Error, Sendable {
        /// What to write instead.
        public let hint: String
    }

    public static func parse(_ text: String) throws(Fault) -> VirtualTime {
        switch DurationText.parse(text) {
        case .success(let duration) where duration >= .zero: return .start + duration
        case .success: throw Fault(hint: "A run begins at 0s; there is no time before it")
        case .failure(let fault): throw Fault(hint: fault.hint)
        }
    }
}
