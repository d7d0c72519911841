import Foundation
public import KubernetesModel
public import Workloads

/// Reads a scenario with everything that it refers to, and checks it as a whole.
public enum ScenarioLoader {
    public struct Options: Sendable {
        /// Makes errors of what is otherwise ignored with a warning: manifests of unsupported kinds.
        public var isStrict: Bool
        /// Checks a manifest's object as the API server would; run on objects that decode without errors.
        public var validate: (@Sendable (ManifestObject) -> [FieldError])?
        /// Reads the traces that scenarios name; without it they are errors.
        public var traces: (any TraceOpener)?

        public init(
            isStrict: Bool = false, validate: (@Sendable (ManifestObject) -> [FieldError])? = nil,
            traces: (any TraceOpener)? = nil
        ) {
            self.isStrict = isStrict
            self.validate = validate
            self.traces = traces
        }
    }

    /// The languages of scenario files.
    public enum Language: Sendable { case json, yaml }

    /// Reads a file; its paths of manifests are relative to its folder.
    public static func load(path: String, options: Options = Options()) throws(InvalidInput) -> Scenario {
        let log = DiagnosticLog()
        let documents = InputFile.documents(
            path: path, name: path, limit: InputFile.scenarioLimit, log: log)
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        return try scenario(from: documents, file: path, folder: folder, options, log)
    }

    /// Reads a text; `name` stands for the file in diagnostics, and `folder` is where its manifests are.
    public static func parse(
        _ text: String, _ language: Language, name: String, folder: String = "", options: Options = Options()
    ) throws(InvalidInput) -> Scenario {
        let log = DiagnosticLog()
        let documents = InputFile.documents(
            of: Array(text.utf8), language == .json ? .json : .yaml, name: name, log: log)
        let prefix = folder.isEmpty || folder.hasSuffix("/") ? folder : folder + "/"
        return try scenario(from: documents, file: name, folder: prefix, options, log)
    }

    private static func scenario(
        from documents: [LocatedDocument]?, file: String, folder: String, _ options: Options,
        _ log: DiagnosticLog
    ) throws(InvalidInput) -> Scenario {
        guard let first = documents?.first else {
            if !log.hasErrors { log.add(file: file, at: nil, .fileEmpty) }
            throw InvalidInput(diagnostics: log.sorted)
        }
        if let second = documents?.dropFirst().first {
            log.add(file: file, at: second.root.position, .severalDocuments)
        }
        let manifests = ManifestLoader(options: options, log: log, folder: folder)
        let root = Cursor(first.root, path: "", file: file, log: log)
        let scenario = ScenarioReader(file: file, log: log, manifests: manifests).read(root)
        if let scenario { NamespaceCheck.run(scenario.manifests, log: log) }
        guard var scenario, !log.hasErrors else { throw InvalidInput(diagnostics: log.sorted) }
        scenario.warnings = log.sorted
        return scenario
    }
}
