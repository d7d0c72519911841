import KubernetesModel
import OrderedCollections
import Workloads
import Yams

/// Turns the YAML that `kubectl get -o yaml` printed into objects.
enum YAMLSnapshot {
    private static let depthLimit = 200

    static func isJSON(_ bytes: [UInt8]) -> Bool {
        let first = bytes.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }

    static func read(
        _ source: ByteSource, first: [UInt8], path: String, options: TraceOptions,
        into output: inout TraceOutput, _ body: (TraceRecord) throws(TraceError) -> Void
    ) throws(TraceError) {
        var bytes = first
        while true {
            let more = try source.next()
            if more.isEmpty { break }
            bytes += more
            if bytes.count > options.documentLimitBytes {
                throw .limit(
                    file: path, what: "bytes in a file that can only be read whole",
                    bound: options.documentLimitBytes)
            }
        }
        var count = 0
        do {
            let parser = try Parser(yaml: String(decoding: bytes, as: UTF8.self), encoding: .utf8)
            while let root = try parser.nextRoot() {
                var values = 0
                let value = try json(root, depth: 0, values: &values, path: path)
                if value.isNull { continue }
                count += 1
                try ClusterSnapshot.emit(value, file: path, into: &output)
                try output.drain(body)
            }
        } catch let error as TraceError {
            throw error
        } catch let error as YamlError {
            throw .damaged(file: path, detail: "is no YAML: \(error)")
        } catch {
            throw .damaged(file: path, detail: "is no YAML: \(error)")
        }
        if count == 0 {
            throw .wrongFormat(file: path, found: "nothing", expected: "Kubernetes objects")
        }
    }

    private static func json(
        _ node: Yams.Node, depth: Int, values: inout Int, path: String
    ) throws(TraceError) -> JSONValue {
        values += 1
        // Aliases are expanded, so that a small file could grow without end.
        if values > 20_000_000 { throw .limit(file: path, what: "values in one document", bound: 20_000_000) }
        if depth > depthLimit { throw .limit(file: path, what: "levels of nesting", bound: depthLimit) }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            return isPlain ? plain(scalar.string) : .string(scalar.string)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence {
                elements.append(try json(element, depth: depth + 1, values: &values, path: path))
            }
            return .array(elements)
        case .mapping(let mapping):
            var members = JSONObject()
            for (key, value) in mapping {
                guard case .scalar(let name) = key else {
                    throw .damaged(file: path, detail: "a key of a mapping is no text")
                }
                members[name.string] = try json(value, depth: depth + 1, values: &values, path: path)
            }
            return .object(members)
        case .alias:
            throw .damaged(file: path, detail: "an alias has no anchor")
        }
    }

    /// What YAML 1.2 takes an unquoted text for.
    static func plain(_ text: String) -> JSONValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        let bytes = Array(text.utf8)
        if let number = NumberText.integer(bytes.span), bytes[0] != UInt8(ascii: "+") {
            return .integer(number)
        }
        if let number = NumberText.decimal(bytes.span) { return .number(number) }
        return .string(text)
    }
}
