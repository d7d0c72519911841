import KubernetesModel

/// The resources that the scheduler has met, numbered in that order.
public struct ResourceNames {
    public private(set) var names: ContiguousArray<String> = [
        ResourceName.cpu, ResourceName.memory, ResourceName.ephemeralStorage,
    ]
    private var numbers: [String: Int] = [
        ResourceName.cpu: 0, ResourceName.memory: 1, ResourceName.ephemeralStorage: 2,
    ]

    public var count: Int { names.count }

    public func name(_ resource: ResourceIndex) -> String { names[resource.value] }

    /// The number of a resource that was met before.
    public subscript(name: String) -> ResourceIndex? { numbers[name].map(ResourceIndex.init) }

    mutating func intern(_ name: String) -> ResourceIndex {
        if let number = numbers[name] { return ResourceIndex(number) }
        numbers[name] = names.count
        names.append(name)
        return ResourceIndex(names.count - 1)
    }

    /// The amounts of the resources that the scheduler counts, in the order of ``ResourceRequests``.
    mutating func compile(_ list: ResourceList) -> ResourceRequests {
        var entries: [ResourceRequests.Entry] = []
        for name in [ResourceName.cpu, ResourceName.memory, ResourceName.ephemeralStorage] {
            let amount = list.amount(name)
            if amount != 0 { entries.append(.init(resource: intern(name), amount: amount)) }
        }
        for entry in list.entries where isScalarResource(entry.name) {
            let amount = entry.quantity.value
            if amount != 0 { entries.append(.init(resource: intern(entry.name), amount: amount)) }
        }
        return ResourceRequests(entries: entries)
    }
}
