/// Why an admission plugin refuses an object.
public struct AdmissionRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The plugin's own words.
    public var description: String

    public init(_ description: String) { self.description = description }

    /// The message of the `Forbidden` answer: `pods "web" is forbidden: …`.
    public func message(for resource: ResourceKind, name: String) -> String {
        "\(resource.groupResource) \"\(name)\" is forbidden: \(description)"
    }
}

/// What the admission plugins need to know of the cluster, for one namespace.
public struct AdmissionFacts: Sendable {
    /// The namespace's LimitRanges, in a fixed order.
    public var limitRanges: [JSONValue]
    /// The namespace's service accounts by name.
    public var serviceAccounts: [String: JSONValue]
    public var priorityClasses: PriorityClasses
    public var runtimeClasses: [String: JSONValue]
    public var storageClasses: [JSONValue]
    public var ingressClasses: [JSONValue]
    /// The five characters that end the name of a pod's token volume.
    public var volumeNameSuffix: String

    public init(
        limitRanges: [JSONValue] = [], serviceAccounts: [String: JSONValue] = [:],
        priorityClasses: PriorityClasses = PriorityClasses([]), runtimeClasses: [String: JSONValue] = [:],
        storageClasses: [JSONValue] = [], ingressClasses: [JSONValue] = [], volumeNameSuffix: String
    ) {
        self.limitRanges = limitRanges
        self.serviceAccounts = serviceAccounts
        self.priorityClasses = priorityClasses
        self.runtimeClasses = runtimeClasses
        self.storageClasses = storageClasses
        self.ingressClasses = ingressClasses
        self.volumeNameSuffix = volumeNameSuffix
    }
}

/// The admission plugins that are on by default and depend on nothing but the object and a few others.
///
/// NamespaceLifecycle and ResourceQuota belong to the API server, which has the state that they need.
/// Upstream: `pkg/kubeapiserver/options/plugins.go` (v1.36) for the order.
public enum Admission {
    /// Changes a new object as the plugins do, in their order.
    ///
    /// The tree is decoded and defaulted; ``CreationStrategy`` and validation come after, and
    /// ``validateNew(_:_:namespace:facts:)`` after those.
    public static func mutateNew(
        _ kind: GroupVersionKind, _ tree: inout JSONValue, namespace: String, facts: AdmissionFacts
    ) throws(AdmissionRefusal) {
        switch kind.kind {
        case "Pod":
            LimitRanger.admit(pod: &tree, ranges: facts.limitRanges)
            try ServiceAccountAdmission.admit(
                pod: &tree, namespace: namespace, accounts: facts.serviceAccounts,
                suffix: facts.volumeNameSuffix)
            try PriorityAdmission.admit(pod: &tree, classes: facts.priorityClasses)
            DefaultTolerationSeconds.admit(pod: &tree)
            try RuntimeClassAdmission.admit(pod: &tree, classes: facts.runtimeClasses)
        case "Node": TaintNodesByCondition.admit(node: &tree)
        case "PersistentVolumeClaim":
            DefaultStorageClass.admit(claim: &tree, classes: facts.storageClasses)
            StorageObjectInUseProtection.admit(kind, &tree)
        case "PersistentVolume": StorageObjectInUseProtection.admit(kind, &tree)
        case "Ingress": DefaultIngressClass.admit(ingress: &tree, classes: facts.ingressClasses)
        default: break
        }
    }

    /// Checks a new object as the plugins do, in their order.
    public static func validateNew(
        _ kind: GroupVersionKind, _ tree: JSONValue, namespace: String, facts: AdmissionFacts
    ) throws(AdmissionRefusal) {
        switch kind.kind {
        case "Pod":
            try LimitRanger.validate(pod: tree, ranges: facts.limitRanges)
            try ServiceAccountAdmission.validate(
                pod: tree, namespace: namespace, accounts: facts.serviceAccounts)
            try RuntimeClassAdmission.validate(pod: tree, classes: facts.runtimeClasses)
        case "PersistentVolumeClaim": try LimitRanger.validate(claim: tree, ranges: facts.limitRanges)
        case "PriorityClass": try PriorityAdmission.validate(newClass: tree, classes: facts.priorityClasses)
        default: break
        }
    }

    /// Changes a new object as the plugins do, then has them check it.
    public static func admitNew(
        _ kind: GroupVersionKind, _ tree: inout JSONValue, namespace: String, facts: AdmissionFacts
    ) throws(AdmissionRefusal) {
        try mutateNew(kind, &tree, namespace: namespace, facts: facts)
        try validateNew(kind, tree, namespace: namespace, facts: facts)
    }
}
