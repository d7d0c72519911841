/// Lines over a common axis, as an SVG picture; the legend tells where each ends.
public struct LineChart: Sendable {
    public struct Line: Sendable {
        public var name: String
        public var points: [(x: Double, y: Double)]

        public init(name: String, points: [(x: Double, y: Double)]) {
            self.name = name
            self.points = points
        }
    }

    public var title: String
    public var xTitle: String
    public var yTitle: String
    public var lines: [Line]

    public init(title: String, xTitle: String, yTitle: String, lines: [Line]) {
        self.title = title
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.lines = lines
    }

    private static let width = 760.0
    private static let height = 460.0
    private static let left = 64.0
    private static let right = 24.0
    private static let top = 44.0
    private static let bottom = 56.0
    /// Okabe and Ito's palette, which colour-blind readers can tell apart.
    private static let colors = [
        "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999",
    ]
    /// Lengths of strokes and gaps: a line that lies on another one leaves it to be seen.
    private static let dashes = ["", "9 4", "3 3", "12 3 3 3", "", "6 6", "2 4", "16 4"]

    public var svg: String {
        let xs = lines.flatMap { $0.points.map(\.x) }
        let ys = lines.flatMap { $0.points.map(\.y) }
        let x = Axis(0, xs.max() ?? 1, isTight: true)
        let y = Axis(0, ys.max() ?? 1)
        let (width, height) = (Self.width, Self.height)
        let (right, bottom) = (width - Self.right, height - Self.bottom)
        func across(_ value: Double) -> Double { Self.left + x.part(value) * (right - Self.left) }
        func down(_ value: Double) -> Double { bottom - y.part(value) * (bottom - Self.top) }
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.number(width))" \
            height="\(Self.number(height))" viewBox="0 0 \(Self.number(width)) \(Self.number(height))" \
            font-family="sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="white"/>
            <text x="\(Self.number(width / 2))" y="24" text-anchor="middle" font-size="15">\
            \(Self.escaped(title))</text>

            """
        for tick in y.ticks {
            let place = Self.number(down(tick))
            text += """
                <line x1="\(Self.number(Self.left))" y1="\(place)" x2="\(Self.number(right))" y2="\(place)" \
                stroke="#dddddd"/>
                <text x="\(Self.number(Self.left - 8))" y="\(place)" text-anchor="end" dy="4">\
                \(Self.number(tick))</text>

                """
        }
        for tick in x.ticks {
            let place = Self.number(across(tick))
            text += """
                <line x1="\(place)" y1="\(Self.number(bottom))" x2="\(place)" y2="\(Self.number(bottom + 5))" \
                stroke="black"/>
                <text x="\(place)" y="\(Self.number(bottom + 20))" text-anchor="middle">\(Self.number(tick))</text>

                """
        }
        text += """
            <line x1="\(Self.number(Self.left))" y1="\(Self.number(bottom))" x2="\(Self.number(right))" \
            y2="\(Self.number(bottom))" stroke="black"/>
            <line x1="\(Self.number(Self.left))" y1="\(Self.number(Self.top))" x2="\(Self.number(Self.left))" \
            y2="\(Self.number(bottom))" stroke="black"/>
            <text x="\(Self.number((Self.left + right) / 2))" y="\(Self.number(height - 14))" \
            text-anchor="middle">\(Self.escaped(xTitle))</text>
            <text transform="translate(18 \(Self.number((Self.top + bottom) / 2))) rotate(-90)" \
            text-anchor="middle">\(Self.escaped(yTitle))</text>

            """
        let legendWidth = 58 + 7 * Double(lines.map { Self.label($0).count }.max() ?? 0)
        text += """
            <rect x="\(Self.number(Self.left + 8))" y="\(Self.number(Self.top + 4))" \
            width="\(Self.number(legendWidth))" height="\(Self.number(18 * Double(lines.count) + 8))" \
            fill="white" fill-opacity="0.85" stroke="#dddddd"/>

            """
        for (number, line) in lines.enumerated() {
            let color = Self.colors[number % Self.colors.count]
            let points = line.points.map { "\(Self.number(across($0.x))),\(Self.number(down($0.y)))" }
            let place = Self.top + 17 + 18 * Double(number)
            let dash = Self.dashes[number % Self.dashes.count]
            let pattern = dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\""
            text += """
                <polyline fill="none" stroke="\(color)" stroke-width="2" stroke-linejoin="round"\(pattern) \
                points="\(points.joined(separator: " "))"/>
                <line x1="\(Self.number(Self.left + 14))" y1="\(Self.number(place))" \
                x2="\(Self.number(Self.left + 38))" y2="\(Self.number(place))" stroke="\(color)" \
                stroke-width="3"\(pattern)/>
                <text x="\(Self.number(Self.left + 44))" y="\(Self.number(place))" dy="4">\
                \(Self.escaped(Self.label(line)))</text>

                """
        }
        return text + "</svg>\n"
    }

    /// The line's name and its last value.
    private static func label(_ line: Line) -> String {
        line.points.last.map { "\(line.name): \(number(($0.y * 10).rounded() / 10))" } ?? line.name
    }

    /// With two digits after the point, and no more than it takes.
    private static func number(_ value: Double) -> String {
        let hundredths = Int64((value * 100).rounded())
        let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
        let sign = hundredths < 0 ? "-" : ""
        if rest == 0 { return "\(sign)\(whole)" }
        if rest % 10 == 0 { return "\(sign)\(whole).\(rest / 10)" }
        return "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }

    /// From a value to another, or to the next tick above it, with ticks at round numbers.
    private struct Axis {
        let low: Double
        let high: Double
        let ticks: [Double]

        init(_ low: Double, _ high: Double, isTight: Bool = false) {
            let span = high > low && high.isFinite ? high - low : 1
            var step = 1.0
            while step * 8 < span { step *= 10 }
            while step / 10 * 8 >= span { step /= 10 }
            if step / 5 * 8 >= span { step /= 5 } else if step / 2 * 8 >= span { step /= 2 }
            let count = (span / step).rounded(isTight ? .down : .up)
            self.low = low
            self.high = isTight ? low + span : low + count * step
            ticks = (0...Int(count)).map { low + Double($0) * step }
        }

        func part(_ value: Double) -> Double { (value - low) / (high - low) }
    }
}
