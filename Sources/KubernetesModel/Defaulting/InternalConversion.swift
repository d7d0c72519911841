import OrderedCollections

/// What an object becomes on its way through the API server's internal types and back.
///
/// Upstream: `pkg/apis/{core,apps}/v1/conversion.go` (v1.36).
enum InternalConversion {
    static func apply(to tree: inout JSONValue, as kind: GroupVersionKind) {
        switch kind.kind {
        case "Pod":
            dropInitContainerAnnotations(&tree)
            tree.updateStruct("spec") { spec in
                podSpec(&spec)
                if let seconds = spec["terminationGracePeriodSeconds"]?.integerValue, seconds < 0 {
                    spec["terminationGracePeriodSeconds"] = 1
                }
            }
            tree.update("status", podStatus)
        case "PodTemplate": tree.updateStruct("template", podTemplate)
        case "ReplicationController": tree.update("spec") { $0.update("template", podTemplate) }
        case "Deployment", "ReplicaSet", "Job":
            tree.updateStruct("spec") { $0.updateStruct("template", podTemplate) }
        case "DaemonSet": tree.updateStruct("spec") { $0.updateStruct("template", podTemplate) }
        case "StatefulSet":
            tree.updateStruct("spec") { spec in
                spec.updateStruct("template", podTemplate)
                spec.updateEach(of: "volumeClaimTemplates") {
                    $0["apiVersion"] = "v1"
                    $0["kind"] = "PersistentVolumeClaim"
                }
            }
        case "CronJob":
            tree.updateStruct("spec") {
                $0.updateStruct("jobTemplate") {
                    $0.updateStruct("spec") { $0.updateStruct("template", podTemplate) }
                }
            }
        case "Node": tree.update("spec", nodeSpec)
        case "Secret": mergeStringData(&tree)
        default: break
        }
    }

    private static func podTemplate(_ template: inout JSONValue) {
        dropInitContainerAnnotations(&template)
        template.updateStruct("spec", podSpec)
    }

    private static func podSpec(_ spec: inout JSONValue) {
        let account =
            spec.hasContent("serviceAccountName") ? spec["serviceAccountName"] : spec["serviceAccount"]
        spec["serviceAccountName"] = account
        spec["serviceAccount"] = account
        spec.setIfAbsent("securityContext", [:])
    }

    private static func podStatus(_ status: inout JSONValue) {
        let address = status.text("podIP")
        if !address.isEmpty, status["podIPs"]?[0]?.text("ip") != address {
            status["podIPs"] = [["ip": .string(address)]]
        } else if let first = status["podIPs"]?[0]?["ip"] {
            status["podIP"] = first
        }
    }

    private static func nodeSpec(_ spec: inout JSONValue) {
        let range = spec.text("podCIDR")
        if !range.isEmpty, spec["podCIDRs"]?[0]?.stringValue != range {
            spec["podCIDRs"] = [.string(range)]
        } else if let first = spec["podCIDRs"]?[0] {
            spec["podCIDR"] = first
        }
    }

    private static func mergeStringData(_ secret: inout JSONValue) {
        let texts = secret.map("stringData")
        if !texts.isEmpty {
            secret.setIfAbsent("data", [:])
            secret.update("data") { data in
                for (key, text) in texts {
                    data[key] = .string(Base64.encode(Array((text.stringValue ?? "").utf8)))
                }
            }
        }
        secret["stringData"] = nil
    }

    private static func dropInitContainerAnnotations(_ object: inout JSONValue) {
        object.update("metadata") {
            $0.update("annotations") { annotations in
                for version in ["alpha", "beta"] {
                    annotations["pod.\(version).kubernetes.io/init-containers"] = nil
                    annotations["pod.\(version).kubernetes.io/init-container-statuses"] = nil
                }
            }
        }
    }
}
