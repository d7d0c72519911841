import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics
import Testing

@testable import VirtualNodes

@Suite("Crashes, probes and images that fail")
struct PodFailureTests {
    @Test("the crash-loop ladder: at once, then 10 s doubling to 300 s")
    func crashLoop() {
        var cluster = FakeCluster { settings, description in
            description.presentImages = ["nginx:1.27"]
            var crash = ContainerBehavior()
            crash.crashes = .always(after: .seconds(1))
            settings.behaviors.rules = [.init(behavior: crash)]
        }
        cluster.at(20) { $0.create("web", spec: Specs.pod()) }
        cluster.run(until: 1_600)
        let starts = cluster.events.filter { $0.record.reason == "Started" }.map(\.time)
        let gaps = zip(starts, starts.dropFirst()).map { ($1 - $0).fractionalSeconds }
        // The first start is at 20.45 s; it runs for 1 s and is found dead at 22 s: restarted at once. Later
        // ones start at x.15 s and end a second later; the back-off counts from there and ends at y.15 s. The
        // sync loop looks at whole seconds, and the start takes 0.15 s: one second more than the back-off.
        let waits = gaps.map { Int($0.rounded(.down)) - 1 }
        #expect(waits.prefix(8).map { $0 } == [0, 11, 21, 41, 81, 161, 301, 301])
        #expect(cluster.status("web").containerStatuses[0].restartCount == Int64(starts.count - 1))
        let looping = cluster.history.first {
            if case .waiting(reason: "CrashLoopBackOff", _) = $0.status.containerStatuses[0].state {
                true
            } else {
                false
            }
        }
        guard case .waiting(_, let message) = looping?.status.containerStatuses[0].state else {
            Issue.record("never in CrashLoopBackOff")
            return
        }
        #expect(message == "back-off 10s restarting failed container=web pod=web_default(uid-web)")
        #expect(looping?.status.phase == .running)
        #expect(looping?.status.containerStatuses[0].lastState?.termination?.exitCode == 1)
        #expect(
            cluster.messages("BackOff").first
                == "Back-off restarting failed container web in pod web_default(uid-web)")
    }

    @Test("ten minutes without a crash reset the back-off")
    func crashLoopReset() {
        var cluster = FakeCluster { settings, description in
            description.presentImages = ["nginx:1.27"]
            var crash = ContainerBehavior()
            crash.crashes = .runTimes([.seconds(1), .seconds(1), .seconds(1), .seconds(700), .seconds(1)])
            settings.behaviors.rules = [.init(behavior: crash)]
        }
        cluster.at(20) { $0.create("web", spec: Specs.pod()) }
        cluster.run(until: 2_000)
        let starts = cluster.events.filter { $0.record.reason == "Started" }.map(\.time)
        let gaps = zip(starts, starts.dropFirst()).map { Int(($1 - $0).fractionalSeconds) }
        // As in the ladder: 1 s of running, then at once, 10 s, 20 s; after 700 s of running at once again,
        // and then 10 s. Waits for whole seconds add one.
        #expect(gaps == [1, 12, 22, 701, 12])
    }

    @Test("an image that cannot be pulled: ErrImagePull, then ImagePullBackOff with doubling waits")
    func imagePullBackOff() {
        var cluster = FakeCluster { settings, _ in
            settings.images.entries = [.init(image: "nginx:*", sizeBytes: 1, failure: "not found")]
        }
        cluster.at(20) { $0.create("web", spec: Specs.pod()) }
        cluster.run(until: 400)
        let pulls = cluster.timeline("web", ["Pulling"])
        // Failed at 20.7 s; the listing at 21 s shows the sandbox and brings a sync, which backs off. Retries
        // come 10 s after each failed sync on whole seconds: 31 s (the 10 s from 20.7 s have passed), …
        #expect(pulls.prefix(2).map { $0 } == ["20.3 Pulling", "31 Pulling"])
        #expect(
            cluster.first("web") {
                $0.containerStatuses[0].state == .waiting(reason: "ErrImagePull", message: "not found")
            } == "21")
        #expect(
            cluster.first("web") {
                $0.containerStatuses[0].state
                    == .waiting(
                        reason: "ImagePullBackOff",
                        message: "Back-off pulling image \"nginx:1.27\": ErrImagePull: not found")
            } == "31")
        #expect(
            cluster.messages("Failed").prefix(2).map { $0 } == [
                "Failed to pull image \"nginx:1.27\": not found", "Error: ErrImagePull",
            ])
        let times = cluster.events.filter { $0.record.reason == "Pulling" }.map {
            $0.time.sinceStart.fractionalSeconds
        }
        let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
        // 10 s, 20 s, 40 s, 80 s, each up to the next retry.
        for (gap, least) in zip(gaps, [10.0, 20, 40, 80]) { #expect(gap >= least && gap < least + 11) }
        #expect(cluster.status("web").phase == .pending)
    }

    @Test("a failing liveness probe restarts the container after three periods")
    func liveness() {
        var cluster = FakeCluster { settings, description in
            description.presentImages = ["nginx:1.27"]
            var sick = ContainerBehavior()
            sick.livenessFailure = .seconds(60)
            settings.behaviors.rules = [.init(behavior: sick)]
        }
        cluster.at(20) {
            $0.create("web", spec: Specs.pod([Specs.container("web", ["livenessProbe": Specs.probe()])]))
        }
        cluster.run(until: 130)
        // The worker begins at 20.0 s; the container starts at 20.45 s and fails from 80.45 s on: probes at
        // 90 s, 100 s and 110 s fail. SIGTERM then; it ends 0.1 s later, the runtime answers after 0.01 s.
        #expect(cluster.timeline("web", ["Killing"]) == ["110 Killing"])
        #expect(cluster.messages("Killing") == ["Container web failed liveness probe, will be restarted"])
        #expect(
            cluster.messages("Unhealthy").last
                == "Liveness probe failed: HTTP probe failed with statuscode: 500")
        // The back-off does not hold the first restart up: killed at 110.11 s, started 0.15 s later.
        #expect(cluster.timeline("web", ["Started"]) == ["20.45 Started", "110.26 Started"])
        #expect(cluster.status("web").containerStatuses[0].restartCount == 1)
    }
}
