import OrderedCollections

/// Gives pods the overhead and the scheduling constraints of their runtime class.
///
/// Upstream: `plugin/pkg/admission/runtimeclass/admission.go`, `pkg/util/tolerations` (v1.36).
public enum RuntimeClassAdmission {
    public static func admit(pod: inout JSONValue, classes: [String: JSONValue]) throws(AdmissionRefusal) {
        guard let runtimeClass = try find(pod, classes) else { return }
        if let overhead = runtimeClass["overhead"] {
            if pod["spec"]?.hasContent("overhead") ?? false,
                !isSame(overhead["podFixed"], pod["spec"]?["overhead"])
            {
                throw AdmissionRefusal(
                    "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
            }
            let fixed = overhead["podFixed"]
            pod.updateStruct("spec") { $0["overhead"] = fixed }
        }
        guard let scheduling = runtimeClass["scheduling"] else { return }
        for (key, value) in scheduling.map("nodeSelector") {
            if let present = pod["spec"]?["nodeSelector"]?[key], present != value {
                throw AdmissionRefusal(
                    "conflict: runtimeClass.scheduling.nodeSelector[\(key)] = \(value.stringValue ?? ""); "
                        + "pod.spec.nodeSelector[\(key)] = \(present.stringValue ?? "")")
            }
        }
        let selector = scheduling.map("nodeSelector")
        let tolerations = scheduling.list("tolerations")
        pod.updateStruct("spec") { spec in
            if !selector.isEmpty {
                spec.setIfAbsent("nodeSelector", [:])
                spec.update("nodeSelector") { for (key, value) in selector { $0[key] = value } }
            }
            spec["tolerations"] = .array(merge(spec.list("tolerations") + tolerations))
        }
    }

    public static func validate(pod: JSONValue, classes: [String: JSONValue]) throws(AdmissionRefusal) {
        let overhead = pod["spec"]?["overhead"]
        if let defined = try find(pod, classes)?["overhead"] {
            if !isSame(defined["podFixed"], overhead) {
                throw AdmissionRefusal(
                    "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
            }
        } else if overhead != nil {
            throw AdmissionRefusal(
                "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")
        }
    }

    private static func find(
        _ pod: JSONValue, _ classes: [String: JSONValue]
    ) throws(AdmissionRefusal) -> JSONValue? {
        guard let name = pod["spec"]?["runtimeClassName"]?.stringValue else { return nil }
        guard let found = classes[name] else {
            throw AdmissionRefusal("pod rejected: RuntimeClass \(goQuoted(name)) not found")
        }
        return found
    }

    private static func isSame(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
        let left = ResourceAmounts(left).amounts
        let right = ResourceAmounts(right).amounts
        return left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }

    // MARK: Tolerations

    /// Leaves out tolerations that another one covers.
    static func merge(_ all: [JSONValue]) -> [JSONValue] {
        var merged: [JSONValue] = []
        for (index, toleration) in all.enumerated() {
            let isCovered =
                merged.contains { covers($0, toleration) }
                || all[(index + 1)...].contains { $0 != toleration && covers($0, toleration) }
            if !isCovered { merged.append(toleration) }
        }
        return merged
    }

    private static func covers(_ wide: JSONValue, _ narrow: JSONValue) -> Bool {
        if wide == narrow { return true }
        let operation = wide.text("operator")
        if narrow.text("key") != wide.text("key"), !(wide.text("key").isEmpty && operation == "Exists") {
            return false
        }
        let effect = wide.text("effect")
        if narrow.text("effect") != effect, !effect.isEmpty { return false }
        if effect == "NoExecute", let limit = wide["tolerationSeconds"]?.integerValue {
            guard let seconds = narrow["tolerationSeconds"]?.integerValue, seconds <= limit else {
                return false
            }
        }
        switch operation {
        case "Equal", "":
            return narrow.text("operator") == "Equal" && narrow.text("value") == wide.text("value")
        case "Exists": return true
        default: return false
        }
    }
}
