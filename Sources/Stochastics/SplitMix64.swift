/// The SplitMix64 sequence, which spreads one 64-bit key over a larger state.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, with the
/// multipliers of Stafford's variant 13. Its authors recommend it for seeding the xoshiro family.
@usableFromInline
struct SplitMix64 {
    @usableFromInline var state: UInt64

    @inlinable
    init(state: UInt64) { self.state = state }

    @inlinable
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
