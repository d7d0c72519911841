extension String {
    /// Texts one after the other, in one allocation.
    public init(
        joining first: String, _ second: String, _ third: String = "", _ fourth: String = "",
        _ fifth: String = "", _ sixth: String = ""
    ) {
        let count =
            first.utf8.count + second.utf8.count + third.utf8.count + fourth.utf8.count
            + fifth.utf8.count + sixth.utf8.count
        self = unsafe String(unsafeUninitializedCapacity: count) { bytes in
            var end = 0
            unsafe Self.append(first, to: bytes, &end)
            unsafe Self.append(second, to: bytes, &end)
            unsafe Self.append(third, to: bytes, &end)
            unsafe Self.append(fourth, to: bytes, &end)
            unsafe Self.append(fifth, to: bytes, &end)
            unsafe Self.append(sixth, to: bytes, &end)
            return end
        }
    }

    /// A text, a point, and a number in hexadecimal digits.
    public init(joining text: String, hexadecimal number: UInt64) {
        let digits = Swift.max(1, (64 - number.leadingZeroBitCount + 3) / 4)
        self = unsafe String(unsafeUninitializedCapacity: text.utf8.count + 1 + digits) { bytes in
            var end = 0
            unsafe Self.append(text, to: bytes, &end)
            unsafe bytes[end] = UInt8(ascii: ".")
            end += 1
            for place in (0..<digits).reversed() {
                let digit = UInt8(truncatingIfNeeded: number >> UInt64(4 * place)) & 15
                unsafe bytes[end] = digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "a")
                end += 1
            }
            return end
        }
    }

    /// A text, and ASCII letters that are packed into a number, the first lowest.
    public init(joining text: String, letters: UInt64, count: Int) {
        self = unsafe String(unsafeUninitializedCapacity: text.utf8.count + count) { bytes in
            var end = 0
            unsafe Self.append(text, to: bytes, &end)
            for place in 0..<count {
                unsafe bytes[end] = UInt8(truncatingIfNeeded: letters >> UInt64(8 * place))
                end += 1
            }
            return end
        }
    }

    @inline(__always)
    private static func append(
        _ text: String, to bytes: UnsafeMutableBufferPointer<UInt8>, _ end: inout Int
    ) {
        let start = end
        let copied: Int? = unsafe text.utf8.withContiguousStorageIfAvailable { source in
            if let from = source.baseAddress, let to = bytes.baseAddress {
                unsafe (to + start).update(from: from, count: source.count)
            }
            return source.count
        }
        if let copied {
            end += copied
            return
        }
        for byte in text.utf8 {
            unsafe bytes[end] = byte
            end += 1
        }
    }
}
