import Failures
import KubernetesModel
import Scenarios
import Simulation
import SimulationKernel
import Stochastics

/// What chance does to one run of a scenario: disturbed traffic, and faults as entries of the timeline.
///
/// Each run has some of the disturbances and not others: a run without lost answers may find what one with
/// them hides (Groce et al., "Swarm testing", ISSTA 2012).
struct Disturbance {
    /// Marks the entries that chance has put into a timeline.
    static let mark = "a fault of simk check"

    var chaos: ChaosPlan
    var faults: [TimelineEntry] = []

    /// - Parameter until: when the last fault has ended.
    init(of scenario: Scenario, seed: UInt64, until: VirtualTime) {
        var stream = RandomStream(seed: seed, name: "check/disturbance")
        chaos = ChaosPlan(seed: seed, until: until)
        chaos.shufflesAlarms = stream.uniform() < 0.7
        if stream.uniform() < 0.8 { chaos.callDelay = stream.pick(Self.callDelays) }
        if stream.uniform() < 0.8 { chaos.watchDelay = stream.pick(Self.watchDelays) }
        if stream.uniform() < 0.5 {
            chaos.stallProbability = stream.pick([0.001, 0.005, 0.02])
            chaos.stallDuration = stream.pick([.seconds(1), .seconds(5)])
        }
        if stream.uniform() < 0.5 { chaos.errorProbability = stream.pick([0.005, 0.02, 0.05]) }
        if stream.uniform() < 0.3 { chaos.lostAnswerProbability = stream.pick([0.005, 0.02]) }
        if stream.uniform() < 0.5 { chaos.conflictProbability = stream.pick([0.01, 0.05, 0.2]) }
        let count = stream.pick([0, 1, 1, 2, 3, 4])
        for _ in 0..<count {
            if let fault = Self.fault(of: scenario, until: until, &stream) { faults.append(fault) }
        }
    }

    private static let callDelays: [VirtualDuration] = [
        .milliseconds(2), .milliseconds(10), .milliseconds(50), .milliseconds(200),
    ]
    private static let watchDelays: [VirtualDuration] = [
        .milliseconds(5), .milliseconds(50), .milliseconds(300), .seconds(1),
    ]
    private static let nodeModes: [FailureMode] = [.powerLoss, .kubeletStop, .partition]
    /// What is left at the end of the disturbed time for a machine to boot.
    static let margin = VirtualDuration.minutes(2)

    private static func fault(
        of scenario: Scenario, until: VirtualTime, _ stream: inout RandomStream
    ) -> TimelineEntry? {
        let room = until.sinceStart - margin
        guard room > .seconds(20) else { return nil }
        let longest = min(VirtualDuration.minutes(10), room / 2)
        let length = VirtualDuration.seconds(
            Int64(stream.index(below: Int(longest.wholeSeconds - 5))) + 5)
        let last = room - length
        var start = VirtualDuration.seconds(Int64(stream.index(below: Int(last.wholeSeconds) + 1)))
        // Half of the faults come soon after something was done to the cluster, for then it is at work.
        if stream.uniform() < 0.5 {
            let moments = [VirtualTime.start] + scenario.timeline.filter { $0.action != nil }.map(\.at)
            start = stream.pick(moments).sinceStart + .milliseconds(Int64(stream.index(below: 60_000)))
        }
        start = min(start, last)
        let cluster = scenario.cluster
        let nodes = cluster.nodes
        let choice = stream.uniform()
        let action: TimelineAction
        if choice < 0.1, cluster.zones.count > 1 {
            let zone = cluster.zones[stream.index(below: cluster.zones.count)].name
            action = .fail(.zone(zone), mode: stream.pick(nodeModes), duration: length)
        } else if choice < 0.6, !nodes.isEmpty {
            let node = nodes[stream.index(below: nodes.count)].name
            action = .fail(.nodes([node]), mode: stream.pick(nodeModes), duration: length)
        } else {
            action = .killLeader(
                stream.uniform() < 0.7 ? .controllerManager : .scheduler,
                stream.uniform() < 0.7 ? .kill : .partition, duration: min(length, .minutes(1)))
        }
        return TimelineEntry(at: .start + start, description: mark, action: action)
    }

    /// The scenario with the disturbance in it: what `simk run` runs.
    ///
    /// - Parameter rest: how long the run goes on after the disturbances.
    func applied(to scenario: Scenario, rest: VirtualDuration) -> Scenario {
        var disturbed = scenario
        disturbed.chaos = chaos
        disturbed.seed = chaos.seed
        disturbed.duration = chaos.until.sinceStart + rest
        disturbed.timeline = (scenario.timeline + faults).enumerated()
            .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
        return disturbed
    }
}

extension RandomStream {
    fileprivate mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[index(below: elements.count)]
    }
}
