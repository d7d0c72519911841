import ControlPlane
import KubernetesModel
import SimulationKernel
import Testing

@Suite("HorizontalPodAutoscalers in version 1 over HTTP")
struct AutoscalerVersionTests {
    private static let path = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
    private static let newPath = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"

    private static func body(_ version: String, _ spec: JSONValue) -> [UInt8] {
        JSONWriter.bytes([
            "apiVersion": .string("autoscaling/\(version)"), "kind": "HorizontalPodAutoscaler",
            "metadata": ["name": "web", "namespace": "default"], "spec": spec,
        ])
    }

    private static let target: JSONValue = ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web"]

    private static func makeServer() -> APIServer {
        var server = APIServer(epoch: CalendarTime(unixSeconds: 1_767_225_600), seed: 1)
        server.bootstrap(at: .start)
        return server
    }

    @Test("what was made in version 2 is read and listed in version 1")
    func read() {
        var server = Self.makeServer()
        let metrics: JSONValue = [
            [
                "type": "Resource",
                "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 60]],
            ]
        ]
        let made = server.respond(
            to: RESTRequest(
                "POST", Self.newPath, contentType: "application/json",
                body: Self.body("v2", ["scaleTargetRef": Self.target, "maxReplicas": 5, "metrics": metrics])),
            at: .start)
        #expect(made.code == 201)

        let one = server.respond(
            to: RESTRequest("GET", Self.path + "/web", contentType: "", body: []), at: .start)
        #expect(one.code == 200 && one.body["apiVersion"] == "autoscaling/v1")
        #expect(one.body["spec"]?["targetCPUUtilizationPercentage"] == 60)
        #expect(one.body["spec"]?["metrics"] == nil)

        let list = server.respond(to: RESTRequest("GET", Self.path, contentType: "", body: []), at: .start)
        #expect(list.body["apiVersion"] == "autoscaling/v1")
        #expect(list.body["items"]?.arrayValue?.first?["spec"]?["targetCPUUtilizationPercentage"] == 60)
    }

    @Test("what is made in version 1 is answered in it, and stored in version 2")
    func made() {
        var server = Self.makeServer()
        let spec: JSONValue = [
            "scaleTargetRef": Self.target, "maxReplicas": 5, "targetCPUUtilizationPercentage": 70,
        ]
        let made = server.respond(
            to: RESTRequest("POST", Self.path, contentType: "application/json", body: Self.body("v1", spec)),
            at: .start)
        #expect(made.code == 201 && made.body["spec"]?["targetCPUUtilizationPercentage"] == 70)

        let stored = server.respond(
            to: RESTRequest("GET", Self.newPath + "/web", contentType: "", body: []), at: .start)
        let metric = stored.body["spec"]?["metrics"]?.arrayValue?.first
        #expect(metric?["resource"]?["target"]?["averageUtilization"] == 70)
    }
}
