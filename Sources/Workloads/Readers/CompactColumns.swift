// Columns of the compact form: numbers one beside the other, each of as few bytes as the widest of them needs.
//
// A column of numbers is a byte with its width (0, 1, 2, 4 or 8), the least number in eight bytes and, unless the
// width is 0, their common divisor in eight; then each number less the least, over the divisor. A column of no
// numbers takes no bytes: how many there are is known from elsewhere. A column of texts is a column of their
// lengths, and the texts' bytes.

extension CompactEncoder {
    mutating func column(_ values: ContiguousArray<Int64>) {
        guard var least = values.first else { return }
        for value in values { least = min(least, value) }
        var most: UInt64 = 0
        var scale: UInt64 = 0
        for value in values {
            let offset = UInt64(bitPattern: value &- least)
            most = max(most, offset)
            if scale == 1 || offset == 0 { continue }
            if scale == 0 {
                scale = offset
            } else if offset % scale != 0 {
                scale = Self.commonDivisor(scale, offset % scale)
            }
        }
        let width = scale == 0 ? 0 : Self.width(most / scale)
        byte(UInt8(width))
        fixed(UInt64(bitPattern: least))
        if width == 0 { return }
        fixed(scale)
        switch width {
        case 1: words(values, least, scale, as: UInt8.self)
        case 2: words(values, least, scale, as: UInt16.self)
        case 4: words(values, least, scale, as: UInt32.self)
        default: words(values, least, scale, as: UInt64.self)
        }
    }

    mutating func texts(column values: ContiguousArray<String>) {
        var lengths: ContiguousArray<Int64> = []
        lengths.reserveCapacity(values.count)
        for value in values { lengths.append(Int64(value.utf8.count)) }
        column(lengths)
        for value in values { raw(value) }
    }

    private static func commonDivisor(_ left: UInt64, _ right: UInt64) -> UInt64 {
        var (left, right) = (left, right)
        while right != 0 { (left, right) = (right, left % right) }
        return left
    }

    private static func width(_ number: UInt64) -> Int {
        number <= 0xFF ? 1 : number <= 0xFFFF ? 2 : number <= 0xFFFF_FFFF ? 4 : 8
    }

    private mutating func words<Word: FixedWidthInteger & BitwiseCopyable>(
        _ values: ContiguousArray<Int64>, _ least: Int64, _ scale: UInt64, as type: Word.Type
    ) {
        let size = MemoryLayout<Word>.size
        unsafe extend(by: values.count * size) { target in
            for place in values.indices {
                let offset = UInt64(bitPattern: values[place] &- least)
                let word = Word(truncatingIfNeeded: scale == 1 ? offset : offset / scale)
                unsafe target.storeBytes(of: word.littleEndian, toByteOffset: place * size, as: Word.self)
            }
        }
    }
}

extension CompactDecoder {
    /// Reads a column of so many numbers over what is in the array.
    mutating func column(_ count: Int, into values: inout ContiguousArray<Int64>) throws(Fault) {
        values.removeAll(keepingCapacity: true)
        if count == 0 { return }
        let width = Int(try byte())
        let least = Int64(bitPattern: try fixed())
        if width == 0 {
            values.append(contentsOf: repeatElement(least, count: count))
            return
        }
        let scale = try fixed()
        guard count <= rest / width else { throw Fault() }
        let start = try skip(count * width).lowerBound
        switch width {
        case 1: take(count, from: start, as: UInt8.self, least, scale, &values)
        case 2: take(count, from: start, as: UInt16.self, least, scale, &values)
        case 4: take(count, from: start, as: UInt32.self, least, scale, &values)
        case 8: take(count, from: start, as: UInt64.self, least, scale, &values)
        default: throw Fault()
        }
    }

    private func take<Word: FixedWidthInteger & BitwiseCopyable>(
        _ count: Int, from start: Int, as type: Word.Type, _ least: Int64, _ scale: UInt64,
        _ values: inout ContiguousArray<Int64>
    ) {
        values.append(contentsOf: repeatElement(0, count: count))
        var span = values.mutableSpan
        for place in 0..<count {
            let word = UInt64(truncatingIfNeeded: word(start + place * MemoryLayout<Word>.size, as: type))
            span[place] = least &+ Int64(truncatingIfNeeded: word &* scale)
        }
    }

    /// Reads a column of numbers that are places in a list of so many.
    mutating func places(
        _ count: Int, below bound: Int, into values: inout ContiguousArray<Int64>
    ) throws(Fault) {
        try column(count, into: &values)
        for value in values where value < 0 || value >= Int64(bound) { throw Fault() }
    }

    /// Reads the lengths of a column of texts, and passes over the texts.
    ///
    /// - Returns: where the first of them begins.
    mutating func texts(
        column count: Int, lengths: inout ContiguousArray<Int64>
    ) throws(Fault) -> Int {
        try column(count, into: &lengths)
        var sum: Int64 = 0
        for length in lengths {
            // Each is at most what is left, so that the sum stays in range.
            guard length >= 0, length <= Int64(rest), sum <= Int64(rest) - length else { throw Fault() }
            sum += length
        }
        return try skip(Int(sum)).lowerBound
    }
}
