/// The best of the places that fit, found by words of 64 places, where no other filter and no score that is
/// normalised has a say.
///
/// A word's highest score and how many places have it stay known until one of its places changes, so most of
/// a window need not be looked at.
struct WordSearch {
    /// The places taken from a word, and the highest score among them.
    private struct Part {
        let word: Int32
        /// When their scores are known, those with the highest one only.
        var bits: UInt64
        var highest: Int64
    }

    private var parts: ContiguousArray<Part> = []
    /// How many places were looked at, fit, and have the highest score.
    private(set) var visitedCount = 0
    private(set) var feasibleCount = 0
    private(set) var tieCount = 0
    fileprivate var highest = Int64.min

    mutating func reset() {
        parts.removeAll(keepingCapacity: true)
        (visitedCount, feasibleCount, tieCount, highest) = (0, 0, 0, .min)
    }

    /// Takes places whose scores are added later.
    fileprivate mutating func take(_ word: Int, _ bits: UInt64) {
        parts.append(Part(word: Int32(truncatingIfNeeded: word), bits: bits, highest: .min))
        feasibleCount += bits.nonzeroBitCount
    }

    /// Whether any place that was taken is in each of some maps, and whether one is in none.
    func presence(_ maps: [ContiguousArray<UInt64>]) -> (inMaps: [Bool], elsewhere: Bool) {
        var isPresent = [Bool](repeating: false, count: maps.count)
        var isElsewhere = false
        for part in parts {
            var rest = part.bits
            for map in maps.indices {
                let bits = rest & maps[map][Int(part.word)]
                if bits == 0 { continue }
                isPresent[map] = true
                rest &= ~bits
            }
            if rest != 0 { isElsewhere = true }
        }
        return (isPresent, isElsewhere)
    }

    /// Finds the highest score with what places get for the map that they are in, or for being in none.
    mutating func add(
        _ bonuses: [Int64], elsewhere: Int64, of maps: [ContiguousArray<UInt64>],
        to base: ContiguousArray<Int64>
    ) {
        for index in parts.indices {
            let word = Int(parts[index].word)
            var rest = parts[index].bits
            var (highest, ties) = (Int64.min, UInt64(0))
            func look(_ bits: UInt64, _ bonus: Int64) {
                var bits = bits
                while bits != 0 {
                    let place = bits.trailingZeroBitCount
                    bits &= bits - 1
                    let score = base[word << 6 + place] &+ bonus
                    if score < highest { continue }
                    if score > highest { (highest, ties) = (score, 0) }
                    ties |= 1 << UInt64(place)
                }
            }
            for map in maps.indices {
                let bits = rest & maps[map][word]
                if bits == 0 { continue }
                look(bits, bonuses[map])
                rest &= ~bits
            }
            look(rest, elsewhere)
            parts[index].bits = ties
            parts[index].highest = highest
            if highest > self.highest {
                (self.highest, tieCount) = (highest, ties.nonzeroBitCount)
            } else if highest == self.highest {
                tieCount += ties.nonzeroBitCount
            }
        }
    }

    /// Takes places of a word of which those with the highest score are known.
    fileprivate mutating func add(_ word: Int, count: Int, highest: Int64, ties: UInt64) {
        feasibleCount += count
        if highest < self.highest { return }
        parts.append(Part(word: Int32(truncatingIfNeeded: word), bits: ties, highest: highest))
        if highest > self.highest {
            self.highest = highest
            tieCount = ties.nonzeroBitCount
        } else {
            tieCount += ties.nonzeroBitCount
        }
    }

    /// Counts places of a word that all have less than the highest score.
    fileprivate mutating func skip(_ count: Int) { feasibleCount += count }

    fileprivate mutating func end(visitedCount: Int) { self.visitedCount = visitedCount }

    /// The place of one of those with the highest score, counted in the order of evaluation.
    func place(ofTie number: Int) -> Int? {
        var rest = number
        for part in parts where part.highest == highest {
            var bits = part.bits
            let count = bits.nonzeroBitCount
            if rest >= count {
                rest -= count
                continue
            }
            for _ in 0..<rest { bits &= bits - 1 }
            return Int(part.word) << 6 + bits.trailingZeroBitCount
        }
        return nil
    }
}

extension NodeColumns {
    /// Looks at places from a start on until more than the wanted number fit.
    ///
    /// - Parameter passing: what other filters let pass: places in any of the maps of each of them.
    /// - Parameter scoresLater: whether scores are left to ``WordSearch/add(_:elsewhere:of:to:)``.
    mutating func search(
        from start: Int, wanted: Int, passing: [[ContiguousArray<UInt64>]], scoresLater: Bool,
        _ nodes: NodeTable, _ values: inout NodeValues, into result: inout WordSearch
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
            if isStale[word] & mask != 0 { refresh(word: word, mask: mask, nodes, &values) }
            var bits = fits[word] & mask
            for maps in passing {
                var any: UInt64 = 0
                for map in maps { any |= map[word] }
                bits &= any
            }
            let missing = wanted - result.feasibleCount
            var fitting = bits == .max ? 64 : bits.nonzeroBitCount
            if fitting > missing {
                // The one after the last wanted ends the search.
                var rest = bits
                for _ in 0..<missing { rest &= rest - 1 }
                bits &= ~rest
                fitting = missing
                if bits != 0 { add(word, bits, count: fitting, scoresLater: scoresLater, to: &result) }
                result.end(visitedCount: offset + word << 6 + rest.trailingZeroBitCount - place)
                return
            }
            if bits != 0 { add(word, bits, count: fitting, scoresLater: scoresLater, to: &result) }
            offset += end - place
        }
        result.end(visitedCount: count)
    }

    @inline(__always)
    private mutating func add(
        _ word: Int, _ bits: UInt64, count: Int, scoresLater: Bool, to result: inout WordSearch
    ) {
        if scoresLater {
            result.take(word, bits)
            return
        }
        // Whatever the word's highest score is known to be, a lower one than was found is of no use.
        if wordTies[word] != 0 && wordHighest[word] < result.highest {
            result.skip(count)
            return
        }
        if wordTies[word] == 0 {
            let (highest, ties) = best(word, fits[word])
            setSummary(word, highest, ties)
        }
        let ties = wordTies[word] & bits
        if ties != 0 {
            // No place of the word has more, so none of these has.
            result.add(word, count: count, highest: wordHighest[word], ties: ties)
            return
        }
        let (highest, others) = best(word, bits)
        result.add(word, count: count, highest: highest, ties: others)
    }

    private func best(_ word: Int, _ bits: UInt64) -> (highest: Int64, ties: UInt64) {
        var (highest, ties) = (Int64.min, UInt64(0))
        var bits = bits
        while bits != 0 {
            let place = bits.trailingZeroBitCount
            bits &= bits - 1
            let score = base[word << 6 + place]
            if score < highest { continue }
            if score > highest { (highest, ties) = (score, 0) }
            ties |= 1 << UInt64(place)
        }
        return (highest, ties)
    }
}
