import Foundation
import KubernetesModel

/// Reads files that users name, within bounds, and turns every failure into a diagnostic.
struct InputFile {
    /// What a scenario file may have at most.
    static let scenarioLimit = 20_000_000
    /// What a manifest file may have at most.
    static let manifestLimit = 50_000_000
    /// Values in one file once aliases are expanded, and levels of nesting.
    static let limits: JSONLimits = {
        var limits = JSONLimits()
        limits.values = 5_000_000
        limits.depth = 100
        return limits
    }()

    enum Language: String {
        case json = "JSON"
        case yaml = "YAML"
    }

    /// Reads the documents of a file; nil when something went wrong, which is then in the log.
    ///
    /// - Parameters:
    ///   - name: The name that diagnostics show.
    ///   - reportUnreadable: Reports that the file cannot be read at all; nil does so under the file's name.
    static func documents(
        path: String, name: String, limit: Int, log: DiagnosticLog,
        reportUnreadable: ((InputProblem) -> Void)? = nil
    ) -> [LocatedDocument]? {
        func fail(_ problem: InputProblem) -> [LocatedDocument]? {
            if let reportUnreadable {
                reportUnreadable(problem)
            } else {
                log.add(file: name, at: nil, problem)
            }
            return nil
        }
        var isDirectory: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            return fail(.fileMissing(nearest: nearestFile(to: path, shownAs: name)))
        }
        if isDirectory.boolValue { return fail(.fileIsDirectory) }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            return fail(.fileUnreadable(reason: "permission denied"))
        }
        defer { try? handle.close() }
        let bytes: [UInt8]
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            if let size = (attributes[.size] as? NSNumber)?.intValue, size > limit {
                return fail(.fileTooLarge(bytes: size, limit: limit))
            }
            // A pipe or device has no size beforehand: one byte beyond the bound tells.
            let data = try handle.read(upToCount: limit + 1) ?? Data()
            if data.count > limit { return fail(.fileTooLarge(bytes: data.count, limit: limit)) }
            bytes = Array(data)
        } catch {
            return fail(.fileUnreadable(reason: (error as NSError).localizedDescription))
        }
        guard let language = language(of: path, bytes) else { return fail(.unknownFileType) }
        return documents(of: bytes, language, name: name, log: log)
    }

    /// Reads the documents of a text that is in memory already.
    static func documents(
        of bytes: [UInt8], _ language: Language, name: String, log: DiagnosticLog
    ) -> [LocatedDocument]? {
        log.opened(name)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let decoded = String(decoding: bytes, as: UTF8.self)
            let valid = zip(bytes, decoded.utf8).prefix { $0 == $1 }.count
            log.add(file: name, at: position(ofByte: valid, in: bytes), .fileNotUTF8(byte: valid + 1))
            return nil
        }
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace && $0 != "\u{FEFF}" }) else {
            log.add(file: name, at: nil, .fileEmpty)
            return nil
        }
        let documents: [LocatedDocument]
        do {
            switch language {
            case .json: documents = try JSONLocator.documents(bytes, limits: limits)
            case .yaml: documents = try YAMLReader.documents(text, limits: limits)
            }
        } catch let error as JSONSyntaxError {
            log.add(file: name, at: error.position, .syntax(language: "JSON", error.message))
            return nil
        } catch let fault as YAMLFault {
            log.add(file: name, at: fault.position, fault.inputProblem)
            return nil
        } catch {
            log.add(file: name, at: nil, .fileUnreadable(reason: "\(error)"))
            return nil
        }
        for document in documents {
            for key in document.duplicates {
                log.add(
                    file: name, at: key.position, path: key.path,
                    .duplicateKey(key.key, firstLine: key.first?.line))
            }
        }
        return documents
    }

    /// By the file's name; a name without one of the known endings is told by the first character.
    private static func language(of path: String, _ bytes: [UInt8]) -> Language? {
        let name = path.lowercased()
        if name.hasSuffix(".json") { return .json }
        if name.hasSuffix(".yaml") || name.hasSuffix(".yml") { return .yaml }
        let last = name.split(separator: "/").last ?? ""
        if last.contains(".") && !path.hasPrefix("/dev/") && !path.hasPrefix("/proc/") { return nil }
        let first = bytes.first { !" \t\r\n".utf8.contains($0) }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[") ? .json : .yaml
    }

    private static func nearestFile(to path: String, shownAs name: String) -> String? {
        let url = URL(filePath: path)
        let folder = url.deletingLastPathComponent()
        guard
            let names = try? FileManager.default.contentsOfDirectory(
                atPath: folder.path(percentEncoded: false))
        else { return nil }
        guard let nearest = NearestName.find(url.lastPathComponent, among: names.sorted()) else { return nil }
        let shownFolder = name.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return (shownFolder + [Substring(nearest)]).joined(separator: "/")
    }

    private static func position(ofByte offset: Int, in bytes: [UInt8]) -> TextPosition {
        var position = TextPosition(line: 1, column: 1)
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                position = TextPosition(line: position.line + 1, column: 1)
            } else if byte & 0xC0 != 0x80 {
                position.column += 1
            }
        }
        return position
    }
}

extension YAMLFault {
    var inputProblem: InputProblem {
        switch problem {
        case .syntax(let what): .syntax(language: "YAML", what)
        case .duplicateKey(let key): .duplicateKey(key, firstLine: nil)
        case .tooManyValues(let limit, _): .tooManyValues(limit: limit)
        case .tooDeep(let limit): .tooDeep(limit: limit)
        case .badKey(let found): .badMappingKey(found)
        case .unrepresentable(let text): .unrepresentableNumber(text)
        case .undefinedAlias: .undefinedAlias
        case .badMerge: .badMergeKey
        }
    }
}
