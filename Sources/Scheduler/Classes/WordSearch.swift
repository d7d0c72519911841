/// The best of the places that fit, found by words of 64 places, where no other filter and no score that is
/// normalised has a say.
///
/// A word's highest score and how many places have it stay known until one of its places changes, so most of
/// a window need not be looked at.
struct WordSearch {
    /// The places taken from a word, and the highest score among them.
    private struct Part {
        let word: Int32
        let bits: UInt64
        let highest: Int64
    }

    private var parts: ContiguousArray<Part> = []
    /// How many places were looked at, fit, and have the highest score.
    private(set) var visitedCount = 0
    private(set) var feasibleCount = 0
    private(set) var tieCount = 0
    private var highest = Int64.min

    mutating func reset() {
        parts.removeAll(keepingCapacity: true)
        (visitedCount, feasibleCount, tieCount, highest) = (0, 0, 0, .min)
    }

    fileprivate mutating func add(_ word: Int, _ bits: UInt64, highest: Int64, tieCount: Int) {
        parts.append(Part(word: Int32(truncatingIfNeeded: word), bits: bits, highest: highest))
        feasibleCount += bits.nonzeroBitCount
        if highest > self.highest {
            self.highest = highest
            self.tieCount = tieCount
        } else if highest == self.highest {
            self.tieCount += tieCount
        }
    }

    fileprivate mutating func end(visitedCount: Int) { self.visitedCount = visitedCount }

    /// The place of one of those with the highest score, counted in the order of evaluation.
    func place(ofTie number: Int, _ base: ContiguousArray<Int64>) -> Int? {
        var rest = number
        for part in parts where part.highest == highest {
            var bits = part.bits
            while bits != 0 {
                let place = Int(part.word) << 6 + bits.trailingZeroBitCount
                bits &= bits - 1
                if base[place] != highest { continue }
                if rest == 0 { return place }
                rest -= 1
            }
        }
        return nil
    }
}

extension NodeColumns {
    /// Looks at places from a start on until more than the wanted number fit.
    ///
    /// - Parameter passing: what other filters let pass: places in any of the maps of each of them.
    mutating func search(
        from start: Int, wanted: Int, passing: [[ContiguousArray<UInt64>]], _ nodes: NodeTable,
        into result: inout WordSearch
    ) {
        let count = nodes.order.count
        var offset = 0
        while offset < count {
            var place = start + offset
            if place >= count { place -= count }
            // Up to the end of the word, of the order, or of the search.
            let word = place >> 6
            let end = min((word + 1) << 6, place < start ? start : count)
            var mask = UInt64.max << UInt64(place & 63)
            if end & 63 != 0 { mask &= (1 << UInt64(end & 63)) - 1 }
            if isStale[word] & mask != 0 { refresh(word: word, mask: mask, nodes) }
            var bits = fits[word] & mask
            for maps in passing {
                var any: UInt64 = 0
                for map in maps { any |= map[word] }
                bits &= any
            }
            let missing = wanted - result.feasibleCount
            if bits.nonzeroBitCount > missing {
                // The one after the last wanted ends the search.
                var rest = bits
                for _ in 0..<missing { rest &= rest - 1 }
                bits &= ~rest
                if bits != 0 { add(word, bits, to: &result) }
                result.end(visitedCount: offset + word << 6 + rest.trailingZeroBitCount - place)
                return
            }
            if bits != 0 { add(word, bits, to: &result) }
            offset += end - place
        }
        result.end(visitedCount: count)
    }

    private mutating func add(_ word: Int, _ bits: UInt64, to result: inout WordSearch) {
        if bits != fits[word] {
            let (highest, tieCount) = best(word, bits)
            result.add(word, bits, highest: highest, tieCount: tieCount)
            return
        }
        if wordTieCounts[word] == 0 {
            let (highest, tieCount) = best(word, bits)
            setSummary(word, highest, tieCount)
        }
        result.add(word, bits, highest: wordHighest[word], tieCount: Int(wordTieCounts[word]))
    }

    private func best(_ word: Int, _ bits: UInt64) -> (highest: Int64, tieCount: Int) {
        var (highest, tieCount) = (Int64.min, 0)
        var bits = bits
        while bits != 0 {
            let score = base[word << 6 + bits.trailingZeroBitCount]
            bits &= bits - 1
            if score > highest {
                highest = score
                tieCount = 1
            } else if score == highest {
                tieCount += 1
            }
        }
        return (highest, tieCount)
    }
}
