import KubernetesModel
import Simulation
import SimulationKernel

extension ScenarioReader {
    /// The section `chaos`: what disturbs the traffic with the API server.
    func readChaos(_ cursor: Cursor, seed: UInt64, duration: VirtualDuration?) -> ChaosPlan? {
        guard let object = cursor.object(keys: ChaosPlan.keys) else { return nil }
        let end = object["until"]?.duration(.positive) ?? duration
        guard let end else { return nil }
        var plan = ChaosPlan(seed: object["seed"].map(readSeed) ?? seed, until: .start + end)
        if let value = object["callDelay"]?.duration() { plan.callDelay = value }
        if let value = object["watchDelay"]?.duration() { plan.watchDelay = value }
        if let stalls = object["stalls"]?.object(keys: ["probability", "mean"]) {
            let share = stalls.required("probability", "how likely an event's stream stands still")
            if let value = share.flatMap(readProbability) { plan.stallProbability = value }
            let mean = stalls.required("mean", "for how long it stands still, such as \"3s\"")
            if let value = mean?.duration(.positive) { plan.stallDuration = value }
        }
        if let value = object["shuffleAlarms"]?.bool() { plan.shufflesAlarms = value }
        if let value = object["errors"].flatMap(readProbability) { plan.errorProbability = value }
        if let value = object["lostAnswers"].flatMap(readProbability) { plan.lostAnswerProbability = value }
        if let value = object["conflicts"].flatMap(readProbability) { plan.conflictProbability = value }
        return plan
    }

    private func readProbability(_ cursor: Cursor) -> Double? {
        cursor.number("a probability from 0 to below 1") { (0..<1).contains($0) }
    }

    /// The section `invariants`: which are not watched, and why.
    func readInvariants(_ cursor: Cursor) -> [InvariantExemption] {
        guard let object = cursor.object(keys: ["except"]) else { return [] }
        return list(object["except"], of: "invariants that are not watched").compactMap { entry in
            guard let parts = entry.object(keys: ["name", "reason"]) else { return nil }
            let name = parts.required("name", "an invariant's name")?.choice(InvariantName.self)
            let reason = parts.required("reason", "why it need not hold here")?.string()
            guard let name, let reason else { return nil }
            return InvariantExemption(invariant: name, reason: reason)
        }
    }
}
