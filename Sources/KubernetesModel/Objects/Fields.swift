public import OrderedCollections
public import SimulationKernel

/// A typed part of an API object that maps to and from a JSON object, field by field.
///
/// One `map` function serves both directions, so that the two cannot disagree. Trees that are decoded were
/// normalised before (types are right); a member of the wrong type counts as absent.
public protocol FieldMapped: Sendable {
    init()
    /// Visits every field: `fields.int("replicas", &replicas)`.
    mutating func map(_ fields: inout Fields)
}

/// The members of one JSON object while a ``FieldMapped`` value is read from it or written to it, or the digest that
/// takes them in.
public struct Fields {
    @usableFromInline enum Direction { case reading, writing, digesting }

    /// Members not visited yet (reading), or written so far (writing).
    @usableFromInline var members: JSONObject
    @usableFromInline let direction: Direction
    /// The calendar time of the scenario's start: what timestamps are relative to.
    public let epoch: CalendarTime
    /// What has been taken in so far, when the value goes into a digest.
    var digest = EventDigest()
    /// How many members have gone into the digest.
    var digested = 0

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

    /// The members go into a digest: the same information as in the JSON object, in the order of the fields.
    init(digesting digest: EventDigest, epoch: CalendarTime) {
        self.members = [:]
        self.direction = .digesting
        self.epoch = epoch
        self.digest = digest
    }

    public var isReading: Bool { direction == .reading }

    /// Takes a member's name into the digest.
    @inline(__always)
    private mutating func name(_ name: String) {
        digest.combine(name)
        digested += 1
    }

    /// Takes a member into the digest if it is present; false when the value is read or written instead.
    @inline(__always)
    mutating func digests(
        _ name: String, isPresent: Bool, _ combine: (inout EventDigest) -> Void
    ) -> Bool {
        guard direction == .digesting else { return false }
        if isPresent {
            self.name(name)
            combine(&digest)
        }
        return true
    }

    /// Takes a part into the digest, closed so that its members differ from those around it.
    private mutating func combine<Part: FieldMapped>(_ part: Part) {
        var nested = Fields(digesting: digest, epoch: epoch)
        var copy = part
        copy.map(&nested)
        digest = nested.digest
        digest.combine(UInt64(nested.digested))
    }

    /// Takes or puts one member by means of two conversions; nil is not written.
    public mutating func field<Value>(
        _ name: String, _ value: inout Value, read: (JSONValue) -> Value?, write: (Value) -> JSONValue?
    ) {
        switch direction {
        case .reading:
            if let member = members.removeValue(forKey: name), let found = read(member) { value = found }
        case .writing:
            if let member = write(value) { members[name] = member }
        case .digesting:
            if let member = write(value) {
                self.name(name)
                digest.combine(json: member)
            }
        }
    }

    // MARK: Scalars

    /// A string; the empty string is not written (`omitempty`).
    public mutating func string(_ name: String, _ value: inout String) {
        if direction == .digesting {
            if !value.isEmpty {
                self.name(name)
                digest.combine(value)
            }
            return
        }
        field(name, &value, read: { $0.stringValue }, write: { $0.isEmpty ? nil : .string($0) })
    }
    public mutating func string(_ name: String, _ value: inout String?) {
        if direction == .digesting {
            if let value {
                self.name(name)
                digest.combine(value)
            }
            return
        }
        field(name, &value, read: { $0.stringValue }, write: { $0.map { .string($0) } })
    }
    /// A string that is written even when it is empty.
    public mutating func requiredString(_ name: String, _ value: inout String) {
        if direction == .digesting {
            self.name(name)
            digest.combine(value)
            return
        }
        field(name, &value, read: { $0.stringValue }, write: { .string($0) })
    }
    /// An integer; zero is not written (`omitempty`).
    public mutating func int(_ name: String, _ value: inout Int64) {
        if direction == .digesting {
            if value != 0 {
                self.name(name)
                digest.combine(UInt64(bitPattern: value))
            }
            return
        }
        field(name, &value, read: { $0.integerValue }, write: { $0 == 0 ? nil : .integer($0) })
    }
    public mutating func int(_ name: String, _ value: inout Int64?) {
        if direction == .digesting {
            if let value {
                self.name(name)
                digest.combine(UInt64(bitPattern: value))
            }
            return
        }
        field(name, &value, read: { $0.integerValue }, write: { $0.map { .integer($0) } })
    }
    /// An integer that is written even when it is zero.
    public mutating func requiredInt(_ name: String, _ value: inout Int64) {
        if direction == .digesting {
            self.name(name)
            digest.combine(UInt64(bitPattern: value))
            return
        }
        field(name, &value, read: { $0.integerValue }, write: { .integer($0) })
    }
    /// A flag; false is not written (`omitempty`).
    public mutating func bool(_ name: String, _ value: inout Bool) {
        if direction == .digesting {
            if value {
                self.name(name)
                digest.combine(1)
            }
            return
        }
        field(name, &value, read: { $0.boolValue }, write: { $0 ? true : nil })
    }
    public mutating func bool(_ name: String, _ value: inout Bool?) {
        if direction == .digesting {
            if let value {
                self.name(name)
                digest.combine(value ? 1 : 0)
            }
            return
        }
        field(name, &value, read: { $0.boolValue }, write: { $0.map { .bool($0) } })
    }
    /// An enumeration by its raw text; an unknown text leaves the default.
    public mutating func choice<Choice: RawRepresentable<String>>(_ name: String, _ value: inout Choice) {
        if direction == .digesting {
            let text = value.rawValue
            if !text.isEmpty {
                self.name(name)
                digest.combine(text)
            }
            return
        }
        field(
            name, &value, read: { $0.stringValue.flatMap(Choice.init(rawValue:)) },
            write: { $0.rawValue.isEmpty ? nil : .string($0.rawValue) })
    }
    public mutating func choice<Choice: RawRepresentable<String>>(_ name: String, _ value: inout Choice?) {
        if direction == .digesting {
            if let value {
                self.name(name)
                digest.combine(value.rawValue)
            }
            return
        }
        field(
            name, &value, read: { $0.stringValue.flatMap(Choice.init(rawValue:)) },
            write: { $0.map { .string($0.rawValue) } })
    }

    // MARK: Times

    /// `metav1.Time`: RFC 3339, whole seconds.
    public mutating func time(_ name: String, _ value: inout Timestamp?) {
        if direction == .digesting {
            if let value {
                self.name(name)
                digest.combine(UInt64(bitPattern: epoch.unixSeconds + value.seconds))
            }
            return
        }
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
        if direction == .digesting {
            self.name(name)
            combine(value)
            return
        }
        let epoch = epoch
        field(
            name, &value, read: { $0.objectValue.map { Part(fields: $0, epoch: epoch) } },
            write: { .object($0.fields(epoch: epoch)) })
    }
    /// A part that is not written when nothing in it is set.
    public mutating func optionalPart<Part: FieldMapped>(_ name: String, _ value: inout Part) {
        if direction == .digesting {
            var nested = Fields(digesting: digest, epoch: epoch)
            nested.digest.combine(name)
            var copy = value
            copy.map(&nested)
            if nested.digested > 0 {
                digest = nested.digest
                digest.combine(UInt64(nested.digested))
                digested += 1
            }
            return
        }
        let epoch = epoch
        field(
            name, &value, read: { $0.objectValue.map { Part(fields: $0, epoch: epoch) } },
            write: {
                let members = $0.fields(epoch: epoch)
                return members.isEmpty ? nil : .object(members)
            })
    }
    public mutating func part<Part: FieldMapped>(_ name: String, _ value: inout Part?) {
        if direction == .digesting {
            if let value {
                self.name(name)
                combine(value)
            }
            return
        }
        let epoch = epoch
        field(
            name, &value, read: { $0.objectValue.map { Part(fields: $0, epoch: epoch) } },
            write: { $0.map { .object($0.fields(epoch: epoch)) } })
    }
    /// A list; the empty list is not written (`omitempty`).
    public mutating func list<Part: FieldMapped>(_ name: String, _ value: inout [Part]) {
        if direction == .digesting {
            if !value.isEmpty {
                self.name(name)
                digest.combine(UInt64(value.count))
                for part in value { combine(part) }
            }
            return
        }
        let epoch = epoch
        field(
            name, &value,
            read: { $0.arrayValue.map { $0.map { Part(fields: $0.objectValue ?? [:], epoch: epoch) } } },
            write: { $0.isEmpty ? nil : .array($0.map { .object($0.fields(epoch: epoch)) }) })
    }
    /// A list of strings; the empty list is not written.
    public mutating func strings(_ name: String, _ value: inout [String]) {
        if direction == .digesting {
            if !value.isEmpty {
                self.name(name)
                digest.combine(UInt64(value.count))
                for text in value { digest.combine(text) }
            }
            return
        }
        field(
            name, &value, read: { $0.arrayValue.map { $0.compactMap(\.stringValue) } },
            write: { $0.isEmpty ? nil : .array($0.map { .string($0) }) })
    }
    /// A map of strings; the empty map is not written.
    public mutating func map(_ name: String, _ value: inout StringMap) {
        if direction == .digesting {
            if !value.isEmpty {
                self.name(name)
                digest.combine(UInt64(value.count))
                for entry in value.entries {
                    digest.combine(entry.key)
                    digest.combine(entry.value)
                }
            }
            return
        }
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
        case .digesting:
            for (name, member) in value {
                self.name(name)
                digest.combine(json: member)
            }
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

extension FieldMapped {
    /// Takes the value into a digest: all that its JSON object would hold.
    public func combineFields(into digest: inout EventDigest, epoch: CalendarTime) {
        var fields = Fields(digesting: digest, epoch: epoch)
        var copy = self
        copy.map(&fields)
        digest = fields.digest
        digest.combine(UInt64(fields.digested))
    }
}

extension EventDigest {
    /// Takes in a JSON value; values that differ in kind differ in the digest.
    public mutating func combine(json value: JSONValue) {
        switch value {
        case .null: combine(0)
        case .bool(let flag): combine(flag ? 2 : 1)
        case .integer(let number):
            combine(3)
            combine(UInt64(bitPattern: number))
        case .number(let number):
            combine(4)
            combine(number.bitPattern)
        case .string(let text):
            combine(5)
            combine(text)
        case .array(let elements):
            combine(6)
            combine(UInt64(elements.count))
            for element in elements { combine(json: element) }
        case .object(let members):
            combine(7)
            combine(UInt64(members.count))
            for (name, member) in members {
                combine(name)
                combine(json: member)
            }
        }
    }
}

extension StringMap {
    /// The map as a JSON object, in the order of its keys.
    public var json: JSONObject {
        JSONObject(uniqueKeysWithValues: entries.map { ($0.key, .string($0.value)) })
    }
}
