import KubernetesModel
import OrderedCollections
import Scheduler
import Synchronization
import Testing

/// Answers by the last part of the URL, and keeps what it was sent.
private final class FakeExtender: ExtenderTransport {
    let answers: [String: JSONValue]
    let status: Int
    private let kept = Mutex<[(url: String, body: JSONValue)]>([])

    init(_ answers: [String: JSONValue], status: Int = 200) {
        self.answers = answers
        self.status = status
    }

    var requests: [(url: String, body: JSONValue)] { kept.withLock { $0 } }

    func post(
        _ body: JSONValue, to url: String, timeoutNanoseconds: Int64
    ) -> Result<ExtenderAnswer, ExtenderFailure> {
        kept.withLock { $0.append((url, body)) }
        guard let answer = answers[url.split(separator: "/").last.map(String.init) ?? ""] else {
            return .failure(ExtenderFailure("Post \"\(url)\": dial tcp x:1: connect: connection refused"))
        }
        return .success(ExtenderAnswer(status: status, body: answer))
    }
}

@Suite("scheduler extenders")
struct ExtenderTests {
    private static let epoch = CalendarTime(unixSeconds: 0)

    private func object(_ text: String) throws -> APIObject {
        let tree = try JSONParser.parse(text)
        let kind = try #require(
            ObjectKind(
                apiVersion: tree["apiVersion"]?.stringValue ?? "", kind: tree["kind"]?.stringValue ?? ""))
        return APIObject(kind: kind, tree: tree.objectValue ?? [:], epoch: Self.epoch)
    }

    private func cluster(cpu: String = "4") throws -> ClusterCache {
        var cluster = ClusterCache()
        for name in ["a", "b", "c"] {
            guard
                case .node(let node) = try object(
                    """
                    {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "\(name)"},
                     "status": {"allocatable": {"cpu": "\(cpu)", "memory": "8Gi", "pods": "10"}}}
                    """)
            else { continue }
            cluster.nodes.set(node)
        }
        return cluster
    }

    private func pod(
        _ name: String, cpu: String = "1", priority: Int = 0, on node: String = "",
        in cluster: inout ClusterCache
    ) throws -> PodInfo {
        let parsed = try object(
            """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "\(name)", "namespace": "default",
             "uid": "00000000-0000-4000-8000-000000000\(name.utf8.first ?? 48)"},
             "spec": {"schedulerName": "default-scheduler", "priority": \(priority), "nodeName": "\(node)",
             "containers": [{"name": "c", "image": "app:1", "resources": {"requests": {"cpu": "\(cpu)"}}}]}}
            """)
        let pod = try #require(parsed.pod)
        return cluster.nodes.compile(pod)
    }

    private func schedule(
        _ extender: String, _ transport: FakeExtender, cluster: inout ClusterCache, _ pod: PodInfo
    ) throws -> SchedulingResult {
        let json = try JSONParser.parse(
            #"{"extenders": [{"urlPrefix": "http://x:1/scheduler/", \#(extender)}]}"#)
        var configuration = try SchedulerConfiguration(json: json)
        configuration.attach(transport, epoch: Self.epoch)
        let framework = try #require(configuration.profile(named: "default-scheduler"))
        var cycle = SchedulingCycle()
        return cycle.schedule(pod, framework: framework, cluster: &cluster) { _ in 0 }
    }

    @Test("filter and prioritize by names: the JSON that goes out, and what the answers do")
    func namesOnly() throws {
        let transport = FakeExtender([
            "filter": ["NodeNames": ["a", "c"], "FailedNodes": ["b": "no licence"], "Error": ""],
            "prioritize": [["Host": "a", "Score": 1], ["Host": "c", "Score": 10]],
        ])
        var cluster = try cluster()
        let pod = try pod("p", in: &cluster)
        let result = try schedule(
            #""filterVerb": "filter", "prioritizeVerb": "prioritize", "weight": 5, "nodeCacheCapable": true"#,
            transport, cluster: &cluster, pod)
        #expect(result.chosenName == "c")
        #expect(result.scores.last.map { Array($0.normalized) } == [50, 500])
        let rejected = result.rejected.map { "\($0.status.code.name): \($0.status.message)" }
        #expect(rejected == ["Unschedulable: no licence"])
        #expect(result.rejected.map(\.status.plugin) == ["Extender"])
        #expect(
            transport.requests.map(\.url) == [
                "http://x:1/scheduler/filter", "http://x:1/scheduler/prioritize",
            ])
        let sent = try #require(transport.requests.first?.body)
        #expect(sent["NodeNames"] == ["a", "b", "c"])
        #expect(sent["Nodes"] == .null)
        #expect(sent["Pod"]?["metadata"]?["name"] == "p")
        #expect(sent["Pod"]?["kind"] == nil)
    }

    @Test("nodes that come back as objects are scored as if nothing ran on them")
    func nodesAsObjects() throws {
        let transport = FakeExtender([
            "filter": ["nodes": ["items": [["metadata": ["name": "a"]], ["metadata": ["name": "b"]]]]]
        ])
        var cluster = try cluster()
        let running = try pod("e", cpu: "3", on: "a", in: &cluster)
        cluster.setPod(running)
        let pod = try pod("p", in: &cluster)
        let result = try schedule(#""filterVerb": "filter""#, transport, cluster: &cluster, pod)
        #expect(result.best.count == 2)
        let sent = try #require(transport.requests.first?.body)
        #expect(sent["NodeNames"] == .null)
        #expect(sent["Nodes"]?["items"]?.arrayValue?.count == 3)
    }

    @Test("an extender that cannot be reached fails the attempt, unless it may be ignored")
    func unreachable() throws {
        var cluster = try cluster()
        let pod = try pod("p", in: &cluster)
        let failed = try schedule(#""filterVerb": "filter""#, FakeExtender([:]), cluster: &cluster, pod)
        #expect(failed.chosen == nil)
        #expect(
            failed.message
                == #"Post "http://x:1/scheduler/filter": dial tcp x:1: connect: connection refused"#)
        let ignored = try schedule(
            #""filterVerb": "filter", "ignorable": true"#, FakeExtender([:]), cluster: &cluster, pod)
        #expect(ignored.chosenName == "a")
        let refused = try schedule(
            #""filterVerb": "filter""#, FakeExtender(["filter": .null], status: 500), cluster: &cluster, pod)
        #expect(
            refused.message == "failed filter with extender at URL http://x:1/scheduler/filter, code 500")
        let told = try schedule(
            #""filterVerb": "filter""#, FakeExtender(["filter": ["Error": "out of order"]]),
            cluster: &cluster, pod)
        #expect(told.message == "out of order")
    }

    @Test(
        "an answer that does not fit its type fails the attempt as Go's decoder does",
        arguments: [
            (
                #"{"NodeNames": "a"}"#,
                "json: cannot unmarshal string into Go struct field ExtenderFilterResult.NodeNames of type []string"
            ),
            (
                #"{"nodeNames": [1]}"#,
                "json: cannot unmarshal number into Go struct field ExtenderFilterResult.NodeNames of type string"
            ),
            ("[]", "json: cannot unmarshal array into Go value of type v1.ExtenderFilterResult"),
            (
                #"{"FailedNodes": ["a"]}"#,
                "json: cannot unmarshal array into Go struct field ExtenderFilterResult.FailedNodes of type "
                    + "v1.FailedNodesMap"
            ),
        ])
    func wrongTypes(answer: String, message: String) throws {
        var cluster = try cluster()
        let pod = try pod("p", in: &cluster)
        let transport = FakeExtender(["filter": try JSONParser.parse(answer)])
        let result = try schedule(
            #""filterVerb": "filter", "nodeCacheCapable": true"#, transport, cluster: &cluster, pod)
        #expect(result.chosen == nil)
        #expect(result.message == message)
    }

    @Test("an extender has no say about pods without its resources")
    func managedResources() throws {
        var cluster = try cluster()
        let pod = try pod("p", in: &cluster)
        let transport = FakeExtender([:])
        let result = try schedule(
            #""filterVerb": "filter", "managedResources": [{"name": "example.com/gpu"}]"#, transport,
            cluster: &cluster, pod)
        #expect(result.chosenName == "a")
        #expect(transport.requests.isEmpty)
    }

    @Test("preempt leaves the candidates and victims that the extender wants")
    func preempt() throws {
        var cluster = try cluster(cpu: "1")
        for (name, node) in [("e", "a"), ("f", "b"), ("g", "c")] {
            let running = try pod(name, on: node, in: &cluster)
            cluster.setPod(running)
        }
        let victim = try #require(cluster.nodes["c"].map { cluster.nodes.pods[$0][0].uid.description })
        let transport = FakeExtender([
            "preempt": ["NodeNameToMetaVictims": ["c": ["Pods": [["UID": .string(victim)]]]]]
        ])
        let pod = try pod("p", priority: 10, in: &cluster)
        let result = try schedule(
            #""preemptVerb": "preempt", "nodeCacheCapable": true"#, transport, cluster: &cluster, pod)
        #expect(result.postFilter?.nominatedNodeName == "c")
        let sent = try #require(transport.requests.first?.body)
        #expect(sent["NodeNameToMetaVictims"]?.objectValue?.keys.sorted() == ["a", "b", "c"])
        #expect(sent["NodeNameToVictims"] == .null)
    }

    @Test(
        "what is wrong with an extender is named",
        arguments: [
            (#"{"urlPrefix": "x"}"#, "extenders[0].urlPrefix: expected a URL"),
            (#"{"urlPrefix": "http://x", "enableHTTPS": true}"#, "extenders[0].enableHTTPS: simk takes no"),
            (#"{"urlPrefix": "http://x", "httpTimeout": "soon"}"#, "extenders[0].httpTimeout: expected a"),
            (
                #"{"urlPrefix": "http://x", "managedResources": [{"name": "cpu"}]}"#,
                "extenders[0].managedResources[0].name: 'cpu' is an invalid extended resource name"
            ),
            (#"{"urlPrefix": "http://x", "filterverb": "f"}"#, "extenders[0].filterverb: unknown field"),
        ])
    func errors(text: String, expected: String) throws {
        let json = try JSONParser.parse(#"{"extenders": [\#(text)]}"#)
        let error = #expect(throws: ConfigurationError.self) { try SchedulerConfiguration(json: json) }
        #expect(error?.description.hasPrefix(expected) == true, "\(error?.description ?? "")")
    }
}
