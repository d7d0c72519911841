import OrderedCollections

/// Defaults of apps, batch, autoscaling, networking and storage.
/// Upstream: `defaults.go` in `pkg/apis/{apps,batch,autoscaling,networking,storage}/v*` (v1.36).
extension SchemeDefaults {
    @Sendable static func deploymentSpec(_ spec: inout JSONValue) {
        spec.setIfAbsent("replicas", 1)
        spec.updateStruct("strategy") { strategy in
            strategy.setIfEmpty("type", "RollingUpdate")
            if strategy.text("type") == "RollingUpdate" {
                strategy.setIfAbsent("rollingUpdate", [:])
                strategy.update("rollingUpdate") {
                    $0.setIfAbsent("maxUnavailable", "25%")
                    $0.setIfAbsent("maxSurge", "25%")
                }
            }
        }
        spec.setIfAbsent("revisionHistoryLimit", 10)
        spec.setIfAbsent("progressDeadlineSeconds", 600)
    }

    @Sendable static func daemonSetSpec(_ spec: inout JSONValue) {
        spec.updateStruct("updateStrategy") { strategy in
            strategy.setIfEmpty("type", "RollingUpdate")
            if strategy.text("type") == "RollingUpdate" {
                strategy.setIfAbsent("rollingUpdate", [:])
                strategy.update("rollingUpdate") {
                    $0.setIfAbsent("maxUnavailable", 1)
                    $0.setIfAbsent("maxSurge", 0)
                }
            }
        }
        spec.setIfAbsent("revisionHistoryLimit", 10)
    }

    @Sendable static func statefulSetSpec(_ spec: inout JSONValue) {
        spec.setIfEmpty("podManagementPolicy", "OrderedReady")
        spec.updateStruct("updateStrategy") { strategy in
            if strategy.text("type").isEmpty {
                strategy["type"] = "RollingUpdate"
                strategy.setIfAbsent("rollingUpdate", [:])
            }
            if strategy.text("type") == "RollingUpdate" {
                strategy.update("rollingUpdate") { $0.setIfAbsent("partition", 0) }
            }
        }
        spec.setIfAbsent("persistentVolumeClaimRetentionPolicy", [:])
        spec.update("persistentVolumeClaimRetentionPolicy") {
            $0.setIfEmpty("whenDeleted", "Retain")
            $0.setIfEmpty("whenScaled", "Retain")
        }
        spec.setIfAbsent("replicas", 1)
        spec.setIfAbsent("revisionHistoryLimit", 10)
    }

    @Sendable static func job(_ job: inout JSONValue) {
        let labels = job["spec"]?["template"]?["metadata"]?["labels"]
        if let labels, !labels.isNull { job.updateStruct("metadata") { $0.setIfEmpty("labels", labels) } }
        job.updateStruct("spec") { spec in
            if spec["completions"] == nil, spec["parallelism"] == nil { spec["completions"] = 1 }
            spec.setIfAbsent("parallelism", 1)
            spec.setIfAbsent(
                "backoffLimit", spec["backoffLimitPerIndex"] == nil ? 6 : .integer(Int64(Int32.max)))
            spec.setIfAbsent("completionMode", "NonIndexed")
            spec.setIfAbsent("suspend", false)
            spec.setIfAbsent(
                "podReplacementPolicy", spec["podFailurePolicy"] == nil ? "TerminatingOrFailed" : "Failed")
            spec.setIfAbsent("manualSelector", false)
        }
    }

    @Sendable static func cronJobSpec(_ spec: inout JSONValue) {
        spec.setIfEmpty("concurrencyPolicy", "Allow")
        spec.setIfAbsent("suspend", false)
        spec.setIfAbsent("successfulJobsHistoryLimit", 3)
        spec.setIfAbsent("failedJobsHistoryLimit", 1)
    }

    @Sendable static func autoscalerSpec(_ spec: inout JSONValue) {
        spec.setIfAbsent("minReplicas", 1)
        spec.setIfEmpty("metrics", [defaultMetric])
        spec.update("behavior") { behavior in
            let up = behavior["scaleUp"] ?? [:]
            let down = behavior["scaleDown"] ?? [:]
            behavior["scaleUp"] = up
            behavior.update("scaleUp") {
                $0.setIfAbsent("stabilizationWindowSeconds", 0)
                $0.setIfAbsent("selectPolicy", "Max")
                $0.setIfAbsent(
                    "policies",
                    [
                        ["type": "Pods", "value": 4, "periodSeconds": 15],
                        ["type": "Percent", "value": 100, "periodSeconds": 15],
                    ])
            }
            behavior["scaleDown"] = down
            behavior.update("scaleDown") {
                $0.setIfAbsent("selectPolicy", "Max")
                $0.setIfAbsent("policies", [["type": "Percent", "value": 100, "periodSeconds": 15]])
            }
        }
    }

    /// Keeps the containers' CPU at 80 %.
    static let defaultMetric: JSONValue = [
        "type": "Resource",
        "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]],
    ]

    @Sendable static func networkPolicySpec(_ spec: inout JSONValue) {
        if spec.hasContent("policyTypes") { return }
        spec["policyTypes"] = spec.hasContent("egress") ? ["Ingress", "Egress"] : ["Ingress"]
    }

    @Sendable static func csiDriverSpec(_ spec: inout JSONValue) {
        spec.setIfAbsent("attachRequired", true)
        spec.setIfAbsent("podInfoOnMount", false)
        spec.setIfAbsent("storageCapacity", false)
        spec.setIfAbsent("fsGroupPolicy", "ReadWriteOnceWithFSType")
        spec.setIfEmpty("volumeLifecycleModes", ["Persistent"])
        spec.setIfAbsent("requiresRepublish", false)
        spec.setIfAbsent("seLinuxMount", false)
    }
}
