public import OrderedCollections
public import SimulationKernel

/// What one of the metrics APIs answers: resources by pod and container, or single values.
///
/// Stands for `PodMetricsList` of `metrics.k8s.io/v1beta1`, `MetricValueList` of `custom.metrics.k8s.io/v1beta2`
/// and `ExternalMetricValueList` of `external.metrics.k8s.io/v1beta1`.
public struct MetricValueList: KubernetesObject {
    public static let kind = ObjectKind.metricValueList

    /// What one container uses.
    public struct ContainerUsage: Hashable, Sendable {
        public var name: String
        public var usage: ResourceList

        public init(name: String, usage: ResourceList) {
            self.name = name
            self.usage = usage
        }
    }

    /// One pod's resources, or one value.
    public struct Item: Hashable, Sendable {
        /// Of the pod or the object; empty for external metrics.
        public var name: String
        /// Whole seconds, as `metav1.Time` carries it.
        public var timestamp: VirtualTime
        /// Over what time the value was taken; nil where the API did not say.
        public var window: VirtualDuration?
        public var containers: [ContainerUsage] = []
        public var value = Quantity.zero

        public init(
            name: String, timestamp: VirtualTime, window: VirtualDuration?, containers: [ContainerUsage] = [],
            value: Quantity = .zero
        ) {
            self.name = name
            self.timestamp = timestamp
            self.window = window
            self.containers = containers
            self.value = value
        }
    }

    public var metadata = ObjectMeta()
    public var items: [Item] = []

    public init(items: [Item]) { self.items = items }

    /// Answers come from the metrics APIs only: from a tree there is nothing to read.
    public init(tree: JSONObject, epoch: CalendarTime) {}

    public func members(epoch: CalendarTime) -> JSONObject {
        let list = items.map { item -> JSONValue in
            var members: JSONObject = ["metadata": ["name": .string(item.name)]]
            members["timestamp"] = .string(
                CalendarTime(unixSeconds: epoch.unixSeconds + Timestamp(item.timestamp).seconds).rfc3339)
            if let window = item.window { members["window"] = .string(window.description) }
            if item.containers.isEmpty {
                members["value"] = .string(item.value.description)
            } else {
                members["containers"] = .array(
                    item.containers.map { container in
                        var usage: JSONObject = [:]
                        for entry in container.usage.entries {
                            usage[entry.name] = .string(entry.quantity.description)
                        }
                        return ["name": .string(container.name), "usage": .object(usage)]
                    })
            }
            return .object(members)
        }
        return ["metadata": [:], "items": .array(list)]
    }
}

extension Quantity {
    /// A number of billionths.
    public init(nano: Int64, format: Format = .decimalSI) {
        self.init(amount: .small(ScaledInteger(nano, scale: -9)), format: format)
    }
}
