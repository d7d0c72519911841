public import KubernetesModel
import OrderedCollections
import Scheduler
import SimulationKernel
import Stochastics
public import Workloads

/// The objects of a cluster as a state to start from: which nodes there are, and what is created in which order.
///
/// `docs/reference/replay.md` says what becomes of each kind.
public struct ClusterState: Sendable {
    /// One pool for each node, in the order of the snapshot.
    public private(set) var pools: [ClusterPlan.NodePool] = []
    /// Nodes that take no new pods.
    public private(set) var cordoned: [String] = []
    /// Everything but the nodes, owners before what they own.
    public private(set) var objects: [JSONValue] = []
    /// What is left out, and why.
    public private(set) var left: [TraceTally.PassedOver] = []

    /// Kinds that the cluster's own components write anew.
    private static let madeAnew: Set<String> = [
        "Node", "Lease", "Event", "Endpoints", "EndpointSlice", "CSINode", "PodMetrics", "NodeMetrics",
    ]

    public init(_ trees: [JSONValue], zones: [String] = []) {
        var kept: [(rank: Int, tree: JSONValue)] = []
        var namespaces: [String] = []
        var known: Set<String> = ["default", "kube-system", "kube-public", "kube-node-lease"]
        var classes: Set<String> = ["system-cluster-critical", "system-node-critical"]
        for tree in trees {
            let name = tree["metadata"]?["name"]?.stringValue ?? ""
            if tree["kind"]?.stringValue == "Namespace" { known.insert(name) }
            if tree["kind"]?.stringValue == "PriorityClass" { classes.insert(name) }
        }
        for tree in trees {
            let kindName = tree["kind"]?.stringValue ?? ""
            if kindName == "Node" {
                add(node: tree, zones: zones)
                continue
            }
            if Self.madeAnew.contains(kindName) {
                leave("objects that the cluster writes anew: \(kindName)")
                continue
            }
            guard let kind = ObjectKind(apiVersion: tree["apiVersion"]?.stringValue ?? "", kind: kindName)
            else {
                leave("objects of kinds that are not served: \(kindName)")
                continue
            }
            if tree["metadata"]?["deletionTimestamp"]?.stringValue != nil {
                leave("objects that were being deleted")
                continue
            }
            let phase = tree["status"]?["phase"]?.stringValue ?? ""
            if kind == .pod && (phase == "Succeeded" || phase == "Failed") {
                leave("pods that had ended")
                continue
            }
            var tree = Self.bare(tree)
            if kind == .pod {
                TraceWorkload.removeAccountVolumes(from: &tree)
                if let made = Self.takePriority(from: &tree, classes: &classes) { kept.append((1, made)) }
            }
            if kind.info.isNamespaced {
                let namespace = tree["metadata"]?["namespace"]?.stringValue ?? "default"
                if known.insert(namespace).inserted { namespaces.append(namespace) }
            }
            kept.append((Self.rank(kindName), tree))
        }
        let made: [JSONValue] = namespaces.map {
            ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string($0)]]
        }
        objects = made + Self.ordered(kept)
    }

    /// Has pods that are on a node that is not there wait for another one.
    mutating func unbindPods(notOn nodes: Set<String>) {
        for place in objects.indices where objects[place]["kind"]?.stringValue == "Pod" {
            guard let node = objects[place]["spec"]?["nodeName"]?.stringValue, !nodes.contains(node) else {
                continue
            }
            objects[place]["spec"]?["nodeName"] = nil
        }
    }

    private mutating func leave(_ reason: String) {
        if let place = left.firstIndex(where: { $0.reason == reason }) {
            left[place].count += 1
        } else {
            left.append(TraceTally.PassedOver(reason: reason, count: 1))
        }
    }

    // MARK: Nodes

    private mutating func add(node tree: JSONValue, zones: [String]) {
        let name = tree["metadata"]?["name"]?.stringValue ?? ""
        let status = tree["status"]
        var capacity = Self.resources(status?["capacity"] ?? status?["allocatable"])
        for (resource, amount) in [("cpu", "4"), ("memory", "16Gi"), ("pods", "110")]
        where capacity[resource] == nil {
            capacity[resource] = try? Quantity(parsing: amount)
        }
        if capacity["ephemeral-storage"] == nil {
            // The snapshot does not say; images have to go somewhere.
            capacity["ephemeral-storage"] = try? Quantity(parsing: "1Ti")
        }
        var allocatable = capacity
        for entry in Self.resources(status?["allocatable"]).entries {
            if let whole = capacity[entry.name], entry.quantity <= whole {
                allocatable[entry.name] = entry.quantity
            }
        }
        var labels: [String: String] = [:]
        for (label, value) in tree["metadata"]?["labels"]?.objectValue ?? [:] {
            labels[label] = value.stringValue ?? ""
        }
        let taints = (tree["spec"]?["taints"]?.arrayValue ?? []).compactMap { taint -> Taint? in
            let key = taint["key"]?.stringValue ?? ""
            // Those are the business of the controllers.
            guard !key.isEmpty, !key.hasPrefix("node.kubernetes.io/"),
                let effect = TaintEffect(rawValue: taint["effect"]?.stringValue ?? "")
            else { return nil }
            return Taint(key: key, value: taint["value"]?.stringValue ?? "", effect: effect)
        }
        if tree["spec"]?["unschedulable"]?.boolValue == true { cordoned.append(name) }
        pools.append(
            ClusterPlan.NodePool(
                name: "recorded-\(pools.count + 1)", count: 1, zones: zones, capacity: capacity,
                allocatable: allocatable, labels: labels, taints: taints, disks: [], runtime: .containerd,
                runtimeHandlers: [], bootTime: .constant(60), nodeNames: [name]))
    }

    private static func resources(_ tree: JSONValue?) -> ResourceList {
        var list = ResourceList()
        for (name, amount) in tree?.objectValue ?? [:] {
            let text = amount.stringValue ?? amount.integerValue.map { String($0) } ?? ""
            if let quantity = try? Quantity(parsing: text) { list[name] = quantity }
        }
        return list
    }

    // MARK: Objects

    /// Without what the API server sets; the status of Jobs is told to it afterwards.
    private static func bare(_ tree: JSONValue) -> JSONValue {
        var tree = tree
        if tree["kind"]?.stringValue != "Job" { tree["status"] = nil }
        for name in [
            "resourceVersion", "creationTimestamp", "managedFields", "generation", "selfLink",
            "deletionGracePeriodSeconds",
        ] { tree["metadata"]?[name] = nil }
        return tree
    }

    /// The number that a class stands for is the API server's business. A class that the snapshot lacks is made
    /// of it.
    private static func takePriority(from pod: inout JSONValue, classes: inout Set<String>) -> JSONValue? {
        let value = pod["spec"]?["priority"]?.integerValue
        pod["spec"]?["priority"] = nil
        pod["spec"]?["preemptionPolicy"] = nil
        guard let name = pod["spec"]?["priorityClassName"]?.stringValue, !name.isEmpty,
            classes.insert(name).inserted
        else { return nil }
        return [
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
            "metadata": ["name": .string(name)], "value": .integer(value ?? 0),
        ]
    }

    /// What others need comes first, what would refuse others last.
    private static func rank(_ kind: String) -> Int {
        switch kind {
        case "Namespace": 0
        case "PriorityClass", "StorageClass", "RuntimeClass", "ServiceAccount", "ConfigMap", "Secret": 1
        case "PersistentVolumeClaim": 2
        case "PersistentVolume": 3
        case "Pod": 5
        case "ResourceQuota", "LimitRange": 6
        default: 4
        }
    }

    /// By rank, in it by how many owners stand above, else as they were.
    private static func ordered(_ kept: [(rank: Int, tree: JSONValue)]) -> [JSONValue] {
        var owners: [String: [String]] = [:]
        for (_, tree) in kept {
            guard let uid = tree["metadata"]?["uid"]?.stringValue else { continue }
            owners[uid] = (tree["metadata"]?["ownerReferences"]?.arrayValue ?? [])
                .compactMap { $0["uid"]?.stringValue }
        }
        func depth(_ uid: String, _ limit: Int) -> Int {
            // Circles end at the limit; nothing real is deeper.
            guard limit > 0, let above = owners[uid] else { return 0 }
            return above.reduce(0) { max($0, depth($1, limit - 1) + 1) }
        }
        let sorted = kept.enumerated().map { place, entry in
            let uid = entry.tree["metadata"]?["uid"]?.stringValue ?? ""
            return (key: (entry.rank, depth(uid, 8), place), tree: entry.tree)
        }.sorted { $0.key < $1.key }
        return sorted.map(\.tree)
    }
}
