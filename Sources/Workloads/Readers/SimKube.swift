import KubernetesModel
import SimulationKernel

/// Reads recordings of SimKube (`.sktrace`, version 2): MessagePack.
///
/// Source: the types `ExportedTrace` and `PodLifecycleData` of acrlabs/simkube (version 2.7, MIT). The file
/// holds the objects that were applied and deleted at each second, and for each recorded owner from when to
/// when the pods of each specification ran, in the order of their start. Zero is the first event.
public struct SimKube: DocumentReader {
    public static let recording = TraceTable(.simkube, "recording")
    public static let tables = [recording]

    public var document: WholeDocument?

    public init() {}

    public func read(_ document: WholeDocument, into output: inout TraceOutput) throws(TraceError) {
        let file = document.file
        let root: MessagePackValue
        do throws(MessagePackParser.Fault) {
            var parser = MessagePackParser(document.bytes)
            root = try parser.parse()
            if !parser.isAtEnd {
                throw MessagePackParser.Fault.unknownCode(
                    document.bytes[parser.offset], offset: parser.offset)
            }
        } catch {
            switch error {
            case .endsEarly(let offset):
                throw .truncated(file: file, detail: "byte \(offset) of a MessagePack value is missing")
            case .unknownCode(let code, let offset):
                throw .wrongFormat(
                    file: file, found: "byte \(code) at offset \(offset)", expected: "MessagePack of SimKube")
            case .tooDeep(let offset):
                throw .damaged(file: file, detail: "values are nested too deeply at offset \(offset)")
            }
        }
        guard let events = root["events"]?.elements, let version = root["version"]?.integer else {
            throw .wrongFormat(
                file: file, found: "MessagePack without 'events' and 'version'",
                expected: "a recording of SimKube")
        }
        if version != 2 {
            throw .unsupported(
                file: file, detail: "found version \(version) of SimKube's recordings, expected version 2")
        }
        try emit(events, lifetimes: root["pod_lifecycles"], file: file, into: &output)
    }

    private func emit(
        _ events: [MessagePackValue], lifetimes: MessagePackValue?, file: String,
        into output: inout TraceOutput
    ) throws(TraceError) {
        let zero = events.lazy.compactMap { $0["ts"]?.integer }.first ?? 0
        var ofOwner = try Self.lifetimes(lifetimes, zero: zero, file: file, into: &output)
        var last = VirtualTime.start
        for (index, event) in events.enumerated() {
            output.countRow()
            guard let seconds = event["ts"]?.integer, let time = Self.moment(seconds, zero: zero) else {
                try output.reject(
                    BadRow(file: file, line: 0, reason: "events[\(index)].ts: expected seconds, in range"))
                continue
            }
            if time < last {
                try output.reject(
                    BadRow(
                        file: file, line: 0,
                        reason: "events[\(index)].ts: found \(seconds), expected a time not before the last"))
                continue
            }
            last = time
            let parts: [(TraceObject.Action, String)] = [
                (.apply, "applied_objs"), (.delete, "deleted_objs"),
            ]
            for (action, name) in parts {
                for object in event[name]?.elements ?? [] {
                    let json = object.json
                    guard let kind = json["kind"]?.stringValue, !kind.isEmpty,
                        let objectName = json["metadata"]?["name"]?.stringValue, !objectName.isEmpty
                    else {
                        try output.reject(
                            BadRow(
                                file: file, line: 0,
                                reason: "events[\(index)].\(name): found an object without kind or name"))
                        continue
                    }
                    var record = TraceObject(time: time, action: action, object: json)
                    if action == .apply {
                        // Of an object that is applied again only the first carries its pods' lifetimes.
                        let owner = Self.owner(json, kind: kind, name: objectName)
                        record.podLifetimes = ofOwner.removeValue(forKey: owner) ?? []
                    }
                    output.emit(record)
                }
            }
        }
        for _ in ofOwner { output.passOver("pod lifetimes of an object that is not in the recording") }
    }

    /// The recorded lifetimes by owner: a map whose keys are pairs of a kind and a namespaced name.
    private static func lifetimes(
        _ value: MessagePackValue?, zero: Int64, file: String, into output: inout TraceOutput
    ) throws(TraceError) -> [String: [TraceObject.PodLifetime]] {
        guard case .map(let owners) = value else { return [:] }
        var found: [String: [TraceObject.PodLifetime]] = [:]
        for (key, hashes) in owners {
            guard let parts = key.elements, parts.count == 2, let kind = parts[0].text,
                let name = parts[1].text, case .map(let lists) = hashes
            else {
                try output.reject(BadRow(file: file, line: 0, reason: "pod_lifecycles: a key is no owner"))
                continue
            }
            var lifetimes: [TraceObject.PodLifetime] = []
            for (hash, list) in lists {
                for entry in list.elements ?? [] {
                    // `Empty` says nothing of the pod but that there was one.
                    if entry.text == "Empty" { continue }
                    var lifetime: TraceObject.PodLifetime?
                    if let start = entry["Running"]?.integer, let begun = moment(start, zero: zero) {
                        lifetime = TraceObject.PodLifetime(specHash: hash.bits ?? 0, start: begun, end: nil)
                    } else if let times = entry["Finished"]?.elements, times.count == 2,
                        let start = times[0].integer, let end = times[1].integer, end >= start,
                        let begun = moment(start, zero: zero), let ended = moment(end, zero: zero)
                    {
                        lifetime = TraceObject.PodLifetime(specHash: hash.bits ?? 0, start: begun, end: ended)
                    }
                    guard let lifetime else {
                        try output.reject(
                            BadRow(
                                file: file, line: 0,
                                reason: "pod_lifecycles[\(kind) \(name)]: found neither Empty, Running nor "
                                    + "Finished with a start and an end"))
                        continue
                    }
                    lifetimes.append(lifetime)
                }
            }
            found[kind + " " + name] = lifetimes
        }
        return found
    }

    private static func owner(_ object: JSONValue, kind: String, name: String) -> String {
        let version = object["apiVersion"]?.stringValue ?? ""
        let namespace = object["metadata"]?["namespace"]?.stringValue
        return "\(version).\(kind) " + (namespace.map { "\($0)/\(name)" } ?? name)
    }

    private static func moment(_ seconds: Int64, zero: Int64) -> VirtualTime? {
        let (distance, overflow) = seconds.subtractingReportingOverflow(zero)
        let (nanoseconds, tooLong) = distance.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow || tooLong ? nil : VirtualTime(nanoseconds: nanoseconds)
    }
}
