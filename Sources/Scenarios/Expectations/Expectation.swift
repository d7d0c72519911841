import KubernetesModel
import OrderedCollections
public import SimulationKernel

/// Something that must hold during a run: a test on objects or a metric, and when it has to hold.
public struct Expectation: Sendable {
    /// A metric of the run, as a whole or for one object.
    public struct Metric: Hashable, Sendable {
        public var name: String
        public var object: ObjectReference?

        public init(name: String, object: ObjectReference? = nil) {
            self.name = name
            self.object = object
        }
    }

    public enum Subject: Hashable, Sendable {
        case objects(ObjectSelection)
        case metric(Metric)
    }

    /// How a selection of several objects is taken.
    public enum Match: String, CaseIterable, Sendable { case all, any }

    public enum Test: Hashable, Sendable {
        /// As `kubectl wait --for=condition=`: letters of either case are equal, and a condition that is older
        /// than the object's generation does not count.
        case condition(type: String, status: String)
        /// Every value at the path satisfies the comparison; without one, there is a value.
        case jsonPath(JSONPath, ValueComparison?)
        case exists
        case absent
        /// How many objects there are.
        case count(ValueComparison)
        case metric(ValueComparison)
        /// Nothing but the object itself, for `settles`.
        case unchanged
    }

    /// A moment: a time, or the name of one and what is added to it.
    public struct Moment: Hashable, Sendable, CustomStringConvertible {
        public var name: String?
        public var offset: VirtualDuration
        public var time: VirtualTime

        public init(name: String? = nil, offset: VirtualDuration = .zero, time: VirtualTime) {
            self.name = name
            self.offset = offset
            self.time = time
        }

        public var description: String {
            guard let name else { return DurationText.text(time.sinceStart) }
            return offset == .zero ? name : "\(name)+\(DurationText.text(offset))"
        }
    }

    public enum Quantifier: Hashable, Sendable {
        /// At some moment from `after` to `after` + the duration, both included.
        case within(VirtualDuration, after: Moment)
        /// At every moment from the first to the second, both included.
        case always(from: Moment, to: Moment)
        /// At no moment from the first to the second, both included.
        case never(from: Moment, to: Moment)
        /// At some moment from `after` to the end of the run.
        case eventually(after: Moment)
        /// At the last moment of the run.
        case atEnd
        /// For some span of the length, which begins at or after `after` and ends at or before the deadline (the
        /// end of the run when nil), nothing changes.
        case settles(for: VirtualDuration, within: VirtualDuration?, after: Moment)
    }

    public var name: String
    public var description: String
    public var subject: Subject
    public var match: Match
    public var test: Test
    public var quantifier: Quantifier

    public init(
        name: String, description: String = "", subject: Subject, match: Match = .all, test: Test,
        quantifier: Quantifier
    ) {
        self.name = name
        self.description = description
        self.subject = subject
        self.match = match
        self.test = test
        self.quantifier = quantifier
    }
}

extension Expectation {
    /// The expectation in words: `deployment/web: condition Available within 6m after power-loss`.
    public var text: String {
        let what: String
        switch test {
        case .condition(let type, let status): what = "condition \(type)=\(status)"
        case .jsonPath(let path, let comparison):
            what = "\(path) " + (comparison.map(\.text) ?? "has a value")
        case .exists: what = "exists"
        case .absent: what = "absent"
        case .count(let comparison): what = "count \(comparison.text)"
        case .metric(let comparison): what = comparison.text
        case .unchanged: what = ""
        }
        let who: String
        switch subject {
        case .objects(let selection):
            let isCounted = selection.isSingle || test.isCount
            who = (isCounted ? "" : "\(match.rawValue) ") + selection.description
        case .metric(let metric):
            who = "metric \(metric.name)" + (metric.object.map { " of \($0)" } ?? "")
        }
        return ["\(who):", what, quantifier.text].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// Whether it asks only if there are objects, so that there may be none.
    var isAboutPresence: Bool {
        switch test {
        case .absent, .count: true
        default: false
        }
    }

    var json: JSONValue {
        var object: JSONObject = ["name": .string(name)]
        if !description.isEmpty { object["description"] = .string(description) }
        switch subject {
        case .objects(let selection):
            object["object"] = .string(selection.description)
            if !selection.isSingle && !test.isCount { object["match"] = .string(match.rawValue) }
        case .metric(let metric):
            object["metric"] = .string(metric.name)
            if let of = metric.object { object["of"] = .string(of.description) }
        }
        switch test {
        case .condition(let type, let status): object["condition"] = .string("\(type)=\(status)")
        case .jsonPath(let path, let comparison):
            object["jsonpath"] = .string(path.description)
            if let comparison { comparison.add(to: &object) }
        case .exists: object["exists"] = true
        case .absent: object["absent"] = true
        case .count(let comparison):
            var count: JSONObject = [:]
            comparison.add(to: &count)
            object["count"] = .object(count)
        case .metric(let comparison): comparison.add(to: &object)
        case .unchanged: break
        }
        quantifier.add(to: &object)
        return .object(object)
    }
}

extension Expectation.Test {
    var isCount: Bool {
        switch self {
        case .exists, .absent, .count: true
        default: false
        }
    }
}

extension Expectation.Quantifier {
    var text: String {
        switch self {
        case .within(let duration, let after): "within \(DurationText.text(duration)) after \(after)"
        case .always(let from, let to): "always from \(from) to \(to)"
        case .never(let from, let to): "never from \(from) to \(to)"
        case .eventually(let after): "eventually after \(after)"
        case .atEnd: "at the end"
        case .settles(let duration, let within, let after):
            "settles for \(DurationText.text(duration))"
                + (within.map { " within \(DurationText.text($0))" } ?? "") + " after \(after)"
        }
    }

    func add(to object: inout JSONObject) {
        switch self {
        case .within(let duration, let after):
            object["within"] = duration.json
            object["after"] = .string(after.description)
        case .always(let from, let to):
            object["always"] = ["from": .string(from.description), "to": .string(to.description)]
        case .never(let from, let to):
            object["never"] = ["from": .string(from.description), "to": .string(to.description)]
        case .eventually(let after):
            object["eventually"] = true
            object["after"] = .string(after.description)
        case .atEnd: object["atEnd"] = true
        case .settles(let duration, let within, let after):
            var settles: JSONObject = ["for": duration.json]
            if let within { settles["within"] = within.json }
            object["settles"] = .object(settles)
            object["after"] = .string(after.description)
        }
    }
}
