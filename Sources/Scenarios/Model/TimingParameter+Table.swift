extension TimingParameter {
    /// The default as a scenario would write it.
    public var defaultText: String {
        switch standard {
        case .duration(let duration): DurationText.text(duration)
        case .number(let number): number == number.rounded() ? String(Int(number)) : String(number)
        }
    }

    /// All parameters as a Markdown table, as `docs/reference/timing.md` holds it.
    public static var markdownTable: String {
        var text = "| parameter | default | what it is | source |\n| --- | --- | --- | --- |\n"
        for parameter in all {
            let source = parameter.source.contains("/") ? "`\(parameter.source)`" : parameter.source
            text +=
                "| `\(parameter.name)` | \(parameter.defaultText) | \(parameter.meaning) | \(source) |\n"
        }
        return text
    }
}
