/// Finds the name that somebody who misspelt it meant.
public enum NearestName {
    /// The nearest of the names, if it is near enough for its length; among equally near ones, the first.
    public static func find(_ name: String, among names: [String]) -> String? {
        if let same = names.first(where: { $0.lowercased() == name.lowercased() }) { return same }
        var best: (name: String, distance: Int)?
        for candidate in names {
            let distance = distance(name, candidate)
            let limit = max(1, max(name.utf8.count, candidate.utf8.count) / 3)
            if distance <= limit, distance < best?.distance ?? Int.max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// The number of insertions, deletions, replacements and swaps of neighbours between two names, letters
    /// of either case taken as equal (Damerau and Levenshtein, in the restricted form).
    public static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.lowercased().unicodeScalars.prefix(100))
        let right = Array(right.lowercased().unicodeScalars.prefix(100))
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var rows = [Array(0...right.count)]
        for row in 1...left.count {
            var current = [row] + Array(repeating: 0, count: right.count)
            for column in 1...right.count {
                let replacement = left[row - 1] == right[column - 1] ? 0 : 1
                var cost = min(
                    rows[row - 1][column] + 1, current[column - 1] + 1,
                    rows[row - 1][column - 1] + replacement)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1]
                {
                    cost = min(cost, rows[row - 2][column - 2] + 1)
                }
                current[column] = cost
            }
            rows.append(current)
        }
        return rows[left.count][right.count]
    }
}
