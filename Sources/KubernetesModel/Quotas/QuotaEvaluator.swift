import OrderedCollections
public import SimulationKernel

/// Measures what the objects of one kind use of quotas.
///
/// Upstream: `pkg/quota/v1/evaluator/core`, `apiserver/pkg/quota/v1/generic/evaluator.go` (v1.36).
public enum QuotaEvaluator: Hashable, Sendable {
    case pods
    case services
    case claims
    /// Objects that are only counted: the name of the count, and its older name where it has one.
    case count(ObjectKind, name: String, alias: String?)

    /// What is done to an object.
    public enum Operation: Hashable, Sendable {
        case create
        /// A change of the object, or of one of its subresources.
        case update(subresource: String)
    }

    /// The evaluator of a kind; nil for kinds of the whole cluster, and for events, which quotas ignore.
    public static func of(_ kind: ObjectKind) -> QuotaEvaluator? { byKind[Int(kind.rawValue)] }

    /// One element a kind, in the order of raw values.
    private static let byKind = ObjectKind.allCases.map { QuotaEvaluator(for: $0) }

    private init?(for kind: ObjectKind) {
        guard kind.isNamespaced, kind != .event else { return nil }
        switch kind {
        case .pod: self = .pods
        case .service: self = .services
        case .persistentVolumeClaim: self = .claims
        case .configMap, .resourceQuota, .replicationController, .secret:
            self = .count(kind, name: "count/\(kind.info.plural)", alias: kind.info.plural)
        default: self = .count(kind, name: "count/\(kind.info.qualifiedPlural)", alias: nil)
        }
    }

    /// The evaluators of all kinds.
    public static let all: [QuotaEvaluator] = byKind.compactMap { $0 }

    public var kind: ObjectKind {
        switch self {
        case .pods: .pod
        case .services: .service
        case .claims: .persistentVolumeClaim
        case .count(let kind, _, _): kind
        }
    }

    /// Whether a change may change what is used, so that quotas have to be asked.
    public func handles(_ operation: Operation, _ object: APIObject, old: APIObject?) -> Bool {
        switch (self, operation) {
        case (_, .create): return true
        case (.pods, .update("")):
            guard let new = object.pod?.value, let old = old?.pod?.value else { return false }
            return PodQuotaUsage.isTerminating(old) != PodQuotaUsage.isTerminating(new)
        case (.pods, .update("resize")): return true
        case (.services, .update("")): return true
        // Upstream compares two addresses of a status, which always differ.
        case (.claims, .update("")), (.claims, .update("status")): return true
        default: return false
        }
    }

    /// Those of some resources' names that this evaluator measures.
    public func matching(_ names: [String]) -> [String] { names.filter(isMatching) }

    private func isMatching(_ name: String) -> Bool {
        switch self {
        case .pods: return PodQuotaUsage.isMatching(name)
        case .services:
            return ["count/services", "services", "services.nodeports", "services.loadbalancers"]
                .contains(name)
        case .claims:
            if name == "count/persistentvolumeclaims" { return true }
            return ["persistentvolumeclaims", "requests.storage"].contains {
                name == $0 || name.hasSuffix(ClaimQuotaUsage.classInfix + $0)
            }
        case .count(_, let count, let alias): return name == count || name == alias
        }
    }

    /// Whether a quota is about an object: it bounds something that the object uses, and all its scopes hold.
    public func matches(_ quota: ResourceQuota, _ object: APIObject) -> Bool {
        !matching(quota.statusHard?.names ?? []).isEmpty && isInScopes(quota.scopes, object)
    }

    /// Whether an object is in all of some scopes. Only pods and claims have any.
    public func isInScopes(_ scopes: [ResourceQuota.ScopeRequirement], _ object: APIObject) -> Bool {
        scopes.allSatisfy { scope in
            switch (self, object) {
            case (.pods, .pod(let pod)): PodQuotaUsage.isInScope(scope, pod.value)
            case (.claims, .persistentVolumeClaim(let claim)):
                scope.scopeName == "VolumeAttributesClass"
                    && scope.selects(ClaimQuotaUsage.attributesClasses(of: claim.value))
            default: false
            }
        }
    }

    /// Why an object cannot be measured although a quota bounds these resources; nil when it can.
    public func fault(_ names: [String], _ object: APIObject) -> String? {
        guard case .pods = self, let pod = object.pod?.value else { return nil }
        return PodQuotaUsage.missing(names, in: pod)
    }

    /// What an object uses at a moment.
    public func usage(of object: APIObject, at now: VirtualTime) -> ResourceList {
        switch (self, object) {
        case (.pods, .pod(let pod)): return PodQuotaUsage.usage(of: pod.value, at: now)
        case (.services, .service(let service)): return ServiceQuotaUsage.usage(of: service.value)
        case (.claims, .persistentVolumeClaim(let claim)): return ClaimQuotaUsage.usage(of: claim.value)
        case (.count(_, let name, let alias), _):
            var result = ResourceList()
            result[name] = Quantity(value: 1)
            if let alias { result[alias] = Quantity(value: 1) }
            return result
        default: return ResourceList()
        }
    }

    /// What objects use together of some resources, all of which this evaluator measures.
    ///
    /// Pods of one spec are measured once and counted: a namespace of thousands is looked at after each deletion.
    /// Upstream: `apiserver/pkg/quota/v1/generic/evaluator.go`, `CalculateUsageStats` (v1.36).
    public func total(
        of objects: [APIObject], _ names: [String], in scopes: [ResourceQuota.ScopeRequirement],
        at now: VirtualTime
    ) -> ResourceList {
        var total = ResourceList(names.lazy.map { ($0, Quantity.zero) })
        var kinds: OrderedDictionary<Alike, (example: APIObject, count: Int)> = [:]
        for object in objects {
            if let alike = alike(object, at: now) {
                kinds[alike, default: (object, 0)].count += 1
            } else if isInScopes(scopes, object) {
                total.add(usage(of: object, at: now).masked(to: names))
            }
        }
        for (object, count) in kinds.values where isInScopes(scopes, object) {
            total.add(usage(of: object, at: now).masked(to: names).times(count))
        }
        return total
    }

    /// What objects have in common that use the same and are in the same scopes.
    private enum Alike: Hashable {
        case pod(ObjectIdentifier, isCharged: Bool)
        case counted
    }

    /// Nil for objects that are measured one by one.
    private func alike(_ object: APIObject, at now: VirtualTime) -> Alike? {
        switch (self, object) {
        case (.pods, .pod(let pod)):
            // A kubelet that resizes reports resources, which count beside those of the spec.
            if PodAmounts(pod.value).hasStatusResources { return nil }
            return .pod(
                ObjectIdentifier(pod.value.spec), isCharged: PodQuotaUsage.isCharged(pod.value, at: now))
        case (.count, _): return .counted
        default: return nil
        }
    }

    /// Whether a change that a watch brought may free something, so that quotas are to be measured anew.
    ///
    /// Upstream: `pkg/quota/v1/install/update_filter.go` (v1.36).
    public func frees(_ old: APIObject, _ new: APIObject, at now: VirtualTime) -> Bool {
        switch (old, new) {
        case (.pod(let old), .pod(let new)):
            if PodQuotaUsage.isTerminating(old.value) != PodQuotaUsage.isTerminating(new.value) {
                return true
            }
            if Self.hasChangedResources(old.value.status, new.value.status) { return true }
            return PodQuotaUsage.isCharged(old.value, at: now)
                && !PodQuotaUsage.isCharged(new.value, at: now)
        case (.service(let old), .service(let new)):
            return ServiceQuotaUsage.chargedType(old.value) != ServiceQuotaUsage.chargedType(new.value)
        case (.persistentVolumeClaim, .persistentVolumeClaim): return true
        default: return false
        }
    }

    private static func hasChangedResources(_ old: PodStatus, _ new: PodStatus) -> Bool {
        func hasChanged(_ old: [ContainerStatus], _ new: [ContainerStatus]) -> Bool {
            old.contains { was in
                guard let now = new.first(where: { $0.name == was.name }) else { return false }
                return was.rest["resources"] != now.rest["resources"]
            }
        }
        return hasChanged(old.containerStatuses, new.containerStatuses)
            || hasChanged(old.initContainerStatuses, new.initContainerStatuses)
    }
}

/// What Services use of quotas.
///
/// Upstream: `pkg/quota/v1/evaluator/core/services.go` (v1.36).
enum ServiceQuotaUsage {
    static func usage(of service: Service) -> ResourceList {
        let ports = service.spec.ports
        var nodePorts = 0
        switch service.spec.type {
        case "NodePort": nodePorts = ports.count
        case "LoadBalancer":
            // They are not allocated yet, so what counts is what is asked for.
            let isSuppressed = service.spec.rest["allocateLoadBalancerNodePorts"] == false
            nodePorts = isSuppressed ? ports.count { $0.nodePort != 0 } : ports.count
        default: break
        }
        return ResourceList([
            ("count/services", Quantity(value: 1)), ("services", Quantity(value: 1)),
            ("services.loadbalancers", Quantity(value: service.spec.type == "LoadBalancer" ? 1 : 0)),
            ("services.nodeports", Quantity(value: Int64(nodePorts))),
        ])
    }

    /// The type where it is one that is charged for more than the Service; else empty.
    static func chargedType(_ service: Service) -> String {
        ["NodePort", "LoadBalancer"].contains(service.spec.type) ? service.spec.type : ""
    }
}

/// What PersistentVolumeClaims use of quotas.
///
/// Upstream: `pkg/quota/v1/evaluator/core/persistent_volume_claims.go` (v1.36).
enum ClaimQuotaUsage {
    /// Between a class's name and the resource that is bounded for the class alone.
    static let classInfix = ".storageclass.storage.k8s.io/"

    static func usage(of claim: PersistentVolumeClaim) -> ResourceList {
        let one = Quantity(value: 1)
        var result = ResourceList([("persistentvolumeclaims", one), ("count/persistentvolumeclaims", one)])
        let storageClass =
            claim.metadata.annotations["volume.beta.kubernetes.io/storage-class"]
            ?? claim.spec.storageClassName ?? ""
        if !storageClass.isEmpty { result["\(storageClass)\(classInfix)persistentvolumeclaims"] = one }
        guard let storage = storage(of: claim) else { return result }
        result["requests.storage"] = storage
        if !storageClass.isEmpty { result["\(storageClass)\(classInfix)requests.storage"] = storage }
        return result
    }

    /// What is asked for, or what an expansion has set aside where that is more; in whole bytes.
    private static func storage(of claim: PersistentVolumeClaim) -> Quantity? {
        guard var storage = claim.spec.resources.requests[ResourceName.storage] else { return nil }
        storage.roundToWhole()
        if var allocated = ResourceList(json: claim.status.rest["allocatedResources"])[ResourceName.storage],
            allocated > storage
        {
            allocated.roundToWhole()
            return allocated
        }
        return storage
    }

    /// The VolumeAttributesClasses that a claim has, wants or is being changed to.
    static func attributesClasses(of claim: PersistentVolumeClaim) -> [String] {
        let names = [
            claim.spec.volumeAttributesClassName,
            claim.status.rest["currentVolumeAttributesClassName"]?.stringValue,
            claim.status.rest["modifyVolumeStatus"]?["targetVolumeAttributesClassName"]?.stringValue,
        ]
        return names.compactMap { $0 }.filter { !$0.isEmpty }
    }
}

extension Quantity {
    /// Rounds up to a whole number; one that is whole keeps its spelling.
    fileprivate mutating func roundToWhole() {
        var rounded = self
        if !rounded.roundUp(toScale: 0) { self = rounded }
    }
}
