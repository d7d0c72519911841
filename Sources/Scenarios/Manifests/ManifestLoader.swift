import KubernetesModel

/// Reads manifests as `kubectl apply -f` takes them, with the place of everything that is wrong.
struct ManifestLoader {
    let options: ScenarioLoader.Options
    let log: DiagnosticLog
    /// The folder to which relative paths belong, with a slash at its end, or empty.
    let folder: String

    /// The objects of a file, `List`s taken apart, in the order of the file.
    ///
    /// A file that cannot be read is the fault of the line that names it.
    func objects(inFile path: String, namedAt cursor: Cursor) -> [ManifestObject] {
        let place = path.hasPrefix("/") ? path : folder + path
        let documents = InputFile.documents(path: place, name: place, limit: InputFile.manifestLimit, log: log) {
            cursor.report(.referredFile(place, $0))
        }
        return (documents ?? []).flatMap { objects(of: Cursor($0.root, path: "", file: place, log: log)) }
    }

    /// The object at a place of a file, or those of a `List`.
    func objects(of cursor: Cursor) -> [ManifestObject] {
        let value = cursor.value
        guard value.members != nil else {
            cursor.report(.notAnObject(found: value.shown))
            return []
        }
        let kindName = value["kind"]?.text ?? ""
        let version = value["apiVersion"]?.text ?? ""
        if kindName.isEmpty { cursor.report(.missingKey("kind", purpose: "the kind of object, such as Deployment")) }
        if version.isEmpty { cursor.report(.missingKey("apiVersion", purpose: "such as v1 or apps/v1")) }
        if kindName.isEmpty || version.isEmpty { return [] }
        if kindName == "List", version == "v1" {
            return (value["items"]?.elements ?? []).enumerated().flatMap { index, item in
                objects(of: child(cursor, item, joined(cursor.path, "items") + "[\(index)]"))
            }
        }
        guard let kind = supportedKind(kindName, version, cursor) else { return [] }
        guard let object = object(kind, version, cursor) else { return [] }
        if Self.kindsWithoutActor.contains(kind) { cursor.report(.nothingActsOn(kind: kindName), .warning) }
        return [object]
    }

    /// Kinds that are stored and served, but that no component of this version looks at.
    static let kindsWithoutActor: [ObjectKind] = [
        .daemonSet, .job, .cronJob, .horizontalPodAutoscaler, .resourceQuota, .limitRange, .ingress,
        .networkPolicy, .csiStorageCapacity,
    ]

    private func child(_ cursor: Cursor, _ value: LocatedValue, _ path: String) -> Cursor {
        Cursor(value, path: path, file: cursor.file, log: log)
    }

    private func supportedKind(_ name: String, _ version: String, _ cursor: Cursor) -> ObjectKind? {
        if let kind = ObjectKind(apiVersion: version, kind: name) { return kind }
        let severity: Diagnostic.Severity = options.isStrict ? .error : .warning
        if let served = ObjectKind.allCases.first(where: { $0.name == name }) {
            cursor.report(.wrongVersion(kind: name, apiVersion: version, served: served.info.apiVersion), severity)
        } else {
            let nearest = NearestName.find(name, among: ObjectKind.allCases.map(\.name))
            cursor.report(.unsupportedKind(kind: name, apiVersion: version, nearest: nearest), severity)
        }
        return nil
    }

    private func object(_ kind: ObjectKind, _ version: String, _ cursor: Cursor) -> ManifestObject? {
        var tree = cursor.value.json
        let countBefore = log.diagnostics.count
        decode(tree, kind, version, cursor)
        guard let name = tree["metadata"]?["name"]?.stringValue, !name.isEmpty else {
            let hasGenerateName = tree["metadata"]?["generateName"] != nil
            let purpose =
                hasGenerateName
                ? "kubectl apply cannot use generateName, give the name itself" : "the object's name"
            let place = child(cursor, cursor.value["metadata"] ?? cursor.value, joined(cursor.path, "metadata"))
            place.report(.missingKey("name", purpose: purpose))
            return nil
        }
        var namespace = tree["metadata"]?["namespace"]?.stringValue ?? ""
        if kind.info.isNamespaced {
            if namespace.isEmpty { namespace = "default" }
            if var metadata = tree["metadata"] {
                metadata["namespace"] = .string(namespace)
                tree["metadata"] = metadata
            }
        } else {
            namespace = ""
        }
        let object = ManifestObject(
            file: cursor.file, position: cursor.position, tree: tree, kind: kind,
            key: ObjectKey(namespace: namespace, name: name))
        if log.diagnostics.count == countBefore {
            for error in options.validate?(object) ?? [] {
                report(.manifestInvalid(error.body), at: error.field.description, cursor)
            }
        }
        return object
    }

    // MARK: Decoding

    /// Reports what the API server's strict decoder finds, as `kubectl apply` asks for it.
    private func decode(_ tree: JSONValue, _ kind: ObjectKind, _ version: String, _ cursor: Cursor) {
        guard let groupVersionKind = GroupVersionKind(apiVersion: version, kind: kind.name) else { return }
        do throws(DecodingFault) {
            let decoded = try Schema.kubernetes.decode(tree, as: groupVersionKind)
            for fault in decoded.strictFaults {
                let field = fault.path.split(separator: ".").last.map(String.init) ?? fault.path
                report(
                    .unknownManifestField(field, nearest: fault.suggestion), at: fault.path, cursor)
            }
        } catch {
            if !reportQuantities(cursor.value, cursor.path, cursor.file) { reportFault(error.description, cursor) }
        }
    }

    private func report(_ problem: InputProblem, at path: String, _ cursor: Cursor) {
        let whole = cursor.path.isEmpty ? path : "\(cursor.path).\(path)"
        log.add(file: cursor.file, at: cursor.value.position(of: path), path: whole, problem)
    }

    /// Go's decoder does not say where a quantity is wrong: looks for it.
    private func reportQuantities(_ value: LocatedValue, _ path: String, _ file: String) -> Bool {
        let maps = ["requests", "limits", "capacity", "allocatable", "overhead", "hard"]
        var found = false
        for (index, element) in (value.elements ?? []).enumerated() {
            found = reportQuantities(element, "\(path)[\(index)]", file) || found
        }
        for member in value.members ?? [] {
            let place = joined(path, member.key)
            if maps.contains(member.key), let entries = member.value.members {
                for entry in entries {
                    let cursor = Cursor(
                        entry.value, path: joined(place, entry.key), file: file, log: log,
                        position: entry.keyPosition)
                    let count = log.diagnostics.count
                    _ = cursor.quantity()
                    found = found || log.diagnostics.count > count
                }
            } else {
                found = reportQuantities(member.value, place, file) || found
            }
        }
        return found
    }

    /// Reports a fault in the words of Go's decoder, at the field that it names.
    private func reportFault(_ text: String, _ cursor: Cursor) {
        let lead = "json: cannot unmarshal "
        guard text.hasPrefix(lead), let into = text.firstRange(of: " into Go struct field "),
            let type = text.firstRange(of: " of type ")
        else {
            cursor.report(.manifestDecoding(text))
            return
        }
        let found = String(text[text.index(text.startIndex, offsetBy: lead.count)..<into.lowerBound])
        let path = text[into.upperBound..<type.lowerBound].split(separator: ".").dropFirst().map(String.init)
        let expected = Self.words(forGoType: String(text[type.upperBound...]))
        let place = Self.find(path[...], found: found, in: cursor.value, at: cursor.path)
        log.add(
            file: cursor.file, at: place?.position ?? cursor.position,
            path: place?.path ?? joined(cursor.path, path.joined(separator: ".")),
            .wrongType(found: place?.value.shown ?? "a \(found)", expected: expected))
    }

    /// The first value at a path of field names, through lists, that is of the kind that Go's decoder names.
    private static func find(
        _ names: ArraySlice<String>, found: String, in value: LocatedValue, at path: String
    ) -> (position: TextPosition, path: String, value: LocatedValue)? {
        if let elements = value.elements {
            for (index, element) in elements.enumerated() {
                if let hit = find(names, found: found, in: element, at: "\(path)[\(index)]") { return hit }
            }
            return nil
        }
        guard let name = names.first, let member = value.members?.first(where: { $0.key == name }) else {
            return nil
        }
        let place = joined(path, name)
        if names.count > 1 { return find(names.dropFirst(), found: found, in: member.value, at: place) }
        let kind =
            switch member.value.content {
            case .null: "null"
            case .bool: "bool"
            case .integer, .number: "number"
            case .string: "string"
            case .array: "array"
            case .object: "object"
            }
        if found.hasPrefix(kind) { return (member.keyPosition, place, member.value) }
        // A value below the field: an element of its list, or an entry of its map.
        return (member.keyPosition, place, member.value)
    }

    private static func words(forGoType type: String) -> String {
        switch type {
        case "string": "a text (put it in quotes)"
        case "bool": "true or false"
        case "int32", "int64": "a whole number"
        case "float64": "a number"
        default: type.hasPrefix("[]") ? "a list" : "an object (\(type))"
        }
    }
}
