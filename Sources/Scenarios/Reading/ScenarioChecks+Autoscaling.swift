import Autoscalers
import KubernetesModel
import VirtualNodes

extension ScenarioChecks {
    /// Metrics of pods that there are not, and autoscalers that go by what nobody states.
    func checkAutoscaling() {
        for metric in metrics { check(metric) }
        for object in objects where object.kind == .horizontalPodAutoscaler {
            checkTarget(of: object)
            checkSources(of: object)
        }
    }

    private func check(_ read: ScenarioReader.ReadMetric) {
        let metric = read.rule.metric
        let selector: LabelSelector
        switch metric.subject {
        case .eachPod(let pods), .sharedByPods(let pods): selector = pods
        case .object, .external: return
        }
        let isThere = objects.contains { object in
            guard let labels = object.podLabels, metric.namespace == object.key.namespace else {
                return false
            }
            return selector.matches(labels) || selector.asksForGeneratedLabels
        }
        if isThere { return }
        read.cursor.report(
            .matchesNothing(
                selector:
                    "the selector '\(SelectorText.text(selector))' in namespace \(metric.namespace ?? "")",
                hint: "Compare it with the labels of the pods and pod templates in the manifests"),
            relabels ? .warning : .error)
    }

    /// The workload that is to be scaled must be in a manifest, where only manifests make such.
    private func checkTarget(of object: ManifestObject) {
        let target = object.tree["spec"]?["scaleTargetRef"]
        let kind = ObjectKind(
            apiVersion: target?["apiVersion"]?.stringValue ?? "", kind: target?["kind"]?.stringValue ?? "")
        guard let kind, Self.userKinds.contains(kind), let name = target?["name"]?.stringValue else { return }
        let known = objects.filter { $0.kind == kind && $0.key.namespace == object.key.namespace }
            .map(\.key.name)
        if known.contains(name) { return }
        log.add(
            .warning, file: object.file, at: object.position, path: "spec.scaleTargetRef.name",
            .unknownName(
                what: kind.name.lowercased(), name, nearest: NearestName.find(name, among: known),
                known: known.uniqued))
    }

    private func checkSources(of object: ManifestObject) {
        var tree = object.tree
        if tree["apiVersion"] == "autoscaling/v1" { tree = AutoscalerConversion.version2(of: tree) }
        let cpu: JSONValue = ["type": "Resource", "resource": ["name": "cpu"]]
        let stated = tree["spec"]?["metrics"]?.arrayValue ?? []
        for (index, source) in (stated.isEmpty ? [cpu] : stated).enumerated() {
            let path = "spec.metrics[\(index)]"
            let member = source["type"]?.stringValue.map { $0.prefix(1).lowercased() + $0.dropFirst() } ?? ""
            let part = source[member]
            switch member {
            case "resource", "containerResource":
                checkUsage(of: object, tree, part?["name"]?.stringValue ?? "", path)
            case "pods", "object", "external":
                checkStated(object, part?["metric"]?["name"]?.stringValue ?? "", member, path)
            default: continue
            }
        }
    }

    /// A metric of this name and kind must be stated.
    private func checkStated(_ object: ManifestObject, _ name: String, _ member: String, _ path: String) {
        let known = metrics.map(\.rule.metric).filter { metric in
            let isMeant: Bool
            switch metric.subject {
            case .eachPod, .sharedByPods: isMeant = member == "pods"
            case .object: isMeant = member == "object"
            case .external: isMeant = member == "external"
            }
            return isMeant && (metric.namespace ?? object.key.namespace) == object.key.namespace
        }.map(\.name)
        if known.contains(name) { return }
        log.add(
            .warning, file: object.file, at: object.position, path: path,
            .unknownName(
                what: "metric", name, nearest: NearestName.find(name, among: known), known: known.uniqued))
    }

    /// Some behaviour must say what the scaled pods use.
    private func checkUsage(
        of object: ManifestObject, _ tree: JSONValue, _ resource: String, _ path: String
    ) {
        let target = tree["spec"]?["scaleTargetRef"]
        let scaled = objects.first {
            $0.kind.name == target?["kind"]?.stringValue && $0.key.name == target?["name"]?.stringValue
                && $0.key.namespace == object.key.namespace
        }
        guard let scaled, let labels = scaled.podLabels else { return }
        let isStated = scenario.behaviors.contains { rule in
            (rule.namespace ?? scaled.key.namespace) == scaled.key.namespace && rule.selector.matches(labels)
                && (resource == ResourceName.cpu ? rule.cpuUsage != nil : rule.memoryUsage != nil)
        }
        if isStated { return }
        log.add(
            .warning, file: object.file, at: object.position, path: path,
            .unusedSetting(
                "a metric of \(resource)",
                hint: "No behavior says what the pods of \(scaled.kind.name) \(scaled.key.name) use: "
                    + "give one 'usage.\(resource)'"))
    }
}
