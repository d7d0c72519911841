import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// Plays a recorded case against simk's API server and controllers, and says where they differ.
///
/// The driver is user, kubelet and scheduler (`docs/reference/conformance.md`). What is compared after each
/// step: the answers of refused calls, what was read, the writes by others than the driver, the state of
/// every object that changed, and the events.
struct RecordingReplay: ~Copyable {
    let recording: JSONValue
    let variant: ReplayVariant
    var cluster: ReplayCluster
    var names: RecordedNames
    let view: RecordedView
    let writes: RecordedWrites

    /// What the driver got in the present step, and what it wrote itself.
    var responses: [JSONValue] = []
    var driverRevisions: [ClosedRange<Int64>] = []
    /// What was read in the present step.
    var reading: JSONValue?
    var boundPods = 0
    /// The addresses of pods that had a status once, by identity.
    var addresses: [String: String] = [:]
    private var shownState: OrderedDictionary<String, JSONValue> = [:]
    private(set) var tally = ComparisonTally()
    /// What the driver cannot play; the case is not covered then.
    var unsupported: [String] = []

    init(_ recording: JSONValue, variant: ReplayVariant) {
        self.recording = recording
        self.variant = variant
        var epoch = CalendarTime(rfc3339: "2026-01-01T00:30:00Z") ?? CalendarTime(unixSeconds: 0)
        epoch.unixSeconds += Self.secondsIntoMinute(recording)
        cluster = ReplayCluster(epoch: epoch) {
            ReplayControllers.add(to: &$0, for: recording, epoch: epoch, variant: variant)
        }
        ReplayControllers.configure(&cluster.server, for: recording)
        names = RecordedNames(hidesPods: recording["pods"] == "agg")
        view = RecordedView(recording, epoch: epoch)
        writes = RecordedWrites(view: view)
    }

    /// On which second of a minute the case began, as far as it waits for full minutes.
    private static func secondsIntoMinute(_ recording: JSONValue) -> Int64 {
        let steps = recording["steps"]?.arrayValue ?? []
        guard let index = steps.firstIndex(where: { $0["do"] == "waitMinute" }), index + 1 < steps.count
        else {
            return 0
        }
        let minute = (steps[index + 1]["t"]?.doubleValue ?? 0) - (steps[index]["plus"]?.doubleValue ?? 0)
        return Int64((60 - minute.truncatingRemainder(dividingBy: 60)).rounded(.down)) % 60
    }

    // MARK: Playing

    mutating func play() {
        prepare()
        let steps = recording["steps"]?.arrayValue ?? []
        cluster.run(until: time(steps.first?["t"] ?? 0))
        cluster.events = []
        takeNames(after: 0)
        _ = changedState()
        for (index, step) in steps.enumerated() {
            let revision = cluster.server.store.revision
            responses = []
            driverRevisions = []
            reading = nil
            cluster.events = []
            act(step)
            let end =
                index + 1 < steps.count
                ? time(steps[index + 1]["t"] ?? 0)
                : cluster.now + .seconds((step["seconds"]?.integerValue ?? 0) + 3)
            cluster.run(until: end)
            if cluster.isRestless {
                tally.check(false, "step \(index + 1): the controllers do not come to rest")
                return
            }
            if !unsupported.isEmpty { return }
            takeNames(after: revision)
            compare(step, "step \(index + 1) (\(step["do"]?.stringValue ?? ""))", after: revision)
        }
    }

    private func time(_ value: JSONValue) -> VirtualTime {
        .start + variant.phase + .milliseconds(Int64(((value.doubleValue ?? 0) * 1_000).rounded()))
    }

    private mutating func takeNames(after revision: Int64) {
        for change in cluster.server.store.changes(after: revision) ?? [] where change.kind == .added {
            names.add(change.object)
        }
    }

    // MARK: Comparing

    private mutating func compare(_ step: JSONValue, _ place: String, after revision: Int64) {
        var comparison = StepComparison(step)
        compareResponse(step, &comparison)
        compareWrites(step, after: revision, &comparison)
        compareState(step, &comparison)
        if !comparison.unstable.contains("events") { compareEvents(step, &comparison) }
        if step["do"] == "get" { comparison.check("object", step["object"], reading) }
        for result in comparison.results {
            tally.check(result == nil, "\(place): \(result ?? "")")
        }
    }

    private func compareResponse(_ step: JSONValue, _ comparison: inout StepComparison) {
        /// What follows a message's first line break are Go's internal structs.
        func firstLine(_ value: JSONValue?) -> JSONValue? {
            value?.stringValue.map { .string(String($0.prefix { $0 != "\n" })) } ?? value
        }
        func reduced(_ value: JSONValue?) -> JSONValue? {
            guard let value else { return nil }
            if let list = value.arrayValue { return .array(list.map { reduced($0) ?? .null }) }
            var kept = JSONValue.emptyObject
            for name in ["code", "reason", "message", "status"] { kept[name] = firstLine(value[name]) }
            let causes = value["details"]?["causes"]?.arrayValue ?? []
            if let cause = causes.first, cause["reason"] == "DisruptionBudget" {
                kept["cause"] = cause["message"]
            } else if value["reason"] == "Invalid", !causes.isEmpty {
                kept["causes"] = .array(
                    causes.map { cause in
                        var cause = cause
                        cause["message"] = firstLine(cause["message"])
                        return cause
                    })
            }
            return kept
        }
        let found: JSONValue? =
            responses.isEmpty ? JSONValue?.none : responses.count == 1 ? responses[0] : .array(responses)
        comparison.check("response", reduced(step["response"]), reduced(found))
    }

    private mutating func compareState(_ step: JSONValue, _ comparison: inout StepComparison) {
        var (changed, gone) = changedState()
        var expected = step["state"]?.objectValue ?? [:]
        for path in comparison.unstable where path.hasPrefix("state.") {
            for key in Set(changed.keys).union(expected.keys) {
                guard let parts = Self.parts(of: path, below: key) else { continue }
                if parts.isEmpty {
                    changed[key] = nil
                    expected[key] = nil
                } else {
                    changed[key] = changed[key]?.removing(parts)
                    expected[key] = expected[key]?.removing(parts)
                }
            }
        }
        for key in Set(changed.keys).union(expected.keys).sorted() {
            var found = changed[key]
            if found == nil, expected[key] != nil {
                // An object that changed and changed back shows in neither.
                found = shownState[key]
                for path in comparison.unstable {
                    if let parts = Self.parts(of: path, below: key) { found = found?.removing(parts) }
                }
            }
            comparison.check("state.\(key)", expected[key], found)
        }
        let expectedGone = step["gone"]?.arrayValue?.compactMap(\.stringValue).sorted() ?? []
        if !view.countsPods || gone != expectedGone {
            let unstableKeys = comparison.unstable.filter { $0.hasPrefix("state.") }.map { $0.dropFirst(6) }
            func list(_ names: [String]) -> JSONValue? {
                let stable = names.filter { name in !unstableKeys.contains { $0 == name } }
                return stable.isEmpty ? JSONValue?.none : .array(stable.sorted().map { .string($0) })
            }
            gone.sort()
            comparison.check("gone", list(expectedGone), list(gone))
        }
    }

    /// What an unstable path names below an object: nothing for the object itself, nil for another object.
    private static func parts(of path: String, below key: String) -> [String]? {
        let prefix = "state.\(key)"
        guard path.hasPrefix(prefix) else { return nil }
        let rest = path.dropFirst(prefix.count)
        if rest.isEmpty { return [] }
        guard rest.hasPrefix(".") else { return nil }
        return rest.dropFirst().split(separator: ".").map(String.init)
    }

    private func compareWrites(
        _ step: JSONValue, after revision: Int64, _ comparison: inout StepComparison
    ) {
        var lists: [String: [[JSONValue]]] = [:]
        /// Whether the driver's own deletions show depends on how many writes they take.
        var optional: [String: [[JSONValue]]] = [:]
        var podCounts = JSONValue.emptyObject
        for change in cluster.server.store.changes(after: revision) ?? [] {
            guard let write = writes.write(change, names) else { continue }
            let kind = change.object.kind
            if driverRevisions.contains(where: { $0.contains(change.revision) }) {
                if write[0] == "delete" || write[0] == "markDeleted" {
                    optional[kind.name, default: []].append(write)
                }
            } else if kind == .pod && view.countsPods {
                let verb = Self.verb(of: write)
                let owner = Self.owner(of: change, names)
                var counts = podCounts[verb] ?? .emptyObject
                counts[owner] = .integer((counts[owner]?.integerValue ?? 0) + 1)
                podCounts[verb] = counts
            } else {
                lists[kind.name, default: []].append(write)
            }
        }
        if step["net"] == true { lists = lists.mapValues(RecordedWrites.merged) }
        let kinds = Set(lists.keys).union(step["writes"]?.memberNames ?? [])
        for kind in kinds.sorted() {
            let expected = step["writes"]?[kind]
            if kind == "Pod" && view.countsPods { continue }
            var wanted = (expected?.arrayValue ?? []).compactMap(\.arrayValue)
            var found = lists[kind] ?? []
            for own in optional[kind] ?? []
            where !found.contains(where: { $0[1] == own[1] && $0[0] == own[0] }) {
                wanted.removeAll { $0[0] == own[0] && $0.count > 1 && $0[1] == own[1] }
            }
            if kind != "ReplicaSet" || step["net"] == true {
                func text(_ write: [JSONValue]) -> String { JSONValue.array(write).sortedText }
                found.sort { text($0) < text($1) }
                wanted.sort { text($0) < text($1) }
            }
            comparison.checkWrites(kind, wanted, found)
        }
        if view.countsPods {
            comparison.check(
                "writes.Pod", step["writes"]?["Pod"], podCounts.isGoEmpty ? JSONValue?.none : podCounts)
        }
    }

    private static func verb(of write: [JSONValue]) -> String {
        let verb = write[0].stringValue ?? ""
        guard verb == "update", write.count > 2 else { return verb }
        return verb + ":" + write[2].memberNames.joined(separator: ",")
    }

    /// The owner under which recordings count a pod's writes.
    private static func owner(of change: StoreChange, _ names: RecordedNames) -> String {
        let owner =
            change.object.metadata.controllerReference ?? change.previous?.metadata.controllerReference
        let kind = owner.flatMap { ObjectKind(apiVersion: $0.apiVersion, kind: $0.kind) }
        var name = owner.map { names.name(kind ?? .replicaSet, $0.name) } ?? ""
        let annotations = change.object.metadata.annotations
        if let index = annotations["batch.kubernetes.io/job-completion-index"] { name += "-\(index)" }
        return name
    }

    private func compareEvents(_ step: JSONValue, _ comparison: inout StepComparison) {
        let dropped = recording["dropEvents"]?.stringValue
        var found = EventCounts()
        for event in cluster.events {
            // A node that only makes up the rest of the cluster.
            if event.involvedKind == .node && !event.involvedKey.name.hasPrefix(RecordedNames.namespace) {
                continue
            }
            let object =
                "\(event.involvedKind.name)/\(names.name(event.involvedKind, event.involvedKey.name))"
            if let dropped, object.hasPrefix(dropped) { continue }
            found.add(
                object, event.severity.rawValue, event.reason, names.text(event.message), count: 1)
        }
        var wanted = EventCounts()
        for event in step["events"]?.arrayValue ?? [] {
            func text(_ name: String) -> String { event[name]?.stringValue ?? "" }
            wanted.add(
                text("object"), text("type"), text("reason"), text("message"),
                count: event["count"]?.integerValue ?? EventCounts.any)
        }
        wanted.compare(with: found, &comparison)
    }

    /// What is shown differently than after the last step, and what is no longer there.
    private mutating func changedState() -> (changed: OrderedDictionary<String, JSONValue>, gone: [String]) {
        var state: OrderedDictionary<String, JSONValue> = [:]
        var pods: OrderedDictionary<String, OrderedDictionary<String, Int64>> = [:]
        for kind in ObjectKind.allCases {
            let namespace = kind.isNamespaced ? RecordedNames.namespace : nil
            for object in cluster.server.store.list(kind, namespace: namespace) {
                guard let shown = view.state(object, names) else { continue }
                if let pod = object.pod, view.countsPods {
                    let owner = pod.value.metadata.controllerReference
                    let ownerKind = owner.flatMap { ObjectKind(apiVersion: $0.apiVersion, kind: $0.kind) }
                    let name = owner.map { names.name(ownerKind ?? .replicaSet, $0.name) } ?? ""
                    pods[name, default: [:]][view.podClass(pod.value, names), default: 0] += 1
                } else {
                    state["\(kind.name)/\(names.name(kind, object.metadata.name))"] = shown
                }
            }
        }
        for (owner, classes) in pods {
            var value = JSONValue.emptyObject
            for (name, count) in classes { value[name] = .integer(count) }
            state["Pods/\(owner)"] = value
        }
        var changed: OrderedDictionary<String, JSONValue> = [:]
        for (key, value) in state where !JSONValue.same(value, shownState[key]) { changed[key] = value }
        let gone = shownState.keys.elements.filter { state[$0] == nil }
        shownState = state
        return (changed, gone)
    }
}
