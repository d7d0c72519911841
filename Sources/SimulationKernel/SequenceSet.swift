/// A set of sequence numbers, cheap to add to and to take from.
///
/// A hash table of words of 64 neighbouring numbers, with open addressing and linear probing: numbers in use at
/// one time are mostly near each other, so a million members fit a core's cache. Only membership is asked; the
/// order of the places reaches no result.
@usableFromInline
struct SequenceSet: ~Copyable {
    /// The members among 64 neighbours; no place holds a word without members, but to say that it is vacant.
    @usableFromInline
    struct Word: BitwiseCopyable {
        /// The members' common bits above the lowest six.
        @usableFromInline var page: UInt64
        /// Bit i says whether the i-th of the neighbours is a member.
        @usableFromInline var members: UInt64

        @inlinable
        init(page: UInt64, members: UInt64) {
            self.page = page
            self.members = members
        }
    }

    /// A power of two of places, at most half of them taken.
    @usableFromInline var places = Slab(repeating: Word(page: 0, members: 0), count: 16)
    /// The number of members.
    @usableFromInline var count = 0
    /// The number of places taken.
    @usableFromInline var taken = 0
    /// What leaves as many bits of a hash as number the places.
    @usableFromInline var shift: UInt64 = 64 - 4

    @inlinable
    init() {}

    @inlinable
    var isEmpty: Bool { count == 0 }

    /// Adds a number; false when it was a member.
    @inlinable @discardableResult
    mutating func insert(_ number: UInt64) -> Bool {
        let place = place(of: number >> 6)
        let bit: UInt64 = 1 << (number & 63)
        let members = places[place].members
        if members & bit != 0 { return false }
        places[place] = Word(page: number >> 6, members: members | bit)
        count += 1
        if members == 0 {
            taken += 1
            if taken > places.count / 2 { grow() }
        }
        return true
    }

    /// Takes a number out; false when it was no member.
    @inlinable
    mutating func remove(_ number: UInt64) -> Bool {
        let place = place(of: number >> 6)
        let bit: UInt64 = 1 << (number & 63)
        let members = places[place].members
        if members & bit == 0 { return false }
        count -= 1
        if members == bit {
            vacate(place)
        } else {
            places[place].members = members ^ bit
        }
        return true
    }

    /// A page's preferred place: multiplicative hashing (Knuth, TAOCP volume 3, section 6.4).
    @inlinable
    func home(of page: UInt64) -> Int {
        Int(truncatingIfNeeded: (page &* 0x9E37_79B9_7F4A_7C15) >> shift)
    }

    /// The place that holds the page, or else the vacant one where it belongs.
    @inlinable
    func place(of page: UInt64) -> Int {
        let mask = places.count - 1
        var place = home(of: page)
        while true {
            let word = places[place]
            if word.page == page || word.members == 0 { return place }
            place = (place + 1) & mask
        }
    }

    /// Empties a place. Words behind it move up, where that takes them no further than their preferred place.
    @inlinable @inline(never)
    mutating func vacate(_ start: Int) {
        let mask = places.count - 1
        var hole = start
        var place = (hole + 1) & mask
        while places[place].members != 0 {
            let distance = (place - home(of: places[place].page)) & mask
            if distance >= (place - hole) & mask {
                places[hole] = places[place]
                hole = place
            }
            place = (place + 1) & mask
        }
        places[hole] = Word(page: 0, members: 0)
        taken -= 1
    }

    /// Makes room for as many words again.
    @inlinable @inline(never)
    mutating func grow() {
        var old = Slab(repeating: Word(page: 0, members: 0), count: 2 * places.count)
        swap(&old, &places)
        shift -= 1
        for index in 0..<old.count where old[index].members != 0 {
            places[place(of: old[index].page)] = old[index]
        }
    }
}
