import Foundation
import Scenarios
import Testing

@Suite("Namespaces of manifests")
struct NamespaceCheckTests {
    private func text(_ manifests: String) -> String {
        """
        apiVersion: simk.dev/v1
        kind: Scenario
        metadata: {name: t}
        duration: 10m
        cluster: {nodePools: [{name: a, count: 1, capacity: {cpu: 4, memory: 8Gi}}]}
        manifests: [\(manifests)]
        """
    }
    private let namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}"
    private let object = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: shop}}"

    @Test("an object in a namespace that no manifest before it makes is an error")
    func missing() {
        for manifests in [object, "\(object), \(namespace)"] {
            do throws(InvalidInput) {
                _ = try ScenarioLoader.parse(text(manifests), .yaml, name: "t.yaml")
                Issue.record("\(manifests) was accepted")
            } catch {
                #expect(error.errors.count == 1)
                #expect(error.description.contains("metadata.namespace: found the namespace 'shop'"))
                #expect(error.description.contains("Put a manifest of the Namespace before this one"))
            }
        }
    }

    @Test("one that is made before is fine")
    func present() throws {
        _ = try ScenarioLoader.parse(text("\(namespace), \(object)"), .yaml, name: "t.yaml")
    }
}
