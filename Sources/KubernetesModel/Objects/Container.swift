public import OrderedCollections

/// A container of a pod, as far as simk looks into it; the pod's spec keeps the rest.
public struct Container: Hashable, FieldMapped {
    public var name = ""
    public var image = ""
    public var imagePullPolicy = ImagePullPolicy.ifNotPresent
    /// Only init containers and pods with restart rules set it; `Always` makes an init container a sidecar.
    public var restartPolicy: RestartPolicy?
    public var ports: [ContainerPort] = []
    public var resources = ResourceRequirements()
    public var volumeMounts: [VolumeMount] = []
    public var env: [EnvironmentVariable] = []
    public var envFrom: [EnvironmentSource] = []
    public var startupProbe: Probe?
    public var readinessProbe: Probe?
    public var livenessProbe: Probe?
    public var lifecycle: Lifecycle?
    public var terminationMessagePolicy = ""
    public var rest: JSONObject = [:]

    public init() {}

    /// Whether this is a restartable init container.
    public var isSidecar: Bool { restartPolicy == .always }

    public mutating func map(_ fields: inout Fields) {
        fields.string("name", &name)
        fields.string("image", &image)
        fields.choice("imagePullPolicy", &imagePullPolicy)
        fields.choice("restartPolicy", &restartPolicy)
        fields.list("ports", &ports)
        fields.part("resources", &resources)
        fields.list("volumeMounts", &volumeMounts)
        fields.list("env", &env)
        fields.list("envFrom", &envFrom)
        fields.part("startupProbe", &startupProbe)
        fields.part("readinessProbe", &readinessProbe)
        fields.part("livenessProbe", &livenessProbe)
        fields.part("lifecycle", &lifecycle)
        fields.string("terminationMessagePolicy", &terminationMessagePolicy)
        fields.rest(&rest)
    }
}

public enum ImagePullPolicy: String, Hashable, Sendable {
    case always = "Always"
    case ifNotPresent = "IfNotPresent"
    case never = "Never"
}

public enum RestartPolicy: String, Hashable, Sendable {
    case always = "Always"
    case onFailure = "OnFailure"
    case never = "Never"
}

public struct ContainerPort: Hashable, FieldMapped {
    public var name = ""
    public var containerPort: Int64 = 0
    public var hostPort: Int64 = 0
    public var hostIP = ""
    public var transportProtocol = "TCP"

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.string("name", &name)
        fields.int("hostPort", &hostPort)
        fields.requiredInt("containerPort", &containerPort)
        fields.string("protocol", &transportProtocol)
        fields.string("hostIP", &hostIP)
    }
}

public struct ResourceRequirements: Hashable, FieldMapped {
    public var limits = ResourceList()
    public var requests = ResourceList()
    public var rest: JSONObject = [:]

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.resources("limits", &limits)
        fields.resources("requests", &requests)
        fields.rest(&rest)
    }
}

public struct VolumeMount: Hashable, FieldMapped {
    public var name = ""
    public var mountPath = ""
    public var readOnly = false
    public var rest: JSONObject = [:]

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.string("name", &name)
        fields.string("mountPath", &mountPath)
        fields.bool("readOnly", &readOnly)
        fields.rest(&rest)
    }
}

/// A named object in the pod's own namespace, which may be allowed to be missing.
public struct LocalReference: Hashable, FieldMapped {
    public var name = ""
    public var key = ""
    public var optional: Bool?
    public var rest: JSONObject = [:]

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.string("name", &name)
        fields.string("key", &key)
        fields.bool("optional", &optional)
        fields.rest(&rest)
    }
}

public struct EnvironmentVariable: Hashable, FieldMapped {
    public struct Source: Hashable, FieldMapped {
        public var configMapKeyRef: LocalReference?
        public var secretKeyRef: LocalReference?
        public var rest: JSONObject = [:]
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.part("configMapKeyRef", &configMapKeyRef)
            fields.part("secretKeyRef", &secretKeyRef)
            fields.rest(&rest)
        }
    }
    public var name = ""
    public var value = ""
    public var valueFrom: Source?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredString("name", &name)
        fields.string("value", &value)
        fields.part("valueFrom", &valueFrom)
    }
}

public struct EnvironmentSource: Hashable, FieldMapped {
    public var prefix = ""
    public var configMapRef: LocalReference?
    public var secretRef: LocalReference?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.string("prefix", &prefix)
        fields.part("configMapRef", &configMapRef)
        fields.part("secretRef", &secretRef)
    }
}

/// A probe of a container: when it runs and how many answers it takes. Times are whole seconds.
public struct Probe: Hashable, FieldMapped {
    public var initialDelaySeconds: Int64 = 0
    public var timeoutSeconds: Int64 = 0
    public var periodSeconds: Int64 = 0
    public var successThreshold: Int64 = 0
    public var failureThreshold: Int64 = 0
    public var terminationGracePeriodSeconds: Int64?
    public var exec: JSONValue?
    public var httpGet: JSONValue?
    public var tcpSocket: JSONValue?
    public var grpc: JSONValue?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.tree("exec", &exec)
        fields.tree("httpGet", &httpGet)
        fields.tree("tcpSocket", &tcpSocket)
        fields.tree("grpc", &grpc)
        fields.int("initialDelaySeconds", &initialDelaySeconds)
        fields.int("timeoutSeconds", &timeoutSeconds)
        fields.int("periodSeconds", &periodSeconds)
        fields.int("successThreshold", &successThreshold)
        fields.int("failureThreshold", &failureThreshold)
        fields.int("terminationGracePeriodSeconds", &terminationGracePeriodSeconds)
    }
}

/// What a container does right after its start and right before its end.
public struct Lifecycle: Hashable, FieldMapped {
    public struct Handler: Hashable, FieldMapped {
        public struct Sleep: Hashable, FieldMapped {
            public var seconds: Int64 = 0
            public init() {}
            public mutating func map(_ fields: inout Fields) { fields.requiredInt("seconds", &seconds) }
        }
        public var exec: JSONValue?
        public var httpGet: JSONValue?
        public var tcpSocket: JSONValue?
        public var sleep: Sleep?
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.tree("exec", &exec)
            fields.tree("httpGet", &httpGet)
            fields.tree("tcpSocket", &tcpSocket)
            fields.part("sleep", &sleep)
        }
    }
    public var postStart: Handler?
    public var preStop: Handler?
    public var stopSignal: String?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("postStart", &postStart)
        fields.part("preStop", &preStop)
        fields.string("stopSignal", &stopSignal)
    }
}
