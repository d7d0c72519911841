import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel
import Testing

@Suite("Admission by quotas, limits and accounts")
struct QuotaAdmissionTests {
    private func quota(_ hard: [String: String], used: [String: String] = [:], name: String = "q")
        -> JSONValue
    {
        func list(_ amounts: [String: String]) -> JSONValue {
            .object(
                JSONObject(uniqueKeysWithValues: amounts.sorted { $0.key < $1.key }.map { ($0, .string($1)) })
            )
        }
        return [
            "apiVersion": "v1", "kind": "ResourceQuota",
            "metadata": ["name": .string(name), "namespace": "default"], "spec": ["hard": list(hard)],
            "status": [
                "hard": list(hard), "used": list(hard.mapValues { _ in "0" }.merging(used) { $1 }),
            ],
        ]
    }

    private func install(_ quota: JSONValue, _ fixture: inout ServerFixture) throws {
        _ = try fixture.send(.createManifest(quota)).get()
        _ = try fixture.send(.replaceManifest(quota, subresource: "status")).get()
    }

    private func used(_ fixture: borrowing ServerFixture, _ resource: String, of name: String = "q")
        -> String?
    {
        fixture.server.store[.resourceQuota, ObjectKey(namespace: "default", name: name)]
            .flatMap(ResourceQuota.init)?.statusUsed?[resource]?.description
    }

    private func message(_ result: APIResult) -> String {
        if case .failure(let error) = result { error.message } else { "" }
    }

    @Test("a pod that a controller makes is refused by the name that was made for it")
    func generatedNames() throws {
        var fixture = ServerFixture()
        try install(quota(["pods": "1"]), &fixture)
        let spec = PodSpec(source: try #require(try JSONParser.parse(podText)["spec"]?.objectValue))
        var metadata = ObjectMeta(namespace: "default", name: "")
        metadata.generateName = "web-"
        let pod = APIObject(Pod(metadata: metadata, spec: spec))
        _ = try fixture.send(.create(pod)).get()
        #expect(used(fixture, "pods") == "1")
        let text = message(fixture.send(.create(pod)))
        let parts = text.split(separator: "\"")
        #expect(parts[1].hasPrefix("web-") && parts[1].count == 9)
        #expect(
            text.hasSuffix(
                "is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1"))
    }

    @Test("an object whose name is taken has been charged; a dry look at nothing has not")
    func chargedForNothing() throws {
        var fixture = ServerFixture()
        try install(quota(["configmaps": "5", "count/configmaps": "5"]), &fixture)
        let map = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"}}"#
        _ = try fixture.create(map)
        #expect(message(fixture.send(.createManifest(try JSONParser.parse(map)))).contains("already exists"))
        #expect(used(fixture, "configmaps") == "2")
        #expect(used(fixture, "count/configmaps") == "2")
        // What is invalid is found out before.
        let faulty = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"M"}}"#
        #expect(message(fixture.send(.createManifest(try JSONParser.parse(faulty)))).contains("is invalid"))
        #expect(used(fixture, "configmaps") == "2")
    }

    @Test("a Service that becomes one with node ports is charged for them, and keeps within the quota")
    func changedService() throws {
        var fixture = ServerFixture()
        try install(quota(["services": "5", "services.nodeports": "1"]), &fixture)
        func service(_ name: String, _ type: String) throws -> JSONValue {
            try JSONParser.parse(
                """
                {"apiVersion":"v1","kind":"Service","metadata":{"name":"\(name)"},
                 "spec":{"type":"\(type)","selector":{"app":"x"},"ports":[{"port":80}]}}
                """)
        }
        for name in ["a", "b"] { _ = try fixture.send(.createManifest(service(name, "ClusterIP"))).get() }
        let key = ObjectKey(namespace: "default", name: "a")
        let change = JSONValue.object(["spec": ["type": "NodePort"]])
        _ = try fixture.send(.patch(.service, key, .merge(change), uid: nil)).get()
        #expect(used(fixture, "services") == "2")
        #expect(used(fixture, "services.nodeports") == "1")
        let other = ObjectKey(namespace: "default", name: "b")
        #expect(
            message(fixture.send(.patch(.service, other, .merge(change), uid: nil)))
                == "services \"b\" is forbidden: exceeded quota: q, requested: services.nodeports=1, "
                + "used: services.nodeports=1, limited: services.nodeports=1")
    }

    @Test("a claim that grows is charged for the difference, once its class lets it grow")
    func grownClaim() throws {
        var fixture = ServerFixture()
        _ = try fixture.create(
            #"{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"gold"},"provisioner":"p","allowVolumeExpansion":true}"#
        )
        try install(quota(["requests.storage": "5Gi"]), &fixture)
        func claim(_ name: String, _ storageClass: String) -> String {
            """
            {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"\(name)"},"spec":
             {"accessModes":["ReadWriteOnce"],"storageClassName":"\(storageClass)",
              "resources":{"requests":{"storage":"2Gi"}}}}
            """
        }
        func grow(_ name: String, to size: String) -> APIRequest {
            .patch(
                .persistentVolumeClaim, ObjectKey(namespace: "default", name: name),
                .merge(["spec": ["resources": ["requests": ["storage": .string(size)]]]]), uid: nil)
        }
        let made = try #require(try fixture.create(claim("a", "gold")).persistentVolumeClaim).value
        #expect(used(fixture, "requests.storage") == "2Gi")
        // Validation comes before the plugin that would say the same.
        #expect(message(fixture.send(grow("a", to: "3Gi"))).contains("spec: Forbidden: spec is immutable"))
        let bound = made.with {
            $0.spec.volumeName = "v"
            $0.status.phase = "Bound"
        }
        let update = try #require(try fixture.send(.update(APIObject(bound))).get()).persistentVolumeClaim
        let stored = try #require(update).value
        _ = try fixture.send(.updateStatus(APIObject(stored.with { $0.status.phase = "Bound" }))).get()
        _ = try fixture.send(grow("a", to: "4Gi")).get()
        #expect(used(fixture, "requests.storage") == "4Gi")
        #expect(
            message(fixture.send(grow("a", to: "6Gi")))
                == "persistentvolumeclaims \"a\" is forbidden: exceeded quota: q, "
                + "requested: requests.storage=2Gi, used: requests.storage=4Gi, limited: requests.storage=5Gi"
        )
    }

    @Test("a pod made by a controller says what LimitRanger gave it, and is refused by its full name")
    func limitRange() throws {
        var fixture = ServerFixture()
        _ = try fixture.create(
            """
            {"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"l"},"spec":{"limits":[
             {"type":"Container","default":{"cpu":"1"},"defaultRequest":{"cpu":"100m"},"max":{"memory":"1Gi"}}]}}
            """)
        func pod(_ memory: String) throws -> APIObject {
            let text = """
                {"containers":[{"name":"c","image":"x","resources":{"limits":{"memory":"\(memory)"}}}]}
                """
            var metadata = ObjectMeta(namespace: "default", name: "")
            metadata.generateName = "web-"
            return APIObject(
                Pod(
                    metadata: metadata,
                    spec: PodSpec(source: try #require(try JSONParser.parse(text).objectValue))))
        }
        for _ in 0..<2 {
            let made = try #require(try fixture.send(.create(pod("1Gi"))).get()?.pod).value
            #expect(
                made.metadata.annotations["kubernetes.io/limit-ranger"]
                    == "LimitRanger plugin set: cpu request for container c; cpu limit for container c")
            #expect(made.spec.requests.amount("cpu") == 100)
        }
        let text = message(fixture.send(.create(try pod("2Gi"))))
        #expect(text.split(separator: "\"")[1].count == "web-".count + 5)
        #expect(text.hasSuffix("maximum memory usage per Container is 1Gi, but limit is 2Gi"))
    }

    @Test("an account that is not there, and a namespace too young to have one")
    func accounts() throws {
        var fixture = ServerFixture()
        fixture.server.admitsServiceAccounts = true
        // The namespace is a second old: its controller is about to make the account.
        let pod = try #require(try fixture.create(podText).pod).value
        #expect(pod.spec.serviceAccountName == "default")
        let volume = try #require(pod.spec.volumes.first)
        #expect(volume.name.hasPrefix("kube-api-access-") && volume.name.count == 21)
        #expect(pod.spec.containers[0].volumeMounts.map(\.name) == [volume.name])
        var late = try JSONParser.parse(podText)
        late["metadata"]?["name"] = "late"
        #expect(
            message(fixture.send(.createManifest(late), at: 5))
                == "pods \"late\" is forbidden: error looking up service account default/default: "
                + "serviceaccount \"default\" not found")
    }

    @Test("chosen addresses must be free, free ones come from the upper band, and all are given back")
    func serviceAddresses() throws {
        var fixture = ServerFixture()
        func service(_ name: String, _ spec: String) -> String {
            """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"\(name)"},
             "spec":{"selector":{"app":"x"},\(spec)}}
            """
        }
        let first = try fixture.create(
            service(
                "a", #""clusterIP":"10.96.0.10","type":"NodePort","ports":[{"port":80,"nodePort":30080}]"#))
        #expect(first.service?.value.spec.clusterIP == "10.96.0.10")
        let second = try fixture.create(service("b", #""type":"NodePort","ports":[{"port":80}]"#))
        #expect(second.service?.value.spec.clusterIP == "10.96.1.1")
        #expect(second.service?.value.spec.ports[0].nodePort == 30_086)
        func refusal(_ spec: String) throws -> String {
            message(fixture.send(.createManifest(try JSONParser.parse(service("c", spec)))))
        }
        #expect(
            try refusal(#""clusterIP":"10.96.0.10","ports":[{"port":80}]"#)
                == "Service \"c\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.10\"]: "
                + "failed to allocate IP 10.96.0.10: provided IP is already allocated")
        #expect(
            try refusal(#""type":"NodePort","ports":[{"port":80,"nodePort":30080}]"#)
                == "Service \"c\" is invalid: spec.ports[0].nodePort: Invalid value: 30080: "
                + "provided port is already allocated")
        // What was taken for the refused one is free again.
        _ = fixture.send(.delete(.service, ObjectKey(namespace: "default", name: "a"), DeleteOptions()))
        let third = try fixture.create(
            service(
                "d", #""clusterIP":"10.96.0.10","type":"NodePort","ports":[{"port":80,"nodePort":30080}]"#))
        #expect(third.service?.value.spec.ports[0].nodePort == 30_080)
        let fourth = try fixture.create(service("e", #""ports":[{"port":80}]"#))
        #expect(fourth.service?.value.spec.clusterIP == "10.96.1.3")
    }
}
