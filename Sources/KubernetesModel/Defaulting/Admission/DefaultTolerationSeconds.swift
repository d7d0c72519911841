/// Lets pods stay for 300 s on a node that is not ready or unreachable, unless they say otherwise.
///
/// Upstream: `plugin/pkg/admission/defaulttolerationseconds/admission.go` (v1.36).
public enum DefaultTolerationSeconds {
    /// - Parameters:
    ///   - notReadySeconds: `--default-not-ready-toleration-seconds` of the API server.
    ///   - unreachableSeconds: `--default-unreachable-toleration-seconds`.
    public static func admit(
        pod: inout JSONValue, notReadySeconds: Int64 = 300, unreachableSeconds: Int64 = 300
    ) {
        pod.updateStruct("spec") { spec in
            let given = spec.list("tolerations")
            let keys = [
                ("node.kubernetes.io/not-ready", notReadySeconds),
                ("node.kubernetes.io/unreachable", unreachableSeconds),
            ]
            for (key, seconds) in keys {
                let isTolerated = given.contains { toleration in
                    let effect = toleration.text("effect")
                    let ownKey = toleration.text("key")
                    return (ownKey == key || ownKey.isEmpty) && (effect == "NoExecute" || effect.isEmpty)
                }
                if isTolerated { continue }
                spec.append(
                    [
                        "key": .string(key), "operator": "Exists", "effect": "NoExecute",
                        "tolerationSeconds": .integer(seconds),
                    ], to: "tolerations")
            }
        }
    }
}
