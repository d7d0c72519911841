import SimulationKernel

/// A kind of API object that simk's API server stores.
///
/// The raw values order tables and loops; they are stable within a version only.
public enum ObjectKind: UInt8, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    case namespace, node, lease, pod, replicationController, replicaSet, deployment, statefulSet
    case controllerRevision, service, endpointSlice, endpoints, persistentVolume, persistentVolumeClaim
    case storageClass, volumeAttachment, configMap, secret, priorityClass, podDisruptionBudget, event
    case daemonSet, job, cronJob, horizontalPodAutoscaler, resourceQuota, limitRange, serviceAccount
    case csiNode, csiDriver, csiStorageCapacity, runtimeClass, ingress, networkPolicy
    /// What the metrics APIs answer; never stored.
    case metricValueList

    /// The kind's group, version, singular and plural names, and whether objects live in a namespace.
    public var info: ObjectKindInfo { ObjectKindInfo.all[Int(rawValue)] }

    /// The kind's name in manifests: `ReplicaSet`.
    public var name: String { ObjectKindInfo.all[Int(rawValue)].name }

    /// The group and version in manifests: `apps/v1`.
    public var apiVersion: String { ObjectKindInfo.all[Int(rawValue)].apiVersion }

    /// Whether objects of the kind live in a namespace.
    public var isNamespaced: Bool { ObjectKindInfo.all[Int(rawValue)].isNamespaced }

    /// Whether the API server keeps objects of the kind.
    public var isStored: Bool { self != .metricValueList }

    /// Finds a kind by its manifest names; the version must be one that simk serves.
    public init?(apiVersion: String, kind: String) {
        let found = Self.allCases.first {
            $0.info.name == kind && $0.isStored
                && ($0.info.apiVersion == apiVersion
                    || ($0 == .horizontalPodAutoscaler && apiVersion == "autoscaling/v1")
                    || ($0 == .event && apiVersion == "events.k8s.io/v1"))
        }
        guard let found else { return nil }
        self = found
    }
}

/// What the API machinery calls a kind.
public struct ObjectKindInfo: Sendable {
    public let name: String
    /// As in a manifest: `v1`, `apps/v1`.
    public let apiVersion: String
    /// As in a path: `replicasets`.
    public let plural: String
    public let shortNames: [String]
    public let isNamespaced: Bool

    init(
        _ name: String, _ apiVersion: String, _ plural: String, _ shortNames: [String] = [],
        cluster: Bool = false
    ) {
        self.name = name
        self.apiVersion = apiVersion
        self.plural = plural
        self.shortNames = shortNames
        self.isNamespaced = !cluster
    }

    /// The API group; empty for the core group.
    public var group: String {
        guard let slash = apiVersion.firstIndex(of: "/") else { return "" }
        return String(apiVersion[..<slash])
    }

    /// `replicasets.apps`, `pods`: how messages name the resource.
    public var qualifiedPlural: String { group.isEmpty ? plural : "\(plural).\(group)" }

    /// One entry a kind, in the order of raw values.
    static let all: [ObjectKindInfo] = [
        .init("Namespace", "v1", "namespaces", ["ns"], cluster: true),
        .init("Node", "v1", "nodes", ["no"], cluster: true),
        .init("Lease", "coordination.k8s.io/v1", "leases"),
        .init("Pod", "v1", "pods", ["po"]),
        .init("ReplicationController", "v1", "replicationcontrollers", ["rc"]),
        .init("ReplicaSet", "apps/v1", "replicasets", ["rs"]),
        .init("Deployment", "apps/v1", "deployments", ["deploy"]),
        .init("StatefulSet", "apps/v1", "statefulsets", ["sts"]),
        .init("ControllerRevision", "apps/v1", "controllerrevisions"),
        .init("Service", "v1", "services", ["svc"]),
        .init("EndpointSlice", "discovery.k8s.io/v1", "endpointslices"),
        .init("Endpoints", "v1", "endpoints", ["ep"]),
        .init("PersistentVolume", "v1", "persistentvolumes", ["pv"], cluster: true),
        .init("PersistentVolumeClaim", "v1", "persistentvolumeclaims", ["pvc"]),
        .init("StorageClass", "storage.k8s.io/v1", "storageclasses", ["sc"], cluster: true),
        .init("VolumeAttachment", "storage.k8s.io/v1", "volumeattachments", cluster: true),
        .init("ConfigMap", "v1", "configmaps", ["cm"]),
        .init("Secret", "v1", "secrets"),
        .init("PriorityClass", "scheduling.k8s.io/v1", "priorityclasses", ["pc"], cluster: true),
        .init("PodDisruptionBudget", "policy/v1", "poddisruptionbudgets", ["pdb"]),
        .init("Event", "v1", "events", ["ev"]),
        .init("DaemonSet", "apps/v1", "daemonsets", ["ds"]),
        .init("Job", "batch/v1", "jobs"),
        .init("CronJob", "batch/v1", "cronjobs", ["cj"]),
        .init("HorizontalPodAutoscaler", "autoscaling/v2", "horizontalpodautoscalers", ["hpa"]),
        .init("ResourceQuota", "v1", "resourcequotas", ["quota"]),
        .init("LimitRange", "v1", "limitranges", ["limits"]),
        .init("ServiceAccount", "v1", "serviceaccounts", ["sa"]),
        .init("CSINode", "storage.k8s.io/v1", "csinodes", cluster: true),
        .init("CSIDriver", "storage.k8s.io/v1", "csidrivers", cluster: true),
        .init("CSIStorageCapacity", "storage.k8s.io/v1", "csistoragecapacities"),
        .init("RuntimeClass", "node.k8s.io/v1", "runtimeclasses", cluster: true),
        .init("Ingress", "networking.k8s.io/v1", "ingresses", ["ing"]),
        .init("NetworkPolicy", "networking.k8s.io/v1", "networkpolicies", ["netpol"]),
        .init("MetricValueList", "custom.metrics.k8s.io/v1beta2", "metricvalues", cluster: true),
    ]
}

/// Names an object among those of its kind; the namespace is empty for cluster-wide kinds.
public struct ObjectKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var namespace: String
    public var name: String

    @inlinable
    public init(namespace: String = "", name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// Parses `namespace/name` or `name`, the form of a work queue's keys.
    public init(_ text: String) {
        if let slash = text.firstIndex(of: "/") {
            namespace = String(text[..<slash])
            name = String(text[text.index(after: slash)...])
        } else {
            namespace = ""
            name = text
        }
    }

    public var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }

    /// What tables place the key by: the standard library's hash of two texts takes ten times as long.
    public func _rawHashValue(seed: Int) -> Int {
        var mixer = TextMixer(seed: seed)
        mixer.mix(namespace)
        mixer.mix(name)
        return mixer.value
    }
}

/// The identity of an object over time: a UUID for every object that the API server made.
///
/// References in manifests may hold any text; it is kept as it is.
public enum UID: Hashable, Sendable {
    case uuid(UInt64, UInt64)
    case text(String)

    public static let none = UID.text("")

    public var isEmpty: Bool { self == .none }

    /// Reads a UUID in its canonical spelling, or keeps the text.
    public init(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else {
            self = .text(text)
            return
        }
        var high: UInt64 = 0
        var low: UInt64 = 0
        var digits = 0
        for (index, byte) in bytes.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else {
                    self = .text(text)
                    return
                }
                continue
            }
            let digit: UInt64
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt64(byte - UInt8(ascii: "a") + 10)
            default:
                self = .text(text)
                return
            }
            if digits < 16 { high = high << 4 | digit } else { low = low << 4 | digit }
            digits += 1
        }
        self = .uuid(high, low)
    }
}

extension UID {
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .uuid(_, let low): hasher.combine(low)
        case .text(let text): hasher.combine(text)
        }
    }

    /// What tables place the identity by. It is random already, so a product is enough.
    public func _rawHashValue(seed: Int) -> Int {
        var mixer = TextMixer(seed: seed)
        switch self {
        case .uuid(_, let low): mixer.mix(low)
        case .text(let text): mixer.mix(text)
        }
        return mixer.value
    }
}

extension UID: CustomStringConvertible {
    public var description: String {
        switch self {
        case .text(let text): return text
        case .uuid(let high, let low):
            return unsafe String(unsafeUninitializedCapacity: 36) { buffer in
                var place = 0
                for index in 0..<32 {
                    if index == 8 || index == 12 || index == 16 || index == 20 {
                        unsafe buffer[place] = UInt8(ascii: "-")
                        place += 1
                    }
                    let digit = UInt8((index < 16 ? high : low) >> UInt64(60 - 4 * (index % 16)) & 15)
                    unsafe buffer[place] =
                        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                    place += 1
                }
                return place
            }
        }
    }

    /// Takes the identity into a digest.
    func combine(into digest: inout EventDigest) {
        switch self {
        case .text(let text): digest.combine(text)
        case .uuid(let high, let low):
            digest.combine(high)
            digest.combine(low)
        }
    }
}

extension UID: Comparable {
    /// Orders by the texts, as upstream compares UIDs.
    public static func < (left: UID, right: UID) -> Bool {
        if case .uuid(let a, let b) = left, case .uuid(let c, let d) = right { return (a, b) < (c, d) }
        return left.description < right.description
    }
}
