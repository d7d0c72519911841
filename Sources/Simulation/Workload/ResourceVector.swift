import KubernetesModel
import SimulationKernel

/// The resources that a run's figures are about, each with a small number: CPU and memory first, the others in
/// the order in which they were first met.
struct ResourceNumbers {
    private(set) var names = [ResourceName.cpu, ResourceName.memory]
    private var numbers = [ResourceName.cpu: 0, ResourceName.memory: 1]

    mutating func number(of name: String) -> Int {
        if let known = numbers[name] { return known }
        numbers[name] = names.count
        names.append(name)
        return names.count - 1
    }

    /// The amounts by number; CPU in thousandths of a core, all else in whole units.
    ///
    /// - Parameter isKnown: whether only resources that have a number already are taken.
    mutating func vector(_ list: ResourceList, onlyKnown isKnown: Bool = false) -> [Int64] {
        var vector = Array(repeating: Int64(0), count: names.count)
        for entry in list.entries where entry.name != ResourceName.pods {
            if isKnown && numbers[entry.name] == nil { continue }
            let place = number(of: entry.name)
            while vector.count <= place { vector.append(0) }
            vector[place] =
                entry.name == ResourceName.cpu
                ? entry.quantity.saturatingMilliValue : entry.quantity.saturatingValue
        }
        return vector
    }

    /// What one of a vector's units is in the unit that people read: thousandths of cores become cores.
    static func unit(_ place: Int) -> Double { place == 0 ? 1_000 : 1 }
}

extension [Int64] {
    /// The amount of a resource; vectors are only as long as they need to be.
    func amount(_ place: Int) -> Int64 { place < count ? self[place] : 0 }

    mutating func add(_ other: [Int64], times factor: Int64 = 1) {
        while count < other.count { append(0) }
        for place in other.indices { self[place] &+= other[place] &* factor }
    }
}

/// The integral over time of a whole number that changes in steps, exact: value times nanoseconds.
struct StepIntegral {
    private(set) var value: Int64 = 0
    private var since: VirtualTime
    private var sum: Int128 = 0

    init(from start: VirtualTime = .start) { since = start }

    mutating func change(to newValue: Int64, at time: VirtualTime) {
        sum += Int128(value) * Int128((time - since).nanoseconds)
        since = time
        value = newValue
    }

    mutating func add(_ step: Int64, at time: VirtualTime) { change(to: value + step, at: time) }

    func total(at time: VirtualTime) -> Int128 { sum + Int128(value) * Int128((time - since).nanoseconds) }

    /// Value times seconds.
    func seconds(at time: VirtualTime) -> Double { Double(total(at: time)) / 1e9 }
}
