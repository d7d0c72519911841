import OrderedCollections

/// The cluster's PriorityClasses, as far as pods need them.
public struct PriorityClasses: Sendable {
    public struct Entry: Hashable, Sendable {
        public var name: String
        public var value: Int64
        public var preemptionPolicy: String?
    }

    private var entries: [String: Entry] = [:]
    /// The global default; of several, the one with the lowest value, then name.
    public private(set) var globalDefault: Entry?

    /// Reads PriorityClass objects, and adds the two that every API server has.
    public init(_ objects: [JSONValue]) {
        let builtIn: [(String, Int64)] = [
            ("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000),
        ]
        for (name, value) in builtIn {
            entries[name] = Entry(name: name, value: value, preemptionPolicy: "PreemptLowerPriority")
        }
        for object in objects {
            let name = object["metadata"]?.text("name") ?? ""
            let entry = Entry(
                name: name, value: object["value"]?.integerValue ?? 0,
                preemptionPolicy: object["preemptionPolicy"]?.stringValue ?? "PreemptLowerPriority")
            entries[name] = entry
            guard object["globalDefault"] == true else { continue }
            if let present = globalDefault, (present.value, present.name) <= (entry.value, name) { continue }
            globalDefault = entry
        }
    }

    public subscript(name: String) -> Entry? { entries[name] }
}

/// Resolves a pod's priority class into its priority.
///
/// Upstream: `plugin/pkg/admission/priority/admission.go` (v1.36).
public enum PriorityAdmission {
    public static func admit(pod: inout JSONValue, classes: PriorityClasses) throws(AdmissionRefusal) {
        let spec = pod["spec"] ?? [:]
        let wanted = spec.text("priorityClassName")
        let entry: PriorityClasses.Entry
        if !wanted.isEmpty {
            guard let found = classes[wanted] else {
                throw AdmissionRefusal("no PriorityClass with name \(wanted) was found")
            }
            entry = found
        } else {
            entry =
                classes.globalDefault
                ?? PriorityClasses.Entry(name: "", value: 0, preemptionPolicy: "PreemptLowerPriority")
        }
        if let given = spec["priority"]?.integerValue, given != entry.value {
            throw AdmissionRefusal(
                "the integer value of priority (\(given)) must not be provided in pod spec; "
                    + "priority admission controller computed \(entry.value) from the given PriorityClass name"
            )
        }
        if let policy = entry.preemptionPolicy, let given = spec["preemptionPolicy"]?.stringValue,
            given != policy
        {
            throw AdmissionRefusal(
                "the string value of PreemptionPolicy (\(given)) must not be provided in pod spec; "
                    + "priority admission controller computed \(policy) from the given PriorityClass name")
        }
        pod.updateStruct("spec") {
            if !entry.name.isEmpty { $0["priorityClassName"] = .string(entry.name) }
            $0["priority"] = .integer(entry.value)
            if let policy = entry.preemptionPolicy { $0["preemptionPolicy"] = .string(policy) }
        }
    }

    /// Keeps what creation decided when an update leaves it out.
    public static func admit(updated pod: inout JSONValue, old: JSONValue) {
        pod.updateStruct("spec") { spec in
            for field in ["priority", "preemptionPolicy"] {
                if let value = old["spec"]?[field] { spec.setIfAbsent(field, value) }
            }
        }
    }

    /// Allows one global default only.
    public static func validate(newClass object: JSONValue, classes: PriorityClasses) throws(AdmissionRefusal)
    {
        guard object["globalDefault"] == true, let present = classes.globalDefault else { return }
        throw AdmissionRefusal(
            "PriorityClass \(present.name) is already marked as default. Only one default can exist")
    }

    /// The same for a change of a class.
    public static func validate(updatedClass object: JSONValue, classes: PriorityClasses)
        throws(AdmissionRefusal)
    {
        if object["metadata"]?.text("name") == classes.globalDefault?.name { return }
        try validate(newClass: object, classes: classes)
    }
}
