import KubernetesModel
import OrderedCollections

/// A template's tree with marks in the places of its actions' values, so that YAML is read once and not for
/// every object.
///
/// YAML decides by a text whether it is a number; the pattern always makes texts. So it counts only after it has
/// given what reading gives, twice, and never after it has failed to.
struct TemplatePattern {
    private static let proofs = 2
    private let root: JSONValue
    private var agreements = 0
    private var hasFailed = false
    /// The texts with marks when only the name and names of resources have any.
    let deviceTexts: (name: MarkedText, resources: [MarkedText])?

    init(_ root: JSONValue) {
        self.root = root
        deviceTexts = Self.findDeviceTexts(root)
    }

    /// Texts that stand for values, and in no template by themselves.
    static func marks(_ count: Int) -> [String] { (0..<count).map { "simk.mark.\($0).end" } }

    /// Whether trees may be taken from the pattern.
    var isProved: Bool { !hasFailed && agreements >= Self.proofs }

    mutating func check(_ values: [String], against tree: JSONValue) {
        if self.tree(values) == tree { agreements += 1 } else { hasFailed = true }
    }

    func tree(_ values: [String]) -> JSONValue { filled(root, values) }

    private func filled(_ value: JSONValue, _ values: [String]) -> JSONValue {
        switch value {
        case .string(let text): .string(MarkedText(text).filled(values))
        case .array(let elements): .array(elements.map { filled($0, values) })
        case .object(let members):
            .object(
                JSONObject(
                    members.map { (MarkedText($0.key).filled(values), filled($0.value, values)) },
                    uniquingKeysWith: { _, last in last }))
        default: value
        }
    }

    // MARK: Pods that differ in a resource

    private static func findDeviceTexts(_ root: JSONValue) -> (name: MarkedText, resources: [MarkedText])? {
        guard root["kind"] == "Pod", let name = root["metadata"]?["name"]?.stringValue else { return nil }
        var plain = root
        var resources: Set<String> = []
        var metadata = root["metadata"] ?? .null
        metadata["name"] = "plain"
        plain["metadata"] = metadata
        guard var spec = root["spec"], var containers = spec["containers"]?.arrayValue else { return nil }
        for place in containers.indices {
            for list in ["requests", "limits"] {
                for key in containers[place]["resources"]?[list]?.objectValue?.keys ?? []
                where MarkedText(key).hasMarks {
                    resources.insert(key)
                    containers[place].renameResource(key, to: "plain")
                }
            }
        }
        if resources.isEmpty { return nil }
        spec["containers"] = .array(containers)
        plain["spec"] = spec
        return hasMarks(plain) ? nil : (MarkedText(name), resources.sorted().map(MarkedText.init))
    }

    private static func hasMarks(_ value: JSONValue) -> Bool {
        switch value {
        case .string(let text): MarkedText(text).hasMarks
        case .array(let elements): elements.contains(where: hasMarks)
        case .object(let members): members.contains { MarkedText($0.key).hasMarks || hasMarks($0.value) }
        default: false
        }
    }
}

/// A text with marks, which values take the places of.
struct MarkedText {
    private enum Piece {
        case text(String)
        case value(Int)
    }

    private var pieces: [Piece] = []

    init(_ text: String) {
        var rest = text[...]
        while let start = rest.firstRange(of: "simk.mark.") {
            let digits = rest[start.upperBound...].prefix { $0.isNumber }
            let end = rest[digits.endIndex...]
            guard let number = Int(digits), end.hasPrefix(".end") else { break }
            if start.lowerBound > rest.startIndex {
                pieces.append(.text(String(rest[..<start.lowerBound])))
            }
            pieces.append(.value(number))
            rest = end.dropFirst(".end".count)
        }
        if !rest.isEmpty || pieces.isEmpty { pieces.append(.text(String(rest))) }
    }

    var hasMarks: Bool { pieces.contains { if case .value = $0 { true } else { false } } }

    func filled(_ values: [String]) -> String {
        if pieces.count == 1, case .text(let text) = pieces[0] { return text }
        var filled = ""
        for piece in pieces {
            switch piece {
            case .text(let text): filled += text
            case .value(let number): filled += number < values.count ? values[number] : ""
            }
        }
        return filled
    }
}
