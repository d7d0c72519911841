import ControlPlane
import KubernetesModel
import SimulationKernel
import TestSupport
import Testing

@testable import Controllers

@Suite("Sizes of a Deployment's ReplicaSets")
struct DeploymentMathTests {
    static let file = "conformance/controllers/deploymath.jsonl"

    @Test(
        "fence posts, proportional scaling and rolling steps are upstream's",
        .enabled(if: SharedFiles.exists(file), Comment(rawValue: SharedFiles.missing)))
    func goldenVectors() throws {
        var counts: [String: Int] = [:]
        for line in try SharedFiles.lines(Self.file) {
            let vector = try JSONParser.parse(line)
            let id = Comment(rawValue: vector["id"]?.stringValue ?? "")
            let operation = vector["op"]?.stringValue ?? ""
            counts[operation, default: 0] += 1
            if operation == "fenceposts" {
                let found = DeploymentMath.fenceposts(
                    maxSurge: vector["maxSurge"].flatMap(IntOrPercent.init(json:)),
                    maxUnavailable: vector["maxUnavailable"].flatMap(IntOrPercent.init(json:)),
                    desired: vector["replicas"]?.integerValue ?? 0)
                #expect(found?.surge == vector["surge"]?.integerValue, id)
                #expect(found?.unavailable == vector["unavailable"]?.integerValue, id)
            } else {
                let result = try Self.run(operation, try #require(vector["in"]))
                let updates = JSONValue.array(vector["updates"]?.arrayValue ?? [])
                #expect(result.updates.sortedText == updates.sortedText, id)
                #expect(result.events == vector["events"]?.arrayValue?.compactMap(\.stringValue) ?? [], id)
                if operation == "rolling" {
                    #expect(result.did == vector["did"]?.arrayValue?.compactMap(\.stringValue) ?? [], id)
                }
            }
        }
        #expect(counts.values.reduce(0, +) == 550)
        #expect(counts.count == 3)
    }

    struct Outcome {
        var updates: JSONValue = []
        var events: [String] = []
        var did: [String] = []
    }

    /// Runs one pass; every update is answered with the object that was sent.
    static func run(_ operation: String, _ input: JSONValue) throws -> Outcome {
        var deployment = Deployment()
        deployment.metadata = ObjectMeta(namespace: "default", name: "web")
        deployment.spec.replicas = input["replicas"]?.integerValue ?? 0
        deployment.spec.strategy.type = "RollingUpdate"
        deployment.spec.strategy.rollingUpdate = .init()
        deployment.spec.strategy.rollingUpdate?.maxSurge = input["maxSurge"].flatMap(IntOrPercent.init(json:))
        deployment.spec.strategy.rollingUpdate?.maxUnavailable = input["maxUnavailable"].flatMap(
            IntOrPercent.init(json:))
        let sets = (input["replicaSets"]?.arrayValue ?? []).map(Self.replicaSet)
        deployment.status.replicas = input["statusReplicas"]?.integerValue ?? 0
        let newName = input["newReplicaSet"]?.stringValue
        let snapshot = DeploymentSync.Snapshot(
            deployment: Ref(deployment), candidates: [], running: [])
        var outcome = Outcome()
        var updates: [JSONValue] = []
        var log = ScriptLog(startedAt: .start)
        while true {
            var sync = DeploymentSync(snapshot, templates: TemplateComparison())
            var did: [String] = []
            let plan = PlanScript.plan(
                log, continuing: { $0 },
                { script throws(ScriptExit) in
                    var revisions = DeploymentSync.Revisions(
                        old: sets.filter { $0.metadata.name != newName },
                        new: sets.first { $0.metadata.name == newName })
                    if operation == "scale" {
                        try sync.scale(&revisions, &script)
                    } else if let new = revisions.new {
                        if try sync.growNew(revisions, new, &script) {
                            did.append("scaledNew")
                        } else if try sync.shrinkOld(revisions, new, &script) {
                            did.append("scaledOld")
                        }
                    }
                    return .done
                })
            for step in plan.steps {
                switch step {
                case .event(let event):
                    outcome.events.append("\(event.severity.rawValue) \(event.reason) \(event.message)")
                case .call(let request, _):
                    guard case .update(let object) = request, let set = object.replicaSet?.value else {
                        continue
                    }
                    var annotations = JSONValue.emptyObject
                    for entry in set.metadata.annotations.entries {
                        annotations[entry.key] = .string(entry.value)
                    }
                    updates.append([
                        "replicaSet": .string(set.metadata.name), "replicas": .integer(set.spec.replicas),
                        "annotations": annotations,
                    ])
                case .batch, .note: break
                }
            }
            guard case .resume(let next) = plan.ending else {
                outcome.did = did
                outcome.updates = .array(updates)
                return outcome
            }
            var advanced = next
            if case .call(let request, _)? = plan.steps.last, case .update(let object) = request {
                advanced.append([CallOutcome(request: request, result: .success(object))], at: .start)
            }
            log = advanced
        }
    }

    static func replicaSet(_ vector: JSONValue) -> ReplicaSet {
        var set = ReplicaSet()
        set.metadata = ObjectMeta(namespace: "default", name: vector["name"]?.stringValue ?? "")
        set.metadata.uid = .text(set.metadata.name)
        set.metadata.creationTimestamp = Timestamp(seconds: vector["createdAt"]?.integerValue ?? 0)
        for (key, value) in Array(vector["annotations"]?.objectValue ?? JSONValue.emptyObject.objectValue!) {
            set.metadata.annotations[key] = value.stringValue
        }
        set.spec.replicas = vector["replicas"]?.integerValue ?? 0
        set.status.replicas = vector["statusReplicas"]?.integerValue ?? set.spec.replicas
        set.status.readyReplicas = vector["readyReplicas"]?.integerValue ?? 0
        set.status.availableReplicas = vector["availableReplicas"]?.integerValue ?? 0
        return set
    }
}
