import KubernetesModel
import SimulationKernel
import Testing

@testable import Simulation

@Suite("Each invariant by itself: what breaks it, and what does not")
struct SingleInvariantTests {
    @Suite("placement")
    struct Placement {
        @Test("a bound pod that is on another node, or on none")
        func breaks() {
            for other in ["node-b", ""] {
                var probe = InvariantProbe(PlacementInvariant())
                probe.put(.pod, Shown.pod("web", on: "node-a"))
                probe.put(.pod, Shown.pod("web", on: other))
                #expect(
                    probe.messages == [
                        "pod/default/web is on \(other.isEmpty ? "no node" : other) and was on node-a"
                    ])
            }
        }

        @Test("a pod that is bound, runs, goes and is made again elsewhere")
        func holds() {
            var probe = InvariantProbe(PlacementInvariant())
            probe.put(.pod, Shown.pod("web", phase: "Pending"))
            probe.put(.pod, Shown.pod("web", on: "node-a", phase: "Pending"))
            probe.put(.pod, Shown.pod("web", on: "node-a"))
            probe.remove(.pod, "web")
            probe.put(.pod, Shown.pod("web", phase: "Pending"))
            probe.put(.pod, Shown.pod("web", on: "node-b"))
            #expect(probe.messages == [])
        }
    }

    @Suite("capacity")
    struct Capacity {
        private func probe() -> InvariantProbe<CapacityInvariant> {
            var probe = InvariantProbe(CapacityInvariant())
            probe.put(.node, Shown.node("node-a", cpu: "2", pods: "3"))
            return probe
        }

        private func bind(
            _ name: String, cpu: String, in probe: inout InvariantProbe<CapacityInvariant>
        ) {
            probe.put(.pod, Shown.pod(name, cpu: cpu, phase: "Pending"))
            probe.put(.pod, Shown.pod(name, on: "node-a", cpu: cpu, phase: "Pending"))
        }

        @Test("requests of more than is allocatable")
        func breaksByRequests() {
            var probe = probe()
            bind("one", cpu: "1500m", in: &probe)
            bind("two", cpu: "600m", in: &probe)
            #expect(probe.messages == ["node/node-a cpu of 2100m with two, where 2000m are allocatable"])
        }

        @Test("more pods than the node takes")
        func breaksByCount() {
            var probe = probe()
            for name in ["one", "two", "three", "four"] { bind(name, cpu: "1m", in: &probe) }
            #expect(probe.messages == ["node/node-a pods of 4 with four, where 3 are allocatable"])
        }

        @Test(
            "pods that fill the node, and one in the place of one that has finished and of one that is gone")
        func holds() {
            var probe = probe()
            bind("one", cpu: "1", in: &probe)
            bind("two", cpu: "1", in: &probe)
            probe.put(.pod, Shown.pod("one", on: "node-a", cpu: "1", phase: "Succeeded"))
            bind("three", cpu: "1", in: &probe)
            probe.remove(.pod, "two")
            bind("four", cpu: "1", in: &probe)
            #expect(probe.messages == [])
        }

        @Test("pods that name their node themselves are not the scheduler's")
        func holdsForStaticPods() {
            var probe = probe()
            probe.put(.pod, Shown.pod("static", on: "node-a", cpu: "4"))
            bind("soon", cpu: "1", in: &probe)
            #expect(probe.messages == [])
            probe.advance(by: InvariantContext.staleness)
            bind("late", cpu: "500m", in: &probe)
            #expect(probe.messages == ["node/node-a cpu of 5500m with late, where 2000m are allocatable"])
        }

        @Test("a node that has just become smaller")
        func holdsForShrunkNodes() {
            var probe = probe()
            probe.put(.node, Shown.node("node-a", cpu: "1"))
            bind("soon", cpu: "1500m", in: &probe)
            #expect(probe.messages == [])
        }
    }

    @Suite("attachment")
    struct Attachment {
        @Test("a volume for one node on two")
        func breaks() {
            var probe = InvariantProbe(AttachmentInvariant())
            probe.put(.persistentVolume, Shown.volume("disk", modes: ["ReadWriteOnce"]))
            probe.put(.volumeAttachment, Shown.attachment("at-a", of: "disk", to: "node-a"))
            probe.put(.volumeAttachment, Shown.attachment("at-b", of: "disk", to: "node-b"))
            #expect(probe.messages == ["persistentvolume/disk is attached to node-a, node-b at once"])
        }

        @Test(
            "a volume on two nodes while calls fail by chance has to leave one of them",
            arguments: [true, false])
        func disturbed(leaves: Bool) {
            var probe = InvariantProbe(AttachmentInvariant())
            probe.disturbedUntil = .start + .minutes(1)
            probe.put(.persistentVolume, Shown.volume("disk", modes: ["ReadWriteOnce"]))
            probe.put(.volumeAttachment, Shown.attachment("at-a", of: "disk", to: "node-a"))
            probe.put(.volumeAttachment, Shown.attachment("at-b", of: "disk", to: "node-b"))
            if leaves { probe.remove(.volumeAttachment, "at-a") }
            probe.advance(by: .minutes(10))
            probe.finish()
            #expect(
                probe.messages
                    == (leaves ? [] : ["persistentvolume/disk is attached to node-a, node-b at once"]))
        }

        @Test(
            "a volume for many nodes on two", arguments: ["ReadWriteMany", "ReadOnlyMany"])
        func holdsForMany(mode: String) {
            var probe = InvariantProbe(AttachmentInvariant())
            probe.put(.persistentVolume, Shown.volume("disk", modes: [mode]))
            probe.put(.volumeAttachment, Shown.attachment("at-a", of: "disk", to: "node-a"))
            probe.put(.volumeAttachment, Shown.attachment("at-b", of: "disk", to: "node-b"))
            #expect(probe.messages == [])
        }

        @Test("one node after the other, and a wish that is not fulfilled yet")
        func holds() {
            var probe = InvariantProbe(AttachmentInvariant())
            probe.put(.persistentVolume, Shown.volume("disk", modes: ["ReadWriteOnce"]))
            probe.put(.volumeAttachment, Shown.attachment("at-a", of: "disk", to: "node-a"))
            probe.put(
                .volumeAttachment, Shown.attachment("at-b", of: "disk", to: "node-b", isAttached: false))
            probe.put(
                .volumeAttachment, Shown.attachment("at-a", of: "disk", to: "node-a", isAttached: false))
            probe.put(.volumeAttachment, Shown.attachment("at-b", of: "disk", to: "node-b"))
            probe.remove(.volumeAttachment, "at-b")
            probe.put(.volumeAttachment, Shown.attachment("at-a", of: "disk", to: "node-a"))
            #expect(probe.messages == [])
        }
    }

    @Suite("finalizers")
    struct Finalizers {
        @Test("a claim that goes although a pod uses it")
        func breaksForClaims() {
            var probe = InvariantProbe(FinalizersInvariant())
            probe.put(.persistentVolumeClaim, Shown.claim("data"))
            probe.put(.pod, Shown.pod("db", on: "node-a", claim: "data"))
            probe.remove(.persistentVolumeClaim, "data")
            #expect(probe.messages == ["persistentvolumeclaim/default/data is gone although pod db uses it"])
        }

        @Test("a claim whose pod is on no node, has finished, or is gone", arguments: 0..<3)
        func holdsForClaims(end: Int) {
            var probe = InvariantProbe(FinalizersInvariant())
            probe.put(.persistentVolumeClaim, Shown.claim("data"))
            probe.put(.pod, Shown.pod("db", phase: "Pending", claim: "data"))
            if end > 0 { probe.put(.pod, Shown.pod("db", on: "node-a", claim: "data")) }
            if end == 1 { probe.put(.pod, Shown.pod("db", on: "node-a", phase: "Failed", claim: "data")) }
            if end == 2 { probe.remove(.pod, "db") }
            probe.remove(.persistentVolumeClaim, "data")
            #expect(probe.messages == [])
        }

        @Test("a volume that goes although a claim is bound to it")
        func breaksForVolumes() {
            var probe = InvariantProbe(FinalizersInvariant())
            probe.put(.persistentVolumeClaim, Shown.claim("data", volume: "disk"))
            probe.put(.persistentVolume, Shown.volume("disk", modes: ["ReadWriteOnce"], claim: "data"))
            probe.remove(.persistentVolume, "disk")
            #expect(
                probe.messages == ["persistentvolume/disk is gone although claim default/data is bound to it"]
            )
        }

        @Test("a volume whose claim went first")
        func holdsForVolumes() {
            var probe = InvariantProbe(FinalizersInvariant())
            probe.put(.persistentVolumeClaim, Shown.claim("data", volume: "disk"))
            probe.put(.persistentVolume, Shown.volume("disk", modes: ["ReadWriteOnce"], claim: "data"))
            probe.remove(.persistentVolumeClaim, "data")
            probe.remove(.persistentVolume, "disk")
            #expect(probe.messages == [])
        }

        @Test("a finished pod that its Job has not taken down")
        func breaksForJobs() {
            var probe = InvariantProbe(FinalizersInvariant())
            probe.put(.job, Shown.job("work"))
            probe.put(.pod, Shown.pod("one", on: "node-a", phase: "Succeeded", job: "work", isTracked: true))
            probe.put(.pod, Shown.pod("one", on: "node-a", phase: "Succeeded", job: "work"))
            #expect(
                probe.messages == [
                    "pod/default/one has lost batch.kubernetes.io/job-tracking before job/work has taken it "
                        + "down as finished"
                ])
        }

        @Test("a finished pod that its Job has taken down, and one of a Job that is over")
        func holdsForJobs() {
            for job in [Shown.job("work", uncounted: ["one"]), Shown.job("work", condition: "Failed")] {
                var probe = InvariantProbe(FinalizersInvariant())
                probe.put(.job, job)
                probe.put(.pod, Shown.pod("one", on: "node-a", phase: "Failed", job: "work", isTracked: true))
                probe.put(.pod, Shown.pod("one", on: "node-a", phase: "Failed", job: "work"))
                #expect(probe.messages == [])
            }
        }
    }

    @Suite("generation")
    struct Generation {
        @Test("a generation that is not there, and one that was observed before")
        func breaks() {
            var probe = InvariantProbe(GenerationInvariant())
            probe.put(.deployment, Shown.deployment("ahead", generation: 1, observed: 2))
            probe.put(.deployment, Shown.deployment("back", generation: 2, observed: 2))
            probe.put(.deployment, Shown.deployment("back", generation: 2, observed: 1))
            #expect(
                probe.messages == [
                    "deployment/default/ahead observed generation 2, and there is only 1",
                    "deployment/default/back observed generation 1 after 2",
                ])
        }

        @Test("one that nobody has observed at the end")
        func breaksAtTheEnd() {
            var probe = InvariantProbe(GenerationInvariant())
            probe.put(.deployment, Shown.deployment("late", generation: 2, observed: 1))
            probe.advance(by: InvariantContext.patience)
            probe.finish()
            #expect(
                probe.messages == [
                    "deployment/default/late generation 2 is there since 0s and was not observed"
                ])
        }

        @Test(
            "ones that are observed in time, are new, belong to what is gone, or were there without a leader")
        func holds() {
            var probe = InvariantProbe(GenerationInvariant())
            probe.put(.deployment, Shown.deployment("observed", generation: 1, observed: 0))
            probe.put(.deployment, Shown.deployment("observed", generation: 1, observed: 1))
            probe.put(.deployment, Shown.deployment("gone", generation: 1, observed: 0))
            probe.remove(.deployment, "gone")
            probe.advance(by: .minutes(10))
            probe.put(.deployment, Shown.deployment("new", generation: 3, observed: 2))
            probe.advance(by: .minutes(1))
            probe.finish()
            #expect(probe.messages == [])

            probe.advance(by: .minutes(10))
            probe.managedSince = .never
            probe.finish()
            #expect(probe.messages == [])
        }
    }
}
