import ControlPlane
import Controllers
import KubernetesModel
import SimulationKernel
import Testing

@Suite("Disruption controller: view in, plan out")
struct DisruptionControllerTests {
    typealias Budget = PodDisruptionBudget
    static let key = ObjectKey(namespace: "default", name: "pdb")
    static let now = VirtualTime.start + .seconds(1_000)

    static func budget(_ change: (inout Budget) -> Void = { _ in }) -> Budget {
        var budget = Budget()
        budget.metadata = ObjectMeta(namespace: "default", name: "pdb")
        budget.metadata.uid = .text("pdb")
        budget.metadata.generation = 1
        budget.spec.selector = LabelSelector(matchLabels: ["app": "web"])
        change(&budget)
        return budget
    }

    static func status(
        _ budget: Budget, _ objects: [APIObject]
    ) -> (status: Budget.Status?, events: [String], plan: Plan<DisruptionController.Continuation>) {
        var controller = DisruptionController()
        let view = ReplicaControllerTests.view([APIObject(budget)] + objects)
        let plan = controller.reconcile(WorkKey(key), view: view, now: now)
        var status: Budget.Status?
        if case .updateStatus(let object)? = plan.requests.first {
            status = object.podDisruptionBudget?.value.status
        }
        let events = plan.steps.compactMap { step -> String? in
            if case .event(let event) = step { event.reason } else { nil }
        }
        return (status, events, plan)
    }

    @Test(
        "percentages are of the sizes that the controllers are to have",
        arguments: [
            (IntOrPercent.percent("50%"), nil, 3),  // 2.5 healthy pods wanted: rounded up.
            (nil, IntOrPercent.percent("30%"), 3),  // 1.5 may be missing: rounded up.
            (nil, IntOrPercent.count(1), 4),
            (IntOrPercent.count(1), nil, 1),
        ] as [(IntOrPercent?, IntOrPercent?, Int64)])
    func desired(_ minimum: IntOrPercent?, _ maximum: IntOrPercent?, _ desired: Int64) throws {
        let budget = Self.budget {
            $0.spec.minAvailable = minimum
            $0.spec.maxUnavailable = maximum
        }
        let pods = ["a", "b", "c"].map { APIObject(ReplicaControllerTests.pod($0)) }
        let objects = pods + [APIObject(ReplicaControllerTests.set(replicas: 5))]
        let status = try #require(Self.status(budget, objects).status)
        #expect(status.currentHealthy == 3)
        #expect(status.desiredHealthy == desired)
        #expect(status.disruptionsAllowed == max(0, 3 - desired))
    }

    @Test("an evicted pod is not healthy until it is deleted or two minutes are over")
    func disruptedPods() throws {
        let budget = Self.budget {
            $0.spec.minAvailable = .count(1)
            $0.status.disruptedPods = [
                "a": Timestamp(seconds: 940), "b": Timestamp(seconds: 800), "gone": Timestamp(seconds: 990),
            ]
        }
        let pods = ["a", "b", "c"].map { APIObject(ReplicaControllerTests.pod($0)) }
        let (found, events, plan) = Self.status(budget, pods)
        let status = try #require(found)
        #expect(status.disruptedPods == ["a": Timestamp(seconds: 940)])
        #expect(status.currentHealthy == 2)
        #expect(events == ["NotDeleted"])
        guard case .resume(.reported(_, let recheck)) = plan.ending else {
            Issue.record("does not wait for the answer")
            return
        }
        #expect(recheck == .seconds(60) + .milliseconds(5))
    }

    @Test("pods without a controller are named, and a budget without pods says so")
    func warnings() {
        let percentage = Self.budget { $0.spec.minAvailable = .percent("50%") }
        let bare = APIObject(ReplicaControllerTests.pod("a", owned: false))
        #expect(Self.status(percentage, [bare]).events == ["UnmanagedPods"])
        #expect(Self.status(percentage, []).events == ["NoPods"])
    }

    @Test("a controller that is unknown forbids evictions")
    func failSafe() throws {
        let budget = Self.budget { $0.spec.maxUnavailable = .count(1) }
        let (found, events, _) = Self.status(budget, [APIObject(ReplicaControllerTests.pod("a"))])
        let condition = try #require(found?.conditions["DisruptionAllowed"])
        #expect(events == ["CalculateExpectedPodCountFailed"])
        #expect(condition.reason == "SyncFailed")
        #expect(condition.message == "found no controllers for pod \"a\"")
        #expect(found?.disruptionsAllowed == 0)
    }
}
