import OrderedCollections

/// What the API server does to a new pod.
///
/// Upstream: `pkg/registry/core/pod/strategy.go`, `pkg/api/pod/util.go`, `pkg/apis/core/helper/qos` (v1.36).
enum PodStrategy {
    static func prepare(_ pod: inout JSONValue, now: String) {
        var status: JSONValue = ["phase": "Pending"]
        // Upstream takes a class that the client sent for the pod's.
        let given = pod["status"]?.text("qosClass") ?? ""
        status["qosClass"] = .string(given.isEmpty ? qosClass(of: pod["spec"] ?? [:]) : given)
        if pod["spec"]?.hasContent("schedulingGates") ?? false {
            status["conditions"] = [
                [
                    "type": "PodScheduled", "status": "False", "lastTransitionTime": .string(now),
                    "reason": "SchedulingGated",
                    "message": "Scheduling is blocked due to non-empty scheduling gates",
                ]
            ]
        }
        pod["status"] = status
        let labels = pod["metadata"]?.map("labels") ?? [:]
        let annotations = pod["metadata"]?.map("annotations") ?? [:]
        pod.update("spec") { spec in
            spec.update("affinity") { mergeLabelKeysOfAffinity(&$0, labels) }
            spec.updateEach(of: "topologySpreadConstraints") { constraint in
                let keys = constraint.list("matchLabelKeys")
                constraint.update("labelSelector") { addRequirements(&$0, keys, "In", labels) }
            }
            applyAppArmorAnnotations(&spec, annotations)
        }
    }

    /// `Guaranteed`, `Burstable` or `BestEffort`, by the requests and limits of CPU and memory.
    static func qosClass(of spec: JSONValue) -> String {
        var requests = ResourceAmounts()
        var limits = ResourceAmounts()
        var isGuaranteed = true
        func computeResources(_ list: JSONValue?) -> ResourceAmounts {
            var result = ResourceAmounts()
            for (name, amount) in ResourceAmounts(list).amounts
            where (name == "cpu" || name == "memory") && amount.sign > 0 { result[name] = amount }
            return result
        }
        if let resources = spec["resources"], !resources.isNull {
            requests = computeResources(resources["requests"])
            limits = computeResources(resources["limits"])
            if resources.hasContent("limits"), limits.amounts.count < 2 { isGuaranteed = false }
        } else {
            for container in spec.list("containers") + spec.list("initContainers") {
                requests.add(computeResources(container["resources"]?["requests"]))
                let own = computeResources(container["resources"]?["limits"])
                if own.amounts.count < 2 { isGuaranteed = false }
                limits.add(own)
            }
        }
        if requests.amounts.isEmpty, limits.amounts.isEmpty { return "BestEffort" }
        let isEqual = requests.amounts.allSatisfy { limits[$0.key] == $0.value }
        return isGuaranteed && isEqual && requests.amounts.count == limits.amounts.count
            ? "Guaranteed" : "Burstable"
    }

    // MARK: Label keys

    private static func mergeLabelKeysOfAffinity(_ affinity: inout JSONValue, _ labels: JSONObject) {
        for kind in ["podAffinity", "podAntiAffinity"] {
            affinity.update(kind) { terms in
                terms.updateEach(of: "preferredDuringSchedulingIgnoredDuringExecution") {
                    $0.update("podAffinityTerm") { mergeLabelKeys(&$0, labels) }
                }
                terms.updateEach(of: "requiredDuringSchedulingIgnoredDuringExecution") {
                    mergeLabelKeys(&$0, labels)
                }
            }
        }
    }

    private static func mergeLabelKeys(_ term: inout JSONValue, _ labels: JSONObject) {
        let matching = term.list("matchLabelKeys")
        let mismatching = term.list("mismatchLabelKeys")
        term.update("labelSelector") {
            addRequirements(&$0, matching, "In", labels)
            addRequirements(&$0, mismatching, "NotIn", labels)
        }
    }

    private static func addRequirements(
        _ selector: inout JSONValue, _ keys: [JSONValue], _ operation: JSONValue, _ labels: JSONObject
    ) {
        for key in keys {
            guard let name = key.stringValue, let value = labels[name] else { continue }
            selector.append(["key": key, "operator": operation, "values": [value]], to: "matchExpressions")
        }
    }

    // MARK: AppArmor

    private static func applyAppArmorAnnotations(_ spec: inout JSONValue, _ annotations: JSONObject) {
        let prefix = "container.apparmor.security.beta.kubernetes.io/"
        guard annotations.keys.contains(where: { $0.hasPrefix(prefix) }),
            spec["os"]?.text("name") != "windows"
        else { return }
        let podProfile = spec["securityContext"]?["appArmorProfile"]
        for kind in ["initContainers", "containers", "ephemeralContainers"] {
            spec.updateEach(of: kind) { container in
                guard let annotation = annotations[prefix + container.text("name")]?.stringValue,
                    container["securityContext"]?["appArmorProfile"] == nil,
                    let profile = appArmorProfile(annotation), profile != podProfile
                else { return }
                container.setIfAbsent("securityContext", [:])
                container.update("securityContext") { $0["appArmorProfile"] = profile }
            }
        }
    }

    private static func appArmorProfile(_ annotation: String) -> JSONValue? {
        if annotation == "unconfined" { return ["type": "Unconfined"] }
        if annotation == "runtime/default" { return ["type": "RuntimeDefault"] }
        guard annotation.hasPrefix("localhost/") else { return nil }
        let name = annotation.dropFirst("localhost/".count)
        let trimmed = name.first?.isWhitespace != true && name.last?.isWhitespace != true
        guard !name.isEmpty, trimmed, name.utf8.count <= 4095 else { return nil }
        return ["type": "Localhost", "localhostProfile": .string(String(name))]
    }

    // MARK: Disabled features

    /// Drops fields of features that are off by default in v1.36, unless the old spec uses them.
    static func dropDisabledFields(_ spec: inout JSONValue, old: JSONValue) {
        if old["schedulingGroup"] == nil { spec["schedulingGroup"] = nil }
        let oldSources = old.list("volumes").flatMap { $0["projected"]?.list("sources") ?? [] }
        for source in ["clusterTrustBundle", "podCertificate"]
        where !oldSources.contains(where: { $0[source] != nil }) {
            spec.updateEach(of: "volumes") {
                $0.update("projected") { $0.updateEach(of: "sources") { $0[source] = nil } }
            }
        }
        let kinds = ["initContainers", "containers", "ephemeralContainers"]
        if kinds.contains(where: { old.list($0).contains { $0["lifecycle"]?["stopSignal"] != nil } }) {
            return
        }
        for kind in kinds {
            spec.updateEach(of: kind) { container in
                guard container["lifecycle"]?["stopSignal"] != nil else { return }
                container.update("lifecycle") { $0["stopSignal"] = nil }
                if container["lifecycle"] == [:] { container["lifecycle"] = nil }
            }
        }
    }
}
