import KubernetesModel
import OrderedCollections
import SimulationKernel

extension ScenarioReader {
    struct ReadExpectation {
        var expectation: Expectation
        var cursor: Cursor
        /// Where the object is named.
        var object: Cursor?
    }

    private static let tests = ["condition", "jsonpath", "exists", "absent", "count"]
    private static let quantifiers = ["within", "always", "never", "eventually", "atEnd", "settles"]

    func readExpectation(
        _ cursor: Cursor, _ moments: [String: VirtualTime], _ duration: VirtualDuration?
    ) -> ReadExpectation? {
        let keys =
            ["name", "description", "object", "namespace", "metric", "of", "match"] + Self.tests
            + ValueComparison.fieldKeys + Self.quantifiers + ["after"]
        guard let object = cursor.object(keys: keys) else { return nil }
        let name = object.required("name", "names the expectation in reports")?.string()
        let description = object["description"]?.string() ?? ""
        let subject = readSubject(object)
        let quantifier = readQuantifier(object, moments, duration)
        let match = object["match"].flatMap { $0.choice(Expectation.Match.self) }
        guard let subject, let quantifier, let test = readTest(object, subject, quantifier) else {
            return nil
        }
        guard let name else { return nil }
        // "It never happens that pods are not ready" is about any of them.
        var standard = Expectation.Match.all
        if case .never = quantifier { standard = .any }
        let expectation = Expectation(
            name: name, description: description, subject: subject, match: match ?? standard, test: test,
            quantifier: quantifier)
        return ReadExpectation(expectation: expectation, cursor: cursor, object: object["object"])
    }

    // MARK: Subject

    private func readSubject(_ object: ObjectCursor) -> Expectation.Subject? {
        let present = object.present(["object", "metric"])
        guard present.count == 1 else {
            object.cursor.report(.notExactlyOne(of: ["object", "metric"], found: present))
            return nil
        }
        let namespace = object["namespace"]?.string()
        if let place = object["object"] {
            return readSelection(place, namespace: namespace).map { .objects($0) }
        }
        guard let place = object["metric"], let name = place.string("the name of a metric") else {
            return nil
        }
        let known = RunMetric.all.map(\.name)
        guard let metric = RunMetric.named(name) else {
            place.report(
                .unknownName(
                    what: "metric", name, nearest: NearestName.find(name, among: known), known: known))
            return nil
        }
        guard let of = object["of"] else { return .metric(Expectation.Metric(name: name)) }
        guard metric.acceptsObject else {
            of.bad("no object", hint: "\(name) is kept for the whole run only; remove 'of'")
            return nil
        }
        return readObject(of, namespace: namespace).map {
            .metric(Expectation.Metric(name: name, object: $0))
        }
    }

    // MARK: Test

    private func readTest(
        _ object: ObjectCursor, _ subject: Expectation.Subject, _ quantifier: Expectation.Quantifier
    ) -> Expectation.Test? {
        let present = object.present(Self.tests)
        let comparison = readComparison(object)
        var isSettling = false
        if case .settles = quantifier { isSettling = true }
        if case .metric = subject {
            for key in present + object.present(["equalsField"]) {
                object[key]?.bad("none with a metric", hint: "Use equals, atLeast or atMost")
            }
            if isSettling { return .unchanged }
            guard let comparison else {
                object.cursor.report(.notExactlyOne(of: ["equals", "atLeast", "atMost"], found: []))
                return nil
            }
            return .metric(comparison)
        }
        if present.isEmpty, isSettling, comparison == nil { return .unchanged }
        guard present.count == 1, let key = present.first, let place = object[key] else {
            object.cursor.report(.notExactlyOne(of: Self.tests, found: present))
            return nil
        }
        if comparison != nil, key != "jsonpath" {
            let used = ValueComparison.fieldKeys.first { object[$0] != nil } ?? ""
            object[used]?.bad(
                "it only beside jsonpath or metric", hint: key == "count" ? "Write it inside 'count'" : "")
            return nil
        }
        switch key {
        case "condition": return readCondition(place)
        case "jsonpath":
            return readPath(place).map { .jsonPath($0, comparison) }
        case "exists", "absent":
            guard let flag = place.bool() else { return nil }
            return flag == (key == "exists") ? .exists : .absent
        default:
            if place.value.members == nil {
                return place.integer(0...Int64.max, "a whole number, or an object with atLeast or atMost")
                    .map { .count(ValueComparison(equals: .integer($0))) }
            }
            guard let bounds = place.object(keys: ValueComparison.keys) else { return nil }
            guard let comparison = readComparison(bounds) else {
                place.report(.notExactlyOne(of: ["equals", "atLeast", "atMost"], found: []))
                return nil
            }
            return .count(comparison)
        }
    }

    /// `Available`, `Available=False`, as `kubectl wait --for=condition=` takes it.
    private func readCondition(_ cursor: Cursor) -> Expectation.Test? {
        guard let text = cursor.string("a condition such as Available or Ready=False") else { return nil }
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        let status = parts.count > 1 ? parts[1] : "True"
        guard !parts[0].isEmpty, ["true", "false", "unknown"].contains(status.lowercased()) else {
            cursor.bad(
                "a condition such as Available or Ready=False", hint: "Statuses are True, False and Unknown")
            return nil
        }
        return .condition(type: parts[0], status: status)
    }

    private func readPath(_ cursor: Cursor) -> JSONPath? {
        let wanted = "a path such as \"{.status.readyReplicas}\""
        guard let text = cursor.string(wanted) else { return nil }
        do throws(JSONPath.Fault) {
            return try JSONPath(text)
        } catch {
            cursor.bad(wanted, hint: error.message)
            return nil
        }
    }

    private func readComparison(_ object: ObjectCursor) -> ValueComparison? {
        guard !object.present(ValueComparison.fieldKeys).isEmpty else { return nil }
        var comparison = ValueComparison()
        if let place = object["equalsField"] { comparison.equalsField = readPath(place) }
        for key in ["equals", "notEquals"] {
            guard let place = object[key] else { continue }
            switch place.value.content {
            case .array, .object:
                place.wrongType("a text, a number or a boolean")
            default:
                if key == "equals" {
                    comparison.equals = place.value.json
                } else {
                    comparison.notEquals = place.value.json
                }
            }
        }
        comparison.atLeast = object["atLeast"]?.quantity()
        comparison.atMost = object["atMost"]?.quantity()
        if let low = comparison.atLeast, let high = comparison.atMost, high < low {
            object["atMost"]?.bad("at least as much as atLeast (\(low.description))")
        }
        return comparison
    }

    // MARK: Time

    private func readQuantifier(
        _ object: ObjectCursor, _ moments: [String: VirtualTime], _ duration: VirtualDuration?
    ) -> Expectation.Quantifier? {
        let present = object.present(Self.quantifiers)
        guard present.count == 1, let key = present.first, let place = object[key] else {
            object.cursor.report(.notExactlyOne(of: Self.quantifiers, found: present))
            return nil
        }
        var after = Expectation.Moment(name: "start", time: .start)
        if let cursor = object["after"] {
            if ["always", "never", "atEnd"].contains(key) {
                cursor.bad(
                    "it only beside within, eventually and settles", hint: "Use 'from' inside '\(key)'")
                return nil
            }
            guard let moment = readMoment(cursor, moments, duration) else { return nil }
            after = moment
        }
        switch key {
        case "within":
            guard let span = place.duration() else { return nil }
            checkDeadline(place, after, span, duration)
            return .within(span, after: after)
        case "always", "never":
            guard let interval = readInterval(place, moments, duration) else { return nil }
            return key == "always"
                ? .always(from: interval.from, to: interval.to) : .never(from: interval.from, to: interval.to)
        case "eventually", "atEnd":
            guard let flag = place.bool() else { return nil }
            guard flag else {
                place.bad("true", hint: "Remove the expectation instead")
                return nil
            }
            return key == "atEnd" ? .atEnd : .eventually(after: after)
        default:
            if place.value.members == nil {
                return place.duration(.positive).map { .settles(for: $0, within: nil, after: after) }
            }
            guard let parts = place.object(keys: ["for", "within"]),
                let span = parts.required("for", "how long nothing changes")?.duration(.positive)
            else { return nil }
            let limit = parts["within"]?.duration(.positive)
            if let limit, let cursor = parts["within"] {
                if limit < span { cursor.bad("at least the time of 'for' (\(DurationText.text(span)))") }
                checkDeadline(cursor, after, limit, duration)
            }
            return .settles(for: span, within: limit, after: after)
        }
    }

    private func checkDeadline(
        _ cursor: Cursor, _ after: Expectation.Moment, _ span: VirtualDuration, _ duration: VirtualDuration?
    ) {
        guard let duration else { return }
        let deadline = after.time.advancedClamping(by: span)
        if deadline > .start + duration {
            cursor.report(
                .outsideRun(
                    moment: "a deadline at \(DurationText.text(deadline.sinceStart))",
                    duration: DurationText.text(duration)), .warning)
        }
    }

    private func readInterval(
        _ cursor: Cursor, _ moments: [String: VirtualTime], _ duration: VirtualDuration?
    ) -> (from: Expectation.Moment, to: Expectation.Moment)? {
        var from = Expectation.Moment(name: "start", time: .start)
        var to = Expectation.Moment(name: "end", time: .start + (duration ?? .zero))
        if case .bool(true) = cursor.value.content { return (from, to) }
        guard let object = cursor.object(keys: ["from", "to"]) else { return nil }
        if let place = object["from"] {
            guard let moment = readMoment(place, moments, duration) else { return nil }
            from = moment
        }
        if let place = object["to"] {
            guard let moment = readMoment(place, moments, duration) else { return nil }
            to = moment
        }
        if to.time < from.time, duration != nil {
            object["to"]?.bad("a moment at or after 'from' (\(DurationText.text(from.time.sinceStart)))")
            return nil
        }
        return (from, to)
    }

    /// A duration since the start, or a moment's name, with an optional `+` and duration.
    private func readMoment(
        _ cursor: Cursor, _ moments: [String: VirtualTime], _ duration: VirtualDuration?
    ) -> Expectation.Moment? {
        let expected = "a time such as \"5m\", or the name of a moment such as \"failure\" or \"failure+30s\""
        guard let text = cursor.value.text else {
            cursor.bad(expected)
            return nil
        }
        let moment: Expectation.Moment
        if text.first.map({ $0.isNumber || $0 == "-" || $0 == "+" || $0 == "." }) ?? true {
            guard let time = cursor.duration() else { return nil }
            moment = Expectation.Moment(time: .start + time)
        } else {
            let parts = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false).map(
                String.init)
            guard let base = moments[parts[0]] else {
                let known = moments.keys.sorted()
                cursor.report(
                    .unknownName(
                        what: "moment", parts[0], nearest: NearestName.find(parts[0], among: known),
                        known: known))
                return nil
            }
            var offset = VirtualDuration.zero
            if parts.count == 2 {
                guard case .success(let parsed) = DurationText.parse(parts[1]), parsed >= .zero else {
                    cursor.bad(expected, hint: "'\(parts[1])' is no duration")
                    return nil
                }
                offset = parsed
            }
            moment = Expectation.Moment(
                name: parts[0], offset: offset, time: base.advancedClamping(by: offset))
        }
        if let duration, moment.time > .start + duration {
            cursor.report(
                .outsideRun(
                    moment: DurationText.text(moment.time.sinceStart), duration: DurationText.text(duration)))
            return nil
        }
        return moment
    }
}
