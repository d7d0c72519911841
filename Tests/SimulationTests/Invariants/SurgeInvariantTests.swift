import KubernetesModel
import SimulationKernel
import Testing

@testable import Simulation

@Suite("What the invariants surge and garbage grant to a cache that is behind")
struct SurgeInvariantTests {
    private static func deployment(replicas: Int64) -> JSONValue {
        [
            "metadata": ["name": "web", "namespace": "default", "uid": "uid-web", "generation": 1],
            "spec": [
                "replicas": .integer(replicas),
                "strategy": [
                    "type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1, "maxUnavailable": 0],
                ],
            ],
            "status": ["observedGeneration": 1],
        ]
    }

    private static func set(_ name: String, _ replicas: Int64) -> JSONValue {
        [
            "metadata": [
                "name": .string(name), "namespace": "default", "uid": .string("uid-\(name)"),
                "ownerReferences": [
                    [
                        "apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "uid-web",
                        "controller": true,
                    ]
                ],
            ],
            "spec": ["replicas": .integer(replicas)],
        ]
    }

    private func probe() -> InvariantProbe<SurgeInvariant> {
        var probe = InvariantProbe(SurgeInvariant())
        probe.put(.deployment, Self.deployment(replicas: 4))
        probe.put(.replicaSet, Self.set("a", 4))
        probe.advance(by: .minutes(2))
        return probe
    }

    @Test("one pod too many in an ordinary rollout")
    func breaks() {
        var probe = probe()
        probe.put(.replicaSet, Self.set("b", 2))
        #expect(
            probe.messages == [
                "deployment/default/web its ReplicaSets ask for 6 pods with b, where replicas + maxSurge is 5"
            ])
    }

    @Test("a rollover that has not seen the last growth, and no more than that")
    func rollover() {
        for (size, holds) in [(2, true), (3, false)] as [(Int64, Bool)] {
            var probe = probe()
            probe.put(.replicaSet, Self.set("b", 1))
            probe.put(.replicaSet, Self.set("a", 3))
            probe.put(.replicaSet, Self.set("b", 2))
            #expect(probe.messages.isEmpty)
            // The cache may not have b at all, so that there seems to be room for two.
            probe.advance(by: .seconds(1))
            probe.put(.replicaSet, Self.set("c", size))
            #expect(probe.messages.isEmpty == holds)
        }
    }

    @Test("a growth of long ago is in every cache")
    func late() {
        var probe = probe()
        probe.put(.replicaSet, Self.set("b", 1))
        probe.advance(by: .minutes(2))
        probe.put(.replicaSet, Self.set("c", 1))
        #expect(!probe.messages.isEmpty)
    }

    @Test("what is made for a set that has long been going, but for its ControllerRevisions")
    func revisions() {
        for (kind, holds) in [(ObjectKind.controllerRevision, true), (.pod, false)] {
            var probe = InvariantProbe(GarbageInvariant())
            probe.put(
                .statefulSet,
                [
                    "metadata": [
                        "name": "db", "namespace": "default", "uid": "uid-db",
                        "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["foregroundDeletion"],
                    ],
                    "spec": ["replicas": 1],
                ])
            probe.advance(by: .minutes(10))
            probe.put(
                kind,
                [
                    "metadata": [
                        "name": "db-0", "namespace": "default", "uid": "uid-db-0",
                        "ownerReferences": [
                            [
                                "apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db",
                                "uid": "uid-db", "controller": true,
                            ]
                        ],
                    ]
                ])
            #expect(probe.messages.isEmpty == holds)
        }
    }
}
