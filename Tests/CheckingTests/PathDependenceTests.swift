import Scenarios
import SimulationKernel
import Testing

@testable import Checking

@Suite("What a check asks for after the disturbances")
struct PathDependenceTests {
    private static let head = """
        apiVersion: simk.dev/v1
        kind: Scenario
        metadata: { name: paths }
        duration: 4m
        cluster:
          nodePools: [{ name: pool, count: 3, capacity: { cpu: "4", memory: 8Gi } }]
        metrics:
        - { name: q, external: true, value: 300 }
        manifests:
        - apiVersion: storage.k8s.io/v1
          kind: StorageClass
          metadata: { name: fast }
          provisioner: csi.test
        - apiVersion: v1
          kind: PersistentVolumeClaim
          metadata: { name: scratch }
          spec: { accessModes: [ReadWriteOnce], storageClassName: fast, resources: { requests: { storage: 1Gi } } }
        - apiVersion: apps/v1
          kind: StatefulSet
          metadata: { name: db }
          spec:
            replicas: 2
            serviceName: db
            updateStrategy: { type: OnDelete }
            selector: { matchLabels: { app: db } }
            template:
              metadata: { labels: { app: db } }
              spec: { containers: [{ name: c, image: i }] }
            volumeClaimTemplates:
            - metadata: { name: d }
              spec:
                accessModes: [ReadWriteOnce]
                storageClassName: fast
                resources: { requests: { storage: 1Gi } }
        - apiVersion: apps/v1
          kind: DaemonSet
          metadata: { name: agent }
          spec:
            minReadySeconds: 5
            updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
            selector: { matchLabels: { app: agent } }
            template:
              metadata: { labels: { app: agent } }
              spec: { containers: [{ name: c, image: i }] }
        - apiVersion: apps/v1
          kind: Deployment
          metadata: { name: web }
          spec:
            selector: { matchLabels: { app: web } }
            template:
              metadata: { labels: { app: web } }
              spec: { containers: [{ name: c, image: i }] }
        - apiVersion: autoscaling/v2
          kind: HorizontalPodAutoscaler
          metadata: { name: web }
          spec:
            maxReplicas: 5
            scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
            metrics:
            - type: External
              external: { metric: { name: q }, target: { type: AverageValue, averageValue: "100" } }
        timeline:

        """

    private static func goals(_ timeline: String) throws -> [String] {
        let scenario = try ScenarioLoader.parse(head + timeline, .yaml, name: "paths.yaml")
        let (goals, failure) = ConvergenceGoals.found(
            in: scenario, after: scenario.end, bound: .minutes(10), configure: { _ in })
        #expect(failure == nil)
        return goals.expectations.map(\.text)
    }

    @Test("nothing that depends on the way there, and of an autoscaled workload that it agrees with itself")
    func goals() throws {
        let goals = try Self.goals("- { at: 1m, delete: persistentvolumeclaim/scratch }")
        func asks(_ text: String) -> Bool { goals.contains { $0.contains(text) } }
        #expect(asks("statefulset/db: {.status.readyReplicas} = 2"))
        #expect(!asks("statefulset/db: {.status.updatedReplicas}"))
        #expect(asks("daemonset/agent: {.status.numberReady} = 3"))
        #expect(!asks("daemonset/agent: {.status.updatedNumberScheduled}"))
        #expect(asks("deployment/web: {.status.availableReplicas} = {.spec.replicas}"))
        #expect(asks("persistentvolumeclaim/d-db-1: {.status.phase}"))
        #expect(!asks("persistentvolumeclaim/scratch"))
    }

    @Test("claims that outlive their set may be there or not")
    func orphans() throws {
        let goals = try Self.goals("- { at: 2m, delete: statefulset/db }")
        #expect(!goals.contains { $0.contains("d-db-") })
        #expect(goals.contains { $0.contains("persistentvolumeclaim/scratch") })
    }

    @Test("a scenario can converge after its last action, and after its last fault has ended")
    func lastFault() throws {
        let scenario = try ScenarioLoader.parse(
            Self.head + "- { at: 3m, fail: { node: pool-1, mode: powerLoss, for: 5m } }", .yaml,
            name: "late.yaml")
        #expect(
            ConvergenceGoals.start(of: scenario, notBefore: .start) == .start + .minutes(8) + Disturbance.margin
        )
        #expect(ConvergenceGoals.start(of: scenario, notBefore: .start + .hours(1)) == .start + .hours(1))
        let check = ScenarioCheck(scenario, options: CheckOptions(runs: 1, seed: 1, bound: .minutes(5)))
        let finding = check.run().finding
        #expect(finding == nil, "\(finding.map { "\($0.failure)" } ?? "")")
    }
}
