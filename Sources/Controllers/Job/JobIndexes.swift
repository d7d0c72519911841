import KubernetesModel

/// A set of completion indexes as ordered runs, written as `0,2-4`.
///
/// Upstream: `pkg/controller/job/indexed_job_utils.go`, `orderedIntervals` (v1.36).
struct JobIndexes: Hashable, Sendable {
    struct Run: Hashable, Sendable {
        var first: Int
        var last: Int
    }
    private(set) var runs: [Run] = []

    init() {}

    /// Single indexes, in any order.
    init(_ indexes: some Sequence<Int>) {
        for index in indexes.sorted() { append(Run(first: index, last: index)) }
    }

    /// Reads the written form. What is no number is left out, and what is beyond the completions.
    init(text: String, completions: Int) {
        if text.isEmpty { return }
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let limits = part.split(separator: "-", omittingEmptySubsequences: false)
            guard let first = Int(limits[0]) else { continue }
            if first >= completions { break }
            var last = first
            if limits.count > 1 {
                guard let end = Int(limits[1]) else { continue }
                last = min(end, completions - 1)
            }
            if let index = runs.indices.last, runs[index].last == first - 1 {
                runs[index].last = last
            } else {
                runs.append(Run(first: first, last: last))
            }
        }
    }

    /// How many indexes there are.
    var count: Int { runs.reduce(0) { $0 + $1.last - $1.first + 1 } }

    func contains(_ index: Int) -> Bool {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].last >= index { high = middle } else { low = middle + 1 }
        }
        return high < runs.count && runs[high].first <= index
    }

    func union(_ other: JobIndexes) -> JobIndexes {
        var result = JobIndexes()
        var (left, right) = (runs[...], other.runs[...])
        while let first = left.first, let second = right.first {
            if first.first < second.first {
                result.append(first)
                left.removeFirst()
            } else {
                result.append(second)
                right.removeFirst()
            }
        }
        for run in left { result.append(run) }
        for run in right { result.append(run) }
        return result
    }

    /// The first indexes below a bound that are not in the set.
    func missing(_ count: Int, below bound: Int) -> [Int] {
        var result: [Int] = []
        var candidate = 0
        for run in runs {
            while candidate < bound && result.count < count && candidate < run.first {
                result.append(candidate)
                candidate += 1
            }
            candidate = max(candidate, run.last + 1)
        }
        while candidate < bound && result.count < count {
            result.append(candidate)
            candidate += 1
        }
        return result
    }

    /// How many indexes both sets have.
    func overlap(_ other: JobIndexes) -> Int {
        var total = 0
        var (left, right) = (runs[...], other.runs[...])
        while let first = left.first, let second = right.first {
            total += max(0, min(first.last, second.last) - max(first.first, second.first) + 1)
            if first.last <= second.last { left.removeFirst() }
            if second.last <= first.last { right.removeFirst() }
        }
        return total
    }

    var text: String {
        runs.map { run in
            if run.last == run.first { return "\(run.first)" }
            return run.last == run.first + 1 ? "\(run.first),\(run.last)" : "\(run.first)-\(run.last)"
        }.joined(separator: ",")
    }

    private mutating func append(_ run: Run) {
        guard let index = runs.indices.last, run.first <= runs[index].last + 1 else {
            return runs.append(run)
        }
        runs[index].last = max(runs[index].last, run.last)
    }
}

extension Pod {
    static let completionIndexKey = "batch.kubernetes.io/job-completion-index"
    static let indexFailureCountKey = "batch.kubernetes.io/job-index-failure-count"
    static let indexIgnoredFailureCountKey = "batch.kubernetes.io/job-index-ignored-failure-count"

    /// Which index of an indexed Job the pod works on; nil without a usable annotation.
    var completionIndex: Int? {
        guard let index = metadata.annotations[Self.completionIndexKey].flatMap({ Int($0) }), index >= 0
        else { return nil }
        return index
    }

    /// How often pods of the index had failed before this one, without and with what a policy ignores.
    var indexFailureCount: Int64 { failureCount(Self.indexFailureCountKey) }
    var indexIgnoredFailureCount: Int64 { failureCount(Self.indexIgnoredFailureCountKey) }
    var indexAbsoluteFailureCount: Int64 { indexFailureCount + indexIgnoredFailureCount }

    private func failureCount(_ key: String) -> Int64 {
        guard let count = metadata.annotations[key].flatMap({ Int64($0) }), count >= 0,
            count <= Int64(Int32.max)
        else { return 0 }
        return count
    }
}
