import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel
import Testing

@testable import Controllers

@Suite("Garbage collector")
struct GarbageCollectorTests {
    private func world() -> ControllerWorld {
        ControllerWorld(nodes: []) { manager, _ in manager.add(GarbageCollectorController()) }
    }

    @discardableResult
    private func configMap(
        _ name: String, owners: [(name: String, blocks: Bool)] = [], in world: ControllerWorld
    ) -> UID {
        let references = owners.map { owner -> JSONValue in
            let uid = world.server.store[.configMap, ControllerWorld.key(owner.name)]?.metadata.uid
            return [
                "apiVersion": "v1", "kind": "ConfigMap", "name": .string(owner.name),
                "uid": .string(uid?.description ?? "00000000-0000-4000-8000-000000000001"),
                "blockOwnerDeletion": .bool(owner.blocks),
            ]
        }
        let rest: JSONValue = ["metadata": ["ownerReferences": .array(references)]]
        world.driver(.createManifest(ControllerWorld.manifest("v1", "ConfigMap", name, rest)))
        return world.server.store[.configMap, ControllerWorld.key(name)]?.metadata.uid ?? .none
    }

    private func names(_ world: ControllerWorld) -> [String] {
        world.server.store.list(.configMap).map(\.key.name)
    }

    @Test("a dependent of an owner that never was is deleted after asking for both")
    func missingOwner() {
        let world = world()
        configMap("c", owners: [("ghost", false)], in: world)
        world.settle(for: .seconds(1))
        #expect(names(world).isEmpty)
        // The made-up owner is looked for; its absence brings up the dependent, whose owner is known to be
        // absent by then.
        #expect(world.calls.map(\.request.verb) == ["get", "get", "delete"])
        #expect(world.notes.map(\.reason) == ["GarbageCollected"])
        #expect(world.notes.first?.cause == "its owner ConfigMap/ghost no longer exists")
    }

    @Test("an object that keeps one owner loses the references to all that are gone in one write")
    func severalMissingOwners() {
        let world = world()
        let kept = configMap("a", in: world)
        let owners: [JSONValue] = [
            ("a", kept.description), ("x1", "00000000-0000-4000-8000-000000000002"),
            ("x2", "00000000-0000-4000-8000-000000000003"),
        ].map { name, uid in
            ["apiVersion": "v1", "kind": "ConfigMap", "name": .string(name), "uid": .string(uid)]
        }
        let rest: JSONValue = ["metadata": ["ownerReferences": .array(owners)]]
        world.driver(.createManifest(ControllerWorld.manifest("v1", "ConfigMap", "c", rest)))
        world.settle(for: .seconds(1))
        #expect(names(world) == ["a", "c"])
        let object = world.server.store[.configMap, ControllerWorld.key("c")]
        #expect(object?.metadata.ownerReferences.map(\.uid) == [kept])
        #expect(world.calls.filter { $0.request.verb == "patch" }.count == 1)
    }

    @Test("in a circle all references stop blocking in one write, before the deletion")
    func circle() {
        let world = world()
        configMap("a", in: world)
        configMap("b", in: world)
        configMap("c", owners: [("a", true), ("b", true)], in: world)
        configMap("d", owners: [("c", true)], in: world)
        for name in ["a", "b", "d"] {
            world.driver(
                .patch(
                    .configMap, ControllerWorld.key(name), .finalizers(adding: ["e.x/keep"], removing: []),
                    uid: nil))
        }
        for name in ["d", "a", "b"] {
            world.driver(
                .delete(.configMap, ControllerWorld.key(name), DeleteOptions(propagation: .foreground)))
        }
        world.settle(for: .seconds(1))
        let patches = world.calls.compactMap { call -> [OwnerReference]? in
            guard case .patch(_, _, .adoptAll(let owners), _) = call.request else { return nil }
            return owners
        }
        #expect(patches.first?.map(\.name) == ["a", "b"])
        #expect(patches.joined().allSatisfy { $0.blockOwnerDeletion == false })
    }

    @Test("deletion in the background takes chains of dependents along")
    func background() {
        let world = world()
        configMap("a", in: world)
        configMap("b", owners: [("a", true)], in: world)
        configMap("c", owners: [("b", true)], in: world)
        configMap("d", owners: [("b", false), ("c", false)], in: world)
        world.settle(for: .seconds(1))
        #expect(world.calls.isEmpty)
        world.driver(.delete(.configMap, ControllerWorld.key("a"), DeleteOptions(propagation: .background)))
        world.settle(for: .seconds(1))
        #expect(names(world).isEmpty)
    }

    @Test("deletion in the foreground waits for blocking dependents only", arguments: [true, false])
    func foreground(blocks: Bool) {
        let world = world()
        configMap("a", in: world)
        configMap("c", owners: [("a", blocks)], in: world)
        world.driver(
            .patch(
                .configMap, ControllerWorld.key("c"), .finalizers(adding: ["e.x/keep"], removing: []),
                uid: nil))
        world.settle(for: .seconds(1))
        world.driver(.delete(.configMap, ControllerWorld.key("a"), DeleteOptions(propagation: .foreground)))
        world.settle(for: .seconds(1))
        #expect(names(world) == (blocks ? ["a", "c"] : ["c"]))
        world.driver(
            .patch(
                .configMap, ControllerWorld.key("c"), .finalizers(adding: [], removing: ["e.x/keep"]),
                uid: nil))
        world.settle(for: .seconds(1))
        #expect(names(world).isEmpty)
    }

    @Test("orphaned dependents lose their reference and live on")
    func orphan() {
        let world = world()
        let owner = configMap("a", in: world)
        configMap("b", owners: [("a", true)], in: world)
        configMap("c", owners: [("a", true)], in: world)
        world.settle(for: .seconds(1))
        world.driver(.delete(.configMap, ControllerWorld.key("a"), DeleteOptions(propagation: .orphan)))
        world.settle(for: .seconds(1))
        #expect(names(world) == ["b", "c"])
        let owners = world.server.store.list(.configMap).flatMap(\.metadata.ownerReferences)
        #expect(!owners.contains { $0.uid == owner })
        // Both releases leave at once, then the finalizer goes.
        #expect(world.calls.map(\.request.verb) == ["patch", "patch", "get", "patch"])
        #expect(world.calls[0].time == world.calls[1].time)
    }

    @Test("an owner in another namespace does not count, and an event says so")
    func otherNamespace() {
        let world = world()
        var other = Namespace()
        other.metadata.name = "other"
        world.driver(.create(APIObject(other)))
        world.driver(
            .createManifest([
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a", "namespace": "other"],
            ]))
        let uid =
            world.server.store[.configMap, ObjectKey(namespace: "other", name: "a")]?.metadata.uid ?? .none
        world.settle(for: .seconds(1))
        let reference: JSONValue = [
            "apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": .string(uid.description),
        ]
        world.driver(
            .createManifest(
                ControllerWorld.manifest(
                    "v1", "ConfigMap", "c", ["metadata": ["ownerReferences": [reference]]])))
        world.settle(for: .seconds(1))
        #expect(names(world) == ["a"])
        #expect(world.events.map(\.reason) == ["OwnerRefInvalidNamespace"])
        #expect(
            world.events.first?.message
                == "ownerRef [v1/ConfigMap, namespace: ns, name: a, uid: \(uid)] does not exist in namespace \"ns\""
        )
    }

    @Test("a controller that takes over finds what its predecessor left, and asks about nothing else")
    func takeover() {
        let world = world()
        configMap("a", in: world)
        configMap("b", owners: [("a", true)], in: world)
        var cache = ObjectCache()
        for object in world.server.store.list(.configMap) { cache.apply(WatchEvent(.added, object)) }
        var controller = GarbageCollectorController()
        var queue = Enqueuer()
        controller.start(view: cache, now: .start, queue: &queue)
        #expect(queue.items.isEmpty)
    }
}

@Suite("Dependents")
struct DependentListTests {
    @Test("they keep their order while others leave, and a place is used again")
    func order() {
        var list = DependentList()
        for number in 0..<Int32(100) { list.insert(number) }
        for number in 0..<Int32(100) where number % 3 != 0 { list.remove(number) }
        list.insert(1)
        list.insert(0)
        #expect(list.all == (0..<Int32(100)).filter { $0 % 3 == 0 } + [1])
        for number in list.all { list.remove(number) }
        #expect(list.isEmpty && list.all.isEmpty)
    }

    @Test("an owner of many objects does not cost their square")
    func many() {
        var owner = GenericObject(
            kind: .configMap, metadata: ObjectMeta(namespace: "a", name: "owner"), body: [:])
        owner.metadata.uid = UID("owner")
        var graph = DependencyGraph()
        var queue = Enqueuer()
        graph.update(nil, .generic(Ref(owner)), &queue)
        var objects: [APIObject] = []
        for index in 0..<20_000 {
            var object = GenericObject(
                kind: .configMap, metadata: ObjectMeta(namespace: "a", name: "c\(index)"), body: [:])
            object.metadata.uid = UID("c\(index)")
            object.metadata.ownerReferences = [
                OwnerReference(controlledBy: .configMap, name: "owner", uid: UID("owner"))
            ]
            objects.append(.generic(Ref(object)))
            graph.update(nil, objects[index], &queue)
        }
        #expect(graph.dependents(of: UID("owner")).count == 20_000)
        for object in objects { graph.remove(object, &queue) }
        #expect(graph.dependents(of: UID("owner")).isEmpty && queue.items.isEmpty)
    }
}
