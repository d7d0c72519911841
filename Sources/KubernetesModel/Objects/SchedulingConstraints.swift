import OrderedCollections

public enum TaintEffect: String, Hashable, Sendable {
    case noSchedule = "NoSchedule"
    case preferNoSchedule = "PreferNoSchedule"
    case noExecute = "NoExecute"
}

/// Keeps pods away from a node unless they tolerate it.
public struct Taint: Hashable, FieldMapped {
    public var key = ""
    public var value = ""
    public var effect = TaintEffect.noSchedule
    public var timeAdded: Timestamp?

    public init() {}

    public init(key: String, value: String = "", effect: TaintEffect, timeAdded: Timestamp? = nil) {
        self.key = key
        self.value = value
        self.effect = effect
        self.timeAdded = timeAdded
    }

    /// Taints are told apart by key and effect (`taint.MatchTaint`).
    public func matches(_ other: Taint) -> Bool { key == other.key && effect == other.effect }

    public mutating func map(_ fields: inout Fields) {
        fields.requiredString("key", &key)
        fields.string("value", &value)
        fields.choice("effect", &effect)
        fields.time("timeAdded", &timeAdded)
    }
}

/// Lets a pod onto, or stay on, nodes with matching taints.
public struct Toleration: Hashable, FieldMapped {
    /// Empty tolerates every key (with `Exists`).
    public var key = ""
    /// `Equal` (also when empty), `Exists`, or one that is switched off by default (`Lt`, `Gt`).
    public var operatorName = ""
    public var value = ""
    /// Nil tolerates every effect.
    public var effect: TaintEffect?
    /// How long a NoExecute taint is tolerated; nil is for ever, zero and less is not at all.
    public var tolerationSeconds: Int64?

    public init() {}

    /// Upstream: `component-helpers/scheduling/corev1/helpers.go`, `core/v1/toleration.go` (v1.36).
    public func tolerates(_ taint: Taint) -> Bool {
        if let effect, effect != taint.effect { return false }
        if !key.isEmpty && key != taint.key { return false }
        switch operatorName {
        case "", "Equal": return value == taint.value
        case "Exists": return true
        default: return false
        }
    }

    public mutating func map(_ fields: inout Fields) {
        fields.string("key", &key)
        fields.string("operator", &operatorName)
        fields.string("value", &value)
        fields.choice("effect", &effect)
        fields.int("tolerationSeconds", &tolerationSeconds)
    }
}

/// One requirement on a label or field.
public struct SelectorRequirement: Hashable, FieldMapped {
    public var key = ""
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`; for nodes `Gt` and `Lt` too.
    public var operatorName = ""
    public var values: [String] = []

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredString("key", &key)
        fields.requiredString("operator", &operatorName)
        fields.strings("values", &values)
    }
}

/// A label selector as manifests write it: every part must match. The empty selector matches everything;
/// an absent one matches nothing.
public struct LabelSelector: Hashable, FieldMapped {
    public var matchLabels = StringMap()
    public var matchExpressions: [SelectorRequirement] = []

    public init() {}

    public init(matchLabels: StringMap) { self.matchLabels = matchLabels }

    public var isEmpty: Bool { matchLabels.isEmpty && matchExpressions.isEmpty }

    /// Upstream: `apimachinery/pkg/labels/selector.go`, `Requirement.Matches` (v1.36).
    public func matches(_ labels: Labels) -> Bool {
        for entry in matchLabels.entries where labels[entry.key] != entry.value { return false }
        for requirement in matchExpressions {
            let value = labels[requirement.key]
            switch requirement.operatorName {
            case "In": guard let value, requirement.values.contains(value) else { return false }
            case "NotIn": if let value, requirement.values.contains(value) { return false }
            case "Exists": if value == nil { return false }
            case "DoesNotExist": if value != nil { return false }
            default: return false
            }
        }
        return true
    }

    public mutating func map(_ fields: inout Fields) {
        fields.map("matchLabels", &matchLabels)
        fields.list("matchExpressions", &matchExpressions)
    }
}

/// One of several terms on a node, of which one must hold: its expressions on labels and on fields.
public struct NodeSelectorTerm: Hashable, FieldMapped {
    public var matchExpressions: [SelectorRequirement] = []
    public var matchFields: [SelectorRequirement] = []

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.list("matchExpressions", &matchExpressions)
        fields.list("matchFields", &matchFields)
    }
}

public struct NodeSelector: Hashable, FieldMapped {
    public var nodeSelectorTerms: [NodeSelectorTerm] = []

    public init() {}

    public mutating func map(_ fields: inout Fields) { fields.list("nodeSelectorTerms", &nodeSelectorTerms) }
}

public struct PreferredSchedulingTerm: Hashable, FieldMapped {
    public var weight: Int64 = 0
    public var preference = NodeSelectorTerm()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredInt("weight", &weight)
        fields.part("preference", &preference)
    }
}

public struct NodeAffinity: Hashable, FieldMapped {
    public var required: NodeSelector?
    public var preferred: [PreferredSchedulingTerm] = []

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("requiredDuringSchedulingIgnoredDuringExecution", &required)
        fields.list("preferredDuringSchedulingIgnoredDuringExecution", &preferred)
    }
}

public struct PodAffinityTerm: Hashable, FieldMapped {
    public var labelSelector: LabelSelector?
    public var namespaces: [String] = []
    public var topologyKey = ""
    public var namespaceSelector: LabelSelector?
    public var matchLabelKeys: [String] = []
    public var mismatchLabelKeys: [String] = []

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("labelSelector", &labelSelector)
        fields.strings("namespaces", &namespaces)
        fields.requiredString("topologyKey", &topologyKey)
        fields.part("namespaceSelector", &namespaceSelector)
        fields.strings("matchLabelKeys", &matchLabelKeys)
        fields.strings("mismatchLabelKeys", &mismatchLabelKeys)
    }
}

public struct WeightedPodAffinityTerm: Hashable, FieldMapped {
    public var weight: Int64 = 0
    public var podAffinityTerm = PodAffinityTerm()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredInt("weight", &weight)
        fields.part("podAffinityTerm", &podAffinityTerm)
    }
}

/// Both `podAffinity` and `podAntiAffinity` have this form.
public struct PodAffinity: Hashable, FieldMapped {
    public var required: [PodAffinityTerm] = []
    public var preferred: [WeightedPodAffinityTerm] = []

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.list("requiredDuringSchedulingIgnoredDuringExecution", &required)
        fields.list("preferredDuringSchedulingIgnoredDuringExecution", &preferred)
    }
}

public struct Affinity: Hashable, FieldMapped {
    public var nodeAffinity: NodeAffinity?
    public var podAffinity: PodAffinity?
    public var podAntiAffinity: PodAffinity?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("nodeAffinity", &nodeAffinity)
        fields.part("podAffinity", &podAffinity)
        fields.part("podAntiAffinity", &podAntiAffinity)
    }
}

public struct TopologySpreadConstraint: Hashable, FieldMapped {
    public var maxSkew: Int64 = 1
    public var topologyKey = ""
    /// `DoNotSchedule` or `ScheduleAnyway`.
    public var whenUnsatisfiable = ""
    public var labelSelector: LabelSelector?
    public var minDomains: Int64?
    /// `Honor` (the default) or `Ignore`.
    public var nodeAffinityPolicy: String?
    /// `Ignore` (the default) or `Honor`.
    public var nodeTaintsPolicy: String?
    public var matchLabelKeys: [String] = []

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredInt("maxSkew", &maxSkew)
        fields.requiredString("topologyKey", &topologyKey)
        fields.requiredString("whenUnsatisfiable", &whenUnsatisfiable)
        fields.part("labelSelector", &labelSelector)
        fields.int("minDomains", &minDomains)
        fields.string("nodeAffinityPolicy", &nodeAffinityPolicy)
        fields.string("nodeTaintsPolicy", &nodeTaintsPolicy)
        fields.strings("matchLabelKeys", &matchLabelKeys)
    }
}
