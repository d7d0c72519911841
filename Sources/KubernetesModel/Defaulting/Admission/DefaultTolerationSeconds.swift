/// Lets pods stay for 300 s on a node that is not ready or unreachable, unless they say otherwise.
///
/// Upstream: `plugin/pkg/admission/defaulttolerationseconds/admission.go` (v1.36).
public enum DefaultTolerationSeconds {
    public static func admit(pod: inout JSONValue) {
        pod.updateStruct("spec") { spec in
            let given = spec.list("tolerations")
            for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
                let isTolerated = given.contains { toleration in
                    let effect = toleration.text("effect")
                    let ownKey = toleration.text("key")
                    return (ownKey == key || ownKey.isEmpty) && (effect == "NoExecute" || effect.isEmpty)
                }
                if isTolerated { continue }
                spec.append(
                    [
                        "key": .string(key), "operator": "Exists", "effect": "NoExecute",
                        "tolerationSeconds": 300,
                    ], to: "tolerations")
            }
        }
    }
}
