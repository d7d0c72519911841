import SimulationKernel

/// Reads durations as Go spells them, with days on top: `5m30s`, `1.5h`, `250ms`, `30d`, `1d12h`.
enum DurationText {
    enum Fault: Error, Hashable {
        case empty, noUnit, unknownUnit(String), notANumber, outOfRange

        /// What to do about it.
        var hint: String {
            switch self {
            case .empty: "Give a number and a unit"
            case .noUnit: "A number needs a unit: ns, us, ms, s, m, h or d"
            case .unknownUnit(let unit): "'\(unit)' is no unit; there are ns, us, ms, s, m, h and d"
            case .notANumber: "Write numbers with their units and no spaces between"
            case .outOfRange: "The longest duration is about 292 years"
            }
        }
    }

    /// Nanoseconds a unit.
    private static func scale(of unit: Substring) -> Int64? {
        switch unit {
        case "ns": 1
        case "us", "µs", "μs": 1_000
        case "ms": 1_000_000
        case "s": 1_000_000_000
        case "m": 60_000_000_000
        case "h": 3_600_000_000_000
        case "d": 86_400_000_000_000
        default: nil
        }
    }

    static func parse(_ text: String) -> Result<VirtualDuration, Fault> {
        var rest = Substring(text)
        var isNegative = false
        if let sign = rest.first, sign == "-" || sign == "+" {
            isNegative = sign == "-"
            rest = rest.dropFirst()
        }
        if rest.isEmpty { return .failure(.empty) }
        if rest == "0" { return .success(.zero) }
        var total: Int64 = 0
        while !rest.isEmpty {
            let whole = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(whole.count)
            var fraction: Substring = ""
            if rest.first == "." {
                rest = rest.dropFirst()
                fraction = rest.prefix { $0.isASCII && $0.isNumber }
                rest = rest.dropFirst(fraction.count)
            }
            if whole.isEmpty && fraction.isEmpty { return .failure(.notANumber) }
            let unit = rest.prefix { $0 != "." && !($0.isASCII && $0.isNumber) }
            if unit.isEmpty { return .failure(.noUnit) }
            guard let scale = scale(of: unit) else { return .failure(.unknownUnit(String(unit.prefix(20)))) }
            rest = rest.dropFirst(unit.count)
            guard let count = whole.isEmpty ? 0 : Int64(whole) else { return .failure(.outOfRange) }
            let (product, overflow) = count.multipliedReportingOverflow(by: scale)
            var part: Int64 = 0
            var weight = scale
            // Digits beyond a nanosecond are cut, as Go does it.
            for digit in fraction.utf8 {
                // Exact while the weight divides; days and hours have few trailing zeros, so go by value.
                part += Int64(digit - 0x30) * weight / 10
                weight /= 10
                if weight == 0 { break }
            }
            let (sum, carry) = product.addingReportingOverflow(part)
            let (next, overrun) = total.addingReportingOverflow(sum)
            if overflow || carry || overrun { return .failure(.outOfRange) }
            total = next
        }
        return .success(VirtualDuration(nanoseconds: isNegative ? -total : total))
    }

    /// The shortest spelling that reads back: days only when they are whole.
    static func text(_ duration: VirtualDuration) -> String {
        let day: Int64 = 86_400_000_000_000
        if duration.nanoseconds != 0, duration.nanoseconds % day == 0 {
            return "\(duration.nanoseconds / day)d"
        }
        return duration.description
    }
}
