import KubernetesModel
import OrderedCollections
import Scheduler
import SimulationKernel
import Testing

@Suite("scheduling queue")
struct SchedulingQueueTests {
    private static func pod(_ name: String, priority: Int64 = 0, table: inout NodeTable) -> PodInfo {
        var metadata = ObjectMeta(namespace: "default", name: name)
        metadata.uid = UID(name)
        let spec = PodSpec(source: ["priority": .integer(priority), "schedulerName": "default-scheduler"])
        return table.compile(Ref(Pod(metadata: metadata, spec: spec)))
    }

    @Test("pods leave by priority, then by age")
    func order() throws {
        var table = NodeTable()
        var queue = SchedulingQueue(configuration: try .standard(), start: .start)
        queue.add(Self.pod("a", table: &table), at: .start)
        queue.add(Self.pod("b", priority: 5, table: &table), at: .start + .seconds(1))
        queue.add(Self.pod("c", priority: 5, table: &table), at: .start + .seconds(2))
        var names: [String] = []
        while let pod = queue.pop(at: .start + .seconds(3)) { names.append(pod.pod.key.name) }
        #expect(names == ["b", "c", "a"])
    }

    @Test(
        "an error's back-off doubles from 1 s to 10 s, ends at whole seconds, and is over one window later",
        arguments: [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (9, 10)])
    func errorBackoff(failures: Int, seconds: Int64) throws {
        var table = NodeTable()
        let cluster = ClusterCache()
        var queue = SchedulingQueue(configuration: try .standard(), start: .start)
        queue.add(Self.pod("a", table: &table), at: .start)
        var now = VirtualTime.start
        for failure in 1...failures {
            let popped = queue.pop(at: now)
            var pod = try #require(popped)
            #expect(pod.attempts == failure)
            pod.unschedulablePlugins = []
            queue.addUnschedulable(pod, cluster: cluster, at: now + .milliseconds(300))
            let ready = queue.hasReadyPod
            #expect(!ready)
            now = queue.nextWake
        }
        // Failed at t + 0.3 s: the end t + 0.3 s + back-off is taken down to the second, and its window
        // passes.
        let wake = now
        let early = queue.pop(at: wake - .nanoseconds(1))
        #expect(early == nil)
        let due = queue.pop(at: wake)
        #expect(due != nil)
        var expected = VirtualDuration.zero
        for failure in 0..<failures {
            expected += .seconds(min(10, 1 << Int64(failure)) + 1)
        }
        #expect(wake == .start + expected)
        #expect(min(10, 1 << Int64(failures - 1)) == seconds)
    }

    @Test("an idle scheduler does not wait for an unschedulable pod's back-off")
    func popFromBackoff() throws {
        var table = NodeTable()
        let cluster = ClusterCache()
        var queue = SchedulingQueue(configuration: try .standard(), start: .start)
        queue.add(Self.pod("a", table: &table), at: .start)
        let popped = queue.pop(at: .start)
        var pod = try #require(popped)
        pod.unschedulablePlugins = [NodeResourcesFit.name]
        queue.addUnschedulable(pod, cluster: cluster, at: .start)
        #expect(queue.place(of: pod.pod.uid) == .unschedulable)
        queue.move(after: ClusterChange(.wildcard, label: "test"), cluster: cluster, at: .start)
        #expect(queue.place(of: pod.pod.uid) == .backoff)
        let again = queue.pop(at: .start)
        #expect(again?.attempts == 2)
    }

    @Test("an event during the attempt counts when the attempt fails")
    func inFlight() throws {
        var table = NodeTable()
        let cluster = ClusterCache()
        var queue = SchedulingQueue(configuration: try .standard(), start: .start)
        queue.add(Self.pod("a", table: &table), at: .start)
        let popped = queue.pop(at: .start)
        var pod = try #require(popped)
        var metadata = ObjectMeta(namespace: "default", name: "gone")
        metadata.uid = UID("gone")
        let gone = Pod(metadata: metadata, spec: PodSpec(source: [:]), nodeName: "n1")
        queue.move(
            after: ClusterChange(
                ClusterEvent(.pod, .delete), label: "AssignedPodDelete", old: APIObject(gone)),
            cluster: cluster, at: .start)
        pod.unschedulablePlugins = [NodeResourcesFit.name]
        queue.addUnschedulable(pod, cluster: cluster, at: .start + .milliseconds(1))
        #expect(queue.place(of: pod.pod.uid) == .backoff)
        #expect(queue[pod.pod.uid]?.lastMove == "AssignedPodDelete")
    }

    @Test("the long wait ends at the first half minute after five minutes")
    func timeout() throws {
        var table = NodeTable()
        let cluster = ClusterCache()
        var queue = SchedulingQueue(configuration: try .standard(), start: .start)
        queue.add(Self.pod("a", table: &table), at: .start)
        let popped = queue.pop(at: .start)
        var pod = try #require(popped)
        pod.unschedulablePlugins = [NodeAffinity.name]
        queue.addUnschedulable(pod, cluster: cluster, at: .start + .seconds(12))
        #expect(queue.nextWake == .start + .seconds(330))
        queue.flush(cluster: cluster, at: .start + .seconds(330))
        #expect(queue.place(of: pod.pod.uid) == .active)
    }
}
