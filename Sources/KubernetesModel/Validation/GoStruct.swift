/// Writes values of the API server's internal types as Go's JSON encoder does: what a message shows of a
/// struct.
enum GoStruct {
    /// The value at a place in an API object, as an internal type.
    static func json(_ tree: APITree, _ type: String) -> String {
        write(tree, kind: "@" + type, parent: APITree(nil))
    }

    /// A list of such values.
    static func json(list: APITree, _ type: String) -> String {
        write(list, kind: "[@" + type, parent: APITree(nil))
    }

    private static func write(_ tree: APITree, kind: String, parent: APITree) -> String {
        switch kind.first {
        case "*":
            return tree.exists ? write(tree, kind: String(kind.dropFirst()), parent: parent) : "null"
        case "[":
            guard tree.exists else { return "null" }
            let inner = String(kind.dropFirst())
            return "[" + tree.list.map { write($0, kind: inner, parent: parent) }.joined(separator: ",") + "]"
        case "{":
            guard tree.exists else { return "null" }
            let inner = String(kind.dropFirst())
            let members = tree.entries.map {
                GoText.json($0.key) + ":" + write($0.value, kind: inner, parent: parent)
            }
            return "{" + members.joined(separator: ",") + "}"
        case "@":
            return "{" + members(tree, of: String(kind.dropFirst()), parent: parent).joined(separator: ",")
                + "}"
        case "i": return tree.value.map { GoText.json($0) } ?? "0"
        case "b": return tree.flag ? "true" : "false"
        case "q": return GoText.json(tree.exists ? tree.quantityText : "0")
        case "x": return tree.value.map { GoText.json($0) } ?? "0"
        default: return tree.value.map { GoText.json($0) } ?? "\"\""
        }
    }

    private static func members(_ tree: APITree, of type: String, parent: APITree) -> [String] {
        var result: [String] = []
        for field in (GoStructTable.types[type] ?? "").split(separator: " ") {
            let parts = field.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3 else { continue }
            var kind = parts[2]
            let isOptional = kind.hasSuffix("?")
            if isOptional { kind.removeLast() }
            if kind.hasPrefix("<") {
                let source = parts[1].isEmpty ? tree : tree[parts[1]]
                result += members(source, of: String(kind.dropFirst()), parent: tree)
                continue
            }
            let value = parts[1].hasPrefix("^") ? parent[String(parts[1].dropFirst())] : tree[parts[1]]
            if isOptional && (value.value?.isGoEmpty ?? true) { continue }
            result.append(GoText.json(parts[0]) + ":" + write(value, kind: kind, parent: tree))
        }
        return result
    }
}
