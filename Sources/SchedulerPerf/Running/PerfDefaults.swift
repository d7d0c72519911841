import KubernetesModel

/// The objects that are made where a file names no template.
///
/// Upstream: `test/integration/scheduler_perf/util.go`, `test/utils/runners.go` (v1.36).
enum PerfDefaults {
    static func node(prefix: String) -> JSONValue {
        let amounts: JSONValue = ["cpu": "4", "memory": "32Gi", "pods": "110"]
        return [
            "apiVersion": "v1", "kind": "Node", "metadata": ["generateName": .string(prefix)],
            "status": [
                "capacity": amounts, "allocatable": amounts, "phase": "Running",
                "conditions": [["type": "Ready", "status": "True"]],
            ],
        ]
    }

    static var pod: JSONValue {
        let amounts: JSONValue = ["cpu": "100m", "memory": "500Mi"]
        return [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["generateName": "pod-"],
            "spec": [
                "containers": [
                    [
                        "name": "pause", "image": "registry.k8s.io/pause:3.10.2",
                        "ports": [["containerPort": 80]],
                        "resources": ["limits": amounts, "requests": amounts],
                    ]
                ]
            ],
        ]
    }

    static func namespace(_ name: String) -> JSONValue {
        ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]
    }
}
