import KubernetesModel

/// Spells a pod template out as upstream's object dumper does: what the pod-template-hash is taken of.
///
/// The text names every field with its Go type, set or not, so equal texts mean semantically equal templates:
/// absent and empty lists are the same, quantities count by their value. A creation time inside of a
/// template is left out (upstream prints the process' time zone there).
/// Upstream: `k8s.io/utils/dump`, `ForHash`; `davecgh/go-spew`, `spew/format.go` (v1.36).
enum TemplateDump {
    /// The dump of a template's tree.
    static func text(_ template: JSONObject) -> String {
        var text = ""
        text.reserveCapacity(8_192)
        write(
            .object(template), as: .named("v1.PodTemplateSpec"), "v1.PodTemplateSpec", showsType: true,
            to: &text)
        return text
    }

    /// The dump of a pod's spec alone.
    static func text(spec: JSONObject) -> String {
        var text = ""
        text.reserveCapacity(8_192)
        write(.object(spec), as: .named("v1.PodSpec"), "v1.PodSpec", showsType: true, to: &text)
        return text
    }

    // MARK: Types

    private indirect enum Shape: Sendable {
        case string, boolean, integer, quantity, intOrString, time, opaque
        case pointer(GoType)
        case slice(GoType)
        case map(GoType)
        case named(String)
    }

    private struct GoType: Sendable {
        var spelling: String
        var shape: Shape

        init(_ spelling: some StringProtocol) {
            self.spelling = String(spelling)
            switch self.spelling {
            case "string": shape = .string
            case "bool": shape = .boolean
            case "int32", "int64": shape = .integer
            case "resource.Quantity": shape = .quantity
            case "intstr.IntOrString": shape = .intOrString
            case "v1.Time": shape = .time
            case "v1.FieldsV1": shape = .opaque
            default:
                if spelling.hasPrefix("*") {
                    shape = .pointer(GoType(spelling.dropFirst()))
                } else if spelling.hasPrefix("[]") {
                    shape = .slice(GoType(spelling.dropFirst(2)))
                } else if spelling.hasPrefix("map["), let end = spelling.firstIndex(of: "]") {
                    shape = .map(GoType(spelling[spelling.index(after: end)...]))
                } else {
                    shape = .named(self.spelling)
                }
            }
        }
    }

    private struct Field: Sendable {
        var name: String
        /// The member's name in JSON; empty for a field whose members are written in its place.
        var member: String
        var type: GoType
    }

    private enum Definition: Sendable {
        case alias(GoType)
        case fields([Field])
    }

    private static let definitions: [String: Definition] = {
        var rows: [Substring] = []
        var definitions: [String: Definition] = [:]
        func add(_ words: [Substring]) {
            guard let name = words.first else { return }
            if words.count == 2, words[1].hasPrefix("=") {
                definitions[String(name)] = .alias(GoType(words[1].dropFirst()))
                return
            }
            definitions[String(name)] = .fields(
                words.dropFirst().compactMap { word in
                    guard let slash = word.firstIndex(of: "/"), let colon = word.firstIndex(of: ":") else {
                        return nil
                    }
                    return Field(
                        name: String(word[..<slash]), member: String(word[word.index(after: slash)..<colon]),
                        type: GoType(word[word.index(after: colon)...]))
                })
        }
        var words: [Substring] = []
        for line in TemplateTypes.text.split(separator: "\n") {
            if !line.hasPrefix(" ") {
                add(words)
                words = []
            }
            words += line.split(separator: " ")
        }
        add(words)
        return definitions
    }()

    // MARK: Writing

    private static func write(
        _ value: JSONValue?, as shape: Shape, _ spelling: String, showsType: Bool, to text: inout String
    ) {
        if showsType { text += "(\(spelling))" }
        let value = value == .null ? nil : value
        switch shape {
        case .string: text += value?.stringValue ?? ""
        case .boolean: text += value?.boolValue == true ? "true" : "false"
        case .integer: text += String(value?.integerValue ?? 0)
        case .quantity: write(quantity: value, to: &text)
        case .intOrString:
            let number = value?.integerValue
            let name = value?.stringValue
            text += "{Type:(intstr.Type)\(name == nil ? 0 : 1) IntVal:(int32)\(number ?? 0) "
            text += "StrVal:(string)\(name ?? "")}"
        case .time: text += "{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}"
        case .opaque: text += "<nil>"
        case .pointer(let target):
            if value == nil {
                text += "<nil>"
            } else {
                write(value, as: target.shape, target.spelling, showsType: false, to: &text)
            }
        case .slice(let element):
            guard let elements = value?.arrayValue, !elements.isEmpty else {
                text += "<nil>"
                return
            }
            text += "["
            for (index, member) in elements.enumerated() {
                if index > 0 { text += " " }
                write(member, as: element.shape, element.spelling, showsType: false, to: &text)
            }
            text += "]"
        case .map(let element):
            guard let value, let members = value.objectValue, !value.isGoEmpty else {
                text += "<nil>"
                return
            }
            text += "map["
            var entries = Array(members)
            entries.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (index, entry) in entries.enumerated() {
                if index > 0 { text += " " }
                text += entry.key + ":"
                write(entry.value, as: element.shape, element.spelling, showsType: false, to: &text)
            }
            text += "]"
        case .named(let name):
            switch definitions[name] {
            case .alias(let type): write(value, as: type.shape, type.spelling, showsType: false, to: &text)
            case .fields(let fields):
                text += "{"
                for (index, field) in fields.enumerated() {
                    if index > 0 { text += " " }
                    text += field.name + ":"
                    let member = field.member.isEmpty ? value : value?[field.member]
                    write(member, as: field.type.shape, field.type.spelling, showsType: true, to: &text)
                }
                text += "}"
            case nil: break
            }
        }
    }

    /// A quantity as it is after a way through the store: parsed from its canonical text.
    private static func write(quantity value: JSONValue?, to text: inout String) {
        var quantity = Quantity.zero
        if let value, let given = try? Quantity(json: value) { quantity = given }
        quantity = (try? Quantity(parsing: quantity.description)) ?? quantity
        text += "{i:(resource.int64Amount){"
        switch quantity.representation {
        case .scaled(let value, let scale):
            text += "value:(int64)\(value) scale:(resource.Scale)\(scale)} "
            text += "d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>}"
        case .words(let words, let isNegative, let scale):
            text += "value:(int64)0 scale:(resource.Scale)0} "
            text +=
                "d:(resource.infDecAmount){Dec:(*inf.Dec){unscaled:(big.Int){neg:(bool)\(isNegative) abs:(big.nat)"
            text += words.isEmpty ? "<nil>" : "[" + words.map { String($0) }.joined(separator: " ") + "]"
            text += "} scale:(inf.Scale)\(scale)}}"
        }
        text += " s:(string)\(quantity.keptText) Format:(resource.Format)\(quantity.format.rawValue)}"
    }
}
