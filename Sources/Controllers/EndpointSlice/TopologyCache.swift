import ControlPlane
import KubernetesModel

/// How CPU and, for services that ask for it, ready endpoints spread over the zones: what the hints of the
/// annotation `service.kubernetes.io/topology-mode: Auto` are made from.
///
/// Where upstream takes zones in random order, simk takes them by name. Upstream:
/// `staging/src/k8s.io/endpointslice/topologycache` (v1.36).
struct TopologyCache: Sendable {
    /// What happened to a service's hints, to be told in an event.
    struct Report: Hashable, Sendable {
        var severity: EventRecord.Severity
        var reason: String
        var message: String

        static func disabled(_ why: String, _ type: String) -> Report {
            Report(
                severity: .warning, reason: "TopologyAwareHintsDisabled",
                message: "\(why), addressType: \(type)")
        }
        static func enabled(_ type: String) -> Report {
            Report(
                severity: .normal, reason: "TopologyAwareHintsEnabled",
                message: "Topology Aware Hints has been enabled, addressType: \(type)")
        }
    }

    /// How many endpoints a zone is to have hints for.
    struct Allocation: Hashable, Sendable {
        var minimum: Int
        var maximum = 0
        var desired: Double
    }

    /// How far an endpoint's load may be above the mean.
    static let overloadThreshold = 0.2

    /// Each zone's share of the CPU of ready nodes; nil when nodes tell too little or are in one zone.
    var cpuRatios: [String: Double]?
    /// Endpoints with hints by service, address type and zone.
    private(set) var endpoints: [ObjectKey: [String: [String: Int]]] = [:]
    private var populated: Set<ObjectKey> = []

    init(cpuRatios: [String: Double]? = nil) { self.cpuRatios = cpuRatios }

    func hasPopulatedHints(_ service: ObjectKey) -> Bool { populated.contains(service) }

    mutating func setHints(_ service: ObjectKey, _ type: String, _ byZone: [String: Int]) {
        endpoints[service, default: [:]][type] = byZone
        populated.insert(service)
    }

    mutating func removeHints(_ service: ObjectKey, _ type: String) {
        endpoints[service]?.removeValue(forKey: type)
        if endpoints[service]?.isEmpty ?? false { endpoints.removeValue(forKey: service) }
        populated.remove(service)
    }

    // MARK: Nodes

    /// Counts the zones' CPU anew. One ready node without a zone or CPU makes the whole count void.
    mutating func setNodes(_ nodes: [Ref<Node>]) {
        cpuRatios = nil
        var byZone: [String: Int64] = [:]
        var total: Int64 = 0
        for node in nodes {
            let labels = node.value.metadata.labels
            if labels.contains("node-role.kubernetes.io/control-plane")
                || labels.contains("node-role.kubernetes.io/master") || !Self.isReady(node.value)
            {
                continue
            }
            let cpu = node.value.status.allocatable.amount(ResourceName.cpu)
            guard let zone = labels[WellKnown.zoneLabel], !zone.isEmpty, cpu != 0 else { return }
            total += cpu
            byZone[zone, default: 0] += cpu
        }
        if total == 0 || byZone.count < 2 { return }
        cpuRatios = byZone.mapValues { Double($0) / Double(total) }
    }

    static func isReady(_ node: Node) -> Bool { node.status.conditions.isTrue("Ready") }

    /// The services whose hints no longer suit the zones' CPU, in the order of their keys.
    var overloadedServices: [ObjectKey] {
        endpoints.filter { $0.value.contains { isOverloaded($0.value) } }.map(\.key).sorted()
    }

    private func isOverloaded(_ byZone: [String: Int]) -> Bool {
        if byZone.isEmpty { return false }
        guard let cpuRatios, !cpuRatios.isEmpty else { return true }
        let total = Double(byZone.values.reduce(0, +))
        return cpuRatios.contains { zone, ratio in
            guard let count = byZone[zone] else { return true }
            return count < Int((total * ratio * (1 / (1 + Self.overloadThreshold))).rounded(.up))
        }
    }

    // MARK: Allocations

    /// How many hints each zone is to have, or why there can be none.
    func allocations(_ count: Int, _ type: String) -> Result<[String: Allocation], Refusal> {
        guard let cpuRatios else {
            return .failure(
                Refusal(
                    why:
                        "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"
                ))
        }
        if cpuRatios.count < 2 { return .failure(Refusal(why: "Nodes only ready in one zone")) }
        let figures = "(\(count) endpoints, \(cpuRatios.count) zones)"
        if cpuRatios.count > count {
            return .failure(Refusal(why: "Insufficient number of endpoints \(figures)"))
        }
        var allocations: [String: Allocation] = [:]
        var total = 0
        for (zone, ratio) in cpuRatios {
            let desired = ratio * Double(count)
            let minimum = Int((desired * (1 / (1 + Self.overloadThreshold))).rounded(.up))
            allocations[zone] = Allocation(minimum: minimum, desired: max(desired, Double(minimum)))
            total += minimum
        }
        if total > count {
            return .failure(
                Refusal(
                    why: "Unable to allocate minimum required endpoints to each zone without exceeding "
                        + "overload threshold \(figures)"))
        }
        return .success(
            allocations.mapValues {
                Allocation(minimum: $0.minimum, maximum: $0.minimum + count - total, desired: $0.desired)
            })
    }

    /// Why a service gets no hints.
    struct Refusal: Error, Hashable, Sendable {
        var why: String
    }

    /// How many hints zones have to give away and get, for each zone to come near what it should have.
    static func transfers(
        _ allocations: [String: Allocation], _ allocated: [String: Int]
    ) -> (giving: [String: Int], receiving: [String: Int]) {
        var surplus: [String: Double] = [:]
        var need: [String: Double] = [:]
        for (zone, allocation) in allocations {
            let difference = Double(allocated[zone] ?? 0) - allocation.desired
            if difference > 0 { surplus[zone] = difference }
            if difference < 0 { need[zone] = -difference }
        }
        func most(_ zones: [String: Double]) -> (zone: String, count: Double)? {
            zones.filter { $0.value > 0 }.min { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { ($0.key, $0.value) }
        }
        var giving: [String: Int] = [:]
        var receiving: [String: Int] = [:]
        while let giver = most(surplus), let receiver = most(need) {
            if (giver.count < 1 && receiver.count < 1) || giver.count < 0.5 || receiver.count < 0.5 { break }
            giving[giver.zone, default: 0] += 1
            surplus[giver.zone] = giver.count - 1
            receiving[receiver.zone, default: 0] += 1
            need[receiver.zone] = receiver.count - 1
        }
        return (giving, receiving)
    }
}
