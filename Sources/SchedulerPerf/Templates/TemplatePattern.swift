import Foundation
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

    init(_ root: JSONValue) { self.root = root }

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
        case .string(let text): .string(filled(text, values))
        case .array(let elements): .array(elements.map { filled($0, values) })
        case .object(let members):
            .object(
                JSONObject(
                    members.map { (filled($0.key, values), filled($0.value, values)) },
                    uniquingKeysWith: { _, last in last }))
        default: value
        }
    }

    private func filled(_ text: String, _ values: [String]) -> String {
        guard text.utf8.count > 10, text.contains("simk.mark.") else { return text }
        var text = text
        for (index, value) in values.enumerated() {
            text = text.replacingOccurrences(of: "simk.mark.\(index).end", with: value)
        }
        return text
    }
}
