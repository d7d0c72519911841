/// One thing wrong with a file that a user gave, as facts; ``message`` turns it into words.
public enum InputProblem: Hashable, Sendable {
    // MARK: Files

    case fileMissing(nearest: String?)
    case fileIsDirectory
    case fileUnreadable(reason: String)
    case fileTooLarge(bytes: Int, limit: Int)
    case fileEmpty
    case fileNotUTF8(byte: Int)
    case unknownFileType
    /// A file that another one names cannot be read.
    indirect case referredFile(String, InputProblem)

    // MARK: Syntax

    case syntax(language: String, String)
    case duplicateKey(String, firstLine: Int?)
    case tooManyValues(limit: Int)
    case tooDeep(limit: Int)
    case undefinedAlias
    case badMergeKey
    case badMappingKey(String)
    case unrepresentableNumber(String)
    case severalDocuments

    // MARK: Meaning

    case unknownKey(String, nearest: String?, known: [String])
    case missingKey(String, purpose: String)
    case wrongType(found: String, expected: String)
    case badValue(found: String, expected: String, hint: String)
    case unknownName(what: String, String, nearest: String?, known: [String])
    case notExactlyOne(of: [String], found: [String])
    case duplicateName(what: String, String)
    case outsideRun(moment: String, duration: String)
    case matchesNothing(selector: String, hint: String)
    case unusedSetting(String, hint: String)
    /// A part of the format that this version does not carry out.
    case notSimulated(String)
    /// So many more were found.
    case omitted(count: Int)

    /// A trace that cannot be replayed, in the words of whoever has read it.
    case trace(String)

    // MARK: Manifests

    case notAnObject(found: String)
    case unsupportedKind(kind: String, apiVersion: String, nearest: String?)
    case wrongVersion(kind: String, apiVersion: String, served: String)
    case nothingActsOn(kind: String)
    case unknownManifestField(String, nearest: String?)
    case manifestDecoding(String)
    case manifestInvalid(String)
    case duplicateObject(kind: String, name: String, first: String)
}

extension InputProblem {
    /// What was found, what was expected, and what to do.
    public var message: String {
        switch self {
        case .fileMissing(let nearest):
            "there is no such file. Expected the path of a file"
                + Self.suggestion(nearest, else: "check the path")
        case .fileIsDirectory: "this is a directory, expected a file. Name the file in it"
        case .fileUnreadable(let reason): "the file cannot be read (\(reason)). Check its permissions"
        case .fileTooLarge(let bytes, let limit):
            "the file has \(Self.megabytes(bytes)), expected at most \(Self.megabytes(limit)). "
                + "Split it, or leave out what the scenario does not need"
        case .fileEmpty: "the file is empty, expected an object with apiVersion and kind"
        case .fileNotUTF8(let byte):
            "byte \(byte) is not valid UTF-8, expected text in UTF-8. Convert it, e.g. with iconv -t UTF-8"
        case .unknownFileType:
            "unknown type of file, expected a name that ends in .json, .yaml or .yml. Rename the file"
        case .referredFile(let path, let problem): "\(path): \(problem.message)"
        case .syntax(let language, let what): "\(language) syntax: \(what)"
        case .duplicateKey(let key, let line):
            "the key '\(key)' stands twice" + (line.map { ", first in line \($0)" } ?? "")
                + ". Remove one of them"
        case .tooManyValues(let limit):
            "more than \(limit) values once aliases are expanded. Aliases of aliases multiply: write the values out"
        case .tooDeep(let limit): "nested deeper than \(limit) levels. Flatten the document"
        case .undefinedAlias:
            "the alias refers to an anchor that is not defined before it, or that contains it. Define it earlier"
        case .badMergeKey:
            "found '<<' with something else than a mapping, expected a mapping or a list of them"
        case .badMappingKey(let found): "found \(found) as a key, expected a text"
        case .unrepresentableNumber(let text): "found \(text), expected a finite number. Put a text in quotes"
        case .severalDocuments: "a second document begins here, expected one scenario a file. Use two files"
        case .unknownKey(let key, let nearest, let known):
            "unknown key '\(key)'. "
                + (nearest.map { "Did you mean '\($0)'?" } ?? "Known keys: \(known.joined(separator: ", "))")
        case .missingKey(let key, let purpose): "'\(key)' is missing: \(purpose)"
        case .wrongType(let found, let expected): "found \(found), expected \(expected)"
        case .badValue(let found, let expected, let hint):
            "found \(found), expected \(expected)" + (hint.isEmpty ? "" : ". \(hint)")
        case .unknownName(let what, let name, let nearest, let known):
            "there is no \(what) '\(name)'. "
                + (nearest.map { "Did you mean '\($0)'?" } ?? Self.listing(known, of: what))
        case .notExactlyOne(let names, let found):
            (found.isEmpty ? "found none" : "found \(found.joined(separator: " and "))")
                + ", expected exactly one of \(names.joined(separator: ", "))"
        case .duplicateName(let what, let name): "a second \(what) named '\(name)'. Names must differ"
        case .outsideRun(let moment, let duration):
            "found \(moment), expected a moment within the run of \(duration). Move it, or raise 'duration'"
        case .matchesNothing(let selector, let hint): "\(selector) matches nothing. \(hint)"
        case .unusedSetting(let what, let hint): "\(what) has no effect. \(hint)"
        case .notSimulated(let what): "this version of simk does not simulate \(what). Remove it"
        case .omitted(let count): "\(count) more problems are left out. Correct these first"
        case .notAnObject(let found): "found \(found), expected a Kubernetes object with apiVersion and kind"
        case .unsupportedKind(let kind, let version, let nearest):
            "unsupported kind \(kind) (\(version)): it is ignored"
                + Self.suggestion(nearest, else: "remove it")
        case .wrongVersion(let kind, let version, let served):
            "\(kind) is not served in \(version): it is ignored. Kubernetes 1.36 has it in \(served)"
        case .nothingActsOn(let kind):
            "\(kind) objects are stored, but nothing in this version of simk acts on them"
        case .unknownManifestField(let field, let nearest):
            "unknown field '\(field)'" + Self.suggestion(nearest, else: "remove it")
        case .manifestDecoding(let words), .manifestInvalid(let words), .trace(let words): words
        case .duplicateObject(let kind, let name, let first):
            "a second \(kind) named '\(name)'; the first is at \(first). Rename or remove one of them"
        }
    }

    private static func suggestion(_ name: String?, else advice: String) -> String {
        name.map { ". Did you mean '\($0)'?" } ?? "; \(advice)"
    }

    private static func listing(_ names: [String], of what: String) -> String {
        if names.isEmpty { return "The scenario has none" }
        let shown = names.prefix(12).joined(separator: ", ")
        return "There are: \(shown)" + (names.count > 12 ? " and \(names.count - 12) more" : "")
    }

    private static func megabytes(_ bytes: Int) -> String {
        bytes < 1_000_000 ? "\(bytes) bytes" : "\((bytes + 500_000) / 1_000_000) MB"
    }
}
