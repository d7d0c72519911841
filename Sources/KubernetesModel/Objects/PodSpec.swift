public import OrderedCollections

/// What simk reads of a pod's spec. ``PodSpec`` holds it beside the spec as it was written.
public struct PodSpecFields: Hashable, FieldMapped {
    public struct Gate: Hashable, FieldMapped {
        public var name = ""
        public var conditionType = ""
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.string("name", &name)
            fields.string("conditionType", &conditionType)
        }
    }

    public var containers: [Container] = []
    public var initContainers: [Container] = []
    public var volumes: [Volume] = []
    public var restartPolicy = RestartPolicy.always
    public var terminationGracePeriodSeconds: Int64 = 30
    public var activeDeadlineSeconds: Int64?
    public var nodeSelector = StringMap()
    public var affinity: Affinity?
    public var tolerations: [Toleration] = []
    public var topologySpreadConstraints: [TopologySpreadConstraint] = []
    public var schedulerName = "default-scheduler"
    public var priority: Int64?
    public var priorityClassName = ""
    public var preemptionPolicy: String?
    public var overhead = ResourceList()
    /// Resources for the whole pod.
    public var resources: ResourceRequirements?
    public var runtimeClassName: String?
    public var hostNetwork = false
    public var hostname = ""
    public var subdomain = ""
    public var serviceAccountName = ""
    public var schedulingGates: [Gate] = []
    public var readinessGates: [Gate] = []
    public var imagePullSecrets: [Gate] = []
    public var rest: JSONObject = [:]

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.list("volumes", &volumes)
        fields.list("initContainers", &initContainers)
        fields.list("containers", &containers)
        fields.choice("restartPolicy", &restartPolicy)
        fields.requiredInt("terminationGracePeriodSeconds", &terminationGracePeriodSeconds)
        fields.int("activeDeadlineSeconds", &activeDeadlineSeconds)
        fields.map("nodeSelector", &nodeSelector)
        fields.part("affinity", &affinity)
        fields.list("tolerations", &tolerations)
        fields.list("topologySpreadConstraints", &topologySpreadConstraints)
        fields.string("schedulerName", &schedulerName)
        fields.int("priority", &priority)
        fields.string("priorityClassName", &priorityClassName)
        fields.string("preemptionPolicy", &preemptionPolicy)
        fields.resources("overhead", &overhead)
        fields.part("resources", &resources)
        fields.string("runtimeClassName", &runtimeClassName)
        fields.bool("hostNetwork", &hostNetwork)
        fields.string("hostname", &hostname)
        fields.string("subdomain", &subdomain)
        fields.string("serviceAccountName", &serviceAccountName)
        fields.list("schedulingGates", &schedulingGates)
        fields.list("readinessGates", &readinessGates)
        fields.list("imagePullSecrets", &imagePullSecrets)
        fields.rest(&rest)
    }
}

/// A pod's spec, compiled once and shared by every pod of its template.
///
/// A class because identity matters: equal specs of one template are one object, caches key on it
/// (``ObjectIdentifier``), and a pod holds eight bytes for it. It never changes. The node to which a pod is
/// bound is the pod's own (``Pod/nodeName``), so binding does not copy the spec.
@dynamicMemberLookup
public final class PodSpec: Sendable {
    /// The defaulted spec as the API server stores it, without `nodeName`.
    public let source: JSONObject
    public let fields: PodSpecFields
    /// What the scheduler reserves for the pod: the effective requests of all containers and the overhead.
    ///
    /// Upstream: `component-helpers/resource/helpers.go`, `PodRequests` (v1.36).
    public let requests: ResourceList
    public let qualityOfService: QualityOfService
    /// The spec from which this one differs in the names of claims only; nil when it was not made from one.
    ///
    /// What does not look at claims is the same for all specs of one basis.
    public let basis: PodSpec?

    public init(source: JSONObject) {
        var source = source
        source.removeValue(forKey: "nodeName")
        self.source = source
        basis = nil
        // A pod spec holds no times, so the epoch does not matter.
        fields = PodSpecFields(fields: source, epoch: CalendarTime(unixSeconds: 0))
        requests = fields.effectiveRequests
        qualityOfService = QualityOfService(of: fields)
    }

    private init(
        source: JSONObject, fields: PodSpecFields, requests: ResourceList, qualityOfService: QualityOfService,
        basis: PodSpec?
    ) {
        self.basis = basis
        self.source = source
        self.fields = fields
        self.requests = requests
        self.qualityOfService = qualityOfService
    }

    /// This spec with another claim behind the first of its volumes that has one.
    public func withClaim(_ name: String) -> PodSpec {
        guard let index = fields.volumes.firstIndex(where: { $0.persistentVolumeClaim != nil }) else {
            return self
        }
        var fields = fields
        fields.volumes[index].persistentVolumeClaim?.claimName = name
        var source = source
        if var volumes = source["volumes"]?.arrayValue, volumes.indices.contains(index) {
            var claim = volumes[index]["persistentVolumeClaim"] ?? .object([:])
            claim["claimName"] = .string(name)
            volumes[index]["persistentVolumeClaim"] = claim
            source["volumes"] = .array(volumes)
        }
        return PodSpec(
            source: source, fields: fields, requests: requests, qualityOfService: qualityOfService,
            basis: basis ?? self)
    }

    /// This spec with another extended resource in the place of one, in the requests and limits of all
    /// containers; nil where that is more than a change of names.
    public func withResource(_ name: String, insteadOf old: String) -> PodSpec? {
        guard ResourceNames.isExtended(name), ResourceNames.isExtended(old), requests[name] == nil,
            fields.resources == nil, fields.overhead.isEmpty
        else { return nil }
        var fields = fields
        for place in fields.containers.indices { fields.containers[place].resources.rename(old, to: name) }
        for place in fields.initContainers.indices {
            fields.initContainers[place].resources.rename(old, to: name)
        }
        var source = source
        for list in ["containers", "initContainers"] {
            guard var containers = source[list]?.arrayValue else { continue }
            for place in containers.indices { containers[place].renameResource(old, to: name) }
            source[list] = .array(containers)
        }
        var requests = requests
        requests.rename(old, to: name)
        return PodSpec(
            source: source, fields: fields, requests: requests, qualityOfService: qualityOfService, basis: nil
        )
    }

    @inlinable
    public subscript<Value>(dynamicMember path: KeyPath<PodSpecFields, Value>) -> Value {
        fields[keyPath: path]
    }

    /// The pod's priority; 0 when none was resolved.
    public var priorityValue: Int64 { fields.priority ?? 0 }
}

extension ResourceRequirements {
    fileprivate mutating func rename(_ old: String, to new: String) {
        requests.rename(old, to: new)
        limits.rename(old, to: new)
    }
}

extension ResourceList {
    fileprivate mutating func rename(_ old: String, to new: String) {
        guard let quantity = self[old] else { return }
        self[old] = nil
        self[new] = quantity
    }
}

extension JSONValue {
    /// Renames a resource in the requests and limits of a container; the names stay in their order.
    public mutating func renameResource(_ old: String, to new: String) {
        guard var resources = self["resources"]?.objectValue else { return }
        for list in ["limits", "requests"] {
            guard let amounts = resources[list]?.objectValue, let amount = amounts[old] else { continue }
            var renamed = JSONObject(minimumCapacity: amounts.count)
            if amounts.count == 1 {
                renamed[new] = amount
            } else {
                let names = amounts.keys.map { $0 == old ? new : $0 }
                for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
                    renamed[name] = name == new ? amount : amounts[name]
                }
            }
            resources[list] = .object(renamed)
        }
        self["resources"] = .object(resources)
    }
}

extension PodSpec: Hashable {
    public static func == (left: PodSpec, right: PodSpec) -> Bool {
        left === right || left.source == right.source
    }
    public func hash(into hasher: inout Hasher) { hasher.combine(source) }
}

extension PodSpecFields {
    /// The sum over containers, or the largest need during initialisation, with sidecars counted from their
    /// start on; pod-level requests replace the resources that they name; overhead on top.
    ///
    /// Upstream: `component-helpers/resource/helpers.go`, `PodRequests`, `AggregateContainerRequests` (v1.36).
    public var effectiveRequests: ResourceList {
        var total = ResourceList()
        for container in containers { total.add(container.resources.requests) }
        var sidecars = ResourceList()
        var initial = ResourceList()
        for container in initContainers {
            if container.isSidecar {
                total.add(container.resources.requests)
                sidecars.add(container.resources.requests)
                initial.formMaximum(sidecars)
            } else {
                var need = sidecars
                need.add(container.resources.requests)
                initial.formMaximum(need)
            }
        }
        total.formMaximum(initial)
        if let resources {
            // Only these resources are taken at pod level.
            for entry in resources.requests.entries
            where entry.name == ResourceName.cpu || entry.name == ResourceName.memory
                || entry.name.hasPrefix("hugepages-")
            { total[entry.name] = entry.quantity }
        }
        total.add(overhead)
        return total
    }
}

public enum QualityOfService: String, Hashable, Sendable {
    case guaranteed = "Guaranteed"
    case burstable = "Burstable"
    case bestEffort = "BestEffort"

    /// Upstream: `pkg/apis/core/v1/helper/qos/qos.go`, `ComputePodQOS` (v1.36).
    public init(of spec: PodSpecFields) {
        let names = [ResourceName.cpu, ResourceName.memory]
        func positive(_ list: ResourceList) -> ResourceList {
            ResourceList(
                list.entries.lazy.filter { names.contains($0.name) && $0.quantity.sign > 0 }
                    .map { ($0.name, $0.quantity) })
        }
        var requests = ResourceList()
        var limits = ResourceList()
        var isGuaranteed = true
        if let resources = spec.resources, !resources.requests.isEmpty || !resources.limits.isEmpty {
            requests = positive(resources.requests)
            limits = positive(resources.limits)
            isGuaranteed = limits.entries.count == names.count
        } else {
            for container in spec.containers + spec.initContainers {
                requests.add(positive(container.resources.requests))
                let own = positive(container.resources.limits)
                limits.add(own)
                if own.entries.count != names.count { isGuaranteed = false }
            }
        }
        if requests.isEmpty && limits.isEmpty {
            self = .bestEffort
        } else if isGuaranteed && requests == limits {
            self = .guaranteed
        } else {
            self = .burstable
        }
    }
}
