public import KubernetesModel

/// An error or a warning about a place in a file.
public struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
    public enum Severity: String, Hashable, Sendable { case error, warning }

    public var severity: Severity
    public var file: String
    /// Nil where the whole file is meant.
    public var position: TextPosition?
    /// The field, such as `cluster.nodePools[0].count`; empty for syntax and for whole documents.
    public var path: String
    public var problem: InputProblem

    public init(
        _ severity: Severity, file: String, position: TextPosition?, path: String, _ problem: InputProblem
    ) {
        self.severity = severity
        self.file = file
        self.position = position
        self.path = path
        self.problem = problem
    }

    /// `web.json:12:5: cluster.nodePools[0].count: found -1, expected …`, warnings marked as such.
    public var description: String {
        var text = file
        if let position { text += ":\(position.line):\(position.column)" }
        if severity == .warning { text += ": warning" }
        if !path.isEmpty { text += ": \(path)" }
        return text + ": " + problem.message
    }
}

/// Everything that is wrong with the files of a scenario.
public struct InvalidInput: Error, Sendable, CustomStringConvertible {
    /// Errors and warnings: the scenario's own first, then those of other files, each in the order of places.
    public var diagnostics: [Diagnostic]

    public init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

    public var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }

    public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

/// Collects what is wrong while files are read; every reader goes on after an error where it can.
final class DiagnosticLog {
    /// How many are kept: somebody who reads more has given the wrong file.
    static let limit = 1_000

    private(set) var diagnostics: [Diagnostic] = []
    private var seen: Set<Diagnostic> = []
    private var omitted = 0
    /// Files in the order in which they were first opened.
    private var order: [String: Int] = [:]

    /// Makes place for a file's diagnostics behind those of the files opened before.
    func opened(_ file: String) {
        if order[file] == nil { order[file] = order.count }
    }

    func add(
        _ severity: Diagnostic.Severity = .error, file: String, at position: TextPosition?, path: String = "",
        _ problem: InputProblem
    ) {
        if severity == .error { hasErrors = true }
        if isFull {
            omitted += 1
            return
        }
        opened(file)
        let diagnostic = Diagnostic(severity, file: file, position: position, path: path, problem)
        if seen.insert(diagnostic).inserted { diagnostics.append(diagnostic) }
    }

    /// Whether further ones are only counted, so that it is no use to look for suggestions.
    var isFull: Bool { diagnostics.count >= Self.limit }

    private(set) var hasErrors = false

    /// In the order of files and places; of one place, in the order of finding.
    var sorted: [Diagnostic] {
        let keyed = diagnostics.enumerated().map { index, diagnostic in
            (
                key: (
                    order[diagnostic.file] ?? 0, diagnostic.position?.line ?? 0,
                    diagnostic.position?.column ?? 0,
                    index
                ), diagnostic: diagnostic
            )
        }
        let sorted = keyed.sorted { $0.key < $1.key }.map(\.diagnostic)
        guard omitted > 0, let last = sorted.last else { return sorted }
        return sorted + [
            Diagnostic(
                hasErrors ? .error : .warning, file: last.file, position: nil, path: "",
                .omitted(count: omitted))
        ]
    }
}
