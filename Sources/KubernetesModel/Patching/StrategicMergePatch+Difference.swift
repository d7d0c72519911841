import OrderedCollections

extension StrategicMergePatch {
    /// The patch that `kubectl apply` sends: what the manifest says and the live object does not, and the
    /// removal of what the manifest applied last said and this one does not. Fields that neither names stay.
    ///
    /// Upstream: `CreateThreeWayMergePatch` with `overwrite` (v1.36).
    public static func threeWay(
        original: JSONValue, modified: JSONValue, current: JSONValue, as kind: GroupVersionKind
    ) throws(PatchFailure) -> JSONValue {
        guard let schema = PatchSchema(kind) else {
            throw PatchFailure("strategic merge patch format is not supported", .badRequest)
        }
        let modified = modified.objectValue ?? [:]
        let additions = try Difference(ignoresDeletions: true).maps(
            current.objectValue ?? [:], modified, schema)
        let deletions = try Difference(ignoresAdditions: true).maps(
            original.objectValue ?? [:], modified, schema)
        return .object(try Merge(isServer: false).maps(deletions, additions, schema))
    }

    /// The patch that makes one object of another.
    ///
    /// Upstream: `CreateTwoWayMergePatch` (v1.36).
    public static func twoWay(original: JSONValue, modified: JSONValue, as kind: GroupVersionKind)
        throws(PatchFailure) -> JSONValue
    {
        guard let schema = PatchSchema(kind) else {
            throw PatchFailure("strategic merge patch format is not supported", .badRequest)
        }
        return .object(
            try Difference().maps(original.objectValue ?? [:], modified.objectValue ?? [:], schema))
    }

    /// Comparing two objects, which gives a patch.
    struct Difference {
        var ignoresAdditions = false
        var ignoresDeletions = false
        /// Whether the patch names the members that stay.
        private var namesKept = false

        init(ignoresAdditions: Bool = false, ignoresDeletions: Bool = false) {
            self.ignoresAdditions = ignoresAdditions
            self.ignoresDeletions = ignoresDeletions
        }

        private func naming(_ flag: Bool) -> Difference {
            var copy = self
            copy.namesKept = flag
            return copy
        }

        func maps(_ original: JSONObject, _ modified: JSONObject, _ schema: PatchSchema)
            throws(PatchFailure) -> JSONObject
        {
            var patch: JSONObject = [:]
            for (key, new) in modified {
                guard let old = original[key] else {
                    if !ignoresAdditions { patch[key] = new }
                    continue
                }
                if key == StrategicMergePatch.directive {
                    guard old.stringValue != nil, new.stringValue != nil else {
                        throw PatchFailure("invalid value for special key: $patch")
                    }
                    if old != new { patch[key] = new }
                    continue
                }
                switch (old, new) {
                case (.object(let old), .object(let new)):
                    try compare(old, new, key, schema, &patch)
                case (.array(let old), .array(let new)):
                    try compare(old, new, key, schema, &patch)
                default:
                    if !ignoresAdditions && old != new { patch[key] = new }
                }
            }
            if !ignoresDeletions {
                for key in original.keys where modified[key] == nil { patch[key] = .some(.null) }
            }
            if namesKept {
                let kept = modified.filter { !$0.value.isNull }.keys.map { JSONValue.string($0) }
                let hasMore = original.contains { !$0.value.isNull && modified[$0.key] == nil }
                if !kept.isEmpty && (!patch.isEmpty || hasMore) {
                    patch[StrategicMergePatch.retainKeys] = .array(PatchLists.sortScalars(kept))
                }
            }
            return patch
        }

        private func compare(
            _ old: JSONObject, _ new: JSONObject, _ key: String, _ schema: PatchSchema,
            _ patch: inout JSONObject
        ) throws(PatchFailure) {
            // A field that the types do not have matters only when it changes.
            if JSONValue.object(old).isSameData(as: .object(new)) && !schema.hasField(key) { return }
            let (field, strategy) = try schema.field(key)
            if strategy.replaces {
                if !ignoresAdditions { patch[key] = .object(new) }
                return
            }
            let inner = try naming(strategy.retainsKeys).maps(old, new, field)
            if !inner.isEmpty { patch[key] = .object(inner) }
        }

        private func compare(
            _ old: [JSONValue], _ new: [JSONValue], _ key: String, _ schema: PatchSchema,
            _ patch: inout JSONObject
        ) throws(PatchFailure) {
            let isSame = JSONValue.array(old).isSameData(as: .array(new))
            if isSame && !schema.hasField(key) { return }
            let (element, strategy) = try schema.list(key)
            guard let mergeKey = strategy.mergeKey else {
                if !ignoresAdditions && !isSame { patch[key] = .array(new) }
                return
            }
            let change = try naming(strategy.retainsKeys).lists(old, new, element, mergeKey)
            if !change.patch.isEmpty { patch[key] = .array(change.patch) }
            if !change.deletions.isEmpty {
                patch["\(StrategicMergePatch.deletions)/\(key)"] = .array(change.deletions)
            }
            if !change.order.isEmpty {
                patch["\(StrategicMergePatch.elementOrder)/\(key)"] = .array(change.order)
            }
        }

        private struct ListChange {
            var patch: [JSONValue] = []
            var deletions: [JSONValue] = []
            var order: [JSONValue] = []
        }

        private func lists(
            _ old: [JSONValue], _ new: [JSONValue], _ element: PatchSchema, _ mergeKey: String
        ) throws(PatchFailure) -> ListChange {
            if old.isEmpty { return ListChange(patch: ignoresAdditions ? [] : new) }
            var change = ListChange()
            if try PatchLists.areMaps(old, new) {
                let (patch, deleted) = try listsOfMaps(old, new, element, mergeKey)
                change.patch = try PatchLists.sort(patch, by: new, mergeKey: mergeKey) + deleted
                var isSameOrder = old.count == new.count
                for (left, right) in zip(old, new) where isSameOrder {
                    isSameOrder = try PatchLists.haveSameKey(left, right, mergeKey)
                }
                let isPatched = !change.patch.isEmpty
                if (!ignoresAdditions && (isPatched || !isSameOrder)) || (!ignoresDeletions && isPatched) {
                    change.order = new.map { [mergeKey: $0[mergeKey] ?? .null] }
                }
            } else {
                (change.patch, change.deletions) = scalars(old, new)
                change.patch = try PatchLists.sort(change.patch, by: new, mergeKey: nil)
                if (!ignoresDeletions && !change.deletions.isEmpty) || (!ignoresAdditions && old != new) {
                    change.order = new
                }
            }
            return change
        }

        /// Walks along both lists in the order of the merge keys' texts.
        private func listsOfMaps(
            _ old: [JSONValue], _ new: [JSONValue], _ element: PatchSchema, _ mergeKey: String
        ) throws(PatchFailure) -> (patch: [JSONValue], deleted: [JSONValue]) {
            let before = try PatchLists.sortedByKey(old, mergeKey)
            let after = try PatchLists.sortedByKey(new, mergeKey)
            var (patch, deleted): ([JSONValue], [JSONValue]) = ([], [])
            var (i, j) = (0, 0)
            while i < before.count || j < after.count {
                if i < before.count, j < after.count, before[i].text == after[j].text {
                    var inner = try maps(before[i].members, after[j].members, element)
                    if !inner.isEmpty {
                        inner[mergeKey] = after[j].key
                        patch.append(.object(inner))
                    }
                    i += 1
                    j += 1
                } else if i >= before.count
                    || (j < after.count && PatchLists.isBefore(after[j].text, before[i].text))
                {
                    if !ignoresAdditions { patch.append(.object(after[j].members)) }
                    j += 1
                } else {
                    if !ignoresDeletions {
                        deleted.append([mergeKey: before[i].key, StrategicMergePatch.directive: "delete"])
                    }
                    i += 1
                }
            }
            return (patch, deleted)
        }

        private func scalars(_ old: [JSONValue], _ new: [JSONValue]) -> ([JSONValue], [JSONValue]) {
            let before = PatchLists.sortScalars(old)
            let after = PatchLists.sortScalars(new)
            var (added, deleted): ([JSONValue], [JSONValue]) = ([], [])
            var (i, j) = (0, 0)
            while i < before.count || j < after.count {
                let left = i < before.count ? GoText.value(before[i]) : nil
                let right = j < after.count ? GoText.value(after[j]) : nil
                if let left, let right, left == right {
                    i += 1
                    j += 1
                } else if let right, left.map({ PatchLists.isBefore(right, $0) }) ?? true {
                    if !ignoresAdditions { added.append(after[j]) }
                    j += 1
                } else {
                    if !ignoresDeletions { deleted.append(before[i]) }
                    i += 1
                }
            }
            return (added, PatchLists.deduplicate(deleted))
        }
    }
}

extension PatchSchema {
    fileprivate func hasField(_ name: String) -> Bool { (try? field(name)) != nil }
}

extension PatchLists {
    struct KeyedMap {
        var members: JSONObject
        var key: JSONValue
        /// The key as it is sorted by.
        var text: String
    }

    static func sortedByKey(_ list: [JSONValue], _ mergeKey: String) throws(PatchFailure) -> [KeyedMap] {
        var keyed: [KeyedMap] = []
        for element in list {
            guard case .object(let members) = element else { throw .expectedMap(element) }
            guard let key = members[mergeKey] else { throw .noMergeKey(members, mergeKey) }
            keyed.append(KeyedMap(members: members, key: key, text: GoText.value(key)))
        }
        return inserted(keyed) { isBefore($0.text, $1.text) }
    }

    static func sortScalars(_ values: [JSONValue]) -> [JSONValue] {
        inserted(values.map { ($0, GoText.value($0)) }) { isBefore($0.1, $1.1) }.map(\.0)
    }

    static func isBefore(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    /// Sorts as upstream's comparison does it: it calls an element less than its equal, so that insertion
    /// turns equal ones round. Upstream inserts up to 12 elements; equal keys in longer lists are not served.
    private static func inserted<Element>(
        _ elements: [Element], by isBefore: (Element, Element) -> Bool
    ) -> [Element] {
        var sorted = elements
        for start in sorted.indices.dropFirst() {
            var place = start
            while place > 0, !isBefore(sorted[place - 1], sorted[place]) {
                sorted.swapAt(place, place - 1)
                place -= 1
            }
        }
        return sorted
    }
}

extension JSONValue {
    /// Whether both are equal, in whatever order their members come.
    func isSameData(as other: JSONValue) -> Bool {
        switch (self, other) {
        case (.object(let left), .object(let right)):
            left.count == right.count
                && left.allSatisfy { name, value in right[name].map { value.isSameData(as: $0) } ?? false }
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.isSameData(as: $1) }
        default: self == other
        }
    }
}
