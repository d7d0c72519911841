import Failures
import KubernetesModel
import SimulationKernel

extension ScenarioReader {
    /// An entry, where it stands, and where its action names an object.
    struct ReadEntry {
        var entry: TimelineEntry
        var cursor: Cursor
        /// The action's own place.
        var action: Cursor?
        var object: (reference: ObjectReference, cursor: Cursor)?
    }

    func readTimelineEntry(_ cursor: Cursor, _ references: References) -> ReadEntry? {
        guard let object = cursor.object(keys: ["at", "as", "description"] + TimelineAction.names) else {
            return nil
        }
        let at = object.required("at", "the moment, such as \"5m\" after the start")?.duration()
        if let at, let duration = references.duration, at > duration {
            object["at"]?.report(
                .outsideRun(moment: DurationText.text(at), duration: DurationText.text(duration)))
        }
        let name = object["as"].flatMap(readMomentName)
        let description = object["description"]?.string() ?? ""
        let present = object.present(TimelineAction.names)
        if present.count > 1 || (present.isEmpty && object["as"] == nil) {
            cursor.report(.notExactlyOne(of: TimelineAction.names, found: present))
            return nil
        }
        var action: TimelineAction?
        var named: (ObjectReference, Cursor)?
        if let key = present.first, let place = object[key] {
            action = readAction(key, place, references, &named)
            if action == nil { return nil }
        }
        guard let at else { return nil }
        let entry = TimelineEntry(at: .start + at, name: name, description: description, action: action)
        return ReadEntry(
            entry: entry, cursor: cursor, action: present.first.flatMap { object[$0] }, object: named)
    }

    private func readMomentName(_ cursor: Cursor) -> String? {
        guard let name = cursor.string("a name for the moment") else { return nil }
        let isValid =
            name.first.map { $0.isASCII && $0.isLetter } == true
            && name.allSatisfy { ($0.isASCII && ($0.isLetter || $0.isNumber)) || $0 == "-" || $0 == "_" }
        if !isValid || name == "start" || name == "end" {
            cursor.bad(
                "a name of letters, digits, '-' and '_' that begins with a letter",
                hint: name == "start" || name == "end" ? "'\(name)' is taken by the run itself" : "")
            return nil
        }
        return name
    }

    /// The named moments of the timeline; those of entries with other errors too, so that they are not reported
    /// as missing.
    func readMoments(_ cursors: [Cursor], _ entries: [ReadEntry], _ duration: VirtualDuration?) -> [String:
        VirtualTime]
    {
        var moments: [String: VirtualTime] = ["start": .start]
        if let duration { moments["end"] = .start + duration }
        var seen: Set<String> = []
        for cursor in cursors {
            guard let name = cursor.value["as"]?.text else { continue }
            if !seen.insert(name).inserted {
                Cursor(
                    cursor.value, path: joined(cursor.path, "as"), file: file, log: log,
                    position: cursor.value["as"]?.position
                ).report(.duplicateName(what: "moment", name))
            }
            if moments[name] == nil { moments[name] = .start + (writtenTime(of: cursor) ?? .zero) }
        }
        for entry in entries { if let name = entry.entry.name { moments[name] = entry.entry.at } }
        return moments
    }

    /// The time that an entry gives, wrong elsewhere or not; nil when it gives none that can be read.
    private func writtenTime(of entry: Cursor) -> VirtualDuration? {
        guard let text = entry.value["at"]?.text, case .success(let time) = DurationText.parse(text),
            time >= .zero
        else { return nil }
        return time
    }

    // MARK: Actions

    private func readAction(
        _ key: String, _ cursor: Cursor, _ references: References, _ named: inout (ObjectReference, Cursor)?
    ) -> TimelineAction? {
        switch key {
        case "apply":
            if cursor.value.elements != nil { return .apply(readManifests(cursor)) }
            return .apply(readManifest(cursor))
        case "cordon", "uncordon", "recover", "drain", "taint", "untaint", "fail":
            return readNodeAction(key, cursor, references)
        case "killLeader": return readKillLeader(cursor)
        default: return readObjectAction(key, cursor, &named)
        }
    }

    private func readKillLeader(_ cursor: Cursor) -> TimelineAction? {
        if cursor.value.members == nil {
            return cursor.choice(TimelineAction.LeaderComponent.self).map { .killLeader($0, duration: nil) }
        }
        guard let object = cursor.object(keys: ["component", "mode", "for"]) else { return nil }
        let component = object.required("component", "scheduler or controller-manager")?
            .choice(TimelineAction.LeaderComponent.self)
        let duration = object["for"]?.duration(.positive)
        let failure = object["mode"].flatMap { $0.choice(TimelineAction.LeaderFailure.self) } ?? .kill
        return component.map { .killLeader($0, failure, duration: duration) }
    }

    private func readObjectAction(
        _ key: String, _ cursor: Cursor, _ named: inout (ObjectReference, Cursor)?
    ) -> TimelineAction? {
        let extra: [String] =
            switch key {
            case "delete": ["gracePeriodSeconds", "propagation"]
            case "scale": ["replicas"]
            case "setImage": ["container", "image"]
            case "rollback": ["toRevision"]
            case "label", "annotate": ["set"]
            default: []
            }
        var object: ObjectCursor?
        var place = cursor
        var namespace: String?
        if cursor.value.members != nil || !["delete", "rollback", "restart"].contains(key) {
            guard let parts = cursor.object(keys: ["object", "namespace"] + extra) else { return nil }
            object = parts
            namespace = parts["namespace"]?.string()
            guard let named = parts.required("object", "the object, such as deployment/web") else {
                return nil
            }
            place = named
        }
        guard let reference = readObject(place, namespace: namespace) else { return nil }
        named = (reference, place)
        func supports(_ kinds: [ObjectKind]) -> Bool {
            if kinds.contains(reference.kind) { return true }
            let names = kinds.map { $0.name.lowercased() }.joined(separator: ", ")
            place.bad(
                "an object of kind \(names)", hint: "\(key) does not work on \(reference.kind.info.plural)")
            return false
        }
        switch key {
        case "delete":
            let grace = object?["gracePeriodSeconds"]?.integer(
                0...Int64(Int32.max), "a whole number of seconds")
            let propagation = object?["propagation"]?.choice(Propagation.self)
            return .delete(reference, gracePeriodSeconds: grace, propagation: propagation?.rawValue)
        case "scale":
            guard supports([.deployment, .statefulSet, .replicaSet, .replicationController]) else {
                return nil
            }
            let replicas = object?.required("replicas", "how many pods")?
                .integer(0...1_000_000, "a whole number from 0 to 1000000")
            return replicas.map { .scale(reference, replicas: $0) }
        case "setImage":
            guard
                supports([.deployment, .statefulSet, .daemonSet, .replicaSet, .replicationController, .pod])
            else { return nil }
            let place = object?.required("container", "the container's name")
            if place?.value.text == "*" {
                place?.report(.notSimulated("setting the image of all containers at once"))
            }
            guard let container = place?.string() else { return nil }
            let image = object?.required("image", "the new image")?.string()
            return image.map { .setImage(reference, container: container, image: $0) }
        case "rollback":
            guard supports([.deployment]) else { return nil }
            let revision = object?["toRevision"]?.integer(0...Int64.max, "a revision's number")
            return .rollback(reference, toRevision: revision == 0 ? nil : revision)
        case "restart":
            return supports([.deployment, .statefulSet, .daemonSet]) ? .restart(reference) : nil
        default:
            guard let set = object?.required("set", "an object of texts, null to remove") else { return nil }
            var changes: [String: String?] = [:]
            for (name, value) in set.entries(of: "texts") ?? [] {
                if !SelectorText.isKey(name) {
                    value.report(
                        .badValue(
                            found: "the key '\(name)'", expected: "a key such as app or example.com/app",
                            hint: ""))
                }
                if value.value.isNull {
                    changes[name] = .some(nil)
                } else if let text = value.string("a text, or null to remove it") {
                    if key == "label", !SelectorText.isValue(text) { value.bad("a label value") }
                    changes[name] = text
                }
            }
            return key == "label" ? .label(reference, changes) : .annotate(reference, changes)
        }
    }

    private enum Propagation: String, CaseIterable {
        case background = "Background"
        case foreground = "Foreground"
        case orphan = "Orphan"
    }

    /// One object by kind and name.
    func readObject(_ cursor: Cursor, namespace: String?) -> ObjectReference? {
        guard let selection = readSelection(cursor, namespace: namespace) else { return nil }
        guard let name = selection.name else {
            cursor.bad("one object, such as deployment/web")
            return nil
        }
        return ObjectReference(
            kind: selection.kind, key: ObjectKey(namespace: selection.namespace ?? "", name: name))
    }

    func readSelection(_ cursor: Cursor, namespace: String?) -> ObjectSelection? {
        guard let text = cursor.string("an object or selection such as deployment/web or \"pods -l app=web\"")
        else {
            return nil
        }
        do throws(ObjectSelection.Fault) {
            var selection = try ObjectSelection(parsing: text)
            if let namespace, selection.kind.info.isNamespaced { selection.namespace = namespace }
            return selection
        } catch {
            let message = error.message
            cursor.bad(message.expected, hint: message.hint)
            return nil
        }
    }

    // MARK: Nodes

    private func readNodeAction(_ key: String, _ cursor: Cursor, _ references: References) -> TimelineAction?
    {
        let extra: [String] =
            switch key {
            case "drain":
                ["gracePeriodSeconds", "ignoreDaemonSets", "deleteEmptyDirData", "force", "timeout"]
            case "taint", "untaint": ["taints"]
            case "fail": ["disk", "mode", "for"]
            case "recover": ["disk"]
            default: []
            }
        if cursor.value.text != nil, !["taint", "untaint", "fail"].contains(key) {
            guard let target = readNodes([cursor], references) else { return nil }
            return nodeAction(key, target)
        }
        let targets = ["node", "nodes", "rack", "zone", "pool", "selector", "nodeOf"]
        guard let object = cursor.object(keys: targets + extra) else { return nil }
        guard let target = readTarget(object, targets, references) else { return nil }
        switch key {
        case "drain":
            let grace = object["gracePeriodSeconds"]?.integer(
                -1...Int64(Int32.max), "a whole number of seconds")
            return .drain(
                target,
                TimelineAction.Drain(
                    gracePeriodSeconds: grace == -1 ? nil : grace,
                    ignoresDaemonSets: readDrainFlag(object["ignoreDaemonSets"]),
                    deletesEmptyDirData: readDrainFlag(object["deleteEmptyDirData"]),
                    isForced: readDrainFlag(object["force"]), timeout: object["timeout"]?.duration(.positive))
            )
        case "taint":
            let taints = object.required("taints", "a list such as [\"dedicated=gpu:NoSchedule\"]")
            return .taint(target, list(taints, of: "taints").compactMap(readTaint))
        case "untaint":
            let taints = object.required("taints", "a list such as [\"dedicated:NoSchedule\"]")
            return .untaint(target, list(taints, of: "taints").compactMap(readTaintRemoval))
        case "fail": return readFail(object, target, references)
        case "recover":
            guard let disk = object["disk"] else { return .recover(target) }
            return readDisk(disk, of: target, references).map { .recoverDisk(target, disk: $0) }
        default: return nodeAction(key, target)
        }
    }

    /// Drains are those of `kubectl drain --ignore-daemonsets --delete-emptydir-data --force`.
    private func readDrainFlag(_ cursor: Cursor?) -> Bool {
        if cursor?.bool() == false { cursor?.report(.notSimulated("a drain that stops at such pods")) }
        return true
    }

    private func nodeAction(_ key: String, _ target: NodeTarget) -> TimelineAction {
        switch key {
        case "cordon": .cordon(target)
        case "uncordon": .uncordon(target)
        case "drain":
            .drain(
                target,
                TimelineAction.Drain(
                    gracePeriodSeconds: nil, ignoresDaemonSets: true, deletesEmptyDirData: true,
                    isForced: true,
                    timeout: nil))
        default: .recover(target)
        }
    }

    private func readFail(
        _ object: ObjectCursor, _ target: NodeTarget, _ references: References
    ) -> TimelineAction? {
        let duration = object["for"]?.duration(.positive)
        if let disk = object["disk"] {
            if let mode = object["mode"], mode.value.text != FailureMode.diskFailure.rawValue {
                mode.bad("\(FailureMode.diskFailure.rawValue), as 'disk' is given")
            }
            return readDisk(disk, of: target, references).map {
                .failDisk(target, disk: $0, duration: duration)
            }
        }
        let modes = FailureMode.allCases.filter { $0.applies(to: .node) }
        guard let place = object["mode"] else { return .fail(target, mode: .powerLoss, duration: duration) }
        guard let mode = place.choice(FailureMode.self) else { return nil }
        guard modes.contains(mode) else {
            place.bad(
                "one of \(modes.map(\.rawValue).joined(separator: ", "))", hint: "Name the 'disk' that fails")
            return nil
        }
        return .fail(target, mode: mode, duration: duration)
    }

    /// The name of a disk that the nodes have: each of those that are named, at least one of others.
    private func readDisk(_ cursor: Cursor, of target: NodeTarget, _ references: References) -> String? {
        guard let name = cursor.string("the name of a disk"), let cluster = references.cluster,
            references.isWhole
        else { return cursor.value.text }
        func disks(_ pools: [ClusterPlan.NodePool]) -> [String] { pools.flatMap(\.disks).map(\.name).uniqued }
        func report(_ what: String, _ known: [String]) -> String? {
            if known.isEmpty {
                cursor.bad(
                    "a disk of \(what), which has none",
                    hint: "Give its pool 'disks' with a name and a capacity each")
            } else {
                let nearest = NearestName.find(name, among: known)
                cursor.report(
                    .unknownName(what: "disk of \(what)", name, nearest: nearest, known: known))
            }
            return nil
        }
        let names = target.nodes(in: cluster)
        let nodes = cluster.nodes.filter { names.contains($0.name) }
        if case .nodes = target {
            for node in nodes {
                let known = disks([cluster.nodePools[node.pool]])
                if !known.contains(name) { return report("node \(node.name)", known) }
            }
            return name
        }
        if case .running = target {
            let known = disks(cluster.nodePools)
            return known.contains(name) ? name : report("any node", known)
        }
        let known = disks(Set(nodes.map(\.pool)).sorted().map { cluster.nodePools[$0] })
        return known.contains(name) ? name : report("these nodes", known)
    }

    private func readTaintRemoval(_ cursor: Cursor) -> TimelineAction.TaintRemoval? {
        let expected = "a taint's key, or key and effect such as \"dedicated:NoSchedule\""
        guard var text = cursor.string(expected) else { return nil }
        if text.hasSuffix("-") { text.removeLast() }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, SelectorText.isKey(parts[0]),
            parts.count == 1 || TaintEffect(rawValue: parts[1]) != nil
        else {
            cursor.bad(expected)
            return nil
        }
        return TimelineAction.TaintRemoval(key: parts[0], effect: parts.count == 2 ? parts[1] : nil)
    }

    private func readTarget(_ object: ObjectCursor, _ keys: [String], _ references: References) -> NodeTarget?
    {
        let present = object.present(keys)
        guard present.count == 1, let place = object[present[0]] else {
            object.cursor.report(.notExactlyOne(of: keys, found: present))
            return nil
        }
        switch present[0] {
        case "node": return readNodes([place], references)
        case "nodes":
            guard let names = place.list(of: "names of nodes") else { return nil }
            if names.isEmpty { place.bad("at least one node") }
            return readNodes(names, references)
        case "rack": return readReference(place, "rack", references.cluster?.racks ?? []).map(NodeTarget.rack)
        case "zone":
            return readReference(place, "zone", references.cluster?.zones.map(\.name) ?? []).map(
                NodeTarget.zone)
        case "pool":
            let known = references.cluster?.nodePools.map(\.name) ?? []
            return readReference(place, "node pool", known + references.lostPools).map(NodeTarget.pool)
        case "nodeOf":
            guard let reference = readObject(place, namespace: nil) else { return nil }
            if reference.kind == .pod { return .running(reference) }
            place.bad("a pod, such as pod/db-0")
            return nil
        default:
            guard let selector = readSelector(place) else { return nil }
            if references.isWhole,
                !references.nodes.contains(where: { selector.matches(Labels($0.labels)) })
            {
                place.report(
                    .matchesNothing(
                        selector: "the selector '\(SelectorText.text(selector))'",
                        hint: "Compare it with the labels of the node pools"))
            }
            return .selector(selector)
        }
    }

    private func readNodes(_ cursors: [Cursor], _ references: References) -> NodeTarget? {
        let known = references.nodes.map(\.name)
        let names = cursors.compactMap { cursor in
            if let name = cursor.value.text, references.mayHave(node: name) { return name }
            return readReference(cursor, "node", known)
        }
        return names.count == cursors.count ? .nodes(names) : nil
    }
}
