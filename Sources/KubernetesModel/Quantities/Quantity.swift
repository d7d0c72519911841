/// Why a text is no quantity, in the API machinery's words.
public enum QuantityError: Error, Hashable, Sendable, CustomStringConvertible {
    case format
    case numeric
    case suffix

    public var description: String {
        switch self {
        case .format:
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        case .numeric: "unable to parse numeric part of quantity"
        case .suffix: "unable to parse quantity's suffix"
        }
    }
}

/// An amount of a resource, exact to a billionth: `100m`, `1.5Gi`, `12e6`.
///
/// Numbers of any size are kept exactly; those that 64 bits hold, cheaply. A text that upstream keeps as it
/// was written (`+5`, `1.500`) comes back the same from `description`. Two quantities are equal when
/// their numbers are, whatever the notation. Exponents beyond 10,000 are refused, where upstream would
/// compute for minutes. Upstream: `apimachinery/pkg/api/resource/quantity.go` (v1.36).
public struct Quantity: Sendable {
    /// The family of suffixes in which a quantity is written.
    public enum Format: String, Hashable, Sendable {
        case decimalExponent = "DecimalExponent"
        case binarySI = "BinarySI"
        case decimalSI = "DecimalSI"
    }

    enum Amount: Sendable {
        case small(ScaledInteger)
        case big(BigDecimal)
    }

    var amount: Amount
    public internal(set) var format: Format
    /// The text as it was written, where that is taken for canonical; else empty.
    var text = ""

    init(amount: Amount, format: Format, text: String = "") {
        self.amount = amount
        self.format = format
        self.text = text
    }

    /// Zero, in decimal notation.
    public static let zero = Quantity(value: 0)

    /// Makes a quantity of whole units.
    public init(value: Int64, format: Format = .decimalSI) {
        self.init(amount: .small(ScaledInteger(value)), format: format)
    }

    /// Makes a quantity of thousandths.
    public init(milli: Int64, format: Format = .decimalSI) {
        self.init(amount: .small(ScaledInteger(milli, scale: -3)), format: format)
    }

    // MARK: As integers

    /// Whole units, rounded up (away from zero); 0 or wrapped beyond 64 bits, as upstream has it.
    public var value: Int64 { scaledValue(0) }

    /// Thousandths, rounded up (away from zero); 0 or wrapped beyond 64 bits, as upstream has it.
    public var milliValue: Int64 { scaledValue(-3) }

    /// The number counted in `10^scale`, rounded up.
    public func scaledValue(_ scale: Int32) -> Int64 {
        switch amount {
        case .small(let small): small.int64(atScale: scale)
        case .big(let big): big.int64(atExponent: Int(scale))
        }
    }

    /// Whole units, saturated at the ends of 64 bits; rounded up.
    public var saturatingValue: Int64 { saturating(0) }

    /// Thousandths, saturated at the ends of 64 bits; rounded up.
    public var saturatingMilliValue: Int64 { saturating(-3) }

    private func saturating(_ scale: Int) -> Int64 {
        let rounded = big.rounded(toExponent: scale).value
        if BigDecimal.compare(rounded, BigDecimal(Int64.max, exponent: scale)) >= 0 { return Int64.max }
        if BigDecimal.compare(rounded, BigDecimal(Int64.min, exponent: scale)) <= 0 { return Int64.min }
        return rounded.wrappedDigits
    }

    /// The nearest floating-point number, or nearly so.
    public var approximateDouble: Double {
        switch amount {
        case .small(let small) where small.scale == 0: Double(small.value)
        default: Double("\(big.digitText)e\(big.exponent)") ?? (sign < 0 ? -Double.infinity : .infinity)
        }
    }

    /// -1, 0 or 1.
    public var sign: Int {
        switch amount {
        case .small(let small): Int(small.value.signum())
        case .big(let big): big.sign
        }
    }

    public var isZero: Bool { sign == 0 }

    /// Whether the number is kept with arbitrary precision: it was written as a fraction of a binary unit, say,
    /// or 64 bits do not hold it. Upstream shares the memory of such numbers between copies.
    public var hasArbitraryPrecision: Bool {
        if case .big = amount { return true }
        return false
    }

    var big: BigDecimal {
        switch amount {
        case .small(let small): small.big
        case .big(let big): big
        }
    }

    // MARK: Arithmetic

    /// Adds; a zero takes over the other's notation.
    public mutating func add(_ other: Quantity) {
        text = ""
        if isZero { format = other.format }
        if case .small(let left) = amount, case .small(let right) = other.amount,
            let sum = left.adding(right)
        {
            amount = .small(sum)
        } else {
            amount = .big(big + other.big)
        }
    }

    /// Subtracts; a zero takes over the other's notation.
    public mutating func subtract(_ other: Quantity) {
        var negative = other
        negative.negate()
        add(negative)
    }

    public mutating func negate() {
        text = ""
        switch amount {
        case .small(let small) where small.value != Int64.min:
            amount = .small(ScaledInteger(-small.value, scale: small.scale))
        default:
            var negative = big
            negative.negate()
            amount = .big(negative)
        }
    }

    /// Rounds away from zero to a multiple of `10^scale`; false when that changed the number.
    @discardableResult
    public mutating func roundUp(toScale scale: Int32) -> Bool {
        switch amount {
        case .small(let small):
            if small.scale >= scale { return true }
            text = ""
            let (value, isExact) = ScaledInteger.divide(small.value, byPowerOfTen: scale - small.scale)
            amount = .small(ScaledInteger(value, scale: scale))
            return isExact
        case .big(let big):
            text = ""
            let (value, isExact) = big.rounded(toExponent: Int(scale))
            amount = .big(value)
            return isExact
        }
    }

    public static func + (left: Quantity, right: Quantity) -> Quantity {
        var result = left
        result.add(right)
        return result
    }

    public static func - (left: Quantity, right: Quantity) -> Quantity {
        var result = left
        result.subtract(right)
        return result
    }

    public static func += (left: inout Quantity, right: Quantity) { left.add(right) }
    public static func -= (left: inout Quantity, right: Quantity) { left.subtract(right) }
}

extension Quantity: Comparable, Hashable {
    /// Negative, zero or positive, as this is less than, equal to or greater than the other.
    public func compare(_ other: Quantity) -> Int {
        if case .small(let left) = amount, case .small(let right) = other.amount, left.scale == right.scale {
            return left.value < right.value ? -1 : left.value > right.value ? 1 : 0
        }
        return BigDecimal.compare(big, other.big)
    }

    public static func == (left: Quantity, right: Quantity) -> Bool { left.compare(right) == 0 }
    public static func < (left: Quantity, right: Quantity) -> Bool { left.compare(right) < 0 }
    public func hash(into hasher: inout Hasher) { hasher.combine(big.normalized) }
}
