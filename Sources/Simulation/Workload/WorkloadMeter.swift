public import ControlPlane
import KubernetesModel
public import Scheduler
public import SimulationKernel
import Stochastics

/// Watches a run and keeps what ``WorkloadFigures`` are made of.
public final class WorkloadMeter: SimulationObserver {
    private struct PodFacts {
        var number: Int
        var user: Int
        var shape: Int
        var created: VirtualTime
        /// Nil while it waits.
        var node: Int?
        var bound = VirtualTime.start
        var started: VirtualTime?
        var hasEnded = false
        /// What the scheduler last said of it, while it waits; -1 for nothing.
        var verdict = -1
    }

    private struct NodeFacts {
        var name: String
        var allocatable: [Int64] = []
        var isReady = false
        var allocated: [Int64] = []
        var pods = 0
        var readyTime = StepIntegral()
        var usedTime = StepIntegral()
        var price: Double?
    }

    /// What alike pods request, and how many of them have come.
    private struct Shape {
        var requests: [Int64]
        var count = 0
    }

    private struct UserFacts {
        var figures: WorkloadFigures.User
        var waiting: [Int64] = []
        var held: [Int64] = []
        var received = 0.0
        var asked = 0.0
        var since = VirtualTime.start
    }

    /// Every so often the state is sampled; what holds at the moment counts.
    private let period: VirtualDuration
    private let data: DataCatalog
    private let price: (String) -> Double?
    /// Reads what the machines have used up to now.
    public var usage: () -> (cpuSeconds: Double, memoryBytes: Double) = { (0, 0) }

    private var numbers = ResourceNumbers()
    private var pods: [ObjectKey: PodFacts] = [:]
    private var nodes: [NodeFacts] = []
    private var nodeNumbers: [String: Int] = [:]
    private var shapes: [Shape] = []
    private var shapeNumbers: [[Int64]: Int] = [:]
    /// What the scheduler has said of pods that wait, and how many ended with it.
    private var verdicts: [WorkloadFigures.Verdict] = []
    private var verdictNumbers: [String: Int] = [:]
    private var users: [UserFacts] = []
    private var userNumbers: [String: Int] = [:]
    private var allocated: [StepIntegral] = []
    private var allocatable: [StepIntegral] = []
    private var peaks: [Double] = []
    private var fragmentation: [MeanAccumulator] = []
    private var shareDistances = MeanAccumulator()
    private var memoryUse = MeanAccumulator()
    private var waiting = StepIntegral()
    private var placed = StepIntegral()
    private var waitSum: Int128 = 0
    private var placedSum: Int128 = 0
    private var nextSample = VirtualTime.start
    private var firstCreation: VirtualTime?
    private var lastEnd: VirtualTime?
    private var figures = WorkloadFigures()

    /// - Parameter duration: of the run, of which a sample is taken every two-hundredth.
    /// - Parameter price: of a node by its name, an hour; nil for one without a price.
    public init(
        duration: VirtualDuration, data: DataCatalog = DataCatalog(),
        price: @escaping (String) -> Double? = { _ in nil }
    ) {
        period = max(.seconds(1), duration / 200)
        self.data = data
        self.price = price
    }

    /// Whether no pod waits or is on a node.
    public var isIdle: Bool { waiting.value == 0 && placed.value == 0 }

    /// How many pods have been created.
    public var createdCount: Int { figures.created }

    // MARK: Observing

    public func stored(_ change: StoreChange) {
        switch change.object {
        case .pod(let pod): observe(pod.value, change)
        case .node(let node): observe(node.value, change)
        default: return
        }
    }

    public var hearsPlacements: Bool { false }

    public func noted(_ entry: JournalEntry, at time: VirtualTime) {
        if entry.reason == "Preempted" { figures.preemptions += 1 }
    }

    public func reported(_ event: EventRecord, at time: VirtualTime) {
        // The kubelet's words end so; those about an image that was there do not.
        guard event.reason == "Pulled", event.message.hasSuffix(Self.sizeEnd) else { return }
        let digits = event.message.utf8.dropLast(Self.sizeEnd.utf8.count).reversed()
            .prefix { (48...57).contains($0) }
        figures.imageBytes += digits.reversed().reduce(0) { $0 * 10 + Double($1 - 48) }
    }

    private static let sizeEnd = " bytes."

    // MARK: Pods

    private func observe(_ pod: Pod, _ change: StoreChange) {
        let key = pod.metadata.key
        let now = change.time
        sample(before: now)
        guard var facts = pods[key] else {
            if change.kind == .added { arrive(pod, at: now) }
            return
        }
        if facts.node == nil && !pod.nodeName.isEmpty && !facts.hasEnded {
            place(&facts, pod, at: now)
        }
        if facts.node == nil, let condition = pod.status.conditions["PodScheduled"],
            condition.status == .isFalse
        {
            facts.verdict = verdict(condition.message.isEmpty ? condition.reason : condition.message)
        }
        if facts.started == nil && pod.status.phase == .running { facts.started = now }
        if !facts.hasEnded && (pod.status.phase.isTerminal || change.kind == .deleted) {
            end(&facts, pod, isDeleted: change.kind == .deleted, at: now)
        }
        pods[key] = change.kind == .deleted ? nil : facts
    }

    private func verdict(_ message: String) -> Int {
        if let known = verdictNumbers[message] { return known }
        verdictNumbers[message] = verdicts.count
        verdicts.append(WorkloadFigures.Verdict(message: message))
        return verdicts.count - 1
    }

    private func arrive(_ pod: Pod, at now: VirtualTime) {
        if firstCreation == nil { firstCreation = now }
        let requests = numbers.vector(pod.spec.effectiveRequests)
        let shape = shapeNumbers[requests] ?? shapes.count
        if shape == shapes.count {
            shapes.append(Shape(requests: requests))
            shapeNumbers[requests] = shape
        }
        shapes[shape].count += 1
        let name = pod.metadata.labels[WorkloadFigures.userLabel] ?? pod.metadata.namespace
        let user = userNumbers[name] ?? users.count
        if user == users.count {
            users.append(UserFacts(figures: WorkloadFigures.User(name: name), since: now))
            userNumbers[name] = user
        }
        users[user].figures.pods += 1
        account(user, at: now) { $0.waiting.add(requests) }
        figures.created += 1
        figures.queueingDelays.append(.nan)
        figures.slowdowns.append(.nan)
        figures.pods.append(pod.metadata.key)
        waiting.add(1, at: now)
        var facts = PodFacts(number: figures.created - 1, user: user, shape: shape, created: now)
        if !pod.nodeName.isEmpty { place(&facts, pod, at: now) }
        pods[pod.metadata.key] = facts
    }

    private func place(_ facts: inout PodFacts, _ pod: Pod, at now: VirtualTime) {
        let node = self.node(pod.nodeName)
        let requests = shapes[facts.shape].requests
        facts.node = node
        figures.scheduled += 1
        let delay = now - facts.created
        figures.queueingDelays[facts.number] = delay.fractionalSeconds
        waiting.add(-1, at: now)
        waitSum += Int128(delay.nanoseconds)
        placed.add(1, at: now)
        facts.bound = now
        users[facts.user].figures.queueingSeconds += delay.fractionalSeconds
        users[facts.user].figures.scheduled += 1
        account(facts.user, at: now) {
            $0.waiting.add(requests, times: -1)
            $0.held.add(requests)
        }
        nodes[node].allocated.add(requests)
        nodes[node].pods += 1
        if nodes[node].pods == 1 { nodes[node].usedTime.change(to: 1, at: now) }
        change(requests, by: 1, at: now)
        if !data.isEmpty, let reads = try? data.reads(of: pod.metadata), !reads.isEmpty {
            figures.dataBytes += data.bytes(reads, from: pod.nodeName).dropFirst().reduce(0, +)
        }
    }

    private func end(_ facts: inout PodFacts, _ pod: Pod, isDeleted: Bool, at now: VirtualTime) {
        facts.hasEnded = true
        lastEnd = now
        let requests = shapes[facts.shape].requests
        guard let node = facts.node else {
            figures.neverScheduled += 1
            if facts.verdict >= 0 { verdicts[facts.verdict].pods += 1 }
            waiting.add(-1, at: now)
            waitSum += Int128((now - facts.created).nanoseconds)
            account(facts.user, at: now) { $0.waiting.add(requests, times: -1) }
            return
        }
        placed.add(-1, at: now)
        placedSum += Int128((now - facts.bound).nanoseconds)
        account(facts.user, at: now) { $0.held.add(requests, times: -1) }
        nodes[node].allocated.add(requests, times: -1)
        nodes[node].pods -= 1
        if nodes[node].pods == 0 { nodes[node].usedTime.change(to: 0, at: now) }
        change(requests, by: -1, at: now)
        switch pod.status.phase {
        case .succeeded: figures.succeeded += 1
        case .failed: figures.failed += 1
        default: break
        }
        if pod.status.phase.isTerminal { users[facts.user].figures.finished += 1 }
        if pod.status.phase == .failed && facts.started == nil { figures.refusedByNodes += 1 }
        // A run that a deletion has cut off says nothing about slowdown, but for one that ended by it as
        // recorded; both look alike, and count.
        if let started = facts.started {
            let run = max(now - started, WorkloadFigures.shortestRun).fractionalSeconds
            figures.slowdowns[facts.number] = max(1, (now - facts.created).fractionalSeconds / run)
        }
    }

    private func change(_ requests: [Int64], by sign: Int64, at now: VirtualTime) {
        grow(to: numbers.names.count)
        for place in requests.indices where requests[place] != 0 {
            allocated[place].add(sign * requests[place], at: now)
            updatePeak(place)
        }
    }

    private func updatePeak(_ place: Int) {
        let offered = allocatable[place].value
        if offered > 0 {
            peaks[place] = max(peaks[place], Double(allocated[place].value) / Double(offered))
        }
    }

    private func grow(to count: Int) {
        while allocated.count < count {
            allocated.append(StepIntegral())
            allocatable.append(StepIntegral())
            peaks.append(0)
            fragmentation.append(MeanAccumulator())
        }
    }

    // MARK: Nodes

    private func node(_ name: String) -> Int {
        if let known = nodeNumbers[name] { return known }
        nodeNumbers[name] = nodes.count
        nodes.append(NodeFacts(name: name, price: price(name)))
        return nodes.count - 1
    }

    private func observe(_ node: Node, _ change: StoreChange) {
        let place = self.node(node.metadata.name)
        let isReady = change.kind != .deleted && node.status.conditions.isTrue("Ready")
        let wasReady = nodes[place].isReady
        let isSame = change.previous?.node?.value.status.allocatable == node.status.allocatable
        if isReady == wasReady && isSame { return }
        sample(before: change.time)
        let amounts = numbers.vector(node.status.allocatable)
        grow(to: numbers.names.count)
        let before = wasReady ? nodes[place].allocatable : []
        let after = isReady ? amounts : []
        for resource in 0..<numbers.names.count {
            let step = after.amount(resource) - before.amount(resource)
            if step == 0 { continue }
            allocatable[resource].add(step, at: change.time)
            // Pods on what is left hold a larger share of it.
            updatePeak(resource)
        }
        nodes[place].allocatable = amounts
        nodes[place].isReady = isReady
        if isReady != wasReady { nodes[place].readyTime.change(to: isReady ? 1 : 0, at: change.time) }
    }

    // MARK: Users

    /// Brings a user's account up to date, then changes what it holds or waits for.
    private func account(_ user: Int, at now: VirtualTime, _ change: (inout UserFacts) -> Void) {
        settle(user, at: now)
        change(&users[user])
    }

    private func settle(_ user: Int, at now: VirtualTime) {
        let seconds = (now - users[user].since).fractionalSeconds
        users[user].since = now
        guard seconds > 0 else { return }
        let held = dominantShare(users[user].held)
        users[user].received += held * seconds
        users[user].asked += (held + dominantShare(users[user].waiting)) * seconds
    }

    /// The largest share of the cluster over the resources (Ghodsi et al., "Dominant resource fairness", NSDI
    /// 2011).
    private func dominantShare(_ amounts: [Int64]) -> Double {
        var largest = 0.0
        for place in amounts.indices where amounts[place] > 0 && place < allocatable.count {
            let offered = allocatable[place].value
            if offered > 0 { largest = max(largest, Double(amounts[place]) / Double(offered)) }
        }
        return largest
    }

    // MARK: Samples

    /// Takes the samples that are due before something changes.
    private func sample(before now: VirtualTime) {
        guard nextSample < now else { return }
        // Nothing has changed since, so all that were due in between are alike but for their times.
        let state = measure()
        while nextSample < now {
            figures.samples.append(
                WorkloadFigures.Sample(
                    time: nextSample, waiting: Int(waiting.value), placed: Int(placed.value),
                    allocated: state.allocated, allocatable: state.allocatable,
                    fragmentation: state.fragmentation))
            for (place, value) in state.fragmentation.enumerated() where !value.isNaN {
                fragmentation[place].add(value)
            }
            if let distance = state.distance { shareDistances.add(distance) }
            memoryUse.add(state.memory)
            nextSample += period
        }
    }

    private func measure() -> (
        allocated: [Double], allocatable: [Double], fragmentation: [Double], distance: Double?, memory: Double
    ) {
        grow(to: numbers.names.count)
        let places = allocated.indices
        let wanted = users.map { dominantShare($0.held) + dominantShare($0.waiting) }
        let held = users.map { dominantShare($0.held) }
        var distance: Double?
        if users.count > 1 {
            distance = Fairness.shareDistance(
                received: held, due: Fairness.maxMinShares(wanted: wanted, of: held.reduce(0, +)))
        }
        return (
            places.map { Double(allocated[$0].value) / ResourceNumbers.unit($0) },
            places.map { Double(allocatable[$0].value) / ResourceNumbers.unit($0) },
            typicalFragmentation(), distance, usage().memoryBytes
        )
    }

    /// How many of the most frequent requests stand for the workload.
    private static let typicalShapes = 32

    /// For each resource the share of what is free that a pod of the workload could not use, on average over
    /// the pods that have come and request the resource.
    ///
    /// It is the fragmentation of Weng et al., "Beware of fragmentation" (USENIX ATC 2023), for requests that
    /// can be cut anywhere, of pods that ask for the resource at all.
    private func typicalFragmentation() -> [Double] {
        let typical = shapes.indices.sorted { (-shapes[$0].count, $0) < (-shapes[$1].count, $1) }
            .prefix(Self.typicalShapes).map { shapes[$0] }
        let count = allocated.count
        var weights = Array(repeating: 0.0, count: count)
        for shape in typical {
            for place in shape.requests.indices where shape.requests[place] > 0 {
                weights[place] += Double(shape.count)
            }
        }
        var free = Array(repeating: 0.0, count: count)
        var lost = Array(repeating: 0.0, count: count)
        var room = Array(repeating: Int64(0), count: count)
        for node in nodes where node.isReady {
            for place in 0..<count {
                room[place] = node.allocatable.amount(place) - node.allocated.amount(place)
                free[place] += Double(max(0, room[place]))
            }
            for shape in typical
            where shape.requests.indices.contains(where: { shape.requests[$0] > room[$0] }) {
                for place in shape.requests.indices where shape.requests[place] > 0 && room[place] > 0 {
                    lost[place] += Double(room[place]) * Double(shape.count)
                }
            }
        }
        return (0..<count).map { place in
            free[place] > 0 && weights[place] > 0 ? lost[place] / weights[place] / free[place] : .nan
        }
    }

    // MARK: Figures

    /// The figures up to a moment.
    public func figures(at now: VirtualTime) -> WorkloadFigures {
        sample(before: now)
        for user in users.indices { settle(user, at: now) }
        var result = figures
        result.end = now
        result.stillWaiting = Int(waiting.value)
        result.neverScheduled += result.stillWaiting
        result.stillPlaced = Int(placed.value)
        if let firstCreation, let lastEnd {
            result.makespanSeconds = (lastEnd - firstCreation).fractionalSeconds
        }
        addResources(to: &result, at: now)
        addUsers(to: &result)
        addCosts(to: &result, at: now)
        var openWaits: Int128 = 0
        var openStays: Int128 = 0
        // Sums of whole numbers: in any order they are the same.
        var waitingFor = verdicts
        for facts in pods.values where !facts.hasEnded {
            if facts.node == nil {
                if facts.verdict >= 0 { waitingFor[facts.verdict].pods += 1 }
                openWaits += Int128((now - facts.created).nanoseconds)
            } else {
                openStays += Int128((now - facts.bound).nanoseconds)
            }
        }
        result.verdicts = waitingFor.filter { $0.pods > 0 }.sorted {
            ($1.pods, $0.message) < ($0.pods, $1.message)
        }
        result.checks = [
            .init(name: "waiting", integral: waiting.total(at: now), sum: waitSum + openWaits),
            .init(name: "placed", integral: placed.total(at: now), sum: placedSum + openStays),
        ]
        return result
    }

    private func addResources(to result: inout WorkloadFigures, at now: VirtualTime) {
        let seconds = now.sinceStart.fractionalSeconds
        guard seconds > 0 else { return }
        let used = usage()
        for place in allocated.indices {
            var resource = WorkloadFigures.Resource(name: numbers.names[place])
            let unit = ResourceNumbers.unit(place) * seconds
            resource.allocated = allocated[place].seconds(at: now) / unit
            resource.allocatable = allocatable[place].seconds(at: now) / unit
            resource.peakShare = peaks[place]
            if place == 0 { resource.used = used.cpuSeconds / seconds }
            if place == 1 { resource.used = memoryUse.mean }
            if resource.used == 0 { resource.used = nil }
            resource.fragmentation = fragmentation[place].mean
            result.resources.append(resource)
        }
    }

    private func addUsers(to result: inout WorkloadFigures) {
        result.users = users.map { facts in
            var user = facts.figures
            user.received = facts.received
            user.asked = facts.asked
            return user
        }
        let shares = result.users.compactMap { $0.asked > 0 ? $0.received / $0.asked : nil }
        if shares.count > 1 {
            // Nothing, shared evenly, is no fairness.
            if shares.contains(where: { $0 > 0 }) { result.jainIndex = Fairness.jainIndex(shares) }
            result.shareDistance = shareDistances.mean
        }
    }

    private func addCosts(to result: inout WorkloadFigures, at now: VirtualTime) {
        guard nodes.contains(where: { $0.price != nil }) else { return }
        var (all, used) = (0.0, 0.0)
        for node in nodes {
            all += (node.price ?? 0) * node.readyTime.seconds(at: now) / 3_600
            used += (node.price ?? 0) * node.usedTime.seconds(at: now) / 3_600
        }
        result.clusterCost = all
        result.usedNodesCost = used
    }
}
