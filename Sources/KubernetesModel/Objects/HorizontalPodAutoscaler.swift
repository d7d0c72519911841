import OrderedCollections

/// Names an object of the same namespace whatever version its kind is served in.
public struct CrossVersionObjectReference: Hashable, FieldMapped {
    public var kind = ""
    public var name = ""
    public var apiVersion = ""

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredString("kind", &kind)
        fields.requiredString("name", &name)
        fields.string("apiVersion", &apiVersion)
    }
}

/// A metric by its name, and by labels of its own where the name is not enough.
public struct MetricIdentifier: Hashable, FieldMapped {
    public var name = ""
    public var selector: LabelSelector?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredString("name", &name)
        fields.part("selector", &selector)
    }
}

/// What a metric is to be.
public struct MetricTarget: Hashable, FieldMapped {
    /// `Utilization`, `Value` or `AverageValue`.
    public var type = ""
    public var value: Quantity?
    public var averageValue: Quantity?
    /// In percent of what the pods request.
    public var averageUtilization: Int64?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredString("type", &type)
        fields.quantity("value", &value)
        fields.quantity("averageValue", &averageValue)
        fields.int("averageUtilization", &averageUtilization)
    }
}

/// What a metric was when it was last read.
public struct MetricValueStatus: Hashable, FieldMapped {
    public var value: Quantity?
    public var averageValue: Quantity?
    public var averageUtilization: Int64?

    public init() {}

    public init(value: Quantity? = nil, averageValue: Quantity? = nil, averageUtilization: Int64? = nil) {
        self.value = value
        self.averageValue = averageValue
        self.averageUtilization = averageUtilization
    }

    public mutating func map(_ fields: inout Fields) {
        fields.quantity("value", &value)
        fields.quantity("averageValue", &averageValue)
        fields.int("averageUtilization", &averageUtilization)
    }
}

/// Where a metric comes from; which of the members are there depends on its type.
public struct MetricSource: Hashable, FieldMapped {
    /// Of a resource: `cpu`.
    public var name: String?
    public var container: String?
    public var describedObject: CrossVersionObjectReference?
    public var metric: MetricIdentifier?
    public var target = MetricTarget()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.string("name", &name)
        fields.string("container", &container)
        fields.part("describedObject", &describedObject)
        fields.part("metric", &metric)
        fields.part("target", &target)
    }
}

/// A metric as it was read; which of the members are there depends on its type.
public struct MetricReading: Hashable, FieldMapped {
    public var name: String?
    public var container: String?
    public var describedObject: CrossVersionObjectReference?
    public var metric: MetricIdentifier?
    public var current = MetricValueStatus()

    public init() {}

    /// A reading of this source.
    public init(of source: MetricSource, _ current: MetricValueStatus) {
        name = source.name
        container = source.container
        describedObject = source.describedObject
        metric = source.metric
        self.current = current
    }

    public mutating func map(_ fields: inout Fields) {
        fields.string("name", &name)
        fields.string("container", &container)
        fields.part("describedObject", &describedObject)
        fields.part("metric", &metric)
        fields.part("current", &current)
    }
}

/// One metric: of the members beside `type` the one that it names.
public struct TypedMetric<Part: FieldMapped & Hashable & Sendable>: Hashable, FieldMapped {
    /// `Resource`, `ContainerResource`, `Pods`, `Object` or `External`.
    public var type = ""
    public var object: Part?
    public var pods: Part?
    public var resource: Part?
    public var containerResource: Part?
    public var external: Part?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredString("type", &type)
        fields.part("object", &object)
        fields.part("pods", &pods)
        fields.part("resource", &resource)
        fields.part("containerResource", &containerResource)
        fields.part("external", &external)
    }
}

/// One metric that an autoscaler goes by.
public typealias MetricSpec = TypedMetric<MetricSource>

/// What became of one metric; none of the members after a failure.
public typealias MetricStatus = TypedMetric<MetricReading>

/// How fast an autoscaler may go in one direction.
public struct HPAScalingRules: Hashable, FieldMapped {
    public struct Policy: Hashable, FieldMapped {
        /// `Pods` or `Percent`.
        public var type = ""
        public var value: Int64 = 0
        public var periodSeconds: Int64 = 0

        public init() {}

        public mutating func map(_ fields: inout Fields) {
            fields.requiredString("type", &type)
            fields.requiredInt("value", &value)
            fields.requiredInt("periodSeconds", &periodSeconds)
        }
    }

    public var stabilizationWindowSeconds: Int64?
    /// `Max`, `Min` or `Disabled`.
    public var selectPolicy: String?
    public var policies: [Policy] = []
    /// The part of the target by which a metric may differ from it.
    public var tolerance: Quantity?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.int("stabilizationWindowSeconds", &stabilizationWindowSeconds)
        fields.string("selectPolicy", &selectPolicy)
        fields.list("policies", &policies)
        fields.quantity("tolerance", &tolerance)
    }
}

public struct HPABehavior: Hashable, FieldMapped {
    public var scaleUp: HPAScalingRules?
    public var scaleDown: HPAScalingRules?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("scaleUp", &scaleUp)
        fields.part("scaleDown", &scaleDown)
    }
}

public struct HorizontalPodAutoscalerSpec: Hashable, FieldMapped {
    public var scaleTargetRef = CrossVersionObjectReference()
    public var minReplicas: Int64?
    public var maxReplicas: Int64 = 0
    public var metrics: [MetricSpec] = []
    public var behavior: HPABehavior?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("scaleTargetRef", &scaleTargetRef)
        fields.int("minReplicas", &minReplicas)
        fields.requiredInt("maxReplicas", &maxReplicas)
        fields.list("metrics", &metrics)
        fields.part("behavior", &behavior)
    }
}

public struct HorizontalPodAutoscalerStatus: Hashable, FieldMapped {
    public var observedGeneration: Int64?
    public var lastScaleTime: Timestamp?
    public var currentReplicas: Int64 = 0
    public var desiredReplicas: Int64 = 0
    public var currentMetrics: [MetricStatus] = []
    public var conditions: [Condition] = []

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.int("observedGeneration", &observedGeneration)
        fields.time("lastScaleTime", &lastScaleTime)
        fields.int("currentReplicas", &currentReplicas)
        fields.requiredInt("desiredReplicas", &desiredReplicas)
        fields.nullableList("currentMetrics", &currentMetrics)
        fields.list("conditions", &conditions)
    }
}

/// Keeps the size of a workload in step with metrics.
public struct HorizontalPodAutoscaler: FieldMappedObject {
    public static let kind = ObjectKind.horizontalPodAutoscaler
    public var metadata = ObjectMeta()
    public var spec = HorizontalPodAutoscalerSpec()
    public var status = HorizontalPodAutoscalerStatus()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.part("spec", &spec)
        fields.part("status", &status)
    }
}

extension Fields {
    /// A quantity; a text that is none counts as absent.
    fileprivate mutating func quantity(_ name: String, _ value: inout Quantity?) {
        field(name, &value, read: { try? Quantity(json: $0) }, write: { $0.map { .string($0.description) } })
    }

    /// A list without `omitempty`: the empty list is written as null, as Go writes a nil slice.
    fileprivate mutating func nullableList<Part: FieldMapped>(_ name: String, _ value: inout [Part]) {
        let epoch = epoch
        field(
            name, &value,
            read: { $0.arrayValue.map { $0.map { Part(fields: $0.objectValue ?? [:], epoch: epoch) } } },
            write: { $0.isEmpty ? .null : .array($0.map { .object($0.fields(epoch: epoch)) }) })
    }
}
