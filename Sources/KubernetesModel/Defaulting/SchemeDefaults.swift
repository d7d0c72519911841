import OrderedCollections

/// Fills in what the API's scheme fills in when an object is decoded.
///
/// A function for each type that has defaults, applied from the outside inwards to every value of the type.
/// Upstream: `pkg/apis/*/v*/defaults.go` and `zz_generated.defaults.go` (v1.36).
struct SchemeDefaults: Sendable {
    typealias Function = @Sendable (inout JSONValue) -> Void

    static let kubernetes = SchemeDefaults(.kubernetes)

    private let schema: Schema
    /// One element per type.
    private var functions: [Function?]
    private var reaches: [Bool]

    private init(_ schema: Schema) {
        self.schema = schema
        functions = Array(repeating: nil, count: schema.shapes.count)
        for (name, function) in Self.all {
            if let type = schema.type(named: name) { functions[type.rawValue] = function }
        }
        reaches = functions.map { $0 != nil }
        var changed = true
        while changed {
            changed = false
            for index in reaches.indices where !reaches[index] {
                let found =
                    switch schema.shapes[index] {
                    case .pointer(let inner), .list(let inner), .map(let inner): reaches[inner.rawValue]
                    case .structure(let structure): structure.fields.contains { reaches[$0.type.rawValue] }
                    default: false
                    }
                if found {
                    reaches[index] = true
                    changed = true
                }
            }
        }
    }

    /// The kinds that have defaults at all: a resource list in another kind keeps its fractions.
    private static let kinds: Set<String> = [
        "ConfigMap", "Endpoints", "LimitRange", "Namespace", "Node", "PersistentVolume",
        "PersistentVolumeClaim",
        "Pod", "PodTemplate", "ReplicationController", "ResourceQuota", "Secret", "Service", "DaemonSet",
        "Deployment", "ReplicaSet", "StatefulSet", "HorizontalPodAutoscaler", "CronJob", "Job",
        "EndpointSlice",
        "IngressClass", "NetworkPolicy", "PriorityClass", "CSIDriver", "StorageClass", "VolumeAttachment",
    ]

    func apply(to tree: inout JSONValue, as kind: GroupVersionKind) {
        guard Self.kinds.contains(kind.kind), let type = schema.type(of: kind) else { return }
        walk(&tree, type)
    }

    private func walk(_ value: inout JSONValue, _ type: Schema.TypeIndex) {
        functions[type.rawValue]?(&value)
        switch schema.shape(type) {
        case .pointer(let inner): walk(&value, inner)
        case .list(let inner):
            if reaches[inner.rawValue] { value.updateEach { walk(&$0, inner) } }
        case .map(let inner):
            guard reaches[inner.rawValue], case .object(let members) = value else { return }
            for key in members.keys { value.update(key) { walk(&$0, inner) } }
        case .structure(let structure):
            for field in structure.fields where reaches[field.type.rawValue] {
                if case .structure = schema.shape(field.type) {
                    value.updateStruct(field.name) { walk(&$0, field.type) }
                } else {
                    value.update(field.name) { walk(&$0, field.type) }
                }
            }
        default: break
        }
    }

    /// By type, as the schema names them.
    private static let all: [(String, Function)] = [
        ("core.ResourceList", resourceList), ("core.Pod", pod), ("core.PodSpec", podSpec),
        ("core.Container", container), ("core.EphemeralContainer", container),
        ("core.ContainerPort", { $0.setIfEmpty("protocol", "TCP") }),
        ("core.ServicePort", { $0.setIfEmpty("protocol", "TCP") }),
        ("core.EndpointPort", { $0.setIfEmpty("protocol", "TCP") }),
        ("core.Probe", probe), ("core.HTTPGetAction", httpGet),
        ("core.GRPCAction", { $0.setIfAbsent("service", "") }),
        ("core.FileKeySelector", { $0.setIfAbsent("optional", false) }),
        ("core.ObjectFieldSelector", { $0.setIfEmpty("apiVersion", "v1") }),
        ("core.Volume", volume), ("core.SecretVolumeSource", defaultMode),
        ("core.ConfigMapVolumeSource", defaultMode), ("core.DownwardAPIVolumeSource", defaultMode),
        ("core.ProjectedVolumeSource", defaultMode),
        ("core.ServiceAccountTokenProjection", { $0.setIfAbsent("expirationSeconds", 3600) }),
        ("core.HostPathVolumeSource", { $0.setIfAbsent("type", "") }),
        ("core.ISCSIVolumeSource", { $0.setIfEmpty("iscsiInterface", "default") }),
        ("core.ISCSIPersistentVolumeSource", { $0.setIfEmpty("iscsiInterface", "default") }),
        ("core.RBDVolumeSource", rbd), ("core.RBDPersistentVolumeSource", rbd),
        ("core.ScaleIOVolumeSource", scaleIO), ("core.ScaleIOPersistentVolumeSource", scaleIO),
        ("core.AzureDiskVolumeSource", azureDisk),
        ("core.PersistentVolumeClaimSpec", { $0.setIfAbsent("volumeMode", "Filesystem") }),
        ("core.PersistentVolumeClaim", { $0.updateStruct("status") { $0.setIfEmpty("phase", "Pending") } }),
        ("core.PersistentVolume", persistentVolume), ("core.Secret", { $0.setIfEmpty("type", "Opaque") }),
        ("core.ConfigMap", { $0.setIfAbsent("data", [:]) }), ("core.Namespace", namespace),
        ("core.NamespaceStatus", { $0.setIfEmpty("phase", "Active") }), ("core.NodeStatus", nodeStatus),
        ("core.LimitRangeItem", limitRangeItem), ("core.Service", service),
        ("core.ReplicationController", replicationController),
        ("core.ReplicationControllerSpec", { $0.setIfAbsent("replicas", 1) }),
        ("apps.Deployment", { $0.updateStruct("spec", deploymentSpec) }),
        ("apps.ReplicaSet", { $0.updateStruct("spec") { $0.setIfAbsent("replicas", 1) } }),
        ("apps.StatefulSet", { $0.updateStruct("spec", statefulSetSpec) }),
        ("apps.DaemonSet", { $0.updateStruct("spec", daemonSetSpec) }),
        ("batch.Job", job), ("batch.CronJob", { $0.updateStruct("spec", cronJobSpec) }),
        ("batch.PodFailurePolicyOnPodConditionsPattern", { $0.setIfEmpty("status", "True") }),
        (
            "autoscaling1.HorizontalPodAutoscaler",
            { $0.updateStruct("spec") { $0.setIfAbsent("minReplicas", 1) } }
        ),
        ("autoscaling2.HorizontalPodAutoscaler", { $0.updateStruct("spec", autoscalerSpec) }),
        ("networking.NetworkPolicy", { $0.updateStruct("spec", networkPolicySpec) }),
        ("networking.NetworkPolicyPort", { $0.setIfAbsent("protocol", "TCP") }),
        (
            "networking.IngressClass",
            { $0.update("spec") { $0.update("parameters") { $0.setIfAbsent("scope", "Cluster") } } }
        ),
        (
            "discovery.EndpointPort",
            {
                $0.setIfAbsent("name", "")
                $0.setIfAbsent("protocol", "TCP")
            }
        ),
        ("scheduling.PriorityClass", { $0.setIfAbsent("preemptionPolicy", "PreemptLowerPriority") }),
        (
            "storage.StorageClass",
            {
                $0.setIfAbsent("reclaimPolicy", "Delete")
                $0.setIfAbsent("volumeBindingMode", "Immediate")
            }
        ),
        ("storage.CSIDriver", { $0.updateStruct("spec", csiDriverSpec) }),
    ]
}
