import KubernetesModel
import OrderedCollections

/// Arguments of NodeAffinity: a node affinity that every pod of the profile has beside its own.
///
/// Upstream: `apis/config/validation/validation_pluginargs.go`, `ValidateNodeAffinityArgs`;
/// `component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go` (v1.36).
extension NodeAffinity {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(["apiVersion", "kind", "addedAffinity"])
        guard let added = try arguments.object("addedAffinity") else {
            self.init(addedAffinity: nil)
            return
        }
        let (required, preferred) = (
            "requiredDuringSchedulingIgnoredDuringExecution",
            "preferredDuringSchedulingIgnoredDuringExecution"
        )
        try added.allow([required, preferred])
        if let selector = try added.object(required) {
            try selector.allow(["nodeSelectorTerms"])
            for term in try selector.objects("nodeSelectorTerms") { try term.checkNodeSelectorTerm() }
        }
        for item in try added.objects(preferred) {
            try item.allow(["weight", "preference"])
            _ = try item.integer("weight", in: Int64(Int32.min)...Int64(Int32.max))
            try item.object("preference")?.checkNodeSelectorTerm()
        }
        self.init(
            addedAffinity: KubernetesModel.NodeAffinity(
                fields: added.json.objectValue ?? [:], epoch: CalendarTime(unixSeconds: 0)))
    }
}

extension PluginArguments {
    fileprivate func checkNodeSelectorTerm() throws(ConfigurationError) {
        try allow(["matchExpressions", "matchFields"])
        for requirement in try objects("matchExpressions") { try requirement.checkLabelRequirement() }
        for requirement in try objects("matchFields") { try requirement.checkFieldRequirement() }
    }

    private func fail(_ member: String, _ message: String) -> ConfigurationError {
        ConfigurationError(path: path(of: member), message: message)
    }

    /// Upstream: `apimachinery/pkg/labels/selector.go`, `NewRequirement` (v1.36).
    private func checkLabelRequirement() throws(ConfigurationError) {
        try allow(["key", "operator", "values"])
        try Self.checkQualifiedName(try string("key") ?? "", path(of: "key"))
        let values = try strings("values")
        let operation = try string("operator") ?? ""
        switch operation {
        case "In", "NotIn":
            if values.isEmpty {
                throw fail("values", "for 'in', 'notin' operators, values set can't be empty")
            }
        case "Exists", "DoesNotExist":
            if !values.isEmpty {
                throw fail("values", "values set must be empty for exists and does not exist")
            }
        case "Gt", "Lt":
            if values.count != 1 {
                throw fail("values", "for 'Gt', 'Lt' operators, exactly one value is required")
            }
            if Int64(values[0]) == nil {
                throw fail("values[0]", "for 'Gt', 'Lt' operators, the value must be an integer")
            }
        default:
            throw fail("operator", "'\(operation)' is not one of In, NotIn, Exists, DoesNotExist, Gt, Lt")
        }
        for (place, value) in values.enumerated() {
            if let message = Names.labelValue(value).first {
                throw fail("values[\(place)]", "'\(value)': \(message)")
            }
        }
    }

    private func checkFieldRequirement() throws(ConfigurationError) {
        try allow(["key", "operator", "values"])
        _ = try string("key")
        let operation = try string("operator") ?? ""
        guard ["In", "NotIn"].contains(operation) else {
            throw fail("operator", "'\(operation)' is not one of In, NotIn")
        }
        if try strings("values").count != 1 { throw fail("values", "must have one element") }
    }
}
