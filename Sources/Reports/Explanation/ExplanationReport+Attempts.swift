import KubernetesModel
import SimulationKernel
import Telemetry

extension ExplanationReport {
    func attempts(_ blocks: [AttemptBlock], _ pod: PodDecisions) -> String {
        var text = ""
        let shown = tellsAll ? blocks.count : Self.attemptLimit
        for (place, block) in blocks.enumerated() {
            let isShown = blocks.count <= shown || place < shown / 2 || place >= blocks.count - shown / 2
            if isShown {
                text +=
                    (place == 0 ? "" : "\n") + self.block(block, next: blocks.dropFirst(place + 1).first, pod)
            } else if place == shown / 2 {
                let hidden = blocks[place..<(blocks.count - shown / 2)].reduce(0) { $0 + $1.attempts.count }
                text += style.faint("\n… \(Self.grouped(hidden)) more attempts: --all\n")
            }
        }
        return text
    }

    private func block(_ block: AttemptBlock, next: AttemptBlock?, _ pod: PodDecisions) -> String {
        guard let first = block.attempts.first, let attempt = block.last else { return "" }
        var title = "Attempt \(first.number)"
        if block.attempts.count > 1 { title = "Attempts \(first.number) to \(attempt.number), all alike," }
        var text = style.bold(title) + " at \(Self.time(first.time))"
        if block.attempts.count > 1 { text += " to \(Self.time(attempt.time))" }
        text += ": \(outcome(attempt))\n"
        text += rejections(attempt, pod)
        text += choice(attempt)
        text += preemption(attempt)
        if !attempt.message.isEmpty {
            text += "  \(attempt.isError ? "error" : "message")  " + style.faint(attempt.message) + "\n"
        }
        let end = next?.attempts.first?.time
        for step in pod.steps where step.time >= first.time && end.map({ step.time < $0 }) ?? true {
            text += "  \(style.faint(Self.time(step.time)))  \(phrase(step))\n"
        }
        return text
    }

    private func outcome(_ attempt: PodDecisions.Attempt) -> String {
        let nodes = Self.grouped(attempt.nodeCount)
        if let node = attempt.node {
            let fit = "\(Self.grouped(attempt.feasibleCount)) of \(nodes) nodes fit"
            if !attempt.refusedBy.isEmpty {
                return style.yellow("\(node) chosen, then refused by \(attempt.refusedBy)") + "; \(fit)"
            }
            return style.green(node) + ", \(fit)"
                + (attempt.visitedCount < attempt.nodeCount
                    ? " (\(Self.grouped(attempt.visitedCount)) were looked at)" : "")
        }
        if attempt.isError { return style.red("an error") }
        return style.yellow("no node of \(nodes)")
    }

    private func rejections(_ attempt: PodDecisions.Attempt, _ pod: PodDecisions) -> String {
        guard !attempt.rejections.isEmpty else { return "" }
        let analysis = pod.analyses.first { $0.number == attempt.whatIf }
        let groups = attempt.rejections.enumerated()
            .sorted { ($1.element.nodes.count, $0.offset) < ($0.element.nodes.count, $1.offset) }
        let counts = groups.map { Self.count($0.element.nodes.count) }
        let width = counts.map(\.count).max() ?? 0
        var text = ""
        for (place, group) in groups.enumerated() {
            let rejection = group.element
            let plugin =
                rejection.plugin.isEmpty
                ? "not looked at" : rejection.plugin + (attempt.isPreFilterRejection ? " (PreFilter)" : "")
            text += "  \(counts[place].padded(left: width))  \(style.cyan(plugin)): "
            text += rejection.reasons.joined(separator: "; ")
            if attempt.node == nil {
                text += style.faint(
                    rejection.code == "Unschedulable" ? "  (evictions could help)" : "  (no eviction helps)")
            }
            text += "\n  " + "".padded(to: width) + "    " + style.faint(names(rejection.nodes, pod)) + "\n"
            guard attempt.node == nil, let analysis else { continue }
            let indent = "  " + "".padded(to: width) + "    "
            if let best = analysis.options.first(where: { $0.rejection == group.offset }) {
                text += indent + "smallest change: \(phrase(best))"
                text +=
                    best.nodes.count < rejection.nodes.count ? ", on \(Self.count(best.nodes.count))\n" : "\n"
            } else if rejection.plugin == "Extender" {
                text += indent + "nothing was tried here: extenders are asked in attempts only\n"
            } else {
                text += indent + "no change of those tried suffices here\n"
            }
        }
        return text
    }

    func phrase(_ option: PodDecisions.Option) -> String {
        option.changes.map(\.text).joined(separator: style.bold(" and "))
    }

    // MARK: Choice

    private func choice(_ attempt: PodDecisions.Attempt) -> String {
        guard let node = attempt.node else { return "" }
        if attempt.isNominatedNodeOnly {
            return
                "  \(node) was nominated by an earlier preemption, and it fits: no other node was looked at\n"
        }
        guard let best = attempt.best.first else {
            return attempt.feasibleCount == 1
                ? "  \(node) was the only node that fits: nothing to score\n" : ""
        }
        var text = scores(attempt.best, of: attempt.feasibleCount)
        if attempt.tieCount > 1 {
            text += "  \(node) was "
            text += attempt.isDrawn ? "drawn from" : "the first by name of"
            text += " \(Self.grouped(attempt.tieCount)) nodes with the highest total, \(best.total)\n"
        } else if attempt.best.count > 1 {
            let next = attempt.best[1]
            text += "  \(node) won with \(best.total), \(best.total - next.total) ahead of \(next.node)"
            let leads = zip(best.shares, next.shares)
                .map { (plugin: $0.plugin, lead: ($0.normalized - $1.normalized) * $0.weight) }
                .filter { $0.lead != 0 }
            if !leads.isEmpty {
                let parts = leads.map { "\($0.plugin) \($0.lead > 0 ? "+" : "")\($0.lead)" }
                text += " (\(parts.joined(separator: ", ")))"
            }
            text += "\n"
        }
        return text
    }

    /// A row a plugin, a column a node: raw score, normalised score, and that times the weight.
    private func scores(_ best: [PodDecisions.ScoredNode], of feasible: Int) -> String {
        guard let first = best.first else { return "" }
        var rows: [[String]] = []
        rows.append(["plugin × weight"] + best.map(\.node))
        for (place, share) in first.shares.enumerated() {
            rows.append(
                ["\(share.plugin) ×\(share.weight)"]
                    + best.map { node in
                        let own = node.shares[place]
                        return "\(own.raw) → \(own.normalized) → \(own.normalized * own.weight)"
                    })
        }
        rows.append(["total"] + best.map { "\($0.total)" })
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var text =
            best.count == feasible
            ? "  scores (raw → normalised → weighted)\n"
            : "  scores of the best \(best.count) of \(Self.grouped(feasible)) nodes (raw → normalised → "
                + "weighted)\n"
        for row in rows {
            let cells = row.indices.map {
                $0 == 0 ? row[0].padded(to: widths[0]) : row[$0].padded(left: widths[$0])
            }
            text += "    " + cells.joined(separator: "  ") + "\n"
        }
        return text
    }

    // MARK: Preemption

    /// Upstream's criteria in their order.
    static let criteria = [
        "fewest budget violations", "lowest highest priority of a victim", "lowest sum of priorities",
        "fewest victims", "latest start of its most important victims",
    ]

    private func preemption(_ attempt: PodDecisions.Attempt) -> String {
        guard let chosen = attempt.candidates.first(where: \.isChosen) else { return "" }
        var text = "  preempts on \(style.yellow(chosen.node)): "
        text += chosen.victims.map(victim).joined(separator: ", ") + "\n"
        let others = attempt.candidates.filter { !$0.isChosen }
        if attempt.candidateCount == 1 {
            text += "    the only candidate node\n"
            return text
        }
        text += "    one of \(Self.grouped(attempt.candidateCount)) candidate nodes, chosen by "
        let decisive = others.map(\.lostBy).filter { $0 > 0 }.max() ?? 0
        let tied = others.count { $0.lostBy == 0 }
        text += decisive == 0 ? "none of the five criteria" : Self.criteria[decisive - 1]
        text += tied > 0 ? "; first by name of \(tied + 1) equal ones\n" : "\n"
        for other in others {
            text += "    not \(other.node): " + other.victims.map(victim).joined(separator: ", ")
            text += other.lostBy == 0 ? ", equal\n" : ": \(reason(other, chosen))\n"
        }
        let more = attempt.candidateCount - attempt.candidates.count
        if more > 0 {
            text += style.faint("    and \(Self.grouped(more)) more candidates, which lost no later\n")
        }
        return text
    }

    private func victim(_ victim: PodDecisions.Victim) -> String {
        var text = "\(victim.key.namespace)/\(victim.key.name) (priority \(victim.priority)"
        if let start = victim.startSeconds { text += ", started \(start)s" }
        for budget in victim.budgets { text += ", against PodDisruptionBudget \(budget)" }
        return text + ")"
    }

    /// Why a candidate lost, in figures.
    private func reason(_ loser: PodDecisions.Candidate, _ chosen: PodDecisions.Candidate) -> String {
        let name = Self.criteria[min(4, max(0, loser.lostBy - 1))]
        switch loser.lostBy {
        case 1: return "\(name) (\(loser.violations) against \(chosen.violations))"
        case 2: return "\(name) (\(loser.highestPriority) against \(chosen.highestPriority))"
        case 3:
            let sums = [loser, chosen].map { $0.victims.reduce(0) { $0 + $1.priority } }
            return "\(name) (\(sums[0]) of \(loser.victims.count) victims against \(sums[1]) of "
                + "\(chosen.victims.count))"
        case 4: return "\(name) (\(loser.victims.count) against \(chosen.victims.count))"
        default:
            let starts = [loser, chosen].map { $0.earliestStartSeconds.map { "\($0)s" } ?? "not started" }
            return "\(name) (\(starts[0]) against \(starts[1]))"
        }
    }

    private func phrase(_ step: PodDecisions.Step) -> String {
        switch step.kind {
        case "preBinding": "before the binding: \(step.message)"
        case "bound": style.green("bound") + ": \(step.message)"
        case "bindingFailed": style.red("binding failed") + ": \(step.message)"
        case "victimEvicted": "victim \(step.message)"
        case "evictionFailed": style.red("eviction failed") + ": \(step.message)"
        default: step.message
        }
    }

    // MARK: What if

    func options(
        _ analysis: PodDecisions.Analysis, of attempt: PodDecisions.Attempt, _ pod: PodDecisions
    ) -> String {
        var text = style.bold("What would have made it fit") + " at \(Self.time(attempt.time))"
        if analysis.pod != pod.key || analysis.time != attempt.time {
            text += style.faint(
                " (tried at \(Self.time(analysis.time)) for \(analysis.pod.namespace)/\(analysis.pod.name), "
                    + "rejected for the same reasons)")
        }
        text += "\n"
        if analysis.options.isEmpty { text += "  nothing of what was tried\n" }
        let shown = tellsAll ? analysis.options.count : Self.optionLimit
        for (place, option) in analysis.options.prefix(shown).enumerated() {
            text += "  \("\(place + 1)".padded(left: 2)). \(phrase(option))\n"
            if !option.nodes.isEmpty {
                text += "      " + style.faint("on \(names(option.nodes, pod))") + "\n"
            }
        }
        let more = analysis.options.count - shown
        if more > 0 { text += style.faint("  and \(more) more, none smaller: --all\n") }
        if !analysis.isComplete {
            text += style.faint("  (not every change was tried on every node: too many of them)\n")
        }
        return text
    }
}
