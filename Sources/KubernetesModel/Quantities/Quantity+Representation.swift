extension Quantity {
    /// How upstream holds the number in memory, which the pod-template-hash depends on.
    public enum Representation: Hashable, Sendable {
        /// `value` times ten to the power of `scale`.
        case scaled(value: Int64, scale: Int32)
        /// A number of any size: its 64-bit words, the least significant first, over ten to the power of `scale`.
        case words([UInt64], isNegative: Bool, scale: Int32)
    }

    /// Upstream: `apimachinery/pkg/api/resource/quantity.go`, `Quantity` (v1.36).
    public var representation: Representation {
        switch amount {
        case .small(let small): return .scaled(value: small.value, scale: small.scale)
        case .big(let big):
            var words: [UInt64] = []
            for digit in big.digits.reversed() {
                var carry = UInt64(digit)
                for index in words.indices {
                    let (high, low) = words[index].multipliedFullWidth(by: 10)
                    let (sum, overflow) = low.addingReportingOverflow(carry)
                    words[index] = sum
                    carry = high + (overflow ? 1 : 0)
                }
                if carry > 0 { words.append(carry) }
            }
            return .words(words, isNegative: big.isNegative, scale: Int32(clamping: -big.exponent))
        }
    }

    /// The text as it was written where upstream keeps that, else empty.
    public var keptText: String { text }
}
