public import KubernetesModel
public import SimulationKernel

/// Turns what a component reports into Event objects: repeated events are counted, similar ones combined,
/// and floods about one object cut off.
///
/// Upstream: `client-go/tools/record/events_cache.go` (v1.36): similar events (all but the message equal) are
/// combined from the 10th different message within 10 minutes on; an object gets 25 events at once from one
/// source and one more every 5 minutes.
public struct EventCorrelator: Sendable {
    static let similarLimit = 10
    static let similarInterval = VirtualDuration.minutes(10)
    static let floodBurst = 25
    static let floodRate = 1.0 / 300

    private struct GroupKey: Hashable {
        var component: String
        var kind: ObjectKind
        var object: ObjectKey
        var uid: UID
        var fieldPath: String
        var severity: EventRecord.Severity
        var reason: String
    }
    private struct Group {
        var messages: Set<String>
        var lastTime: VirtualTime
    }
    private struct SeriesKey: Hashable {
        var group: GroupKey
        var message: String
    }
    private struct Series {
        var key: ObjectKey
        var count: Int64
        var first: Timestamp
    }
    private struct SourceKey: Hashable {
        var component: String
        var kind: ObjectKind
        var object: ObjectKey
        var uid: UID
    }

    private var groups: [GroupKey: Group] = [:]
    private var series: [SeriesKey: Series] = [:]
    private var buckets: [SourceKey: TokenBucket] = [:]
    /// When ``forgetOld(before:)`` ran last.
    private var swept = VirtualTime.start
    /// When ``trim(at:)`` last had something to look at.
    private var trimmed = VirtualTime.start
    private var serial: Int64 = 0
    /// `source.host`: the node's name for kubelets.
    public let host: String

    public init(host: String = "") { self.host = host }

    /// The call that stores the event, or nil when the flood limit swallows it.
    public mutating func request(for record: EventRecord, epoch: CalendarTime, at now: VirtualTime)
        -> APIRequest?
    {
        if now - swept > .hours(1) { forgetOld(before: now - .hours(1), at: now) }
        let groupKey = GroupKey(
            component: record.component, kind: record.involvedKind, object: record.involvedKey,
            uid: record.involvedUID, fieldPath: record.fieldPath, severity: record.severity,
            reason: record.reason)
        var message = record.message
        var group = groups[groupKey] ?? Group(messages: [], lastTime: now)
        if now - group.lastTime > Self.similarInterval { group.messages = [] }
        group.lastTime = now
        group.messages.insert(record.message)
        let isCombined = group.messages.count >= Self.similarLimit
        if isCombined {
            group.messages.remove(record.message)
            message = "(combined from similar events): " + record.message
        }
        groups[groupKey] = group

        let seriesKey = SeriesKey(group: groupKey, message: isCombined ? "" : record.message)
        let source = SourceKey(
            component: record.component, kind: record.involvedKind, object: record.involvedKey,
            uid: record.involvedUID)
        var bucket =
            buckets[source] ?? TokenBucket(queriesPerSecond: Self.floodRate, burst: Self.floodBurst)
        let isAllowed = bucket.tryTake(at: now)
        buckets[source] = bucket
        if var known = series[seriesKey] {
            known.count += 1
            series[seriesKey] = known
            guard isAllowed else { return nil }
            return .patch(
                .event, known.key,
                .eventSeries(count: known.count, message: message, lastTimestamp: Timestamp(now)), uid: nil)
        }
        serial += 1
        let namespace = record.involvedKey.namespace.isEmpty ? "default" : record.involvedKey.namespace
        let nanoseconds =
            (epoch.unixSeconds &* 1_000_000_000) &+ Int64(epoch.nanoseconds) &+ now.nanoseconds &+ serial
        let name = "\(record.involvedKey.name).\(String(nanoseconds, radix: 16))"
        series[seriesKey] = Series(
            key: ObjectKey(namespace: namespace, name: name), count: 1, first: Timestamp(now))
        guard isAllowed else { return nil }
        return .create(APIObject(event(record, name: name, namespace: namespace, message: message, at: now)))
    }

    private func event(
        _ record: EventRecord, name: String, namespace: String, message: String, at now: VirtualTime
    ) -> Event {
        var event = Event()
        event.metadata.namespace = namespace
        event.metadata.name = name
        event.involvedObject.kind = record.involvedKind.name
        event.involvedObject.apiVersion = record.involvedKind.info.apiVersion
        event.involvedObject.namespace = record.involvedKey.namespace
        event.involvedObject.name = record.involvedKey.name
        event.involvedObject.uid = record.involvedUID
        event.involvedObject.fieldPath = record.fieldPath
        event.reason = record.reason
        event.message = message
        event.type = record.severity.rawValue
        event.sourceComponent = record.component
        event.sourceHost = host
        event.firstTimestamp = Timestamp(now)
        event.lastTimestamp = Timestamp(now)
        event.count = 1
        return event
    }

    /// Lets go of what was not heard of for an hour: nobody goes on with it, and the stored events are gone
    /// not long after. Upstream bounds the same state by a cache of 4,096 entries.
    private mutating func forgetOld(before time: VirtualTime, at now: VirtualTime) {
        swept = now
        groups = groups.filter { $0.value.lastTime >= time }
        let kept = groups
        series = series.filter { kept[$0.key.group] != nil }
        let sources = Set(kept.keys.lazy.map { Source(uid: $0.uid, component: $0.component) })
        buckets = buckets.filter { sources.contains(Source(uid: $0.key.uid, component: $0.key.component)) }
    }

    /// Lets go of what the next event would find forgotten anyway, for a process that may have none to report
    /// for long: what ``forgetOld(before:at:)`` leaves is never older than two hours.
    public mutating func trim(at now: VirtualTime) {
        guard !groups.isEmpty, now - trimmed > .hours(1) else { return }
        trimmed = now
        let sweep = swept
        forgetOld(before: now - .hours(2), at: now)
        swept = sweep
    }

    private struct Source: Hashable {
        var uid: UID
        var component: String
    }
}
