import Controllers
import KubernetesModel
import Testing

@Suite("Going back to an earlier revision")
struct DeploymentRollbackTests {
    static func template(_ image: String) throws -> PodTemplate {
        let tree: JSONValue = [
            "metadata": ["labels": ["app": "web"]],
            "spec": ["containers": [["name": "c", "image": .string(image)]]],
        ]
        return PodTemplate(fields: try #require(tree.objectValue), epoch: CalendarTime(unixSeconds: 0))
    }

    static func sets() throws -> [ReplicaSet] {
        try (1...3).map { number in
            var set = ReplicaSet()
            set.metadata = ObjectMeta(namespace: "default", name: "web-\(number)")
            set.metadata.uid = .text("set-\(number)")
            set.metadata.annotations["deployment.kubernetes.io/revision"] = String(number)
            set.metadata.annotations["kubernetes.io/change-cause"] = "change \(number)"
            set.spec.template = try template("app:v\(number)")
            set.spec.template.metadata.labels["pod-template-hash"] = "h\(number)"
            return set
        }
    }

    static func deployment() throws -> Deployment {
        var deployment = Deployment()
        deployment.metadata = ObjectMeta(namespace: "default", name: "web")
        deployment.metadata.annotations["deployment.kubernetes.io/revision"] = "3"
        deployment.spec.template = try template("app:v3")
        return deployment
    }

    @Test("revision 0 is the one before the latest", arguments: [(0, 2), (1, 1), (2, 2)] as [(Int64, Int64)])
    func findsRevision(_ wanted: Int64, _ found: Int64) throws {
        let target = try DeploymentRollback.target(
            for: Self.deployment(), revision: wanted, replicaSets: Self.sets())
        #expect(target.revision == found)
        #expect(try target.template == Self.template("app:v\(found)"))
        #expect(!target.isCurrent)
        #expect(target.annotations["kubernetes.io/change-cause"] == "change \(found)")
        #expect(target.annotations["deployment.kubernetes.io/revision"] == "3")
    }

    @Test("the current revision is no change")
    func current() throws {
        let target = try DeploymentRollback.target(
            for: Self.deployment(), revision: 3, replicaSets: Self.sets())
        #expect(target.isCurrent)
    }

    @Test("what cannot be undone says why")
    func failures() throws {
        var deployment = try Self.deployment()
        let sets = try Self.sets()
        #expect(throws: DeploymentRollback.Failure.revisionNotFound(9)) {
            try DeploymentRollback.target(for: deployment, revision: 9, replicaSets: sets)
        }
        #expect(throws: DeploymentRollback.Failure.noHistory(deployment: "web")) {
            try DeploymentRollback.target(for: deployment, revision: 0, replicaSets: [sets[2]])
        }
        deployment.spec.paused = true
        #expect(throws: DeploymentRollback.Failure.paused) {
            try DeploymentRollback.target(for: deployment, revision: 1, replicaSets: sets)
        }
        #expect(DeploymentRollback.template(for: deployment, revision: 1, replicaSets: sets) == nil)
        #expect(
            DeploymentRollback.Failure.noHistory(deployment: "web").description
                == "no rollout history found for deployment \"web\"")
    }
}
