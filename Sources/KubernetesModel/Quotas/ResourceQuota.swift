import OrderedCollections

/// A ResourceQuota as the quota system reads it: limits on what the objects of a namespace use together.
public struct ResourceQuota: Hashable, Sendable {
    /// One condition on the objects that a quota is about.
    public struct ScopeRequirement: Hashable, FieldMapped {
        public var scopeName = ""
        /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
        public var operation = ""
        public var values: [String] = []

        public init() {}

        public init(_ scopeName: String, operation: String = "Exists", values: [String] = []) {
            self.scopeName = scopeName
            self.operation = operation
            self.values = values
        }

        public mutating func map(_ fields: inout Fields) {
            fields.string("scopeName", &scopeName)
            fields.string("operator", &operation)
            fields.strings("values", &values)
        }

        /// Whether the requirement holds for an object that carries one of some names, or none.
        ///
        /// Upstream: `pkg/apis/core/v1/helper/helpers.go`, `ScopedResourceSelectorRequirementsAsSelector` (v1.36).
        func selects(_ names: [String]) -> Bool {
            func selects(_ name: String?) -> Bool {
                switch operation {
                case "In": name.map(values.contains) ?? false
                case "NotIn": !(name.map(values.contains) ?? false)
                case "Exists": name != nil
                case "DoesNotExist": name == nil
                default: false
                }
            }
            return names.isEmpty ? selects(nil) : names.contains { selects($0) }
        }
    }

    private struct Selector: FieldMapped {
        var matchExpressions: [ScopeRequirement] = []
        mutating func map(_ fields: inout Fields) { fields.list("matchExpressions", &matchExpressions) }
    }

    private struct Spec: FieldMapped {
        var hard = ResourceList()
        var scopes: [String] = []
        var scopeSelector = Selector()
        mutating func map(_ fields: inout Fields) {
            fields.resources("hard", &hard)
            fields.strings("scopes", &scopes)
            fields.optionalPart("scopeSelector", &scopeSelector)
        }
    }

    private struct Status: FieldMapped {
        var hard: ResourceList?
        var used: ResourceList?
        mutating func map(_ fields: inout Fields) {
            for (name, path) in [("hard", \Self.hard), ("used", \Self.used)] {
                var list = self[keyPath: path] ?? ResourceList()
                fields.resources(name, &list)
                self[keyPath: path] = list.isEmpty ? Optional.none : list
            }
        }
    }

    /// The object as it is stored.
    public let object: GenericObject
    /// The wanted limits.
    public let hard: ResourceList
    /// The scopes and the scope selector, as one list: all must hold.
    public let scopes: [ScopeRequirement]
    /// The limits that are in force, and what of them is used; nil before the controller has first looked.
    public var statusHard: ResourceList?
    public var statusUsed: ResourceList?

    /// Reads a stored ResourceQuota; nil for an object of another kind.
    public init?(_ object: APIObject) {
        guard case .generic(let generic) = object, generic.value.kind == .resourceQuota else { return nil }
        self.object = generic.value
        // Neither part holds times, so the epoch does not matter.
        let epoch = CalendarTime(unixSeconds: 0)
        let spec = Spec(fields: generic.value.body["spec"]?.objectValue ?? [:], epoch: epoch)
        let status = Status(fields: generic.value.body["status"]?.objectValue ?? [:], epoch: epoch)
        hard = spec.hard
        scopes = spec.scopes.map { ScopeRequirement($0) } + spec.scopeSelector.matchExpressions
        statusHard = status.hard
        statusUsed = status.used
    }

    public var name: String { object.metadata.name }
    public var namespace: String { object.metadata.namespace }
    public var key: ObjectKey { object.metadata.key }

    /// The object with this status, to be written.
    public var erased: APIObject {
        var copy = object
        var status = Status()
        status.hard = statusHard
        status.used = statusUsed
        copy.body["status"] = .object(status.fields(epoch: CalendarTime(unixSeconds: 0)))
        return .generic(Ref(copy))
    }
}

extension ResourceList {
    /// The names of the resources, in order.
    public var names: [String] { entries.map(\.name) }

    /// The amounts of some resources only.
    public func masked(to names: [String]) -> ResourceList {
        let kept = Set(names)
        return ResourceList(
            entries.lazy.filter { kept.contains($0.name) }.map { ($0.name, $0.quantity) })
    }

    /// What is left of each amount after taking away the other's; never less than zero, and zero for
    /// resources that only the other has.
    ///
    /// Upstream: `apiserver/pkg/quota/v1/resources.go`, `SubtractWithNonNegativeResult` (v1.36).
    func subtractingToZero(_ other: ResourceList) -> ResourceList {
        var result = ResourceList()
        for entry in entries {
            let rest = other[entry.name].map { entry.quantity - $0 } ?? entry.quantity
            result[entry.name] = rest.sign > 0 ? rest : .zero
        }
        for entry in other.entries where result[entry.name] == nil { result[entry.name] = .zero }
        return result
    }

    /// The amounts of so many objects that use as much each.
    func times(_ count: Int) -> ResourceList {
        var result = ResourceList()
        var power = self
        var rest = count
        while rest > 0 {
            if rest & 1 == 1 { result.add(power) }
            rest >>= 1
            if rest > 0 { power.add(power) }
        }
        return result
    }

    /// The amounts that are not zero.
    var withoutZeros: ResourceList {
        ResourceList(entries.lazy.filter { !$0.quantity.isZero }.map { ($0.name, $0.quantity) })
    }

    /// The amounts as error messages list them: `cpu=1,memory=1Gi`.
    var listed: String { entries.map { "\($0.name)=\($0.quantity)" }.joined(separator: ",") }
}
