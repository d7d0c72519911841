import Controllers
import KubernetesModel
import TestSupport
import Testing

@Suite("Nodes of DaemonSets")
struct DaemonPodPlacementTests {
    private static let epoch = CalendarTime(unixSeconds: 0)

    @Test(
        "vectors of the real controller",
        .enabled(
            if: SharedFiles.exists("conformance/controllers/dsnode.jsonl"),
            Comment(rawValue: SharedFiles.missing)))
    func vectors() throws {
        var agreed = 0
        for line in try SharedFiles.lines("conformance/controllers/dsnode.jsonl") {
            let vector = try JSONParser.parse(line)
            let agrees = vector["op"] == "counts" ? counts(vector) : placement(vector)
            #expect(agrees, "\(vector["id"]?.stringValue ?? "")")
            if agrees { agreed += 1 }
        }
        #expect(agreed == 430)
    }

    private func placement(_ vector: JSONValue) -> Bool {
        let templateTree: JSONValue = ["metadata": [:], "spec": vector["podSpec"] ?? [:]]
        let nodeTree: JSONValue = [
            "metadata": ["name": vector["node"]?["name"] ?? "", "labels": vector["node"]?["labels"] ?? [:]],
            "spec": [
                "taints": vector["node"]?["taints"] ?? .null,
                "unschedulable": vector["node"]?["unschedulable"] ?? false,
            ],
        ]
        guard let templateMembers = templateTree.objectValue, let nodeMembers = nodeTree.objectValue else {
            return false
        }
        let template = PodTemplate(fields: templateMembers, epoch: Self.epoch)
        let node = Node(tree: nodeMembers, epoch: Self.epoch)
        let verdict = DaemonPodPlacement(template).verdict(on: node)
        return vector["shouldRun"] == .bool(verdict.shouldRun)
            && vector["shouldContinueRunning"] == .bool(verdict.shouldContinueRunning)
    }

    private func counts(_ vector: JSONValue) -> Bool {
        var strategy = DaemonSetSpec.UpdateStrategy()
        strategy.type = "RollingUpdate"
        strategy.rollingUpdate = .init()
        strategy.rollingUpdate?.maxSurge = vector["maxSurge"].flatMap { IntOrPercent(json: $0) }
        strategy.rollingUpdate?.maxUnavailable = vector["maxUnavailable"].flatMap { IntOrPercent(json: $0) }
        let limits = DaemonSetUpdateLimits(strategy, desired: vector["desiredNodes"]?.integerValue ?? 0)
        return vector["surge"]?.integerValue == limits?.maxSurge
            && vector["unavailable"]?.integerValue == limits?.maxUnavailable
    }
}
