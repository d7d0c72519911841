public import KubernetesModel

extension SchedulerConfiguration {
    /// Everything that is wrong with a configuration, in the order in which reading it comes upon it.
    ///
    /// Reading ends at the first mistake, so the faulty member is taken out and the rest is read again. A mistake that
    /// is something's absence, or that concerns the whole, is the last that is told.
    public static func problems(json: JSONValue, registry: PluginRegistry = .standard) -> [ConfigurationError]
    {
        var rest = json
        var problems: [ConfigurationError] = []
        while problems.count < problemLimit {
            do throws(ConfigurationError) {
                _ = try SchedulerConfiguration(json: rest, registry: registry)
                break
            } catch {
                problems.append(error)
                let steps = error.path.split(whereSeparator: { $0 == "." || $0 == "[" || $0 == "]" })
                guard !error.message.hasPrefix("is missing"), rest.remove(steps[...]) else { break }
            }
        }
        return problems
    }

    /// Enough for any file by hand; each costs another reading.
    private static let problemLimit = 50
}

extension JSONValue {
    /// Takes a member out; false when there is none. Elements of arrays stay, so that those behind them keep their
    /// places.
    fileprivate mutating func remove(_ path: ArraySlice<Substring>) -> Bool {
        guard let name = path.first else { return false }
        if let index = Int(name), var elements = arrayValue {
            guard elements.indices.contains(index), elements[index].remove(path.dropFirst()) else {
                return false
            }
            self = .array(elements)
            return true
        }
        guard var member = self[String(name)] else { return false }
        if path.count == 1 {
            self[String(name)] = nil
            return true
        }
        guard member.remove(path.dropFirst()) else { return false }
        self[String(name)] = member
        return true
    }
}
