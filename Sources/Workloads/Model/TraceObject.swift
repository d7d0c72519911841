public import KubernetesModel
public import SimulationKernel

/// A Kubernetes object that a recording applied or deleted at a moment.
public struct TraceObject: Hashable, Sendable {
    public enum Action: UInt8, Hashable, Sendable {
        case apply, delete
    }

    public var time: VirtualTime
    public var action: Action
    /// The whole object as recorded.
    public var object: JSONValue
    /// How long the pods that come of this object lived, in the order of their creation; empty when the
    /// recording does not say.
    public var podLifetimes: [PodLifetime]

    public init(time: VirtualTime, action: Action, object: JSONValue, podLifetimes: [PodLifetime] = []) {
        self.time = time
        self.action = action
        self.object = object
        self.podLifetimes = podLifetimes
    }

    /// From when to when one recorded pod ran.
    public struct PodLifetime: Hashable, Sendable {
        /// The recorder's hash of the pod's specification: pods of one template have the same.
        public var specHash: UInt64
        public var start: VirtualTime
        /// Nil: it was still running at the end of the recording.
        public var end: VirtualTime?

        public init(specHash: UInt64, start: VirtualTime, end: VirtualTime?) {
            self.specHash = specHash
            self.start = start
            self.end = end
        }
    }

    public var kind: String { object["kind"]?.stringValue ?? "" }
    public var name: String { object["metadata"]?["name"]?.stringValue ?? "" }
    public var namespace: String { object["metadata"]?["namespace"]?.stringValue ?? "" }
}
