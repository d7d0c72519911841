public import SimulationKernel
public import Stochastics

/// A duration that a behaviour or a latency leaves to chance, or not.
public enum Draw: Equatable, Sendable {
    case constant(VirtualDuration)
    /// Seconds; negative draws count as zero, longer ones than ``longest`` as that.
    case distribution(Distribution)

    public static let zero = Draw.constant(.zero)

    /// Ten years: longer times are cut off, so that sums of several cannot overflow.
    public static let longest = VirtualDuration.days(3_650)

    public static func seconds(_ seconds: Double) -> Draw {
        .constant(VirtualDuration(fractionalSeconds: seconds))
    }
    public static func milliseconds(_ count: Int64) -> Draw { .constant(.milliseconds(count)) }

    /// Draws from the beginning of a stream of its own, so that no other draw is shifted.
    public func sample(_ streams: RandomStreams, _ name: String, _ index: Int) -> VirtualDuration {
        switch self {
        case .constant(let duration): return min(max(.zero, duration), Self.longest)
        case .distribution(let distribution):
            var stream = streams.stream(name, index)
            let seconds = distribution.sample(from: &stream)
            return min(max(.zero, VirtualDuration(fractionalSeconds: seconds)), Self.longest)
        }
    }
}

extension VirtualDuration {
    /// Seconds from a manifest, cut off at ``Draw/longest``.
    static func limited(seconds: Int64) -> VirtualDuration {
        min(VirtualDuration.seconds(1).multipliedClamping(by: max(0, seconds)), Draw.longest)
    }
}

extension RandomStreams {
    /// One uniform number between 0 and 1 for the `index`-th use of a name.
    func uniform(_ name: String, _ index: Int) -> Double {
        var stream = stream(name, index)
        return stream.uniform()
    }
}
