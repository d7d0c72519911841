import OrderedCollections
import SimulationKernel

/// What pods of a workload are made from.
public struct PodTemplate: Hashable, FieldMapped {
    public var metadata = ObjectMeta()
    public var spec = PodSpec(source: [:])
    /// The node that the pods name themselves, past the scheduler; empty mostly.
    public var nodeName = ""

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.optionalTemplateMetadata(&metadata)
        var node = nodeName
        if fields.digests(
            "spec", isPresent: true,
            {
                $0.combine(json: .object(spec.source))
                $0.combine(node)
            })
        {
            return
        }
        fields.field(
            "spec", &spec,
            read: { member in
                node = member["nodeName"]?.stringValue ?? ""
                return member.objectValue.map { PodSpec(source: $0) }
            },
            write: { spec in
                var members = spec.source
                if !node.isEmpty { members["nodeName"] = .string(node) }
                return .object(members)
            })
        nodeName = node
    }
}

extension Fields {
    fileprivate mutating func optionalTemplateMetadata(_ metadata: inout ObjectMeta) {
        part("metadata", &metadata)
    }
}

/// A number of pods, or a percentage of a total.
public enum IntOrPercent: Hashable, Sendable {
    case count(Int64)
    /// As written: `25%`.
    case percent(String)

    public init?(json: JSONValue) {
        switch json {
        case .integer(let value): self = .count(value)
        case .string(let text): self = .percent(text)
        default: return nil
        }
    }

    public var json: JSONValue {
        switch self {
        case .count(let value): .integer(value)
        case .percent(let text): .string(text)
        }
    }

    /// The number meant for a total; nil when the text is no percentage.
    ///
    /// Upstream: `apimachinery/pkg/util/intstr`, `GetScaledValueFromIntOrPercent` (v1.36).
    public func scaled(total: Int64, roundingUp: Bool) -> Int64? {
        switch self {
        case .count(let value): return value
        case .percent(let text):
            guard text.hasSuffix("%"), let percent = Int64(text.dropLast()) else { return nil }
            let product = Double(percent) * Double(total) / 100
            return Int64(roundingUp ? product.rounded(.up) : product.rounded(.down))
        }
    }
}

extension Fields {
    public mutating func intOrPercent(_ name: String, _ value: inout IntOrPercent?) {
        field(name, &value, read: { IntOrPercent(json: $0) }, write: { $0?.json })
    }
}

/// Counts and conditions that ReplicaSets and ReplicationControllers report.
public struct ReplicaSetStatus: Hashable, FieldMapped {
    public var replicas: Int64 = 0
    public var fullyLabeledReplicas: Int64 = 0
    public var readyReplicas: Int64 = 0
    public var availableReplicas: Int64 = 0
    public var terminatingReplicas: Int64?
    public var observedGeneration: Int64 = 0
    public var conditions: [Condition] = []

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredInt("replicas", &replicas)
        fields.int("fullyLabeledReplicas", &fullyLabeledReplicas)
        fields.int("readyReplicas", &readyReplicas)
        fields.int("availableReplicas", &availableReplicas)
        fields.int("terminatingReplicas", &terminatingReplicas)
        fields.int("observedGeneration", &observedGeneration)
        fields.list("conditions", &conditions)
    }
}

public struct ReplicaSetSpec: Hashable, FieldMapped {
    public var replicas: Int64 = 1
    public var minReadySeconds: Int64 = 0
    public var selector = LabelSelector()
    public var template = PodTemplate()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredInt("replicas", &replicas)
        fields.int("minReadySeconds", &minReadySeconds)
        fields.part("selector", &selector)
        fields.part("template", &template)
    }
}

public struct ReplicaSet: FieldMappedObject {
    public static let kind = ObjectKind.replicaSet
    public var metadata = ObjectMeta()
    public var spec = ReplicaSetSpec()
    public var status = ReplicaSetStatus()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.part("spec", &spec)
        fields.part("status", &status)
    }
}

public struct ReplicationControllerSpec: Hashable, FieldMapped {
    public var replicas: Int64 = 1
    public var minReadySeconds: Int64 = 0
    public var selector = StringMap()
    public var template = PodTemplate()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredInt("replicas", &replicas)
        fields.int("minReadySeconds", &minReadySeconds)
        fields.map("selector", &selector)
        fields.part("template", &template)
    }
}

public struct ReplicationController: FieldMappedObject {
    public static let kind = ObjectKind.replicationController
    public var metadata = ObjectMeta()
    public var spec = ReplicationControllerSpec()
    public var status = ReplicaSetStatus()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.part("spec", &spec)
        fields.part("status", &status)
    }
}

public struct DeploymentStrategy: Hashable, FieldMapped {
    public struct RollingUpdate: Hashable, FieldMapped {
        public var maxUnavailable: IntOrPercent?
        public var maxSurge: IntOrPercent?
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.intOrPercent("maxUnavailable", &maxUnavailable)
            fields.intOrPercent("maxSurge", &maxSurge)
        }
    }
    /// `RollingUpdate` or `Recreate`.
    public var type = ""
    public var rollingUpdate: RollingUpdate?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.string("type", &type)
        fields.part("rollingUpdate", &rollingUpdate)
    }
}

public struct DeploymentSpec: Hashable, FieldMapped {
    public var replicas: Int64 = 1
    public var selector = LabelSelector()
    public var template = PodTemplate()
    public var strategy = DeploymentStrategy()
    public var minReadySeconds: Int64 = 0
    public var revisionHistoryLimit: Int64?
    public var paused = false
    public var progressDeadlineSeconds: Int64?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredInt("replicas", &replicas)
        fields.part("selector", &selector)
        fields.part("template", &template)
        fields.part("strategy", &strategy)
        fields.int("minReadySeconds", &minReadySeconds)
        fields.int("revisionHistoryLimit", &revisionHistoryLimit)
        fields.bool("paused", &paused)
        fields.int("progressDeadlineSeconds", &progressDeadlineSeconds)
    }
}

public struct DeploymentStatus: Hashable, FieldMapped {
    public var observedGeneration: Int64 = 0
    public var replicas: Int64 = 0
    public var updatedReplicas: Int64 = 0
    public var readyReplicas: Int64 = 0
    public var availableReplicas: Int64 = 0
    public var unavailableReplicas: Int64 = 0
    public var terminatingReplicas: Int64?
    public var conditions: [Condition] = []
    public var collisionCount: Int64?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.int("observedGeneration", &observedGeneration)
        fields.int("replicas", &replicas)
        fields.int("updatedReplicas", &updatedReplicas)
        fields.int("readyReplicas", &readyReplicas)
        fields.int("availableReplicas", &availableReplicas)
        fields.int("unavailableReplicas", &unavailableReplicas)
        fields.int("terminatingReplicas", &terminatingReplicas)
        fields.list("conditions", &conditions)
        fields.int("collisionCount", &collisionCount)
    }
}

public struct Deployment: FieldMappedObject {
    public static let kind = ObjectKind.deployment
    public var metadata = ObjectMeta()
    public var spec = DeploymentSpec()
    public var status = DeploymentStatus()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.part("spec", &spec)
        fields.part("status", &status)
    }
}

public struct StatefulSetSpec: Hashable, FieldMapped {
    public struct UpdateStrategy: Hashable, FieldMapped {
        public struct RollingUpdate: Hashable, FieldMapped {
            public var partition: Int64?
            public var maxUnavailable: IntOrPercent?
            public init() {}
            public mutating func map(_ fields: inout Fields) {
                fields.int("partition", &partition)
                fields.intOrPercent("maxUnavailable", &maxUnavailable)
            }
        }
        /// `RollingUpdate` or `OnDelete`.
        public var type = ""
        public var rollingUpdate: RollingUpdate?
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.string("type", &type)
            fields.part("rollingUpdate", &rollingUpdate)
        }
    }
    public struct RetentionPolicy: Hashable, FieldMapped {
        /// `Retain` or `Delete`.
        public var whenDeleted = ""
        public var whenScaled = ""
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.string("whenDeleted", &whenDeleted)
            fields.string("whenScaled", &whenScaled)
        }
    }
    public struct Ordinals: Hashable, FieldMapped {
        public var start: Int64 = 0
        public init() {}
        public mutating func map(_ fields: inout Fields) { fields.requiredInt("start", &start) }
    }

    public var replicas: Int64 = 1
    public var selector = LabelSelector()
    public var template = PodTemplate()
    public var volumeClaimTemplates: [PersistentVolumeClaim] = []
    public var serviceName = ""
    /// `OrderedReady` or `Parallel`.
    public var podManagementPolicy = ""
    public var updateStrategy = UpdateStrategy()
    public var revisionHistoryLimit: Int64?
    public var minReadySeconds: Int64 = 0
    public var persistentVolumeClaimRetentionPolicy: RetentionPolicy?
    public var ordinals: Ordinals?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredInt("replicas", &replicas)
        fields.part("selector", &selector)
        fields.part("template", &template)
        fields.claimTemplates(&volumeClaimTemplates)
        fields.requiredString("serviceName", &serviceName)
        fields.string("podManagementPolicy", &podManagementPolicy)
        fields.part("updateStrategy", &updateStrategy)
        fields.int("revisionHistoryLimit", &revisionHistoryLimit)
        fields.int("minReadySeconds", &minReadySeconds)
        fields.part("persistentVolumeClaimRetentionPolicy", &persistentVolumeClaimRetentionPolicy)
        fields.part("ordinals", &ordinals)
    }
}

extension Fields {
    /// Claim templates are whole objects: they carry their kind and version.
    fileprivate mutating func claimTemplates(_ claims: inout [PersistentVolumeClaim]) {
        let epoch = epoch
        field(
            "volumeClaimTemplates", &claims,
            read: {
                $0.arrayValue?.map { PersistentVolumeClaim(tree: $0.objectValue ?? [:], epoch: epoch) }
            },
            write: { $0.isEmpty ? nil : .array($0.map { $0.tree(epoch: epoch) }) })
    }
}

public struct StatefulSetStatus: Hashable, FieldMapped {
    public var observedGeneration: Int64 = 0
    public var replicas: Int64 = 0
    public var readyReplicas: Int64 = 0
    public var currentReplicas: Int64 = 0
    public var updatedReplicas: Int64 = 0
    public var availableReplicas: Int64 = 0
    public var currentRevision = ""
    public var updateRevision = ""
    public var collisionCount: Int64?
    public var conditions: [Condition] = []

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.int("observedGeneration", &observedGeneration)
        fields.requiredInt("replicas", &replicas)
        fields.int("readyReplicas", &readyReplicas)
        fields.int("currentReplicas", &currentReplicas)
        fields.int("updatedReplicas", &updatedReplicas)
        fields.string("currentRevision", &currentRevision)
        fields.string("updateRevision", &updateRevision)
        fields.int("collisionCount", &collisionCount)
        fields.list("conditions", &conditions)
        fields.requiredInt("availableReplicas", &availableReplicas)
    }
}

public struct StatefulSet: FieldMappedObject {
    public static let kind = ObjectKind.statefulSet
    public var metadata = ObjectMeta()
    public var spec = StatefulSetSpec()
    public var status = StatefulSetStatus()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.part("spec", &spec)
        fields.part("status", &status)
    }
}

/// A numbered snapshot of a workload's template.
public struct ControllerRevision: FieldMappedObject {
    public static let kind = ObjectKind.controllerRevision
    public var metadata = ObjectMeta()
    public var data: JSONValue?
    public var revision: Int64 = 0

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.tree("data", &data)
        fields.requiredInt("revision", &revision)
    }
}

public struct PodDisruptionBudget: FieldMappedObject {
    public struct Spec: Hashable, FieldMapped {
        public var minAvailable: IntOrPercent?
        public var maxUnavailable: IntOrPercent?
        public var selector: LabelSelector?
        /// `IfHealthyBudget` (also when nil) or `AlwaysAllow`.
        public var unhealthyPodEvictionPolicy: String?
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.intOrPercent("minAvailable", &minAvailable)
            fields.part("selector", &selector)
            fields.intOrPercent("maxUnavailable", &maxUnavailable)
            fields.string("unhealthyPodEvictionPolicy", &unhealthyPodEvictionPolicy)
        }
    }
    public struct Status: Hashable, FieldMapped {
        public var observedGeneration: Int64 = 0
        /// Pods that were evicted but not yet seen to be deleted, with the time of the eviction.
        public var disruptedPods: [String: Timestamp] = [:]
        public var disruptionsAllowed: Int64 = 0
        public var currentHealthy: Int64 = 0
        public var desiredHealthy: Int64 = 0
        public var expectedPods: Int64 = 0
        public var conditions: [Condition] = []
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.int("observedGeneration", &observedGeneration)
            fields.times("disruptedPods", &disruptedPods)
            fields.requiredInt("disruptionsAllowed", &disruptionsAllowed)
            fields.requiredInt("currentHealthy", &currentHealthy)
            fields.requiredInt("desiredHealthy", &desiredHealthy)
            fields.requiredInt("expectedPods", &expectedPods)
            fields.list("conditions", &conditions)
        }
    }
    public static let kind = ObjectKind.podDisruptionBudget
    public var metadata = ObjectMeta()
    public var spec = Spec()
    public var status = Status()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.part("spec", &spec)
        fields.part("status", &status)
    }
}

extension Fields {
    /// A map of times by name; the empty map is not written.
    fileprivate mutating func times(_ name: String, _ value: inout [String: Timestamp]) {
        let epoch = epoch
        field(
            name, &value,
            read: { member in
                guard let members = member.objectValue else { return nil }
                var times: [String: Timestamp] = [:]
                for (key, text) in members {
                    guard let time = text.stringValue.flatMap(CalendarTime.init(rfc3339:)) else { continue }
                    times[key] = Timestamp(seconds: time.unixSeconds - epoch.unixSeconds)
                }
                return times
            },
            write: { times in
                if times.isEmpty { return nil }
                var members = JSONObject()
                for key in times.keys.sorted() {
                    let seconds = epoch.unixSeconds + times[key]!.seconds
                    members[key] = .string(CalendarTime(unixSeconds: seconds).rfc3339)
                }
                return .object(members)
            })
    }
}
