import OrderedCollections

/// Defaults of pods and what they consist of. Upstream: `pkg/apis/core/v1/defaults.go` (v1.36).
extension SchemeDefaults {
    /// Amounts are kept in thousandths.
    @Sendable static func resourceList(_ list: inout JSONValue) {
        guard case .object(let members) = list else { return }
        for (name, value) in members {
            // Only these notations can be finer than a thousandth, or not canonical after rounding.
            guard let text = value.stringValue, text.utf8.contains(where: { "nu.eE".utf8.contains($0) }),
                var quantity = try? Quantity(parsing: text)
            else { continue }
            quantity.roundUp(toScale: -3)
            list[name] = .string(quantity.description)
        }
    }

    @Sendable static func pod(_ pod: inout JSONValue) {
        pod.updateStruct("spec") { spec in
            for kind in ["containers", "initContainers"] {
                spec.updateEach(of: kind) { $0.update("resources", requestsFromLimits) }
            }
            if spec["resources"]?.objectValue != nil {
                let containerLimits = ResourceAmounts.ofContainers(spec, "limits")
                let containerRequests = ResourceAmounts.ofContainers(spec, "requests")
                spec.update("resources") {
                    podLevelHugePages(&$0, containerLimits)
                    podLevelRequests(&$0, containerRequests)
                }
            }
            spec.setIfAbsent("enableServiceLinks", true)
            if spec["hostNetwork"] == true {
                for kind in ["containers", "initContainers"] {
                    spec.updateEach(of: kind) {
                        $0.updateEach(of: "ports") {
                            if let port = $0["containerPort"] { $0.setIfEmpty("hostPort", port) }
                        }
                    }
                }
            }
        }
    }

    private static func requestsFromLimits(_ resources: inout JSONValue) {
        guard let limits = resources["limits"]?.objectValue else { return }
        resources.setIfAbsent("requests", [:])
        resources.update("requests") { requests in
            for (name, limit) in limits { requests.setIfAbsent(name, limit) }
        }
    }

    private static func isPodLevel(_ name: String) -> Bool {
        name == "cpu" || name == "memory" || name.hasPrefix("hugepages-")
    }

    private static func podLevelHugePages(_ resources: inout JSONValue, _ containers: ResourceAmounts) {
        guard resources.hasContent("limits") || resources.hasContent("requests") else { return }
        for (name, limit) in containers.amounts where name.hasPrefix("hugepages-") {
            if resources["requests"]?[name] != nil || resources["limits"]?[name] != nil { continue }
            resources.setIfAbsent("limits", [:])
            resources.update("limits") { $0[name] = .string(limit.description) }
        }
    }

    private static func podLevelRequests(_ resources: inout JSONValue, _ containers: ResourceAmounts) {
        guard resources.hasContent("limits") else { return }
        var requests = resources["requests"] ?? [:]
        for (name, amount) in containers.amounts where name == "cpu" || name == "memory" {
            requests.setIfAbsent(name, .string(amount.description))
        }
        for (name, limit) in resources.map("limits") where isPodLevel(name) {
            requests.setIfAbsent(name, limit)
        }
        if !requests.isGoEmpty { resources["requests"] = requests }
    }

    @Sendable static func podSpec(_ spec: inout JSONValue) {
        spec.setIfEmpty("dnsPolicy", "ClusterFirst")
        spec.setIfEmpty("restartPolicy", "Always")
        spec.setIfAbsent("securityContext", [:])
        spec.setIfAbsent("terminationGracePeriodSeconds", 30)
        spec.setIfEmpty("schedulerName", "default-scheduler")
    }

    @Sendable static func container(_ container: inout JSONValue) {
        container.setIfEmpty(
            "imagePullPolicy", .string(ImageReference.pullPolicy(of: container.text("image"))))
        container.setIfEmpty("terminationMessagePath", "/dev/termination-log")
        container.setIfEmpty("terminationMessagePolicy", "File")
    }

    @Sendable static func probe(_ probe: inout JSONValue) {
        probe.setIfEmpty("timeoutSeconds", 1)
        probe.setIfEmpty("periodSeconds", 10)
        probe.setIfEmpty("successThreshold", 1)
        probe.setIfEmpty("failureThreshold", 3)
    }

    @Sendable static func httpGet(_ action: inout JSONValue) {
        action.setIfEmpty("path", "/")
        action.setIfEmpty("scheme", "HTTP")
    }

    @Sendable static func volume(_ volume: inout JSONValue) {
        let hasSource = volume.objectValue?.contains { $0.key != "name" && !$0.value.isNull } ?? false
        if !hasSource { volume["emptyDir"] = [:] }
        volume.update("image") {
            $0.setIfEmpty("pullPolicy", .string(ImageReference.pullPolicy(of: $0.text("reference"))))
        }
    }

    @Sendable static func defaultMode(_ source: inout JSONValue) { source.setIfAbsent("defaultMode", 0o644) }

    @Sendable static func rbd(_ source: inout JSONValue) {
        source.setIfEmpty("pool", "rbd")
        source.setIfEmpty("user", "admin")
        source.setIfEmpty("keyring", "/etc/ceph/keyring")
    }

    @Sendable static func scaleIO(_ source: inout JSONValue) {
        source.setIfEmpty("storageMode", "ThinProvisioned")
        source.setIfEmpty("fsType", "xfs")
    }

    @Sendable static func azureDisk(_ source: inout JSONValue) {
        source.setIfAbsent("cachingMode", "ReadWrite")
        source.setIfAbsent("fsType", "ext4")
        source.setIfAbsent("readOnly", false)
        source.setIfAbsent("kind", "Shared")
    }
}
