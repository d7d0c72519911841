import KubernetesModel
import SimulationKernel

/// A figure that grows evenly from a moment on, such as the time that replicas were missing.
///
/// When a bound is reached follows from value and rate: nobody has to look in between.
struct GrowingValue: Hashable, Sendable {
    /// At the moment ``time``.
    var value: Double
    /// A second.
    var rate: Double
    var time: VirtualTime

    init(_ value: Double, rate: Double, at time: VirtualTime) {
        self.value = value
        self.rate = rate
        self.time = time
    }

    func value(at time: VirtualTime) -> Double {
        rate == 0 ? value : value + rate * Double((time - self.time).nanoseconds) / 1e9
    }

    /// The first moment later than another at which a comparison has another outcome; never when it keeps it.
    func nextChange(of comparison: ValueComparison, after start: VirtualTime) -> VirtualTime {
        guard rate != 0 else { return .never }
        func holds(_ time: VirtualTime) -> Bool { comparison.holds(for: .number(value(at: time))) }
        let before = holds(start)
        let bounds = [
            comparison.atLeast?.approximateDouble, comparison.atMost?.approximateDouble,
            comparison.equals?.doubleValue, comparison.notEquals?.doubleValue,
        ]
        var candidates: [VirtualTime] = []
        for bound in bounds.compactMap(\.self) {
            let distance = ((bound - value) / rate * 1e9).rounded()
            guard distance.isFinite, distance.magnitude < 0x1p62 else { continue }
            // A bound is passed at a nanosecond next to the quotient, which is rounded.
            for step in -2...2 {
                candidates.append(
                    time.advancedClamping(by: .nanoseconds(Int64(distance) + Int64(step))))
            }
        }
        return candidates.filter { $0 > start }.sorted().first { holds($0) != before } ?? .never
    }
}
