/// Finds slots by hashes: open addressing, at most half full.
struct SlotIndex: Sendable {
    private struct Place: Sendable {
        var hash: UInt64 = 0
        var slot = -1
    }

    private(set) var count = 0
    private var places: ContiguousArray<Place> = []

    /// The slot of the hash that is the right one.
    func slot(_ hash: UInt64, isRight: (Int) -> Bool) -> Int? {
        if places.isEmpty { return nil }
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while places[place].slot >= 0 {
            if places[place].hash == hash && isRight(places[place].slot) { return places[place].slot }
            place = (place + 1) & mask
        }
        return nil
    }

    mutating func insert(_ hash: UInt64, slot: Int) {
        if 2 * (count + 1) > places.count {
            var old: ContiguousArray<Place> = []
            swap(&old, &places)
            places = ContiguousArray(repeating: Place(), count: max(64, 2 * old.count))
            for entry in old where entry.slot >= 0 { put(entry) }
        }
        put(Place(hash: hash, slot: slot))
        count += 1
    }

    private mutating func put(_ entry: Place) {
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: entry.hash) & mask
        while places[place].slot >= 0 { place = (place + 1) & mask }
        places[place] = entry
    }

    mutating func remove(_ hash: UInt64, slot: Int) {
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while places[place].slot != slot {
            if places[place].slot < 0 { return }
            place = (place + 1) & mask
        }
        count -= 1
        // What follows without a gap moves up where that brings it nearer to its own place.
        var gap = place
        var next = (gap + 1) & mask
        while places[next].slot >= 0 {
            let home = Int(truncatingIfNeeded: places[next].hash) & mask
            if (next - home) & mask >= (next - gap) & mask {
                places[gap] = places[next]
                gap = next
            }
            next = (next + 1) & mask
        }
        places[gap] = Place()
    }
}
