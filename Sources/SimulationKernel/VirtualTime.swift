/// A span of virtual time, in whole nanoseconds.
public struct VirtualDuration: Hashable, Comparable, BitwiseCopyable, Sendable {
    /// The length, in nanoseconds; negative durations are allowed as differences.
    public var nanoseconds: Int64

    @inlinable
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static let zero = VirtualDuration(nanoseconds: 0)
    /// The longest span that can be represented, about 292 years.
    public static let maximum = VirtualDuration(nanoseconds: .max)

    @inlinable
    public static func nanoseconds(_ count: Int64) -> Self { Self(nanoseconds: count) }
    @inlinable
    public static func microseconds(_ count: Int64) -> Self { Self(nanoseconds: count * 1_000) }
    @inlinable
    public static func milliseconds(_ count: Int64) -> Self { Self(nanoseconds: count * 1_000_000) }
    @inlinable
    public static func seconds(_ count: Int64) -> Self { Self(nanoseconds: count * 1_000_000_000) }
    @inlinable
    public static func minutes(_ count: Int64) -> Self { .seconds(count * 60) }
    @inlinable
    public static func hours(_ count: Int64) -> Self { .seconds(count * 3_600) }
    @inlinable
    public static func days(_ count: Int64) -> Self { .seconds(count * 86_400) }

    /// Makes a duration of a fractional number of seconds, rounded to the nearest nanosecond.
    ///
    /// A value outside of the representable range, or not a number, gives the nearest end of the range
    /// (not a number gives zero), so that a draw from a heavy-tailed distribution cannot trap.
    @inlinable
    public init(fractionalSeconds: Double) {
        let scaled = (fractionalSeconds * 1e9).rounded(.toNearestOrEven)
        if scaled.isNaN {
            self = .zero
        } else if scaled >= 0x1p63 {
            self = .maximum
        } else if scaled <= -0x1p63 {
            self = Self(nanoseconds: .min)
        } else {
            self = Self(nanoseconds: Int64(scaled))
        }
    }

    /// The length in seconds, for reports and statistics only.
    @inlinable
    public var fractionalSeconds: Double { Double(nanoseconds) / 1e9 }

    /// Whole seconds, rounded towards zero.
    @inlinable
    public var wholeSeconds: Int64 { nanoseconds / 1_000_000_000 }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
    @inlinable
    public static func + (left: Self, right: Self) -> Self {
        Self(nanoseconds: left.nanoseconds + right.nanoseconds)
    }
    @inlinable
    public static func - (left: Self, right: Self) -> Self {
        Self(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
    @inlinable
    public static prefix func - (value: Self) -> Self { Self(nanoseconds: -value.nanoseconds) }
    @inlinable
    public static func * (left: Self, right: Int64) -> Self { Self(nanoseconds: left.nanoseconds * right) }
    @inlinable
    public static func / (left: Self, right: Int64) -> Self { Self(nanoseconds: left.nanoseconds / right) }
    @inlinable
    public static func += (left: inout Self, right: Self) { left = left + right }
    @inlinable
    public static func -= (left: inout Self, right: Self) { left = left - right }

    /// The product, held at the largest duration instead of overflowing.
    @inlinable
    public func multipliedClamping(by factor: Int64) -> Self {
        let (product, overflow) = nanoseconds.multipliedReportingOverflow(by: factor)
        return overflow ? .maximum : Self(nanoseconds: product)
    }
}

/// A moment on the virtual clock: whole nanoseconds since the scenario's start.
///
/// Moments before the start are negative (objects in a manifest may be older than the run). Calendar time
/// exists only at the edges, as an offset from the scenario's `start`.
public struct VirtualTime: Hashable, Comparable, BitwiseCopyable, Sendable {
    /// Nanoseconds since the start of the scenario.
    public var nanoseconds: Int64

    @inlinable
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The scenario's first moment.
    public static let start = VirtualTime(nanoseconds: 0)
    /// Later than every moment that a run can reach.
    public static let never = VirtualTime(nanoseconds: .max)

    /// The time passed since the scenario's start.
    @inlinable
    public var sinceStart: VirtualDuration { VirtualDuration(nanoseconds: nanoseconds) }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
    @inlinable
    public static func + (left: Self, right: VirtualDuration) -> Self {
        Self(nanoseconds: left.nanoseconds + right.nanoseconds)
    }
    @inlinable
    public static func - (left: Self, right: VirtualDuration) -> Self {
        Self(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
    @inlinable
    public static func - (left: Self, right: Self) -> VirtualDuration {
        VirtualDuration(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
    @inlinable
    public static func += (left: inout Self, right: VirtualDuration) { left = left + right }

    /// The sum, held at `never` instead of overflowing.
    @inlinable
    public func advancedClamping(by duration: VirtualDuration) -> Self {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return overflow ? .never : Self(nanoseconds: sum)
    }

    /// The first moment at or after this one that lies a whole number of periods from `phase`.
    ///
    /// Loops whose passes change nothing are not run; this gives the pass at which something will.
    @inlinable
    public func roundedUp(toPeriod period: VirtualDuration, phase: VirtualTime = .start) -> Self {
        precondition(period > .zero, "a period must be positive")
        let offset = nanoseconds - phase.nanoseconds
        let remainder = offset % period.nanoseconds
        if remainder == 0 { return self }
        return Self(nanoseconds: nanoseconds - remainder + (remainder > 0 ? period.nanoseconds : 0))
    }
}

extension VirtualDuration: CustomStringConvertible {
    /// The duration as Go prints one: `1h2m3.5s`, `300ms`, `0s`.
    public var description: String {
        if nanoseconds == 0 { return "0s" }
        let sign = nanoseconds < 0 ? "-" : ""
        let magnitude = nanoseconds.magnitude
        func fraction(_ value: UInt64, unit: UInt64, name: String) -> String {
            let whole = value / unit
            var rest = value % unit
            if rest == 0 { return "\(whole)\(name)" }
            var digits = ""
            var scale = unit / 10
            while rest > 0 {
                digits += String(rest / scale)
                rest %= scale
                scale /= 10
            }
            return "\(whole).\(digits)\(name)"
        }
        if magnitude < 1_000 { return "\(sign)\(magnitude)ns" }
        if magnitude < 1_000_000 { return sign + fraction(magnitude, unit: 1_000, name: "µs") }
        if magnitude < 1_000_000_000 { return sign + fraction(magnitude, unit: 1_000_000, name: "ms") }
        let minutes = magnitude / 60_000_000_000
        let seconds = fraction(magnitude % 60_000_000_000, unit: 1_000_000_000, name: "s")
        if minutes == 0 { return sign + seconds }
        if minutes < 60 { return "\(sign)\(minutes)m\(seconds)" }
        return "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)"
    }
}

extension VirtualTime: CustomStringConvertible {
    public var description: String { self == .never ? "never" : sinceStart.description }
}
