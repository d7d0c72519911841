/// A 64-bit count of a power of ten: what nearly every quantity is kept in.
///
/// Upstream: `int64Amount` in `apimachinery/pkg/api/resource/amount.go` and `math.go` (v1.36).
struct ScaledInteger: Hashable, Sendable {
    var value: Int64
    var scale: Int32

    init(_ value: Int64, scale: Int32 = 0) {
        self.value = value
        self.scale = scale
    }

    var big: BigDecimal { BigDecimal(value, exponent: Int(scale)) }

    /// The sum, or nil when 64 bits do not hold it.
    func adding(_ other: ScaledInteger) -> ScaledInteger? {
        if other.value == 0 { return self }
        if value == 0 { return other }
        let common = min(scale, other.scale)
        guard let left = Self.multiply(value, byPowerOfTen: scale - common),
            let right = Self.multiply(other.value, byPowerOfTen: other.scale - common)
        else { return nil }
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? nil : ScaledInteger(sum, scale: common)
    }

    /// The number counted in another power of ten, rounded away from zero; zero where 64 bits overflow.
    func int64(atScale target: Int32) -> Int64 {
        scale < target
            ? Self.divide(value, byPowerOfTen: target - scale).result
            : Self.multiply(value, byPowerOfTen: scale - target) ?? 0
    }

    /// The product, or nil when it does not fit.
    static func multiply(_ value: Int64, byPowerOfTen power: Int32) -> Int64? {
        if value == 0 { return 0 }
        if power > 18 { return nil }
        let (product, overflow) = value.multipliedReportingOverflow(by: powerOfTen(Int(power)))
        // Upstream gives up on the least integer in multiplications.
        return overflow || (power > 0 && value == Int64.min) ? nil : product
    }

    /// The quotient rounded away from zero, and whether it is exact.
    static func divide(_ value: Int64, byPowerOfTen power: Int32) -> (result: Int64, isExact: Bool) {
        if power == 0 || value == 0 { return (value, true) }
        if power > 18 { return (value > 0 ? 1 : -1, false) }
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: powerOfTen(Int(power)))
        if remainder == 0 { return (quotient, true) }
        return (quotient + (value > 0 ? 1 : -1), false)
    }
}
