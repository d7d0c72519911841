import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel
import Testing

@testable import Controllers

@Suite("Jobs")
struct JobControllerTests {
    @Test(
        "indexes read and write their short form",
        arguments: [
            ("", ""), ("0", "0"), ("0,1", "0,1"), ("0-1", "0,1"), ("0,1,2", "0-2"), ("1,3-5,7", "1,3-5,7"),
            ("3-20", "3-9"), ("12", ""), ("x,2", "2"), ("0-3,4", "0-4"),
        ])
    func indexText(_ text: String, _ expected: String) {
        #expect(JobIndexes(text: text, completions: 10).text == expected)
    }

    @Test("indexes are a set")
    func indexSet() {
        let left = JobIndexes([0, 1, 5, 9])
        let right = JobIndexes([2, 5, 6])
        #expect(left.union(right).text == "0-2,5,6,9")
        #expect(left.overlap(right) == 1)
        #expect(left.union(right).count == 6)
        #expect((0..<10).filter(left.contains) == [0, 1, 5, 9])
        #expect(left.missing(3, below: 10) == [2, 3, 4])
        #expect(left.missing(10, below: 7) == [2, 3, 4, 6])
    }

    @Test("the pause doubles from 10 s to 10 min")
    func backoff() {
        let failure = Timestamp(seconds: 100)
        let now = VirtualTime.start + .seconds(103)
        let seconds = (0...9).map { count in
            JobBackoff(failuresAfterLastSuccess: count, lastFailure: failure).remaining(at: now)
        }
        #expect(seconds == [0, 7, 17, 37, 77, 157, 317, 597, 597, 597].map { VirtualDuration.seconds($0) })
    }

    @Test("a success ends the series of failures before it")
    func backoffAfterSuccess() {
        func pod(_ finished: Int64) -> Pod {
            var pod = Pod(metadata: ObjectMeta(name: "p"), spec: PodSpec(source: [:]))
            var status = ContainerStatus()
            var end = ContainerState.Termination()
            end.finishedAt = Timestamp(seconds: finished)
            status.state = .terminated(end)
            pod.status.containerStatuses = [status]
            return pod
        }
        let before = JobBackoff(failuresAfterLastSuccess: 4, lastFailure: Timestamp(seconds: 10))
        #expect(
            before.counting(succeeded: [pod(30)], failed: [pod(20), pod(40), pod(35)])
                == JobBackoff(failuresAfterLastSuccess: 2, lastFailure: Timestamp(seconds: 40)))
        #expect(
            before.counting(succeeded: [], failed: [pod(20)])
                == JobBackoff(failuresAfterLastSuccess: 5, lastFailure: Timestamp(seconds: 20)))
        #expect(before.counting(succeeded: [pod(30)], failed: []) == JobBackoff())
    }

    @Test("long names leave room for the index")
    func generateName() {
        #expect(JobSync.generateName("import", 7) == "import-7-")
        let long = String(repeating: "a", count: 63)
        #expect(JobSync.generateName(long, 12) == String(repeating: "a", count: 54) + "-12-")
    }

    @Test("a sync makes 500 pods at most, and the next one comes a second after the pods show")
    func burst() {
        let world = ControllerWorld(nodes: ["n1"]) { manager, _ in manager.add(JobController()) }
        world.driver(
            .createManifest(
                ControllerWorld.manifest(
                    "batch/v1", "Job", "wide",
                    [
                        "spec": [
                            "parallelism": 600, "completions": 600,
                            "template": [
                                "spec": [
                                    "restartPolicy": "Never",
                                    "containers": [["name": "c", "image": "app:v1"]],
                                ]
                            ],
                        ]
                    ])))
        world.settle(for: .milliseconds(900))
        #expect(world.server.store.list(.pod).count == 500)
        world.settle(for: .seconds(3))
        #expect(world.server.store.list(.pod).count == 600)
        let job = world.server.store.get(Job.self, ControllerWorld.key("wide"))?.value
        #expect(job?.status.active == 600)
    }

    @Test("a Job that another controller manages is left alone")
    func managedBy() {
        let world = ControllerWorld(nodes: ["n1"]) { manager, _ in manager.add(JobController()) }
        world.driver(
            .createManifest(
                ControllerWorld.manifest(
                    "batch/v1", "Job", "foreign",
                    [
                        "spec": [
                            "managedBy": "example.com/queue",
                            "template": [
                                "spec": [
                                    "restartPolicy": "Never",
                                    "containers": [["name": "c", "image": "app:v1"]],
                                ]
                            ],
                        ]
                    ])))
        world.settle(for: .seconds(5))
        #expect(world.calls.isEmpty)
    }
}
