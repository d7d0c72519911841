import Foundation
import KubernetesModel
import Scheduler
import Simulation
import SimulationKernel
import Synchronization
import Testing

@testable import Scenarios

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An HTTP server on a free port of this machine: one request a connection, answered by its path.
private final class TinyServer: Sendable {
    let port: UInt16
    private let socket: Int32
    private let kept = Mutex<[(path: String, body: JSONValue)]>([])
    private let answer: @Sendable (String, JSONValue) -> JSONValue

    var requests: [(path: String, body: JSONValue)] { kept.withLock { $0 } }

    init?(_ answer: @escaping @Sendable (String, JSONValue) -> JSONValue) {
        self.answer = answer
        #if canImport(Darwin)
            socket = Darwin.socket(AF_INET, SOCK_STREAM, 0)
        #else
            socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = socket
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        guard isBound else { return nil }
        signal(SIGPIPE, SIG_IGN)
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(socket, nil, nil)
                if connection < 0 { return }
                serve(connection)
                close(connection)
            }
        }
    }

    func stop() {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    private func serve(_ connection: Int32) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var end: Int?
        var wanted = 0
        while end == nil || bytes.count < end! + wanted {
            let count = recv(connection, &buffer, buffer.count, 0)
            if count <= 0 { return }
            bytes += buffer[..<count]
            if end == nil {
                let head = String(decoding: bytes, as: UTF8.self)
                guard let blank = head.range(of: "\r\n\r\n") else { continue }
                end = head[..<blank.upperBound].utf8.count
                for line in head[..<blank.lowerBound].split(separator: "\r\n")
                where line.lowercased().hasPrefix("content-length:") {
                    wanted = Int(line.dropFirst("content-length:".count).filter(\.isNumber)) ?? 0
                }
            }
        }
        let head = String(decoding: bytes[..<end!], as: UTF8.self)
        let path = head.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        let body = (try? JSONParser.parse(String(decoding: bytes[end!...], as: UTF8.self))) ?? .null
        kept.withLock { $0.append((path, body)) }
        let text = JSONWriter.string(answer(path, body))
        let reply = Array(
            ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(text.utf8.count)\r\n"
                + "Connection: close\r\n\r\n" + text).utf8)
        _ = write(connection, reply, reply.count)
    }
}

@Suite("Extenders over HTTP")
struct ExtenderServerTests {
    private func scenario(_ prefix: String, _ verbs: String, expecting: String) throws -> ScenarioRun {
        let text = """
            apiVersion: simk.dev/v1
            kind: Scenario
            metadata: {name: extender}
            duration: 5m
            cluster:
              nodePools: [{name: general, count: 3, capacity: {cpu: "4", memory: 8Gi}}]
              scheduler:
                ties: lexicographic
                config:
                  apiVersion: kubescheduler.config.k8s.io/v1
                  kind: KubeSchedulerConfiguration
                  extenders: [{urlPrefix: "\(prefix)", \(verbs)}]
            manifests:
              - apiVersion: v1
                kind: Pod
                metadata: {name: p}
                spec:
                  containers: [{name: c, image: "app:1", resources: {requests: {cpu: "1"}}}]
            expect:
              - {name: placed, object: pod/p, \(expecting), atEnd: true}
            """
        return ScenarioRun(try ScenarioLoader.parse(text, .yaml, name: "extender.yaml"))
    }

    @Test("a server that filters and prioritizes decides where the pod goes")
    func placement() throws {
        let server = try #require(
            TinyServer { path, _ in
                path == "/filter"
                    ? ["NodeNames": ["general-2", "general-3"], "FailedNodes": ["general-1": "no licence"]]
                    : [["Host": "general-2", "Score": 0], ["Host": "general-3", "Score": 10]]
            })
        defer { server.stop() }
        let run = try scenario(
            "http://127.0.0.1:\(server.port)",
            "filterVerb: filter, prioritizeVerb: prioritize, weight: 1, nodeCacheCapable: true",
            expecting: #"jsonpath: "{.spec.nodeName}", equals: general-3"#)
        run.run()
        #expect(run.hasHeld, "\(run.results)")
        #expect(server.requests.map(\.path) == ["/filter", "/prioritize"])
        #expect(server.requests.first?.body["Pod"]?["metadata"]?["name"] == "p")
        #expect(server.requests.first?.body["NodeNames"] == ["general-1", "general-2", "general-3"])
    }

    @Test("a server that is not there keeps the pod pending, with upstream's words in its condition")
    func unreachable() throws {
        let server = try #require(TinyServer { _, _ in .null })
        server.stop()
        let url = "http://127.0.0.1:\(server.port)"
        let run = try scenario(
            url, "filterVerb: filter",
            expecting: """
                jsonpath: '{.status.conditions[?(@.type=="PodScheduled")].message}', equals: \
                'Post "\(url)/filter": dial tcp 127.0.0.1:\(server.port): connect: connection refused'
                """)
        run.run()
        #expect(run.hasHeld, "\(run.results)")
    }
}

@Suite("Scheduler configuration of scenarios")
struct SchedulerConfigTests {
    private func faults(_ scheduler: String) -> [String] {
        let text = """
            apiVersion: simk.dev/v1
            kind: Scenario
            metadata: {name: s}
            duration: 1m
            cluster:
              nodePools: [{name: general, count: 1, capacity: {cpu: "4", memory: 8Gi}}]
              scheduler:
                \(scheduler)
            """
        do throws(InvalidInput) {
            _ = try ScenarioLoader.parse(text, .yaml, name: "s.yaml")
            return []
        } catch {
            return error.diagnostics.map(\.description)
        }
    }

    private static let head =
        "apiVersion: kubescheduler.config.k8s.io/v1, kind: KubeSchedulerConfiguration"

    @Test(
        "what is wrong is told with its place and the nearest name",
        arguments: [
            ("{ties: random}", "cluster.scheduler.ties"),
            ("{config: 5}", "cluster.scheduler.config:"),
            ("{config: {kind: KubeSchedulerConfiguration}}", "'apiVersion' is missing"),
            ("{config: {\(head), profilez: []}}", "Did you mean 'profiles'?"),
            (
                "{config: {\(head), profiles: [{plugins: {score: {enabled: [{name: NodeResourceFit}]}}}]}}",
                "Did you mean 'NodeResourcesFit'?"
            ),
            ("{config: nowhere.yaml}", "nowhere.yaml"),
            ("{config: {\(head), delayCacheUntilActive: true}}", "delayCacheUntilActive"),
            ("{config: {\(head), podInitialBackoffSeconds: 20}}", "podMaxBackoffSeconds: 10 must be"),
        ])
    func told(scheduler: String, expected: String) {
        let found = faults(scheduler)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test("profiles, weights and limits reach the cluster")
    func applied() throws {
        let text = """
            apiVersion: simk.dev/v1
            kind: Scenario
            metadata: {name: s}
            duration: 1m
            cluster:
              nodePools: [{name: general, count: 1, capacity: {cpu: "4", memory: 8Gi}}]
              scheduler:
                ties: lexicographic
                config:
                  \(Self.head.replacing(", ", with: "\n      "))
                  clientConnection: {qps: 500, burst: 1000}
                  podMaxBackoffSeconds: 60
                  percentageOfNodesToScore: 50
                  profiles:
                    - schedulerName: default-scheduler
                    - schedulerName: packed
                      percentageOfNodesToScore: 100
                      pluginConfig:
                        - name: NodeResourcesFit
                          args: {scoringStrategy: {type: MostAllocated}}
            """
        let scenario = try ScenarioLoader.parse(text, .yaml, name: "s.yaml")
        let cluster = ClusterConfiguration(scenario)
        #expect(cluster.scheduler.profiles.map(\.profileName) == ["default-scheduler", "packed"])
        #expect(cluster.scheduler.profiles.map(\.percentageOfNodesToScore) == [nil, 100])
        #expect(cluster.scheduler.podMaxBackoff == .seconds(60))
        #expect(cluster.clients.scheduler.queriesPerSecond == 500)
        #expect(cluster.clients.scheduler.burst == 1_000)
        #expect(scenario.resolved["cluster"]?["scheduler"]?["ties"] == "lexicographic")
    }
}
