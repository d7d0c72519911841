/// What the API knows about names of resources such as `cpu` and `example.com/gpu`.
///
/// Upstream: `pkg/apis/core/helper/helpers.go` (v1.36).
enum ResourceNames {
    static let container: Set<String> = ["cpu", "memory", "ephemeral-storage"]
    static let quota: Set<String> = [
        "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage",
        "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage", "pods",
        "resourcequotas", "services", "replicationcontrollers", "secrets", "persistentvolumeclaims",
        "configmaps", "services.nodeports", "services.loadbalancers",
    ]
    static let standard = quota.union(["storage"])
    static let integer: Set<String> = [
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps",
        "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
    ]

    static func isHugePage(_ name: String) -> Bool { name.hasPrefix("hugepages-") }
    static func isQuotaHugePage(_ name: String) -> Bool {
        isHugePage(name) || name.hasPrefix("requests.hugepages-")
    }
    static func isStandard(_ name: String) -> Bool { standard.contains(name) || isQuotaHugePage(name) }
    static func isStandardQuota(_ name: String) -> Bool { quota.contains(name) || isQuotaHugePage(name) }
    static func isStandardContainer(_ name: String) -> Bool { container.contains(name) || isHugePage(name) }
    static func isNative(_ name: String) -> Bool {
        !name.contains("/") || name.range(ofFirst: "kubernetes.io/") != nil
    }
    static func isExtended(_ name: String) -> Bool {
        if isNative(name) || name.hasPrefix("requests.") { return false }
        return Names.qualifiedName("requests." + name).isEmpty
    }
    static func isInteger(_ name: String) -> Bool { integer.contains(name) || isExtended(name) }
    static func allowsOvercommit(_ name: String) -> Bool { isNative(name) && !isHugePage(name) }

    /// Whether an amount of huge pages is a whole number of them.
    static func isDivisible(_ name: String, _ quantity: Quantity) -> Bool {
        guard let page = try? Quantity(parsing: String(name.dropFirst("hugepages-".count))),
            page.value > 0, page.milliValue % 1000 == 0
        else { return false }
        return quantity.value % page.value == 0
    }
}

extension FieldErrorList {
    mutating func resourceName(_ name: String, _ path: FieldPath) {
        let faults = Names.qualifiedName(name)
        invalid(path, .typed(name), each: faults)
        if faults.isEmpty && !name.contains("/") && !ResourceNames.isStandard(name) {
            invalid(path, .typed(name), "must be a standard resource type or fully qualified")
        }
    }

    mutating func containerResourceName(_ name: String, _ path: FieldPath) {
        resourceName(name, path)
        if !name.contains("/") {
            if !ResourceNames.isStandardContainer(name) {
                invalid(path, .typed(name), "must be a standard resource for containers")
            }
        } else if !ResourceNames.isNative(name) && !ResourceNames.isExtended(name) {
            invalid(path, .typed(name), "doesn't follow extended resource name standard")
        }
    }

    mutating func podResourceName(_ name: String, _ path: FieldPath) {
        let before = errors.count
        resourceName(name, path)
        guard errors.count == before else { return }
        if name != "cpu" && name != "memory" && !ResourceNames.isHugePage(name) {
            notSupported(path, .typed(name), ["cpu", "hugepages-", "memory"])
        }
    }

    mutating func quotaResourceName(_ name: String, _ path: FieldPath) {
        resourceName(name, path)
        if !name.contains("/") && !ResourceNames.isStandardQuota(name) {
            invalid(path, .typed(name), "must be a standard resource for quota")
        }
    }

    /// An amount of a resource.
    mutating func resourceQuantity(_ name: String, _ value: APITree, _ path: FieldPath) {
        guard let quantity = value.quantity else { return }
        nonNegativeQuantity(value, path)
        if ResourceNames.isInteger(name) && quantity.milliValue % 1000 != 0 {
            invalid(path, .typed(value.quantityText), "must be an integer")
        }
    }

    mutating func nonNegativeQuantity(_ value: APITree, _ path: FieldPath) {
        guard let quantity = value.quantity, quantity < Quantity.zero else { return }
        invalid(path, .text(value.quantityText), FieldErrorList.negativeMessage)
    }

    mutating func positiveQuantity(_ value: APITree, _ path: FieldPath) {
        guard let quantity = value.quantity, quantity <= Quantity.zero else { return }
        invalid(path, .text(value.quantityText), "must be greater than zero")
    }

    /// A quantity whose rounded value must not be negative.
    mutating func basicResource(_ value: APITree, _ path: FieldPath) {
        guard let quantity = value.quantity, quantity.value < 0 else { return }
        invalid(path, .int(quantity.value), "must be a valid resource quantity")
    }
}
