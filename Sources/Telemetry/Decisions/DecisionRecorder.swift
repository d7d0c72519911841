public import ControlPlane
import KubernetesModel
public import Scheduler
public import Simulation
public import SimulationKernel

/// Writes the schedulers' record into a run folder's database: what `simk explain` answers from.
public final class DecisionRecorder: SimulationObserver {
    /// How much is kept.
    public enum Scope: String, CaseIterable, Sendable {
        /// Everything.
        case all
        /// As all, but of attempts that found a node only the choice, without scores and rejections.
        case failed
        case none
    }

    public let scope: Scope
    private let folder: RunFolder
    private var texts: [String: Int] = [:]
    private var nodes: [String: Int] = [:]
    private var sets: [[UInt8]: Int] = [:]
    private var setCount = 0
    private var pods: [UID: Int] = [:]
    private var podCount = 0
    /// Pods that are gone, oldest first: the scheduler speaks of them a little longer.
    private var gone: ContiguousArray<UID> = []
    private var moveCount = 0
    private var attemptCount = 0
    private var stepCount = 0
    private var whatIfCount = 0
    /// The database's number of each analysis, by the scheduler's.
    private var whatIfs: [Int: Int] = [:]
    /// The database's number of each waiting pod's last attempt.
    private var lastAttempts: [UID: Int] = [:]
    /// The numbers of the nodes by the scheduler's rows, as last met.
    private var rows: ContiguousArray<(name: String, number: Int)> = []

    /// How many candidates of a preemption are kept, the best ones; their number is kept always.
    static let candidateLimit = 20
    private static let setCapacity = 4_096
    private static let goneCapacity = 4_096

    public init(_ folder: RunFolder, scope: Scope) {
        self.folder = folder
        self.scope = scope
    }

    public var hearsScheduling: Bool { scope != .none }

    /// Tells which `schedulerName`s the cluster's scheduler answers to.
    public func setProfiles(_ names: [String]) {
        for name in names where hearsScheduling { add(.profile, [.text(name)]) }
    }

    // MARK: Pods

    public func stored(_ change: StoreChange) {
        guard hearsScheduling, case .pod(let object) = change.object else { return }
        let pod = object.value
        let before = change.previous?.pod?.value
        if change.kind == .deleted {
            guard let id = pods[pod.metadata.uid] else { return }
            add(.podEnded, [.integer(change.time.nanoseconds), .integer(id)])
            gone.append(pod.metadata.uid)
            if gone.count >= 2 * Self.goneCapacity {
                for uid in gone.prefix(Self.goneCapacity) { pods[uid] = nil }
                gone.removeFirst(Self.goneCapacity)
            }
            return
        }
        if before == nil { addPod(pod, at: change.time) }
        if let before, before.nodeName.isEmpty, !pod.nodeName.isEmpty, let id = pods[pod.metadata.uid] {
            add(.podBound, [.integer(change.time.nanoseconds), .text(pod.nodeName), .integer(id)])
        }
    }

    private func addPod(_ pod: Pod, at time: VirtualTime) {
        let id = podCount
        podCount += 1
        pods[pod.metadata.uid] = id
        let owner = pod.metadata.controllerReference.map { "\($0.kind)/\($0.name)" } ?? ""
        let requests = pod.spec.requests.entries.map { "\($0.name)=\($0.quantity)" }.joined(separator: ",")
        let isPlaced = !pod.nodeName.isEmpty
        add(
            .pod,
            [
                .integer(id), .text(pod.metadata.uid.description), .text(pod.metadata.namespace),
                .text(pod.metadata.name), .integer(time.nanoseconds), .text(pod.spec.schedulerName),
                .integer(pod.spec.priorityValue), .text(owner), .text(requests),
                isPlaced ? .text(pod.nodeName) : .null, isPlaced ? .integer(time.nanoseconds) : .null,
                isPlaced ? .text(pod.nodeName) : .null, .null,
            ])
    }

    public var hearsPlacements: Bool { false }

    public func noted(_ entry: JournalEntry, at time: VirtualTime) {}
    public func reported(_ event: EventRecord, at time: VirtualTime) {}

    // MARK: Scheduler

    public func recorded(_ record: SchedulerRecord) {
        guard hearsScheduling else { return }
        switch record {
        case .move(let move): add(move)
        case .step(let step): add(step)
        case .whatIf(let whatIf): add(whatIf)
        case .attempt(let attempt): add(attempt)
        }
    }

    private func add(_ move: QueueMove) {
        guard let pod = pods[move.uid] else { return }
        add(
            .move,
            [
                .integer(moveCount), .integer(move.time.nanoseconds), .integer(pod),
                move.origin.map { .text($0.rawValue) } ?? .null,
                move.destination.map { .text($0.rawValue) } ?? .null, text(move.event), text(move.plugin),
                text(move.message), move.backoffEnd.map { .integer($0.nanoseconds) } ?? .null,
            ])
        moveCount += 1
    }

    private func add(_ step: AttemptStep) {
        guard let pod = pods[step.uid] else { return }
        add(
            .step,
            [
                .integer(stepCount), .integer(step.time.nanoseconds), .integer(pod),
                lastAttempts[step.uid].map { .integer($0) } ?? .null, .text(step.kind.rawValue),
                .text(step.message),
            ])
        stepCount += 1
        if step.kind == .bound { lastAttempts[step.uid] = nil }
    }

    private func add(_ attempt: SchedulingAttempt) {
        guard let pod = pods[attempt.uid] else { return }
        let number = attemptCount
        attemptCount += 1
        lastAttempts[attempt.uid] = number
        let names = attempt.nodeNames
        // Whatever the row refers to comes before it.
        let node: DecisionRow.Value = attempt.chosen.map { .integer(self.node($0, names)) } ?? .null
        add(
            .attempt,
            [
                .integer(number), .integer(attempt.time.nanoseconds), .integer(pod), .integer(attempt.number),
                text(attempt.profile), text(attempt.event), .integer(attempt.nodeCount),
                .integer(attempt.visitedCount), .integer(attempt.feasibleCount),
                .flag(attempt.isNominatedNodeOnly), .flag(attempt.isPreFilterRejection),
                .integer(attempt.tieCount), .flag(attempt.isDrawn), node, text(attempt.refusedBy),
                .flag(attempt.isError), text(attempt.message),
                attempt.preemption.map { .text($0.nominatedNodeName) } ?? .null,
                .integer(attempt.preemption?.candidates.count ?? 0),
                attempt.whatIf.flatMap { whatIfs[$0] }.map { .integer($0) } ?? .null,
            ])
        if let preemption = attempt.preemption { add(preemption, attempt: number) }
        if scope == .failed && attempt.chosen != nil { return }
        for (place, rejection) in attempt.rejections.enumerated() {
            add(
                .rejection,
                [
                    .integer(number), .integer(place), text(rejection.plugin), text(rejection.code.name),
                    text(JSONWriter.string(.array(rejection.reasons.map { .string($0) }))),
                    set(rejection.nodes, names),
                ])
        }
        for (rank, scored) in attempt.best.enumerated() {
            let node = DecisionRow.Value.integer(self.node(scored.node, names))
            for (place, share) in scored.shares.enumerated() {
                add(
                    .score,
                    [
                        .integer(number), .integer(rank), .integer(place), node, .integer(scored.total),
                        text(share.plugin), .integer(share.raw), .integer(share.normalized),
                        .integer(share.weight),
                    ])
            }
        }
    }

    private func add(_ preemption: PreemptionRecord, attempt: Int) {
        func rank(_ candidate: PreemptionRecord.Candidate) -> Int {
            candidate.isChosen ? 0 : candidate.lostBy == 0 ? 1 : 10 - candidate.lostBy
        }
        let best = preemption.candidates.enumerated()
            .sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
            .prefix(Self.candidateLimit).map(\.element)
        for (place, candidate) in best.enumerated() {
            add(
                .candidate,
                [
                    .integer(attempt), .integer(place), .text(candidate.nodeName),
                    .integer(candidate.violations), .integer(candidate.highestPriority),
                    .integer(candidate.prioritySum), .integer(candidate.victims.count),
                    candidate.earliestStartSeconds.map { .integer($0) } ?? .null, .integer(candidate.lostBy),
                    .flag(candidate.isChosen),
                ])
            for (number, victim) in candidate.victims.enumerated() {
                let budgets = JSONWriter.string(.array(victim.violatedBudgets.map { .string($0) }))
                add(
                    .victim,
                    [
                        .integer(attempt), .integer(place), .integer(number), .text(victim.pod.namespace),
                        .text(victim.pod.name), .integer(victim.priority),
                        victim.startSeconds.map { .integer($0) } ?? .null, .text(budgets),
                    ])
            }
        }
    }

    private func add(_ whatIf: WhatIf) {
        let number = whatIfCount
        whatIfCount += 1
        whatIfs[whatIf.number] = number
        add(
            .whatIf,
            [
                .integer(number), .integer(whatIf.time.nanoseconds), .text(whatIf.pod.namespace),
                .text(whatIf.pod.name), .integer(whatIf.attempt), .flag(whatIf.isComplete),
            ])
        for (rank, option) in whatIf.options.enumerated() {
            add(
                .option,
                [
                    .integer(number), .integer(rank), .integer(option.cost),
                    option.rejection.map { .integer($0) } ?? .null, set(option.nodes, whatIf.nodeNames),
                ])
            for (place, change) in option.changes.enumerated() {
                add(
                    .change,
                    [
                        .integer(number), .integer(rank), .integer(place), .text(change.kind),
                        .text(change.text), .text(JSONWriter.string(change.detail)),
                    ])
            }
        }
    }

    // MARK: Interning

    private func add(_ statement: DecisionSchema.Statement, _ values: [DecisionRow.Value]) {
        folder.add(DecisionRow(statement: statement, values: values))
    }

    private func text(_ value: String) -> DecisionRow.Value {
        if let id = texts[value] { return .integer(id) }
        let id = texts.count
        texts[value] = id
        add(.text, [.integer(id), .text(value)])
        return .integer(id)
    }

    private func node(_ row: NodeIndex, _ names: ContiguousArray<String>) -> Int {
        let name = names[row.value]
        while rows.count <= row.value { rows.append((name: "", number: -1)) }
        if rows[row.value].number >= 0 && rows[row.value].name == name { return rows[row.value].number }
        let number: Int
        if let known = nodes[name] {
            number = known
        } else {
            number = nodes.count
            nodes[name] = number
            add(.node, [.integer(number), .text(name)])
        }
        rows[row.value] = (name, number)
        return number
    }

    private func set(
        _ members: ContiguousArray<NodeIndex>, _ names: ContiguousArray<String>
    ) -> DecisionRow.Value {
        let bytes = NodeSetCoding.encode(members.map { node($0, names) }.sorted())
        if let id = sets[bytes] { return .integer(id) }
        if sets.count >= Self.setCapacity { sets.removeAll(keepingCapacity: true) }
        let id = setCount
        setCount += 1
        sets[bytes] = id
        add(.nodeSet, [.integer(id), .integer(members.count), .blob(bytes)])
        return .integer(id)
    }
}

extension WhatIfChange {
    /// The change's facts, for programs.
    var detail: JSONValue {
        switch self {
        case .lowerRequest(let resource, let from, let to):
            ["resource": .string(resource), "from": .integer(from), "to": .integer(to)]
        case .tolerate(let key, let value, let effect):
            ["key": .string(key), "value": .string(value), "effect": .string(effect.rawValue)]
        case .dropNodeSelector(let key, let value): ["key": .string(key), "value": .string(value)]
        case .dropNodeRequirement(let term, let place, let text):
            ["term": .integer(Int64(term)), "place": .integer(Int64(place)), "text": .string(text)]
        case .dropNodeAffinity, .uncordon: [:]
        case .dropPodAffinity(let place, let text), .dropPodAntiAffinity(let place, let text):
            ["place": .integer(Int64(place)), "text": .string(text)]
        case .raiseMaxSkew(let place, let key, let from, let to):
            [
                "place": .integer(Int64(place)), "topologyKey": .string(key), "from": .integer(from),
                "to": .integer(to),
            ]
        case .dropHostPort(let port, let transport, let address):
            ["port": .integer(port), "protocol": .string(transport), "hostIP": .string(address)]
        case .dropVolume(let name, let claim): ["name": .string(name), "claim": .string(claim)]
        case .raisePodCapacity(let from, let to): ["from": .integer(from), "to": .integer(to)]
        case .evict(let pod, _, let node, let priority, _, let budgets):
            [
                "namespace": .string(pod.namespace), "name": .string(pod.name), "node": .string(node),
                "priority": .integer(priority), "budgets": .array(budgets.map { .string($0) }),
            ]
        case .addNode(let names): ["like": .array(names.map { .string($0) })]
        }
    }
}
