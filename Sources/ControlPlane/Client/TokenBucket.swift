public import SimulationKernel

/// A client's rate limit: calls leave at once while there are tokens, later ones wait their turn.
///
/// Upstream: `client-go/util/flowcontrol/throttle.go` over `golang.org/x/time/rate` (v1.36): a call reserves a
/// token that may lie in the future.
public struct TokenBucket: Hashable, Sendable {
    /// Tokens a second; zero and less is no limit.
    public let queriesPerSecond: Double
    /// Tokens in the full bucket.
    public let burst: Double
    private var tokens: Double
    private var updated = VirtualTime.start

    public init(queriesPerSecond: Double, burst: Int) {
        self.queriesPerSecond = queriesPerSecond
        self.burst = Double(burst)
        self.tokens = Double(burst)
    }

    /// Takes one token and says when it is there.
    public mutating func reserve(at now: VirtualTime) -> VirtualTime {
        guard queriesPerSecond > 0 else { return now }
        tokens = min(burst, tokens + (now - updated).fractionalSeconds * queriesPerSecond) - 1
        updated = now
        if tokens >= 0 { return now }
        return now + VirtualDuration(fractionalSeconds: -tokens / queriesPerSecond)
    }

    /// Takes one token if it is there now.
    public mutating func tryTake(at now: VirtualTime) -> Bool {
        let available = min(burst, tokens + (now - updated).fractionalSeconds * queriesPerSecond)
        guard available >= 1 else { return false }
        tokens = available - 1
        updated = now
        return true
    }
}
