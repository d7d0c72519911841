import OrderedCollections

extension StrategicMergePatch.Merge {
    /// Merges two lists, of structs by their merge key, of plain values as a set.
    func lists(
        _ original: [JSONValue], _ patch: [JSONValue], _ element: PatchSchema, _ mergeKey: String,
        isDeletion: Bool
    ) throws(PatchFailure) -> [JSONValue] {
        if original.isEmpty && patch.isEmpty { return original }
        let isOfMaps = try PatchLists.areMaps(original, patch)
        guard isOfMaps else {
            if isServer && isDeletion {
                let gone = Set(patch)
                return original.filter { !gone.contains($0) }
            }
            let merged = PatchLists.deduplicate(original + patch)
            let (ordered, others) = try PatchLists.partition(merged, by: patch, mergeKey: mergeKey)
            return try PatchLists.interleave(
                ordered, serverOnly: others, order: patch, serverOrder: original, mergeKey: nil)
        }
        if mergeKey.isEmpty {
            throw PatchFailure("cannot merge lists without merge key for \(element.kindName)")
        }
        let (remaining, changes) = try carryOutDirectives(original, patch, mergeKey)
        var merged = remaining
        for change in changes {
            guard case .object(let members) = change else { throw .expectedMap(change) }
            guard let value = members[mergeKey] else { throw .noMergeKey(members, mergeKey) }
            if let place = try PatchLists.find(mergeKey, value, in: merged) {
                merged[place] = .object(try maps(merged[place].objectValue ?? [:], members, element))
            } else {
                merged.append(change)
            }
        }
        let (ordered, others) = try PatchLists.partition(merged, by: changes, mergeKey: mergeKey)
        return try PatchLists.interleave(
            ordered, serverOnly: others, order: changes, serverOrder: remaining, mergeKey: mergeKey)
    }

    /// Deletes what the patch says is to go; gives back what is left, and the patch without directives.
    private func carryOutDirectives(_ original: [JSONValue], _ patch: [JSONValue], _ mergeKey: String)
        throws(PatchFailure) -> ([JSONValue], [JSONValue])
    {
        var original = original
        var changes: [JSONValue] = []
        var replaces = false
        for element in patch {
            guard case .object(let members) = element else { throw .expectedMap(element) }
            switch members[StrategicMergePatch.directive] {
            case nil: changes.append(element)
            case "delete":
                guard let value = members[mergeKey] else { throw .noMergeKey(members, mergeKey) }
                while let place = try PatchLists.find(mergeKey, value, in: original) {
                    original.remove(at: place)
                }
            case "replace": replaces = true
            case "merge": throw PatchFailure("merging lists cannot yet be specified in the patch")
            case let other?: throw .unknownDirective(other, members)
            }
        }
        return replaces ? (changes, []) : (original, changes)
    }
}

/// What merging and comparing lists have in common. A merge key of nil stands for lists of plain values.
enum PatchLists {
    /// Whether the elements are objects; they must all be of one type.
    static func areMaps(_ lists: [JSONValue]...) throws(PatchFailure) -> Bool {
        var first: JSONValue?
        for element in lists.joined() {
            if let first {
                if GoText.typeName(first) != GoText.typeName(element) {
                    let all = JSONValue.array(lists.map(JSONValue.array))
                    throw PatchFailure("list element types are not identical: \(GoText.value(all))")
                }
            } else {
                if case .array = element { throw .listOfLists }
                first = element
            }
        }
        guard let first else { throw PatchFailure("no elements in any of the given slices") }
        return first.objectValue != nil
    }

    /// The place of the object whose member has a value.
    static func find(_ key: String, _ value: JSONValue, in list: [JSONValue]) throws(PatchFailure) -> Int? {
        for (place, element) in list.enumerated() {
            guard case .object(let members) = element else {
                throw PatchFailure("value for key \(place) is not a map")
            }
            if members[key] == value { return place }
        }
        return nil
    }

    /// Without repeated values. The last value takes the place of one that goes, as upstream has it.
    static func deduplicate(_ values: [JSONValue]) -> [JSONValue] {
        var values = values
        var place = 0
        while place < values.count {
            var other = place + 1
            while other < values.count {
                if values[other] == values[place] {
                    values[other] = values[values.count - 1]
                    values.removeLast()
                } else {
                    other += 1
                }
            }
            place += 1
        }
        return values
    }

    /// The elements that are in the order, and those that are not.
    static func partition(_ list: [JSONValue], by order: [JSONValue], mergeKey: String)
        throws(PatchFailure) -> (inOrder: [JSONValue], others: [JSONValue])
    {
        var result: (inOrder: [JSONValue], others: [JSONValue]) = ([], [])
        for element in list {
            let isFound: Bool
            if mergeKey.isEmpty {
                isFound = order.contains(element)
            } else {
                guard case .object(let members) = element else { throw .expectedMap(element) }
                guard let value = members[mergeKey] else { throw .noMergeKey(members, mergeKey) }
                isFound = try find(mergeKey, value, in: order) != nil
            }
            if isFound { result.inOrder.append(element) } else { result.others.append(element) }
        }
        return result
    }

    /// Sorts both lists, each by its own order, and puts them together so that neither order is broken.
    static func interleave(
        _ patch: [JSONValue], serverOnly: [JSONValue], order: [JSONValue], serverOrder: [JSONValue],
        mergeKey: String?
    ) throws(PatchFailure) -> [JSONValue] {
        let left = try sort(serverOnly, by: serverOrder, mergeKey: mergeKey)
        let right = try sort(patch, by: order, mergeKey: mergeKey)
        var result: [JSONValue] = []
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            var takesLeft = j >= right.count
            if i < left.count && j < right.count,
                let a = index(of: left[i], in: serverOrder, mergeKey),
                let b = index(of: right[j], in: serverOrder, mergeKey)
            {
                takesLeft = a < b
            }
            if takesLeft {
                result.append(left[i])
                i += 1
            } else {
                result.append(right[j])
                j += 1
            }
        }
        return result
    }

    /// Sorts a list by an order; objects that are to be deleted come last.
    static func sort(_ list: [JSONValue], by order: [JSONValue], mergeKey: String?) throws(PatchFailure)
        -> [JSONValue]
    {
        var sorted = list
        var deleted: [JSONValue] = []
        if let mergeKey {
            for element in list + order {
                guard case .object(let members) = element else { throw .expectedMap(element) }
                if members[mergeKey] == nil { throw .noMergeKey(members, mergeKey) }
            }
            deleted = list.filter(isDeleted)
            sorted.removeAll(where: isDeleted)
        }
        // Insertion, because elements that are not in the order come before any other, which is no order
        // that a sort may rely on; upstream's stable sort inserts lists this short, too.
        let places = sorted.map { index(of: $0, in: order, mergeKey) }
        var ranks = Array(sorted.indices)
        for start in ranks.indices.dropFirst() {
            var place = start
            while place > 0, precedes(places[ranks[place]], places[ranks[place - 1]]) {
                ranks.swapAt(place, place - 1)
                place -= 1
            }
        }
        return ranks.map { sorted[$0] } + deleted
    }

    private static func precedes(_ left: Int?, _ right: Int?) -> Bool {
        if let left, let right { left < right } else { true }
    }

    private static func index(of element: JSONValue, in order: [JSONValue], _ mergeKey: String?) -> Int? {
        guard let mergeKey else { return order.firstIndex(of: element) }
        let value = element[mergeKey] ?? .null
        return order.firstIndex { ($0[mergeKey] ?? .null) == value }
    }

    private static func isDeleted(_ element: JSONValue) -> Bool {
        element[StrategicMergePatch.directive] == "delete"
    }

    /// Refuses a patch whose elements come in another order than the one that it demands.
    static func check(_ patch: [JSONValue], against order: [JSONValue], mergeKey: String)
        throws(PatchFailure)
    {
        if patch.isEmpty || order.isEmpty { return }
        var elements = patch
        if !mergeKey.isEmpty {
            for element in patch where element.objectValue == nil { throw .expectedMap(element) }
            elements.removeAll(where: isDeleted)
        }
        var (place, orderPlace) = (0, 0)
        while place < elements.count && orderPlace < order.count {
            if elements[place][StrategicMergePatch.directive] != nil {
                place += 1
                continue
            }
            if try haveSameKey(elements[place], order[orderPlace], mergeKey) { place += 1 }
            orderPlace += 1
        }
        if place < elements.count && orderPlace >= order.count {
            throw PatchFailure(
                "The order in patch list:\n\(GoText.value(.array(patch)))\n doesn't match "
                    + "\(StrategicMergePatch.elementOrder) list:\n\(GoText.value(.array(order)))\n")
        }
    }

    static func haveSameKey(_ left: JSONValue, _ right: JSONValue, _ mergeKey: String) throws(PatchFailure)
        -> Bool
    {
        if mergeKey.isEmpty { return left == right }
        guard case .object(let leftMembers) = left else { throw .expectedMap(left) }
        guard case .object(let rightMembers) = right else { throw .expectedMap(right) }
        guard let leftKey = leftMembers[mergeKey] else { throw .noMergeKey(leftMembers, mergeKey) }
        guard let rightKey = rightMembers[mergeKey] else { throw .noMergeKey(rightMembers, mergeKey) }
        return leftKey == rightKey
    }
}
