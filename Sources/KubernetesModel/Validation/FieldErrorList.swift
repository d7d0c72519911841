/// A value as an error shows it.
enum ShownValue {
    /// A plain string: quoted with Go's escapes.
    case text(String)
    /// A string of a named type or behind a pointer: quoted as JSON.
    case typed(String)
    case int(Int64)
    case flag(Bool)
    /// What Go's JSON encoder makes of the value.
    case json(JSONValue)
    /// As it stands.
    case raw(String)
    case null
    case none

    /// A pointer to a string: JSON, or null.
    static func pointer(_ tree: APITree) -> ShownValue { tree.value.map { .json($0) } ?? .null }
    static func strings(_ list: [String]) -> ShownValue { .json(.array(list.map { .string($0) })) }

    var rendered: String? {
        switch self {
        case .text(let text): GoText.quoted(text)
        case .typed(let text): GoText.json(text)
        case .int(let number): String(number)
        case .flag(let flag): flag ? "true" : "false"
        case .json(let value): GoText.json(value)
        case .raw(let text): text
        case .null: "null"
        case .none: nil
        }
    }
}

/// The faults found so far, in upstream's order.
struct FieldErrorList {
    private(set) var errors: [FieldError] = []

    var isEmpty: Bool { errors.isEmpty }

    mutating func add(_ error: FieldError) { errors.append(error) }
    mutating func add(_ more: [FieldError]) { errors += more }
    mutating func add(_ more: FieldErrorList) { errors += more.errors }

    mutating func invalid(_ field: FieldPath, _ value: ShownValue, _ detail: String) {
        errors.append(FieldError(.invalid, field, shownValue: value.rendered, detail: detail))
    }

    /// One fault a message.
    mutating func invalid(_ field: FieldPath, _ value: ShownValue, each details: [String]) {
        for detail in details { invalid(field, value, detail) }
    }

    mutating func required(_ field: FieldPath, _ detail: String = "") {
        errors.append(FieldError(.required, field, detail: detail))
    }

    mutating func forbidden(_ field: FieldPath, _ detail: String) {
        errors.append(FieldError(.forbidden, field, detail: detail))
    }

    mutating func duplicate(_ field: FieldPath, _ value: ShownValue, _ detail: String = "") {
        errors.append(FieldError(.duplicate, field, shownValue: value.rendered, detail: detail))
    }

    mutating func notFound(_ field: FieldPath, _ value: ShownValue, _ detail: String = "") {
        errors.append(FieldError(.notFound, field, shownValue: value.rendered, detail: detail))
    }

    mutating func notSupported(_ field: FieldPath, _ value: ShownValue, _ supported: [String]) {
        let detail =
            supported.isEmpty
            ? "" : "supported values: " + supported.map(GoText.quoted).joined(separator: ", ")
        errors.append(FieldError(.notSupported, field, shownValue: value.rendered, detail: detail))
    }

    mutating func tooLong(_ field: FieldPath, bytes: Int) {
        let unit = bytes == 1 ? "byte" : "bytes"
        errors.append(FieldError(.tooLong, field, detail: "may not be more than \(bytes) \(unit)"))
    }

    mutating func tooLong(_ field: FieldPath, characters: Int) {
        let unit = characters == 1 ? "character" : "characters"
        errors.append(FieldError(.tooLong, field, detail: "may not be more than \(characters) \(unit)"))
    }

    mutating func tooMany(_ field: FieldPath, count: Int, limit: Int) {
        let unit = limit == 1 ? "item" : "items"
        errors.append(
            FieldError(
                .tooMany, field, shownValue: String(count), detail: "must have at most \(limit) \(unit)"))
    }

    mutating func tooFew(_ field: FieldPath, count: Int, minimum: Int) {
        let unit = minimum == 1 ? "item" : "items"
        errors.append(
            FieldError(
                .tooFew, field, shownValue: String(count), detail: "must have at least \(minimum) \(unit)"))
    }

    mutating func internalError(_ field: FieldPath, _ detail: String) {
        errors.append(FieldError(.internalError, field, detail: detail))
    }

    // MARK: Checks that recur

    static let negativeMessage = "must be greater than or equal to 0"
    static let immutableMessage = "field is immutable"

    mutating func nonNegative(_ value: Int64, _ field: FieldPath) {
        if value < 0 { invalid(field, .int(value), FieldErrorList.negativeMessage) }
    }

    mutating func positive(_ value: Int64, _ field: FieldPath) {
        if value <= 0 { invalid(field, .int(value), "must be greater than zero") }
    }

    mutating func label(_ value: String, _ field: FieldPath) {
        invalid(field, .text(value), each: Names.dns1123Label(value))
    }

    mutating func subdomain(_ value: String, _ field: FieldPath) {
        invalid(field, .text(value), each: Names.dns1123Subdomain(value))
    }

    mutating func qualifiedName(_ value: String, _ field: FieldPath) {
        invalid(field, .text(value), each: Names.qualifiedName(value))
    }

    /// A text from a closed set. A named Go type is shown as JSON.
    mutating func member(_ value: String, _ field: FieldPath, of supported: [String]) {
        if !supported.contains(value) { notSupported(field, .typed(value), supported) }
    }

    /// A field that must stay as it is.
    mutating func immutable(_ new: APITree, _ old: APITree, _ field: FieldPath, shown: ShownValue? = nil) {
        guard !APITree.areSemanticallyEqual(new, old) else { return }
        let value: ShownValue
        if let shown {
            value = shown
        } else if let text = new.optionalText {
            value = .text(text)
        } else {
            value = .pointer(new)
        }
        invalid(field, value, FieldErrorList.immutableMessage)
    }
}
