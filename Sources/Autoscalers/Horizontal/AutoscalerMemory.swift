import SimulationKernel

/// What the controller remembers of one autoscaler from look to look; a new leader knows nothing of it.
///
/// Places of entries that are too old are used again, the last such place first.
/// Upstream: `pkg/controller/podautoscaler/horizontal.go`, `recommendations`, `scaleUpEvents`,
/// `scaleDownEvents` (v1.36).
struct AutoscalerMemory: Sendable {
    struct Recommendation: Sendable {
        var replicas: Int32
        var time: VirtualTime
    }

    struct ScaleEvent: Sendable {
        /// By how much; not negative.
        var change: Int32
        var time: VirtualTime
        var isOutdated = false
    }

    /// The sizes that the metrics asked for, before any stabilisation.
    var recommendations: [Recommendation] = []
    var ups: [ScaleEvent] = []
    var downs: [ScaleEvent] = []

    /// The first size that is seen counts as a recommendation.
    mutating func begin(_ replicas: Int32, at now: VirtualTime) {
        if recommendations.isEmpty { recommendations = [Recommendation(replicas: replicas, time: now)] }
    }

    mutating func remember(_ replicas: Int32, inPlaceOf place: Int?, at now: VirtualTime) {
        let recommendation = Recommendation(replicas: replicas, time: now)
        if let place {
            recommendations[place] = recommendation
        } else {
            recommendations.append(recommendation)
        }
    }

    /// Remembers a change of size for as long as the longest policy looks back.
    mutating func remember(change: Int32, isUp: Bool, longestPeriod: Int64, at now: VirtualTime) {
        var events = isUp ? ups : downs
        let cutoff = now - .seconds(longestPeriod)
        var place: Int?
        for index in events.indices {
            if events[index].time < cutoff { events[index].isOutdated = true }
            if events[index].isOutdated { place = index }
        }
        let event = ScaleEvent(change: change, time: now)
        if let place { events[place] = event } else { events.append(event) }
        if isUp { ups = events } else { downs = events }
    }

    /// By how much the size changed in one direction within a period.
    static func change(_ events: [ScaleEvent], within seconds: Int64, at now: VirtualTime) -> Int32 {
        let cutoff = now - .seconds(seconds)
        return events.reduce(0) { $1.time > cutoff ? $0 &+ $1.change : $0 }
    }
}
