public import KubernetesModel
import OrderedCollections
public import Scheduler
public import Stochastics
public import VirtualNodes

/// The machines, their places and the control plane of a scenario.
public struct ClusterPlan: Sendable {
    public struct Zone: Hashable, Sendable {
        public var name: String
        /// At least one.
        public var racks: [String]
    }

    public struct Disk: Hashable, Sendable {
        public var name: String
        public var capacity: Quantity
        /// Where its file system is mounted: volumes under it are on it.
        public var mountPath: String
        public var repair: NodeDisk.Repair
    }

    public struct NodePool: Sendable {
        public var name: String
        public var count: Int
        /// Names of zones; nodes go to them in turn.
        public var zones: [String]
        public var capacity: ResourceList
        public var allocatable: ResourceList
        public var labels: [String: String]
        public var taints: [Taint]
        public var disks: [Disk]
        public var runtime: RuntimeName
        /// Further runtimes of the pool's nodes, by the handler name that a RuntimeClass gives; sorted by it.
        public var runtimeHandlers: [(handler: String, runtime: RuntimeName)]
        /// From power to a kubelet that registers, in seconds.
        public var bootTime: Distribution
        /// The nodes' own names where they are not made of the pool's; such nodes have the pool's labels only.
        public var nodeNames: [String] = []
    }

    /// A container image, as far as pulling it goes.
    public struct Image: Hashable, Sendable {
        public var name: String
        /// Compressed, in bytes: what goes over the network.
        public var size: Quantity
        /// True for an image that the registry does not have.
        public var isMissing: Bool
    }

    public struct Registry: Hashable, Sendable {
        /// Bytes a second to one node.
        public var bandwidth: Quantity
        /// The size of images that `images` does not list.
        public var defaultImageSize: Quantity
    }

    /// Container runtimes that have a profile.
    public enum RuntimeName: String, CaseIterable, Sendable {
        case containerd
        case crio = "cri-o"
        case docker, rkt, kata, hyper

        /// What it takes for what.
        public var profile: ContainerRuntimeProfile {
            switch self {
            case .containerd: .containerd
            case .crio: .crio
            case .docker: .docker
            case .rkt: .rkt
            case .kata: .kata
            case .hyper: .hyper
            }
        }
    }

    public var zones: [Zone]
    public var nodePools: [NodePool]
    public var images: [Image]
    public var registry: Registry
    /// Replicas of the scheduler and the controller manager; one leads, the others wait for its lease.
    public var schedulers: Int
    public var controllerManagers: Int
    /// Whether pods get a service account, and its token in a volume.
    public var admitsServiceAccounts = false
    /// Every timing constant and rate, changed or not.
    public var parameters: ParameterValues
    public var scheduler = SchedulerPlan()
    /// Data on the nodes' disks.
    public var dataSets: [DataCatalog.DataSet] = []
    public var dataBandwidth = DataCatalog.Bandwidth()
}

/// How the scheduler decides.
public struct SchedulerPlan: Sendable {
    /// How one of several nodes with the highest score is taken.
    public enum Ties: String, CaseIterable, Sendable {
        case seeded, lexicographic
        /// The one that stands first in the order in which nodes are looked at.
        case first
    }

    /// A `KubeSchedulerConfiguration` that has been checked; null for the default one.
    public var config = JSONValue.null
    /// A configuration that goes by a name, in place of ``config``.
    public var policy: SchedulingPolicy?
    public var ties = Ties.seeded

    /// Whether extenders are asked over HTTP, so that the run depends on their answers.
    public var hasExtenders: Bool { config["extenders"]?.arrayValue?.isEmpty == false }

    /// Takes a policy in place of what the scenario says.
    public mutating func take(_ policy: SchedulingPolicy) {
        config = .null
        self.policy = policy
    }

    /// What the scheduler is configured with; null for the default.
    var configuration: JSONValue { policy?.configuration ?? config }

    var json: JSONValue {
        var members: JSONObject = [:]
        if !config.isNull { members["config"] = config }
        if let policy { members["policy"] = .string(policy.rawValue) }
        members["ties"] = .string(ties.rawValue)
        return .object(members)
    }
}

/// One machine of a pool.
public struct NodePlan: Hashable, Sendable {
    /// The pool's name and the number in it, from 1: `general-3`.
    public var name: String
    public var pool: Int
    /// The name of the zone.
    public var zone: String
    /// The name of the rack, unique in the cluster.
    public var rack: String
    /// The pool's labels and the well-known ones.
    public var labels: [String: String]
}

extension ClusterPlan {
    public static let rackLabel = "simk.dev/rack"
    public static let poolLabel = "simk.dev/pool"
    /// What an hour of a node costs, in any currency.
    public static let priceLabel = "simk.dev/price-per-hour"

    /// Every machine, pool by pool. A pool's nodes go to its zones in turn, and in a zone to its racks in
    /// turn.
    public var nodes: [NodePlan] {
        var nodes: [NodePlan] = []
        for (index, pool) in nodePools.enumerated() {
            let places = pool.zones.compactMap { name in zones.first { $0.name == name } }
            guard !places.isEmpty else { continue }
            for number in 0..<pool.count {
                let zone = places[number % places.count]
                let rack = zone.racks[(number / places.count) % zone.racks.count]
                let isNamed = number < pool.nodeNames.count
                let name = isNamed ? pool.nodeNames[number] : "\(pool.name)-\(number + 1)"
                var labels = pool.labels
                labels["kubernetes.io/hostname"] = isNamed ? labels["kubernetes.io/hostname"] ?? name : name
                labels["kubernetes.io/os"] = labels["kubernetes.io/os"] ?? "linux"
                labels["kubernetes.io/arch"] = labels["kubernetes.io/arch"] ?? "amd64"
                if isNamed {
                    nodes.append(
                        NodePlan(name: name, pool: index, zone: zone.name, rack: rack, labels: labels))
                    continue
                }
                labels["topology.kubernetes.io/zone"] = zone.name
                labels["topology.kubernetes.io/region"] =
                    labels["topology.kubernetes.io/region"] ?? "region-1"
                labels[Self.rackLabel] = rack
                labels[Self.poolLabel] = pool.name
                nodes.append(NodePlan(name: name, pool: index, zone: zone.name, rack: rack, labels: labels))
            }
        }
        return nodes
    }

    /// The names of all racks, zone by zone.
    public var racks: [String] { zones.flatMap(\.racks) }

    var json: JSONValue {
        var members: JSONObject = [
            "zones": .array(
                zones.map { zone in
                    .object([
                        "name": .string(zone.name), "racks": .array(zone.racks.map(JSONValue.string)),
                    ])
                }),
            "nodePools": .array(nodePools.map(\.json)),
            "images": .array(
                images.map { image in
                    .object([
                        "name": .string(image.name), "size": .string(image.size.description),
                        "missing": .bool(image.isMissing),
                    ])
                }),
            "registry": .object([
                "bandwidth": .string(registry.bandwidth.description),
                "defaultImageSize": .string(registry.defaultImageSize.description),
            ]),
            "controlPlane": .object([
                "schedulers": .integer(Int64(schedulers)),
                "controllerManagers": .integer(Int64(controllerManagers)),
                "serviceAccounts": .bool(admitsServiceAccounts),
                "parameters": parameters.json,
            ]),
            "scheduler": scheduler.json,
        ]
        if !dataSets.isEmpty {
            members["dataSets"] = .array(dataSets.map(\.json))
            members["dataBandwidth"] = dataBandwidth.json
        }
        return .object(members)
    }
}

extension ClusterPlan {
    /// Where the data sets' blocks are.
    func dataCatalog(seed: UInt64) -> DataCatalog {
        if dataSets.isEmpty { return DataCatalog() }
        return DataCatalog(
            dataSets, on: nodes.map { DataCatalog.Place(node: $0.name, rack: $0.rack, zone: $0.zone) },
            bandwidth: dataBandwidth, seed: seed)
    }
}

extension DataCatalog.DataSet {
    var json: JSONValue {
        var members: JSONObject = [
            "name": .string(name), "size": .string(String(sizeBytes)),
            "blockSize": .string(String(blockBytes)), "replicas": .integer(Int64(replicas)),
        ]
        switch placement {
        case .hdfs(let writer): if let writer { members["writer"] = .string(writer) }
        case .nodes(let names): members["nodes"] = .array(names.map(JSONValue.string))
        }
        return .object(members)
    }
}

extension DataCatalog.Bandwidth {
    var json: JSONValue {
        .object([
            "node": .string(String(node)), "rack": .string(String(rack)), "zone": .string(String(zone)),
            "remote": .string(String(remote)),
        ])
    }
}

extension ClusterPlan.NodePool {
    var json: JSONValue {
        var object: JSONObject = [
            "name": .string(name),
            "count": .integer(Int64(count)),
            "zones": .array(zones.map(JSONValue.string)),
            "capacity": capacity.json,
            "allocatable": allocatable.json,
            "labels": .object(labels.sortedObject),
            "taints": .array(taints.map { .string($0.shownText) }),
            "disks": .array(
                disks.map {
                    .object([
                        "name": .string($0.name), "capacity": .string($0.capacity.description),
                        "mountPath": .string($0.mountPath), "repair": .string($0.repair.rawValue),
                    ])
                }),
            "runtime": .string(runtime.rawValue),
            "bootTime": bootTime.json(.duration),
        ]
        if !nodeNames.isEmpty { object["nodeNames"] = .array(nodeNames.map { .string($0) }) }
        if !runtimeHandlers.isEmpty {
            var handlers: JSONObject = [:]
            for (handler, runtime) in runtimeHandlers { handlers[handler] = .string(runtime.rawValue) }
            object["runtimeHandlers"] = .object(handlers)
        }
        return .object(object)
    }
}

extension ResourceList {
    var json: JSONValue {
        var object: JSONObject = [:]
        for entry in entries { object[entry.name] = .string(entry.quantity.description) }
        return .object(object)
    }
}

extension Taint {
    /// As `kubectl taint` takes it: `key=value:Effect`.
    var shownText: String {
        value.isEmpty ? "\(key):\(effect.rawValue)" : "\(key)=\(value):\(effect.rawValue)"
    }
}
