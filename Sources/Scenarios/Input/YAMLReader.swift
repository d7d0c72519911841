import KubernetesModel
import Yams

/// Why a text is not YAML that can be taken, and where.
struct YAMLFault: Error {
    enum Problem {
        case syntax(String)
        /// A key stands twice in one mapping.
        case duplicateKey(String)
        case tooManyValues(limit: Int, aliases: Bool)
        case tooDeep(limit: Int)
        case badKey(String)
        case unrepresentable(String)
        case undefinedAlias
        case badMerge
    }
    var position: TextPosition
    var problem: Problem
}

/// Reads YAML documents into values with their places.
///
/// Aliases are expanded, within a bound on all values together; merge keys (`<<`) are applied. Only plain scalars
/// are resolved, see ``YAMLScalar``; a `!!str` tag or quotes make a text.
struct YAMLReader {
    private let limits: JSONLimits
    private var values = 0

    /// The non-empty documents of a text. Documents before the first fault are lost with it: YAML cannot be
    /// read beyond a syntax error.
    static func documents(_ text: String, limits: JSONLimits) throws(YAMLFault) -> [LocatedDocument] {
        try refuseAliasBomb(text, limit: limits.values)
        var reader = YAMLReader(limits: limits)
        var documents: [LocatedDocument] = []
        do {
            // The encoding is named, as the default would look into the environment.
            let parser = try Parser(yaml: text, encoding: .utf8)
            while let root = try parser.nextRoot() {
                let value = try reader.value(root, path: "", depth: 0)
                if value.isNull { continue }
                documents.append(LocatedDocument(root: value, duplicates: []))
            }
        } catch let fault as YAMLFault {
            throw fault
        } catch {
            throw fault(of: error)
        }
        return documents
    }

    private init(limits: JSONLimits) { self.limits = limits }

    // MARK: Nodes

    private mutating func value(_ node: Yams.Node, path: String, depth: Int) throws(YAMLFault) -> LocatedValue
    {
        let place = position(of: node)
        values += 1
        if values > limits.values {
            throw YAMLFault(position: place, problem: .tooManyValues(limit: limits.values, aliases: true))
        }
        if depth > limits.depth {
            throw YAMLFault(position: place, problem: .tooDeep(limit: limits.depth))
        }
        switch node {
        case .scalar(let scalar): return LocatedValue(try content(of: scalar, at: place), at: place)
        case .sequence(let sequence):
            var elements: [LocatedValue] = []
            for element in sequence {
                elements.append(try value(element, path: "\(path)[\(elements.count)]", depth: depth + 1))
            }
            return LocatedValue(.array(elements), at: place)
        case .mapping(let mapping):
            return LocatedValue(.object(try members(of: mapping, path: path, depth: depth)), at: place)
        case .alias:
            throw YAMLFault(position: place, problem: .undefinedAlias)
        }
    }

    private func content(of scalar: Yams.Node.Scalar, at place: TextPosition) throws(YAMLFault)
        -> LocatedValue.Content
    {
        let tag = scalar.tag.description
        if tag.hasSuffix(":str") || tag.hasSuffix(":binary") || tag == "!" { return .string(scalar.string) }
        let isQuoted = scalar.style != .plain && scalar.style != .any
        if isQuoted { return .string(scalar.string) }
        guard let content = YAMLScalar.resolve(scalar.string) else {
            throw YAMLFault(position: place, problem: .unrepresentable(scalar.string))
        }
        return content
    }

    private mutating func members(
        of mapping: Yams.Node.Mapping, path: String, depth: Int
    ) throws(YAMLFault) -> [LocatedValue.Member] {
        var members: [LocatedValue.Member] = []
        var merged: [LocatedValue.Member] = []
        var seen: Set<String> = []
        for (keyNode, valueNode) in mapping {
            let place = position(of: keyNode)
            if case .scalar(let scalar) = keyNode, scalar.string == "<<", scalar.style == .plain {
                merged += try mergedMembers(try value(valueNode, path: path, depth: depth + 1))
                continue
            }
            let key = try key(keyNode, at: place)
            guard seen.insert(key).inserted else {
                throw YAMLFault(position: place, problem: .duplicateKey(key))
            }
            let value = try value(valueNode, path: joined(path, key), depth: depth + 1)
            members.append(LocatedValue.Member(key: key, keyPosition: place, value: value))
        }
        // Own keys win over merged ones, earlier merged ones over later.
        for member in merged where seen.insert(member.key).inserted { members.append(member) }
        return members
    }

    private func mergedMembers(_ value: LocatedValue) throws(YAMLFault) -> [LocatedValue.Member] {
        if let members = value.members { return members }
        if let elements = value.elements {
            var all: [LocatedValue.Member] = []
            for element in elements {
                guard let members = element.members else {
                    throw YAMLFault(position: element.position, problem: .badMerge)
                }
                all += members
            }
            return all
        }
        throw YAMLFault(position: value.position, problem: .badMerge)
    }

    /// Numbers and booleans become texts, as JSON has no other keys.
    private func key(_ node: Yams.Node, at place: TextPosition) throws(YAMLFault) -> String {
        guard case .scalar(let scalar) = node else {
            throw YAMLFault(position: place, problem: .badKey("a list or a mapping"))
        }
        switch try content(of: scalar, at: place) {
        case .string(let text): return text
        case .bool(let flag): return flag ? "true" : "false"
        case .integer(let number): return String(number)
        case .number(let number): return JSONWriter.string(.number(number))
        default: throw YAMLFault(position: place, problem: .badKey("null"))
        }
    }

    private func position(of node: Yams.Node) -> TextPosition {
        TextPosition(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    // MARK: Faults

    private static func fault(of error: any Error) -> YAMLFault {
        guard let error = error as? YamlError else {
            return YAMLFault(position: TextPosition(line: 1, column: 1), problem: .syntax("\(error)"))
        }
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            let lead = context.map { "\($0.text.trimmedSpace), " } ?? ""
            return YAMLFault(
                position: TextPosition(line: mark.line, column: mark.column),
                problem: .syntax(lead + problem))
        case .composer(_, let problem, let mark, _):
            let place = TextPosition(line: mark.line, column: mark.column)
            let isAlias = problem.contains("undefined alias")
            return YAMLFault(position: place, problem: isAlias ? .undefinedAlias : .syntax(problem))
        case .duplicatedKeysInMapping(let names, let context):
            let name = names.sorted().first ?? ""
            return YAMLFault(
                position: TextPosition(line: context.mark.line, column: context.mark.column),
                problem: .duplicateKey(name))
        case .reader(let problem, let offset, _, let text):
            return YAMLFault(
                position: position(ofCharacter: offset ?? 0, in: text), problem: .syntax(problem))
        default:
            return YAMLFault(position: TextPosition(line: 1, column: 1), problem: .syntax("\(error)"))
        }
    }

    private static func position(ofCharacter offset: Int, in text: String) -> TextPosition {
        var position = TextPosition(line: 1, column: 1)
        for character in text.prefix(offset) {
            if character.isNewline {
                position = TextPosition(line: position.line + 1, column: 1)
            } else {
                position.column += character.unicodeScalars.count
            }
        }
        return position
    }

    // MARK: Alias bombs

    /// Refuses a text whose aliases multiply beyond the bound, before the parser composes it.
    ///
    /// The parser compares and hashes keys, which takes for ever when a key is an alias of a bomb. This looks at
    /// anchors and aliases as words only: each anchor is reckoned to hold the aliases that follow it up to
    /// the next anchor. ``value(_:path:depth:)`` counts exactly afterwards.
    private static func refuseAliasBomb(_ text: String, limit: Int) throws(YAMLFault) {
        guard text.utf8.contains(UInt8(ascii: "*")), text.utf8.contains(UInt8(ascii: "&")) else { return }
        var sizes: [String: Double] = [:]
        var current: (name: String, size: Double)?
        var previous = UInt8(ascii: "\n")
        var line = 1
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\n") { line += 1 }
            if byte == UInt8(ascii: "*") || byte == UInt8(ascii: "&"), " \t\n[{,-:".utf8.contains(previous) {
                var end = index + 1
                while end < bytes.count, !" \t\r\n,]}[{:".utf8.contains(bytes[end]) { end += 1 }
                let name = String(decoding: bytes[(index + 1)..<end], as: UTF8.self)
                if byte == UInt8(ascii: "&") {
                    if let current { sizes[current.name] = current.size }
                    current = (name, 1)
                } else if let size = sizes[name] {
                    current?.size += size
                    if size > Double(limit) || current?.size ?? 0 > Double(limit) {
                        throw YAMLFault(
                            position: TextPosition(line: line, column: 1),
                            problem: .tooManyValues(limit: limit, aliases: true))
                    }
                }
                previous = bytes[end - 1]
                index = end
                continue
            }
            previous = byte
            index += 1
        }
    }
}

extension String {
    /// The text without spaces and line breaks at its ends.
    var trimmedSpace: String {
        var slice = Substring(self)
        while let first = slice.first, first.isWhitespace { slice.removeFirst() }
        while let last = slice.last, last.isWhitespace { slice.removeLast() }
        return String(slice)
    }
}
