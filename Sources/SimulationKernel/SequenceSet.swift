/// A set of sequence numbers: open addressing with linear probing, cheap to add to and to take from.
///
/// Only membership is asked, so the order of the places reaches no result.
@usableFromInline
struct SequenceSet: ~Copyable {
    /// A power of two of places, at most half of them taken; a vacant one holds ``vacant``.
    @usableFromInline var places = ContiguousArray(repeating: Self.vacant, count: 16)
    /// The number of members.
    @usableFromInline var count = 0
    /// What leaves as many bits of a hash as number the places.
    @usableFromInline var shift: UInt64 = 64 - 4

    /// Marks a vacant place: no event has this number.
    @inlinable
    static var vacant: UInt64 { .max }

    @inlinable
    init() {}

    @inlinable
    var isEmpty: Bool { count == 0 }

    /// The number's preferred place: multiplicative hashing (Knuth, TAOCP volume 3, section 6.4).
    @inlinable
    func home(of number: UInt64) -> Int {
        Int(truncatingIfNeeded: (number &* 0x9E37_79B9_7F4A_7C15) >> shift)
    }

    /// The place that holds the number, or else the vacant one where it belongs.
    @inlinable
    func place(of number: UInt64) -> Int {
        let mask = places.count - 1
        var place = home(of: number)
        while places[place] != number && places[place] != Self.vacant { place = (place + 1) & mask }
        return place
    }

    /// Adds a number; false when it was a member.
    @inlinable @discardableResult
    mutating func insert(_ number: UInt64) -> Bool {
        let place = place(of: number)
        if places[place] == number { return false }
        places[place] = number
        count += 1
        if count > places.count / 2 { grow() }
        return true
    }

    /// Takes a number out; false when it was no member.
    @inlinable
    mutating func remove(_ number: UInt64) -> Bool {
        let mask = places.count - 1
        var hole = place(of: number)
        if places[hole] == Self.vacant { return false }
        count -= 1
        // Later members of the cluster move up where that brings them no further than their preferred place.
        var place = (hole + 1) & mask
        while places[place] != Self.vacant {
            let distance = (place - home(of: places[place])) & mask
            if distance >= (place - hole) & mask {
                places[hole] = places[place]
                hole = place
            }
            place = (place + 1) & mask
        }
        places[hole] = Self.vacant
        return true
    }

    /// Makes room for as many members again.
    @inlinable @inline(never)
    mutating func grow() {
        let old = places
        places = ContiguousArray(repeating: Self.vacant, count: 2 * old.count)
        shift -= 1
        for number in old where number != Self.vacant { places[place(of: number)] = number }
    }

    /// Takes every number out. Linear in the number of places.
    @inlinable
    mutating func removeAll() {
        if count == 0 { return }
        count = 0
        for place in places.indices { places[place] = Self.vacant }
    }
}
