import KubernetesModel
import OrderedCollections
import Simulation
import SimulationKernel

extension ChaosPlan {
    /// The keys of the section `chaos`.
    static let keys = [
        "seed", "until", "callDelay", "watchDelay", "stalls", "shuffleAlarms", "errors", "lostAnswers",
        "conflicts",
    ]

    /// The section as a scenario file has it; what is not disturbed is left out.
    var json: JSONValue {
        var object: JSONObject = [
            "seed": Int64(exactly: seed).map(JSONValue.integer) ?? .string(String(seed)),
            "until": until.sinceStart.json,
        ]
        if callDelay > .zero { object["callDelay"] = callDelay.json }
        if watchDelay > .zero { object["watchDelay"] = watchDelay.json }
        if stallProbability > 0 {
            object["stalls"] = .object([
                "probability": .number(stallProbability), "mean": stallDuration.json,
            ])
        }
        if shufflesAlarms { object["shuffleAlarms"] = .bool(true) }
        if errorProbability > 0 { object["errors"] = .number(errorProbability) }
        if lostAnswerProbability > 0 { object["lostAnswers"] = .number(lostAnswerProbability) }
        if conflictProbability > 0 { object["conflicts"] = .number(conflictProbability) }
        return .object(object)
    }
}
