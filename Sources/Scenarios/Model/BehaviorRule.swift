public import KubernetesModel
import OrderedCollections
public import Stochastics
public import VirtualNodes

/// What the containers of some pods do, as far as the cluster can see it.
///
/// Times are distributions in seconds, drawn anew for each start of a container.
public struct BehaviorRule: Sendable {
    /// How long a container runs if nobody stops it.
    public enum Run: Hashable, Sendable {
        /// Until it is stopped.
        case service
        /// For a time, and then it exits.
        case finite
    }

    /// Ends some or all starts of a container early.
    public struct Crash: Sendable {
        /// From the start of the container.
        public var after: Distribution
        /// How many starts of a pod's container crash, counted from the first; nil for all.
        public var times: Int64?
        public var exitCode: Int32
    }

    /// How a container ends when a disk fails on which it has a volume.
    public struct DiskFailure: Sendable {
        /// From the failure to the exit.
        public var after: Distribution
        public var exitCode: Int32
    }

    public var name: String
    public var selector: LabelSelector
    /// Nil for pods in every namespace.
    public var namespace: String?
    /// The container, init containers included; nil for every container that is no init container.
    public var container: String?
    /// From the start of the process until it serves: its probes fail before.
    public var startup: Distribution
    public var run: Run
    /// The time that a finite run takes.
    public var runTime: Distribution?
    /// From the end of the start-up until readiness probes succeed.
    public var readinessDelay: Distribution
    /// Cores and bytes that the container uses from its start on; nil where it takes no part in contention.
    public var cpuUsage: UsagePattern?
    public var memoryUsage: UsagePattern?
    /// The exit code of a finite run.
    public var exitCode: Int32
    public var crash: Crash?
    /// From the start of the container until liveness probes begin to fail; nil for never.
    public var livenessFailsAfter: Distribution?
    /// What a preStop hook takes, for containers that have one.
    public var preStop: Distribution
    /// From SIGTERM to the exit of the process.
    public var shutdown: Distribution
    /// Whether the process goes on after SIGTERM, until SIGKILL.
    public var ignoresSIGTERM: Bool
    /// Nil for containers that go on.
    public var diskFailure: DiskFailure?

    /// Whether the rule is for this container of a pod.
    public func matches(namespace: String, labels: Labels, container: String, isInit: Bool) -> Bool {
        if let wanted = self.namespace, wanted != namespace { return false }
        if let wanted = self.container {
            if wanted != container { return false }
        } else if isInit {
            return false
        }
        return selector.matches(labels)
    }

    var json: JSONValue {
        var object: JSONObject = ["name": .string(name), "selector": .object(selector.jsonObject)]
        if let namespace { object["namespace"] = .string(namespace) }
        if let container { object["container"] = .string(container) }
        object["startup"] = startup.json(.duration)
        if run == .service { object["service"] = true }
        if let runTime { object["runTime"] = runTime.json(.duration) }
        object["readinessDelay"] = readinessDelay.json(.duration)
        var usage: JSONObject = [:]
        if let cpuUsage { usage["cpu"] = cpuUsage.json }
        if let memoryUsage { usage["memory"] = memoryUsage.json }
        if !usage.isEmpty { object["usage"] = .object(usage) }
        if run == .finite { object["exitCode"] = .integer(Int64(exitCode)) }
        if let crash {
            var pattern: JSONObject = ["after": crash.after.json(.duration)]
            if let times = crash.times { pattern["times"] = .integer(times) }
            pattern["exitCode"] = .integer(Int64(crash.exitCode))
            object["crash"] = .object(pattern)
        }
        if let livenessFailsAfter { object["livenessFailsAfter"] = livenessFailsAfter.json(.duration) }
        object["preStop"] = preStop.json(.duration)
        object["shutdown"] = shutdown.json(.duration)
        object["ignoresSIGTERM"] = .bool(ignoresSIGTERM)
        object["diskFailure"] =
            diskFailure.map {
                .object(["after": $0.after.json(.duration), "exitCode": .integer(Int64($0.exitCode))])
            } ?? .object(["exits": false])
        return .object(object)
    }
}

extension LabelSelector {
    var jsonObject: JSONObject {
        var object: JSONObject = [:]
        var labels: JSONObject = [:]
        for entry in matchLabels.entries { labels[entry.key] = .string(entry.value) }
        if !labels.isEmpty { object["matchLabels"] = .object(labels) }
        if !matchExpressions.isEmpty {
            object["matchExpressions"] = .array(
                matchExpressions.map { requirement in
                    var expression: JSONObject = [
                        "key": .string(requirement.key), "operator": .string(requirement.operatorName),
                    ]
                    if !requirement.values.isEmpty {
                        expression["values"] = .array(requirement.values.map(JSONValue.string))
                    }
                    return .object(expression)
                })
        }
        return object
    }
}
