import OrderedCollections

/// Amounts of resources by name, as in `requests` and `limits`.
struct ResourceAmounts {
    private(set) var amounts: OrderedDictionary<String, Quantity> = [:]

    init() {}

    /// Reads a decoded resource list; amounts that do not parse count as absent.
    init(_ list: JSONValue?) {
        for (name, value) in list?.objectValue ?? [:] {
            if let text = value.stringValue, let quantity = try? Quantity(parsing: text) {
                amounts[name] = quantity
            }
        }
    }

    subscript(name: String) -> Quantity? {
        get { amounts[name] }
        set { amounts[name] = newValue }
    }

    var tree: JSONValue { .object(amounts.mapValues { .string($0.description) }) }

    mutating func add(_ other: ResourceAmounts) {
        for (name, quantity) in other.amounts {
            if let present = amounts[name] {
                amounts[name] = present + quantity
            } else {
                amounts[name] = quantity
            }
        }
    }

    mutating func raise(to other: ResourceAmounts) {
        for (name, quantity) in other.amounts {
            if let present = amounts[name], quantity <= present { continue }
            amounts[name] = quantity
        }
    }

    /// What a pod's containers need together: the sum of those that run, or more while an init container does.
    ///
    /// `field` is `requests` or `limits`. Init containers that restart always run on beside the others.
    /// Upstream: `AggregateContainerRequests` in `component-helpers/resource/helpers.go` (v1.36).
    static func ofContainers(_ podSpec: JSONValue, _ field: String) -> ResourceAmounts {
        var total = ResourceAmounts()
        for container in podSpec.list("containers") {
            total.add(ResourceAmounts(container["resources"]?[field]))
        }
        var sidecars = ResourceAmounts()
        var initialization = ResourceAmounts()
        for container in podSpec.list("initContainers") {
            let own = ResourceAmounts(container["resources"]?[field])
            if container.text("restartPolicy") == "Always" {
                total.add(own)
                sidecars.add(own)
                initialization.raise(to: sidecars)
            } else {
                var needed = own
                needed.add(sidecars)
                initialization.raise(to: needed)
            }
        }
        total.raise(to: initialization)
        return total
    }
}
