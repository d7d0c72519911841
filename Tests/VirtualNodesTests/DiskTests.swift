import ControlPlane
import KubernetesModel
import SimulationKernel
import Testing

@testable import VirtualNodes

@Suite("Disks that fail")
struct DiskTests {
    static let ssd = NodeDisk(name: "ssd")

    /// A node with disks and an image, and a `local` volume on the first disk.
    static func cluster(
        _ disks: [NodeDisk] = [ssd], response: DiskFailureResponse? = DiskFailureResponse()
    ) -> FakeCluster {
        var cluster = FakeCluster { settings, description in
            description.presentImages = ["nginx:1.27"]
            description.disks = disks
            var behavior = ContainerBehavior()
            behavior.diskFailure = response
            settings.behaviors.rules = [.init(behavior: behavior)]
        }
        var claim = PersistentVolumeClaim()
        claim.metadata = ObjectMeta(namespace: "default", name: "data")
        claim.spec.volumeName = "pv-1"
        claim.status.phase = "Bound"
        cluster.others["\(ObjectKind.persistentVolumeClaim)/default/data"] = APIObject(claim)
        var volume = PersistentVolume()
        volume.metadata = ObjectMeta(name: "pv-1")
        volume.spec.rest = FakeCluster.members(["local": ["path": "/mnt/disks/ssd/db"]])
        cluster.others["\(ObjectKind.persistentVolume)/pv-1"] = APIObject(volume)
        return cluster
    }

    static func spec(_ volume: JSONValue, mount: JSONValue = ["name": "data", "mountPath": "/data"])
        -> JSONValue
    {
        Specs.pod([Specs.container("db", ["volumeMounts": [mount]])], ["volumes": [volume]])
    }

    static let local = spec(["name": "data", "persistentVolumeClaim": ["claimName": "data"]])

    static func hostPath(_ path: String, type: String = "") -> JSONValue {
        spec(["name": "data", "hostPath": ["path": .string(path), "type": .string(type)]])
    }

    private static func fail(_ cluster: inout FakeCluster, at seconds: Double, disk: Int = 0) {
        cluster.at(seconds) { cluster in cluster.act { $0.diskFailure(disk, at: $1, cause: "test", &$2) } }
    }

    private static func repair(_ cluster: inout FakeCluster, at seconds: Double, disk: Int = 0) {
        cluster.at(seconds) { cluster in cluster.act { $0.diskRepair(disk, at: $1, cause: "test", &$2) } }
    }

    /// With which the only container ended last.
    private static func exitCode(_ status: PodStatus) -> Int64? {
        let entry = status.containerStatuses.first
        return entry?.state?.termination?.exitCode ?? entry?.lastState?.termination?.exitCode
    }

    @Test(
        "a path is on the disk with the deepest mount point above it",
        arguments: [
            ("/mnt/disks/ssd", "ssd"), ("/mnt/disks/ssd/db", "ssd"), ("/mnt/disks//ssd/./db/", "ssd"),
            ("/mnt/disks/ssd2", ""), ("/mnt/disks/hdd/cold/x", "cold"), ("/mnt/disks/hdd/x", "hdd"),
            ("/var/log", ""),
        ])
    func places(path: String, disk: String) {
        let disks = [
            Self.ssd, NodeDisk(name: "hdd"), NodeDisk(name: "cold", mountPath: "/mnt/disks/hdd/cold/"),
        ]
        #expect(disks.place(of: path).map { disks[$0].name } ?? "" == disk)
    }

    @Test("a container on the disk exits, cannot be made anew, and runs again after the repair")
    func restart() throws {
        var cluster = Self.cluster()
        cluster.at(20) { $0.create("db", spec: Self.local) }
        Self.fail(&cluster, at: 60.2)
        Self.repair(&cluster, at: 75.5)
        cluster.run(until: 74)
        // Struck at 60.2 s, seen at 61 s; the first restart is tried at once.
        #expect(cluster.first("db") { Self.exitCode($0) == 1 } == "61")
        let source = "/var/lib/kubelet/pods/uid-db/volumes/kubernetes.io~local-volume/pv-1"
        let messages = cluster.messages("Failed")
        let first = try #require(messages.first)
        #expect(first.hasPrefix("Error: failed to generate container \""))
        #expect(
            first.hasSuffix(
                "\" spec: failed to generate spec: failed to stat \"\(source)\": stat \(source): input/output error"
            ))
        #expect(
            cluster.first("db") {
                guard case .waiting(let reason, _) = $0.containerStatuses.first?.state else { return false }
                return reason == "CreateContainerError"
            } != nil)
        // The node itself stays ready.
        #expect(cluster.node?.value.status.conditions.isTrue("Ready") == true)
        cluster.run(until: 200)
        #expect(cluster.status("db").conditions.isTrue("Ready"))
        #expect(cluster.status("db").containerStatuses[0].restartCount == 1)
        #expect(cluster.timeline("db", ["FailedMount"]) == [])
        #expect(cluster.kubelet.nextWake == .never)
        #expect(cluster.journal.map(\.reason) == ["DiskFailed", "DiskError", "DiskRepaired"])
        #expect(
            cluster.journal[0].message
                == "disk ssd of node-a fails; volumes of default/db are on it")
    }

    @Test("a local volume is tried again with pauses that double and outlive the pod")
    func backOff() {
        var cluster = Self.cluster()
        Self.fail(&cluster, at: 10)
        cluster.at(20) { $0.create("db", spec: Self.local) }
        cluster.at(30) { $0.delete("db") }
        cluster.at(33) { $0.create("db", spec: Self.local, uid: "uid-again") }
        Self.repair(&cluster, at: 60)
        cluster.run(until: 50)
        // Pauses of 0.5, 1, 2, 4, 8 and 16 s, each up to the reconciler's next pass of 0.1 s.
        #expect(
            cluster.timeline("db", ["FailedMount"])
                == ["20.1", "20.7", "21.8", "23.9", "28", "36.1"].map { "\($0) FailedMount" })
        #expect(
            Set(cluster.messages("FailedMount")) == [
                "MountVolume.NewMounter initialization failed for volume \"pv-1\" : "
                    + "stat /mnt/disks/ssd/db: input/output error"
            ])
        #expect(cluster.status("db").phase == .pending)
        cluster.run(until: 100)
        #expect(cluster.timeline("db", ["FailedMount"]).last == "52.2 FailedMount")
        #expect(cluster.status("db").phase == .running)
    }

    @Test(
        "host paths fail by the check of their type, or in the runtime",
        arguments: [
            ("", nil), ("DirectoryOrCreate", nil),
            ("Directory", "hostPath type check failed: /mnt/disks/ssd/logs is not a directory"),
            ("File", "hostPath type check failed: /mnt/disks/ssd/logs is not a file"),
            ("FileOrCreate", "open /mnt/disks/ssd/logs: input/output error"),
            ("Socket", "hostPath type check failed: /mnt/disks/ssd/logs is not a socket file"),
        ] as [(String, String?)])
    func hostPaths(type: String, fault: String?) {
        var cluster = Self.cluster()
        Self.fail(&cluster, at: 10)
        cluster.at(20) { $0.create("web", spec: Self.hostPath("/mnt/disks/ssd/logs", type: type)) }
        cluster.run(until: 25)
        if let fault {
            #expect(
                cluster.messages("FailedMount").first
                    == "MountVolume.SetUp failed for volume \"data\" : \(fault)")
            #expect(cluster.messages("Failed") == [])
        } else {
            #expect(cluster.messages("FailedMount") == [])
            #expect(
                cluster.messages("Failed").first?.hasSuffix(
                    "failed to stat \"/mnt/disks/ssd/logs\": stat /mnt/disks/ssd/logs: input/output error")
                    == true)
        }
        #expect(cluster.status("web").phase == .pending)
    }

    @Test("a sub-path is resolved by the kubelet, which does not say why it cannot")
    func subPath() {
        var cluster = Self.cluster()
        cluster.at(20) {
            $0.create(
                "db",
                spec: Self.spec(
                    ["name": "data", "persistentVolumeClaim": ["claimName": "data"]],
                    mount: ["name": "data", "mountPath": "/data", "subPath": "pg"]))
        }
        Self.fail(&cluster, at: 60.2)
        // The reason is in the status of the next sync, 10 s later.
        cluster.run(until: 73)
        #expect(
            Set(cluster.messages("Failed")) == [
                "Error: failed to prepare subPath for volumeMount \"data\" of container \"db\""
            ])
        #expect(
            cluster.first("db") {
                guard case .waiting(let reason, _) = $0.containerStatuses.first?.state else { return false }
                return reason == "CreateContainerConfigError"
            } != nil)
    }

    @Test("what is on another disk, or on none, is left alone")
    func others() {
        var cluster = Self.cluster([Self.ssd, NodeDisk(name: "hdd")])
        cluster.at(20) { $0.create("db", spec: Self.local) }
        cluster.at(20) { $0.create("web", spec: Self.hostPath("/srv/www")) }
        Self.fail(&cluster, at: 60, disk: 1)
        // One that is not there, and one that has failed already, change nothing.
        Self.fail(&cluster, at: 61, disk: 1)
        Self.fail(&cluster, at: 62, disk: 7)
        cluster.run(until: 200)
        #expect(cluster.status("db").containerStatuses[0].restartCount == 0)
        #expect(cluster.status("web").containerStatuses[0].restartCount == 0)
        #expect(
            cluster.journal.map(\.message) == [
                "disk hdd of node-a fails; no running pod has a volume on it"
            ])
    }

    @Test(
        "a container that holds out goes on if the disk recovers in time",
        arguments: [(20.0, 0, "82"), (40.0, 1, "82"), (20.0, 1, "70")])
    func holdsOut(lasts: Double, restarts: Int64, exit: String) {
        let after = exit == "82" ? 21.5 : 9.5
        var cluster = Self.cluster(response: DiskFailureResponse(after: .seconds(after), exitCode: 74))
        cluster.at(20) { $0.create("db", spec: Self.local) }
        Self.fail(&cluster, at: 60)
        Self.repair(&cluster, at: 60 + lasts)
        cluster.run(until: 400)
        #expect(cluster.status("db").containerStatuses[0].restartCount == restarts)
        #expect(cluster.status("db").conditions.isTrue("Ready"))
        let ended = cluster.first("db") { Self.exitCode($0) == 74 }
        #expect(ended == (restarts == 0 ? nil : exit))
    }

    @Test("a container that does not mind goes on")
    func doesNotMind() {
        var cluster = Self.cluster(response: nil)
        cluster.at(20) { $0.create("db", spec: Self.local) }
        Self.fail(&cluster, at: 60)
        cluster.run(until: 400)
        #expect(cluster.status("db").conditions.isTrue("Ready"))
        #expect(
            cluster.journal.last?.message == "container db gets I/O errors from volume data and goes on")
    }

    @Test("a pod that has mounted a disk that is replaced stays broken until it is deleted")
    func replaced() {
        var cluster = Self.cluster([NodeDisk(name: "ssd", repair: .replaced)])
        cluster.at(20) { $0.create("db", spec: Self.local) }
        cluster.at(20) { $0.create("logs", spec: Self.hostPath("/mnt/disks/ssd/logs")) }
        Self.fail(&cluster, at: 60)
        Self.repair(&cluster, at: 90)
        cluster.run(until: 500)
        #expect(!cluster.status("db").conditions.isTrue("Ready"))
        // A host path is looked up anew.
        #expect(cluster.status("logs").conditions.isTrue("Ready"))
        #expect(
            cluster.journal.last?.message
                == "disk ssd of node-a is replaced by an empty one; default/db must be deleted to mount the new one"
        )
        cluster.at(501) { $0.delete("db") }
        cluster.at(505) { $0.create("db", spec: Self.local, uid: "uid-again") }
        cluster.run(until: 520)
        #expect(cluster.status("db").conditions.isTrue("Ready"))
        #expect(cluster.timeline("db", ["FailedMount"]) == [])
    }

    @Test("a stopped kubelet finds the container ended, and a disk stays failed over a boot")
    func stopsAndBoots() {
        var cluster = Self.cluster()
        cluster.at(20) { $0.create("db", spec: Self.local) }
        cluster.at(50) { cluster in cluster.act { $0.kubeletStop(at: $1, cause: "test", &$2) } }
        Self.fail(&cluster, at: 60)
        cluster.at(80) { cluster in
            cluster.act { $0.kubeletStart(at: $1, cause: "test", &$2) }
            cluster.relist()
        }
        cluster.run(until: 90)
        #expect(Self.exitCode(cluster.status("db")) == 1)
        cluster.at(100) { cluster in cluster.act { $0.powerLoss(at: $1, cause: "test", &$2) } }
        cluster.at(150) { cluster in
            cluster.act { $0.powerReturn(at: $1, cause: "test", &$2) }
            cluster.relist()
        }
        cluster.run(until: 170)
        #expect(cluster.timeline("db", ["FailedMount"]).count >= 4)
        Self.repair(&cluster, at: 171)
        cluster.run(until: 400)
        #expect(cluster.status("db").conditions.isTrue("Ready"))
    }
}
