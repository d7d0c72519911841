import ControlPlane
import KubernetesModel
import SimulationKernel
import Testing

@testable import VirtualNodes

@Suite("Claims and attached volumes")
struct VolumeTests {
    static let name = "kubernetes.io/csi/ebs.csi.aws.com^vol-1"

    static func addVolume(_ cluster: inout FakeCluster, phase: String = "Bound") {
        var claim = PersistentVolumeClaim()
        claim.metadata = ObjectMeta(namespace: "default", name: "data")
        claim.metadata.uid = .text("uid-data")
        claim.spec.volumeName = "pv-1"
        claim.status.phase = phase
        cluster.others["\(ObjectKind.persistentVolumeClaim)/default/data"] = APIObject(claim)
        var volume = PersistentVolume()
        volume.metadata = ObjectMeta(name: "pv-1")
        var source = PersistentVolume.CSISource()
        source.driver = "ebs.csi.aws.com"
        source.volumeHandle = "vol-1"
        volume.spec.csi = source
        cluster.others["\(ObjectKind.persistentVolume)/pv-1"] = APIObject(volume)
    }

    static let spec = Specs.pod(
        [Specs.container("db", ["volumeMounts": [["name": "data", "mountPath": "/data"]]])],
        ["volumes": [["name": "data", "persistentVolumeClaim": ["claimName": "data"]]]])

    static func attach(_ cluster: inout FakeCluster) {
        guard let node = cluster.node else { return }
        var attached = AttachedVolume()
        attached.name = name
        _ = cluster.store(node: node.value.with { $0.status.volumesAttached = [attached] })
    }

    @Test("in use is reported first, then the volume is attached, mounted, and in the end given back")
    func attachMountDetach() {
        var cluster = FakeCluster { _, description in description.presentImages = ["nginx:1.27"] }
        Self.addVolume(&cluster)
        cluster.at(21) { $0.create("db", spec: Self.spec) }
        cluster.at(33.05) { Self.attach(&$0) }
        cluster.at(60) { $0.delete("db") }
        cluster.run(until: 29.9)
        // The claim is read at 21.1 s, but the node's status goes out every 10 s only.
        #expect(cluster.node?.value.status.volumesInUse == [])
        cluster.run(until: 33)
        #expect(cluster.node?.value.status.volumesInUse == [Self.name])
        cluster.run(until: 59)
        // Attached at 33.05 s: the passes of 33.1 s and 33.2 s; device 1 s, mount 0.01 s: 34.21 s; the worker
        // looks at 34.5 s; sandbox 0.3 s.
        #expect(cluster.first("db") { $0.conditions.isTrue("PodReadyToStartContainers") } == "34.8")
        #expect(cluster.status("db").phase == .running)
        cluster.run(until: 400)
        // Killed by 60.21 s; listing 61 s; unmounted by 61.01 s, seen 0.3 s later.
        #expect(cluster.deletions.map { seconds($0.time) } == ["61.3"])
        // The next node status gives the volume back.
        #expect(cluster.node?.value.status.volumesInUse == [])
        #expect(cluster.kubelet.nextWake == .never)
    }

    @Test("a report of volumes in use whose answer is lost has been made all the same")
    func lostReport() {
        var cluster = FakeCluster { _, description in description.presentImages = ["nginx:1.27"] }
        Self.addVolume(&cluster)
        cluster.at(21) { $0.create("db", spec: Self.spec) }
        cluster.at(29) { $0.losesAnswers = true }
        cluster.at(31) { $0.losesAnswers = false }
        cluster.at(33.05) { Self.attach(&$0) }
        cluster.run(until: 32)
        #expect(cluster.node?.value.status.volumesInUse == [Self.name])
        cluster.run(until: 60)
        #expect(cluster.status("db").phase == .running)
    }

    @Test("an answer that the watch has overtaken does not bring the older node back")
    func overtakenAnswer() {
        var cluster = FakeCluster { _, description in description.presentImages = ["nginx:1.27"] }
        Self.addVolume(&cluster)
        cluster.at(21) { $0.create("db", spec: Self.spec) }
        // The report of the volume in use goes out at 30 s; its answer comes at 35 s, with the node as it was
        // before the volume was attached.
        cluster.at(29) { $0.answerDelay = .seconds(5) }
        cluster.at(31) { $0.answerDelay = .zero }
        cluster.at(33.05) { Self.attach(&$0) }
        cluster.run(until: 34.9)
        #expect(cluster.node?.value.status.volumesInUse == [Self.name])
        #expect(cluster.status("db").phase == .pending)
        cluster.run(until: 60)
        #expect(cluster.status("db").phase == .running)
    }

    @Test("a claim that is not bound is reported, and tried again after ten seconds")
    func unbound() {
        var cluster = FakeCluster { _, description in description.presentImages = ["nginx:1.27"] }
        Self.addVolume(&cluster, phase: "Pending")
        cluster.at(20) { $0.create("db", spec: Self.spec) }
        cluster.run(until: 32)
        // Read at 20.1 s, the worker looks at 20.3 s; 10 s later, on a whole second, again.
        #expect(cluster.timeline("db", ["FailedMount"]) == ["20.3 FailedMount", "31.3 FailedMount"])
        #expect(
            cluster.messages("FailedMount").first
                == "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], "
                + "failed to process volumes=[data]: error processing PVC default/data: PVC is not bound")
    }

    @Test("a volume stays in use over a power loss")
    func powerLoss() {
        var cluster = FakeCluster { _, description in description.presentImages = ["nginx:1.27"] }
        Self.addVolume(&cluster)
        cluster.at(21) { $0.create("db", spec: Self.spec) }
        cluster.at(33) { Self.attach(&$0) }
        cluster.at(50) { cluster in cluster.act { $0.powerLoss(at: $1, cause: "test", &$2) } }
        cluster.at(95) { cluster in
            cluster.act { $0.powerReturn(at: $1, cause: "test", &$2) }
            cluster.relist()
        }
        cluster.run(until: 400)
        #expect(cluster.node?.value.status.volumesInUse == [Self.name])
        #expect(cluster.status("db").phase == .running)
        #expect(cluster.status("db").containerStatuses[0].restartCount == 1)
        #expect(cluster.kubelet.nextWake == .never)
    }
}
