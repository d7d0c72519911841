public import OrderedCollections

/// A typed part of an API object that maps to and from a JSON object, field by field.
///
/// One `map` function serves both directions, so that the two cannot disagree. Trees that are decoded were
/// normalised before (types are right); a member of the wrong type counts as absent.
public protocol FieldMapped: Sendable {
    init()
    /// Visits every field: `fields.int("replicas", &replicas)`.
    mutating func map(_ fields: inout Fields)
}

/// The members of one JSON object while a ``FieldMapped`` value is read from it or written to it.
public struct Fields {
    @usableFromInline enum Direction { case reading, writing }

    /// Members not visited yet (reading), or written so far (writing).
    @usableFromInline var members: JSONObject
    @usableFromInline let direction: Direction
    /// The calendar time of the scenario's start: what timestamps are relative to.
    public let epoch: CalendarTime

    init(reading members: JSONObject, epoch: CalendarTime) {
        self.members = members
        self.direction = .reading
        self.epoch = epoch
    }

    init(writing epoch: CalendarTime) {
        self.members = [:]
        self.direction = .writing
        self.epoch = epoch
    }

    public var isReading: Bool { direction == .reading }

    /// Takes or puts one member by means of two conversions; nil is not written.
    public mutating func field<Value>(
        _ name: String, _ value: inout Value, read: (JSONValue) -> Value?, write: (Value) -> JSONValue?
    ) {
        switch direction {
        case .reading:
            if let member = members.removeValue(forKey: name), let found = read(member) { value = found }
        case .writing:
            if let member = write(value) { members[name] = member }
        }
    }

    // MARK: Scalars

    /// A string; the empty string is not written (`omitempty`).
    public mutating func string(_ name: String, _ value: inout String) {
        field(name, &value, read: { $0.stringValue }, write: { $0.isEmpty ? nil : .string($0) })
    }
    public mutating func string(_ name: String, _ value: inout String?) {
        field(name, &value, read: { $0.stringValue }, write: { $0.map { .string($0) } })
    }
    /// A string that is written even when it is empty.
    public mutating func requiredString(_ name: String, _ value: inout String) {
        field(name, &value, read: { $0.stringValue }, write: { .string($0) })
    }
    /// An integer; zero is not written (`omitempty`).
    public mutating func int(_ name: String, _ value: inout Int64) {
        field(name, &value, read: { $0.integerValue }, write: { $0 == 0 ? nil : .integer($0) })
    }
    public mutating func int(_ name: String, _ value: inout Int64?) {
        field(name, &value, read: { $0.integerValue }, write: { $0.map { .integer($0) } })
    }
    /// An integer that is written even when it is zero.
    public mutating func requiredInt(_ name: String, _ value: inout Int64) {
        field(name, &value, read: { $0.integerValue }, write: { .integer($0) })
    }
    /// A flag; false is not written (`omitempty`).
    public mutating func bool(_ name: String, _ value: inout Bool) {
        field(name, &value, read: { $0.boolValue }, write: { $0 ? true : nil })
    }
    public mutating func bool(_ name: String, _ value: inout Bool?) {
        field(name, &value, read: { $0.boolValue }, write: { $0.map { .bool($0) } })
    }
    /// An enumeration by its raw text; an unknown text leaves the default.
    public mutating func choice<Choice: RawRepresentable<String>>(_ name: String, _ value: inout Choice) {
        field(
            name, &value, read: { $0.stringValue.flatMap(Choice.init(rawValue:)) },
            write: { $0.rawValue.isEmpty ? nil : .string($0.rawValue) })
    }
    public mutating func choice<Choice: RawRepresentable<String>>(_ name: String, _ value: inout Choice?) {
        field(
            name, &value, read: { $0.stringValue.flatMap(Choice.init(rawValue:)) },
            write: { $0.map { .string($0.rawValue) } })
    }

    // MARK: Times

    /// `metav1.Time`: RFC 3339, whole seconds.
    public mutating func time(_ name: String, _ value: inout Timestamp?) {
        let epoch = epoch
        field(
            name, &value,
            read: { member in
                member.stringValue.flatMap(CalendarTime.init(rfc3339:)).map {
                    Timestamp(seconds: $0.unixSeconds - epoch.unixSeconds)
                }
            },
            write: { time in
                time.map { .string(CalendarTime(unixSeconds: epoch.unixSeconds + $0.seconds).rfc3339) }
            })
    }

    // MARK: Composites

    /// A part that is always written, as `{}` when nothing is set.
    public mutating func part<Part: FieldMapped>(_ name: String, _ value: inout Part) {
        let epoch = epoch
        field(
            name, &value, read: { $0.objectValue.map { Part(fields: $0, epoch: epoch) } },
            write: { .object($0.fields(epoch: epoch)) })
    }
    /// A part that is not written when nothing in it is set.
    public mutating func optionalPart<Part: FieldMapped>(_ name: String, _ value: inout Part) {
        let epoch = epoch
        field(
            name, &value, read: { $0.objectValue.map { Part(fields: $0, epoch: epoch) } },
            write: {
                let members = $0.fields(epoch: epoch)
                return members.isEmpty ? nil : .object(members)
            })
    }
    public mutating func part<Part: FieldMapped>(_ name: String, _ value: inout Part?) {
        let epoch = epoch
        field(
            name, &value, read: { $0.objectValue.map { Part(fields: $0, epoch: epoch) } },
            write: { $0.map { .object($0.fields(epoch: epoch)) } })
    }
    /// A list; the empty list is not written (`omitempty`).
    public mutating func list<Part: FieldMapped>(_ name: String, _ value: inout [Part]) {
        let epoch = epoch
        field(
            name, &value,
            read: { $0.arrayValue.map { $0.map { Part(fields: $0.objectValue ?? [:], epoch: epoch) } } },
            write: { $0.isEmpty ? nil : .array($0.map { .object($0.fields(epoch: epoch)) }) })
    }
    /// A list of strings; the empty list is not written.
    public mutating func strings(_ name: String, _ value: inout [String]) {
        field(
            name, &value, read: { $0.arrayValue.map { $0.compactMap(\.stringValue) } },
            write: { $0.isEmpty ? nil : .array($0.map { .string($0) }) })
    }
    /// A map of strings; the empty map is not written.
    public mutating func map(_ name: String, _ value: inout StringMap) {
        field(
            name, &value,
            read: { member in
                member.objectValue.map { StringMap($0.lazy.map { ($0.key, $0.value.stringValue ?? "") }) }
            },
            write: { $0.isEmpty ? nil : .object($0.json) })
    }
    /// A member that simk does not look into.
    public mutating func tree(_ name: String, _ value: inout JSONValue?) {
        field(name, &value, read: { $0 }, write: { $0 })
    }
    /// Every member not visited before, kept so that nothing is lost. Call it last.
    public mutating func rest(_ value: inout JSONObject) {
        switch direction {
        case .reading:
            value = members
            members = [:]
        case .writing:
            for (name, member) in value { members[name] = member }
        }
    }
}

extension FieldMapped {
    /// Reads the value from the members of a JSON object.
    public init(fields members: JSONObject, epoch: CalendarTime) {
        self.init()
        var fields = Fields(reading: members, epoch: epoch)
        map(&fields)
    }

    /// The value as the members of a JSON object.
    public func fields(epoch: CalendarTime) -> JSONObject {
        var fields = Fields(writing: epoch)
        var copy = self
        copy.map(&fields)
        return fields.members
    }
}

extension StringMap {
    /// The map as a JSON object, in the order of its keys.
    public var json: JSONObject {
        JSONObject(uniqueKeysWithValues: entries.map { ($0.key, .string($0.value)) })
    }
}
