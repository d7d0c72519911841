import KubernetesModel
import Scenarios
import Simulation
import SimulationKernel

/// Takes away from a scenario what is not needed for it to break the same thing: time, faults, disturbances,
/// objects, replicas, nodes.
///
/// Each candidate is written, read again and run, so that what is left is what its file does. A candidate for
/// a goal that is not reached has goals of its own: what it reaches when nothing disturbs it.
struct ScenarioShrinker {
    private var best: Scenario
    private var failure: CheckFailure
    private let bound: VirtualDuration
    private let limit: Int
    private let configure: ScenarioCheck.Configure
    private let progress: (Int) -> Void
    private var runs = 0

    init(
        _ finding: ScenarioCheck.Finding, bound: VirtualDuration, limit: Int,
        configure: @escaping ScenarioCheck.Configure, progress: @escaping (Int) -> Void
    ) {
        best = finding.scenario
        failure = finding.failure
        self.bound = bound
        self.limit = limit
        self.configure = configure
        self.progress = progress
        if failure.kind != .convergence { best.expectations = [] }
        describe(finding)
    }

    private mutating func describe(_ finding: ScenarioCheck.Finding) {
        best.metadata.name = "\(best.metadata.name)-\(finding.failure.name.lowercased())-seed-\(finding.seed)"
        best.metadata.description =
            "Breaks \(finding.failure.name): found by simk check with seed \(finding.seed), and shrunk."
    }

    mutating func shrink() -> ShrunkScenario {
        var size = ShrunkScenario.Size(of: best)
        var weight = self.weight(of: best)
        while runs < limit {
            shortenTime()
            removeEach(\.timeline)
            calm()
            removeEach(\.failures)
            removeEach(\.manifests)
            reduceReplicas()
            reduceNodes()
            removeEach(\.behaviors)
            simplifyTiming()
            let now = ShrunkScenario.Size(of: best)
            let nowWeight = self.weight(of: best)
            if now == size && nowWeight == weight { break }
            size = now
            weight = nowWeight
        }
        if failure.kind == .convergence { keepBrokenGoals() }
        return ShrunkScenario(scenario: best, failure: failure, runs: runs)
    }

    private func weight(of scenario: Scenario) -> Int64 {
        scenario.manifests.reduce(0) { $0 + (Self.replicas(of: $1.tree) ?? 0) }
            + Int64(scenario.behaviors.count)
    }

    // MARK: Trying

    /// Runs a candidate and takes it when it breaks the same thing.
    @discardableResult
    private mutating func attempt(_ change: (inout Scenario) -> Void) -> Bool {
        guard runs < limit else { return false }
        var candidate = best
        change(&candidate)
        candidate.dropUnknownNames()
        runs += 1
        progress(runs)
        var names: Set<String> = []
        if failure.kind == .convergence {
            guard let chaos = candidate.chaos else { return false }
            var calm = candidate
            calm.expectations = []
            calm.timeline.removeAll { $0.description == Disturbance.mark }
            calm.failures = []
            // What is done to the cluster later than the traffic is disturbed counts too.
            let after = ConvergenceGoals.start(of: candidate, notBefore: chaos.until)
            let found = ConvergenceGoals.found(in: calm, after: after, bound: bound, configure: configure)
            guard found.failure == nil else { return false }
            candidate.duration = after.sinceStart + found.goals.aftermath
            candidate.expectations = found.goals.expectations(under: chaos)
            names = Set(candidate.expectations.map(\.name))
        }
        guard let written = Self.reread(candidate) else { return false }
        let run = ScenarioRun(written, configure: configure)
        let broken = CheckFailure.first(of: run, goals: names, eventLimit: 1_000_000).failure
        guard run.refusedManifests.isEmpty, let broken, broken.kind == failure.kind
        else { return false }
        best = candidate
        failure = broken
        return true
    }

    /// The scenario that its file would give; nil when the file would be refused.
    private static func reread(_ scenario: Scenario) -> Scenario? {
        let text = JSONWriter.string(scenario.resolved, style: .pretty)
        return try? ScenarioLoader.parse(text, .json, name: scenario.file)
    }

    // MARK: Passes

    /// Ends the run soon after the violation, and the disturbances earlier.
    private mutating func shortenTime() {
        let isConvergence = failure.kind == .convergence
        let time = failure.time
        if !isConvergence {
            let end = VirtualDuration.seconds(time.sinceStart.wholeSeconds + 1)
            if end < best.duration { attempt { $0.setEnd(end) } }
        }
        // What is judged at the end of a run needs time without disturbances before it.
        for share in [8, 4, 2] as [Int64] {
            guard let chaos = best.chaos else { return }
            let until = VirtualDuration.seconds(max(1, chaos.until.sinceStart.wholeSeconds / share))
            guard until < chaos.until.sinceStart else { continue }
            let rest = best.duration - chaos.until.sinceStart
            if isConvergence {
                // The length of the run follows from what is left in it.
                let isTaken =
                    attempt { scenario in
                        scenario.chaos?.until = .start + until
                        scenario.timeline.removeAll { $0.at > .start + until }
                    } || attempt { $0.chaos?.until = .start + until }
                if isTaken { break }
                continue
            }
            let isTaken = attempt { scenario in
                scenario.chaos?.until = .start + until
                if rest > .zero { scenario.setEnd(until + max(rest, .seconds(1))) }
            }
            if isTaken { break }
        }
        if !isConvergence {
            for share in [8, 4, 2] as [Int64] {
                let end = VirtualDuration.seconds(max(1, best.duration.wholeSeconds / share))
                if end < best.duration, attempt({ $0.setEnd(end) }) { break }
            }
        }
    }

    /// Removes halves, quarters and at last single elements of a list.
    private mutating func removeEach<Element>(_ list: WritableKeyPath<Scenario, [Element]>) {
        var size = best[keyPath: list].count
        while size > 0 {
            var start = 0
            while start < best[keyPath: list].count {
                let end = min(start + size, best[keyPath: list].count)
                let before = best[keyPath: list].count
                if !attempt({ $0[keyPath: list].removeSubrange(start..<end) })
                    || best[keyPath: list].count == before
                {
                    start = end
                }
            }
            size /= 2
        }
    }

    /// Leaves out single disturbances.
    private mutating func calm() {
        for setting in best.chaos?.settings ?? [] {
            attempt { if let chaos = $0.chaos { $0.chaos = setting.removed(from: chaos) } }
        }
        if best.chaos?.settings.isEmpty == true && failure.kind != .convergence { attempt { $0.chaos = nil } }
    }

    private static let countPaths = [
        ["spec", "replicas"], ["spec", "completions"], ["spec", "parallelism"],
    ]

    private static func replicas(of tree: JSONValue) -> Int64? {
        var sum: Int64?
        for path in countPaths {
            if let count = tree[path[0]]?[path[1]]?.integerValue { sum = (sum ?? 0) + count }
        }
        return sum
    }

    private mutating func reduceReplicas() {
        for index in best.manifests.indices {
            for path in Self.countPaths {
                while let count = best.manifests[index].tree["spec"]?[path[1]]?.integerValue, count > 1 {
                    let isTaken =
                        attempt { $0.setCount(1, of: index, path[1]) }
                        || attempt { $0.setCount(count / 2, of: index, path[1]) }
                        || attempt { $0.setCount(count - 1, of: index, path[1]) }
                    if !isTaken { break }
                }
            }
        }
    }

    private mutating func reduceNodes() {
        for pool in best.cluster.nodePools.indices.reversed() {
            while pool < best.cluster.nodePools.count {
                let count = best.cluster.nodePools[pool].count
                if count <= 1 { break }
                let isTaken =
                    attempt { $0.cluster.nodePools[pool].count = 1 }
                    || attempt { $0.cluster.nodePools[pool].count = count / 2 }
                    || attempt { $0.cluster.nodePools[pool].count = count - 1 }
                if !isTaken { break }
            }
            if best.cluster.nodePools.count > 1 { attempt { $0.cluster.nodePools.remove(at: pool) } }
        }
    }

    /// Puts what is left of the faults to whole seconds.
    private mutating func simplifyTiming() {
        for index in best.timeline.indices where index < best.timeline.count {
            let at = best.timeline[index].at.sinceStart
            if at != .seconds(at.wholeSeconds) {
                attempt { $0.timeline[index].at = .start + .seconds(at.wholeSeconds) }
            }
        }
    }

    /// Of the goals only those that are not reached stay in the file.
    private mutating func keepBrokenGoals() {
        let run = ScenarioRun(best, configure: configure)
        run.run()
        let missed = Set(run.results.filter { $0.verdict == .failed }.map(\.name))
        guard !missed.isEmpty else { return }
        best.expectations.removeAll { !missed.contains($0.name) }
    }
}

/// One disturbance of a ``ChaosPlan`` that can be left out.
enum ChaosSetting: CaseIterable, Hashable {
    case callDelay, watchDelay, stalls, shuffledAlarms, errors, lostAnswers, conflicts

    func removed(from plan: ChaosPlan) -> ChaosPlan {
        var plan = plan
        switch self {
        case .callDelay: plan.callDelay = .zero
        case .watchDelay: plan.watchDelay = .zero
        case .stalls:
            plan.stallProbability = 0
            plan.stallDuration = .zero
        case .shuffledAlarms: plan.shufflesAlarms = false
        case .errors: plan.errorProbability = 0
        case .lostAnswers: plan.lostAnswerProbability = 0
        case .conflicts: plan.conflictProbability = 0
        }
        return plan
    }
}

extension ChaosPlan {
    /// What it disturbs.
    var settings: [ChaosSetting] { ChaosSetting.allCases.filter { $0.removed(from: self) != self } }
}

extension Scenario {
    /// Ends the scenario earlier: what would happen afterwards goes.
    fileprivate mutating func setEnd(_ end: VirtualDuration) {
        duration = end
        timeline.removeAll { $0.at > .start + end }
        if let chaos, chaos.until > .start + end { self.chaos?.until = .start + end }
    }

    fileprivate mutating func setCount(_ count: Int64, of index: Int, _ name: String) {
        guard manifests.indices.contains(index), var spec = manifests[index].tree["spec"] else { return }
        spec[name] = .integer(count)
        manifests[index].tree["spec"] = spec
    }

    /// Removes what names nodes and objects that are no longer there: a file with it would be refused.
    fileprivate mutating func dropUnknownNames() {
        let nodes = Set(cluster.nodes.map(\.name))
        let objects = Set(manifests.map { Scenarios.ObjectReference(kind: $0.kind, key: $0.key) })
        let added = timeline.flatMap { entry -> [ManifestObject] in
            guard case .apply(let added)? = entry.action else { return [] }
            return added
        }
        let all = Set(added.map { Scenarios.ObjectReference(kind: $0.kind, key: $0.key) }).union(objects)
        let makers = manifests + added
        behaviors.removeAll { rule in
            !makers.contains { object in
                guard let labels = object.podLabels else { return false }
                return rule.selector.matches(labels)
                    && (rule.namespace ?? object.key.namespace) == object.key.namespace
            }
        }
        timeline.removeAll { entry in
            switch entry.action {
            case .fail(let target, _, _)?, .recover(let target)?, .cordon(let target)?,
                .uncordon(let target)?, .drain(let target, _)?, .taint(let target, _)?,
                .untaint(let target, _)?, .failDisk(let target, _, _)?, .recoverDisk(let target, _)?:
                if case .nodes(let names) = target { return !names.allSatisfy(nodes.contains) }
                if case .running = target { return false }
                return target.nodes(in: cluster).isEmpty
            case .scale(let object, _)?, .setImage(let object, _, _)?, .rollback(let object, _)?,
                .restart(let object)?:
                return !all.contains(object)
            case .delete(let object, _, _)?, .label(let object, _)?, .annotate(let object, _)?:
                if object.kind == .node { return !nodes.contains(object.key.name) }
                return ![ObjectKind.pod, .persistentVolumeClaim, .replicaSet].contains(object.kind)
                    && !all.contains(object)
            case .apply?, .killLeader?, nil: return false
            }
        }
    }
}
