import KubernetesModel
import Scheduler
import SimulationKernel
import Testing

@Suite("NodePrice")
struct NodePriceTests {
    static let configuration = """
        {"profiles": [{
          "schedulerName": "default-scheduler",
          "plugins": {"multiPoint": {"enabled": [{"name": "NodePrice", "weight": 5}]}},
          "pluginConfig": [{"name": "NodePrice", "args": {"maxPrice": 100}}]
        }]}
        """

    @Test("a pod goes to the cheaper node, and nowhere when all cost too much")
    func choice() throws {
        var harness = try SchedulerHarness(JSONParser.parse(Self.configuration), registry: Self.registry)
        try harness.addNode("dear", labels: ["example.com/price": "90"])
        try harness.addNode("cheap", labels: ["example.com/price": "30"])
        try harness.addPod("web")
        harness.run(until: .start + .seconds(1))
        let node = harness.pod("web")?.nodeName
        #expect(node == "cheap")

        try harness.apply(
            """
            {"apiVersion": "v1", "kind": "Pod",
             "metadata": {"name": "poor", "namespace": "default", "annotations": {"example.com/max-price": "20"}},
             "spec": {"containers": [{"name": "c", "image": "app:v1"}]}}
            """)
        harness.run(until: .start + .seconds(2))
        let message = harness.messages("FailedScheduling").first
        let words = "2 node(s) cost more than the pod allows."
        #expect(message?.contains(words) == true)
    }
}
