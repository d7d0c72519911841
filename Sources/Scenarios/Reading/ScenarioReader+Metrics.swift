import Autoscalers
import KubernetesModel
import SimulationKernel

extension ScenarioReader {
    struct ReadMetric {
        var rule: MetricRule
        var cursor: Cursor
    }

    func readMetric(_ cursor: Cursor) -> ReadMetric? {
        let keys = ["name", "namespace"] + MetricRule.subjects + ["labels", "value"]
        guard let object = cursor.object(keys: keys) else { return nil }
        let name = object.required("name", "the metric's name, such as \"requests_per_second\"")?.string()
        if name?.isEmpty == true { object["name"]?.bad("a name") }
        let present = object.present(MetricRule.subjects)
        if present.count != 1 { cursor.report(.notExactlyOne(of: MetricRule.subjects, found: present)) }
        let subject = present.first.flatMap { key in object[key].flatMap { readSubject(key, $0) } }
        let labels = object["labels"].map(readLabels) ?? [:]
        let series = object.required(
            "value", "an amount, or a 'series' of [time, amount]")?.metricSeries()
        var namespace = object["namespace"]?.string()
        if namespace == nil, subject != .external { namespace = "default" }
        guard let name, !name.isEmpty, present.count == 1, let subject, let series else { return nil }
        let metric = StatedMetric(
            name: name, namespace: namespace, subject: subject, labels: Labels(labels), series: series)
        return ReadMetric(rule: MetricRule(metric), cursor: cursor)
    }

    private func readSubject(_ key: String, _ cursor: Cursor) -> StatedMetric.Subject? {
        switch key {
        case "eachPod": return readSelector(cursor).map(StatedMetric.Subject.eachPod)
        case "sharedByPods": return readSelector(cursor).map(StatedMetric.Subject.sharedByPods)
        case "object":
            guard let object = cursor.object(keys: ["kind", "name"]) else { return nil }
            let kind = object.required("kind", "the object's kind, such as Ingress")?.string()
            let name = object.required("name", "the object's name")?.string()
            guard let kind, let name else { return nil }
            return .object(kind: kind, name: name)
        default:
            guard let isExternal = cursor.bool() else { return nil }
            if !isExternal { cursor.bad("true", hint: "Leave it out for metrics of pods and objects") }
            return isExternal ? .external : nil
        }
    }
}

extension Cursor {
    /// An amount, or a series of a time, an amount and, if it gets there on a straight line, for how long.
    func metricSeries() -> MetricSeries? {
        if value["series"] == nil { return metricAmount().map(MetricSeries.init(constant:)) }
        guard let object = object(keys: ["series"]), let series = object["series"],
            let entries = series.list(of: "pairs of a time and an amount")
        else { return nil }
        if entries.isEmpty { series.bad("at least one pair such as [\"5m\", 400]") }
        var steps: [MetricSeries.Step] = []
        var isGood = !entries.isEmpty
        for entry in entries {
            guard let parts = entry.list(of: "a time and an amount"), (2...3).contains(parts.count) else {
                if entry.value.elements != nil {
                    entry.bad("a time and an amount, such as [\"5m\", 400] or [\"5m\", 400, \"2m\"]")
                }
                isGood = false
                continue
            }
            let ramp = parts.count == 3 ? parts[2].duration() : .zero
            guard let after = parts[0].duration(), let milli = parts[1].metricAmount(), let ramp else {
                isGood = false
                continue
            }
            let at = VirtualTime.start.advancedClamping(by: after)
            if let last = steps.last, at <= last.at {
                parts[0].bad("a time later than the one before it, \(last.at)")
                isGood = false
            } else if ramp > steps.last.map({ at - $0.at }) ?? .zero {
                parts[2].bad(
                    steps.isEmpty
                        ? "no rise before the first amount" : "at most the time since the amount before it",
                    hint: "It is how long the amount takes to get from the one before it to here")
                isGood = false
            }
            steps.append(.init(at: at, milli: milli, ramp: ramp))
        }
        return isGood ? MetricSeries(steps: steps) : nil
    }

    private func metricAmount() -> Int64? {
        guard let quantity = quantity() else { return nil }
        let milli = quantity.saturatingMilliValue
        if milli >= Int64.max / 2 {
            bad("an amount below 4E15")
            return nil
        }
        return milli
    }
}
