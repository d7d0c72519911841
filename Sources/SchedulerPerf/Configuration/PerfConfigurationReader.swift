import KubernetesModel
public import Scenarios
import SimulationKernel

extension PerfConfiguration {
    /// Reads a file; throws everything that is wrong with it, with places.
    ///
    /// Upstream: `test/integration/scheduler_perf/scheduler_perf.go`, `getTestCases`, `validateTestCases`
    /// (v1.36).
    public static func load(_ file: String) throws(InvalidInput) -> PerfConfiguration {
        let documents = try LocatedFile.documents(path: file)
        let problems = PerfProblems(file: file)
        var configuration = PerfConfiguration(file: file, testCases: [])
        for document in documents {
            let root = PerfCursor(value: document, path: "", problems: problems)
            configuration.testCases += root.elements(of: "test cases").map(PerfConfigurationReader.testCase)
        }
        var names: Set<String> = []
        for (index, testCase) in configuration.testCases.enumerated() where !testCase.name.isEmpty {
            if !names.insert(testCase.name).inserted {
                problems.add(
                    .duplicateName(what: "test case", testCase.name), at: TextPosition(line: 1, column: 1),
                    path: "[\(index)].name")
            }
        }
        if !problems.diagnostics.isEmpty { throw InvalidInput(diagnostics: problems.diagnostics) }
        return configuration
    }
}

/// Turns the values of a file into test cases.
enum PerfConfigurationReader {
    static func testCase(_ cursor: PerfCursor) -> PerfTestCase {
        cursor.allow([
            "name", "featureGates", "metricsCollectorConfig", "workloadTemplate", "workloads",
            "schedulerConfigPath", "defaultPodTemplatePath", "labels", "defaultThresholdMetricSelector",
        ])
        let standard = cursor["defaultThresholdMetricSelector"]
        let testCase = PerfTestCase(
            name: cursor.required("name", "the test case's name")?.text ?? "",
            labels: cursor["labels"]?.texts ?? [], featureGates: cursor["featureGates"]?.flagMap ?? [:],
            operations: cursor.required("workloadTemplate", "the operations of every workload")?
                .elements(of: "operations").map(operation) ?? [],
            workloads: cursor.required("workloads", "at least one workload with its parameters")?
                .elements(of: "workloads").map { workload($0, standardSelector: standard) } ?? [],
            schedulerConfigPath: cursor["schedulerConfigPath"]?.text,
            defaultPodTemplatePath: cursor["defaultPodTemplatePath"]?.text)
        if cursor["workloads"] != nil && testCase.workloads.isEmpty {
            cursor.report(.missingKey("workloads", purpose: "no workloads defined"))
        }
        if cursor["workloadTemplate"] != nil && testCase.operations.isEmpty {
            cursor.report(.missingKey("workloadTemplate", purpose: "no ops defined"))
        } else if !testCase.operations.contains(where: \.collectsMetrics) {
            cursor.report(
                .missingKey("collectMetrics", purpose: "no op in the workload template collects metrics"))
        }
        var names: Set<String> = []
        for (index, workload) in testCase.workloads.enumerated()
        where !names.insert(workload.name).inserted {
            cursor.problems.add(
                .duplicateName(what: "workload", workload.name), at: workload.place,
                path: "\(cursor.path).workloads[\(index)].name")
        }
        return testCase
    }

    private static func workload(_ cursor: PerfCursor, standardSelector: PerfCursor?) -> PerfWorkload {
        cursor.allow(["name", "params", "labels", "threshold", "thresholdMetricSelector", "featureGates"])
        var threshold = PerfThreshold()
        if let selector = cursor["thresholdMetricSelector"] ?? standardSelector {
            selector.allow(["name", "labels", "dataBucket", "expectLower"])
            threshold.metric = selector.required("name", "the metric's name")?.text ?? ""
            threshold.labels = selector["labels"]?.textMap ?? [:]
            threshold.bucket = selector.required("dataBucket", "such as Average or Perc99")?.text ?? ""
            threshold.expectsLower = selector["expectLower"]?.flag ?? false
        }
        if let given = cursor["threshold"] {
            if given.value.members != nil {
                for (topic, value) in given.entries(of: "numbers by topic") {
                    if let number = value.number("a number of 0 or more") {
                        threshold.byTopic[topic] = number
                    }
                }
            } else {
                threshold.value = given.number("a number of 0 or more, or an object of them by topic") ?? 0
            }
        }
        var parameters: [String: JSONValue] = [:]
        for (name, value) in cursor["params"]?.entries(of: "parameters") ?? [] {
            switch value.value.content {
            case .bool, .integer, .number, .string: parameters[name] = value.value.json
            default: value.wrongType("a number, a text, true or false")
            }
        }
        return PerfWorkload(
            name: cursor.required("name", "the workload's name")?.text ?? "",
            labels: cursor["labels"]?.texts ?? [], featureGates: cursor["featureGates"]?.flagMap ?? [:],
            parameters: parameters, threshold: threshold, place: cursor.value.position)
    }

    // MARK: Operations

    /// Opcodes that need resource claims, which simk does not model.
    private static let claimOpcodes = ["allocResourceClaims", "createResourceClaims", "createResourceDriver"]
    private static let opcodes =
        [
            "barrier", "churn", "createAny", "createNamespaces", "createNodes", "createPodSets", "createPods",
            "deletePods", "sleep", "startCollectingMetrics", "stopCollectingMetrics", "updateAny",
        ] + claimOpcodes

    private static func operation(_ cursor: PerfCursor) -> PerfOperation {
        let opcode = cursor.required("opcode", "which operation it is")?.text ?? ""
        return PerfOperation(
            opcode: opcode, place: cursor.value.position, action: action(opcode, cursor))
    }

    private static func action(_ opcode: String, _ cursor: PerfCursor) -> PerfOperation.Action {
        switch opcode {
        case "createNodes": return .createNodes(createNodes(cursor))
        case "createNamespaces":
            cursor.allow(["opcode", "prefix", "count", "countParam", "namespaceTemplatePath"])
            return .createNamespaces(
                .init(
                    prefix: cursor["prefix"]?.text ?? "", count: count(cursor),
                    templatePath: cursor["namespaceTemplatePath"]?.text))
        case "createPods": return .createPods(createPods(cursor))
        case "createPodSets":
            cursor.allow(["opcode", "count", "countParam", "namespacePrefix", "createPodsOp"])
            let pods = cursor.required("createPodsOp", "the createPods of every set").map(createPods)
            return .createPodSets(
                count: count(cursor), namespacePrefix: cursor["namespacePrefix"]?.text ?? "",
                pods ?? .init(count: .value(0)))
        case "createAny":
            cursor.allow(["opcode", "namespace", "templatePath", "count", "countParam"])
            return .createAny(anyObjects(cursor))
        case "updateAny":
            cursor.allow([
                "opcode", "namespace", "templatePath", "count", "countParam", "updatePerSecond",
                "subresources",
            ])
            return .updateAny(
                anyObjects(cursor),
                perSecond: cursor["updatePerSecond"]?.integer(atLeast: 0, "0 or more") ?? 0,
                subresources: cursor["subresources"]?.texts ?? [])
        case "churn": return .churn(churn(cursor))
        case "barrier":
            cursor.allow(["opcode", "namespaces", "labelSelector", "stageRequirement"])
            var isScheduled = true
            switch cursor["stageRequirement"]?.text {
            case nil, "", "Scheduled": break
            case "Attempted": isScheduled = false
            default: cursor["stageRequirement"]?.bad("Scheduled or Attempted")
            }
            return .barrier(
                namespaces: cursor["namespaces"]?.texts ?? [],
                labels: cursor["labelSelector"]?.textMap ?? [:],
                requiresScheduled: isScheduled)
        case "sleep":
            cursor.allow(["opcode", "duration", "durationParam"])
            return .sleep(duration(cursor))
        case "deletePods":
            cursor.allow([
                "opcode", "namespace", "labelSelector", "skipWaitToCompletion", "deletePodsPerSecond",
            ])
            return .deletePods(
                .init(
                    namespace: cursor["namespace"]?.text ?? "",
                    labels: cursor["labelSelector"]?.textMap ?? [:],
                    skipsWait: cursor["skipWaitToCompletion"]?.flag ?? false,
                    perSecond: cursor["deletePodsPerSecond"]?.integer(atLeast: 0, "0 or more") ?? 0))
        case "startCollectingMetrics":
            cursor.allow(["opcode", "name", "namespaces", "labelSelector"])
            let namespaces = cursor["namespaces"]?.texts ?? []
            if namespaces.isEmpty {
                cursor.report(.missingKey("namespaces", purpose: "namespaces cannot be empty"))
            }
            return .startCollectingMetrics(
                name: cursor["name"]?.text ?? "", namespaces: namespaces,
                labels: cursor["labelSelector"]?.textMap ?? [:])
        case "stopCollectingMetrics":
            cursor.allow(["opcode"])
            return .stopCollectingMetrics
        case _ where claimOpcodes.contains(opcode):
            return .refused(
                "the opcode \(opcode) needs dynamic resource allocation, which simk does not model")
        default:
            if !opcode.isEmpty {
                cursor["opcode"]?.report(
                    .unknownName(
                        what: "opcode", opcode, nearest: NearestName.find(opcode, among: opcodes),
                        known: opcodes))
            }
            return .stopCollectingMetrics
        }
    }

    private static func createNodes(_ cursor: PerfCursor) -> PerfOperation.CreateNodes {
        cursor.allow([
            "opcode", "count", "countParam", "nodeTemplatePath", "nodeAllocatableStrategy",
            "labelNodePrepareStrategy", "uniqueNodeLabelStrategy",
        ])
        var preparation: NodePreparation?
        if let strategy = cursor["nodeAllocatableStrategy"] {
            strategy.allow(["nodeAllocatable", "csiNodeAllocatable", "migratedPlugins"])
            var resources: [String: String] = [:]
            for (name, amount) in strategy["nodeAllocatable"]?.entries(of: "quantities") ?? [] {
                if let text = amount.text { resources[name] = text }
            }
            let drivers = (strategy["csiNodeAllocatable"]?.entries(of: "volume limits") ?? []).map {
                name, limit in
                limit.allow(["count"])
                return (name: name, count: limit["count"]?.integer(atLeast: 0, "0 or more").map(Int64.init))
            }
            preparation = .allocatable(
                resources: resources, drivers: drivers, migrated: strategy["migratedPlugins"]?.texts ?? [])
        } else if let strategy = cursor["labelNodePrepareStrategy"] {
            strategy.allow(["labelKey", "labelValues"])
            let key = strategy.required("labelKey", "the label's key")?.text ?? ""
            let values = strategy.required("labelValues", "the values to give in turn")?.texts ?? []
            if strategy["labelValues"] != nil && values.isEmpty {
                strategy["labelValues"]?.bad("at least one value")
            }
            preparation = .label(key: key, values: values)
        } else if let strategy = cursor["uniqueNodeLabelStrategy"] {
            strategy.allow(["labelKey"])
            preparation = .uniqueLabel(key: strategy.required("labelKey", "the label's key")?.text ?? "")
        }
        return .init(
            count: count(cursor), templatePath: cursor["nodeTemplatePath"]?.text, preparation: preparation)
    }

    private static func createPods(_ cursor: PerfCursor) -> PerfOperation.CreatePods {
        cursor.allow([
            "opcode", "count", "countParam", "steadyState", "steadyStateParam", "duration", "durationParam",
            "collectMetrics", "namespace", "podTemplatePath", "skipWaitToCompletion",
            "persistentVolumeTemplatePath", "persistentVolumeClaimTemplatePath",
        ])
        var pods = PerfOperation.CreatePods(count: count(cursor))
        if let name = cursor["steadyStateParam"]?.parameterName {
            pods.isSteady = .parameter(name)
        } else {
            pods.isSteady = .value(cursor["steadyState"]?.flag ?? false)
        }
        if cursor["duration"] != nil || cursor["durationParam"] != nil { pods.duration = duration(cursor) }
        pods.collectsMetrics = cursor["collectMetrics"]?.flag ?? false
        pods.skipsWait = cursor["skipWaitToCompletion"]?.flag ?? false
        pods.namespace = cursor["namespace"]?.text
        pods.templatePath = cursor["podTemplatePath"]?.text
        pods.volumeTemplatePath = cursor["persistentVolumeTemplatePath"]?.text
        pods.claimTemplatePath = cursor["persistentVolumeClaimTemplatePath"]?.text
        if pods.collectsMetrics && pods.skipsWait {
            cursor.bad(
                "not both of collectMetrics and skipWaitToCompletion",
                hint: "collectMetrics and skipWaitToCompletion cannot be true at the same time")
        }
        if pods.claimTemplatePath != nil && pods.volumeTemplatePath == nil {
            cursor.report(
                .missingKey("persistentVolumeTemplatePath", purpose: "the volumes of the claims"))
        }
        return pods
    }

    private static func churn(_ cursor: PerfCursor) -> PerfOperation.Churn {
        cursor.allow([
            "opcode", "mode", "number", "intervalMilliseconds", "namespace", "templatePaths",
        ])
        let mode = cursor.required("mode", "create or recreate")
        let isRecreating = mode?.value.text == "recreate"
        if let mode, !isRecreating, mode.value.text != "create" { mode.bad("create or recreate") }
        let number = cursor["number"]?.integer(atLeast: 0, "0 or more") ?? 0
        if isRecreating && number == 0 {
            cursor.report(.missingKey("number", purpose: "number cannot be 0 when mode is recreate"))
        }
        let paths = cursor["templatePaths"]?.texts ?? []
        if paths.isEmpty {
            cursor.report(
                .missingKey("templatePaths", purpose: "at least one template spec file needs to be specified")
            )
        }
        let milliseconds = cursor["intervalMilliseconds"]?.integer(atLeast: 0, "0 or more") ?? 0
        return .init(
            recreates: isRecreating, number: number,
            interval: .milliseconds(milliseconds == 0 ? 500 : Int64(milliseconds)),
            namespace: cursor["namespace"]?.text, templatePaths: paths)
    }

    private static func anyObjects(_ cursor: PerfCursor) -> PerfOperation.AnyObjects {
        let path = cursor.required("templatePath", "the objects' template")?.text ?? ""
        let hasCount = cursor["count"] != nil || cursor["countParam"] != nil
        return .init(
            namespace: cursor["namespace"]?.text ?? "", templatePath: path,
            count: hasCount ? count(cursor) : .value(1))
    }

    private static func count(_ cursor: PerfCursor) -> Setting<Int> {
        if let name = cursor["countParam"]?.parameterName { return .parameter(name) }
        return .value(cursor["count"]?.integer(atLeast: 0, "a number of 0 or more") ?? 0)
    }

    private static func duration(_ cursor: PerfCursor) -> Setting<VirtualDuration> {
        if let name = cursor["durationParam"]?.parameterName { return .parameter(name) }
        return .value(cursor["duration"]?.duration ?? .zero)
    }
}
