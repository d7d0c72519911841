extension Quantity {
    /// Reads a quantity in any of the notations.
    ///
    /// Numbers finer than a billionth are rounded up to the next; binary ones beyond 64 bits are capped.
    /// Surrounding white space is refused here; JSON decoding strips it first (see `init(json:)`).
    public init(parsing input: String) throws(QuantityError) {
        if input.isEmpty { throw .format }
        if input == "0" {
            self.init(amount: .small(ScaledInteger(0)), format: .decimalSI, text: input)
            return
        }
        let parts = try Parts(Array(input.utf8))
        guard let suffix = Suffix(parts.suffix) else { throw .suffix }
        if let small = Self.small(parts, suffix, input) {
            self = small
        } else {
            self = try Self.large(parts, suffix)
        }
    }

    /// Reads a quantity as JSON holds it: a string, a number, or null for zero; nil for anything else.
    public init?(json: JSONValue) throws(QuantityError) {
        switch json {
        case .null: self.init(value: 0, format: .decimalExponent)
        case .string(let text):
            let trimmed = text.drop(while: \.isWhitespace)
            let end = trimmed.lastIndex { !$0.isWhitespace }.map(trimmed.index(after:))
            try self.init(parsing: String(trimmed[..<(end ?? trimmed.startIndex)]))
        case .integer(let value): try self.init(parsing: String(value))
        case .number(let value): try self.init(parsing: JSONWriter.text(value))
        default: return nil
        }
    }

    /// The cheap way; nil where 64 bits may not do.
    private static func small(_ parts: Parts, _ suffix: Suffix, _ input: String) -> Quantity? {
        let length = parts.integer.count + parts.fraction.count
        var scale: Int
        var factor: Int64 = 1
        if suffix.format == .binarySI {
            guard parts.fraction.isEmpty, 14 - length - suffix.exponent * 3 / 10 >= 0 else { return nil }
            scale = 0
            factor = 1 << Int64(suffix.exponent)
        } else {
            guard length <= 18 else { return nil }
            scale = suffix.exponent - parts.fraction.count
        }
        guard scale >= -9 else { return nil }
        let digits = parts.integer + parts.fraction
        let number = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        if overflow { return nil }
        let keepsText: Bool
        if suffix.format == .binarySI {
            keepsText = number & 7 != 0
        } else {
            let zeros = digits.reversed().prefix { $0 == UInt8(ascii: "0") }.count
            keepsText = scale % 3 == 0 && zeros < 3 && digits.first != UInt8(ascii: "0")
        }
        return Quantity(
            amount: .small(ScaledInteger(parts.isNegative ? -product : product, scale: Int32(scale))),
            format: suffix.format, text: keepsText ? input : "")
    }

    private static func large(_ parts: Parts, _ suffix: Suffix) throws(QuantityError) -> Quantity {
        guard parts.number.count <= 10_000,
            var number = BigDecimal(text: String(decoding: parts.number, as: UTF8.self))
        else { throw .numeric }
        if suffix.format == .binarySI {
            // In two steps: `multiply` takes factors below 2^56.
            number.multiply(by: 1 << UInt64(suffix.exponent / 2))
            number.multiply(by: 1 << UInt64(suffix.exponent - suffix.exponent / 2))
        } else {
            number.scale(byPowerOfTen: suffix.exponent)
        }
        let isNegative = number.sign < 0
        if isNegative { number.negate() }
        if !number.isZero { number = number.rounded(toExponent: -9).value }
        var format = suffix.format
        let maximum = BigDecimal(Int64.max, exponent: 0)
        if format == .binarySI {
            if BigDecimal.compare(number, maximum) > 0 { number = maximum }
            if !number.isZero, BigDecimal.compare(number, BigDecimal(1, exponent: 0)) < 0 {
                format = .decimalSI
            }
        }
        if isNegative { number.negate() }
        return Quantity(amount: .big(number), format: format)
    }
}

/// A quantity's text, cut up.
///
/// Upstream: `parseQuantityString` (v1.36), odd corners included: `k` is zero, `1.` is one.
private struct Parts {
    var isNegative = false
    /// Sign, digits and point.
    var number: ArraySlice<UInt8> = []
    /// Digits before the point without leading zeros, but at least one.
    var integer: ArraySlice<UInt8> = []
    var fraction: ArraySlice<UInt8> = []
    var suffix: ArraySlice<UInt8> = []

    init(_ bytes: [UInt8]) throws(QuantityError) {
        var index = 0
        func digitsEnd(_ start: Int) -> Int {
            bytes[start...].firstIndex { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                ?? bytes.count
        }
        if bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+") {
            isNegative = bytes[0] == UInt8(ascii: "-")
            index = 1
        }
        let zeroesEnd = bytes[index...].firstIndex { $0 != UInt8(ascii: "0") } ?? bytes.count
        if zeroesEnd == bytes.count {
            integer = Array("0".utf8)[...]
            number = integer
            return
        }
        index = digitsEnd(zeroesEnd)
        integer = bytes[zeroesEnd..<index]
        if integer.isEmpty { integer = Array("0".utf8)[...] }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            let end = digitsEnd(index + 1)
            fraction = bytes[(index + 1)..<end]
            index = end
        }
        number = bytes[..<index]
        let letters = Array("eEinumkKMGTP".utf8)
        var end = bytes[index...].firstIndex { !letters.contains($0) } ?? bytes.count
        if end < bytes.count, bytes[end] == UInt8(ascii: "-") || bytes[end] == UInt8(ascii: "+") { end += 1 }
        if digitsEnd(end) != bytes.count { throw .format }
        suffix = bytes[index...]
    }
}

/// What stands after a quantity's number.
private struct Suffix {
    var format: Quantity.Format
    /// A power of 2 for `binarySI`, of ten for the others.
    var exponent: Int

    init?(_ bytes: ArraySlice<UInt8>) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let power = Self.decimal.first(where: { $0.text == text })?.exponent {
            self = Suffix(.decimalSI, power)
        } else if let power = Self.binary.first(where: { $0.text == text })?.exponent {
            self = Suffix(.binarySI, power)
        } else if text.utf8.count > 1, text.hasPrefix("e") || text.hasPrefix("E"),
            let power = Int64(text.dropFirst())
        {
            let exponent = Int(Int32(truncatingIfNeeded: power))
            if exponent > 10_000 { return nil }
            // Anything so small rounds up to a billionth.
            self = Suffix(.decimalExponent, max(exponent, -20_000))
        } else {
            return nil
        }
    }

    private init(_ format: Quantity.Format, _ exponent: Int) {
        self.format = format
        self.exponent = exponent
    }

    static let decimal: [(text: String, exponent: Int)] = [
        ("", 0), ("m", -3), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18), ("u", -6),
        ("n", -9),
    ]
    static let binary: [(text: String, exponent: Int)] = [
        ("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60),
    ]

    /// The suffix of a number in this format; empty where there is none, as upstream leaves it out then.
    static func text(_ format: Quantity.Format, exponent: Int) -> String {
        switch format {
        case .decimalSI: decimal.first { $0.exponent == exponent }?.text ?? ""
        case .binarySI: binary.first { $0.exponent == exponent }?.text ?? ""
        case .decimalExponent: exponent == 0 ? "" : "e\(exponent)"
        }
    }
}

extension Quantity: CustomStringConvertible {
    /// The canonical form: no fraction, the largest suffix that leaves none; or the text as it was written
    /// where upstream takes that for canonical.
    public var description: String {
        if !text.isEmpty { return text }
        if isZero { return "0" }
        if format == .binarySI, let binary = binaryText { return binary }
        let number = big.withExponentOfThree
        let decimal = format == .decimalExponent ? Format.decimalExponent : .decimalSI
        return number.digitText + Suffix.text(decimal, exponent: number.exponent)
    }

    /// With a binary suffix; nil for numbers of small size or with a fraction.
    private var binaryText: String? {
        if self > Quantity(value: -1024), self < Quantity(value: 1024) { return nil }
        let (whole, isExact) = big.rounded(toExponent: 0)
        if !isExact { return nil }
        let (number, times) = whole.removingFactors1024()
        return number.digitText + Suffix.text(.binarySI, exponent: times * 10)
    }
}
