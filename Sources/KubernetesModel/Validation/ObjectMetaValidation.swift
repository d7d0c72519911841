/// How the name of a kind's objects is checked.
enum NameRule {
    case subdomain, label, dns1035, pathSegment, none

    /// What is wrong with a name; `isPrefix` for `generateName`.
    func faults(_ name: String, isPrefix: Bool) -> [String] {
        let name = isPrefix && self != .pathSegment && self != .none ? Names.maskingTrailingDash(name) : name
        switch self {
        case .subdomain: return Names.dns1123Subdomain(name)
        case .label: return Names.dns1123Label(name)
        case .dns1035: return Names.dns1035Label(name)
        case .none: return []
        case .pathSegment:
            return isPrefix ? Names.pathSegment("x" + name) : Names.pathSegment(name)
        }
    }
}

/// Checks of `metadata`.
///
/// Upstream: `apimachinery/pkg/api/validation/objectmeta.go`, `pkg/apis/core/validation` (v1.36).
extension FieldErrorList {
    /// A new object's metadata, without the stricter rule for finalizers of built-in kinds.
    mutating func genericMetadata(
        _ meta: APITree, isNamespaced: Bool, name rule: NameRule, checksGenerateName: Bool = true,
        _ path: FieldPath = FieldPath("metadata")
    ) {
        let generateName = meta.generateName.text
        if !generateName.isEmpty && checksGenerateName {
            invalid(
                path.child("generateName"), .text(generateName),
                each: rule.faults(generateName, isPrefix: true))
        }
        let name = meta.name.text
        if name.isEmpty {
            required(path.child("name"), "name or generateName is required")
        } else {
            invalid(path.child("name"), .text(name), each: rule.faults(name, isPrefix: false))
        }
        commonMetadata(meta, isNamespaced: isNamespaced, path)
    }

    /// A new object's metadata.
    mutating func metadata(
        _ meta: APITree, isNamespaced: Bool, name rule: NameRule, checksGenerateName: Bool = true,
        _ path: FieldPath = FieldPath("metadata")
    ) {
        genericMetadata(
            meta, isNamespaced: isNamespaced, name: rule, checksGenerateName: checksGenerateName, path)
        for (index, finalizer) in meta.finalizers.strings.enumerated() {
            kubeFinalizer(finalizer, path.child("finalizers").index(index))
        }
    }

    private mutating func commonMetadata(_ meta: APITree, isNamespaced: Bool, _ path: FieldPath) {
        let namespace = meta.namespace.text
        if isNamespaced {
            if namespace.isEmpty {
                required(path.child("namespace"))
            } else {
                invalid(path.child("namespace"), .text(namespace), each: Names.dns1123Label(namespace))
            }
        } else if !namespace.isEmpty {
            forbidden(path.child("namespace"), "not allowed on this type")
        }
        nonNegative(meta.generation.int, path.child("generation"))
        labels(meta.labels, path.child("labels"))
        annotations(meta.annotations, path.child("annotations"))
        ownerReferences(meta.ownerReferences, path.child("ownerReferences"))
        finalizers(meta.finalizers.strings, path.child("finalizers"))
        managedFields(meta.managedFields, path.child("managedFields"))
    }

    /// An update's metadata.
    mutating func metadataUpdate(
        _ new: APITree, _ old: APITree, _ path: FieldPath = FieldPath("metadata"), isGeneric: Bool = false
    ) {
        if old.deletionTimestamp.exists {
            let before = Set(old.finalizers.strings)
            let added = Set(new.finalizers.strings).subtracting(before)
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            if !added.isEmpty {
                let shown = added.map(GoText.quoted).joined(separator: ", ")
                forbidden(
                    path.child("finalizers"),
                    "no new finalizers can be added if the object is being deleted, found new finalizers "
                        + "[]string{\(shown)}")
            }
        }
        if new.resourceVersion.isEmpty {
            invalid(path.child("resourceVersion"), .text(""), "must be specified for an update")
        }
        if new.generation.int < old.generation.int {
            invalid(path.child("generation"), .int(new.generation.int), "must not be decremented")
        }
        for name in ["name", "namespace"] where new[name].text != old[name].text {
            invalid(path.child(name), .text(new[name].text), FieldErrorList.immutableMessage)
        }
        if new.uid.text != old.uid.text {
            invalid(path.child("uid"), .typed(new.uid.text), FieldErrorList.immutableMessage)
        }
        for name in ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] {
            immutable(new[name], old[name], path.child(name), shown: .pointer(new[name]))
        }
        labels(new.labels, path.child("labels"))
        annotations(new.annotations, path.child("annotations"))
        ownerReferences(new.ownerReferences, path.child("ownerReferences"))
        managedFields(new.managedFields, path.child("managedFields"))
        if isGeneric { return }
        for (index, finalizer) in new.finalizers.strings.enumerated() {
            kubeFinalizer(finalizer, path.child("finalizers").index(index))
        }
    }

    // MARK: Parts

    mutating func labelName(_ name: String, _ path: FieldPath) {
        invalid(path, .text(name), each: Names.qualifiedName(name))
    }

    mutating func labels(_ map: APITree, _ path: FieldPath) {
        for (key, value) in map.textEntries {
            labelName(key, path)
            invalid(path, .text(value), each: Names.labelValue(value))
        }
    }

    mutating func annotations(_ map: APITree, _ path: FieldPath) {
        var size = 0
        for (key, value) in map.textEntries {
            invalid(path, .text(key), each: Names.qualifiedName(key.lowercased()))
            size += key.utf8.count + value.utf8.count
        }
        if size > 256 << 10 { tooLong(path, bytes: 256 << 10) }
    }

    mutating func ownerReferences(_ references: APITree, _ path: FieldPath) {
        var controller = ""
        for reference in references.list {
            let apiVersion = reference.apiVersion.text
            let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false)
            let group = parts.count == 2 ? String(parts[0]) : ""
            let version = parts.count > 2 ? "" : parts.last.map(String.init) ?? ""
            let kind = reference.kind.text
            if version.isEmpty {
                invalid(path.child("apiVersion"), .text(apiVersion), "version must not be empty")
            }
            for (name, value) in [
                ("kind", kind), ("name", reference.name.text), ("uid", reference.uid.text),
            ] where value.isEmpty {
                invalid(path.child(name), .text(value), "must not be empty")
            }
            if group.isEmpty && version == "v1" && kind == "Event" {
                invalid(
                    path, .raw(GoText.ownerReference(reference)),
                    "/v1, Kind=Event is disallowed from being an owner")
            }
            guard reference.controller.flag else { continue }
            let current = kind + "/" + reference.name.text
            if controller.isEmpty {
                controller = current
            } else {
                let shown = references.list.map(GoText.ownerReference).joined(separator: ",")
                invalid(
                    path, .raw("[\(shown)]"),
                    "Only one reference can have Controller set to true. Found \"true\" in references for "
                        + "\(controller) and \(current)")
            }
        }
    }

    mutating func finalizers(_ names: [String], _ path: FieldPath) {
        for name in names { finalizerName(name, path) }
        if names.contains("orphan") && names.contains("foregroundDeletion") {
            invalid(path, .strings(names), "finalizer orphan and foregroundDeletion cannot be both set")
        }
    }

    mutating func finalizerName(_ name: String, _ path: FieldPath) {
        invalid(path, .text(name), each: Names.qualifiedName(name))
    }

    mutating func kubeFinalizer(_ name: String, _ path: FieldPath) {
        if name.contains("/") || ["kubernetes", "orphan", "foregroundDeletion"].contains(name) { return }
        invalid(
            path, .text(name), "name is neither a standard finalizer name nor is it fully qualified")
    }

    private mutating func managedFields(_ fields: APITree, _ path: FieldPath) {
        for (index, entry) in fields.list.enumerated() {
            let path = path.index(index)
            if entry.operation.text != "Apply" && entry.operation.text != "Update" {
                invalid(
                    path.child("operation"), .typed(entry.operation.text), "must be `Apply` or `Update`")
            }
            let type = entry.fieldsType.text
            if !type.isEmpty && type != "FieldsV1" {
                invalid(path.child("fieldsType"), .text(type), "must be `FieldsV1`")
            }
            fieldManager(entry.manager.text, path.child("manager"))
            if entry.subresource.count > 256 { tooLong(path.child("subresource"), bytes: 256) }
        }
    }

    /// The name of a field manager.
    mutating func fieldManager(_ manager: String, _ path: FieldPath) {
        if manager.utf8.count > 128 { tooLong(path, bytes: 128) }
        var position = 0
        for scalar in manager.unicodeScalars {
            if !GoText.isPrintable(scalar) {
                let code = GoText.hex(scalar.value, width: 4).uppercased()
                invalid(path, .text(manager), "invalid character U+\(code) (at position \(position))")
            }
            position += UTF8.width(scalar)
        }
    }

    // MARK: Selectors

    mutating func labelSelector(
        _ selector: APITree, _ path: FieldPath, allowsInvalidValues: Bool = false
    ) {
        guard selector.exists else { return }
        labels(selector.matchLabels, path.child("matchLabels"))
        for (index, term) in selector.matchExpressions.list.enumerated() {
            let path = path.child("matchExpressions").index(index)
            let values = term.values.strings
            switch term["operator"].text {
            case "In", "NotIn":
                if values.isEmpty {
                    required(
                        path.child("values"), "must be specified when `operator` is 'In' or 'NotIn'")
                }
            case "Exists", "DoesNotExist":
                if !values.isEmpty {
                    forbidden(
                        path.child("values"),
                        "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
                }
            case let other:
                invalid(path.child("operator"), .typed(other), "not a valid selector operator")
            }
            labelName(term.key.text, path.child("key"))
            if allowsInvalidValues { continue }
            for (position, value) in values.enumerated() {
                invalid(
                    path.child("values").index(position), .text(value), each: Names.labelValue(value))
            }
        }
    }
}

extension GoText {
    /// An owner reference as Go's JSON encoder writes it.
    static func ownerReference(_ reference: APITree) -> String {
        var members = ["apiVersion", "kind", "name", "uid"].map {
            "\"\($0)\":\(json(reference[$0].text))"
        }
        for name in ["controller", "blockOwnerDeletion"] {
            if let flag = reference[name].optionalFlag { members.append("\"\(name)\":\(flag)") }
        }
        return "{" + members.joined(separator: ",") + "}"
    }
}
