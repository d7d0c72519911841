/// Places in the order of nodes that passed so far, and the verdicts on those that did not.
struct ClassBlock {
    /// In the order of evaluation.
    var places: ContiguousArray<Int32> = []
    private(set) var rejected: ContiguousArray<(place: Int32, verdict: Int32)> = []
    private(set) var verdicts: ContiguousArray<Status> = []

    /// Starts with other places; the verdicts stay.
    mutating func reset() {
        places.removeAll(keepingCapacity: true)
        rejected.removeAll(keepingCapacity: true)
        verdicts.removeAll(keepingCapacity: true)
    }

    /// The place of the first of some verdicts, which follow each other.
    mutating func intern(_ list: [Status]) -> Int32 {
        if let first = list.first, let place = verdicts.firstIndex(of: first) { return Int32(place) }
        verdicts.append(contentsOf: list)
        return Int32(verdicts.count - list.count)
    }

    mutating func reject(_ place: Int32, _ status: Status) {
        rejected.append((place, intern([status])))
    }

    /// Keeps the places for which a function gives a negative number, and notes it as a verdict for the others.
    @inline(__always)
    mutating func filter(_ verdict: (Int) -> Int32) {
        var places: ContiguousArray<Int32> = []
        swap(&places, &self.places)
        var kept = 0
        for index in places.indices {
            let place = places[index]
            let verdict = verdict(Int(place))
            if verdict < 0 {
                places[kept] = place
                kept += 1
            } else {
                rejected.append((place, verdict))
            }
        }
        places.removeLast(places.count - kept)
        swap(&places, &self.places)
    }
}
