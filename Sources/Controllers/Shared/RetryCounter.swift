import KubernetesModel
import SimulationKernel

/// Back-off of controllers whose queue has another rate limiter than the usual one: a delay that doubles.
///
/// Upstream: `client-go/util/workqueue/default_rate_limiters.go`, `ItemExponentialFailureRateLimiter` (v1.36).
struct RetryCounter: Sendable {
    let base: VirtualDuration
    let maximum: VirtualDuration
    private var failures: [ObjectKey: Int] = [:]

    init(base: VirtualDuration, maximum: VirtualDuration) {
        self.base = base
        self.maximum = maximum
    }

    /// How often the key has failed in a row.
    func count(_ key: ObjectKey) -> Int { failures[key, default: 0] }

    /// The delay after one more failure.
    mutating func next(_ key: ObjectKey) -> VirtualDuration {
        let count = failures[key, default: 0]
        failures[key] = count + 1
        return count < 40 ? min(base.multipliedClamping(by: 1 << Int64(count)), maximum) : maximum
    }

    mutating func forget(_ key: ObjectKey) { failures.removeValue(forKey: key) }
}
