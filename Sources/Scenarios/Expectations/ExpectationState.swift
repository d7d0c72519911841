import KubernetesModel
import SimulationKernel

/// What is known of one expectation so far.
struct ExpectationState: Sendable {
    /// What the state says of the test at a moment.
    enum Truth { case holds, fails, empty }

    /// What was last seen of one object of the selection.
    private struct Member {
        var holds: Bool
        /// The values that the test looked at, for the report.
        var values: [JSONValue]
    }

    private let expectation: Expectation
    private let selection: ObjectSelection?
    private let end: VirtualTime
    /// Looked up and counted; the least key is taken where one is shown.
    private var members: [ObjectKey: Member] = [:]
    private var holding = 0
    private var growth: GrowingValue?
    /// When the outcome of the comparison changes next if nothing else happens; nil before it was looked for.
    private var crossing: VirtualTime?
    /// The metric at the moment that is looked at.
    private var metric: Double?
    private var lastChange = VirtualTime.start
    /// Whether the subject was there at some moment that counted.
    private var wasPresent = false
    private var verdict: ExpectationResult.Verdict?
    private var decisionTime: VirtualTime?
    private var decisionState = ""

    init(_ expectation: Expectation, end: VirtualTime) {
        self.expectation = expectation
        self.end = end
        if case .objects(let selection) = expectation.subject {
            self.selection = selection
        } else {
            selection = nil
        }
    }

    var isOpen: Bool { verdict == nil }

    func covers(_ key: ObjectKey) -> Bool {
        guard let selection else { return false }
        if let namespace = selection.namespace, namespace != key.namespace { return false }
        return selection.name == nil || selection.name == key.name
    }

    // MARK: Observation

    mutating func observe(_ key: ObjectKey, _ tree: JSONValue?, at time: VirtualTime) {
        guard let selection, covers(key) else { return }
        let before = members[key]
        guard let tree,
            selection.selector.isEmpty
                || selection.selector.matches(Labels(json: tree["metadata"]?["labels"]))
        else {
            if let before {
                members[key] = nil
                if before.holds { holding -= 1 }
                lastChange = time
            }
            return
        }
        let after = evaluate(tree)
        if before?.values != after.values { lastChange = time }
        holding += (after.holds ? 1 : 0) - (before?.holds == true ? 1 : 0)
        members[key] = after
    }

    mutating func observe(metric value: GrowingValue) {
        if metric != value.value || growth?.rate != value.rate { lastChange = value.time }
        growth = value
        crossing = nil
        metric = value.value
    }

    private func evaluate(_ tree: JSONValue) -> Member {
        switch expectation.test {
        case .condition(let type, let status):
            let condition = ObjectCondition(type: type, status: status)
            return Member(
                holds: condition.holds(for: tree), values: condition.found(in: tree).map { [$0] } ?? [])
        case .jsonPath(let path, let comparison):
            let values = path.values(in: tree)
            let holds = comparison?.holds(for: values, in: tree) ?? values.contains { !$0.isNull }
            return Member(holds: holds, values: values)
        case .exists, .absent, .count, .metric: return Member(holds: true, values: [])
        case .unchanged:
            var tree = tree
            if var metadata = tree["metadata"] {
                metadata["resourceVersion"] = nil
                metadata["managedFields"] = nil
                tree["metadata"] = metadata
            }
            return Member(holds: true, values: [tree])
        }
    }

    // MARK: Truth

    private var truth: Truth {
        switch expectation.test {
        case .exists: return members.isEmpty ? .fails : .holds
        case .absent: return members.isEmpty ? .holds : .fails
        case .count(let comparison):
            return comparison.holds(for: .integer(Int64(members.count))) ? .holds : .fails
        case .metric(let comparison):
            guard let metric else { return .empty }
            return comparison.holds(for: .number(metric)) ? .holds : .fails
        case .condition, .jsonPath, .unchanged:
            if members.isEmpty {
                if selection == nil { return metric == nil ? .empty : .holds }
                return selection?.isSingle == true ? .fails : .empty
            }
            let holds = expectation.match == .all ? holding == members.count : holding > 0
            return holds ? .holds : .fails
        }
    }

    // MARK: Time

    private var interval: (from: VirtualTime, to: VirtualTime) {
        switch expectation.quantifier {
        case .within(let duration, let after):
            (after.time, min(after.time.advancedClamping(by: duration), end))
        case .always(let from, let to), .never(let from, let to): (from.time, min(to.time, end))
        case .eventually(let after): (after.time, end)
        case .atEnd: (end, end)
        case .settles(_, let within, let after):
            (after.time, within.map { min(after.time.advancedClamping(by: $0), end) } ?? end)
        }
    }

    /// The present state lasts from one moment to just before another, but for a metric that grows: decides
    /// what follows.
    mutating func elapse(from: VirtualTime, until: VirtualTime) {
        guard let growth, growth.rate != 0, case .metric(let comparison) = expectation.test else {
            return hold(from: from, until: until)
        }
        var begin = from
        while isOpen, begin < until {
            metric = growth.value(at: begin)
            let change = crossing ?? growth.nextChange(of: comparison, after: begin)
            crossing = change
            let next = min(change, until)
            hold(from: begin, until: next)
            begin = next
            if next == change { crossing = nil }
        }
    }

    private mutating func hold(from: VirtualTime, until: VirtualTime) {
        let (first, last) = interval
        guard until > first else { return }
        let begin = max(from, first)
        let isOver = until > last
        // From here on, part of the interval lies in the span, unless the span begins after it.
        let counts = begin <= last
        if counts && truth != .empty { wasPresent = true }
        switch expectation.quantifier {
        case .within, .eventually, .atEnd:
            if counts && truth == .holds {
                decide(.held, at: begin, positive: true)
            } else if isOver {
                decide(.failed, at: last, positive: false)
            }
        case .always:
            if counts && truth == .fails {
                decide(.failed, at: begin, positive: false)
            } else if isOver {
                decide(.held, at: nil, positive: true)
            }
        case .never:
            if counts && truth == .holds {
                decide(.failed, at: begin, positive: true)
            } else if isOver {
                decide(.held, at: nil, positive: false)
            }
        case .settles(let duration, _, _):
            let settled = max(lastChange, first).advancedClamping(by: duration)
            if truth == .holds && isSteady && settled < until && settled <= last {
                decide(.held, at: settled, positive: true)
                decisionState = "unchanged since \(max(lastChange, first))"
            } else if isOver {
                let isThere = truth == .holds
                decide(.failed, at: last, positive: false)
                if isThere { decisionState = "last changed at \(lastChange)" }
            }
        }
    }

    /// Whether the metric, if it is about one, does not change by itself.
    private var isSteady: Bool { (growth?.rate ?? 0) == 0 }

    func nextDeadline(after now: VirtualTime) -> VirtualTime {
        guard isOpen else { return .never }
        let (first, last) = interval
        var moment = last
        if !isSteady, let growth, case .metric(let comparison) = expectation.test {
            // What decides may come with the next change of the truth.
            let next = crossing ?? growth.nextChange(of: comparison, after: max(now, growth.time))
            if next < max(now, last) { moment = max(next, first) }
        }
        switch expectation.quantifier {
        case .within, .eventually, .atEnd, .never: if truth == .holds { moment = max(now, first) }
        case .always: if truth == .fails { moment = max(now, first) }
        case .settles(let duration, _, _):
            if truth == .holds && isSteady {
                moment = min(last, max(lastChange, first).advancedClamping(by: duration))
            }
        }
        return max(moment, now).advancedClamping(by: .nanoseconds(1))
    }

    mutating func finish(at time: VirtualTime, isComplete: Bool) {
        guard isOpen else { return }
        verdict = .notEvaluated
        decisionState = "the run ended at \(time); " + state(positive: false)
    }

    // MARK: Results

    private mutating func decide(_ verdict: ExpectationResult.Verdict, at time: VirtualTime?, positive: Bool)
    {
        self.verdict = verdict
        decisionTime = time
        if let growth, let time, time >= growth.time { metric = growth.value(at: time) }
        decisionState = state(positive: positive)
        // What was seen of the objects is not needed any more.
        if verdict != .notEvaluated { members = [:] }
    }

    /// What the subject is like now.
    ///
    /// - Parameter positive: Whether an object that satisfies the test is to be shown, or one that does not.
    private func state(positive: Bool) -> String {
        guard let selection else {
            return metric.map { JSONWriter.string(.number($0)) } ?? "the metric has no value"
        }
        if expectation.test.isCount {
            if selection.isSingle {
                return members.isEmpty ? "\(selection) does not exist" : "\(selection) exists"
            }
            return "\(members.count) of \(selection)"
        }
        if members.isEmpty {
            return selection.isSingle ? "\(selection) does not exist" : "no object matches \(selection)"
        }
        let candidates = members.filter { $0.value.holds == positive }
        guard let key = candidates.keys.min() ?? members.keys.min(), let member = members[key] else {
            return ""
        }
        let shown = shownValues(member.values)
        if selection.isSingle { return shown }
        let share = "\(holding) of \(members.count) \(selection.kind.info.plural)"
        return "\(share); \(selection.kind.name.lowercased())/\(key.name): \(shown)"
    }

    private func shownValues(_ values: [JSONValue]) -> String {
        switch expectation.test {
        case .condition(let type, _):
            guard let condition = values.first else { return "no condition \(type)" }
            var text = "\(condition["type"]?.stringValue ?? type)=\(condition["status"]?.stringValue ?? "")"
            if let reason = condition["reason"]?.stringValue, !reason.isEmpty { text += " (\(reason))" }
            return text
        case .jsonPath(let path, _):
            if values.isEmpty { return "\(path) is absent" }
            let shown = values.prefix(5).map { value -> String in
                let text = JSONWriter.string(value)
                return text.count > 80 ? String(text.prefix(77)) + "..." : text
            }
            return "\(path) is \(shown.joined(separator: ", "))" + (values.count > 5 ? ", …" : "")
        default: return "last changed at \(lastChange)"
        }
    }

    var result: ExpectationResult {
        var warning: String?
        if verdict == .held, !wasPresent {
            switch expectation.quantifier {
            case .always, .never:
                let what = selection.map { "no object matched \($0)" } ?? "the metric had no value"
                warning = "\(what) at any time, so nothing was tested"
            default: break
            }
        }
        return ExpectationResult(
            name: expectation.name, text: expectation.text, verdict: verdict ?? .notEvaluated,
            time: decisionTime, state: decisionState, warning: warning)
    }
}
