/// An exact decimal number of any size: what a quantity is kept in when 64 bits do not hold it.
///
/// Its scale matters to results (overflow in `int64(atScale:)` depends on it), so it is not normalised.
/// Upstream: `gopkg.in/inf.v0` as used by `apimachinery/pkg/api/resource` (v1.36).
struct BigDecimal: Hashable, Sendable {
    private(set) var isNegative: Bool
    /// Decimal digits, the least significant first, none for zero.
    private(set) var digits: [UInt8]
    /// The power of ten that the digits count.
    private(set) var exponent: Int

    init(_ value: Int64, exponent: Int) {
        isNegative = value < 0
        digits = []
        self.exponent = exponent
        var rest = value.magnitude
        while rest > 0 {
            digits.append(UInt8(rest % 10))
            rest /= 10
        }
    }

    /// Reads `[+-]digits[.digits]`; nil when there is no digit or something else.
    init?(text: some StringProtocol) {
        isNegative = false
        digits = []
        exponent = 0
        var sawDigit = false
        var sawPoint = false
        for (position, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "-") where position == 0: isNegative = true
            case UInt8(ascii: "+") where position == 0: break
            case UInt8(ascii: ".") where !sawPoint: sawPoint = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                sawDigit = true
                digits.append(byte - UInt8(ascii: "0"))
                if sawPoint { exponent -= 1 }
            default: return nil
            }
        }
        if !sawDigit { return nil }
        digits.reverse()
        trim()
    }

    var isZero: Bool { digits.isEmpty }
    var sign: Int { digits.isEmpty ? 0 : isNegative ? -1 : 1 }

    mutating func negate() { isNegative = !isNegative && !digits.isEmpty }
    mutating func scale(byPowerOfTen power: Int) { exponent += power }

    /// Multiplies by a number below 2^56.
    mutating func multiply(by factor: UInt64) {
        var carry: UInt64 = 0
        for index in digits.indices {
            let product = UInt64(digits[index]) * factor + carry
            digits[index] = UInt8(product % 10)
            carry = product / 10
        }
        while carry > 0 {
            digits.append(UInt8(carry % 10))
            carry /= 10
        }
        trim()
    }

    /// The number with this exponent, rounded away from zero; whether nothing was lost.
    func rounded(toExponent target: Int) -> (value: BigDecimal, isExact: Bool) {
        var result = self
        result.exponent = target
        if target <= exponent {
            result.shiftLeft(exponent - target)
            return (result, true)
        }
        let dropped = min(target - exponent, digits.count)
        let isExact = digits[..<dropped].allSatisfy { $0 == 0 }
        result.digits.removeFirst(dropped)
        if !isExact { result.incrementMagnitude() }
        return (result, isExact)
    }

    static func + (left: BigDecimal, right: BigDecimal) -> BigDecimal {
        let exponent = min(left.exponent, right.exponent)
        var left = left.rounded(toExponent: exponent).value
        let right = right.rounded(toExponent: exponent).value
        if left.isNegative == right.isNegative {
            left.addMagnitude(right.digits)
            return left
        }
        if compareMagnitudes(left.digits, right.digits) < 0 {
            var result = right
            result.subtractMagnitude(left.digits)
            return result
        }
        left.subtractMagnitude(right.digits)
        return left
    }

    /// Negative, zero or positive, as the left is less than, equal to or greater than the right.
    static func compare(_ left: BigDecimal, _ right: BigDecimal) -> Int {
        if left.sign != right.sign { return left.sign - right.sign }
        let leftLength = left.digits.count + left.exponent
        let rightLength = right.digits.count + right.exponent
        if left.isZero { return 0 }
        if leftLength != rightLength { return leftLength < rightLength ? -left.sign : left.sign }
        let exponent = min(left.exponent, right.exponent)
        let order = compareMagnitudes(
            left.rounded(toExponent: exponent).value.digits, right.rounded(toExponent: exponent).value.digits)
        return order * left.sign
    }

    /// Without factors of ten among the digits: equal numbers become equal representations.
    var normalized: BigDecimal {
        var result = self
        let zeros = digits.prefix { $0 == 0 }.count
        result.digits.removeFirst(zeros)
        result.exponent = result.isZero ? 0 : exponent + zeros
        result.isNegative = isNegative && !result.isZero
        return result
    }

    /// The digits as text, with the sign and without the exponent.
    var digitText: String {
        if digits.isEmpty { return "0" }
        return (isNegative ? "-" : "")
            + String(decoding: digits.reversed().map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
    }

    /// With the exponent brought down to a multiple of three.
    var withExponentOfThree: BigDecimal {
        var result = normalized
        let surplus = ((result.exponent % 3) + 3) % 3
        result.shiftLeft(surplus)
        result.exponent -= surplus
        return result
    }

    /// The digits divided by 1024 as often as it goes without remainder, and how often that was.
    func removingFactors1024() -> (value: BigDecimal, times: Int) {
        var result = self
        var times = 0
        while !result.isZero {
            var quotient = [UInt8](repeating: 0, count: result.digits.count)
            var remainder = 0
            for index in result.digits.indices.reversed() {
                remainder = remainder * 10 + Int(result.digits[index])
                quotient[index] = UInt8(remainder / 1024)
                remainder %= 1024
            }
            if remainder != 0 { break }
            result.digits = quotient
            result.trim()
            times += 1
        }
        return (result, times)
    }

    /// The digits' low 64 bits, as Go's `big.Int.Int64` has them.
    var wrappedDigits: Int64 {
        let magnitude = digits.reversed().reduce(Int64(0)) { $0 &* 10 &+ Int64($1) }
        return isNegative ? 0 &- magnitude : magnitude
    }

    /// The number counted in powers of ten, rounded up, with upstream's behaviour beyond 64 bits.
    func int64(atExponent target: Int) -> Int64 {
        if target == exponent { return wrappedDigits }
        if exponent > target {
            // Go converts 10^19 and above to the least integer on the machines that matter.
            return wrappedDigits &* (exponent - target > 18 ? Int64.min : powerOfTen(exponent - target))
        }
        let shift = target - exponent
        let belowMaximum =
            BigDecimal.compare(
                BigDecimal(digitsOf: self), BigDecimal(Int64.max, exponent: 0)) < 0
        if belowMaximum, shift < 19 {
            let (quotient, remainder) = wrappedDigits.quotientAndRemainder(dividingBy: powerOfTen(shift))
            return remainder != 0 ? quotient + 1 : quotient
        }
        let (rounded, isExact) = rounded(toExponent: target)
        // Away from zero is up for positive numbers; for negative ones the floor plus one is one less far.
        if isNegative && !isExact { return rounded.wrappedDigits &+ 1 }
        return rounded.wrappedDigits
    }

    // MARK: Digits

    private init(digitsOf other: BigDecimal) {
        self = other
        exponent = 0
    }

    private mutating func trim() {
        while digits.last == 0 { digits.removeLast() }
        if digits.isEmpty { isNegative = false }
    }

    private mutating func shiftLeft(_ places: Int) {
        if places > 0, !digits.isEmpty {
            digits.insert(contentsOf: repeatElement(0, count: places), at: 0)
        }
    }

    private mutating func incrementMagnitude() { addMagnitude([1]) }

    private mutating func addMagnitude(_ other: [UInt8]) {
        var carry: UInt8 = 0
        var index = 0
        while index < other.count || carry > 0 {
            if index == digits.count { digits.append(0) }
            let sum = digits[index] + (index < other.count ? other[index] : 0) + carry
            digits[index] = sum % 10
            carry = sum / 10
            index += 1
        }
    }

    private mutating func subtractMagnitude(_ other: [UInt8]) {
        var borrow: Int8 = 0
        for index in digits.indices {
            var difference =
                Int8(digits[index]) - (index < other.count ? Int8(other[index]) : 0) - borrow
            borrow = difference < 0 ? 1 : 0
            if difference < 0 { difference += 10 }
            digits[index] = UInt8(difference)
        }
        trim()
    }

    private static func compareMagnitudes(_ left: [UInt8], _ right: [UInt8]) -> Int {
        if left.count != right.count { return left.count < right.count ? -1 : 1 }
        for index in left.indices.reversed() where left[index] != right[index] {
            return left[index] < right[index] ? -1 : 1
        }
        return 0
    }
}

/// Ten to a power from 0 to 18.
func powerOfTen(_ power: Int) -> Int64 {
    var result: Int64 = 1
    for _ in 0..<power { result *= 10 }
    return result
}
