import Failures
import KubernetesModel
import OrderedCollections
import Scheduler
import VirtualNodes

/// Finds what is right by itself but does not fit together: names of nothing, selectors that match nothing.
struct ScenarioChecks {
    let scenario: Scenario
    let behaviors: [ScenarioReader.ReadBehavior]
    let metrics: [ScenarioReader.ReadMetric]
    let timeline: [ScenarioReader.ReadEntry]
    let failures: [ScenarioReader.ReadFailure]
    let expectations: [ScenarioReader.ReadExpectation]
    let references: ScenarioReader.References
    let log: DiagnosticLog
    let objects: [ManifestObject]
    private let nodes: [NodePlan]

    /// Kinds of objects that only users make, so that one that is in no manifest never exists.
    static let userKinds: Set<ObjectKind> = [
        .deployment, .statefulSet, .daemonSet, .service, .configMap, .secret, .podDisruptionBudget,
        .storageClass,
        .cronJob, .priorityClass, .replicationController, .node, .horizontalPodAutoscaler,
    ]

    init(
        scenario: Scenario, behaviors: [ScenarioReader.ReadBehavior], metrics: [ScenarioReader.ReadMetric],
        timeline: [ScenarioReader.ReadEntry], failures: [ScenarioReader.ReadFailure],
        expectations: [ScenarioReader.ReadExpectation],
        references: ScenarioReader.References, log: DiagnosticLog
    ) {
        self.references = references
        self.log = log
        self.scenario = scenario
        self.behaviors = behaviors
        self.metrics = metrics
        self.timeline = timeline
        self.failures = failures
        self.expectations = expectations
        nodes = scenario.cluster.nodes
        objects = scenario.everyManifest
    }

    func run() {
        for behavior in behaviors { check(behavior) }
        checkAutoscaling()
        checkRuntimeHandlers()
        checkSchedulingAnnotations()
        for entry in timeline { check(entry) }
        for failure in failures { check(failure) }
        var names: Set<String> = []
        for expectation in expectations {
            if !names.insert(expectation.expectation.name).inserted {
                expectation.cursor.report(.duplicateName(what: "expectation", expectation.expectation.name))
            }
            check(expectation)
        }
        names = []
        for failure in failures where !names.insert(failure.rule.model.name).inserted {
            failure.cursor.report(.duplicateName(what: "failure model", failure.rule.model.name))
        }
    }

    /// Whether the timeline gives objects other labels, so that a selector may match later.
    var relabels: Bool {
        timeline.contains { if case .label = $0.entry.action { true } else { false } }
    }

    // MARK: Behaviours

    private func check(_ behavior: ScenarioReader.ReadBehavior) {
        let rule = behavior.rule
        let makers = objects.filter { object in
            guard let labels = object.podLabels else { return false }
            return rule.selector.matches(labels)
                && (rule.namespace ?? object.key.namespace) == object.key.namespace
        }
        if makers.isEmpty {
            // Controllers add labels of their own, and those are not known before the run.
            if rule.selector.asksForGeneratedLabels { return }
            let place = rule.namespace.map { " in namespace \($0)" } ?? ""
            behavior.cursor.report(
                .matchesNothing(
                    selector: "the selector '\(SelectorText.text(rule.selector))'\(place)",
                    hint: "Compare it with the labels of the pods and pod templates in the manifests"),
                relabels ? .warning : .error)
            return
        }
        guard let container = rule.container else { return }
        let names = makers.flatMap(\.containerNames)
        if !names.contains(container), let place = behavior.cursor.value["container"] {
            Cursor(
                place, path: joined(behavior.cursor.path, "container"), file: behavior.cursor.file,
                log: behavior.cursor.log
            ).report(
                .unknownName(
                    what: "container", container, nearest: NearestName.find(container, among: names),
                    known: names.uniqued), .warning)
        }
    }

    // MARK: Runtimes

    /// RuntimeClasses whose handler no node has: their pods get no sandbox.
    private func checkRuntimeHandlers() {
        let handlers = scenario.cluster.nodePools.flatMap { pool in
            [pool.runtime.profile.defaultHandler].filter { !$0.isEmpty } + pool.runtimeHandlers.map(\.handler)
        }
        for object in objects where object.kind == .runtimeClass {
            guard let handler = object.tree["handler"]?.stringValue, !handlers.contains(handler) else {
                continue
            }
            log.add(
                .warning, file: object.file, at: object.position, path: "handler",
                .unknownName(
                    what: "runtime handler", handler, nearest: NearestName.find(handler, among: handlers),
                    known: handlers.uniqued))
        }
    }

    // MARK: Scheduling

    /// What pods ask of policies by annotation: a mistake would go unnoticed under policies that do not look.
    private func checkSchedulingAnnotations() {
        let known = ClusterPlan.annotations
        let data = scenario.cluster.dataCatalog(seed: scenario.seed)
        for object in objects {
            for (path, tree) in object.podMetadata {
                var metadata = ObjectMeta()
                for (key, value) in tree["annotations"]?.objectValue ?? [:] {
                    metadata.annotations[key] = value.stringValue
                    if key.hasPrefix("scheduling.simk.dev/"), !known.contains(key) {
                        log.add(
                            file: object.file, at: object.position, path: "\(path).annotations",
                            .unknownName(
                                what: "annotation", key, nearest: NearestName.find(key, among: known),
                                known: known))
                    }
                }
                do throws(AnnotationError) {
                    _ = try PodDeadline.of(metadata, epoch: scenario.start)
                    _ = try PodGang.of(metadata)
                    _ = try data.reads(of: metadata)
                } catch {
                    log.add(
                        file: object.file, at: object.position, path: "\(path).annotations",
                        .manifestInvalid(error.description))
                }
            }
        }
    }

    // MARK: Timeline

    private func check(_ entry: ScenarioReader.ReadEntry) {
        if let (reference, cursor) = entry.object {
            if exists(reference) {
                if case .setImage(_, let container, _) = entry.entry.action {
                    let names = objects.filter { $0.kind == reference.kind && $0.key == reference.key }
                        .flatMap(\.containerNames)
                    if !names.contains(container) {
                        entry.action?.report(
                            .unknownName(
                                what: "container", container,
                                nearest: NearestName.find(container, among: names),
                                known: names.uniqued))
                    }
                }
            } else {
                reportMissing(reference.kind, reference.key.name, reference.key.namespace, cursor, .error)
            }
        }
        switch entry.entry.action {
        case .killLeader(let component, .kill, let duration):
            let replicas =
                component == .scheduler ? scenario.cluster.schedulers : scenario.cluster.controllerManagers
            if replicas == 1, duration == nil {
                entry.action?.report(
                    .unusedSetting(
                        "a takeover",
                        hint: "There is one replica of the \(component.rawValue) and it does not come back: "
                            + "raise its count under cluster.controlPlane, or give 'for'"), .warning)
            }
        default: break
        }
    }

    private func exists(_ reference: ObjectReference) -> Bool {
        if reference.kind == .node {
            return nodes.contains { $0.name == reference.key.name }
                || references.mayHave(node: reference.key.name)
        }
        if !Self.userKinds.contains(reference.kind) || reference.key.name == "kube-root-ca.crt" {
            return true
        }
        return objects.contains { $0.kind == reference.kind && $0.key == reference.key }
    }

    private func reportMissing(
        _ kind: ObjectKind, _ name: String, _ namespace: String, _ cursor: Cursor,
        _ severity: Diagnostic.Severity
    ) {
        let known: [String]
        if kind == .node {
            known = nodes.map(\.name)
        } else {
            let same = objects.filter { $0.kind == kind }
            known = same.map { object in
                object.key.namespace == namespace
                    ? object.key.name : "\(object.key.name) -n \(object.key.namespace)"
            }
        }
        let nearest =
            known.first { $0.hasPrefix(name + " -n ") } ?? NearestName.find(name, among: known)
        cursor.report(
            .unknownName(what: kind.name.lowercased(), name, nearest: nearest, known: known.uniqued), severity
        )
    }

    // MARK: Failures

    private func check(_ failure: ScenarioReader.ReadFailure) {
        guard references.isWhole else { return }
        let pools = scenario.cluster.nodePools.filter { failure.rule.pools.contains($0.name) }
        if pools.allSatisfy({ $0.count == 0 }) {
            failure.cursor.report(
                .unusedSetting("the failure model", hint: "Its pools have no nodes"), .warning)
        } else if failure.rule.model.scope == .disk, pools.allSatisfy(\.disks.isEmpty) {
            failure.cursor.report(
                .matchesNothing(
                    selector: "the scope 'disk'",
                    hint: "Give the node pools 'disks' with a name and a capacity each"))
        }
    }

    // MARK: Expectations

    private func check(_ read: ScenarioReader.ReadExpectation) {
        switch read.expectation.subject {
        case .metric(let metric):
            if let object = metric.object, !exists(object) {
                reportMissing(object.kind, object.key.name, object.key.namespace, read.cursor, .error)
            }
        case .objects(let selection):
            guard let cursor = read.object else { return }
            let severity = read.expectation.isAboutPresence || relabels ? Diagnostic.Severity.warning : .error
            if let name = selection.name {
                let reference = ObjectReference(
                    kind: selection.kind, key: ObjectKey(namespace: selection.namespace ?? "", name: name))
                if !exists(reference) {
                    reportMissing(selection.kind, name, selection.namespace ?? "", cursor, severity)
                }
            } else if !canMatch(selection) {
                cursor.report(
                    .matchesNothing(
                        selector: "'\(selection)'",
                        hint: "Compare it with the namespaces and labels in the manifests"), severity)
            }
        }
    }

    /// Whether an object of a manifest, or one made from it, can be among those selected.
    private func canMatch(_ selection: ObjectSelection) -> Bool {
        func inNamespace(_ object: ManifestObject) -> Bool {
            (selection.namespace ?? object.key.namespace) == object.key.namespace
        }
        switch selection.kind {
        case .node:
            return !references.isWhole || nodes.contains { selection.selector.matches(Labels($0.labels)) }
        case .pod:
            // Which labels a trace's pods have is known when it is read.
            if scenario.workload != nil { return true }
            return objects.contains { object in
                guard let labels = object.podLabels, inNamespace(object) else { return false }
                if selection.selector.isEmpty || selection.selector.matches(labels) { return true }
                // StatefulSets and ReplicaSets add labels of their own.
                return selection.selector.asksForGeneratedLabels
            }
        default:
            guard Self.userKinds.contains(selection.kind) else { return true }
            return objects.contains { object in
                object.kind == selection.kind && inNamespace(object)
                    && (selection.selector.isEmpty || selection.selector.matches(object.labels))
            }
        }
    }
}

extension LabelSelector {
    /// Whether a controller sets one of the labels itself.
    var asksForGeneratedLabels: Bool {
        let generated = [
            "pod-template-hash", "controller-revision-hash", "statefulset.kubernetes.io/pod-name",
            "apps.kubernetes.io/pod-index", "pod-template-generation", "job-name",
            "batch.kubernetes.io/job-name",
        ]
        return generated.contains { key in
            matchLabels[key] != nil || matchExpressions.contains { $0.key == key }
        }
    }
}

extension [String] {
    /// Each element once, in the order of first occurrence.
    var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
