import KubernetesModel
import OrderedCollections

/// Reads what requests carry.
enum RESTBody {
    private static let mediaTypes = ["", "application/json"]

    static func parse(_ request: RESTRequest, _ address: RESTAddress) throws(APIStatus) -> JSONValue {
        do throws(JSONSyntaxError) {
            var parser = JSONParser(request.body)
            return try parser.parseDocument()
        } catch {
            throw .badRequest(error.message)
        }
    }

    /// Why a text is no JSON, as Go tells it when the first character is none that JSON begins with.
    private static func fault(of body: [UInt8], _ message: String) -> String {
        guard let first = body.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else {
            return "unexpected end of JSON input"
        }
        if Array("{[\"-0123456789tfn".utf8).contains(first) { return message }
        return "invalid character '\(String(UnicodeScalar(first)))' looking for beginning of value"
    }

    /// The first thirty bytes, as upstream shows what it cannot read.
    private static func summary(of body: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        let shown = body.prefix(30).map { String([digits[Int($0 >> 4)], digits[Int($0 & 15)]]) }.joined()
        return body.count > 30 ? shown + " ..." : shown
    }

    /// Decodes an object; what the type does not have is dropped, refused or warned of.
    static func decode(
        _ request: RESTRequest, as kind: GroupVersionKind, _ address: RESTAddress, _ warnings: inout [String]
    ) throws(APIStatus) -> JSONValue {
        guard mediaTypes.contains(request.contentType) else {
            throw APIStatus(
                code: 415, reason: .unsupportedMediaType,
                message: "the body of the request was in an unknown format - accepted media types include: "
                    + "application/json, application/yaml, application/vnd.kubernetes.protobuf")
        }
        var body: JSONValue
        do throws(APIStatus) {
            body = try parse(request, address)
        } catch {
            throw .badRequest(
                "the object provided is unrecognized (must be of type \(kind.kind)): couldn't get version/kind; "
                    + "json parse error: \(fault(of: request.body, error.message)) (\(summary(of: request.body)))"
            )
        }
        guard body.objectValue != nil else {
            throw .badRequest("the object provided is unrecognized (must be of type \(kind.kind))")
        }
        let apiVersion = body["apiVersion"]?.stringValue ?? ""
        let name = body["kind"]?.stringValue ?? ""
        if apiVersion.isEmpty { body["apiVersion"] = .string(kind.apiVersion) }
        if name.isEmpty { body["kind"] = .string(kind.kind) }
        var own = kind
        if !apiVersion.isEmpty && apiVersion != kind.apiVersion || !name.isEmpty && name != kind.kind {
            let named = GroupVersionKind(
                apiVersion: body["apiVersion"]?.stringValue ?? "", kind: body["kind"]?.stringValue ?? "")
            guard let named, ResourceRegistry.kubernetes.resource(of: named) != nil else {
                throw .badRequest(
                    "the API version in the data (\(apiVersion)) does not match the expected API version "
                        + "(\(kind.apiVersion))")
            }
            own = named
        }
        let validation = address.value("fieldValidation") ?? ""
        let decoded: Schema.Decoded
        do throws(DecodingFault) {
            decoded = try Schema.kubernetes.decode(body, as: own)
            if own.kind != kind.kind {
                let group = kind.group.isEmpty ? "core" : String(kind.group.prefix { $0 != "." })
                throw DecodingFault(
                    "converting (\(own.version).\(own.kind)) to (\(group).\(kind.kind)): unknown conversion")
            }
        } catch {
            throw .badRequest(
                "\(own.kind) in version \"\(own.version)\" cannot be handled as a \(kind.kind): \(error)")
        }
        var faults: [StrictFault] = []
        // A field that is unknown is not told again because it is there twice.
        let unknown = Set(decoded.strictFaults.map(\.path))
        let duplicates = DuplicateFields.find(in: request.body).filter { !unknown.contains($0.path) }
        for fault in duplicates + decoded.strictFaults where !faults.contains(fault) { faults.append(fault) }
        if !faults.isEmpty && validation == "Strict" {
            let list = faults.map(\.description).joined(separator: ", ")
            throw .badRequest(
                "\(own.kind) in version \"\(own.version)\" cannot be handled as a \(kind.kind): "
                    + "strict decoding error: \(list)")
        }
        if validation != "Ignore" { warnings += faults.map(\.description) }
        return decoded.tree
    }

    static func checkName(_ tree: JSONValue, _ address: RESTAddress) throws(APIStatus) {
        let name = tree["metadata"]?["name"]?.stringValue ?? ""
        if name != address.name {
            throw .badRequest(
                "the name of the object (\(name)) does not match the name on the URL (\(address.name))")
        }
    }
}
