public import KubernetesModel

extension SchedulerConfiguration {
    /// Everything that is wrong with a configuration, in the order in which reading it comes upon it.
    ///
    /// Reading ends at the first mistake, so the faulty part is taken out and the rest is read again. What is wrong
    /// only because a part is gone is not told; if it is a mistake of its own, it is told once the other is mended.
    public static func problems(json: JSONValue, registry: PluginRegistry = .standard) -> [ConfigurationError]
    {
        var configuration = FaultyConfiguration(json)
        var problems: [ConfigurationError] = []
        for _ in 0..<readingLimit {
            do throws(ConfigurationError) {
                _ = try SchedulerConfiguration(json: configuration.rest, registry: registry)
                break
            } catch {
                let place = configuration.place(error.path)
                if !configuration.isConsequence(place) {
                    var problem = error
                    problem.path = place.originalPath
                    problems.append(problem)
                }
                guard configuration.takeOut(place) else { break }
            }
        }
        return problems
    }

    /// Enough for any file by hand.
    private static let readingLimit = 100
}

/// A configuration out of which one faulty part after the other is taken.
private struct FaultyConfiguration {
    enum Step: Hashable {
        case member(String)
        case element(Int)
    }

    /// A place in what is left, and in the configuration as it was.
    struct Place {
        var steps: [Step] = []
        var original: [Step] = []
        /// How many steps lead to something that is there.
        var existing = 0

        var originalPath: String {
            var path = ""
            for step in original {
                switch step {
                case .member(let name): path += path.isEmpty ? name : ".\(name)"
                case .element(let index): path += "[\(index)]"
                }
            }
            return path
        }
    }

    private(set) var rest: JSONValue
    /// By their original places.
    private var taken: [[Step]] = []
    /// Original indices of the elements that are gone, ascending, by their array's original place.
    private var gone: [[Step]: [Int]] = [:]

    init(_ json: JSONValue) { rest = json }

    func place(_ path: String) -> Place {
        var place = Place()
        var value: JSONValue? = rest
        for text in path.split(whereSeparator: { $0 == "." || $0 == "[" || $0 == "]" }) {
            if let index = Int(text), let elements = value?.arrayValue {
                place.steps.append(.element(index))
                var original = index
                for earlier in gone[place.original] ?? [] where earlier <= original { original += 1 }
                place.original.append(.element(original))
                value = elements.indices.contains(index) ? elements[index] : nil
            } else {
                place.steps.append(.member(String(text)))
                place.original.append(.member(String(text)))
                value = value?[String(text)]
            }
            if value != nil { place.existing += 1 }
        }
        return place
    }

    /// Whether a part that is gone may be what makes the place wrong: one of its own, or, where nothing is at the
    /// place, one beside it.
    func isConsequence(_ place: Place) -> Bool {
        let isThere = place.existing == place.original.count
        let scope = isThere ? place.original[...] : place.original.dropLast()
        if scope.isEmpty { return taken.contains(place.original) }
        return taken.contains { $0.starts(with: scope) }
    }

    /// Takes out what is at the place, or what should have something there; false when that is everything.
    mutating func takeOut(_ place: Place) -> Bool {
        guard place.existing > 0 else { return false }
        let original = Array(place.original[..<place.existing])
        rest.takeOut(place.steps[..<place.existing])
        taken.append(original)
        if case .element(let index)? = original.last {
            let list = Array(original.dropLast())
            gone[list] = ((gone[list] ?? []) + [index]).sorted()
        }
        return true
    }
}

extension JSONValue {
    fileprivate mutating func takeOut(_ steps: ArraySlice<FaultyConfiguration.Step>) {
        let inner = steps.dropFirst()
        switch steps.first {
        case .element(let index)?:
            guard var elements = arrayValue, elements.indices.contains(index) else { return }
            if inner.isEmpty { elements.remove(at: index) } else { elements[index].takeOut(inner) }
            self = .array(elements)
        case .member(let name)?:
            guard var member = self[name] else { return }
            if inner.isEmpty {
                self[name] = nil
            } else {
                member.takeOut(inner)
                self[name] = member
            }
        case nil: return
        }
    }
}
