import Foundation
import KubernetesModel
import Scenarios
import SchedulerPerf
import Testing

@Suite("scheduler_perf files")
struct PerfConfigurationTests {
    /// A file with one workload whose operations are given.
    static func load(
        _ operations: String, workload: String = "params: {n: 2}", templates: [String: String] = [:]
    ) throws -> (PerfConfiguration, URL) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "perf-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in templates {
            try Data(text.utf8).write(to: folder.appending(path: name))
        }
        let file = folder.appending(path: "performance-config.yaml")
        let text =
            "- name: Case\n  workloadTemplate:\n\(operations)\n  workloads:\n  - name: one\n    \(workload)\n"
        try Data(text.utf8).write(to: file)
        return (try PerfConfiguration.load(file.path), folder)
    }

    static func run(
        _ operations: String, workload: String = "params: {n: 2}", templates: [String: String] = [:]
    ) throws -> PerfResult {
        let (configuration, folder) = try load(operations, workload: workload, templates: templates)
        defer { try? FileManager.default.removeItem(at: folder) }
        let testCase = configuration.testCases[0]
        return try PerfRun(testCase.workloads[0], of: testCase, in: configuration).run()
    }

    static let measured = "  - {opcode: createPods, countParam: $n, collectMetrics: true}"
    static let nodes = "  - {opcode: createNodes, count: 3}\n"

    @Test(
        "bad files are told with their place",
        arguments: [
            ("  - {opcode: createPod, count: 1}\n" + measured, "Did you mean 'createPods'?"),
            ("  - {opcode: createPods, count: -1, collectMetrics: true}", "a number of 0 or more"),
            ("  - {opcode: createPods, countParam: size, collectMetrics: true}", "after a dollar sign"),
            ("  - {opcode: createPods, cuont: 1, collectMetrics: true}", "Did you mean 'count'?"),
            ("  - {opcode: createNodes, count: 1}", "no op in the workload template collects metrics"),
            ("  - {opcode: churn, mode: recreate, templatePaths: [x]}\n" + measured, "number cannot be 0"),
            ("  - {opcode: churn, mode: both, templatePaths: [x]}\n" + measured, "create or recreate"),
            ("  - {opcode: barrier, stageRequirement: Bound}\n" + measured, "Scheduled or Attempted"),
            (
                "  - {opcode: createPods, count: 1, collectMetrics: true, skipWaitToCompletion: true}",
                "cannot be true at the same time"
            ),
        ])
    func badFiles(operations: String, message: String) throws {
        let error = #expect(throws: InvalidInput.self) { try Self.load(operations) }
        let text = error?.description ?? ""
        #expect(text.contains(message))
        #expect(text.contains("performance-config.yaml:"))
    }

    @Test(
        "workloads that cannot be carried out say why",
        arguments: [
            ("  - {opcode: createPods, countParam: $m, collectMetrics: true}", "parameter m is undefined"),
            (
                "  - {opcode: createPods, count: 1, podTemplatePath: none.yaml, collectMetrics: true}",
                "none.yaml: the template cannot be read: there is no such file"
            ),
            (
                "  - {opcode: createPods, count: 0, collectMetrics: true}",
                "the parameters [n] are defined on workload one, but unused"
            ),
            (
                "  - {opcode: createResourceDriver, driverName: x}\n" + measured,
                "the opcode createResourceDriver needs dynamic resource allocation"
            ),
            (measured, "no nodes available to schedule pods"),
            ("  - {opcode: barrier, namespaces: [none]}\n" + measured, "unknown namespace none"),
            ("  - {opcode: stopCollectingMetrics}\n" + measured, "missing startCollectingMetrics"),
        ])
    func failures(operations: String, message: String) {
        let error = #expect(throws: PerfFailure.self) { try Self.run(operations) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    @Test("a parameter beyond all numbers fails its workload", arguments: ["1e30", "-1e30", "-3"])
    func hugeParameters(value: String) {
        let error = #expect(throws: PerfFailure.self) {
            try Self.run(Self.nodes + Self.measured, workload: "params: {n: \(value)}")
        }
        #expect(error?.description.contains("invalid Count=") == true, "\(error?.description ?? "")")
    }

    @Test("a test case with objects of a kind that simk does not serve is left out, and says why")
    func unservedKinds() throws {
        let slice = "apiVersion: resource.k8s.io/v1\nkind: ResourceSlice\nmetadata: {name: s{{.Index}}}\n"
        let (configuration, folder) = try Self.load(
            "  - {opcode: createAny, templatePath: slice.yaml}\n" + Self.measured,
            templates: ["slice.yaml": slice])
        defer { try? FileManager.default.removeItem(at: folder) }
        let refusal = configuration.refusal(of: configuration.testCases[0])
        let words =
            #"found kind "ResourceSlice" in apiVersion "resource.k8s.io/v1", which simk does not serve"#
        #expect(refusal?.hasPrefix("createAny: ") == true)
        #expect(refusal?.hasSuffix(words) == true)
        // A mistake is no such reason: it fails when it runs.
        let (misspelt, third) = try Self.load(
            "  - {opcode: createAny, templatePath: pod.yaml}\n" + Self.measured,
            templates: ["pod.yaml": "apiVersion: v1\nkind: Podd\nmetadata: {name: a}\n"])
        defer { try? FileManager.default.removeItem(at: third) }
        #expect(misspelt.refusal(of: misspelt.testCases[0]) == nil)
        let (faulty, other) = try Self.load(
            "  - {opcode: createAny, templatePath: none.yaml}\n" + Self.measured)
        defer { try? FileManager.default.removeItem(at: other) }
        #expect(faulty.refusal(of: faulty.testCases[0]) == nil)
    }

    @Test("keys are read whatever their case, templates with actions object by object")
    func templates() throws {
        let pod = """
            apiVersion: v1
            kind: Pod
            metadata:
              name: pod-{{ .Index }}-of-{{.Count}}
              labels: {group: g{{ Mod .Index 2 }}}
            spec:
              topologySpreadConstraints:
              - maxSkew: {{ .Count }}
                topologyKey: kubernetes.io/hostname
                whenUnsatisfiable: DoNotSchedule
                NodeTaintsPolicy: Honor
                labelSelector: {matchLabels: {group: g{{ Mod .Index 2 }}}}
              containers:
              - name: main
                image: pause
            """
        let result = try Self.run(
            Self.nodes
                + "  - {opcode: createPods, CountParam: $n, podTemplatePath: pod.yaml, collectMetrics: true}",
            workload: "params: {n: 4}", templates: ["pod.yaml": pod])
        #expect(result.measurements[0].podsScheduled == 4)
    }

    @Test("unique labels, namespaces, any objects, updates, deletions and sleep")
    func manyOperations() throws {
        let pod = """
            apiVersion: v1
            kind: Pod
            metadata:
              name: held-{{.Index}}
              labels: {kind: held}
            spec:
              schedulingGates: [{name: example.com/wait}]
              containers: [{name: main, image: pause}]
            """
        let result = try Self.run(
            """
              - opcode: createNodes
                count: 3
                uniqueNodeLabelStrategy: {labelKey: example.com/id}
              - {opcode: startCollectingMetrics, name: held, namespaces: [held], labelSelector: {kind: held}}
              - {opcode: createAny, templatePath: pod.yaml, namespace: held, countParam: $n}
              - {opcode: sleep, duration: 1s}
              - opcode: updateAny
                templatePath: free.yaml
                namespace: held
                countParam: $n
                updatePerSecond: 100
              - {opcode: sleep, durationParam: $pause}
              - {opcode: stopCollectingMetrics}
              - {opcode: deletePods, namespace: held, labelSelector: {kind: held}}
            """, workload: "params: {n: 3, pause: 2s}",
            templates: [
                "pod.yaml": pod,
                "free.yaml": pod.replacingOccurrences(
                    of: "  schedulingGates: [{name: example.com/wait}]\n", with: ""),
            ])
        #expect(result.measurements[0].podsScheduled == 3)
        #expect(result.measurements[0].name == "held")
    }

    @Test("pods come and go in a steady state")
    func steadyState() throws {
        let result = try Self.run(
            Self.nodes
                + "  - {opcode: createPods, countParam: $n, steadyState: true, duration: 1s, collectMetrics: true}"
        )
        #expect(result.measurements[0].podsScheduled > 4)
    }

    @Test(
        "labels choose workloads",
        arguments: [
            ("performance", true), ("performance,-short", false), ("+performance,+short", true), ("", true),
            ("-performance", false), ("other", false),
        ])
    func labelFilter(filter: String, isAccepted: Bool) {
        #expect(LabelFilter(filter).accepts(["performance", "short"]) == isAccepted)
    }

    @Test("results have the form that scheduler_perf gives them")
    func dataItems() throws {
        let result = try Self.run(
            Self.nodes + Self.measured, workload: "threshold: 1\n    params: {n: 2}")
        let json = DataItems.json(of: [result])
        #expect(json["version"] == "v1")
        let items = json["dataItems"]?.arrayValue ?? []
        #expect(items[0]["unit"] == "pods/s")
        #expect(items[0]["labels"]?["Metric"] == "SchedulingThroughput")
        #expect(items[0]["labels"]?["Name"] == "BenchmarkPerfScheduling/Case/one/namespace-1")
        #expect(items[0]["data"]?["AverageThreshold"] == .number(1))
        #expect(items[0]["data"]?["Average"]?.doubleValue ?? 0 > 0)
        #expect(PerfReport.rows(of: result)[0].count == PerfReport.heading.count)
    }
}
