import ControlPlane
import KubernetesModel
import Simulation
import SimulationKernel
import TestSupport
import Testing
import TraceFiles
import Workloads

@testable import Scenarios

@Suite("Snapshots as the state that a run starts from")
struct SnapshotStateTests {
    private static let options = ScenarioLoader.Options(traces: TraceFileOpener())

    static let snapshot = """
        apiVersion: v1
        kind: List
        items:
        - apiVersion: v1
          kind: Pod
          metadata: {name: w-abc-12345, namespace: prod, uid: p-1, resourceVersion: "8", labels: {a: w, pod-template-hash: abc}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: w-abc, uid: r-1, controller: true, blockOwnerDeletion: true}], creationTimestamp: "2025-01-01T00:00:00Z"}
          spec: {nodeName: k1.example, priority: 7, priorityClassName: high, containers: [{name: c, image: "x:1", resources: {requests: {cpu: 500m}}}]}
          status: {phase: Running, conditions: [{type: Ready, status: "True"}]}
        - apiVersion: v1
          kind: Pod
          metadata: {name: done, namespace: prod, uid: p-2}
          spec: {nodeName: k0, containers: [{name: c, image: "x:1"}]}
          status: {phase: Succeeded}
        - apiVersion: v1
          kind: Node
          metadata: {name: k0, uid: n-1, labels: {kubernetes.io/hostname: k0, disk: ssd}}
          spec: {podCIDR: 10.0.0.0/24, unschedulable: true, taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule}]}
          status: {allocatable: {cpu: "3", memory: 8Gi, pods: "110"}, capacity: {cpu: "4", memory: 8Gi, pods: "110"}}
        - apiVersion: v1
          kind: Node
          metadata: {name: k1.example, uid: n-2}
          spec: {taints: [{key: dedicated, value: w, effect: NoSchedule}]}
          status: {capacity: {cpu: "4", memory: 8Gi, pods: "110"}}
        - apiVersion: apps/v1
          kind: ReplicaSet
          metadata: {name: w-abc, namespace: prod, uid: r-1, labels: {a: w, pod-template-hash: abc}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: w, uid: d-1, controller: true, blockOwnerDeletion: true}], annotations: {deployment.kubernetes.io/revision: "1"}}
          spec: {replicas: 1, selector: {matchLabels: {a: w, pod-template-hash: abc}}, template: {metadata: {labels: {a: w, pod-template-hash: abc}}, spec: {priorityClassName: high, containers: [{name: c, image: "x:1", resources: {requests: {cpu: 500m}}}]}}}
        - apiVersion: apps/v1
          kind: Deployment
          metadata: {name: w, namespace: prod, uid: d-1, generation: 1, annotations: {deployment.kubernetes.io/revision: "1"}}
          spec: {replicas: 1, selector: {matchLabels: {a: w}}, template: {metadata: {labels: {a: w}}, spec: {priorityClassName: high, containers: [{name: c, image: "x:1", resources: {requests: {cpu: 500m}}}]}}}
          status: {observedGeneration: 1, replicas: 1}

        """

    private func run(cluster: String = "{}") throws -> ScenarioRun {
        let folder = try TemporaryFolder()
        try folder.write("snap.yaml", Self.snapshot)
        let scenario = try ScenarioLoader.parse(
            """
            {"apiVersion": "simk.dev/v1", "kind": "Scenario", "metadata": {"name": "t"}, "cluster": \(cluster),
             "workload": {"trace": {"files": ["\(folder.path)snap.yaml"]}}}
            """, .json, name: "t.json", options: Self.options)
        let run = ScenarioRun(scenario)
        try run.openWorkload()
        return run
    }

    /// What must hold of the snapshot's workload ten minutes later.
    private func check(_ run: ScenarioRun) throws {
        run.simulation.run(until: .start + .minutes(10))
        let pods = run.simulation.list(Pod.self)
        #expect(pods.map(\.metadata.name) == ["w-abc-12345"])
        let pod = try #require(pods.first)
        #expect(pod.nodeName == "k1.example" && pod.status.phase == .running)
        #expect(pod.metadata.creationTimestamp == Timestamp(.start))
        let sets = run.simulation.list(ReplicaSet.self)
        #expect(sets.map(\.metadata.name) == ["w-abc"])
        #expect(pod.metadata.ownerReferences.map(\.uid) == sets.map(\.metadata.uid))
        let deployments = run.simulation.list(Deployment.self)
        #expect(sets.first?.metadata.ownerReferences.map(\.uid) == deployments.map(\.metadata.uid))
        #expect(deployments.first?.status.availableReplicas == 1)
        let nodes = run.simulation.list(Node.self)
        #expect(nodes.map(\.metadata.name) == ["k0", "k1.example"])
        #expect(nodes[0].metadata.labels["disk"] == "ssd")
        #expect(nodes[0].spec.unschedulable)
        #expect(nodes[0].status.capacity["cpu"]?.value == 4 && nodes[0].status.allocatable["cpu"]?.value == 3)
        #expect(nodes[1].spec.taints.map(\.key) == ["dedicated"])
        #expect(nodes.allSatisfy { $0.status.conditions.isTrue("Ready") })
        #expect(run.violations.isEmpty)
    }

    @Test("nodes, owners and running pods are there from the first moment, and nothing is made twice")
    func starts() throws {
        let run = try run()
        try check(run)
        #expect(run.unusedRecords.map(\.reason) == ["pods that had ended"])
    }

    @Test("written out as a scenario's state the run is the same")
    func state() throws {
        let first = try run()
        var text = first.scenario.resolved
        var cluster = try #require(text["cluster"])
        cluster["scheduler"] = nil
        text["cluster"] = cluster
        text["state"] = .array(first.scenario.workload?.survey.state ?? [])
        text["workload"] = nil
        let scenario = try ScenarioLoader.parse(
            JSONWriter.string(text), .json, name: "r.json", options: Self.options)
        try check(ScenarioRun(scenario))
    }

    @Test("pods of nodes that are not there are placed anew")
    func otherNodes() throws {
        let run = try run(
            cluster: #"{"nodePools": [{"name": "n", "count": 1, "capacity": {"cpu": 4, "memory": "8Gi"}}]}"#)
        run.simulation.run(until: .start + .minutes(10))
        let pods = run.simulation.list(Pod.self)
        #expect(pods.map(\.metadata.name) == ["w-abc-12345"] && pods.map(\.nodeName) == ["n-1"])
    }
}
