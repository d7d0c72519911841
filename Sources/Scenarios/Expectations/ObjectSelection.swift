public import KubernetesModel

/// Which objects an expectation is about, in `kubectl`'s words: `deployment/web -n shop`, `pods -l app=web -A`.
public struct ObjectSelection: Hashable, Sendable, CustomStringConvertible {
    public var kind: ObjectKind
    /// The one object of this name; nil for a selection by labels.
    public var name: String?
    /// Nil for all namespaces, and for kinds that live in none.
    public var namespace: String?
    /// Empty for all objects of the kind.
    public var selector: LabelSelector

    public init(kind: ObjectKind, name: String?, namespace: String?, selector: LabelSelector) {
        self.kind = kind
        self.name = name
        self.namespace = namespace
        self.selector = selector
    }

    /// Whether it names one object.
    public var isSingle: Bool { name != nil }

    /// Whether an object of the kind is among those selected.
    public func contains(_ key: ObjectKey, labels: Labels) -> Bool {
        if let namespace, namespace != key.namespace { return false }
        if let name { return name == key.name }
        return selector.isEmpty || selector.matches(labels)
    }

    public var description: String {
        var text = name.map { "\(kind.name.lowercased())/\($0)" } ?? kind.info.plural
        if !selector.isEmpty {
            let labels = SelectorText.text(selector)
            text += labels.contains(" ") ? " -l '\(labels)'" : " -l \(labels)"
        }
        if kind.info.isNamespaced {
            if let namespace {
                if namespace != "default" { text += " -n \(namespace)" }
            } else {
                text += " -A"
            }
        }
        return text
    }
}

extension ObjectSelection {
    /// Why a text names no objects.
    public enum Fault: Error, Hashable, Sendable {
        case empty
        case unknownKind(String, nearest: String?)
        case badSelector(String)
        case unknownWord(String)
        case missingArgument(String)
        case nameAndSelector
        case badName(String)
        case namespaceOfClusterKind(String)
    }

    /// Reads a selection; the namespace is `default` unless `-n` or `-A` says otherwise.
    public init(parsing text: String) throws(Fault) {
        var words = Self.words(of: text)[...]
        guard let head = words.popFirst() else { throw .empty }
        var parts = head.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        guard let kind = ObjectKind(named: parts[0]) else {
            throw .unknownKind(parts[0], nearest: ObjectKind.nearestName(parts[0]))
        }
        var namespace: String?
        var allNamespaces = false
        var selector = LabelSelector()
        while let word = words.popFirst() {
            // `-l=app=web`, `--selector=app=web` and the argument as the next word are all kubectl's.
            var option = word
            var argument: String?
            if word.hasPrefix("-"), let equals = word.firstIndex(of: "=") {
                option = String(word[..<equals])
                argument = String(word[word.index(after: equals)...])
            }
            func value() throws(Fault) -> String {
                if let argument { return argument }
                guard let next = words.popFirst() else { throw .missingArgument(option) }
                return next
            }
            switch option {
            case "-n", "--namespace": namespace = try value()
            case "-A", "--all-namespaces": allNamespaces = true
            case "-l", "--selector":
                let text = try value()
                do throws(SelectorText.Fault) {
                    selector = try SelectorText.parse(text)
                } catch {
                    throw .badSelector(error.message)
                }
            default:
                guard !word.hasPrefix("-"), !word.contains("="), parts.count == 1 else {
                    throw .unknownWord(word)
                }
                parts.append(word)  // `deployment web`
            }
        }
        let name = parts.count > 1 ? parts[1] : nil
        if let name, name.isEmpty || name.contains("/") { throw .badName(name) }
        if name != nil && !selector.isEmpty { throw .nameAndSelector }
        if !kind.info.isNamespaced, let namespace { throw .namespaceOfClusterKind(namespace) }
        let isEverywhere = allNamespaces || !kind.info.isNamespaced
        self.init(
            kind: kind, name: name, namespace: isEverywhere ? nil : namespace ?? "default", selector: selector
        )
    }

    /// At spaces, but not within quotes or parentheses: `-l 'env in (a, b)'`.
    private static func words(of text: String) -> [String] {
        var words: [String] = []
        var current = ""
        var quote: Character?
        var depth = 0
        for character in text {
            if let open = quote {
                if character == open { quote = nil } else { current.append(character) }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character.isWhitespace && depth == 0 {
                if !current.isEmpty { words.append(current) }
                current = ""
            } else {
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                current.append(character)
            }
        }
        return current.isEmpty ? words : words + [current]
    }
}

extension ObjectSelection.Fault {
    /// What was expected instead, and what to do.
    var message: (expected: String, hint: String) {
        let form = "an object or selection such as deployment/web or \"pods -l app=web\""
        switch self {
        case .empty: return (form, "")
        case .unknownKind(let name, let nearest):
            return (form, "There is no kind '\(name)'" + (nearest.map { ". Did you mean '\($0)'?" } ?? ""))
        case .badSelector(let message): return ("a label selector such as app=web,tier in (a,b)", message)
        case .unknownWord(let word): return (form, "'\(word)' is not understood; there are -l, -n and -A")
        case .missingArgument(let option): return (form, "\(option) needs an argument")
        case .nameAndSelector: return (form, "Give a name or a selector, not both")
        case .badName(let name): return (form, "'\(name)' is no name")
        case .namespaceOfClusterKind: return (form, "This kind does not live in a namespace: remove -n")
        }
    }
}

extension ObjectKind {
    /// The kind that a user means: by its kind, singular, plural or short name, with or without the group.
    public init?(named text: String) {
        let name = text.lowercased()
        let found = Self.allCases.first { kind in
            let info = kind.info
            let names = [info.name.lowercased(), info.plural] + info.shortNames
            return names.contains(name) || names.prefix(2).contains { "\($0).\(info.group)" == name }
        }
        guard let found else { return nil }
        self = found
    }

    static func nearestName(_ text: String) -> String? {
        let isPlural = text.hasSuffix("s")
        return NearestName.find(
            text.lowercased(),
            among: allCases.map { isPlural ? $0.info.plural : $0.info.name.lowercased() })
    }
}
