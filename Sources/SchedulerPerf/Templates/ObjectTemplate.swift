import ControlPlane
import Foundation
import KubernetesModel
import Scenarios

/// Why a workload cannot be run, or was given up.
public struct PerfFailure: Error, Sendable, CustomStringConvertible {
    public var description: String
    /// Whether it is what simk does not model, rather than a mistake in the input.
    let isRefusal: Bool

    init(_ description: String, isRefusal: Bool = false) {
        self.description = description
        self.isRefusal = isRefusal
    }
}

/// The objects of one template file, made one by one.
///
/// Templates without actions give one and the same manifest for all objects. Of those with actions the
/// manifests are remembered by the values of the actions, and where YAML allows it they are made by
/// putting values into a tree that was read once.
struct ObjectTemplate {
    private enum Form {
        case constant(ManifestTemplate)
        case text(GoTemplate)
    }

    let path: String
    let kind: GroupVersionKind
    private let form: Form
    private var expected: String?
    private var known: [[String]: ManifestTemplate] = [:]
    private var pattern: TemplatePattern?
    /// A manifest of which others differ in their name and in the name of a resource, and that resource.
    private var device: (manifest: ManifestTemplate, resource: String)?
    /// How many manifests of distinct values are kept.
    private static let limit = 4_096

    /// Reads a template file.
    ///
    /// - Parameters:
    ///   - expected: The kind that the objects have whatever the file says, as Go decodes into a type.
    ///   - isPlain: Whether actions are left as they are: some operations of upstream do not look for them.
    init(path: String, kind expected: String? = nil, isPlain: Bool = false) throws(PerfFailure) {
        self.path = path
        let text: String
        do {
            text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        } catch {
            var isDirectory: ObjCBool = false
            let isThere = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
            let why =
                !isThere
                ? "there is no such file"
                : isDirectory.boolValue ? "it is a folder" : "it is no text in UTF-8, or may not be read"
            throw PerfFailure("\(path): the template cannot be read: \(why)")
        }
        if isPlain || !text.contains("{{") {
            let tree = try Self.tree(text, path, expected)
            kind = try Self.kind(of: tree, path)
            form = .constant(ManifestTemplate(Schema.kubernetes.correctingCase(of: tree, as: kind)))
            return
        }
        let template: GoTemplate
        let first: String
        do throws(GoTemplate.Failure) {
            template = try GoTemplate(text)
            first = try template.text(.init(index: 0, count: 1))
        } catch {
            throw PerfFailure("\(path)\(error.line > 0 ? ":\(error.line)" : ""): \(error.description)")
        }
        form = .text(template)
        kind = try Self.kind(of: try Self.tree(first, path, expected), path)
        self.expected = expected
    }

    /// A template that is no file.
    init(_ tree: JSONValue, kind: GroupVersionKind) {
        path = ""
        self.kind = kind
        form = .constant(ManifestTemplate(tree))
    }

    /// Whether all objects have one manifest.
    var isConstant: Bool { if case .constant = form { true } else { false } }

    /// The manifest that all objects have; null for a template with actions.
    var plainTree: JSONValue { if case .constant(let manifest) = form { manifest.tree } else { .null } }

    /// The manifest of one object, and whether it is that of others, too, as far as is known.
    mutating func manifest(
        index: Int, count: Int
    ) throws(PerfFailure) -> (manifest: ManifestTemplate, isShared: Bool) {
        switch form {
        case .constant(let manifest): return (manifest, true)
        case .text(let template):
            let values: [String]
            do throws(GoTemplate.Failure) {
                values = try template.values(.init(index: index, count: count))
            } catch {
                throw PerfFailure("\(path): \(error.description)")
            }
            if let found = known[values] { return (found, true) }
            let manifest = ManifestTemplate(try tree(of: template, values))
            if known.count >= Self.limit { known.removeAll() }
            known[values] = manifest
            return (manifest, false)
        }
    }

    /// The manifest of another object, and in what this one differs, where that is its name and that of the
    /// resource that it asks for; nil where there is more to it, or nothing is known yet.
    mutating func edited(
        index: Int, count: Int
    ) throws(PerfFailure) -> (manifest: ManifestTemplate, name: String, edit: ManifestEdit)? {
        guard case .text(let template) = form, let pattern, pattern.isProved, let texts = pattern.deviceTexts
        else { return nil }
        let values: [String]
        do throws(GoTemplate.Failure) {
            values = try template.values(.init(index: index, count: count))
        } catch {
            throw PerfFailure("\(path): \(error.description)")
        }
        let resource = texts.resources[0].filled(values)
        // One resource, then, in all places.
        for text in texts.resources.dropFirst() where text.filled(values) != resource { return nil }
        guard let device else {
            device = (ManifestTemplate(pattern.tree(values)), resource)
            return nil
        }
        return (
            device.manifest, texts.name.filled(values),
            .resourceOfPod(resource, insteadOf: device.resource)
        )
    }

    /// The tree for some values: from the pattern once that has proved right, else from the text.
    private mutating func tree(of template: GoTemplate, _ values: [String]) throws(PerfFailure) -> JSONValue {
        if let pattern, pattern.isProved { return pattern.tree(values) }
        let tree = Schema.kubernetes.correctingCase(
            of: try Self.tree(template.text(values), path, expected), as: kind)
        if pattern == nil {
            let marked = try? Self.tree(template.text(TemplatePattern.marks(values.count)), path, expected)
            pattern = TemplatePattern(
                marked.map { Schema.kubernetes.correctingCase(of: $0, as: kind) } ?? .null)
        }
        pattern?.check(values, against: tree)
        return tree
    }

    private static func tree(
        _ text: String, _ path: String, _ expected: String?
    ) throws(PerfFailure) -> JSONValue {
        do throws(InvalidInput) {
            let documents = try LocatedFile.documents(yaml: text, name: path)
            guard documents.count == 1, documents[0].members != nil else {
                throw InvalidInput(diagnostics: [
                    Diagnostic(
                        .error, file: path, position: nil, path: "",
                        .notAnObject(found: documents.count > 1 ? "several documents" : documents[0].shown))
                ])
            }
            var tree = documents[0].json
            if let expected {
                tree["apiVersion"] = "v1"
                tree["kind"] = .string(expected)
            }
            return tree
        } catch {
            throw PerfFailure(error.description)
        }
    }

    private static func kind(of tree: JSONValue, _ path: String) throws(PerfFailure) -> GroupVersionKind {
        let (version, name) = (tree["apiVersion"]?.stringValue ?? "", tree["kind"]?.stringValue ?? "")
        guard ObjectKind(apiVersion: version, kind: name) != nil,
            let kind = GroupVersionKind(apiVersion: version, kind: name)
        else {
            let served = ObjectKind.allCases.filter { $0.info.apiVersion == version }.map(\.name)
            let nearest = NearestName.find(name, among: served)
            throw PerfFailure(
                "\(path): found kind \"\(name)\" in apiVersion \"\(version)\", which simk does not serve"
                    + (nearest.map { ". Did you mean \"\($0)\"?" } ?? ""),
                isRefusal: !name.isEmpty && !version.isEmpty && nearest == nil)
        }
        return kind
    }
}
