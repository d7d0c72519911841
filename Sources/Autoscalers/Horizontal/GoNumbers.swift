/// Go's conversions of floating-point numbers on amd64: what does not fit becomes the smallest integer.
enum GoNumber {
    static func int32(_ value: Double) -> Int32 {
        let whole = value.rounded(.towardZero)
        return whole >= -2_147_483_648 && whole <= 2_147_483_647 ? Int32(whole) : .min
    }

    static func int64(_ value: Double) -> Int64 {
        let whole = value.rounded(.towardZero)
        return whole >= -0x1p63 && whole < 0x1p63 ? Int64(whole) : .min
    }

    /// `Quantity.AsApproximateFloat64`: the digits times a power of ten, not always the nearest number.
    ///
    /// Upstream: `apimachinery/pkg/api/resource/quantity.go` (v1.36).
    static func approximate(_ value: Int64, scale: Int32) -> Double {
        if scale == 0 { return Double(value) }
        return Double(value) * (Double("1e\(scale)") ?? 0)
    }
}
