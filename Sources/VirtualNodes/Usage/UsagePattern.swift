public import SimulationKernel
public import Stochastics

/// How much of a resource a container uses from its start on: cores of CPU, or bytes of memory.
///
/// Each start of a container draws the numbers once, from streams of the pod, the container and the start.
public enum UsagePattern: Equatable, Sendable {
    /// The same all the time.
    case level(Distribution)
    /// From one amount to another in a straight line, and no change after that. For memory only: what CPU is
    /// granted is computed from one change of the demand to the next, so that demand changes in steps.
    case growth(from: Distribution, to: Distribution, over: Distribution)
    /// In steps: each amount counts from its time since the container's start until the next one. Nothing is
    /// used before the first.
    case steps([Step])

    public struct Step: Equatable, Sendable {
        public var after: VirtualDuration
        public var amount: Distribution

        public init(after: VirtualDuration, amount: Distribution) {
            self.after = after
            self.amount = amount
        }
    }

    /// Draws the course of one start; `index` is its number.
    func sample(_ streams: RandomStreams, _ name: String, _ index: Int) -> UsageCurve {
        func draw(_ distribution: Distribution, _ part: String) -> Double {
            if case .constant(let value) = distribution { return max(0, value) }
            var stream = streams.stream("\(name)/\(part)", index)
            return max(0, distribution.sample(from: &stream))
        }
        switch self {
        case .level(let amount): return UsageCurve(level: draw(amount, "level"))
        case .growth(let from, let to, let over):
            let duration = Draw.distribution(over).sample(streams, "\(name)/over", index)
            return UsageCurve(from: draw(from, "from"), to: draw(to, "to"), over: duration)
        case .steps(let steps):
            return UsageCurve(
                steps: steps.enumerated().map { ($1.after, draw($1.amount, "step-\($0)")) })
        }
    }
}

/// An amount over the time since a container's start, in straight pieces.
struct UsageCurve: Equatable, Sendable {
    struct Piece: Equatable, BitwiseCopyable, Sendable {
        /// Nanoseconds since the container's start.
        var from: Int64
        /// At ``from``.
        var amount: Double
        /// By nanosecond.
        var slope: Double
    }

    /// In ascending order of their beginnings; the first begins with the container.
    private(set) var pieces: [Piece]

    init(level: Double) { pieces = [Piece(from: 0, amount: level, slope: 0)] }

    init(from: Double, to: Double, over duration: VirtualDuration) {
        let length = duration.nanoseconds
        guard length > 0 else {
            pieces = [Piece(from: 0, amount: to, slope: 0)]
            return
        }
        pieces = [
            Piece(from: 0, amount: from, slope: (to - from) / Double(length)),
            Piece(from: length, amount: to, slope: 0),
        ]
    }

    init(steps: [(after: VirtualDuration, amount: Double)]) {
        pieces = steps.map { Piece(from: max(0, $0.after.nanoseconds), amount: $0.amount, slope: 0) }
        if pieces.first?.from != 0 { pieces.insert(Piece(from: 0, amount: 0, slope: 0), at: 0) }
    }

    /// The piece that counts at an offset.
    func piece(at offset: Int64) -> Piece {
        var found = pieces[0]
        for piece in pieces where piece.from <= offset { found = piece }
        return found
    }

    func amount(at offset: Int64) -> Double {
        let piece = piece(at: offset)
        return max(0, piece.amount + piece.slope * Double(offset - piece.from))
    }

    /// When the next piece begins; nil when there is none.
    func nextPiece(after offset: Int64) -> Int64? {
        pieces.first { $0.from > offset }?.from
    }
}

/// A sum of curves, each from a moment of its own.
///
/// Answers when the sum passes a level, in closed form: between the beginnings of pieces it is a straight line.
struct UsageSum: Sendable {
    private var parts: [(curve: UsageCurve, startedAt: VirtualTime)] = []
    /// What is used all the time.
    var base = 0.0

    mutating func add(_ curve: UsageCurve, from start: VirtualTime) { parts.append((curve, start)) }

    func amount(at time: VirtualTime) -> Double {
        parts.reduce(base) { $0 + $1.curve.amount(at: (time - $1.startedAt).nanoseconds) }
    }

    /// The first moment, not before `now`, at which the sum is above a level; `never` when there is none.
    func firstAbove(_ level: Double, from now: VirtualTime) -> VirtualTime {
        var time = now
        while true {
            let amount = amount(at: time)
            if amount > level { return time }
            var slope = 0.0
            var end = VirtualTime.never
            for part in parts {
                let offset = (time - part.startedAt).nanoseconds
                slope += part.curve.piece(at: offset).slope
                if let next = part.curve.nextPiece(after: offset) {
                    end = min(end, part.startedAt + .nanoseconds(next))
                }
            }
            if slope > 0 {
                let wait = ((level - amount) / slope).rounded(.down) + 1
                if wait < 9e18 {
                    let crossing = time.advancedClamping(by: .nanoseconds(Int64(wait)))
                    if crossing < end { return crossing }
                }
            }
            guard end != .never else { return .never }
            time = end
        }
    }
}
