/// Files with places for those who read other formats than scenarios.
public enum LocatedFile {
    /// The documents of a JSON or YAML file.
    ///
    /// Throws what is wrong with the file: that it is not there, is too large, or has a fault of syntax.
    public static func documents(path: String) throws(InvalidInput) -> [LocatedValue] {
        let log = DiagnosticLog()
        let documents = InputFile.documents(path: path, name: path, limit: InputFile.manifestLimit, log: log)
        guard let documents, !log.hasErrors else { throw InvalidInput(diagnostics: log.sorted) }
        return documents.map(\.root)
    }

    /// The documents of a YAML text, JSON being YAML; faults are told under a name.
    public static func documents(yaml text: String, name: String) throws(InvalidInput) -> [LocatedValue] {
        let log = DiagnosticLog()
        let documents = InputFile.documents(of: Array(text.utf8), .yaml, name: name, log: log)
        guard let documents, !log.hasErrors else { throw InvalidInput(diagnostics: log.sorted) }
        return documents.map(\.root)
    }
}
