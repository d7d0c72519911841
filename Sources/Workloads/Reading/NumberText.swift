/// Numbers in text, read from bytes without an intermediate string.
public enum NumberText {
    /// A whole number with an optional sign; nil for anything else, and for what 64 bits do not hold.
    @inlinable
    public static func integer(_ bytes: Span<UInt8>) -> Int64? {
        let count = bytes.count
        var index = 0
        var negative = false
        if count > 0 && (bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+")) {
            negative = bytes[0] == UInt8(ascii: "-")
            index = 1
        }
        if index == count { return nil }
        var value: UInt64 = 0
        if count - index <= 19 {
            while index < count {
                let digit = bytes[index] &- 0x30
                if digit > 9 { return nil }
                value = value &* 10 &+ UInt64(digit)
                index += 1
            }
        } else {
            while index < count {
                let digit = bytes[index] &- 0x30
                if digit > 9 { return nil }
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
                if overflow || carry { return nil }
                value = sum
                index += 1
            }
        }
        if negative { return value <= 0x8000_0000_0000_0000 ? Int64(truncatingIfNeeded: 0 &- value) : nil }
        return Int64(exactly: value)
    }

    /// A finite decimal number, correctly rounded; nil for anything else, `NaN` and `inf` among it.
    @inlinable
    public static func decimal(_ bytes: Span<UInt8>) -> Double? {
        let count = bytes.count
        var index = 0
        var negative = false
        if count > 0 && (bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+")) {
            negative = bytes[0] == UInt8(ascii: "-")
            index = 1
        }
        var mantissa: UInt64 = 0
        var digits = 0
        var fraction = 0
        var seenPoint = false
        var anyDigit = false
        while index < count {
            let byte = bytes[index]
            let digit = byte &- 0x30
            if digit <= 9 {
                anyDigit = true
                if mantissa != 0 || digit != 0 { digits += 1 }
                if digits <= 19 { mantissa = mantissa &* 10 &+ UInt64(digit) }
                if seenPoint { fraction += 1 }
            } else if byte == UInt8(ascii: ".") && !seenPoint {
                seenPoint = true
            } else {
                break
            }
            index += 1
        }
        if !anyDigit { return nil }
        var exponent = 0
        if index < count {
            guard bytes[index] | 0x20 == UInt8(ascii: "e") else { return nil }
            guard index + 1 < count, let power = integer(bytes.extracting((index + 1)..<count)) else {
                return nil
            }
            if power > 10_000 || power < -10_000 { return slowDecimal(bytes) }
            exponent = Int(power)
        }
        exponent -= fraction
        // Exact as long as both the digits and the power of ten are (Clinger 1990).
        if digits <= 19 && mantissa <= 1 << 53 && exponent >= -22 && exponent <= 22 {
            let value = Double(mantissa)
            let result = exponent < 0 ? value / powersOfTen[-exponent] : value * powersOfTen[exponent]
            return negative ? -result : result
        }
        return slowDecimal(bytes)
    }

    @usableFromInline
    static func slowDecimal(_ bytes: Span<UInt8>) -> Double? {
        if bytes.count > 400 { return nil }
        var text = ""
        for index in 0..<bytes.count {
            guard bytes[index] < 0x80 else { return nil }
            text.unicodeScalars.append(Unicode.Scalar(bytes[index]))
        }
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }

    @usableFromInline static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
        1e19, 1e20, 1e21, 1e22,
    ]

    /// The product as a whole number, rounded to the nearest; nil when it is no number or out of range.
    @inlinable
    public static func scaled(_ value: Double, by factor: Double) -> Int64? {
        Int64(exactly: (value * factor).rounded(.toNearestOrAwayFromZero))
    }
}
