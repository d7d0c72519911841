/// Colours for a terminal, or none.
public struct TextStyle: Sendable {
    public var isColored: Bool

    public init(isColored: Bool) { self.isColored = isColored }

    public static let plain = TextStyle(isColored: false)

    public func red(_ text: String) -> String { code("31", text) }
    func green(_ text: String) -> String { code("32", text) }
    func yellow(_ text: String) -> String { code("33", text) }
    func blue(_ text: String) -> String { code("34", text) }
    func cyan(_ text: String) -> String { code("36", text) }
    func faint(_ text: String) -> String { code("2", text) }
    func bold(_ text: String) -> String { code("1", text) }

    private func code(_ number: String, _ text: String) -> String {
        isColored ? "\u{1B}[\(number)m\(text)\u{1B}[0m" : text
    }
}
