import SimkTesting
import Testing

struct BudgetKeeperTests {
    let web = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          annotations: { example.com/keep-available: "2" }
        spec:
          replicas: 3
          selector: { matchLabels: { app: web } }
          template:
            metadata: { labels: { app: web } }
            spec: { containers: [{ name: web, image: "web:1" }] }
        """

    /// A cluster with the controller in it, and the Deployment.
    func makeCluster() throws -> SimulatedCluster {
        let cluster = try SimulatedCluster(nodes: 4, controllers: { $0.add(BudgetKeeper()) })
        try cluster.apply(web)
        return cluster
    }

    @Test func makesTheBudget() throws {
        let cluster = try makeCluster()
        try cluster.waitUntilConverged(within: .minutes(1))

        let budget = try #require(cluster.get(PodDisruptionBudget.self, "web"))
        #expect(budget.spec.minAvailable == .count(2))
        #expect(budget.status.disruptionsAllowed == 1)
    }

    @Test func followsTheAnnotation() throws {
        let cluster = try makeCluster()
        try cluster.waitUntilConverged(within: .minutes(1))

        try cluster.apply(web.replacing("\"2\"", with: "\"1\""))
        try cluster.waitUntilConverged(within: .minutes(1))

        #expect(cluster.get(PodDisruptionBudget.self, "web")?.spec.minAvailable == .count(1))
    }

    @Test func makesADeletedBudgetAgain() throws {
        let cluster = try makeCluster()
        try cluster.waitUntilConverged(within: .minutes(1))

        try cluster.delete("poddisruptionbudget/web")
        try cluster.wait(for: "a new budget", within: .seconds(10)) {
            $0.get(PodDisruptionBudget.self, "web") != nil
        }
    }

    @Test func theBudgetGoesWithItsDeployment() throws {
        let cluster = try makeCluster()
        try cluster.waitUntilConverged(within: .minutes(1))

        try cluster.delete("deployment/web")
        #expect(cluster.converged(within: .minutes(5)), "\(cluster.timeline)")
        #expect(cluster.get(PodDisruptionBudget.self, "web") == nil)
    }

    @Test func catchesUpAfterItWasDown() throws {
        let cluster = try makeCluster()
        try cluster.waitUntilConverged(within: .minutes(1))

        cluster.kill(.controllers, for: .minutes(2))
        try cluster.apply(web.replacing("\"2\"", with: "\"3\""))
        cluster.advance(by: .minutes(1))
        #expect(cluster.get(PodDisruptionBudget.self, "web")?.spec.minAvailable == .count(2))

        try cluster.waitUntilConverged(within: .minutes(5))
        cluster.advance(by: .minutes(2))
        #expect(cluster.get(PodDisruptionBudget.self, "web")?.spec.minAvailable == .count(3))
    }

    @Test func theServiceSurvivesADrainAndADeadNode() throws {
        let cluster = try makeCluster()
        try cluster.wait(for: "deployment/web", condition: "Available", within: .minutes(1))
        let pods = cluster.list(Pod.self).filter { $0.metadata.labels["app"] == "web" }

        cluster.drain(pods[0].nodeName)
        cluster.powerOff(pods[1].nodeName, for: .minutes(10))
        try cluster.waitUntilConverged(within: .minutes(20))

        let ready = cluster.list(Pod.self).filter { $0.metadata.labels["app"] == "web" && $0.isReady }
        #expect(ready.count == 3)
    }
}
