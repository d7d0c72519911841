import OrderedCollections
import SimulationKernel

/// What pods use of quotas, and which scopes they are in.
///
/// Upstream: `pkg/quota/v1/evaluator/core/pods.go` (v1.36).
enum PodQuotaUsage {
    private static let resources: Set<String> = [
        "count/pods", "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory",
        "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage", "pods",
    ]
    /// Of these every container has to say how much it needs where a quota bounds them.
    private static let required: Set<String> = [
        "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory",
    ]
    private static let deviceClassPrefix = "deviceclass.resource.kubernetes.io/"

    static func isMatching(_ name: String) -> Bool {
        if resources.contains(name) { return true }
        if name.hasPrefix("hugepages-") || name.hasPrefix("requests.hugepages-") { return true }
        return name.hasPrefix("requests.")
            && (!ResourceNames.isNative(name) || name.hasPrefix("requests." + deviceClassPrefix))
    }

    /// What a pod, or one of its containers, is charged for its requests and limits.
    static func charge(requests: ResourceList, limits: ResourceList) -> ResourceList {
        var result = ResourceList()
        result["pods"] = Quantity(value: 1)
        for name in ["cpu", "memory", "ephemeral-storage"] {
            if let amount = requests[name] {
                result[name] = amount
                result["requests.\(name)"] = amount
            }
            if let amount = limits[name] { result["limits.\(name)"] = amount }
        }
        for entry in requests.entries {
            if entry.name.hasPrefix("hugepages-") {
                result[entry.name] = entry.quantity
                result["requests.\(entry.name)"] = entry.quantity
            }
            if ResourceNames.isExtended(entry.name) || entry.name.hasPrefix(deviceClassPrefix) {
                result["requests.\(entry.name)"] = entry.quantity
            }
        }
        return result
    }

    /// What a pod uses at a moment: one of the count always, the rest while it is not at its end.
    static func usage(of pod: Pod, at now: VirtualTime) -> ResourceList {
        var result = ResourceList()
        if isCharged(pod, at: now) {
            result = charge(
                requests: PodAmounts(pod).requests, limits: PodAmounts(pod).limits)
        }
        result["count/pods"] = Quantity(value: 1)
        return result
    }

    /// Whether a pod is charged for what it needs: not when it has ended, or is stuck terminating.
    static func isCharged(_ pod: Pod, at now: VirtualTime) -> Bool {
        if pod.status.phase.isTerminal { return false }
        guard let deletion = pod.metadata.deletionTimestamp,
            let grace = pod.metadata.deletionGracePeriodSeconds
        else { return true }
        return now <= deletion.time + .seconds(grace)
    }

    /// What containers leave out although a quota bounds it; nil when they say all that they must.
    static func missing(_ names: [String], in pod: Pod) -> String? {
        let needed = names.filter(required.contains)
        if needed.isEmpty || PodAmounts.hasPodLevel(pod.spec) { return nil }
        var containers: OrderedDictionary<String, [String]> = [:]
        for container in pod.spec.fields.containers + pod.spec.fields.initContainers {
            let resources = container.resources
            let given = charge(requests: resources.requests, limits: resources.limits)
            for name in needed where given[name] == nil {
                if containers[name]?.contains(container.name) ?? false { continue }
                containers[name, default: []].append(container.name)
            }
        }
        if containers.isEmpty { return nil }
        let parts = containers.keys.sorted().map { name in
            "\(name) for: \((containers[name] ?? []).sorted().joined(separator: ","))"
        }
        return "must specify \(parts.joined(separator: "; "))"
    }

    // MARK: Scopes

    static func isInScope(_ scope: ResourceQuota.ScopeRequirement, _ pod: Pod) -> Bool {
        switch scope.scopeName {
        case "Terminating": return isTerminating(pod)
        case "NotTerminating": return !isTerminating(pod)
        case "BestEffort": return quality(of: pod) == .bestEffort
        case "NotBestEffort": return quality(of: pod) != .bestEffort
        case "PriorityClass":
            let name = pod.spec.priorityClassName
            return scope.selects(name.isEmpty ? [] : [name])
        case "CrossNamespacePodAffinity": return looksIntoOtherNamespaces(pod.spec.fields.affinity)
        default: return false
        }
    }

    /// Whether the pod's time is limited (`activeDeadlineSeconds`).
    static func isTerminating(_ pod: Pod) -> Bool { (pod.spec.activeDeadlineSeconds ?? -1) >= 0 }

    private static func quality(of pod: Pod) -> QualityOfService {
        pod.status.qosClass ?? pod.spec.qualityOfService
    }

    private static func looksIntoOtherNamespaces(_ affinity: Affinity?) -> Bool {
        [affinity?.podAffinity, affinity?.podAntiAffinity].contains { affinity in
            guard let affinity else { return false }
            let terms = affinity.required + affinity.preferred.map(\.podAffinityTerm)
            return terms.contains { !$0.namespaces.isEmpty || $0.namespaceSelector != nil }
        }
    }
}

/// The requests and limits of a whole pod, with what its kubelet reports of a resize in place.
///
/// Upstream: `component-helpers/resource/helpers.go`, `PodRequests`, `PodLimits` (v1.36), with
/// `UseStatusResources`.
struct PodAmounts {
    private let pod: Pod

    init(_ pod: Pod) { self.pod = pod }

    static func hasPodLevel(_ spec: PodSpec) -> Bool {
        guard let resources = spec.fields.resources else { return false }
        return (resources.requests.names + resources.limits.names).contains(where: isPodLevel)
    }

    private static func isPodLevel(_ name: String) -> Bool {
        name == ResourceName.cpu || name == ResourceName.memory || name.hasPrefix("hugepages-")
    }

    /// Whether the kubelet reports resources of the pod, which may differ from its spec's.
    var hasStatusResources: Bool {
        pod.status.rest["resources"] != nil
            || pod.status.containerStatuses.contains { $0.rest["resources"] != nil }
            || pod.status.initContainerStatuses.contains { $0.rest["resources"] != nil }
    }

    var requests: ResourceList {
        if !hasStatusResources { return pod.spec.requests }
        var total = sum("requests") { $0.requests }
        applyPodLevel("requests", &total) { $0.requests }
        total.add(pod.spec.overhead)
        return total
    }

    var limits: ResourceList {
        var total = sum("limits") { $0.limits }
        applyPodLevel("limits", &total) { $0.limits }
        for entry in pod.spec.overhead.entries {
            if let limit = total[entry.name], !limit.isZero { total[entry.name] = limit + entry.quantity }
        }
        return total
    }

    private func sum(_ field: String, _ read: (ResourceRequirements) -> ResourceList) -> ResourceList {
        var total = ResourceList()
        for container in pod.spec.containers { total.add(amounts(of: container, field, read)) }
        var sidecars = ResourceList()
        var initial = ResourceList()
        for container in pod.spec.initContainers {
            if container.isSidecar {
                let own = amounts(of: container, field, read)
                total.add(own)
                sidecars.add(own)
                initial.formMaximum(sidecars)
            } else {
                var need = read(container.resources)
                need.add(sidecars)
                initial.formMaximum(need)
            }
        }
        total.formMaximum(initial)
        return total
    }

    private func amounts(
        of container: Container, _ field: String, _ read: (ResourceRequirements) -> ResourceList
    ) -> ResourceList {
        let own = read(container.resources)
        let status =
            pod.status.containerStatuses.last { $0.name == container.name }
            ?? pod.status.initContainerStatuses.last { $0.name == container.name }
        guard let status, let resources = status.rest["resources"], !resources.isNull else { return own }
        return effective(own, resources[field], status.rest["allocatedResources"], field)
    }

    private func applyPodLevel(
        _ field: String, _ total: inout ResourceList, _ read: (ResourceRequirements) -> ResourceList
    ) {
        guard let podLevel = pod.spec.fields.resources else { return }
        let wanted = read(podLevel)
        var reported: ResourceList?
        if let resources = pod.status.rest["resources"], !resources.isNull {
            reported = effective(wanted, resources[field], pod.status.rest["allocatedResources"], field)
        }
        for entry in wanted.entries where Self.isPodLevel(entry.name) {
            total[entry.name] = reported.map { $0[entry.name] ?? .zero } ?? entry.quantity
        }
    }

    /// The largest of what is wanted, in force and (of requests) set aside; a wish that cannot be met does not
    /// count.
    private func effective(
        _ wanted: ResourceList, _ inForce: JSONValue?, _ allocated: JSONValue?, _ field: String
    ) -> ResourceList {
        var result = ResourceList(json: inForce)
        if field == "requests" { result.formMaximum(ResourceList(json: allocated)) }
        if pod.status.conditions["PodResizePending"]?.reason != "Infeasible" { result.formMaximum(wanted) }
        return result
    }
}

extension ResourceList {
    /// Reads a map of quantities; what is none counts as absent.
    init(json: JSONValue?) {
        self.init()
        for (name, value) in json?.objectValue ?? [:] {
            if let quantity = try? Quantity(json: value) { self[name] = quantity }
        }
    }
}
