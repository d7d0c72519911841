import KubernetesModel
import OrderedCollections
import SimulationKernel
import Stochastics
import Workloads

/// A trace's machines as pools of nodes: alike machines are one pool.
struct TraceMachines {
    private(set) var pools: [ClusterPlan.NodePool] = []
    /// The node of each machine.
    private(set) var nodes: [String: String] = [:]

    init(_ machines: [TraceMachine], podsPerNode: Int64, zones: [String]) {
        struct Sort: Hashable {
            var capacity: TraceResources
            var model: String
            var labels: [TraceLabel]
        }
        var members: OrderedDictionary<Sort, [String]> = [:]
        for machine in machines {
            let sort = Sort(capacity: machine.capacity, model: machine.gpuModel, labels: machine.labels)
            members[sort, default: []].append(machine.id)
        }
        for (place, (sort, ids)) in members.enumerated() {
            let name = "machines-\(place + 1)"
            let capacity = Self.capacity(sort.capacity, podsPerNode: podsPerNode)
            var labels = Self.labels(of: sort.labels)
            if !sort.model.isEmpty { labels[TracePodMaker.gpuModel] = TracePodMaker.labelValue(sort.model) }
            pools.append(
                ClusterPlan.NodePool(
                    name: name, count: ids.count, zones: zones, capacity: capacity, allocatable: capacity,
                    labels: labels, taints: [], disks: [], runtime: .containerd, runtimeHandlers: [],
                    bootTime: .constant(60)))
            for (number, id) in ids.enumerated() { nodes[id] = "\(name)-\(number + 1)" }
        }
    }

    /// Attributes as labels of the node.
    static func labels(of attributes: [TraceLabel]) -> [String: String] {
        var labels: [String: String] = [:]
        for label in attributes {
            labels[TracePodMaker.attributeLabel(label.name)] = TracePodMaker.labelValue(label.value)
        }
        return labels
    }

    static func capacity(_ resources: TraceResources, podsPerNode: Int64) -> ResourceList {
        var capacity = ResourceList()
        for (name, amount) in TracePodMaker.amounts(resources) {
            capacity[name] = amount.stringValue.flatMap { try? Quantity(parsing: $0) } ?? .zero
        }
        for name in ["cpu", "memory"] where capacity[name] == nil { capacity[name] = .zero }
        if resources.gpuCount > 0 {
            capacity[TracePodMaker.gpuCount] = Quantity(value: resources.gpuCount)
            capacity[TracePodMaker.gpuMilli] = Quantity(value: resources.gpuCount * 1_000)
        }
        if capacity["ephemeral-storage"] == nil {
            // The trace does not say; images have to go somewhere.
            capacity["ephemeral-storage"] = (try? Quantity(parsing: "1Ti")) ?? .zero
        }
        capacity["pods"] = Quantity(value: podsPerNode)
        return capacity
    }
}
