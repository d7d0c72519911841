/// One resource of the API: a kind of object and the path under which it is served.
public struct ResourceKind: Hashable, Sendable {
    public var kind: GroupVersionKind
    /// The name in paths: `pods`.
    public var plural: String
    public var isNamespaced: Bool
    /// What kubectl takes in place of the name: `po`.
    public var shortNames: [String]
    /// Names for several resources at once: `all`.
    public var categories: [String]
    /// What is served below an object: `status`, `scale`.
    public var subresources: [String]

    /// The name for one object, in small letters.
    public var singular: String { kind.kind.lowercased() }

    /// The resource with its group, as messages name it: `pods`, `deployments.apps`.
    public var groupResource: String { kind.group.isEmpty ? plural : "\(plural).\(kind.group)" }

    /// The path of all its objects in a namespace, or in the cluster: `/api/v1/namespaces/default/pods`.
    public func path(namespace: String? = nil) -> String {
        let root = kind.group.isEmpty ? "/api/" : "/apis/"
        let place = namespace.map { "namespaces/\($0)/" } ?? ""
        return "\(root)\(kind.apiVersion)/\(place)\(plural)"
    }
}

/// Every resource that is served, by kind, by path and by the names that people type.
///
/// Upstream: the discovery documents of kube-apiserver v1.36.
public struct ResourceRegistry: Sendable {
    /// In the order of groups and names.
    public let resources: [ResourceKind]
    private let byKind: [GroupVersionKind: Int]
    private let byPath: [String: Int]
    private let byName: [String: Int]

    /// The resources of Kubernetes v1.36 that are simulated.
    public static let kubernetes = ResourceRegistry(table)

    private init(_ table: String) {
        var resources: [ResourceKind] = []
        var byKind: [GroupVersionKind: Int] = [:]
        var byPath: [String: Int] = [:]
        var byName: [String: Int] = [:]
        for line in table.split(separator: "\n") {
            let words = line.split(separator: " ").map { $0 == "-" ? "" : String($0) }
            func list(_ word: String) -> [String] { word.split(separator: ",").map(String.init) }
            let resource = ResourceKind(
                kind: GroupVersionKind(group: words[0], version: words[1], kind: words[2]), plural: words[3],
                isNamespaced: words[4] == "namespaced", shortNames: list(words[5]),
                categories: list(words[6]), subresources: list(words[7]))
            let index = resources.count
            resources.append(resource)
            byKind[resource.kind] = index
            byPath["\(resource.kind.apiVersion)/\(resource.plural)"] = index
            let names =
                [resource.plural, resource.singular] + resource.shortNames
                + [
                    "\(resource.plural).\(resource.kind.group)",
                    "\(resource.singular).\(resource.kind.group)",
                ]
            for name in names where byName[name] == nil { byName[name] = index }
        }
        // kubectl prefers the newest version of a kind.
        for name in ["hpa", "horizontalpodautoscaler", "horizontalpodautoscalers"] {
            byName[name] = resources.firstIndex {
                $0.kind.kind == "HorizontalPodAutoscaler" && $0.kind.version == "v2"
            }
        }
        self.resources = resources
        self.byKind = byKind
        self.byPath = byPath
        self.byName = byName
    }

    /// The resource of a kind.
    public func resource(of kind: GroupVersionKind) -> ResourceKind? { byKind[kind].map { resources[$0] } }

    /// The resource that a path names: `apps/v1` and `deployments`.
    public func resource(apiVersion: String, plural: String) -> ResourceKind? {
        byPath["\(apiVersion)/\(plural)"].map { resources[$0] }
    }

    /// The resource that a user means: `deployments`, `deploy`, `deployments.apps`, `Deployment`.
    public func resource(named name: String) -> ResourceKind? {
        byName[name.lowercased()].map { resources[$0] }
    }

    /// Group, version, kind, plural, scope, short names, categories, subresources; `-` for none.
    private static let table = """
        - v1 Binding bindings namespaced - - -
        - v1 ConfigMap configmaps namespaced cm - -
        - v1 Endpoints endpoints namespaced ep - -
        - v1 Event events namespaced ev - -
        - v1 LimitRange limitranges namespaced limits - -
        - v1 Namespace namespaces cluster ns - finalize,status
        - v1 Node nodes cluster no - proxy,status
        - v1 PersistentVolumeClaim persistentvolumeclaims namespaced pvc - status
        - v1 PersistentVolume persistentvolumes cluster pv - status
        - v1 Pod pods namespaced po all attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy,resize,status
        - v1 PodTemplate podtemplates namespaced - - -
        - v1 ReplicationController replicationcontrollers namespaced rc all scale,status
        - v1 ResourceQuota resourcequotas namespaced quota - status
        - v1 Secret secrets namespaced - - -
        - v1 ServiceAccount serviceaccounts namespaced sa - token
        - v1 Service services namespaced svc all proxy,status
        apps v1 ControllerRevision controllerrevisions namespaced - - -
        apps v1 DaemonSet daemonsets namespaced ds all status
        apps v1 Deployment deployments namespaced deploy all scale,status
        apps v1 ReplicaSet replicasets namespaced rs all scale,status
        apps v1 StatefulSet statefulsets namespaced sts all scale,status
        autoscaling v1 HorizontalPodAutoscaler horizontalpodautoscalers namespaced hpa all status
        autoscaling v2 HorizontalPodAutoscaler horizontalpodautoscalers namespaced hpa all status
        batch v1 CronJob cronjobs namespaced cj all status
        batch v1 Job jobs namespaced - all status
        coordination.k8s.io v1 Lease leases namespaced - - -
        discovery.k8s.io v1 EndpointSlice endpointslices namespaced - - -
        events.k8s.io v1 Event events namespaced ev - -
        networking.k8s.io v1 IngressClass ingressclasses cluster - - -
        networking.k8s.io v1 Ingress ingresses namespaced ing - status
        networking.k8s.io v1 NetworkPolicy networkpolicies namespaced netpol - -
        node.k8s.io v1 RuntimeClass runtimeclasses cluster - - -
        policy v1 PodDisruptionBudget poddisruptionbudgets namespaced pdb - status
        scheduling.k8s.io v1 PriorityClass priorityclasses cluster pc - -
        storage.k8s.io v1 CSIDriver csidrivers cluster - - -
        storage.k8s.io v1 CSINode csinodes cluster - - -
        storage.k8s.io v1 CSIStorageCapacity csistoragecapacities namespaced - - -
        storage.k8s.io v1 StorageClass storageclasses cluster sc - -
        storage.k8s.io v1 VolumeAttachment volumeattachments cluster - - status
        """
}
