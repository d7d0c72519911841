public import SimulationKernel
public import Stochastics

/// A duration that a behaviour or a latency leaves to chance, or not.
public enum Draw: Equatable, Sendable {
    case constant(VirtualDuration)
    /// Seconds; negative draws count as zero.
    case distribution(Distribution)

    public static let zero = Draw.constant(.zero)

    public static func seconds(_ seconds: Double) -> Draw {
        .constant(VirtualDuration(fractionalSeconds: seconds))
    }
    public static func milliseconds(_ count: Int64) -> Draw { .constant(.milliseconds(count)) }

    /// Draws from the beginning of a stream of its own, so that no other draw is shifted.
    public func sample(_ streams: RandomStreams, _ name: String, _ index: Int) -> VirtualDuration {
        switch self {
        case .constant(let duration): return max(.zero, duration)
        case .distribution(let distribution):
            var stream = streams.stream(name, index)
            return max(.zero, VirtualDuration(fractionalSeconds: distribution.sample(from: &stream)))
        }
    }
}

extension RandomStreams {
    /// One uniform number between 0 and 1 for the `index`-th use of a name.
    func uniform(_ name: String, _ index: Int) -> Double {
        var stream = stream(name, index)
        return stream.uniform()
    }
}
