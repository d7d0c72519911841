import KubernetesModel
import SimulationKernel
import Stochastics
import VirtualNodes

extension UsagePattern {
    /// As a scenario spells it.
    var json: JSONValue {
        switch self {
        case .level(let amount): return amount.json(.quantity)
        case .growth(let from, let to, let over):
            let growth: JSONValue = [
                "from": from.json(.quantity), "to": to.json(.quantity), "over": over.json(.duration),
            ]
            return ["grow": growth]
        case .steps(let steps):
            return ["series": .array(steps.map { .array([$0.after.json, $0.amount.json(.quantity)]) })]
        }
    }
}

extension Cursor {
    /// An amount or a distribution of amounts, a growth (of memory), or a series of `[time, amount]`.
    func usage(allowsGrowth: Bool) -> UsagePattern? {
        if value["series"] != nil {
            guard let object = object(keys: ["series"]), let series = object["series"] else { return nil }
            return series.usageSeries()
        }
        guard value["grow"] != nil else { return distribution(.quantity).map(UsagePattern.level) }
        guard let object = object(keys: ["grow"]), let cursor = object["grow"] else { return nil }
        guard allowsGrowth else {
            cursor.report(
                .badValue(
                    found: "'grow'", expected: "an amount, a distribution or 'series'",
                    hint: "CPU use changes in steps: give a 'series' of [time, amount]"))
            return nil
        }
        guard let growth = cursor.object(keys: ["from", "to", "over"]) else { return nil }
        let from = growth["from"].map { $0.distribution(.quantity) } ?? .constant(0)
        let to = growth.required("to", "the amount at the end, such as \"1Gi\"")?.distribution(.quantity)
        let over = growth.required("over", "how long it takes, such as \"10m\"")?.distribution(.duration)
        guard let from, let to, let over else { return nil }
        return .growth(from: from, to: to, over: over)
    }

    private func usageSeries() -> UsagePattern? {
        guard let entries = list(of: "pairs of a time and an amount") else { return nil }
        if entries.isEmpty { bad("at least one pair such as [\"5m\", \"1Gi\"]") }
        var steps: [UsagePattern.Step] = []
        var isGood = !entries.isEmpty
        for entry in entries {
            guard let pair = entry.list(of: "a time and an amount"), pair.count == 2 else {
                if entry.value.elements != nil {
                    entry.bad("a time and an amount, such as [\"5m\", \"1Gi\"]")
                }
                isGood = false
                continue
            }
            guard let after = pair[0].duration(), let amount = pair[1].distribution(.quantity) else {
                isGood = false
                continue
            }
            if let last = steps.last, after <= last.after {
                pair[0].bad("a time later than the one before it, \(last.after)")
                isGood = false
            }
            steps.append(.init(after: after, amount: amount))
        }
        return isGood ? .steps(steps) : nil
    }
}
