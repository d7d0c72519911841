public import KubernetesModel
public import SimulationKernel

/// Turns what a component reports into Event objects: repeated events are counted, similar ones combined,
/// and floods about one object cut off.
///
/// Upstream: `client-go/tools/record/events_cache.go` (v1.36): similar events (all but the message equal) are
/// combined from the 10th different message within 10 minutes on; an object gets 25 events of one type at once from
/// one source and one more every 5 minutes.
public struct EventCorrelator: Sendable {
    static let similarLimit = 10
    static let similarInterval = VirtualDuration.minutes(10)
    static let floodBurst = 25
    static let floodRate = 1.0 / 300
    fileprivate static var bucket: TokenBucket {
        TokenBucket(queriesPerSecond: floodRate, burst: floodBurst)
    }

    /// What a component reports about one object.
    private struct SourceKey: Hashable {
        /// Nobody but the object has its identity; what has none goes by its name.
        enum Subject: Hashable {
            case uuid(UInt64, UInt64)
            indirect case named(ObjectKey, UID)
        }
        var component: String
        var kind: ObjectKind
        var subject: Subject

        init(_ record: EventRecord) {
            component = record.component
            kind = record.involvedKind
            if case .uuid(let high, let low) = record.involvedUID {
                subject = .uuid(high, low)
            } else {
                subject = .named(record.involvedKey, record.involvedUID)
            }
        }

        func _rawHashValue(seed: Int) -> Int {
            switch subject {
            case .uuid(let high, let low): UID.uuid(high, low)._rawHashValue(seed: seed)
            case .named(let key, _): key._rawHashValue(seed: seed)
            }
        }
    }
    /// Indirect because the table of sources is large, and moved whenever it grows.
    fileprivate indirect enum Source {
        /// What was reported once, which is most: no list for one element each.
        case once(Single)
        case often(History)
    }
    /// The first Event about an object.
    fileprivate struct Single {
        var sort: Ref<EventSort>
        var severity: EventRecord.Severity
        var message: String
        /// The number in the Event's name.
        var stamp: Int64
        var time: VirtualTime
    }
    fileprivate struct History {
        /// Of normal events, and of warnings: neither keeps the other out.
        var normal = EventCorrelator.bucket
        var warnings = EventCorrelator.bucket
        /// Few: one for each reason that was reported.
        var groups: [Group] = []
    }
    /// Events that are equal but for their message.
    fileprivate struct Group {
        var fieldPath: String
        var severity: EventRecord.Severity
        var reason: String
        /// At most ten.
        var messages: [String] = []
        var series: [Series] = []
        var lastTime: VirtualTime
    }
    /// One Event object, which counts its repetitions.
    fileprivate struct Series {
        /// Empty for what is combined of several.
        var message: String
        var key: ObjectKey
        var count: Int64
    }

    /// Of the component and kind of object that were reported first, by the object's identity, and of others:
    /// most processes report as one component, of objects of one kind.
    private var first: (component: String, kind: ObjectKind)?
    private var firstSources = UIDTable<Source>()
    private var sources: [SourceKey: Source] = [:]
    /// The sorts of Event that were reported lately, so that Events share them.
    private var sorts: [(severity: EventRecord.Severity, kind: ObjectKind, sort: Ref<EventSort>)] = []
    private static let sortLimit = 8
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
        let sort = sort(of: record)
        if first == nil { first = (record.component, record.involvedKind) }
        if let first, first.kind == record.involvedKind, first.component == record.component,
            case .uuid = record.involvedUID
        {
            let uid = record.involvedUID
            guard firstSources.contains(uid) else {
                let (single, request) = begin(record, sort, epoch: epoch, at: now)
                firstSources[uid] = .once(single)
                return request
            }
            var request: APIRequest?
            firstSources.change(uid) {
                request = $0.request(for: record, sort, at: now, serial: &serial, epoch: epoch)
            }
            return request
        }
        let sourceKey = SourceKey(record)
        guard let place = sources.index(forKey: sourceKey) else {
            let (single, request) = begin(record, sort, epoch: epoch, at: now)
            sources[sourceKey] = .once(single)
            return request
        }
        return sources.values[place].request(for: record, sort, at: now, serial: &serial, epoch: epoch)
    }

    /// The first Event about an object, which is within all limits.
    private mutating func begin(
        _ record: EventRecord, _ sort: Ref<EventSort>, epoch: CalendarTime, at now: VirtualTime
    ) -> (Single, APIRequest) {
        serial += 1
        let stamp = Self.stamp(serial: serial, epoch: epoch, at: now)
        let key = Self.key(for: record, stamp: stamp)
        return (
            Single(sort: sort, severity: record.severity, message: record.message, stamp: stamp, time: now),
            .create(APIObject(Self.event(record, key, sort, message: record.message, at: now)))
        )
    }

    /// What an Event has in common with others.
    private mutating func sort(of record: EventRecord) -> Ref<EventSort> {
        for known in sorts
        where known.severity == record.severity && known.kind == record.involvedKind
            && known.sort.value.reason == record.reason && known.sort.value.component == record.component
            && known.sort.value.fieldPath == record.fieldPath
        { return known.sort }
        var sort = EventSort()
        sort.kind = record.involvedKind.name
        sort.apiVersion = record.involvedKind.apiVersion
        sort.fieldPath = record.fieldPath
        sort.type = record.severity.rawValue
        sort.reason = record.reason
        sort.component = record.component
        sort.host = host
        let shared = Ref(sort)
        if sorts.count >= Self.sortLimit { sorts.removeFirst() }
        sorts.append((record.severity, record.involvedKind, shared))
        return shared
    }

    /// Lets go of what was not heard of for an hour: nobody goes on with it, and the stored events are gone
    /// not long after. Upstream bounds the same state by a cache of 4,096 entries.
    private mutating func forgetOld(before time: VirtualTime, at now: VirtualTime) {
        swept = now
        func kept(_ source: Source) -> Source? {
            switch source {
            case .once(let single): return single.time < time ? nil : source
            case .often(var history):
                history.groups.removeAll { $0.lastTime < time }
                return history.groups.isEmpty ? nil : .often(history)
            }
        }
        firstSources.compactMapValues(kept)
        sources = sources.compactMapValues(kept)
    }

    /// Lets go of what the next event would find forgotten anyway, for a process that may have none to report
    /// for long: what ``forgetOld(before:at:)`` leaves is never older than two hours.
    public mutating func trim(at now: VirtualTime) {
        guard !sources.isEmpty || !firstSources.isEmpty, now - trimmed > .hours(1) else { return }
        trimmed = now
        let sweep = swept
        forgetOld(before: now - .hours(2), at: now)
        swept = sweep
    }
}

extension EventCorrelator.Source {
    fileprivate mutating func request(
        for record: EventRecord, _ sort: Ref<EventSort>, at now: VirtualTime, serial: inout Int64,
        epoch: CalendarTime
    ) -> APIRequest? {
        var history =
            switch self {
            case .once(let single):
                EventCorrelator.History(single, key: EventCorrelator.key(for: record, stamp: single.stamp))
            case .often(let history): history
            }
        // The lists are changed in place: nobody else holds them meanwhile.
        self = .often(EventCorrelator.History())
        let request = history.request(for: record, sort, at: now, serial: &serial, epoch: epoch)
        self = .often(history)
        return request
    }
}

extension EventCorrelator.History {
    private mutating func tryTake(_ severity: EventRecord.Severity, at now: VirtualTime) -> Bool {
        severity == .warning ? warnings.tryTake(at: now) : normal.tryTake(at: now)
    }

    /// - Parameter key: of the Event object.
    fileprivate init(_ single: EventCorrelator.Single, key: ObjectKey) {
        _ = tryTake(single.severity, at: single.time)
        groups = [
            EventCorrelator.Group(
                fieldPath: single.sort.value.fieldPath, severity: single.severity,
                reason: single.sort.value.reason, messages: [single.message],
                series: [EventCorrelator.Series(message: single.message, key: key, count: 1)],
                lastTime: single.time)
        ]
    }

    fileprivate mutating func request(
        for record: EventRecord, _ sort: Ref<EventSort>, at now: VirtualTime, serial: inout Int64,
        epoch: CalendarTime
    ) -> APIRequest? {
        var index = groups.firstIndex {
            $0.reason == record.reason && $0.severity == record.severity && $0.fieldPath == record.fieldPath
        }
        if index == nil {
            groups.append(
                EventCorrelator.Group(
                    fieldPath: record.fieldPath, severity: record.severity, reason: record.reason,
                    lastTime: now))
            index = groups.count - 1
        }
        let place = index ?? 0
        if now - groups[place].lastTime > EventCorrelator.similarInterval { groups[place].messages = [] }
        groups[place].lastTime = now
        if !groups[place].messages.contains(record.message) { groups[place].messages.append(record.message) }
        let isCombined = groups[place].messages.count >= EventCorrelator.similarLimit
        var message = record.message
        if isCombined {
            groups[place].messages.removeAll { $0 == record.message }
            message = "(combined from similar events): " + record.message
        }
        let seriesMessage = isCombined ? "" : record.message
        let isAllowed = tryTake(record.severity, at: now)
        if let known = groups[place].series.firstIndex(where: { $0.message == seriesMessage }) {
            groups[place].series[known].count += 1
            guard isAllowed else { return nil }
            let series = groups[place].series[known]
            return .patch(
                .event, series.key,
                .eventSeries(count: series.count, message: message, lastTimestamp: Timestamp(now)), uid: nil)
        }
        serial += 1
        let stamp = EventCorrelator.stamp(serial: serial, epoch: epoch, at: now)
        let key = EventCorrelator.key(for: record, stamp: stamp)
        groups[place].series.append(EventCorrelator.Series(message: seriesMessage, key: key, count: 1))
        guard isAllowed else { return nil }
        return .create(
            APIObject(EventCorrelator.event(record, key, sort, message: message, at: now)))
    }
}

extension EventCorrelator {
    /// The number in the name of a new Event: the time, and what tells Events of one moment apart.
    fileprivate static func stamp(serial: Int64, epoch: CalendarTime, at now: VirtualTime) -> Int64 {
        (epoch.unixSeconds &* 1_000_000_000) &+ Int64(epoch.nanoseconds) &+ now.nanoseconds &+ serial
    }

    /// The namespace and name of an Event object.
    fileprivate static func key(for record: EventRecord, stamp: Int64) -> ObjectKey {
        let name = record.involvedKey.name
        return ObjectKey(
            namespace: record.involvedKey.namespace.isEmpty ? "default" : record.involvedKey.namespace,
            name: stamp < 0
                ? "\(name).\(String(stamp, radix: 16))"
                : String(joining: name, hexadecimal: UInt64(stamp)))
    }

    fileprivate static func event(
        _ record: EventRecord, _ key: ObjectKey, _ sort: Ref<EventSort>, message: String, at now: VirtualTime
    ) -> Event {
        Event(
            key, of: sort, about: record.involvedKey, uid: record.involvedUID, message: message,
            at: Timestamp(now))
    }
}
