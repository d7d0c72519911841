import ControlPlane
import Failures
import KubernetesModel
import OrderedCollections
import Simulation
import SimulationKernel
import Testing
import VirtualNodes

@Suite("Volumes that grow, and tokens that are mounted")
struct VolumeExpansionTests {
    private final class Record: SimulationObserver {
        var steps: [(time: VirtualTime, text: String)] = []
        var events: [String] = []
        func stored(_ change: StoreChange) {
            guard let claim = change.object.persistentVolumeClaim?.value else { return }
            let condition = claim.status.conditions.map(\.type).joined(separator: ",")
            let text =
                "\(claim.grantedStorage) \(claim.resizeStatus?.rawValue ?? "-") \(condition.isEmpty ? "-" : condition)"
            if steps.last?.text != text { steps.append((change.time, text)) }
        }
        func noted(_ entry: JournalEntry, at time: VirtualTime) {}
        func reported(_ event: EventRecord, at time: VirtualTime) {
            if event.involvedKind == .persistentVolumeClaim {
                events.append("\(event.component): \(event.reason)")
            }
        }
    }

    private func configuration() -> ClusterConfiguration {
        var configuration = ClusterConfiguration(seed: 3, start: CalendarTime(unixSeconds: 1_767_225_600))
        var description = NodeDescription(name: "a")
        description.capacity = ResourceList([
            ("cpu", Quantity(value: 4)), ("memory", Quantity(value: 8 << 30)),
        ])
        configuration.nodes.append(NodeConfiguration(description))
        return configuration
    }

    private func claim(_ size: String, mode: String = "Filesystem") -> AppliedManifest {
        AppliedManifest([
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": ["name": "data", "namespace": "default"],
            "spec": [
                "accessModes": ["ReadWriteOnce"], "storageClassName": "disk", "volumeMode": .string(mode),
                "resources": ["requests": ["storage": .string(size)]],
            ],
        ])
    }

    private let storageClass = AppliedManifest([
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": ["name": "disk"],
        "provisioner": "csi.test", "allowVolumeExpansion": true,
    ])

    private func pod(_ volume: JSONValue = ["persistentVolumeClaim": ["claimName": "data"]])
        -> AppliedManifest
    {
        AppliedManifest([
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p", "namespace": "default"],
            "spec": [
                "containers": [
                    ["name": "c", "image": "x", "volumeMounts": [["name": "v", "mountPath": "/data"]]]
                ],
                "volumes": [volume.merging(["name": "v"])],
            ],
        ])
    }

    @Test("a mounted volume grows: first in the storage system, then at the pod's next sync on its node")
    func online() throws {
        let record = Record()
        let simulation = ClusterSimulation(configuration(), observers: [record])
        simulation.schedule(.apply([storageClass, claim("1Gi"), pod()]), at: .start + .seconds(30))
        simulation.schedule(.apply([claim("3Gi")]), at: .start + .minutes(10))
        simulation.run(for: .minutes(15))
        let steps = record.steps.filter { $0.time >= .start + .minutes(10) }
        #expect(
            steps.map(\.text) == [
                "1Gi ControllerResizeInProgress Resizing", "1Gi NodeResizePending FileSystemResizePending",
                "1Gi NodeResizeInProgress FileSystemResizePending", "3Gi - -",
            ])
        // The driver takes five seconds.
        #expect(steps[1].time - steps[0].time >= .seconds(5) && steps[1].time - steps[0].time < .seconds(6))
        // A pod is synced every 60 to 90 s, and its node takes a second.
        #expect(steps[2].time - steps[1].time < .seconds(92))
        let growth = steps[3].time - steps[2].time
        #expect(growth > .seconds(1) && growth < .milliseconds(1_100))
        #expect(
            record.events.suffix(4) == [
                "volume_expand: ExternalExpanding", "external-resizer csi.test: Resizing",
                "external-resizer csi.test: FileSystemResizeRequired", "kubelet: FileSystemResizeSuccessful",
            ])
        let key = ObjectKey(namespace: "default", name: "data")
        let bound = try #require(simulation.get(PersistentVolumeClaim.self, key))
        let volume = try #require(
            simulation.get(PersistentVolume.self, ObjectKey(name: bound.spec.volumeName)))
        #expect(volume.spec.capacity["storage"]?.description == "3Gi")
        #expect(volume.metadata.annotations["volume.alpha.kubernetes.io/pre-resize-capacity"] == nil)
    }

    @Test("a volume that nobody has mounted waits for a pod; a kubelet that was down finds it")
    func offline() throws {
        let record = Record()
        let simulation = ClusterSimulation(configuration(), observers: [record])
        simulation.schedule(.apply([storageClass, claim("1Gi")]), at: .start + .seconds(30))
        simulation.schedule(.apply([claim("2Gi")]), at: .start + .minutes(2))
        simulation.schedule(.apply([pod()]), at: .start + .minutes(10))
        simulation.schedule(.node("a", .fail(.kubeletStop, for: .minutes(3))), at: .start + .minutes(20))
        simulation.schedule(.apply([claim("3Gi")]), at: .start + .minutes(21))
        simulation.run(for: .minutes(9))
        #expect(record.steps.last?.text == "1Gi NodeResizePending FileSystemResizePending")
        simulation.run(for: .minutes(6))
        #expect(record.steps.last?.text == "2Gi - -")
        simulation.run(for: .minutes(7))
        #expect(record.steps.last?.text == "2Gi NodeResizePending FileSystemResizePending")
        simulation.run(for: .minutes(8))
        #expect(record.steps.last?.text == "3Gi - -")
    }

    @Test("block volumes are done when the storage system is")
    func block() {
        let record = Record()
        let simulation = ClusterSimulation(configuration(), observers: [record])
        simulation.schedule(.apply([storageClass, claim("1Gi", mode: "Block")]), at: .start + .seconds(30))
        simulation.schedule(.apply([claim("2Gi", mode: "Block")]), at: .start + .minutes(2))
        simulation.run(for: .minutes(3))
        #expect(record.steps.last?.text == "2Gi - -")
        #expect(record.events.last == "external-resizer csi.test: VolumeResizeSuccessful")
    }

    @Test("with service accounts a pod mounts its token before its first container starts")
    func tokens() throws {
        var starts: [VirtualDuration] = []
        for admits in [false, true] {
            var configuration = configuration()
            configuration.admitsServiceAccounts = admits
            let simulation = ClusterSimulation(configuration)
            let empty = AppliedManifest([
                "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p", "namespace": "default"],
                "spec": ["containers": [["name": "c", "image": "x"]]],
            ])
            simulation.schedule(.apply([empty]), at: .start + .seconds(30))
            var time = VirtualTime.start + .seconds(30)
            let key = ObjectKey(namespace: "default", name: "p")
            while simulation.get(Pod.self, key)?.status.phase != .running, time < .start + .minutes(2) {
                time += .milliseconds(10)
                simulation.run(until: time)
            }
            starts.append(time - (.start + .seconds(30)))
            let found = try #require(simulation.get(Pod.self, key))
            #expect(found.status.phase == .running)
            #expect(found.spec.serviceAccountName == (admits ? "default" : ""))
            #expect(found.spec.volumes.count == (admits ? 1 : 0))
            let certificate = ObjectKey(namespace: "default", name: "kube-root-ca.crt")
            #expect(simulation.object(.configMap, certificate) != nil)
        }
        // The volume manager's passes of 100 ms and the look every 300 ms; nothing slower.
        #expect(starts[1] > starts[0] && starts[1] - starts[0] < .seconds(1))
    }
}
