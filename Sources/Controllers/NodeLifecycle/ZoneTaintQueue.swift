import SimulationKernel

/// A token bucket with room for one token, as `flowcontrol.NewTokenBucketRateLimiter(qps, 1)` makes one.
///
/// Rates are 32-bit as upstream's, so that ten seconds at 0.1 a second are (just) enough for a token.
/// Upstream: `client-go/util/flowcontrol/throttle.go`, `golang.org/x/time/rate` (v1.36).
struct TaintingRateLimiter: Hashable, Sendable {
    /// Tokens a second; zero and less never gives one.
    let rate: Float
    private var tokens = 1.0
    private var last: VirtualTime

    init(rate: Float, at now: VirtualTime) {
        self.rate = rate
        self.last = now
    }

    /// Takes a token if there is one.
    mutating func tryAccept(at now: VirtualTime) -> Bool {
        guard rate > 0 else { return false }
        let level = min(1, tokens + (now - last).fractionalSeconds * Double(rate))
        let missing = 1 - level
        guard missing <= 0 || Int64(1e9 * missing / Double(rate)) <= 0 else { return false }
        tokens = level - 1
        last = now
        return true
    }

    /// The earliest moment at which there is a token.
    func nextAccept(notBefore now: VirtualTime) -> VirtualTime {
        guard rate > 0 else { return .never }
        let wait = VirtualDuration(fractionalSeconds: (1 - tokens) / Double(rate))
        var moment = max(now, last + wait - .nanoseconds(2))
        while true {
            var copy = self
            if copy.tryAccept(at: moment) { return moment }
            moment += .nanoseconds(1)
        }
    }
}

/// The nodes of one zone that wait for a NoExecute taint.
///
/// A node is taken in once, until it is removed: having been tainted does not let it in again.
/// Upstream: `pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go` (v1.36).
struct ZoneTaintQueue: Sendable {
    struct Item: Hashable, Sendable {
        var node: String
        var addedAt: VirtualTime
        var processAt: VirtualTime
    }

    /// By the time of processing, then in the order in which they came.
    private(set) var waiting: [Item] = []
    private(set) var members: Set<String> = []
    private(set) var limiter: TaintingRateLimiter

    /// Whether the node that came last is the first to be taken.
    private let takesLast: Bool

    init(rate: Float, takesLast: Bool = false, at now: VirtualTime) {
        limiter = TaintingRateLimiter(rate: rate, at: now)
        self.takesLast = takesLast
    }

    private var head: Item? { takesLast ? waiting.last : waiting.first }

    func isWaiting(_ node: String) -> Bool {
        members.contains(node) && waiting.contains { $0.node == node }
    }

    @discardableResult
    mutating func add(_ node: String, at now: VirtualTime) -> Bool {
        guard members.insert(node).inserted else { return false }
        insert(Item(node: node, addedAt: now, processAt: now))
        return true
    }

    @discardableResult
    mutating func remove(_ node: String) -> Bool {
        guard members.remove(node) != nil else { return false }
        waiting.removeAll { $0.node == node }
        return true
    }

    /// Takes the first node that is due, if the rate allows one; it stays a member.
    mutating func take(at now: VirtualTime) -> Item? {
        guard let head, limiter.tryAccept(at: now), head.processAt <= now else { return nil }
        if takesLast { waiting.removeLast() } else { waiting.removeFirst() }
        return head
    }

    /// Puts a node back that could not be tainted.
    mutating func putBack(_ item: Item, processAt: VirtualTime) {
        guard members.contains(item.node), !isWaiting(item.node) else { return }
        insert(Item(node: item.node, addedAt: item.addedAt, processAt: processAt))
    }

    private mutating func insert(_ item: Item) {
        let place = waiting.firstIndex { $0.processAt > item.processAt } ?? waiting.count
        waiting.insert(item, at: place)
    }

    /// When the first node can be taken, or never.
    func nextTake(notBefore now: VirtualTime) -> VirtualTime {
        guard let head else { return .never }
        return max(head.processAt, limiter.nextAccept(notBefore: now))
    }

    /// Changes the rate. While nodes have to wait, the new limiter begins without a token.
    mutating func setRate(_ rate: Float, at now: VirtualTime) {
        guard rate != limiter.rate else { return }
        var new = TaintingRateLimiter(rate: rate, at: now)
        if rate > 0 && !limiter.tryAccept(at: now) { _ = new.tryAccept(at: now) }
        limiter = new
    }
}
