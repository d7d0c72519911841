public import KubernetesModel
import SimulationKernel

/// Reads what `kubectl get … -o json` or `-o yaml` printed, as the state that a run starts from.
///
/// One object, a `List`, or several documents one after the other. Every object becomes one that is applied
/// at zero, as it was printed; what the API server sets itself (uid, resourceVersion, status) is the business
/// of whoever applies it. YAML is turned into JSON before it comes here.
public struct ClusterSnapshot: DocumentReader {
    public static let objects = TraceTable(.snapshot, "objects")
    public static let tables = [objects]

    public var document: WholeDocument?

    public init() {}

    public func read(_ document: WholeDocument, into output: inout TraceOutput) throws(TraceError) {
        var parser = JSONParser(document.bytes)
        var count = 0
        while true {
            let value: JSONValue?
            do throws(JSONSyntaxError) { value = try parser.parseNext() } catch {
                throw .damaged(
                    file: "\(document.file):\(error.position.line):\(error.position.column)",
                    detail: error.message)
            }
            guard let value else { break }
            count += 1
            try Self.emit(value, file: document.file, into: &output)
        }
        if count == 0 {
            throw .wrongFormat(file: document.file, found: "nothing", expected: "Kubernetes objects")
        }
    }

    /// Emits an object, or the items of a list, as applied at zero.
    public static func emit(
        _ value: JSONValue, file: String, into output: inout TraceOutput
    ) throws(TraceError) {
        if value["kind"]?.stringValue?.hasSuffix("List") == true, let items = value["items"]?.arrayValue {
            for item in items { try emit(item, file: file, into: &output) }
            return
        }
        output.countRow()
        guard value["kind"]?.stringValue?.isEmpty == false, value["apiVersion"]?.stringValue != nil,
            value["metadata"]?["name"]?.stringValue?.isEmpty == false
        else {
            return try output.reject(
                BadRow(
                    file: file, line: 0,
                    reason: "object \(output.tally.rows): expected an object with apiVersion, kind and "
                        + "metadata.name"))
        }
        output.emit(TraceObject(time: .start, action: .apply, object: value))
    }
}
