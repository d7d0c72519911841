import KubernetesModel
import SimulationKernel

/// Turns the tree of a scenario file into a ``Scenario``, and reports everything that is wrong with it.
struct ScenarioReader {
    let file: String
    let log: DiagnosticLog
    let manifests: ManifestLoader

    static let keys = [
        "$schema", "apiVersion", "kind", "metadata", "seed", "start", "duration", "cluster", "state", "manifests",
        "behaviors", "metrics", "workload", "timeline", "failures", "chaos", "expect", "invariants",
    ]

    /// Nil when something is missing without which there is no scenario; its absence is in the log.
    func read(_ root: Cursor) -> Scenario? {
        guard let object = root.object(keys: Self.keys) else { return nil }
        checkConstant(object.required("apiVersion", "\"\(Scenario.apiVersion)\""), Scenario.apiVersion)
        checkConstant(object.required("kind", "\"\(Scenario.kind)\""), Scenario.kind)
        let metadata = readMetadata(object.required("metadata", "an object with at least a name"))
        let seed = object["seed"].map(readSeed) ?? 1
        let start = readStart(object["start"])
        var workload = object["workload"].flatMap {
            readWorkload($0, hasPools: object["cluster"]?.value["nodePools"] != nil)
        }
        // A trace has an end of its own.
        let duration: VirtualDuration?
        if object["workload"] != nil && object["duration"] == nil {
            duration = workload?.span
        } else {
            duration = object.required("duration", "how long to simulate, such as \"30m\"")?.duration(
                .positive)
        }
        let cluster = readCluster(
            object.required("cluster", "an object with nodePools"), &workload,
            mayLackPools: object["workload"] != nil)
        if let workload, let cluster { checkRequests(workload, cluster, object["workload"]) }
        let initial = object["manifests"].map { readManifests($0) } ?? []
        checkDuplicates(initial)
        let behaviors = list(object["behaviors"], of: "behaviors").compactMap(readBehavior)
        let metrics = list(object["metrics"], of: "metrics").compactMap(readMetric)
        let context = References(
            cluster: cluster, nodes: cluster?.nodes ?? [], lostPools: lostPools(object["cluster"], cluster),
            duration: duration)
        let timeline = list(object["timeline"], of: "actions").compactMap { readTimelineEntry($0, context) }
        let failures = list(object["failures"], of: "failure models").compactMap { readFailure($0, context) }
        let moments = readMoments(list(object["timeline"], of: "actions"), timeline, duration)
        let expectations = list(object["expect"], of: "expectations")
            .compactMap { readExpectation($0, moments, duration) }
        let chaos = object["chaos"].flatMap { readChaos($0, seed: seed, duration: duration) }
        let exemptions = object["invariants"].map(readInvariants) ?? []
        guard let metadata, let duration, let cluster, let start else { return nil }
        var scenario = Scenario(
            file: file, metadata: metadata, seed: seed, start: start, duration: duration, cluster: cluster,
            manifests: initial, behaviors: behaviors.map(\.rule), metrics: metrics.map(\.rule),
            timeline: timeline.map(\.entry).stablySorted { $0.at < $1.at },
            failures: failures.map(\.rule), expectations: expectations.map(\.expectation),
            chaos: chaos, exemptions: exemptions, workload: workload)
        scenario.state = list(object["state"], of: "Kubernetes objects").compactMap(readState)
        if manifests.options.isPartial { return scenario }
        ScenarioChecks(
            scenario: scenario, behaviors: behaviors, metrics: metrics, timeline: timeline,
            failures: failures, expectations: expectations, references: context, log: log
        ).run()
        return scenario
    }

    /// An object of the state that the run starts from, as `kubectl get -o json` prints it.
    private func readState(_ entry: Cursor) -> JSONValue? {
        let tree = entry.value.json
        guard tree["kind"]?.stringValue?.isEmpty == false, tree["apiVersion"]?.stringValue != nil,
            tree["metadata"]?["name"]?.stringValue?.isEmpty == false
        else {
            entry.bad("an object with apiVersion, kind and metadata.name")
            return nil
        }
        return tree
    }

    /// What entries may refer to while they are read.
    struct References {
        var cluster: ClusterPlan?
        var nodes: [NodePlan]
        /// Pools that have errors of their own, so that their nodes are not known.
        var lostPools: [String]
        var duration: VirtualDuration?

        /// Whether every node is known.
        var isWhole: Bool { cluster != nil && lostPools.isEmpty }

        /// Whether a node of this name may be in a pool that could not be read.
        func mayHave(node name: String) -> Bool {
            guard let cluster else { return true }
            if cluster.nodePools.isEmpty && lostPools.isEmpty { return true }
            guard let dash = name.lastIndex(of: "-"), let number = Int(name[name.index(after: dash)...])
            else { return false }
            return number > 0 && lostPools.contains(String(name[..<dash]))
        }
    }

    /// Names of pools that stand in the file but not in the plan.
    private func lostPools(_ cursor: Cursor?, _ cluster: ClusterPlan?) -> [String] {
        let entries = cursor?.value["nodePools"]?.elements ?? []
        let known = cluster?.nodePools.map(\.name) ?? []
        guard entries.count > known.count else { return [] }
        return entries.map { $0["name"]?.text ?? "" }.filter { !known.contains($0) }
    }

    /// The elements of an optional list; none when it is absent or no list.
    func list(_ cursor: Cursor?, of what: String) -> [Cursor] { cursor?.list(of: what) ?? [] }

    // MARK: Head

    func checkConstant(_ cursor: Cursor?, _ expected: String) {
        guard let cursor, cursor.value.text != expected else { return }
        cursor.bad("\"\(expected)\"")
    }

    func readMetadata(_ cursor: Cursor?) -> Scenario.Metadata? {
        guard let object = cursor?.object(keys: ["name", "description", "labels"]) else { return nil }
        let name = object.required("name", "the scenario's name")?.string()
        if let name, !SelectorText.isDNSName(name) {
            object["name"]?.bad("a name of small letters, digits, '-' and '.'")
        }
        let description = object["description"]?.string() ?? ""
        let labels = object["labels"].map(readLabels) ?? [:]
        return name.map { Scenario.Metadata(name: $0, description: description, labels: labels) }
    }

    func readSeed(_ cursor: Cursor) -> UInt64 {
        // Numbers above 2^63 − 1 are no integers in JSON: such seeds are written as texts.
        if let text = cursor.value.text, let seed = UInt64(text) { return seed }
        let hint =
            "a whole number from 0 to 9223372036854775807, or a text with one up to 18446744073709551615"
        return UInt64(cursor.integer(0...Int64.max, hint) ?? 1)
    }

    private func readStart(_ cursor: Cursor?) -> CalendarTime? {
        guard let cursor else { return CalendarTime(rfc3339: "2026-01-01T00:00:00Z") }
        guard let text = cursor.string("a calendar time such as \"2026-01-01T00:00:00Z\"") else { return nil }
        guard let time = CalendarTime(rfc3339: text) else {
            cursor.bad("a calendar time such as \"2026-01-01T00:00:00Z\" (RFC 3339)")
            return nil
        }
        return time
    }

    // MARK: Manifests

    /// Paths and inline objects.
    func readManifests(_ cursor: Cursor) -> [ManifestObject] {
        guard let entries = cursor.list(of: "paths and objects") else { return [] }
        return entries.flatMap(readManifest)
    }

    func readManifest(_ entry: Cursor) -> [ManifestObject] {
        if let path = entry.value.text {
            if path.isEmpty {
                entry.bad("the path of a YAML or JSON file")
                return []
            }
            return manifests.objects(inFile: path, namedAt: entry)
        }
        guard entry.value.members != nil else {
            entry.wrongType("the path of a manifest file, or a Kubernetes object")
            return []
        }
        // An object of Kubernetes has a kind; an entry with options names its manifest.
        guard entry.value["manifest"] != nil, entry.value["kind"] == nil else {
            return manifests.objects(of: entry)
        }
        guard let object = entry.object(keys: ["manifest", "mayBeRefused"]),
            let manifest = object.required("manifest", "the path of a manifest file, or a Kubernetes object")
        else { return [] }
        let mayBeRefused = object["mayBeRefused"].flatMap { $0.bool() } ?? false
        guard mayBeRefused else { return readManifest(manifest) }
        let reader = ScenarioReader(file: file, log: log, manifests: manifests.unvalidated)
        return reader.readManifest(manifest).map { object in
            var object = object
            object.mayBeRefused = true
            return object
        }
    }

    private func checkDuplicates(_ objects: [ManifestObject]) {
        var first: [ObjectReference: ManifestObject] = [:]
        for object in objects {
            let reference = ObjectReference(kind: object.kind, key: object.key)
            if let other = first[reference] {
                log.add(
                    .warning, file: object.file, at: object.position,
                    .duplicateObject(
                        kind: object.kind.name, name: "\(object.key)",
                        first: "\(other.file):\(other.position.line)"))
            } else {
                first[reference] = object
            }
        }
    }

    // MARK: Labels and selectors

    func readLabels(_ cursor: Cursor) -> [String: String] {
        var labels: [String: String] = [:]
        for (key, value) in cursor.entries(of: "labels") ?? [] {
            if !SelectorText.isKey(key) {
                value.report(
                    .badValue(
                        found: "the key '\(key)'", expected: "a label key such as app or example.com/app",
                        hint: ""))
            }
            guard let text = value.string("a label value") else { continue }
            if !SelectorText.isValue(text) {
                value.bad("at most 63 letters, digits, '-', '_' and '.', a letter or digit at both ends")
            }
            labels[key] = text
        }
        return labels
    }

    /// A text as of `kubectl -l`, or an object with matchLabels and matchExpressions.
    func readSelector(_ cursor: Cursor) -> LabelSelector? {
        if let text = cursor.value.text {
            do throws(SelectorText.Fault) {
                return try SelectorText.parse(text)
            } catch {
                cursor.bad("a label selector such as \"app=web,tier in (a,b)\"", hint: error.message)
                return nil
            }
        }
        guard let object = cursor.object(keys: ["matchLabels", "matchExpressions"]) else { return nil }
        var selector = LabelSelector()
        if let labels = object["matchLabels"] { selector.matchLabels = Labels(readLabels(labels)) }
        for expression in list(object["matchExpressions"], of: "expressions") {
            guard let parts = expression.object(keys: ["key", "operator", "values"]) else { continue }
            var requirement = SelectorRequirement()
            requirement.key = parts.required("key", "a label key")?.string() ?? ""
            let operators = ["In", "NotIn", "Exists", "DoesNotExist"]
            if let word = parts.required("operator", operators.joined(separator: ", ")) {
                requirement.operatorName = word.value.text ?? ""
                if !operators.contains(requirement.operatorName) {
                    word.bad("one of \(operators.joined(separator: ", "))")
                }
            }
            requirement.values = list(parts["values"], of: "label values").compactMap { $0.string() }
            let needsValues = ["In", "NotIn"].contains(requirement.operatorName)
            if needsValues == requirement.values.isEmpty, operators.contains(requirement.operatorName) {
                expression.report(
                    .badValue(
                        found: "\(requirement.values.count) values",
                        expected: needsValues ? "at least one value for In and NotIn" : "no values", hint: "")
                )
            }
            selector.matchExpressions.append(requirement)
        }
        return selector
    }
}

extension Array {
    /// Sorted, elements of equal rank in their present order.
    func stablySorted(by precedes: (Element, Element) -> Bool) -> [Element] {
        enumerated().sorted { left, right in
            if precedes(left.element, right.element) { return true }
            if precedes(right.element, left.element) { return false }
            return left.offset < right.offset
        }.map(\.element)
    }
}
