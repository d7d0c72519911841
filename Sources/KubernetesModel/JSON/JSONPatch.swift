import OrderedCollections

/// A sequence of changes to a JSON value (RFC 6902).
///
/// Messages are those of the library that the API server uses (`gopkg.in/evanphx/json-patch.v4`).
public enum JSONPatch {
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        public var description: String
        /// Whether a `test` did not hold, as opposed to a patch that cannot be applied.
        public var isFailedTest = false
    }

    /// The value after all operations, or the first failure.
    public static func apply(_ patch: JSONValue, to value: JSONValue) throws(Failure) -> JSONValue {
        guard let operations = patch.arrayValue else {
            throw Failure(description: "a JSON patch must be an array of operations, found \(patch.kindName)")
        }
        var result = value
        for operation in operations { try apply(operation: operation, to: &result) }
        return result
    }

    private static func apply(operation: JSONValue, to value: inout JSONValue) throws(Failure) {
        let path = try pointer(operation, "path")
        switch operation["op"]?.stringValue {
        case "add": try change(&value, path[...], .add(try member(operation)), whole: path)
        case "replace": try change(&value, path[...], .replace(try member(operation)), whole: path)
        case "remove": try change(&value, path[...], .remove, whole: path)
        case "test":
            let expected = try member(operation)
            // A member that is not there counts as null.
            guard (find(value, path[...]) ?? .null).isSameData(as: expected) else {
                throw Failure(
                    description: "testing value \(text(path)) failed: test failed", isFailedTest: true)
            }
        case "move":
            let from = try pointer(operation, "from")
            guard let found = find(value, from[...]) else { throw missing(from) }
            try change(&value, from[...], .remove, whole: from)
            try change(&value, path[...], .add(found), whole: path)
        case "copy":
            let from = try pointer(operation, "from")
            guard let found = find(value, from[...]) else { throw missing(from) }
            try change(&value, path[...], .add(found), whole: path)
        case let name: throw Failure(description: "Unexpected kind: \(name ?? "unknown")")
        }
    }

    private enum Change {
        case add(JSONValue)
        case replace(JSONValue)
        case remove
    }

    private static func change(
        _ value: inout JSONValue, _ path: ArraySlice<String>, _ change: Change, whole: [String]
    ) throws(Failure) {
        guard let first = path.first else {
            switch change {
            case .add(let new), .replace(let new): value = new
            case .remove: value = .null
            }
            return
        }
        switch value {
        case .object(var members):
            value = .null  // Releases the storage, so that the change below is made in place.
            defer { value = .object(members) }
            if path.count > 1 {
                guard var child = members[first] else { throw missing(whole) }
                members[first] = .null
                defer { members[first] = child }
                try self.change(&child, path.dropFirst(), change, whole: whole)
                return
            }
            switch change {
            case .add(let new): members[first] = new
            case .replace(let new):
                guard members[first] != nil else { throw missing(whole) }
                members[first] = new
            case .remove: guard members.removeValue(forKey: first) != nil else { throw missing(whole) }
            }
        case .array(var elements):
            value = .null
            defer { value = .array(elements) }
            if path.count == 1, first == "-", case .add(let new) = change {
                elements.append(new)
                return
            }
            if path.count == 1, case .add(let new) = change {
                guard let index = place(first, of: elements.count + 1) else { throw missing(whole) }
                elements.insert(new, at: index)
                return
            }
            guard let index = place(first, of: elements.count) else { throw missing(whole) }
            if path.count > 1 {
                var child = elements[index]
                elements[index] = .null
                defer { elements[index] = child }
                try self.change(&child, path.dropFirst(), change, whole: whole)
                return
            }
            if case .replace(let new) = change { elements[index] = new } else { elements.remove(at: index) }
        default: throw missing(whole)
        }
    }

    /// The place that a part of a pointer names in a list; negative ones count from its end.
    private static func place(_ text: String, of count: Int) -> Int? {
        guard let number = Int(text) else { return nil }
        let index = number < 0 ? count + number : number
        return (0..<count).contains(index) ? index : nil
    }

    private static func find(_ value: JSONValue, _ path: ArraySlice<String>) -> JSONValue? {
        guard let first = path.first else { return value }
        let child =
            value.arrayValue.map { list in place(first, of: list.count).map { list[$0] } } ?? value[first]
        return child.flatMap { find($0, path.dropFirst()) }
    }

    private static func member(_ operation: JSONValue) throws(Failure) -> JSONValue {
        guard let value = operation["value"] else {
            throw Failure(description: "\(operation["op"]?.stringValue ?? "") operation without a value")
        }
        return value
    }

    /// A JSON pointer's parts (RFC 6901). What stands before the first slash is overlooked, as upstream does.
    private static func pointer(_ operation: JSONValue, _ name: String) throws(Failure) -> [String] {
        guard let text = operation[name]?.stringValue else {
            throw Failure(description: "\(operation["op"]?.stringValue ?? "") operation without a \(name)")
        }
        return text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }

    private static func missing(_ path: [String]) -> Failure {
        Failure(description: "the path \(text(path)) does not exist: missing path")
    }

    private static func text(_ path: [String]) -> String { path.map { "/" + $0 }.joined() }
}
