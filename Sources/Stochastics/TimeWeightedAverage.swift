/// The average over time of a value that changes in steps, such as the number of unavailable pods.
///
/// This floor has no clock: times are nanoseconds, as the simulation kernel counts them.
public struct TimeWeightedAverage: BitwiseCopyable, Equatable, Sendable {
    private let startNanoseconds: Int64
    private var lastNanoseconds: Int64
    private var weightedSum = 0.0
    /// The present value.
    public private(set) var value: Double

    /// Begins with a value that holds from a moment on.
    public init(value: Double, fromNanoseconds start: Int64) {
        self.value = value
        startNanoseconds = start
        lastNanoseconds = start
    }

    /// Notes that the value is a new one from a moment on, which must not lie before the last.
    public mutating func record(_ newValue: Double, atNanoseconds time: Int64) {
        precondition(time >= lastNanoseconds, "values are recorded in the order of time")
        weightedSum += value * Double(time - lastNanoseconds)
        lastNanoseconds = time
        value = newValue
    }

    /// The integral of the value up to a moment at or after the last change, in value × seconds.
    public func integral(untilNanoseconds end: Int64) -> Double {
        precondition(end >= lastNanoseconds, "an integral ends at or after the last change")
        return (weightedSum + value * Double(end - lastNanoseconds)) / 1e9
    }

    /// The average up to a moment at or after the last change; nil over no time.
    public func average(untilNanoseconds end: Int64) -> Double? {
        guard end > startNanoseconds else { return nil }
        return integral(untilNanoseconds: end) / (Double(end - startNanoseconds) / 1e9)
    }
}
