import OrderedCollections

/// Defaults of the core group's other kinds. Upstream: `pkg/apis/core/v1/defaults.go` (v1.36).
extension SchemeDefaults {
    @Sendable static func persistentVolume(_ volume: inout JSONValue) {
        volume.updateStruct("status") { $0.setIfEmpty("phase", "Pending") }
        volume.updateStruct("spec") {
            $0.setIfEmpty("persistentVolumeReclaimPolicy", "Retain")
            $0.setIfAbsent("volumeMode", "Filesystem")
        }
    }

    @Sendable static func namespace(_ namespace: inout JSONValue) {
        let name = namespace["metadata"]?.text("name") ?? ""
        if name.isEmpty { return }
        namespace.updateStruct("metadata") {
            $0.setIfAbsent("labels", [:])
            $0.update("labels") { $0["kubernetes.io/metadata.name"] = .string(name) }
        }
    }

    @Sendable static func nodeStatus(_ status: inout JSONValue) {
        if let capacity = status["capacity"], !capacity.isNull { status.setIfAbsent("allocatable", capacity) }
    }

    @Sendable static func limitRangeItem(_ item: inout JSONValue) {
        guard item.text("type") == "Container" else { return }
        item.setIfAbsent("default", [:])
        item.setIfAbsent("defaultRequest", [:])
        func fill(_ target: String, from source: String) {
            let values = item.map(source)
            item.update(target) { for (name, value) in values { $0.setIfAbsent(name, value) } }
        }
        fill("default", from: "max")
        fill("defaultRequest", from: "default")
        fill("defaultRequest", from: "min")
    }

    @Sendable static func replicationController(_ controller: inout JSONValue) {
        guard let labels = controller["spec"]?["template"]?["metadata"]?["labels"], !labels.isNull else {
            return
        }
        controller.updateStruct("spec") { $0.setIfEmpty("selector", labels) }
        controller.updateStruct("metadata") { $0.setIfEmpty("labels", labels) }
    }

    @Sendable static func service(_ service: inout JSONValue) {
        service.updateStruct("spec") { spec in
            spec.setIfEmpty("sessionAffinity", "None")
            switch spec.text("sessionAffinity") {
            case "None": spec["sessionAffinityConfig"] = nil
            case "ClientIP":
                if spec["sessionAffinityConfig"]?["clientIP"]?["timeoutSeconds"]?.integerValue == nil {
                    spec["sessionAffinityConfig"] = ["clientIP": ["timeoutSeconds": 10800]]
                }
            default: break
            }
            spec.setIfEmpty("type", "ClusterIP")
            spec.updateEach(of: "ports") { port in
                port.setIfEmpty("protocol", "TCP")
                // A struct by value: both of its zero values mean that it is not set.
                port.setIfEmpty("targetPort", port["port"] ?? 0)
            }
            let type = spec.text("type")
            let isExternal =
                type == "LoadBalancer" || type == "NodePort"
                || (type == "ClusterIP" && spec.hasContent("externalIPs"))
            if isExternal { spec.setIfEmpty("externalTrafficPolicy", "Cluster") }
            if ["NodePort", "LoadBalancer", "ClusterIP"].contains(type) {
                spec.setIfAbsent("internalTrafficPolicy", "Cluster")
            }
            if type == "LoadBalancer" { spec.setIfAbsent("allocateLoadBalancerNodePorts", true) }
        }
        if service["spec"]?.text("type") == "LoadBalancer" {
            service.update("status") {
                $0.update("loadBalancer") {
                    $0.updateEach(of: "ingress") {
                        if $0.hasContent("ip") { $0.setIfAbsent("ipMode", "VIP") }
                    }
                }
            }
        }
    }
}
