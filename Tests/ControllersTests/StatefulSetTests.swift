import ControlPlane
import Foundation
import KubernetesModel
import OrderedCollections
import SimulationKernel
import TestSupport
import Testing

@testable import Controllers

@Suite("StatefulSets")
struct StatefulSetTests {
    private func world() -> ControllerWorld {
        ControllerWorld(nodes: ["n1"]) { manager, _ in manager.add(StatefulSetController()) }
    }

    private func set(_ spec: JSONValue = [:]) -> JSONValue {
        let base: JSONValue = [
            "spec": [
                "serviceName": "web", "selector": ["matchLabels": ["app": "web"]], "replicas": 3,
                "template": [
                    "metadata": ["labels": ["app": "web"]],
                    "spec": ["containers": [["name": "c", "image": "app:v1"]]],
                ],
            ]
        ]
        return ControllerWorld.manifest("apps/v1", "StatefulSet", "web", base.merging(["spec": spec]))
    }

    private func ready(_ name: String, _ world: ControllerWorld) {
        let key = ControllerWorld.key(name)
        guard let pod = world.server.store.get(Pod.self, key)?.value else {
            Issue.record("there is no pod \(name)")
            return
        }
        if pod.nodeName.isEmpty { world.driver(.bind(pod: key, uid: pod.uid, node: "n1")) }
        var status = PodStatus()
        status.phase = .running
        status.conditions = [Condition("Ready", .isTrue, lastTransitionTime: Timestamp(world.now))]
        world.driver(.patch(.pod, key, .podStatus(status), uid: nil))
    }

    private func pods(_ world: ControllerWorld) -> [String] {
        world.server.store.list(.pod).map(\.key.name)
    }

    @Test("an ordered set's calls come one after another, and the next sync waits for the cache")
    func orderOfCalls() {
        let world = world()
        world.driver(.createManifest(set()))
        world.settle(for: .milliseconds(100))
        #expect(pods(world) == ["web-0"])
        let calls = world.calls.map { "\($0.request.verb) \($0.request.target.kind?.name ?? "")" }
        #expect(
            calls == [
                "create ControllerRevision", "create Pod", "update-status StatefulSet",
                "update-status StatefulSet",
            ])
        #expect(Set(world.calls.map(\.time)).count == calls.count)
        #expect(world.notes.map(\.message) == ["waits for web-0 to be running and ready"])
    }

    @Test("a parallel set's pods are made in batches of 1, 2, 4")
    func batches() {
        let world = world()
        world.driver(.createManifest(set(["podManagementPolicy": "Parallel", "replicas": 6])))
        world.settle(for: .milliseconds(100))
        let creations = world.calls.filter { $0.request.verb == "create" && $0.request.target.kind == .pod }
        let times = creations.map(\.time)
        #expect(times.count == 6)
        #expect(times[1] == times[2] && times[3] == times[5] && times[0] < times[1] && times[2] < times[3])
    }

    @Test("a pod that is being deleted keeps its name from being given anew, however long that takes")
    func stuckPod() {
        let world = world()
        world.driver(.createManifest(set(["replicas": 1])))
        world.settle(for: .seconds(1))
        ready("web-0", world)
        world.settle(for: .seconds(1))
        world.driver(.delete(.pod, ControllerWorld.key("web-0"), DeleteOptions()))
        world.settle(for: .hours(5))
        #expect(
            world.server.store.get(Pod.self, ControllerWorld.key("web-0"))?.value.metadata.isBeingDeleted
                == true)
        #expect(world.notes.last?.message == "waits for web-0 to be gone")
        world.driver(.delete(.pod, ControllerWorld.key("web-0"), DeleteOptions(gracePeriodSeconds: 0)))
        world.settle(for: .seconds(1))
        #expect(
            world.server.store.get(Pod.self, ControllerWorld.key("web-0"))?.value.metadata.isBeingDeleted
                == false)
    }

    @Test(
        "with minReadySeconds the next pod waits for the exact moment at which its predecessor is available")
    func minReadySeconds() {
        let world = world()
        world.driver(.createManifest(set(["minReadySeconds": 10])))
        world.settle(until: .start + .seconds(5))
        ready("web-0", world)
        world.settle(until: .start + .milliseconds(14_990))
        #expect(pods(world) == ["web-0"])
        world.settle(until: .start + .milliseconds(15_050))
        #expect(pods(world) == ["web-0", "web-1"])
    }

    @Test("an idle set costs nothing")
    func idle() {
        let world = world()
        world.driver(.createManifest(set(["replicas": 1])))
        world.settle(for: .seconds(1))
        ready("web-0", world)
        world.settle(for: .seconds(1))
        let (calls, wakes) = (world.calls.count, world.wakes)
        world.settle(for: .days(300))
        #expect(world.calls.count == calls && world.wakes == wakes)
    }

    @Test(
        "names are taken apart at the last dash",
        arguments: [
            ("web-0", "web", 0), ("web-1-12", "web-1", 12), ("web", nil, nil), ("web-", nil, nil),
            ("web-01", "web", 1), ("web-99999999999", nil, nil),
        ] as [(String, String?, Int64?)])
    func podNames(name: String, parent: String?, ordinal: Int64?) {
        let parsed = StatefulPodName.parse(name)
        #expect(parsed?.parent == parent && parsed?.ordinal == ordinal)
    }

    @Test(
        "claims are owned as the retention policy asks for",
        arguments: [
            ("Retain", "Retain", 0, []), ("Delete", "Retain", 0, ["StatefulSet"]),
            ("Delete", "Retain", 7, ["StatefulSet"]),
            ("Retain", "Delete", 0, []), ("Retain", "Delete", 7, ["Pod"]),
            ("Delete", "Delete", 0, ["StatefulSet"]),
            ("Delete", "Delete", 7, ["Pod"]),
        ] as [(String, String, Int64, [String])])
    func claimOwners(whenDeleted: String, whenScaled: String, ordinal: Int64, owners: [String]) {
        var set = StatefulSet()
        set.metadata = ObjectMeta(namespace: "a", name: "web")
        set.metadata.uid = UID("set")
        set.spec.replicas = 3
        set.spec.persistentVolumeClaimRetentionPolicy = .init()
        set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted = whenDeleted
        set.spec.persistentVolumeClaimRetentionPolicy?.whenScaled = whenScaled
        let user = ClaimUser(name: "web-\(ordinal)", uid: UID("pod"), ordinal: ordinal)
        let claim = PersistentVolumeClaim()
        #expect(set.isOwnerUpToDate(claim, user) == owners.isEmpty)
        let updated = set.withUpdatedOwners(claim, user)
        #expect(updated.metadata.ownerReferences.map(\.kind) == owners)
        #expect(set.isOwnerUpToDate(updated, user))
        // Somebody else's claim is left alone.
        var foreign = OwnerReference()
        (foreign.kind, foreign.name, foreign.uid, foreign.controller) = ("Other", "x", UID("x"), true)
        let taken = claim.with { $0.metadata.ownerReferences = [foreign] }
        let isManaged = whenDeleted == "Delete" || whenScaled == "Delete"
        #expect(set.hasUnexpectedController(taken, user) == isManaged)
        if isManaged { #expect(set.isOwnerUpToDate(taken, user)) }
    }

    @Test(
        "revisions hold the bytes, and have the names, that the real controller gives them",
        .enabled(
            if: SharedFiles.exists("conformance/controllers/hash.jsonl"),
            Comment(rawValue: SharedFiles.missing)))
    func revisionNames() throws {
        var count = 0
        for line in try SharedFiles.lines("conformance/controllers/hash.jsonl") {
            let vector = try JSONParser.parse(line)
            guard vector["ownerKind"] == "StatefulSet", let template = vector["template"]?.objectValue else {
                continue
            }
            let parsed = PodTemplate(fields: template, epoch: CalendarTime(unixSeconds: 0))
            let data = ControllerHistory.templatePatch(parsed)
            let revision = ControllerHistory.newRevision(
                of: .statefulSet, ObjectMeta(name: "web"), templateLabels: parsed.metadata.labels, data: data,
                number: 1, collisionCount: 0)
            #expect(ControllerRevisionHash.text(data) + "0" == vector["hashInput"]?.stringValue)
            #expect(revision.metadata.name == "web-\(vector["name"]?.stringValue ?? "")")
            let restored = ControllerHistory.template(in: revision).map(ControllerHistory.templatePatch)
            #expect(restored == data)
            count += 1
        }
        #expect(count > 0)
    }
}
