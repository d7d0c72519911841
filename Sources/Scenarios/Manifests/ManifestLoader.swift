import KubernetesModel
import OrderedCollections

/// Reads manifests as `kubectl apply -f` takes them, with the place of everything that is wrong.
struct ManifestLoader {
    let options: ScenarioLoader.Options
    let log: DiagnosticLog
    /// The folder to which relative paths belong, with a slash at its end, or empty.
    let folder: String

    /// The same without the API server's validation, for objects that may be refused.
    var unvalidated: ManifestLoader {
        var options = options
        options.validate = nil
        return ManifestLoader(options: options, log: log, folder: folder)
    }

    /// The objects of a file, `List`s taken apart, in the order of the file.
    ///
    /// A file that cannot be read is the fault of the line that names it.
    func objects(inFile path: String, namedAt cursor: Cursor) -> [ManifestObject] {
        let place = path.hasPrefix("/") ? path : folder + path
        let documents = InputFile.documents(
            path: place, name: place, limit: InputFile.manifestLimit, log: log
        ) {
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
        if kindName.isEmpty {
            cursor.report(.missingKey("kind", purpose: "the kind of object, such as Deployment"))
        }
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
        .ingress, .networkPolicy, .csiStorageCapacity,
    ]

    private func child(_ cursor: Cursor, _ value: LocatedValue, _ path: String) -> Cursor {
        Cursor(value, path: path, file: cursor.file, log: log)
    }

    private func supportedKind(_ name: String, _ version: String, _ cursor: Cursor) -> ObjectKind? {
        if let kind = ObjectKind(apiVersion: version, kind: name) { return kind }
        let severity: Diagnostic.Severity = options.isStrict ? .error : .warning
        if let served = ObjectKind.allCases.first(where: { $0.name == name && $0.isStored }) {
            cursor.report(
                .wrongVersion(kind: name, apiVersion: version, served: served.info.apiVersion), severity)
        } else {
            let nearest = NearestName.find(name, among: ObjectKind.allCases.filter(\.isStored).map(\.name))
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
            let place = child(
                cursor, cursor.value["metadata"] ?? cursor.value, joined(cursor.path, "metadata"))
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
    ///
    /// The decoder stops at the first value of a wrong type: it is taken out, and the rest decoded again.
    private func decode(_ tree: JSONValue, _ kind: ObjectKind, _ version: String, _ cursor: Cursor) {
        guard let groupVersionKind = GroupVersionKind(apiVersion: version, kind: kind.name) else { return }
        var tree = tree
        for _ in 0..<50 {
            do throws(DecodingFault) {
                let decoded = try Schema.kubernetes.decode(tree, as: groupVersionKind)
                for fault in decoded.strictFaults {
                    let field = fault.path.split(separator: ".").last.map(String.init) ?? fault.path
                    report(.unknownManifestField(field, nearest: fault.suggestion), at: fault.path, cursor)
                }
                return
            } catch {
                let isReported =
                    reportQuantities(&tree, cursor) || reportFault(error.description, &tree, cursor)
                if !isReported {
                    cursor.report(.manifestDecoding(error.description))
                    return
                }
            }
        }
    }

    private func report(_ problem: InputProblem, at path: String, _ cursor: Cursor) {
        let whole = cursor.path.isEmpty ? path : "\(cursor.path).\(path)"
        log.add(file: cursor.file, at: cursor.value.position(of: path), path: whole, problem)
    }

    /// Go's decoder does not say where a quantity is wrong: reports those that are, and takes them out.
    private func reportQuantities(_ tree: inout JSONValue, _ cursor: Cursor) -> Bool {
        let maps = ["requests", "limits", "capacity", "allocatable", "overhead", "hard"]
        var found = false
        func visit(_ value: inout JSONValue, _ path: String) {
            switch value {
            case .array(var elements):
                for index in elements.indices { visit(&elements[index], "\(path)[\(index)]") }
                value = .array(elements)
            case .object(var members):
                for key in Array(members.keys) {
                    guard var member = members[key] else { continue }
                    let place = joined(path, key)
                    if maps.contains(key), let entries = member.objectValue {
                        for (name, entry) in entries where !isQuantity(entry) {
                            report(badQuantity(entry), at: joined(place, name), cursor)
                            member[name] = nil
                            found = true
                        }
                    } else {
                        visit(&member, place)
                    }
                    members[key] = member
                }
                value = .object(members)
            default: break
            }
        }
        visit(&tree, "")
        return found
    }

    private func isQuantity(_ value: JSONValue) -> Bool {
        switch value {
        case .null, .array, .object: true  // Not for this to judge: RuntimeClass nests a map in `overhead`.
        default: ((try? Quantity(json: value)) ?? nil) != nil
        }
    }

    private func badQuantity(_ value: JSONValue) -> InputProblem {
        .badValue(
            found: LocatedValue(value).shown, expected: Cursor.quantityExpected, hint: Cursor.quantityHint)
    }

    /// Reports a fault in the words of Go's decoder at the field that it names, and takes the value out.
    private func reportFault(_ text: String, _ tree: inout JSONValue, _ cursor: Cursor) -> Bool {
        guard text.hasPrefix("json: cannot unmarshal "),
            let into = text.firstRange(of: " into Go struct field "),
            let type = text.firstRange(of: " of type ")
        else { return false }
        let found = String(text[..<into.lowerBound].dropFirst("json: cannot unmarshal ".count))
        let names = text[into.upperBound..<type.lowerBound].split(separator: ".").dropFirst().map(String.init)
        let goType = String(text[type.upperBound...])
        guard let hit = Self.removeFirst(names[...], found: found, from: &tree, at: "") else { return false }
        report(
            .wrongType(found: LocatedValue(hit.value).shown, expected: Self.words(forGoType: goType)),
            at: hit.path,
            cursor)
        return true
    }

    /// Removes the first value at a path of field names, through lists and maps, that is of the kind that Go's
    /// decoder names.
    private static func removeFirst(
        _ names: ArraySlice<String>, found: String, from value: inout JSONValue, at path: String
    ) -> (path: String, value: JSONValue)? {
        if case .array(var elements) = value {
            for index in elements.indices {
                let place = "\(path)[\(index)]"
                if names.isEmpty, isKind(elements[index], found) {
                    let hit = (place, elements[index])
                    elements[index] = .null
                    value = .array(elements)
                    return hit
                }
                if let hit = removeFirst(names, found: found, from: &elements[index], at: place) {
                    value = .array(elements)
                    return hit
                }
            }
            return nil
        }
        guard case .object(var members) = value else { return nil }
        // At the end of the path the value itself fits, so the fault is in an entry of its map.
        let keys = names.first.map { [$0] } ?? Array(members.keys)
        for key in keys {
            guard var member = members[key] else { continue }
            let place = joined(path, key)
            let isLast = names.count <= 1
            if isLast, isKind(member, found) {
                members[key] = nil
                value = .object(members)
                return (place, member)
            }
            if let hit = removeFirst(names.dropFirst(), found: found, from: &member, at: place) {
                members[key] = member
                value = .object(members)
                return hit
            }
        }
        return nil
    }

    /// Whether Go's decoder calls the value by this name (`number 1.5` names a number and its text).
    private static func isKind(_ value: JSONValue, _ found: String) -> Bool {
        switch value {
        case .null: false
        case .bool: found == "bool"
        case .integer, .number: found == "number" || found == "number \(JSONWriter.string(value))"
        case .string: found == "string"
        case .array: found == "array"
        case .object: found == "object"
        }
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
