import KubernetesModel
import OrderedCollections
import Scheduler

extension Scenario {
    /// What the pods of the scenario's manifests typically ask for: FGD's target workload where its arguments
    /// name none.
    ///
    /// Each manifest counts for the pods that it asks for; pods that the timeline scales up are not known.
    var targetWorkload: TargetWorkload {
        TargetWorkload.typical(of: everyManifest.compactMap { Self.task($0, nodeCount: cluster.nodes.count) })
    }

    private static func task(_ object: ManifestObject, nodeCount: Int) -> TargetWorkload.Task? {
        let spec = object.tree["spec"] ?? .null
        var template = spec["template"] ?? .null
        let count: Int64
        switch object.kind {
        case .pod: (template, count) = (object.tree, 1)
        case .deployment, .replicaSet, .replicationController, .statefulSet:
            count = spec["replicas"]?.integerValue ?? 1
        case .job: count = spec["completions"]?.integerValue ?? spec["parallelism"]?.integerValue ?? 1
        case .cronJob:
            template = spec["jobTemplate"]?["spec"]?["template"] ?? .null
            count = 1
        case .daemonSet: count = Int64(nodeCount)
        default: return nil
        }
        guard count > 0, let members = template["spec"]?.objectValue else { return nil }
        let annotations = (template["metadata"]?["annotations"]?.objectValue ?? [:])
            .compactMap { name, value in value.stringValue.map { (name, $0) } }
        return TargetWorkload.Task(
            milliCPU: PodSpec(source: members).requests.amount(ResourceName.cpu),
            gpu: GPURequest.of(StringMap(annotations)), count: Int(clamping: count))
    }
}
