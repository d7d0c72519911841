import ControlPlane
import KubernetesModel
import SimulationKernel

/// Nobody makes the same call over and over without any effect.
///
/// A work queue's back-off lets a key that keeps failing come back about fourteen times in the first minute;
/// somebody who comes a hundred times has none. Creations of objects that the server names are not told apart,
/// and only count when they fail. While chance has calls fail, failures do not count: a cache that lags makes
/// conflicts with every event.
struct HotLoopInvariant {
    /// How many calls without effect a process may make about one object in a ``window``.
    static let limit = 100
    static let window = VirtualDuration.minutes(1)

    private struct Subject: Hashable {
        var process: ProcessID
        var verb: String
        var kind: ObjectKind
        var key: ObjectKey
    }
    private var counts: [Subject: Int] = [:]
    private var windowEnd = VirtualTime.start

    mutating func called(_ call: ObservedCall, _ context: inout InvariantContext) {
        if call.time >= windowEnd {
            counts.removeAll(keepingCapacity: true)
            windowEnd = call.time + Self.window
        }
        if call.error != nil && call.time < context.disturbedUntil { return }
        let target = call.request.target
        guard let kind = target.kind, kind != .event else { return }
        let subject = Subject(process: call.process, verb: call.request.verb, kind: kind, key: target.key)
        let count = counts[subject, default: 0] + 1
        counts[subject] = count
        guard count == Self.limit else { return }
        let outcome = call.error.map { "failed with \($0.reason.rawValue)" } ?? "changed nothing"
        context.report(
            .hotLoop, kind, target.key,
            "\(call.processName) made \(count) calls (\(call.request.verb)) within \(Self.window), of which the last "
                + outcome,
            cause: "")
    }
}
