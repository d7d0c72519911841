import OrderedCollections

/// Changes inside a decoded object. An absent member, null and (for fields that are no pointers) a zero value
/// mean the same.
extension JSONValue {
    /// Changes a member in place; does nothing where it is absent or null.
    mutating func update(_ key: String, _ change: (inout JSONValue) -> Void) {
        guard case .object(var members) = self, let index = members.index(forKey: key) else { return }
        self = .null  // Releases the storage, so that the changes below are made in place.
        var value = members.values[index]
        members.values[index] = .null
        if !value.isNull { change(&value) }
        members.values[index] = value
        self = .object(members)
    }

    /// Changes a struct that is there even when nothing of it is set; an empty result leaves nothing behind.
    mutating func updateStruct(_ key: String, _ change: (inout JSONValue) -> Void) {
        if self[key]?.objectValue == nil {
            var value = JSONValue.object([:])
            change(&value)
            if value != .object([:]) { self[key] = value }
        } else {
            update(key, change)
        }
    }

    /// Changes every element of an array in place.
    mutating func updateEach(_ change: (inout JSONValue) -> Void) {
        guard case .array(var elements) = self else { return }
        self = .null
        for index in elements.indices { change(&elements[index]) }
        self = .array(elements)
    }

    /// Changes every element of an array that is a member.
    mutating func updateEach(of key: String, _ change: (inout JSONValue) -> Void) {
        update(key) { $0.updateEach(change) }
    }

    /// Sets a member where Go has nil; null sets nothing.
    mutating func setIfAbsent(_ key: String, _ value: JSONValue) {
        if !value.isNull, self[key]?.isNull ?? true { self[key] = value }
    }

    /// Sets a member where Go has the zero value; null sets nothing.
    mutating func setIfEmpty(_ key: String, _ value: JSONValue) {
        if !value.isNull, self[key]?.isGoEmpty ?? true { self[key] = value }
    }

    /// Adds an element to an array that is a member.
    mutating func append(_ element: JSONValue, to key: String) {
        var elements = self[key]?.arrayValue ?? []
        self[key] = .null
        elements.append(element)
        self[key] = .array(elements)
    }

    /// A string member; empty where there is none.
    func text(_ key: String) -> String { self[key]?.stringValue ?? "" }

    /// The elements of an array that is a member; none where there is none.
    func list(_ key: String) -> [JSONValue] { self[key]?.arrayValue ?? [] }

    /// The members of an object that is a member; none where there is none.
    func map(_ key: String) -> JSONObject { self[key]?.objectValue ?? [:] }

    /// Whether a list, map or string that is a member has anything in it.
    func hasContent(_ key: String) -> Bool { !(self[key]?.isGoEmpty ?? true) }
}
