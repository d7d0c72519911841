import Controllers
import KubernetesModel
import SimulationKernel
import TestSupport
import Testing

@Suite("Which pods a scale-down gives up")
struct DeletionRankingTests {
    static let file = "conformance/controllers/podrank.jsonl"

    @Test(
        "the order is upstream's",
        .enabled(if: SharedFiles.exists(file), Comment(rawValue: SharedFiles.missing)))
    func goldenVectors() throws {
        let now = VirtualTime.start + .days(30)
        var cases = 0
        for line in try SharedFiles.lines(Self.file) {
            let vector = try JSONParser.parse(line)
            cases += 1
            let described = vector["pods"]?.arrayValue ?? []
            let pods = try described.map { Ref(try Self.pod($0, now: Timestamp(now))) }
            let ranks = described.map { Int($0["rank"]?.integerValue ?? 0) }
            let expected = vector["deletionOrder"]?.arrayValue?.compactMap(\.stringValue)
            let order = DeletionRanking(now: now).ordered(pods, ranks: ranks).map(\.value.metadata.name)
            #expect(order == expected, Comment(rawValue: vector["id"]?.stringValue ?? ""))
        }
        #expect(cases == 241)
    }

    static func pod(_ vector: JSONValue, now: Timestamp) throws -> Pod {
        var metadata = ObjectMeta(namespace: "default", name: vector["name"]?.stringValue ?? "")
        metadata.uid = UID(vector["uid"]?.stringValue ?? "")
        metadata.creationTimestamp = vector["age"]?.integerValue.map { Timestamp(seconds: now.seconds - $0) }
        if let cost = vector["deletionCost"]?.stringValue {
            metadata.annotations[DeletionRanking.costAnnotation] = cost
        }
        let restarts = vector["restarts"]?.arrayValue ?? []
        let spec: JSONValue = [
            "containers": .array(restarts.indices.map { ["name": .string("c\($0)")] }),
            "initContainers": [["name": "side", "restartPolicy": "Always"], ["name": "init"]],
        ]
        var status = PodStatus()
        status.phase = PodPhase(rawValue: vector["phase"]?.stringValue ?? "") ?? .none
        var ready = Condition("Ready", vector["ready"] == true ? .isTrue : .isFalse)
        ready.lastTransitionTime = vector["readySince"]?.integerValue.map {
            Timestamp(seconds: now.seconds - $0)
        }
        status.conditions = [ready]
        status.containerStatuses = restarts.enumerated().map { index, count in
            var status = ContainerStatus()
            status.name = "c\(index)"
            status.restartCount = count.integerValue ?? 0
            return status
        }
        var sidecar = ContainerStatus()
        sidecar.name = "side"
        sidecar.restartCount = vector["sidecarRestarts"]?.integerValue ?? 0
        status.initContainerStatuses = [sidecar]
        return Pod(
            metadata: metadata, spec: PodSpec(source: try #require(spec.objectValue)),
            nodeName: vector["node"]?.stringValue ?? "",
            status: status)
    }
}
