import Foundation
public import KubernetesModel
public import SimulationKernel
public import Workloads

/// Reads a scenario with everything that it refers to, and checks it as a whole.
public enum ScenarioLoader {
    public struct Options: Sendable {
        /// Makes errors of what is otherwise ignored with a warning: manifests of unsupported kinds.
        public var isStrict: Bool
        /// Checks a manifest's object as the API server would; run on objects that decode without errors.
        public var validate: (@Sendable (ManifestObject) -> [FieldError])?
        /// Whether objects come later that the file does not have: what matches none of it is no error then.
        public var isPartial: Bool
        /// Reads the traces that scenarios name; without it they are errors.
        public var traces: (any TraceOpener)?

        public init(
            isStrict: Bool = false, validate: (@Sendable (ManifestObject) -> [FieldError])? = nil,
            isPartial: Bool = false, traces: (any TraceOpener)? = nil
        ) {
            self.isStrict = isStrict
            self.validate = validate
            self.isPartial = isPartial
            self.traces = traces
        }
    }

    /// The languages of scenario files.
    public enum Language: Sendable { case json, yaml }

    /// A duration as scenario files have it, such as `1m30s`; nil when it is none.
    public static func duration(_ text: String) -> VirtualDuration? { try? DurationText.parse(text).get() }

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

    /// Reads manifests in YAML or JSON, checked as the API server would.
    ///
    /// - Parameter name: stands for the file in diagnostics.
    public static func manifests(_ text: String, name: String) throws(InvalidInput) -> [ManifestObject] {
        let log = DiagnosticLog()
        let documents = InputFile.documents(of: Array(text.utf8), .yaml, name: name, log: log)
        let loader = ManifestLoader(
            options: Options(isStrict: true, validate: ManifestCheck.faults), log: log, folder: "")
        let objects = (documents ?? []).flatMap {
            loader.objects(of: Cursor($0.root, path: "", file: name, log: log))
        }
        guard !log.hasErrors else { throw InvalidInput(diagnostics: log.sorted) }
        return objects
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
