import ControlPlane
import Foundation
import KubernetesModel
import SimulationKernel

/// Plays a recorded case against simk's API server and controllers, and says where they differ.
///
/// The driver is user, kubelet and scheduler, as the recordings' README describes. What is compared after
/// each step: the answers of refused calls (code, reason and message), the writes by others than the
/// driver, the state of every object that changed, and the events.
final class RecordingReplay {
    struct Difference: CustomStringConvertible {
        var step: Int
        var part: String
        var expected: String
        var found: String
        var description: String { "step \(step) \(part)\n    expected \(expected)\n    found    \(found)" }
    }

    /// How long the driver's calls for one pod take.
    static let driverPause = VirtualDuration.milliseconds(8)

    let recording: JSONValue
    private let cluster: ReplayCluster
    private var names: RecordingNames
    private let view: RecordingView
    private var driverRevisions: [ClosedRange<Int64>] = []
    private var responses: [JSONValue] = []
    private var shownState: [String: JSONValue] = [:]
    private var boundPods = 0
    private var addresses = 0
    private(set) var differences: [Difference] = []
    /// Actions that the driver does not know.
    private(set) var unsupported: [String] = []

    init(_ recording: JSONValue, configure: (inout ControllerManager, CalendarTime) -> Void) {
        self.recording = recording
        var epoch = CalendarTime(rfc3339: "2026-01-01T00:30:00Z") ?? CalendarTime(unixSeconds: 0)
        epoch.unixSeconds += Self.secondsIntoMinute(recording)
        cluster = ReplayCluster(epoch: epoch) { configure(&$0, epoch) }
        let countsPods = recording["pods"] == "agg"
        names = RecordingNames(hidesPods: countsPods)
        view = RecordingView(
            epoch: epoch, countsPods: countsPods,
            podSpecMembers: recording["podSpec"]?.arrayValue?.compactMap(\.stringValue) ?? [])
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

    /// Whether everything agreed.
    func run() -> Bool {
        cluster.server.bootstrap(at: cluster.now)
        cluster.handle(
            .createManifest(
                [
                    "apiVersion": "v1", "kind": "Namespace",
                    "metadata": ["name": .string(RecordingNames.namespace)],
                ]))
        let steps = recording["steps"]?.arrayValue ?? []
        cluster.run(until: time(steps.first?["t"] ?? 0))
        cluster.events = []
        takeNames(after: 0)
        _ = changedState()
        for (index, step) in steps.enumerated() {
            let revision = cluster.server.store.revision
            responses = []
            driverRevisions = []
            cluster.events = []
            act(step)
            let end =
                index + 1 < steps.count
                ? time(steps[index + 1]["t"] ?? 0)
                : cluster.now + .seconds((step["seconds"]?.integerValue ?? 0) + 3)
            cluster.run(until: end)
            if cluster.isRestless { unsupported.append("does not come to rest") }
            if !unsupported.isEmpty { return false }
            takeNames(after: revision)
            compare(step, index, after: revision)
        }
        return differences.isEmpty
    }

    private func time(_ value: JSONValue) -> VirtualTime {
        .start + .milliseconds(Int64(((value.doubleValue ?? 0) * 1_000).rounded()))
    }

    private func takeNames(after revision: Int64) {
        for change in cluster.server.store.changes(after: revision) ?? [] where change.kind == .added {
            names.add(change.object)
        }
    }

    // MARK: Comparing

    private func compare(_ step: JSONValue, _ index: Int, after revision: Int64) {
        let unstable = step["unstable"]?.arrayValue?.compactMap(\.stringValue) ?? []
        func check(_ part: String, _ expected: JSONValue?, _ found: JSONValue?) {
            if unstable.contains(part) || Self.matches(expected, found) { return }
            differences.append(
                Difference(
                    step: index, part: part, expected: expected?.sortedText ?? "nothing",
                    found: found?.sortedText ?? "nothing"))
        }
        compareResponse(step, check)
        if step["do"] == "get" { check("object", step["object"], shownObject(step)) }
        compareWrites(step, after: revision, check)

        var (changed, gone) = changedState()
        var expected: [String: JSONValue] = [:]
        for (key, value) in Array(step["state"]?.objectValue ?? JSONValue.emptyObject.objectValue!) {
            expected[key] = value
        }
        for path in unstable where path.hasPrefix("state.") {
            for key in Set(changed.keys).union(expected.keys) where path.hasPrefix("state.\(key)") {
                let rest = path.dropFirst("state.\(key)".count)
                if rest.isEmpty {
                    changed[key] = nil
                    expected[key] = nil
                } else {
                    let parts = rest.dropFirst().split(separator: ".", omittingEmptySubsequences: false).map(
                        String.init)
                    changed[key] = changed[key]?.removing(parts)
                    expected[key] = expected[key]?.removing(parts)
                }
            }
        }
        for key in Set(changed.keys).union(expected.keys).sorted() {
            // An object that changed and changed back shows in neither.
            let found =
                changed[key] ?? expected[key].flatMap { _ in shownState[key]?.removingAll(unstable, key) }
            check("state.\(key)", expected[key], found)
        }
        let expectedGone = step["gone"]?.arrayValue?.compactMap(\.stringValue).sorted() ?? []
        if !view.countsPods || gone != expectedGone {
            let foundGone = gone.sorted()
            check(
                "gone", expectedGone.isEmpty ? nil : .array(expectedGone.map { .string($0) }),
                foundGone.isEmpty ? nil : .array(foundGone.map { .string($0) }))
        }
        if !unstable.contains("events") { compareEvents(step, check) }
    }

    /// The paths of an object that a `get` asks for; those that are not there are left out.
    private func shownObject(_ step: JSONValue) -> JSONValue? {
        guard let (kind, key) = target(step), let object = cluster.server.store[kind, key] else { return nil }
        let tree = object.tree(epoch: cluster.epoch)
        var shown = JSONValue.emptyObject
        for path in (step["show"]?.arrayValue ?? []).compactMap(\.stringValue) {
            shown[path] = path.split(separator: ".").reduce(Optional(tree)) { value, part in
                guard let index = Int(part) else { return value?[String(part)] }
                let list = value?.arrayValue ?? []
                return list.indices.contains(index) ? list[index] : nil
            }
        }
        return shown
    }

    private func compareResponse(_ step: JSONValue, _ check: (String, JSONValue?, JSONValue?) -> Void) {
        func reduced(_ value: JSONValue?) -> JSONValue? {
            guard let value else { return nil }
            if let list = value.arrayValue { return .array(list.map { reduced($0) ?? .null }) }
            var kept = JSONValue.emptyObject
            for name in ["code", "reason", "message", "status"] { kept[name] = value[name] }
            if let cause = value["details"]?["causes"]?[0], cause["reason"] == "DisruptionBudget" {
                kept["cause"] = cause["message"]
            }
            return kept
        }
        let found: JSONValue? =
            responses.isEmpty ? nil : responses.count == 1 ? responses[0] : .array(responses)
        check("response", reduced(step["response"]), found)
    }

    private func compareWrites(
        _ step: JSONValue, after revision: Int64, _ check: (String, JSONValue?, JSONValue?) -> Void
    ) {
        var lists: [String: [[JSONValue]]] = [:]
        var podCounts = JSONValue.emptyObject
        for change in cluster.server.store.changes(after: revision) ?? [] {
            if driverRevisions.contains(where: { $0.contains(change.revision) }) { continue }
            guard view.state(change.object, names) != nil, let write = view.write(change, names) else {
                continue
            }
            let kind = change.object.kind
            if kind == .pod && view.countsPods {
                let owner =
                    change.object.metadata.controllerReference
                    ?? change.previous?.metadata.controllerReference
                let ownerKind = owner.flatMap { ObjectKind(apiVersion: $0.apiVersion, kind: $0.kind) }
                var ownerName = owner.map { names.name(ownerKind ?? .replicaSet, $0.name) } ?? ""
                let annotations = change.object.metadata.annotations
                if let index = annotations["batch.kubernetes.io/job-completion-index"] {
                    ownerName += "-\(index)"
                }
                var verb = write[0].stringValue ?? ""
                if verb == "update", let fields = write[2].objectValue {
                    verb += ":" + Array(fields).map(\.key).sorted().joined(separator: ",")
                }
                let count = podCounts[verb]?[ownerName]?.integerValue ?? 0
                var counts = podCounts[verb] ?? .emptyObject
                counts[ownerName] = .integer(count + 1)
                podCounts[verb] = counts
            } else {
                lists[kind.name, default: []].append(write)
            }
        }
        if step["net"] == true { lists = lists.mapValues(Self.merged) }
        let isSorted = recording["order"] == "sorted"
        for kind in Set(lists.keys).union(
            Array(step["writes"]?.objectValue ?? JSONValue.emptyObject.objectValue!).map(\.key)
        ).sorted() {
            let expected = step["writes"]?[kind]
            if kind == "Pod" && view.countsPods {
                check("writes.Pod", expected, podCounts.isGoEmpty ? nil : podCounts)
                continue
            }
            var found = (lists[kind] ?? []).map { JSONValue.array($0) }
            var wanted = expected
            let hidesOwn = ["Pod", "ResourceQuota"].contains(kind)
            if step["do"] == "delete" && step["kind"]?.stringValue == kind && hidesOwn {
                // Whether the driver's own deletion shows depends on how many writes it takes.
                func isOwn(_ write: [JSONValue]) -> Bool {
                    write[0] != "update" && write[0] != "create" && write[1] == step["name"]
                }
                found.removeAll { isOwn($0.arrayValue ?? []) }
                let rest = wanted?.arrayValue?.filter { !isOwn($0.arrayValue ?? []) } ?? []
                wanted = rest.isEmpty ? Optional.none : .array(rest)
            }
            if (isSorted && kind == "Pod") || step["net"] == true || kind != "ReplicaSet" {
                found.sort { $0.sortedText < $1.sortedText }
                wanted = wanted?.arrayValue.map { .array($0.sorted { $0.sortedText < $1.sortedText }) }
            }
            check("writes.\(kind)", wanted, found.isEmpty ? nil : .array(found))
        }
        if step["writes"]?["Pod"] == nil && !podCounts.isGoEmpty { check("writes.Pod", nil, podCounts) }
    }

    /// Updates of one object one after another count as one, from the first old to the last new values.
    private static func merged(_ writes: [[JSONValue]]) -> [[JSONValue]] {
        var result: [[JSONValue]] = []
        for write in writes {
            guard write[0] == "update",
                let index = result.lastIndex(where: { $0[1] == write[1] }), result[index][0] == "update"
            else {
                result.append(write)
                continue
            }
            var changes = result[index][2]
            for (path, pair) in Array(write[2].objectValue!) {
                let first = changes[path]?[0] ?? pair[0] ?? .null
                let last = pair[1] ?? .null
                let pair: JSONValue? = JSONValue.same(first, last) ? Optional.none : .array([first, last])
                changes[path] = pair
            }
            result[index][2] = changes
        }
        return result.filter { $0[0] != "update" || !$0[2].isGoEmpty }
    }

    private func compareEvents(_ step: JSONValue, _ check: (String, JSONValue?, JSONValue?) -> Void) {
        /// Warnings that depend on how often a key was tried.
        let indicative = ["NoPods", "UnmanagedPods", "FailedCreate", "MultiplePodDisruptionBudgets"]
        var counts: [String: Int64] = [:]
        for event in cluster.events {
            let name = names.name(event.involvedKind, event.involvedKey.name)
            let message = names.text(event.message)
            let key =
                "\(event.involvedKind.name)/\(name) \(event.severity.rawValue) \(event.reason) \(message)"
            counts[key, default: 0] += 1
            if indicative.contains(event.reason) { counts[key] = -1 }
        }
        var wanted: [String: Int64] = [:]
        for event in step["events"]?.arrayValue ?? [] {
            func text(_ name: String) -> String { event[name]?.stringValue ?? "" }
            let key = "\(text("object")) \(text("type")) \(text("reason")) \(text("message"))"
            wanted[key] = indicative.contains(text("reason")) ? -1 : event["count"]?.integerValue ?? -1
        }
        for key in Set(counts.keys).union(wanted.keys).sorted() {
            if wanted[key] == -1 && counts[key] != nil { continue }
            check(
                "events \(key)", wanted[key].map { .integer($0) }, counts[key].map { .integer($0) })
        }
    }

    /// What is shown differently than after the last step, and what is no longer there.
    private func changedState() -> (changed: [String: JSONValue], gone: [String]) {
        var state: [String: JSONValue] = [:]
        var pods: [String: [String: Int64]] = [:]
        for kind in ObjectKind.allCases {
            let namespace = kind == .node ? nil : RecordingNames.namespace
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
        var changed: [String: JSONValue] = [:]
        for (key, value) in state where !JSONValue.same(value, shownState[key]) { changed[key] = value }
        let gone = shownState.keys.filter { state[$0] == nil }.sorted()
        shownState = state
        return (changed, gone)
    }

    /// Equal up to the order of members, patterns, and empty texts that Go leaves out.
    private static func matches(_ expected: JSONValue?, _ found: JSONValue?) -> Bool {
        if case .object? = expected, let options = expected?["oneOf"]?.arrayValue {
            return options.contains { matches($0, found) }
        }
        switch (expected, found) {
        case (.object(let left)?, .object(let right)?):
            var keys = Set(Array(left).map(\.key))
            keys.formUnion(Array(right).map(\.key))
            return keys.allSatisfy { matches(expected?[$0], found?[$0]) }
        case (.array(let left)?, .array(let right)?):
            return left.count == right.count && zip(left, right).allSatisfy { matches($0, $1) }
        case (.string("<uid>")?, .string?), (.string("<time>")?, .string?): return true
        case (nil, .string("")?), (.string("")?, nil): return true
        default: return JSONValue.same(expected, found)
        }
    }

    // MARK: Driving

    private func call(_ request: APIRequest, isShown: Bool = false) {
        let before = cluster.server.store.revision
        let result = cluster.handle(request)
        let after = cluster.server.store.revision
        if after > before && !isShown { driverRevisions.append(before + 1...after) }
        if case .failure(let error) = result {
            var response: JSONValue = [
                "code": .integer(Int64(error.code)), "message": .string(names.text(error.message)),
            ]
            // Upstream gives such an answer no reason.
            if error.reason != .internalError { response["reason"] = .string(error.reason.rawValue) }
            if !error.detail.isEmpty { response["cause"] = .string(names.text(error.detail)) }
            responses.append(response)
        } else if isShown {
            responses.append(["code": 201, "status": "Success"])
        }
    }

    private func key(_ name: String) -> ObjectKey {
        ObjectKey(namespace: RecordingNames.namespace, name: name)
    }

    private func target(_ step: JSONValue) -> (kind: ObjectKind, key: ObjectKey)? {
        guard let kindName = step["kind"]?.stringValue, let name = step["name"]?.stringValue,
            let kind = ObjectKind.allCases.first(where: { $0.name == kindName })
        else { return nil }
        return (
            kind,
            ObjectKey(
                namespace: kind.info.isNamespaced ? RecordingNames.namespace : "",
                name: names.actual(kind, name))
        )
    }

    /// The object's own manifest with the case's namespace.
    private func manifest(_ object: JSONValue) -> JSONValue {
        var object = replacingNamespace(object)
        var metadata = object["metadata"] ?? .emptyObject
        let kind = ObjectKind(
            apiVersion: object["apiVersion"]?.stringValue ?? "", kind: object["kind"]?.stringValue ?? "")
        if kind?.info.isNamespaced ?? true { metadata["namespace"] = .string(RecordingNames.namespace) }
        object["metadata"] = metadata
        return object
    }

    private func replacingNamespace(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): return .string(text.replacing("<ns>", with: RecordingNames.namespace))
        case .array(let elements): return .array(elements.map(replacingNamespace))
        case .object(let members):
            var result = JSONValue.emptyObject
            for (name, member) in Array(members) { result[name] = replacingNamespace(member) }
            return result
        default: return value
        }
    }

    private func act(_ step: JSONValue) {
        let action = step["do"]?.stringValue ?? ""
        switch action {
        case "create":
            call(.createManifest(manifest(step["object"] ?? .null)))
            if step["object"]?["kind"] == "Node" { clearTaint(manifest(step["object"] ?? .null)) }
        case "wait", "waitMinute", "get": break
        case "cronLast":
            let jobs = cluster.server.store.list(.cronJob, namespace: RecordingNames.namespace)
            guard jobs.count == 1, let job = jobs[0].cronJob?.value else { return unsupported.append(action) }
            let ago = Int64((step["hoursAgo"]?.doubleValue ?? 0) * 3_600)
            let last = Timestamp(seconds: Timestamp(cluster.now).seconds - ago)
            call(.updateStatus(APIObject(job.with { $0.status.lastScheduleTime = last })))
        case "patch", "label", "annotate": patch(step, action)
        case "scale":
            guard let (kind, key) = target(step) else { return unsupported.append(action) }
            call(.patch(kind, key, .merge(["spec": ["replicas": step["replicas"] ?? .null]]), uid: nil))
        case "delete":
            guard let (kind, key) = target(step) else { return unsupported.append(action) }
            call(.delete(kind, key, options(step)))
        case "podReady", "podNotReady", "podRunning", "podPending", "podSucceeded", "podFailed", "podBind",
            "finalizePodDeletion", "podDelete", "evict":
            for (index, name) in pods(step).enumerated() {
                // The driver makes its calls one after another.
                if index > 0 { cluster.run(until: cluster.now + Self.driverPause) }
                act(action, name, step)
            }
        default: unsupported.append(action)
        }
    }

    /// Nodes were ready when a case began: takes away what admission gives a new node until it is.
    private func clearTaint(_ manifest: JSONValue) {
        let name = manifest["metadata"]?["name"]?.stringValue ?? ""
        let given = (manifest["spec"]?["taints"]?.arrayValue ?? []).filter {
            $0["key"] != "node.kubernetes.io/not-ready"
        }
        call(.patch(.node, ObjectKey(name: name), .merge(["spec": ["taints": .array(given)]]), uid: nil))
    }

    private func options(_ step: JSONValue) -> DeleteOptions {
        DeleteOptions(
            gracePeriodSeconds: step["grace"]?.integerValue,
            propagation: step["propagation"]?.stringValue.flatMap(DeleteOptions.Propagation.init(rawValue:)))
    }

    private func patch(_ step: JSONValue, _ action: String) {
        guard let (kind, key) = target(step) else { return unsupported.append(action) }
        if action != "patch" {
            let member = action == "label" ? "labels" : "annotations"
            call(.patch(kind, key, .merge(["metadata": [member: step[member] ?? .null]]), uid: nil))
            return
        }
        let change = replacingNamespace(step["patch"] ?? .null)
        if step["type"] == "merge" || step["type"] == nil {
            call(.patch(kind, key, .merge(change), uid: nil))
        } else if change.arrayValue == nil, let object = cluster.server.store[kind, key] {
            // A strategic merge patch, made into a plain one by merging the lists here.
            let merged = change.mergingLists(into: object.tree(epoch: cluster.epoch))
            call(.patch(kind, key, .merge(merged), uid: nil))
        } else {
            unsupported.append("\(action) \(step["type"]?.stringValue ?? "json")")
        }
    }

    /// The actual names of the pods that a step is about.
    private func pods(_ step: JSONValue) -> [String] {
        if let name = step["pod"]?.stringValue { return [names.actual(.pod, name)] }
        guard let pick = step["pick"] else { return [] }
        let owner = pick["owner"]?.stringValue
        let wanted = pick["class"]?.stringValue ?? ""
        let all = cluster.server.store.list(.pod, namespace: RecordingNames.namespace).compactMap(\.pod).map(
            \.value)
        let found = all.filter { pod in
            if let owner {
                guard let reference = pod.metadata.controllerReference,
                    let kind = ObjectKind(apiVersion: reference.apiVersion, kind: reference.kind),
                    names.name(kind, reference.name) == owner
                else { return false }
            }
            switch wanted {
            case "active": return pod.isActive
            case "unassigned": return pod.isActive && pod.nodeName.isEmpty
            case "notReady": return pod.isActive && !pod.isReady
            case "ready": return pod.isActive && pod.isReady
            case "deleting": return pod.metadata.isBeingDeleted
            case "failed": return pod.status.phase == .failed
            case "terminal": return pod.status.phase.isTerminal
            default: return false
            }
        }.map { (shown: names.name(.pod, $0.metadata.name), actual: $0.metadata.name) }
        let sorted = found.sorted { $0.shown.compare($1.shown, options: .numeric) == .orderedAscending }
        let count = pick["n"] == "all" ? sorted.count : Int(pick["n"]?.integerValue ?? 1)
        return sorted.prefix(count).map(\.actual)
    }

    private func act(_ action: String, _ name: String, _ step: JSONValue) {
        let key = key(name)
        if action == "evict" {
            call(.evict(pod: key, options(step)), isShown: true)
            return
        }
        guard let pod = cluster.server.store.get(Pod.self, key)?.value else { return }
        switch action {
        case "podDelete": call(.delete(.pod, key, options(step)))
        case "finalizePodDeletion":
            if pod.metadata.isBeingDeleted {
                call(.delete(.pod, key, DeleteOptions(gracePeriodSeconds: 0, uid: pod.metadata.uid)))
            }
        default:
            if pod.nodeName.isEmpty && !pod.metadata.isBeingDeleted {
                let nodes = recording["nodes"]?.arrayValue?.compactMap(\.stringValue) ?? ["n1", "n2", "n3"]
                var node = step["node"]?.stringValue
                if pod.metadata.controllerReference?.kind == "DaemonSet" {
                    let term = pod.spec.affinity?.nodeAffinity?.required?.nodeSelectorTerms.first
                    node = term?.matchFields.first?.values.first
                }
                if node == nil {
                    node = nodes[boundPods % nodes.count]
                    boundPods += 1
                }
                call(
                    .bind(
                        pod: key, uid: pod.metadata.uid,
                        node: replacingNamespace(.string(node ?? "")).stringValue ?? ""))
            }
            if action != "podBind" { report(action, key, step) }
        }
    }

    /// Writes a pod's status as its kubelet would.
    private func report(_ action: String, _ key: ObjectKey, _ step: JSONValue) {
        guard let pod = cluster.server.store.get(Pod.self, key)?.value else { return }
        let now =
            step["at"]?.doubleValue.map { Timestamp(seconds: Int64($0.rounded(.down))) }
            ?? Timestamp(cluster.now)
        var status = PodStatus()
        let isReady = action == "podReady"
        switch action {
        case "podSucceeded": status.phase = .succeeded
        case "podFailed": status.phase = .failed
        case "podPending": status.phase = .pending
        default: status.phase = .running
        }
        status.reason = step["reason"]?.stringValue ?? ""
        status.startTime = pod.status.startTime ?? now
        if action != "podPending" {
            addresses += pod.status.podIP.isEmpty ? 1 : 0
            status.podIP =
                pod.status.podIP.isEmpty
                ? "10.244.\(addresses / 250).\(addresses % 250 + 1)" : pod.status.podIP
        }
        for type in ["Initialized", "Ready", "ContainersReady"] {
            let holds = type == "Initialized" || isReady
            var condition = Condition(type, holds ? .isTrue : .isFalse, lastTransitionTime: now)
            if let old = pod.status.conditions[type], old.status == condition.status, step["at"] == nil {
                condition.lastTransitionTime = old.lastTransitionTime
            }
            status.conditions.append(condition)
        }
        if let extra = step["condition"] {
            status.conditions.append(
                Condition(
                    extra["type"]?.stringValue ?? "",
                    extra["status"]?.stringValue.flatMap(ConditionStatus.init(rawValue:)) ?? .unknown,
                    reason: extra["reason"]?.stringValue ?? "", message: extra["message"]?.stringValue ?? "",
                    lastTransitionTime: now))
        }
        status.containerStatuses = pod.spec.fields.containers.enumerated().map { index, container in
            var value = ContainerStatus()
            value.name = container.name
            value.image = container.image
            value.ready = isReady
            value.started = status.phase == .running
            let restarts = step["restarts"]
            value.restartCount = restarts?[index]?.integerValue ?? restarts?.integerValue ?? 0
            if status.phase.isTerminal {
                var end = ContainerState.Termination()
                end.exitCode = status.phase == .succeeded ? 0 : step["exitCode"]?.integerValue ?? 1
                end.finishedAt = Timestamp(
                    seconds: now.seconds - (step["finishedAgo"]?.integerValue ?? 0))
                value.state = .terminated(end)
            } else {
                value.state =
                    status.phase == .running
                    ? .running(startedAt: now) : .waiting(reason: "ContainerCreating", message: "")
            }
            return value
        }
        call(.patch(.pod, key, .podStatus(status), uid: pod.metadata.uid))
    }
}

extension JSONValue {
    /// This patch with its lists of named things merged into those of an object, as strategic merging does.
    func mergingLists(into object: JSONValue?) -> JSONValue {
        switch self {
        case .object(let members):
            var result = JSONValue.emptyObject
            for (name, member) in Array(members) { result[name] = member.mergingLists(into: object?[name]) }
            // Setting a member to null must survive.
            for (name, member) in Array(members) where member.isNull { result[name] = .null }
            return result
        case .array(let elements) where elements.contains { $0["name"] != nil }:
            var merged = object?.arrayValue ?? []
            for element in elements {
                if let index = merged.firstIndex(where: { $0["name"] == element["name"] }) {
                    merged[index] = merged[index].merging(element)
                } else {
                    merged.append(element)
                }
            }
            return .array(merged)
        default: return self
        }
    }

    /// This tree without one part; `conditions[Type]` names a condition.
    func removing(_ path: [String]) -> JSONValue {
        guard let first = path.first else { return self }
        var result = self
        if let bracket = first.firstIndex(of: "["), let list = self[String(first[..<bracket])]?.arrayValue {
            let type = String(first[first.index(after: bracket)...].dropLast())
            result[String(first[..<bracket])] = .array(
                list.map { $0["type"]?.stringValue == type ? $0.removing(Array(path.dropFirst())) : $0 })
        } else if path.count == 1 {
            result[first] = nil
        } else if let member = self[first] {
            result[first] = member.removing(Array(path.dropFirst()))
        }
        return result
    }

    /// This state without the unstable parts that name its object.
    func removingAll(_ unstable: [String], _ key: String) -> JSONValue {
        unstable.filter { $0.hasPrefix("state.\(key).") }.reduce(self) { state, path in
            state.removing(path.dropFirst("state.\(key).".count).split(separator: ".").map(String.init))
        }
    }
}
