import KubernetesModel
import SimulationKernel
public import Telemetry

/// A pod's way through the scheduler as text: how long it waited and where, what each attempt came to and
/// why, and what would have made it fit.
public struct ExplanationReport {
    public var style: TextStyle
    /// Names every node of a group, however many there are.
    public var namesAllNodes: Bool
    /// Tells every attempt, move and option.
    public var tellsAll: Bool
    /// Whether the report is about a moment before the end of the run.
    public var isPast: Bool

    static let nodeLimit = 6
    static let moveLimit = 30
    static let attemptLimit = 12
    static let optionLimit = 8

    public init(
        style: TextStyle, namesAllNodes: Bool = false, tellsAll: Bool = false, isPast: Bool = false
    ) {
        self.style = style
        self.namesAllNodes = namesAllNodes
        self.tellsAll = tellsAll
        self.isPast = isPast
    }

    public func text(_ pod: PodDecisions) -> String {
        var text = header(pod)
        let blocks = AttemptBlock.blocks(pod.attempts)
        if !pod.moves.isEmpty { text += "\n" + queue(pod) }
        if !blocks.isEmpty { text += "\n" + attempts(blocks, pod) }
        if let last = pod.attempts.last(where: { $0.whatIf != nil }),
            let analysis = pod.analyses.first(where: { $0.number == last.whatIf })
        {
            text += "\n" + options(analysis, of: last, pod)
        }
        return text
    }

    // MARK: Header

    private func header(_ pod: PodDecisions) -> String {
        var facts: [String] = []
        if !pod.owner.isEmpty { facts.append("of \(pod.owner)") }
        facts.append("priority \(pod.priority)")
        facts.append(pod.requests.isEmpty ? "requests nothing" : "requests \(pod.requests)")
        var text = style.bold("pod/\(pod.key.name)") + " -n \(pod.key.namespace)"
        text += "  " + style.faint("(\(facts.joined(separator: "; ")))") + "\n"
        if pod.instanceCount > 1 {
            text += style.faint(
                "  pod \(pod.instance) of \(pod.instanceCount) with this name; --instance N tells another\n")
        }
        text += "  created at \(Self.time(pod.created))"
        if let ended = pod.ended { text += ", gone at \(Self.time(ended))" }
        text += "\n  \(fate(pod))\n"
        for eviction in pod.evictions {
            text += "  \(style.yellow("preempted")) on \(eviction.node) at \(Self.time(eviction.time)) for "
            text += "\(eviction.preemptor.namespace)/\(eviction.preemptor.name), whose priority is "
            text += "\(eviction.preemptorPriority): simk explain … \(eviction.preemptor.namespace)/"
            text += "\(eviction.preemptor.name) tells why this one\n"
        }
        return text
    }

    /// Where the pod is, or why it is nowhere.
    func fate(_ pod: PodDecisions) -> String {
        if let node = pod.requestedNode {
            return
                "names its node itself (spec.nodeName \(node)), so it went to that node's kubelet without the "
                + "scheduler"
        }
        let times = QueueTimes(pod)
        let tries = pod.attempts.count == 1 ? "1 attempt" : "\(pod.attempts.count) attempts"
        if let bound = pod.bound, let node = pod.node {
            return
                "bound to \(style.green(node)) at \(Self.time(bound)), \(Self.span(bound - pod.created)) after "
                + "its creation, in \(tries)"
        }
        if !pod.profiles.isEmpty, !pod.profiles.contains(pod.scheduler) {
            return
                style.yellow("asks for the scheduler '\(pod.scheduler)', which this cluster does not run")
                + " (there is \(pod.profiles.joined(separator: ", "))): nobody schedules it"
        }
        if let ended = pod.ended {
            return "never had a node until it was gone at \(Self.time(ended)), \(tries)"
        }
        let moment = pod.runEnd.map { isPast ? "at \(Self.time($0))" : "at the run's end (\(Self.time($0)))" }
        let when = moment.map { " " + $0 } ?? ""
        guard let place = times.place else {
            return style.yellow("has no node\(when)") + ": no scheduler has taken it up"
        }
        return style.yellow("has no node\(when)") + ": \(state(place, times, pod)), \(tries)"
    }

    private func state(_ place: String, _ times: QueueTimes, _ pod: PodDecisions) -> String {
        let since = "since \(Self.time(times.since))"
        let move = pod.moves.last { $0.destination == place }
        switch place {
        case "active": return "in the active queue \(since), waiting for its turn"
        case "backoff":
            let end = move?.backoffEnd.map { " until \(Self.time($0))" } ?? ""
            return "in the backoff queue \(since)\(end)"
        case "gated":
            let plugin = move?.plugin ?? ""
            let message = move?.message ?? ""
            return "gated \(since) by \(plugin): \(message)"
        case "unschedulable":
            let plugins = (pod.attempts.last?.rejections ?? []).map(\.plugin).filter { !$0.isEmpty }
            let names = plugins.enumerated().filter { !plugins[..<$0.offset].contains($0.element) }
                .map(\.element)
            return
                "unschedulable \(since), until an event concerns \(names.joined(separator: ", ")) or five "
                + "minutes have passed"
        default:
            return pod.attempts.last?.node.map { "on its way to \($0) \(since), not bound yet" }
                ?? "being scheduled \(since)"
        }
    }

    // MARK: Queue

    private func queue(_ pod: PodDecisions) -> String {
        let times = QueueTimes(pod)
        let parts = QueueTimes.places.compactMap { place in
            times.spent[place].map { "\(QueueTimes.name(place)) \(Self.span($0))" }
        }
        var text = style.bold("Queue") + "  " + (parts.isEmpty ? "no time" : parts.joined(separator: ", "))
        text += "\n"
        let shown = tellsAll ? pod.moves.count : Self.moveLimit
        let column = pod.moves.map { Self.time($0.time).count }.max() ?? 0
        var tried = 0
        var attempt = 0
        for (place, move) in pod.moves.enumerated() {
            if move.destination == "inFlight" {
                // Another scheduler counts from 1 again.
                attempt = tried < pod.attempts.count ? pod.attempts[tried].number : attempt + 1
                tried += 1
            }
            let isShown =
                pod.moves.count <= shown || place < shown / 2 || place >= pod.moves.count - shown / 2
            if !isShown {
                if place == shown / 2 {
                    text += style.faint("  … \(pod.moves.count - 2 * (shown / 2)) more moves: --all\n")
                }
                continue
            }
            text += "  " + style.faint(Self.time(move.time).padded(left: column)) + "  "
            text += way(move, attempt) + "\n"
        }
        return text
    }

    private func way(_ move: PodDecisions.Move, _ attempt: Int) -> String {
        guard let destination = move.destination else { return "leaves the queue" }
        var text = destination == "inFlight" ? "attempt \(attempt)" : "\(QueueTimes.name(destination))"
        text = text.padded(to: 14)
        var cause = move.event
        if !move.plugin.isEmpty && destination != "gated" { cause += ", which \(move.plugin) waited for" }
        if destination == "gated" { cause += "; \(move.plugin) holds it: \(move.message)" }
        if let end = move.backoffEnd { cause += "; backs off until \(Self.time(end))" }
        return cause.isEmpty ? text.trimmed : text + "  " + style.faint(cause)
    }

    // MARK: Figures

    static func time(_ time: VirtualTime) -> String { RunReport.time(time) }

    static func span(_ duration: VirtualDuration) -> String {
        RunReport.time(VirtualTime.start + duration)
    }

    static func grouped(_ value: Int) -> String { RunReport.grouped(value) }

    /// The nodes of a group, the first few by name unless all are wanted.
    func names(_ nodes: [Int], _ pod: PodDecisions) -> String {
        let limit = namesAllNodes || nodes.count <= Self.nodeLimit + 1 ? nodes.count : Self.nodeLimit
        let names = nodes.prefix(limit).map { pod.nodeNames.indices.contains($0) ? pod.nodeNames[$0] : "?" }
        let more = nodes.count - limit
        return names.joined(separator: ", ")
            + (more > 0 ? " and \(Self.grouped(more)) more nodes" : "")
    }

    static func count(_ number: Int) -> String { number == 1 ? "1 node" : "\(grouped(number)) nodes" }
}

extension String {
    var trimmed: String {
        var text = Substring(self)
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }
}
