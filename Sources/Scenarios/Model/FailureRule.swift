public import Failures
import KubernetesModel
import OrderedCollections

/// Failures that chance brings, and on which nodes.
public struct FailureRule: Sendable {
    public var model: FailureModel
    /// Names of node pools; for racks and zones every one counts that has such a node.
    public var pools: [String]
    /// Names of disks, for rules about disks; empty for other rules.
    public var disks: [String] = []

    var json: JSONValue {
        var object: JSONObject = [
            "name": .string(model.name),
            "scope": .string(model.scope.rawValue),
            "mode": .string(model.mode.rawValue),
            "timeToFailure": model.timeToFailure.json(.duration),
            "timeToRepair": model.timeToRepair.json(.duration),
            "age": .string(model.age.rawValue),
            "pools": .array(pools.map(JSONValue.string)),
        ]
        if model.scope == .disk { object["disks"] = .array(disks.map(JSONValue.string)) }
        return .object(object)
    }
}
