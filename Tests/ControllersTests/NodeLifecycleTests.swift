import ControlPlane
import KubernetesModel
import SimulationKernel
import Testing

@testable import Controllers

@Suite("Node lifecycle and taint eviction")
struct NodeLifecycleTests {
    private func lab(_ options: NodeLifecycleOptions = NodeLifecycleOptions()) -> ControllerLab {
        ControllerLab { manager in
            manager.add(NodeLifecycleController(options: options))
            manager.add(TaintEvictionController())
        }
    }

    private func isUnknown(_ object: APIObject) -> Bool {
        object.node?.value.status.conditions["Ready"]?.status == .unknown
    }

    private func isBeingDeleted(_ object: APIObject) -> Bool { object.metadata.isBeingDeleted }

    @Test("a new node is announced at the next pass and loses its taint at once")
    func registration() {
        let lab = lab()
        lab.run(until: .start + .seconds(2))
        lab.join("n1")
        lab.run(until: .start + .seconds(6))
        #expect(lab.get(Node.self, "n1")?.spec.taints.isEmpty == true)
        let registered = lab.events.filter { $0.event.reason == "RegisteredNode" }
        #expect(registered.map(\.event.message) == ["Node n1 event: Registered Node n1 in Controller"])
        // Passes come every 5 s from the start on.
        #expect(registered.map(\.time) == [.start + .seconds(5)])
    }

    /// The node joins at 0 and dies at 3m13s; its last renewal was at 3m10s. The pass that notices a renewal
    /// is the next after it: 3m15s. 50 s later, at 4m5s, the node is silent.
    @Test("the classic timeline: Unknown, NoSchedule, NoExecute, deletion after 300 s")
    func classicTimeline() throws {
        let lab = lab()
        for name in ["n1", "n2", "n3"] { lab.join(name) }
        lab.runPod("p", on: "n1")
        lab.runPod("q", on: "n2")
        lab.run(until: .start + .seconds(193))
        lab.kill("n1")
        lab.run(until: .start + .seconds(700))

        // One millisecond is the way to the API server.
        let pass = VirtualTime.start + .seconds(245)
        #expect(lab.time(.node, "n1", isUnknown) == pass + .milliseconds(1))
        let conditions = try #require(lab.get(Node.self, "n1")).status.conditions
        for type in ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] {
            let condition = try #require(conditions[type])
            #expect(condition.status == .unknown)
            #expect(condition.reason == "NodeStatusUnknown")
            #expect(condition.message == "Kubelet stopped posting node status.")
            #expect(condition.lastTransitionTime == Timestamp(seconds: 245))
        }
        #expect(
            lab.eventTexts("NodeNotReady") == ["Node n1 status is now: NodeNotReady", "Node is not ready"])
        #expect(
            lab.time(.pod, "p") {
                $0.pod?.value.isReady == false && $0.pod?.value.nodeName == "n1"
                    && $0.pod?.value.status.phase == .running
            }
                == pass + .milliseconds(3))

        // NoSchedule follows the watch event, NoExecute the next pass of the 100 ms loop.
        let noSchedule = lab.time(.node, "n1") {
            $0.node?.value.has(WellKnown.unreachableTaint, .noSchedule) ?? false
        }
        #expect(noSchedule == pass + .milliseconds(3))
        let noExecute = lab.time(.node, "n1") {
            $0.node?.value.has(WellKnown.unreachableTaint, .noExecute) ?? false
        }
        #expect(noExecute == pass + .milliseconds(101))

        // The taint is seen a millisecond later; the pod is read, its condition set, then it is deleted.
        let due = pass + .milliseconds(102) + .seconds(300)
        #expect(lab.time(.pod, "p", isBeingDeleted) == due + .milliseconds(5))
        let pod = try #require(lab.pod("p"))
        #expect(pod.status.conditions["DisruptionTarget"]?.reason == "DeletionByTaintManager")
        #expect(lab.eventTexts("TaintManagerEviction") == ["Marking for deletion Pod default/p"])
        #expect(lab.pod("q")?.metadata.isBeingDeleted == false)
        let cause = try #require(lab.journal.first { $0.entry.reason == "NodeStatusUnknown" }).entry.cause
        #expect(
            cause
                == "node-monitor-grace-period 50s after the last observed renewal at 3m10s, noticed by the pass "
                + "of 3m15s (node-monitor-period 5s)")
    }

    @Test("a node that comes back loses its taints, and its pods stay")
    func recovery() {
        let lab = lab()
        for name in ["n1", "n2", "n3"] { lab.join(name) }
        lab.runPod("p", on: "n1")
        lab.run(until: .start + .seconds(61))
        lab.kill("n1")
        lab.run(until: .start + .seconds(200))
        #expect(lab.get(Node.self, "n1")?.spec.taints.count == 2)
        lab.report("n1", ready: .isTrue)
        lab.run(until: .start + .seconds(206))
        #expect(lab.get(Node.self, "n1")?.spec.taints.isEmpty == true)
        #expect(lab.eventTexts("TaintManagerEviction") == ["Cancelling deletion of Pod default/p"])
        #expect(lab.pod("p")?.metadata.isBeingDeleted == false)
    }

    @Test("a node that never posts a status is Unknown after the startup grace period")
    func neverPosted() throws {
        let lab = lab()
        lab.join("n2")
        lab.run(until: .start + .seconds(7))
        lab.create(["apiVersion": "v1", "kind": "Node", "metadata": ["name": "n1"]])
        lab.run(until: .start + .seconds(200))
        // Created at 7 s, silent at 67 s, noticed by the pass of 70 s.
        #expect(lab.time(.node, "n1", isUnknown) == .start + .seconds(70) + .milliseconds(1))
        let ready = try #require(lab.get(Node.self, "n1")?.status.conditions["Ready"])
        #expect(ready.reason == "NodeStatusNeverUpdated")
        #expect(ready.message == "Kubelet never posted node status.")
    }

    @Test("one node in ten seconds and zone is tainted")
    func evictionRate() throws {
        let lab = lab()
        for index in 0..<8 { lab.join("a\(index)") }
        for index in 0..<4 { lab.join("b\(index)", zone: "b") }
        lab.run(until: .start + .seconds(21))
        for name in ["a0", "a1", "a2", "b0"] { lab.report(name, ready: .isFalse) }
        lab.run(until: .start + .seconds(60))
        func tainted(_ name: String) -> VirtualTime? {
            lab.time(.node, name) { $0.node?.value.has(WellKnown.notReadyTaint, .noExecute) ?? false }
        }
        // The pass of 25 s queues them, the loop 100 ms later takes the first of each zone.
        let first = VirtualTime.start + .seconds(25) + .milliseconds(101)
        #expect(tainted("a0") == first)
        #expect(tainted("b0") == first + .milliseconds(2))
        #expect(tainted("a1") == first + .seconds(10))
        #expect(tainted("a2") == first + .seconds(20))
    }

    @Test("a small zone that is partly disrupted stops tainting")
    func partialDisruption() {
        let lab = lab()
        for index in 0..<5 { lab.join("a\(index)") }
        lab.join("b0", zone: "b")
        lab.run(until: .start + .seconds(21))
        for index in 0..<4 { lab.report("a\(index)", ready: .isFalse) }
        lab.run(until: .start + .seconds(120))
        let tainted = (0..<5).filter {
            lab.get(Node.self, "a\($0)")?.has(WellKnown.notReadyTaint, .noExecute) == true
        }
        // The pass that stops it queued them before: the zone's one token is spent 100 ms later, or not at
        // all.
        #expect(tainted.isEmpty)
        #expect(lab.journal.contains { $0.entry.reason == "PartialDisruption" })
    }

    @Test("when no node is ready taints are taken off and nobody is evicted")
    func masterDisruption() {
        let lab = lab()
        for name in ["n1", "n2"] { lab.join(name) }
        lab.runPod("p", on: "n1")
        lab.run(until: .start + .seconds(21))
        lab.report("n1", ready: .isFalse)
        lab.run(until: .start + .seconds(31))
        #expect(lab.get(Node.self, "n1")?.has(WellKnown.notReadyTaint, .noExecute) == true)
        lab.report("n2", ready: .isFalse)
        lab.run(until: .start + .seconds(600))
        for name in ["n1", "n2"] {
            #expect(lab.get(Node.self, name)?.has(WellKnown.notReadyTaint, .noExecute) == false)
        }
        #expect(lab.pod("p")?.metadata.isBeingDeleted == false)
        lab.report("n2", ready: .isTrue)
        // The next pass, up to 5 s later, lets evictions go on; the new limiter begins without a token.
        lab.run(until: .start + .seconds(630))
        let times = lab.history.filter {
            $0.object.key.name == "n1"
                && $0.object.node?.value.has(WellKnown.notReadyTaint, .noExecute) == true
                && $0.previous?.node?.value.has(WellKnown.notReadyTaint, .noExecute) == false
        }.map(\.time)
        #expect(
            times.last.map { $0 >= .start + .seconds(610) && $0 < .start + .milliseconds(615_200) } == true)
    }

    @Test("healthy nodes cost nothing however long they run")
    func idle() {
        let lab = lab()
        for index in 0..<20 { lab.join("n\(index)") }
        lab.run(until: .start + .seconds(60))
        let wakes = lab.wakes
        lab.run(until: .start + .days(300))
        #expect(lab.wakes == wakes)
    }

    @Test(
        "renewals in closed form lead to the same moments as renewals one by one",
        arguments: [61_000, 64_990, 65_000, 65_010, 69_999, 70_000, 72_500, 193_000] as [Int64])
    func closedForm(milliseconds: Int64) throws {
        let death = VirtualTime.start + .milliseconds(milliseconds)
        func unknownAt(renewingOneByOne: Bool) -> VirtualTime? {
            let lab = lab()
            for name in ["n2", "n3"] { lab.join(name) }
            lab.run(until: .start + .seconds(2))
            lab.join("n1", renews: !renewingOneByOne)
            if renewingOneByOne {
                while lab.now + .seconds(10) <= death {
                    lab.run(for: .seconds(10))
                    guard var lease = lab.get(Lease.self, "n1", namespace: "kube-node-lease") else {
                        return nil
                    }
                    lease.renewTime = lab.now
                    lab.call(.update(APIObject(lease)))
                }
            }
            lab.run(until: death)
            lab.kill("n1")
            lab.run(until: death + .seconds(120))
            return lab.time(.node, "n1", isUnknown)
        }
        let expected = try #require(unknownAt(renewingOneByOne: true))
        #expect(unknownAt(renewingOneByOne: false) == expected)
    }

    @Test("a large zone that is partly disrupted is tainted slowly")
    func secondaryRate() {
        let lab = lab()
        for index in 0..<60 { lab.join("a\(index)") }
        lab.run(until: .start + .seconds(21))
        for index in 0..<40 { lab.report("a\(index)", ready: .isFalse) }
        lab.run(until: .start + .seconds(330))
        let times = (0..<40).compactMap { index in
            lab.time(.node, "a\(index)") {
                $0.node?.value.has(WellKnown.notReadyTaint, .noExecute) ?? false
            }
        }.sorted()
        // The new limiter has a token, because the old one had; the next ones take 100 s each.
        #expect(times.count == 4)
        for (left, right) in zip(times, times.dropFirst()) {
            #expect(right - left >= .seconds(100) && right - left <= .milliseconds(100_100))
        }
    }

    @Test("a status that could not be written is tried again with the node as it is now")
    func conflict() {
        let lab = lab()
        for name in ["n1", "n2", "n3"] { lab.join(name) }
        lab.run(until: .start + .seconds(61))
        lab.kill("n1")
        // A label is set between the pass and the arrival of its write, which is based on the version before.
        lab.run(until: .start + .seconds(115) + .nanoseconds(1))
        lab.call(
            .patch(.node, ObjectKey(name: "n1"), .metadata(labels: ["x": "y"], annotations: [:]), uid: nil))
        lab.run(for: .seconds(1))
        let writes = lab.calls.filter { call in
            if case .updateStatus(let object) = call.request { object.kind == .node } else { false }
        }
        #expect(writes.count == 2)
        #expect(lab.get(Node.self, "n1")?.status.conditions["Ready"]?.status == .unknown)
        #expect(lab.get(Node.self, "n1")?.metadata.labels["x"] == "y")
    }

    @Test(
        "zone states",
        arguments: [
            (3, 0, ZoneState.normal), (0, 1, .fullDisruption), (1, 2, .normal), (1, 3, .partialDisruption),
            (3, 3, .normal), (9, 11, .partialDisruption), (10, 12, .normal), (0, 0, .normal),
        ])
    func zoneStates(ready: Int, notReady: Int, expected: ZoneState) {
        #expect(ZoneState.of(ready: ready, notReady: notReady, threshold: 0.55) == expected)
    }

    @Test("passes come a period after the end of the last one that was run")
    func passClock() {
        func at(_ milliseconds: Int64) -> VirtualTime { .start + .milliseconds(milliseconds) }
        var clock = PassClock(period: .seconds(5), start: at(1_000))
        #expect(clock.firstPass(atOrAfter: at(0)) == at(1_000))
        #expect(clock.firstPass(atOrAfter: at(6_001)) == at(11_000))
        clock.begin(at: at(11_000))
        #expect(clock.firstPass(atOrAfter: at(11_500)) == nil)
        #expect(clock.firstPass(atOrAfter: at(6_000)) == at(6_000))
        clock.end(at: at(11_700))
        #expect(clock.firstPass(atOrAfter: at(11_500)) == at(16_700))
        #expect(clock.firstPass(after: at(16_700)) == at(21_700))
        #expect(clock.firstPass(atOrAfter: at(7_000)) == at(11_000))
    }

    @Test("a taint queue gives one node in ten seconds, and none while the rate is zero")
    func taintQueue() {
        var queue = ZoneTaintQueue(rate: 0.1, at: .start)
        for name in ["a", "b", "c"] { queue.add(name, at: .start) }
        func take(_ seconds: Int64) -> String? { queue.take(at: .start + .seconds(seconds))?.node }
        #expect(take(0) == "a")
        #expect(take(9) == nil)
        #expect(
            queue.nextTake(notBefore: .start).roundedUp(toPeriod: .milliseconds(100)) == .start + .seconds(10)
        )
        #expect(take(10) == "b")
        let isNew = queue.add("a", at: .start + .seconds(11))
        #expect(!isNew)
        queue.setRate(0, at: .start + .seconds(12))
        #expect(queue.nextTake(notBefore: .start) == .never)
        // The limiter that follows one that refuses begins empty.
        queue.setRate(0.1, at: .start + .seconds(100))
        #expect(take(109) == nil)
        #expect(take(110) == "c")
    }
}
