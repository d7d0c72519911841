/// Checks of Events in both of their API groups.
///
/// Upstream: `pkg/apis/core/validation/events.go` (v1.36).
extension FieldErrorList {
    /// An Event with the member names of the core group, whichever group it came in.
    static func coreEvent(_ event: APITree, isCore: Bool) -> APITree {
        if isCore { return event }
        var result = event
        for (name, core) in [
            ("note", "message"), ("regarding", "involvedObject"),
            ("reportingController", "reportingComponent"),
            ("deprecatedSource", "source"), ("deprecatedFirstTimestamp", "firstTimestamp"),
            ("deprecatedLastTimestamp", "lastTimestamp"), ("deprecatedCount", "count"),
        ] {
            result = result.setting(core, event[name])
        }
        return result
    }

    mutating func event(_ object: APITree, old: APITree?, isCore: Bool) {
        let event = FieldErrorList.coreEvent(object, isCore: isCore)
        anyEvent(event, isCore: isCore)
        if isCore { return }
        guard let old else { return newEvent(event) }
        let before = FieldErrorList.coreEvent(old, isCore: isCore)
        metadataUpdate(event.metadata, before.metadata)
        if event.series != before.series { eventSeries(event) }
        for field in [
            "involvedObject", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count",
            "reason", "type", "eventTime", "action", "related", "reportingComponent", "reportingInstance",
        ] {
            let shown: ShownValue
            switch field {
            case "involvedObject": shown = .raw(GoStruct.json(event[field], "ObjectReference"))
            case "related":
                shown = event[field].exists ? .raw(GoStruct.json(event[field], "ObjectReference")) : .null
            case "source": shown = .raw(GoStruct.json(event[field], "EventSource"))
            case "count": shown = .int(event[field].int)
            case "firstTimestamp", "lastTimestamp", "eventTime": shown = .pointer(event[field])
            default: shown = .text(event[field].text)
            }
            let name = field == "reportingComponent" ? "reportingController" : field
            immutable(event[field], before[field], FieldPath(name), shown: shown)
        }
    }

    private mutating func newEvent(_ event: APITree) {
        metadata(event.metadata, isNamespaced: true, name: .subdomain)
        eventSeries(event)
        if !event.eventTime.exists { required(FieldPath("eventTime")) }
        let type = event.type.text
        if type != "Normal" && type != "Warning" {
            invalid(FieldPath("type"), .text(""), "has invalid value: \(type)")
        }
        let text = "needs to be unset"
        for field in ["firstTimestamp", "lastTimestamp"] where event[field].exists {
            invalid(FieldPath(field), .text(""), text)
        }
        if event["count"].int != 0 { invalid(FieldPath("count"), .text(""), text) }
        if !event.source.component.isEmpty || !event.source.host.isEmpty {
            invalid(FieldPath("source"), .text(""), text)
        }
    }

    private mutating func eventSeries(_ event: APITree) {
        guard event.series.exists else { return }
        if event.series["count"].int < 2 {
            invalid(FieldPath("series.count"), .text(""), "should be at least 2")
        }
        if !event.series.lastObservedTime.exists { required(FieldPath("series.lastObservedTime")) }
    }

    private mutating func anyEvent(_ event: APITree, isCore: Bool) {
        let namespace = event.metadata.namespace.text
        let involved = event.involvedObject.namespace.text
        let path = FieldPath("involvedObject").child("namespace")
        let mismatch = "does not match event.namespace"
        if !event.eventTime.exists {
            let isWrong =
                involved.isEmpty ? !namespace.isEmpty && namespace != "default" : namespace != involved
            if isWrong { invalid(path, .text(involved), mismatch) }
        } else {
            if involved.isEmpty && namespace != "default" && namespace != "kube-system" {
                invalid(path, .text(involved), mismatch)
            }
            let controller = FieldPath(isCore ? "reportingComponent" : "reportingController")
            let name = event.reportingComponent.text
            if name.isEmpty { required(controller) }
            qualifiedName(name, controller)
            for (field, limit) in [("reportingInstance", 128), ("action", 128), ("reason", 128)] {
                if event[field].isEmpty { required(FieldPath(field)) }
                if event[field].count > limit {
                    invalid(FieldPath(field), .text(""), "can have at most \(limit) characters")
                }
            }
            if event.message.count > 1024 {
                invalid(FieldPath("message"), .text(""), "can have at most 1024 characters")
            }
        }
        subdomain(namespace, FieldPath("namespace"))
    }
}
