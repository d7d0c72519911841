import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel
import Testing

@testable import Controllers

@Suite("Volumes: binding, provisioning, attaching")
struct VolumeControllerTests {
    static let gibibyte = 1_073_741_824

    private func lab(withNodeLifecycle: Bool = false) -> ControllerLab {
        ControllerLab { manager in
            if withNodeLifecycle {
                manager.add(NodeLifecycleController())
                manager.add(TaintEvictionController())
            }
            manager.add(PersistentVolumeController())
            manager.add(PVCProtectionController())
            manager.add(PVProtectionController())
            manager.add(ExternalProvisioner())
            manager.add(AttachDetachController())
            manager.add(CSIAttacher())
        }
    }

    private func volume(
        _ name: String, size: String = "5Gi", modes: [String] = ["ReadWriteOnce"], policy: String = "Retain"
    ) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": ["name": .string(name)],
            "spec": [
                "capacity": ["storage": .string(size)], "accessModes": .array(modes.map { .string($0) }),
                "persistentVolumeReclaimPolicy": .string(policy), "storageClassName": "sc",
                "csi": ["driver": "csi.test", "volumeHandle": .string(name)],
            ],
        ]
    }

    private func claim(_ name: String, size: String = "3Gi", storageClass: String? = "sc") -> JSONValue {
        var spec: JSONObject = [
            "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": .string(size)]],
        ]
        if let storageClass { spec["storageClassName"] = .string(storageClass) }
        return [
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": ["name": .string(name), "namespace": "default"], "spec": .object(spec),
        ]
    }

    private func storageClass(_ name: String, mode: String = "Immediate", isDefault: Bool = false)
        -> JSONValue
    {
        [
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": [
                "name": .string(name),
                "annotations": isDefault ? ["storageclass.kubernetes.io/is-default-class": "true"] : [:],
            ],
            "provisioner": "csi.test", "volumeBindingMode": .string(mode), "parameters": ["type": "ssd"],
        ]
    }

    private func found(_ lab: ControllerLab, _ name: String) -> PersistentVolumeClaim? {
        lab.get(PersistentVolumeClaim.self, name, namespace: "default")
    }

    @Test("a claim gets the smallest volume that holds it, in four writes")
    func smallestVolume() throws {
        let lab = lab()
        for (name, size) in [("a", "10Gi"), ("b", "5Gi"), ("c", "2Gi")] {
            lab.create(volume(name, size: size))
        }
        lab.run(for: .seconds(1))
        lab.create(claim("x"))
        let before = lab.calls.count
        lab.run(for: .seconds(1))
        let bound = try #require(found(lab, "x"))
        #expect(bound.spec.volumeName == "b")
        #expect(bound.status.phase == "Bound")
        #expect(bound.metadata.annotations["pv.kubernetes.io/bind-completed"] == "yes")
        let volume = try #require(lab.get(PersistentVolume.self, "b"))
        #expect(volume.status.phase == "Bound")
        #expect(volume.spec.claimRef?.uid == bound.uid)
        #expect(
            lab.calls[before...].map { "\($0.request.verb) \($0.request.target.kind?.name ?? "")" } == [
                "update PersistentVolume", "update-status PersistentVolume", "update PersistentVolumeClaim",
                "update-status PersistentVolumeClaim",
            ])
        #expect(lab.get(PersistentVolume.self, "c")?.status.phase == "Available")
    }

    @Test("a claim that came first is bound at the next resync, every 15 s")
    func lateVolume() {
        let lab = lab()
        lab.run(until: .start + .seconds(1))
        lab.create(claim("x"))
        lab.run(until: .start + .seconds(3))
        #expect(
            lab.eventTexts("ProvisioningFailed") == ["storageclass.storage.k8s.io \"sc\" not found"])
        lab.create(volume("a"))
        lab.run(until: .start + .seconds(16))
        #expect(found(lab, "x")?.status.phase == "Bound")
        let time = lab.time(.persistentVolumeClaim, "x") {
            $0.persistentVolumeClaim?.value.spec.volumeName.isEmpty == false
        }
        #expect(time.map { $0 > .start + .seconds(15) && $0 < .start + .milliseconds(15_010) } == true)
    }

    @Test("a released volume is kept or goes, as its policy says", arguments: ["Retain", "Delete"])
    func reclaiming(policy: String) throws {
        let lab = lab()
        lab.create(storageClass("sc"))
        lab.create(claim("x"))
        lab.run(for: .seconds(10))
        let name = try #require(found(lab, "x")).spec.volumeName
        lab.call(
            .patch(
                .persistentVolume, ObjectKey(name: name),
                .merge(["spec": ["persistentVolumeReclaimPolicy": .string(policy)]]), uid: nil))
        lab.call(.delete(.persistentVolumeClaim, ObjectKey(namespace: "default", name: "x"), DeleteOptions()))
        lab.run(for: .seconds(10))
        #expect(found(lab, "x") == nil)
        let left = lab.get(PersistentVolume.self, name)
        #expect(left?.status.phase == (policy == "Retain" ? "Released" : nil))
    }

    @Test("an external provisioner makes the volume, after its time")
    func provisioning() throws {
        let lab = lab()
        lab.create(storageClass("sc"))
        lab.create(claim("x"))
        lab.run(for: .seconds(10))
        let bound = try #require(found(lab, "x"))
        #expect(bound.spec.volumeName == "pvc-\(bound.uid)")
        #expect(bound.metadata.annotations["volume.kubernetes.io/storage-provisioner"] == "csi.test")
        #expect(
            lab.eventTexts("ExternalProvisioning").first
                == "Waiting for a volume to be created either by the external provisioner 'csi.test' or manually by "
                + "the system administrator. If volume creation is delayed, please verify that the provisioner is "
                + "running and correctly registered.")
        let volume = try #require(lab.get(PersistentVolume.self, bound.spec.volumeName))
        #expect(volume.spec.csi?.driver == "csi.test")
        #expect(volume.spec.csi.flatMap { JSONValue.object($0.rest)["volumeAttributes"]?["type"] } == "ssd")
        #expect(volume.spec.persistentVolumeReclaimPolicy == "Delete")
        #expect(volume.metadata.finalizers.contains("external-provisioner.volume.kubernetes.io/finalizer"))
        #expect(volume.metadata.annotations["pv.kubernetes.io/provisioned-by"] == "csi.test")
        #expect(
            lab.eventTexts("ProvisioningSucceeded") == [
                "Successfully provisioned volume \(volume.metadata.name)"
            ])
    }

    @Test("with WaitForFirstConsumer nothing is made until a node is selected")
    func waitForFirstConsumer() {
        let lab = lab()
        lab.create(storageClass("sc", mode: "WaitForFirstConsumer"))
        lab.create(claim("x"))
        lab.run(for: .seconds(10))
        #expect(found(lab, "x")?.status.phase == "Pending")
        #expect(
            lab.eventTexts("WaitForFirstConsumer").first
                == "waiting for first consumer to be created before binding")
        lab.call(
            .patch(
                .persistentVolumeClaim, ObjectKey(namespace: "default", name: "x"),
                .metadata(labels: [:], annotations: ["volume.kubernetes.io/selected-node": "n1"]), uid: nil))
        lab.run(for: .seconds(10))
        #expect(found(lab, "x")?.status.phase == "Bound")
    }

    @Test("a claim without a class gets the default one, even later")
    func defaultClass() {
        let lab = lab()
        lab.create(claim("x", storageClass: nil))
        lab.run(for: .seconds(3))
        lab.create(storageClass("standard", isDefault: true))
        lab.run(for: .seconds(30))
        #expect(found(lab, "x")?.spec.storageClassName == "standard")
        #expect(found(lab, "x")?.status.phase == "Bound")
    }

    @Test("a claim in use stays until its pod is gone")
    func protection() {
        let lab = lab()
        lab.join("n1")
        lab.create(volume("a"))
        lab.run(for: .milliseconds(500))
        lab.create(claim("x"))
        lab.run(for: .milliseconds(500))
        lab.runPod("p", on: "n1", claim: "x")
        lab.run(for: .seconds(1))
        lab.call(.delete(.persistentVolumeClaim, ObjectKey(namespace: "default", name: "x"), DeleteOptions()))
        lab.run(for: .seconds(5))
        #expect(found(lab, "x")?.metadata.isBeingDeleted == true)
        lab.call(
            .delete(.pod, ObjectKey(namespace: "default", name: "p"), DeleteOptions(gracePeriodSeconds: 0)))
        lab.run(for: .seconds(5))
        #expect(found(lab, "x") == nil)
        #expect(lab.get(PersistentVolume.self, "a")?.status.phase == "Released")
    }

    // MARK: Attaching

    private let unique = "kubernetes.io/csi/csi.test^a"

    private func attachedLab(withNodeLifecycle: Bool = false) -> ControllerLab {
        let lab = lab(withNodeLifecycle: withNodeLifecycle)
        for name in ["m1", "m2", "m3"] { lab.join(name) }
        lab.create(volume("a"))
        lab.run(for: .milliseconds(500))
        lab.create(claim("x"))
        lab.run(for: .milliseconds(500))
        lab.runPod("p", on: "m1", claim: "x")
        lab.run(for: .seconds(9))
        lab.setVolumesInUse("m1", [unique])
        lab.run(for: .seconds(1))
        return lab
    }

    private func attached(_ lab: ControllerLab, _ node: String) -> [String] {
        lab.get(Node.self, node)?.status.volumesAttached.map(\.name) ?? []
    }

    @Test("a pod's volume is attached through a VolumeAttachment of the name that upstream gives it")
    func attach() throws {
        let lab = attachedLab()
        #expect(attached(lab, "m1") == [unique])
        #expect(
            lab.eventTexts("SuccessfulAttachVolume") == ["AttachVolume.Attach succeeded for volume \"a\" "])
        // printf 'acsi.testm1' | sha256sum
        let attachment = try #require(lab.list(.volumeAttachment).first?.volumeAttachment?.value)
        #expect(
            attachment.metadata.name
                == AttachableVolume.attachmentName(handle: "a", driver: "csi.test", node: "m1"))
        #expect(attachment.spec.persistentVolumeName == "a")
        #expect(attachment.metadata.finalizers == ["external-attacher/csi-test"])
    }

    @Test(
        "a volume moves only after its node has unmounted it; the other pod hears of the Multi-Attach error once"
    )
    func multiAttach() {
        let lab = attachedLab()
        lab.runPod("q", on: "m2", claim: "x")
        lab.run(for: .seconds(5))
        let error = "Multi-Attach error for volume \"a\" Volume is already used by pod(s) p"
        #expect(lab.eventTexts("FailedAttachVolume") == [error])
        lab.call(
            .delete(.pod, ObjectKey(namespace: "default", name: "p"), DeleteOptions(gracePeriodSeconds: 0)))
        lab.run(for: .seconds(20))
        #expect(attached(lab, "m1") == [unique])
        lab.setVolumesInUse("m1", [])
        lab.run(for: .seconds(20))
        #expect(attached(lab, "m1").isEmpty)
        #expect(attached(lab, "m2") == [unique])
        #expect(lab.eventTexts("FailedAttachVolume") == [error])
        #expect(lab.list(.volumeAttachment).count == 1)
    }

    /// The node dies at 61 s. Unknown at 115 s, pod deleted 300 s after its taint. The pod stays Terminating
    /// until it is removed by force at 500 s: from then on the detach is wanted, and 360 s later it is done
    /// by force.
    @Test("a dead node's volume is detached by force six minutes after no pod wants it any more")
    func forceDetach() throws {
        let lab = attachedLab(withNodeLifecycle: true)
        lab.run(until: .start + .seconds(61))
        lab.kill("m1")
        lab.run(until: .start + .seconds(500))
        #expect(lab.pod("p")?.metadata.isBeingDeleted == true)
        #expect(attached(lab, "m1") == [unique])
        lab.call(
            .delete(.pod, ObjectKey(namespace: "default", name: "p"), DeleteOptions(gracePeriodSeconds: 0)))
        lab.runPod("q", on: "m2", claim: "x")
        lab.run(until: .start + .seconds(900))
        let error =
            "Multi-Attach error for volume \"a\" Volume is already exclusively attached to one node and can't be "
            + "attached to another"
        #expect(lab.eventTexts("FailedAttachVolume") == [error])
        let forced = try #require(lab.journal.first { $0.entry.reason == "ForceDetach" })
        // The pass after the watch event, and 3600 passes later.
        #expect(forced.time == .start + .milliseconds(500_100) + .minutes(6))
        #expect(
            forced.entry.cause.hasPrefix("maxWaitForUnmountDuration 6m0s after the detach was first wanted"))
        #expect(attached(lab, "m2") == [unique])
    }

    @Test("the out-of-service taint detaches at once")
    func outOfService() throws {
        let lab = attachedLab(withNodeLifecycle: true)
        lab.run(until: .start + .seconds(61))
        lab.kill("m1")
        lab.run(until: .start + .seconds(150))
        lab.call(
            .patch(
                .node, ObjectKey(name: "m1"),
                .nodeTaints(
                    adding: [
                        Taint(key: WellKnown.outOfServiceTaint, value: "nodeshutdown", effect: .noExecute)
                    ],
                    removing: []), uid: nil))
        lab.run(for: .seconds(1))
        lab.call(
            .delete(.pod, ObjectKey(namespace: "default", name: "p"), DeleteOptions(gracePeriodSeconds: 0)))
        lab.run(for: .seconds(10))
        let forced = try #require(lab.journal.first { $0.entry.reason == "ForceDetach" })
        #expect(forced.time < .start + .seconds(152))
        #expect(attached(lab, "m1").isEmpty)
    }

    @Test("an attacher that does not answer is waited for two minutes, then tried again")
    func attachTimeout() {
        let lab = ControllerLab { manager in
            manager.add(PersistentVolumeController())
            manager.add(AttachDetachController())
        }
        lab.join("m1")
        lab.create(volume("a"))
        lab.run(for: .milliseconds(500))
        lab.create(claim("x"))
        lab.run(for: .milliseconds(500))
        lab.runPod("p", on: "m1", claim: "x")
        lab.run(for: .seconds(125))
        #expect(
            lab.eventTexts("FailedAttachVolume") == [
                "AttachVolume.Attach failed for volume \"a\" : timed out waiting for external-attacher of csi.test "
                    + "CSI driver to attach volume a"
            ])
    }

    @Test("claims and volumes that are settled cost nothing")
    func idle() {
        let lab = attachedLab()
        lab.run(for: .minutes(5))
        let wakes = lab.wakes
        lab.run(for: .days(100))
        #expect(lab.wakes == wakes)
    }

    @Test(
        "SHA-256",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func sha256(text: String, digest: String) { #expect(SHA256.hexadecimal(text) == digest) }

    @Test("looks at a VolumeAttachment come after half a second, then 5 % later each")
    func polls() {
        var operation = VolumeOperation(
            kind: .attach, volume: "v", node: "n", isExclusive: true, attachment: "va")
        operation.waitingSince = .start
        #expect(operation.nextPoll(atOrAfter: .start) == .start + .milliseconds(500))
        #expect(operation.nextPoll(atOrAfter: .start + .milliseconds(501)) == .start + .milliseconds(1_025))
        operation.fail(at: .start)
        #expect(operation.backoff == .milliseconds(500))
        for _ in 0..<10 { operation.fail(at: .start) }
        #expect(operation.backoff == .seconds(122))
    }
}
