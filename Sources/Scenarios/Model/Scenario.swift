public import KubernetesModel
import OrderedCollections
public import Simulation
public import SimulationKernel

/// Everything that decides a run: a scenario file with its manifests read in and its defaults filled in.
public struct Scenario: Sendable {
    public struct Metadata: Hashable, Sendable {
        public var name: String
        public var description: String
        public var labels: [String: String]
    }

    public static let apiVersion = "simk.dev/v1"
    public static let kind = "Scenario"

    /// The path as the user gave it.
    public var file: String
    public var metadata: Metadata
    public var seed: UInt64
    /// The calendar time of the first moment.
    public var start: CalendarTime
    public var duration: VirtualDuration
    public var cluster: ClusterPlan
    /// Applied in this order at the first moment.
    public var manifests: [ManifestObject]
    /// Objects of another cluster that are there before the first moment.
    public var state: [JSONValue] = []
    /// The first that matches a container rules it.
    public var behaviors: [BehaviorRule]
    /// Custom and external metrics.
    public var metrics: [MetricRule] = []
    /// In the order of time; entries of one moment in the order of the file.
    public var timeline: [TimelineEntry]
    public var failures: [FailureRule]
    public var expectations: [Expectation]
    /// What disturbs the traffic with the API server; nil for nothing.
    public var chaos: ChaosPlan?
    /// Invariants that are not watched.
    public var exemptions: [InvariantExemption] = []
    public var workload: WorkloadPlan?
    /// What is suspicious but no error, in the order of files and places.
    public var warnings: [Diagnostic] = []

    /// The last moment of the run.
    public var end: VirtualTime { .start + duration }

    /// The objects of the first moment and those that the timeline applies.
    var everyManifest: [ManifestObject] {
        manifests
            + timeline.flatMap { entry -> [ManifestObject] in
                if case .apply(let objects) = entry.action { objects } else { [] }
            }
    }

    /// Named moments of the timeline and their times; `start` and `end` are always there.
    public var moments: [String: VirtualTime] {
        var moments: [String: VirtualTime] = ["start": .start, "end": end]
        for entry in timeline { if let name = entry.name { moments[name] = entry.at } }
        return moments
    }
}

extension Scenario {
    /// The scenario with every default written out, as `run.json` holds it: reading it gives the same run.
    ///
    /// Manifests are inline, so that it does not depend on other files.
    public var resolved: JSONValue {
        var members: JSONObject = [
            "apiVersion": .string(Self.apiVersion),
            "kind": .string(Self.kind),
            "metadata": .object([
                "name": .string(metadata.name),
                "description": .string(metadata.description),
                "labels": .object(metadata.labels.sortedObject),
            ]),
            "seed": Int64(exactly: seed).map(JSONValue.integer) ?? .string(String(seed)),
            "start": .string(start.rfc3339),
            "duration": .string(DurationText.text(duration)),
            "cluster": cluster.json,
            "manifests": .array(manifests.map(\.resolved)),
            "behaviors": .array(behaviors.map(\.json)),
            "metrics": .array(metrics.map(\.json)),
            "timeline": .array(timeline.map(\.json)),
            "failures": .array(failures.map(\.json)),
        ]
        if !state.isEmpty { members["state"] = .array(state) }
        if let workload { members["workload"] = workload.json }
        if let chaos { members["chaos"] = chaos.json }
        members["expect"] = .array(expectations.map(\.json))
        if !exemptions.isEmpty {
            members["invariants"] = .object(["except": .array(exemptions.map(\.json))])
        }
        return .object(members)
    }
}

extension [String: String] {
    /// The entries in the order of their keys.
    var sortedObject: JSONObject {
        var object: JSONObject = [:]
        for (key, value) in sorted(by: { $0.key < $1.key }) { object[key] = .string(value) }
        return object
    }
}

extension [String: String?] {
    /// The entries in the order of their keys; nil becomes null.
    var sortedObject: JSONObject {
        var object: JSONObject = [:]
        for (key, value) in sorted(by: { $0.key < $1.key }) {
            object[key] = value.map(JSONValue.string) ?? .null
        }
        return object
    }
}

extension VirtualDuration {
    var json: JSONValue { .string(DurationText.text(self)) }
}
