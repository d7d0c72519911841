import OrderedCollections
public import SimulationKernel

// Digests of what a run writes most, by hand: no JSON, no names, no copies. Each value is preceded or followed by
// what tells it apart from its neighbours: texts close with their length, lists begin with theirs, and a word of
// flags says which optional values come.

extension EventDigest {
    fileprivate mutating func combine(_ time: Timestamp?) {
        if let time { combine(UInt64(bitPattern: time.seconds)) }
    }

    fileprivate mutating func combine(_ map: StringMap) {
        combine(UInt64(map.count))
        for entry in map.entries {
            combine(entry.key)
            combine(entry.value)
        }
    }

    /// A text that is mostly empty, of which a flag says so.
    fileprivate mutating func combineUnlessEmpty(_ text: String) {
        if !text.isEmpty { combine(text) }
    }

    fileprivate mutating func combine(
        flags first: Bool, _ second: Bool = false, _ third: Bool = false, _ fourth: Bool = false,
        _ fifth: Bool = false, _ sixth: Bool = false
    ) {
        var word: UInt64 = 0
        if first { word |= 1 }
        if second { word |= 2 }
        if third { word |= 4 }
        if fourth { word |= 8 }
        if fifth { word |= 16 }
        if sixth { word |= 32 }
        combine(word)
    }

    /// 0 for nil, 1 for false, 2 for true.
    fileprivate mutating func combine(_ flag: Bool?) {
        switch flag {
        case nil: combine(0)
        case false?: combine(1)
        case true?: combine(2)
        }
    }
}

extension ObjectMeta {
    /// Takes all that the metadata say into a digest; times count from the scenario's start.
    public func combine(into digest: inout EventDigest) {
        digest.combine(name)
        digest.combine(namespace)
        uid.combine(into: &digest)
        digest.combine(UInt64(bitPattern: resourceVersion))
        digest.combine(UInt64(bitPattern: generation))
        digest.combine(
            flags: creationTimestamp != nil, deletionTimestamp != nil, deletionGracePeriodSeconds != nil,
            hasSeldom)
        digest.combine(creationTimestamp)
        digest.combine(deletionTimestamp)
        if let deletionGracePeriodSeconds { digest.combine(UInt64(bitPattern: deletionGracePeriodSeconds)) }
        digest.combine(labels)
        guard hasSeldom else { return }
        digest.combine(generateName)
        digest.combine(annotations)
        digest.combine(UInt64(ownerReferences.count))
        for owner in ownerReferences {
            digest.combine(owner.apiVersion)
            digest.combine(owner.kind)
            digest.combine(owner.name)
            owner.uid.combine(into: &digest)
            digest.combine(owner.controller)
            digest.combine(owner.blockOwnerDeletion)
        }
        digest.combine(UInt64(finalizers.count))
        for finalizer in finalizers { digest.combine(finalizer) }
        digest.combine(json: .object(rest))
    }
}

extension Condition {
    fileprivate func combine(into digest: inout EventDigest) {
        digest.combine(type)
        digest.combine(status.rawValue)
        digest.combine(UInt64(bitPattern: observedGeneration))
        digest.combine(
            flags: lastHeartbeatTime != nil, lastProbeTime != nil, lastUpdateTime != nil,
            lastTransitionTime != nil, !reason.isEmpty, !message.isEmpty)
        digest.combine(lastHeartbeatTime)
        digest.combine(lastProbeTime)
        digest.combine(lastUpdateTime)
        digest.combine(lastTransitionTime)
        digest.combineUnlessEmpty(reason)
        digest.combineUnlessEmpty(message)
    }
}

extension ContainerState {
    fileprivate func combine(into digest: inout EventDigest) {
        switch self {
        case .waiting(let reason, let message):
            digest.combine(1)
            digest.combine(reason)
            digest.combine(message)
        case .running(let startedAt):
            digest.combine(2)
            digest.combine(flags: startedAt != nil)
            digest.combine(startedAt)
        case .terminated(let end):
            digest.combine(3)
            digest.combine(UInt64(bitPattern: end.exitCode))
            digest.combine(UInt64(bitPattern: end.signal))
            digest.combine(flags: end.startedAt != nil, end.finishedAt != nil)
            digest.combine(end.startedAt)
            digest.combine(end.finishedAt)
            digest.combine(end.reason)
            digest.combine(end.message)
            digest.combine(end.containerID)
        }
    }
}

extension ContainerStatus {
    fileprivate func combine(into digest: inout EventDigest) {
        digest.combine(name)
        digest.combine(flags: state != nil, lastState != nil, ready, !rest.isEmpty)
        state?.combine(into: &digest)
        lastState?.combine(into: &digest)
        digest.combine(started)
        digest.combine(UInt64(bitPattern: restartCount))
        digest.combine(image)
        digest.combine(imageID)
        digest.combine(containerID)
        if !rest.isEmpty { digest.combine(json: .object(rest)) }
    }
}

extension PodStatus {
    /// Takes all that the status says into a digest; times count from the scenario's start.
    public func combine(into digest: inout EventDigest) {
        digest.combine(phase.rawValue)
        digest.combine(qosClass?.rawValue ?? "")
        digest.combine(UInt64(bitPattern: observedGeneration))
        digest.combine(UInt64(conditions.count))
        for index in conditions.indices { conditions[index].combine(into: &digest) }
        digest.combine(flags: startTime != nil, hasReport)
        digest.combine(startTime)
        guard hasReport else { return }
        let report = report
        digest.combine(
            flags: !report.message.isEmpty, !report.reason.isEmpty, !report.nominatedNodeName.isEmpty,
            !report.rest.isEmpty)
        digest.combineUnlessEmpty(report.message)
        digest.combineUnlessEmpty(report.reason)
        digest.combineUnlessEmpty(report.nominatedNodeName)
        digest.combine(report.hostIP)
        digest.combine(report.podIP)
        digest.combine(UInt64(report.initContainerStatuses.count))
        for status in report.initContainerStatuses { status.combine(into: &digest) }
        digest.combine(UInt64(report.containerStatuses.count))
        for status in report.containerStatuses { status.combine(into: &digest) }
        if !report.rest.isEmpty { digest.combine(json: .object(report.rest)) }
    }
}

extension Event {
    /// Takes all that the Event says into a digest; times count from the scenario's start.
    public func combine(into digest: inout EventDigest) {
        metadata.combine(into: &digest)
        let object = involvedObject
        digest.combine(object.kind)
        digest.combine(object.apiVersion)
        digest.combine(object.namespace)
        digest.combine(object.name)
        object.uid.combine(into: &digest)
        digest.combine(object.resourceVersion)
        digest.combine(object.fieldPath)
        digest.combine(reason)
        digest.combine(message)
        digest.combine(sourceComponent)
        digest.combine(sourceHost)
        digest.combine(flags: firstTimestamp != nil, lastTimestamp != nil)
        digest.combine(firstTimestamp)
        digest.combine(lastTimestamp)
        digest.combine(UInt64(bitPattern: count))
        digest.combine(type)
        digest.combine(json: .object(unread))
    }
}
