public import OrderedCollections

public enum PodPhase: String, Hashable, Sendable {
    case pending = "Pending"
    case running = "Running"
    case succeeded = "Succeeded"
    case failed = "Failed"
    case unknown = "Unknown"
    /// Before the API server has set one.
    case none = ""

    /// Whether the pod has ended for good.
    @inlinable public var isTerminal: Bool { self == .succeeded || self == .failed }
}

/// What a container is doing, or did last.
public enum ContainerState: Hashable, Sendable {
    case waiting(reason: String, message: String)
    case running(startedAt: Timestamp?)
    case terminated(Termination)

    public struct Termination: Hashable, FieldMapped {
        public var exitCode: Int64 = 0
        public var signal: Int64 = 0
        public var reason = ""
        public var message = ""
        public var startedAt: Timestamp?
        public var finishedAt: Timestamp?
        public var containerID = ""
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.requiredInt("exitCode", &exitCode)
            fields.int("signal", &signal)
            fields.string("reason", &reason)
            fields.string("message", &message)
            fields.time("startedAt", &startedAt)
            fields.time("finishedAt", &finishedAt)
            fields.string("containerID", &containerID)
        }
    }

    public var termination: Termination? { if case .terminated(let value) = self { value } else { nil } }
    public var isRunning: Bool { if case .running = self { true } else { false } }
}

/// A container's part of a pod's status.
public struct ContainerStatus: Hashable, FieldMapped {
    public var name = ""
    public var state: ContainerState?
    public var lastState: ContainerState?
    public var ready = false
    public var started: Bool?
    public var restartCount: Int64 = 0
    public var image = ""
    public var imageID = ""
    public var containerID = ""
    public var rest = JSONObject()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredString("name", &name)
        fields.containerState("state", &state)
        fields.containerState("lastState", &lastState)
        var ready: Bool? = self.ready
        fields.bool("ready", &ready)
        self.ready = ready ?? false
        fields.requiredInt("restartCount", &restartCount)
        fields.requiredString("image", &image)
        fields.requiredString("imageID", &imageID)
        fields.string("containerID", &containerID)
        fields.bool("started", &started)
        fields.rest(&rest)
    }
}

/// What the system last observed of a pod.
///
/// What a pod has from its node only is one record, which versions share: pods that wait for a node, or have just
/// got one, are copied without it.
public struct PodStatus: Hashable, FieldMapped {
    public var phase = PodPhase.none
    public var qosClass: QualityOfService?
    public var observedGeneration: Int64 = 0
    public var conditions: [Condition] = []
    public var startTime: Timestamp?
    /// Nil when all of it is empty, so that equal statuses are equal here, too.
    private var reported: Ref<Report>?

    /// What kubelets report, and what there seldom is.
    public struct Report: Hashable, Sendable {
        public var message = ""
        public var reason = ""
        public var nominatedNodeName = ""
        public var hostIP = ""
        public var podIP = ""
        public var initContainerStatuses: [ContainerStatus] = []
        public var containerStatuses: [ContainerStatus] = []
        public var rest = JSONObject()

        public init() {}

        var isEmpty: Bool {
            message.isEmpty && reason.isEmpty && nominatedNodeName.isEmpty && hostIP.isEmpty && podIP.isEmpty
                && initContainerStatuses.isEmpty && containerStatuses.isEmpty && rest.isEmpty
        }
    }

    public init() {}

    /// All of what is kept apart, for who sets more than one part of it: each part set alone makes a copy.
    public var report: Report {
        get { reported?.value ?? Report() }
        set { reported = newValue.isEmpty ? nil : Ref(newValue) }
    }

    /// Whether any of ``report`` is there at all.
    var hasReport: Bool { reported != nil }

    private mutating func change(_ change: (inout Report) -> Void) {
        var changed = report
        change(&changed)
        report = changed
    }

    public var message: String {
        get { reported?.value.message ?? "" }
        set { if reported != nil || !newValue.isEmpty { change { $0.message = newValue } } }
    }
    public var reason: String {
        get { reported?.value.reason ?? "" }
        set { if reported != nil || !newValue.isEmpty { change { $0.reason = newValue } } }
    }
    public var nominatedNodeName: String {
        get { reported?.value.nominatedNodeName ?? "" }
        set {
            if newValue.isEmpty && nominatedNodeName.isEmpty { return }
            change { $0.nominatedNodeName = newValue }
        }
    }
    public var hostIP: String {
        get { reported?.value.hostIP ?? "" }
        set { if reported != nil || !newValue.isEmpty { change { $0.hostIP = newValue } } }
    }
    public var podIP: String {
        get { reported?.value.podIP ?? "" }
        set { if reported != nil || !newValue.isEmpty { change { $0.podIP = newValue } } }
    }
    public var initContainerStatuses: [ContainerStatus] {
        get { reported?.value.initContainerStatuses ?? [] }
        set { if reported != nil || !newValue.isEmpty { change { $0.initContainerStatuses = newValue } } }
    }
    public var containerStatuses: [ContainerStatus] {
        get { reported?.value.containerStatuses ?? [] }
        set { if reported != nil || !newValue.isEmpty { change { $0.containerStatuses = newValue } } }
    }
    public var rest: JSONObject {
        get { reported?.value.rest ?? [:] }
        set { if reported != nil || !newValue.isEmpty { change { $0.rest = newValue } } }
    }

    public mutating func map(_ fields: inout Fields) {
        var reported = report
        fields.int("observedGeneration", &observedGeneration)
        fields.choice("phase", &phase)
        fields.list("conditions", &conditions)
        fields.string("message", &reported.message)
        fields.string("reason", &reported.reason)
        fields.string("nominatedNodeName", &reported.nominatedNodeName)
        fields.string("hostIP", &reported.hostIP)
        fields.string("podIP", &reported.podIP)
        // Derived from the one address, so it is not kept twice.
        var addresses: JSONValue? = reported.podIP.isEmpty ? nil : [["ip": .string(reported.podIP)]]
        fields.tree("podIPs", &addresses)
        var hostAddresses: JSONValue? = reported.hostIP.isEmpty ? nil : [["ip": .string(reported.hostIP)]]
        fields.tree("hostIPs", &hostAddresses)
        fields.time("startTime", &startTime)
        fields.list("initContainerStatuses", &reported.initContainerStatuses)
        fields.list("containerStatuses", &reported.containerStatuses)
        fields.choice("qosClass", &qosClass)
        fields.rest(&reported.rest)
        if fields.isReading { report = reported }
    }
}

/// A pod: its own small record beside the spec that it shares.
public struct Pod: KubernetesObject {
    public static let kind = ObjectKind.pod

    public var metadata = ObjectMeta()
    public var spec: PodSpec
    /// The node to which the pod is bound; empty before.
    public var nodeName = ""
    public var status = PodStatus()

    public init(metadata: ObjectMeta, spec: PodSpec, nodeName: String = "", status: PodStatus = PodStatus()) {
        self.metadata = metadata
        self.spec = spec
        self.nodeName = nodeName
        self.status = status
    }

    public init(tree: JSONObject, epoch: CalendarTime) {
        metadata = ObjectMeta(fields: tree["metadata"]?.objectValue ?? [:], epoch: epoch)
        let specTree = tree["spec"]?.objectValue ?? [:]
        nodeName = specTree["nodeName"]?.stringValue ?? ""
        spec = PodSpec(source: specTree)
        status = PodStatus(fields: tree["status"]?.objectValue ?? [:], epoch: epoch)
    }

    public func members(epoch: CalendarTime) -> JSONObject {
        var specTree = spec.source
        if !nodeName.isEmpty { specTree["nodeName"] = .string(nodeName) }
        return [
            "metadata": .object(metadata.fields(epoch: epoch)), "spec": .object(specTree),
            "status": .object(status.fields(epoch: epoch)),
        ]
    }

    /// Whether the pod is neither finished nor being deleted (`controller.IsPodActive`).
    public var isActive: Bool { !status.phase.isTerminal && metadata.deletionTimestamp == nil }

    /// Whether the Ready condition is true (`podutil.IsPodReady`).
    public var isReady: Bool { status.conditions.isTrue("Ready") }

    /// Whether the pod has been ready for that many seconds at a moment (`podutil.IsPodAvailable`).
    public func isAvailable(minReadySeconds: Int64, at now: Timestamp) -> Bool {
        guard let ready = status.conditions["Ready"], ready.status == .isTrue else { return false }
        if minReadySeconds == 0 { return true }
        guard let since = ready.lastTransitionTime else { return false }
        return since.seconds + minReadySeconds <= now.seconds
    }
}

extension Fields {
    mutating func containerState(_ name: String, _ value: inout ContainerState?) {
        let epoch = epoch
        field(
            name, &value,
            read: { member in
                if let waiting = member["waiting"] {
                    return .waiting(
                        reason: waiting["reason"]?.stringValue ?? "",
                        message: waiting["message"]?.stringValue ?? "")
                }
                if let running = member["running"]?.objectValue {
                    var fields = Fields(reading: running, epoch: epoch)
                    var startedAt: Timestamp?
                    fields.time("startedAt", &startedAt)
                    return .running(startedAt: startedAt)
                }
                if let terminated = member["terminated"]?.objectValue {
                    return .terminated(.init(fields: terminated, epoch: epoch))
                }
                return nil
            },
            write: { state in
                switch state {
                case nil: return name == "state" || name == "lastState" ? .object([:]) : nil
                case .waiting(let reason, let message):
                    var members = JSONObject()
                    if !reason.isEmpty { members["reason"] = .string(reason) }
                    if !message.isEmpty { members["message"] = .string(message) }
                    return .object(["waiting": .object(members)])
                case .running(var startedAt):
                    var fields = Fields(writing: epoch)
                    fields.time("startedAt", &startedAt)
                    return .object(["running": .object(fields.members)])
                case .terminated(let termination):
                    return .object(["terminated": .object(termination.fields(epoch: epoch))])
                }
            })
    }
}
