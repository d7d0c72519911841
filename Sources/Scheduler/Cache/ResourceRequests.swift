import KubernetesModel
import OrderedCollections

/// Amounts of the resources that a pod asks for, by column of a ``NodeTable``.
public struct ResourceRequests: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public let resource: ResourceIndex
        public let amount: Int64
    }

    /// CPU, memory and ephemeral storage first, then the others in the order of their names; none is zero.
    public let entries: [Entry]

    init(entries: [Entry]) { self.entries = entries }

    /// The amount asked for; 0 when the resource is not named.
    public func amount(_ resource: ResourceIndex) -> Int64 {
        for entry in entries where entry.resource == resource { return entry.amount }
        return 0
    }
}

/// What the scheduler counts for a container that names no CPU or memory, in scores only.
///
/// Upstream: `pkg/scheduler/util/pod_resources.go` (v1.36).
enum DefaultRequests {
    static let milliCPU: Int64 = 100
    static let memoryBytes: Int64 = 200 * 1024 * 1024

    static let both = ResourceList([
        (ResourceName.cpu, Quantity(milli: milliCPU)), (ResourceName.memory, Quantity(value: memoryBytes)),
    ])
}

/// The effective requests of a pod, in each of the readings that the scheduler has of them.
///
/// Upstream: `component-helpers/resource/helpers.go`, `PodRequests` (v1.36).
struct PodRequests {
    /// Requests that a container has where it names none.
    var missing = ResourceList()
    /// Whether resources that the kubelet reports count beside those of the spec (in-place resize).
    var usesStatus = false
    /// Whether requests at pod level are left out.
    var skipsPodLevel = false
    /// How often the overhead is added to requests at pod level of arbitrary precision: see
    /// ``NodeTable/compile(_:sumsBeforeScoring:sumsBeforeReservation:)``.
    var sums: Int64 = 1

    func callAsFunction(_ pod: Pod) -> ResourceList {
        let spec = pod.spec
        var total = ResourceList()
        for container in spec.containers { total.add(requests(of: container, in: pod, isRunning: true)) }
        var sidecars = ResourceList()
        var initial = ResourceList()
        for container in spec.initContainers {
            let own = requests(of: container, in: pod, isRunning: container.isSidecar)
            if container.isSidecar {
                total.add(own)
                sidecars.add(own)
                initial.formMaximum(sidecars)
            } else {
                var need = own
                need.add(sidecars)
                initial.formMaximum(need)
            }
        }
        total.formMaximum(initial)
        if !skipsPodLevel, PodRequests.hasPodLevelRequests(spec), let podLevel = spec.fields.resources {
            var effective: ResourceList?
            if usesStatus, let resources = pod.status.rest["resources"] {
                effective = Self.effective(
                    pod, spec: podLevel.requests, actuated: Self.list(resources["requests"]),
                    allocated: Self.list(pod.status.rest["allocatedResources"]))
            }
            for entry in podLevel.requests.entries where Self.isPodLevelResource(entry.name) {
                total[entry.name] = effective.map { $0[entry.name] ?? .zero } ?? entry.quantity
            }
        }
        total.add(spec.overhead)
        if sums > 1, !skipsPodLevel, let podLevel = spec.fields.resources {
            for entry in spec.overhead.entries
            where Self.isPodLevelResource(entry.name)
                && podLevel.requests[entry.name]?.hasArbitraryPrecision == true
            {
                for _ in 1..<sums { total[entry.name]?.add(entry.quantity) }
            }
        }
        return total
    }

    private func requests(of container: Container, in pod: Pod, isRunning: Bool) -> ResourceList {
        var requests = container.resources.requests
        if usesStatus && isRunning {
            let status =
                pod.status.containerStatuses.last { $0.name == container.name }
                ?? pod.status.initContainerStatuses.last { $0.name == container.name }
            if let status, let resources = status.rest["resources"], !resources.isNull {
                requests = Self.effective(
                    pod, spec: requests, actuated: Self.list(resources["requests"]),
                    allocated: Self.list(status.rest["allocatedResources"]))
            }
        }
        for entry in missing.entries where requests[entry.name] == nil {
            requests[entry.name] = entry.quantity
        }
        return requests
    }

    private static func effective(
        _ pod: Pod, spec: ResourceList, actuated: ResourceList, allocated: ResourceList
    ) -> ResourceList {
        var result = actuated
        result.formMaximum(allocated)
        if pod.status.conditions["PodResizePending"]?.reason != "Infeasible" { result.formMaximum(spec) }
        return result
    }

    private static func list(_ json: JSONValue?) -> ResourceList {
        guard let members = json?.objectValue else { return ResourceList() }
        var list = ResourceList()
        for (name, value) in members {
            if let quantity = try? Quantity(json: value) { list[name] = quantity }
        }
        return list
    }

    /// Whether pod-level requests may name the resource.
    static func isPodLevelResource(_ name: String) -> Bool {
        name == ResourceName.cpu || name == ResourceName.memory || name.hasPrefix("hugepages-")
    }

    /// Whether upstream adds the overhead anew into the spec of a pod each time that it sums the requests.
    static func sharesMemory(_ spec: PodSpec) -> Bool {
        guard let podLevel = spec.fields.resources, !spec.overhead.isEmpty else { return false }
        return podLevel.requests.entries.contains {
            isPodLevelResource($0.name) && $0.quantity.hasArbitraryPrecision
                && spec.overhead[$0.name] != nil
        }
    }

    static func hasPodLevelRequests(_ spec: PodSpec) -> Bool {
        spec.fields.resources?.requests.entries.contains { isPodLevelResource($0.name) } ?? false
    }

    /// Whether the kubelet reports resources of the pod, which may differ from its spec's.
    static func hasStatusResources(_ pod: Pod) -> Bool {
        // Mostly all of it is empty.
        let rest = pod.status.rest
        if !rest.isEmpty && rest["resources"] != nil { return true }
        let statuses = pod.status.containerStatuses
        if !statuses.isEmpty && statuses.contains(where: { $0.rest["resources"] != nil }) { return true }
        let initial = pod.status.initContainerStatuses
        return !initial.isEmpty && initial.contains { $0.rest["resources"] != nil }
    }
}

/// Which resources the scheduler counts beside CPU, memory, ephemeral storage and pods.
///
/// Upstream: `pkg/scheduler/util/utils.go`, `IsScalarResourceName` (v1.36).
func isScalarResource(_ name: String) -> Bool {
    if isExtendedResource(name) { return true }
    return name.hasPrefix("hugepages-") || name.hasPrefix("attachable-volumes-")
        || hasNativeDomain(name)
}

/// Whether the name is an extended resource's: in a domain of its own.
///
/// Upstream: `pkg/apis/core/v1/helper/helpers.go`, `IsExtendedResourceName` (v1.36).
func isExtendedResource(_ name: String) -> Bool {
    name.utf8.contains(UInt8(ascii: "/")) && !hasNativeDomain(name) && !name.hasPrefix("requests.")
}

/// Whether the name contains `kubernetes.io/`.
private func hasNativeDomain(_ name: String) -> Bool {
    let wanted = "kubernetes.io/".utf8
    let text = name.utf8
    var rest = text.count - wanted.count
    var start = text.startIndex
    while rest >= 0 {
        if text[start] == UInt8(ascii: "k") && text[start...].starts(with: wanted) { return true }
        start = text.index(after: start)
        rest -= 1
    }
    return false
}
