import SimulationKernel
import Telemetry

/// How long a pod was in each part of the scheduling queue.
struct QueueTimes {
    /// In the order in which they are told; `inFlight` is a cycle, or a binding, under way.
    static let places = ["active", "backoff", "unschedulable", "gated", "inFlight"]

    private(set) var spent: [String: VirtualDuration] = [:]
    /// The part the pod is in at the end; nil outside of the queue.
    private(set) var place: String?
    private(set) var since: VirtualTime

    init(_ pod: PodDecisions) {
        since = pod.created
        let end = pod.bound ?? pod.ended ?? pod.runEnd
        for move in pod.moves {
            // A pod that has its node, or is gone, waits no longer, whatever the scheduler still believes.
            if let end, move.time > end { break }
            leave(at: move.time)
            place = move.destination
            since = move.time
        }
        if let end {
            leave(at: end)
            if pod.bound != nil || pod.ended != nil {
                place = nil
                since = end
            }
        }
    }

    private mutating func leave(at time: VirtualTime) {
        if let place, time > since { spent[place, default: .zero] += time - since }
    }

    var total: VirtualDuration { Self.places.reduce(.zero) { $0 + (spent[$1] ?? .zero) } }

    /// The part's name for people.
    static func name(_ place: String) -> String { place == "inFlight" ? "being scheduled" : place }
}
