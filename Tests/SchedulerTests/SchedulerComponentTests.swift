import ControlPlane
import KubernetesModel
import OrderedCollections
import Scheduler
import SimulationKernel
import Testing

@Suite("scheduler component")
struct SchedulerComponentTests {
    @Test("a pod is bound to the emptier node and the Scheduled event says so")
    func binding() throws {
        var harness = try SchedulerHarness()
        try harness.addNode("n1", cpu: "2")
        try harness.addNode("n2", cpu: "8")
        try harness.addPod("web")
        harness.run(until: .start + .seconds(1))
        let nodeName = harness.pod("web")?.nodeName
        #expect(nodeName == "n2")
        let messages = harness.messages("Scheduled")
        #expect(messages == ["Successfully assigned default/web to n2"])
        let decisions = harness.scheduler.takeDecisions()
        #expect(decisions.count == 1)
        #expect(decisions.first?.feasibleCount == 2)
        #expect(decisions.first?.best.first?.name == "n2")
        let isAssumed = harness.pod("web").map { harness.scheduler.cluster.isAssumed($0.metadata.uid) }
        #expect(isAssumed == false)
    }

    @Test("a pod that fits nowhere gets the event and the condition, and is tried again when room comes")
    func unschedulable() throws {
        var harness = try SchedulerHarness()
        try harness.addNode("n1", cpu: "2")
        try harness.addPod("a", cpu: "1500m")
        try harness.addPod("b", cpu: "1500m")
        harness.run(until: .start + .seconds(20))
        let text =
            "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are "
            + "available: 1 No preemption victims found for incoming pod."
        let failures = harness.messages("FailedScheduling")
        #expect(failures == [text])
        let condition = harness.pod("b")?.status.conditions["PodScheduled"]
        #expect(condition?.status == .isFalse)
        #expect(condition?.reason == "Unschedulable")
        #expect(condition?.message == text)
        // Nothing but the long wait's end would wake it: 5 minutes after the failure, at the next half
        // minute.
        let wake = harness.scheduler.nextWake
        #expect(wake == .start + .seconds(330))
        try harness.perform(
            .delete(.pod, ObjectKey(namespace: "default", name: "a"), DeleteOptions(gracePeriodSeconds: 0)))
        harness.run(until: .start + .seconds(22))
        let nodeName = harness.pod("b")?.nodeName
        #expect(nodeName == "n1")
        let counts = harness.scheduler.queue.counts
        #expect(counts.active + counts.backoff + counts.unschedulable + counts.gated == 0)
    }

    @Test("an event that concerns no plugin which rejected the pod does not wake it")
    func hints() throws {
        var harness = try SchedulerHarness()
        try harness.addNode("n1", cpu: "1")
        try harness.addPod("big", cpu: "4")
        harness.run(until: .start + .seconds(5))
        try harness.perform(
            .patch(.node, ObjectKey(name: "n1"), .metadata(labels: ["x": "y"], annotations: [:]), uid: nil))
        try harness.addNode("n2", cpu: "2")
        harness.run(until: .start + .seconds(10))
        let before = harness.messages("FailedScheduling").count
        #expect(before == 1)
        try harness.addNode("n3", cpu: "8")
        harness.run(until: .start + .seconds(15))
        let nodeName = harness.pod("big")?.nodeName
        #expect(nodeName == "n3")
    }

    @Test("no nodes at all is said in upstream's words")
    func noNodes() throws {
        var harness = try SchedulerHarness()
        try harness.addPod("web")
        harness.run(until: .start + .seconds(1))
        let failures = harness.messages("FailedScheduling")
        #expect(failures.first == "no nodes available to schedule pods")
    }

    @Test("a refused binding takes the pod off its node and tries again after the back-off")
    func refusedBinding() throws {
        var harness = try SchedulerHarness()
        try harness.addNode("n1")
        try harness.addPod("web")
        harness.failing = { request in
            if case .bind = request { return APIError(.internalError, "etcdserver: request timed out") }
            return nil
        }
        harness.run(until: .start + .milliseconds(500))
        let failures = harness.messages("FailedScheduling")
        #expect(failures == ["running Bind plugin \"DefaultBinder\": etcdserver: request timed out"])
        let reason = harness.pod("web")?.status.conditions["PodScheduled"]?.reason
        #expect(reason == "SchedulerError")
        let requested = harness.scheduler.cluster.nodes.requested[0].reduce(0, +)
        #expect(requested == 0)
        harness.failing = { _ in nil }
        harness.run(until: .start + .seconds(10))
        let nodeName = harness.pod("web")?.nodeName
        #expect(nodeName == "n1")
    }

    @Test("a pod of higher priority evicts the cheapest victims and takes their place")
    func preemption() throws {
        var harness = try SchedulerHarness()
        try harness.addNode("n1", cpu: "2")
        for (name, value) in [("low", 1), ("high", 1000)] {
            try harness.apply(
                """
                {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "\(name)"}, "value": \(value)}
                """)
        }
        try harness.addPod("small", cpu: "500m", extra: "\"priorityClassName\": \"low\"")
        try harness.addPod("large", cpu: "1500m", extra: "\"priorityClassName\": \"low\"")
        harness.run(until: .start + .seconds(1))
        try harness.addPod("urgent", cpu: "1", extra: "\"priorityClassName\": \"high\"")
        harness.run(until: .start + .seconds(2))
        let nominated = harness.pod("urgent")?.status.nominatedNodeName
        #expect(nominated == "n1")
        let preempted = harness.events.filter { $0.reason == "Preempted" }.map(\.involvedKey.name)
        #expect(preempted == ["large"])
        let condition = harness.pod("large")?.status.conditions["DisruptionTarget"]
        #expect(condition?.reason == "PreemptionByScheduler")
        #expect(condition?.message == "default-scheduler: preempting to accommodate a higher priority pod")
        // The kubelet is not here: its part is played by hand.
        try harness.perform(
            .delete(
                .pod, ObjectKey(namespace: "default", name: "large"), DeleteOptions(gracePeriodSeconds: 0)))
        harness.run(until: .start + .seconds(10))
        let nodeName = harness.pod("urgent")?.nodeName
        #expect(nodeName == "n1")
    }

    @Test("a gated pod waits until its gates are gone")
    func gates() throws {
        var harness = try SchedulerHarness()
        try harness.addNode("n1")
        try harness.addPod("held", extra: "\"schedulingGates\": [{\"name\": \"example.com/wait\"}]")
        harness.run(until: .start + .seconds(5))
        let before = harness.pod("held")
        #expect(before?.nodeName == "")
        let wake = harness.scheduler.nextWake
        #expect(wake == .never)
        let place = before.flatMap { harness.scheduler.queue.place(of: $0.metadata.uid) }
        #expect(place == .gated)
    }

    @Test("claims that wait for a consumer get the node before the pod is bound")
    func volumes() throws {
        var harness = try SchedulerHarness()
        try harness.addNode("n1")
        try harness.apply(
            """
            {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast"},
             "provisioner": "disks.simk.dev", "volumeBindingMode": "WaitForFirstConsumer"}
            """)
        try harness.apply(
            """
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "default"},
             "spec": {"storageClassName": "fast", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
            """)
        try harness.addPod(
            "db",
            extra: "\"volumes\": [{\"name\": \"v\", \"persistentVolumeClaim\": {\"claimName\": \"data\"}}]")
        harness.run(until: .start + .seconds(3))
        let key = ObjectKey(namespace: "default", name: "data")
        let claim = harness.server.store.get(PersistentVolumeClaim.self, key)
        #expect(claim?.value.metadata.annotations["volume.kubernetes.io/selected-node"] == "n1")
        let waiting = harness.pod("db")
        #expect(waiting?.nodeName == "")
        #expect(waiting?.status.nominatedNodeName == "n1")
        // A provisioner's part, played by hand.
        var volume = PersistentVolume()
        volume.metadata.name = "pv1"
        volume.spec.storageClassName = "fast"
        try harness.perform(.create(APIObject(volume)))
        if let claim {
            try harness.perform(
                .update(
                    APIObject(
                        claim.value.with {
                            $0.spec.volumeName = "pv1"
                            $0.metadata.annotations["pv.kubernetes.io/bind-completed"] = "yes"
                        })))
        }
        harness.run(until: .start + .seconds(6))
        let nodeName = harness.pod("db")?.nodeName
        #expect(nodeName == "n1")
    }
}
