import KubernetesModel
import OrderedCollections
public import Simulation

/// An invariant that a scenario switches off, and why.
public struct InvariantExemption: Hashable, Sendable {
    public var invariant: InvariantName
    public var reason: String

    public init(invariant: InvariantName, reason: String) {
        self.invariant = invariant
        self.reason = reason
    }

    var json: JSONValue {
        .object(["name": .string(invariant.rawValue), "reason": .string(reason)])
    }
}
