import KubernetesModel
import OrderedCollections
import SimulationKernel
import Testing

@Suite("What objects use of quotas")
struct QuotaUsageTests {
    private static func object(_ text: String) throws -> APIObject {
        let tree = try JSONParser.parse(text)
        let kind = try #require(
            ObjectKind(
                apiVersion: tree["apiVersion"]?.stringValue ?? "", kind: tree["kind"]?.stringValue ?? ""))
        return APIObject(
            kind: kind, tree: tree.objectValue ?? [:], epoch: CalendarTime(unixSeconds: 1_767_225_600))
    }

    private static func pod(_ spec: String, _ rest: String = "") throws -> APIObject {
        try object(
            #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n"\#(rest)},"spec":{\#(spec)}}"#
        )
    }

    private static func usage(_ object: APIObject, at second: Int64 = 0) throws -> String {
        try #require(QuotaEvaluator.of(object.kind)).usage(of: object, at: .start + .seconds(second))
            .entries
            .map { "\($0.name)=\($0.quantity)" }.joined(separator: " ")
    }

    static let pods: [(spec: String, usage: String)] = [
        (#""containers":[{"name":"c"}]"#, "count/pods=1 pods=1"),
        (
            #""containers":[{"name":"c","resources":{"requests":{"cpu":"100m","example.com/gpu":"2"},"limits":{"cpu":"1","example.com/gpu":"2"}}}],"overhead":{"cpu":"50m"}"#,
            "count/pods=1 cpu=150m limits.cpu=1050m pods=1 requests.cpu=150m requests.example.com/gpu=2"
        ),
        (
            #""containers":[{"name":"c","resources":{"requests":{"hugepages-2Mi":"4Mi","ephemeral-storage":"1Gi"},"limits":{"hugepages-2Mi":"4Mi"}}}]"#,
            "count/pods=1 ephemeral-storage=1Gi hugepages-2Mi=4Mi pods=1 requests.ephemeral-storage=1Gi requests.hugepages-2Mi=4Mi"
        ),
        (
            #""initContainers":[{"name":"i","resources":{"requests":{"memory":"2Gi"}}},{"name":"s","restartPolicy":"Always","resources":{"requests":{"memory":"256Mi"}}}],"containers":[{"name":"c","resources":{"requests":{"memory":"512Mi"}}}]"#,
            "count/pods=1 memory=2Gi pods=1 requests.memory=2Gi"
        ),
        (
            #""resources":{"requests":{"cpu":"2"},"limits":{"cpu":"3"}},"containers":[{"name":"c","resources":{"requests":{"cpu":"1"}}}]"#,
            "count/pods=1 cpu=2 limits.cpu=3 pods=1 requests.cpu=2"
        ),
    ]

    @Test("of pods: requests, limits and counts", arguments: pods)
    func podUsage(spec: String, usage: String) throws {
        #expect(try Self.usage(try Self.pod(spec)) == usage)
    }

    @Test("pods that have ended, or are stuck at their end, only count")
    func endedPods() throws {
        let spec = #""containers":[{"name":"c","resources":{"requests":{"cpu":"1"}}}]"#
        let ended = try Self.object(
            #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{\#(spec)},"status":{"phase":"Failed"}}"#
        )
        #expect(try Self.usage(ended) == "count/pods=1")
        let deleting = try Self.pod(
            spec, #","deletionTimestamp":"2026-01-01T00:01:00Z","deletionGracePeriodSeconds":30"#)
        #expect(try Self.usage(deleting, at: 90) == "count/pods=1 cpu=1 pods=1 requests.cpu=1")
        #expect(try Self.usage(deleting, at: 91) == "count/pods=1")
    }

    @Test("of claims and services")
    func claimsAndServices() throws {
        let claim = try Self.object(
            """
            {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"c"},"spec":{"storageClassName":"gold",
             "resources":{"requests":{"storage":"1.5"}}},"status":{"allocatedResources":{"storage":"3"}}}
            """)
        #expect(
            try Self.usage(claim)
                == "count/persistentvolumeclaims=1 gold.storageclass.storage.k8s.io/persistentvolumeclaims=1 "
                + "gold.storageclass.storage.k8s.io/requests.storage=3 persistentvolumeclaims=1 requests.storage=3"
        )
        let service = try Self.object(
            """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"type":"LoadBalancer",
             "allocateLoadBalancerNodePorts":false,"ports":[{"port":1,"nodePort":30001},{"port":2}]}}
            """)
        #expect(
            try Self.usage(service)
                == "count/services=1 services=1 services.loadbalancers=1 services.nodeports=1")
    }

    static let scopes: [(scope: ResourceQuota.ScopeRequirement, spec: String, isIn: Bool)] = [
        (.init("Terminating"), #""activeDeadlineSeconds":0,"#, true),
        (.init("Terminating"), "", false),
        (.init("NotTerminating"), "", true),
        (.init("BestEffort"), "", true),
        (.init("NotBestEffort"), "", false),
        (.init("PriorityClass"), "", false),
        (.init("PriorityClass"), #""priorityClassName":"high","#, true),
        (.init("PriorityClass", operation: "In", values: ["high"]), #""priorityClassName":"high","#, true),
        (.init("PriorityClass", operation: "In", values: ["low"]), #""priorityClassName":"high","#, false),
        (.init("PriorityClass", operation: "NotIn", values: ["high"]), "", true),
        (.init("PriorityClass", operation: "DoesNotExist"), "", true),
        (.init("CrossNamespacePodAffinity"), "", false),
        (
            .init("CrossNamespacePodAffinity"),
            #""affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"z","namespaceSelector":{}}]}},"#,
            true
        ),
        (.init("VolumeAttributesClass"), "", false),
    ]

    @Test("scopes of pods", arguments: scopes)
    func podScopes(scope: ResourceQuota.ScopeRequirement, spec: String, isIn: Bool) throws {
        let pod = try Self.pod(spec + #""containers":[{"name":"c"}]"#)
        #expect(QuotaEvaluator.pods.isInScopes([scope], pod) == isIn)
    }

    @Test("scopes of claims: the attributes class that a claim has, wants or had")
    func claimScopes() throws {
        let claim = try Self.object(
            """
            {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"c"},
             "spec":{"volumeAttributesClassName":"fast"},"status":{"currentVolumeAttributesClassName":"slow"}}
            """)
        func isIn(_ operation: String, _ values: String...) -> Bool {
            QuotaEvaluator.claims.isInScopes(
                [.init("VolumeAttributesClass", operation: operation, values: values)], claim)
        }
        #expect(isIn("Exists") && isIn("In", "fast") && isIn("In", "slow") && !isIn("In", "other"))
        // One of the two is enough.
        #expect(isIn("NotIn", "fast"))
        #expect(!QuotaEvaluator.claims.isInScopes([.init("BestEffort")], claim))
    }

    @Test("which resources of a quota an evaluator measures")
    func matching() throws {
        let names = [
            "count/pods", "limits.cpu", "requests.nvidia.com/gpu", "nvidia.com/gpu", "requests.storage",
            "a.storageclass.storage.k8s.io/requests.storage", "services", "configmaps",
            "count/deployments.apps",
        ]
        #expect(
            QuotaEvaluator.pods.matching(names) == ["count/pods", "limits.cpu", "requests.nvidia.com/gpu"])
        #expect(
            QuotaEvaluator.claims.matching(names)
                == ["requests.storage", "a.storageclass.storage.k8s.io/requests.storage"])
        #expect(QuotaEvaluator.services.matching(names) == ["services"])
        #expect(try #require(QuotaEvaluator.of(.configMap)).matching(names) == ["configmaps"])
        #expect(try #require(QuotaEvaluator.of(.deployment)).matching(names) == ["count/deployments.apps"])
        #expect(QuotaEvaluator.of(.event) == nil)
        #expect(QuotaEvaluator.of(.node) == nil)
    }

    @Test("together, objects use what they use one by one", arguments: 0..<20)
    func totals(seed: Int) throws {
        let specs = try ["100m", "250m", "1"].map { cpu in
            try #require(
                try Self.pod(#""containers":[{"name":"c","resources":{"requests":{"cpu":"\#(cpu)"}}}]"#).pod
            ).value.spec
        }
        var objects: [APIObject] = []
        for index in 0..<(seed * 7) {
            var pod = Pod(
                metadata: ObjectMeta(namespace: "n", name: "p\(index)"), spec: specs[(index * seed) % 3])
            if (index + seed) % 5 == 0 { pod.status.phase = .succeeded }
            objects.append(APIObject(pod))
        }
        let names = ["count/pods", "pods", "requests.cpu"]
        var sum = ResourceList(names.map { ($0, Quantity.zero) })
        for object in objects {
            sum.add(QuotaEvaluator.pods.usage(of: object, at: .start).masked(to: names))
        }
        let total = QuotaEvaluator.pods.total(of: objects, names, in: [], at: .start)
        #expect(total == sum)
        #expect(total["requests.cpu"]?.description == sum["requests.cpu"]?.description)
        let none = QuotaEvaluator.pods.total(of: objects, names, in: [.init("Terminating")], at: .start)
        #expect(none.entries.allSatisfy { $0.quantity.isZero })
    }
}
