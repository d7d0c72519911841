/// Runs a workload with and without what the scheduler remembers between cycles, and compares the decisions.
public struct PlainComparison: Sendable {
    /// The first binding that differs, in words; nil when all agree.
    public var difference: String?
    public var placementCount: Int
    /// With the caches, and without.
    public var cached: PerfResult
    public var plain: PerfResult

    public static func run(
        _ workload: PerfWorkload, of testCase: PerfTestCase, in configuration: PerfConfiguration,
        options: PerfOptions, shouldStop: @escaping () -> Bool = { false }
    ) throws -> PlainComparison {
        var options = options
        options.recordsPlacements = true
        options.usesCaches = true
        let cached = try PerfRun(
            workload, of: testCase, in: configuration, options: options, shouldStop: shouldStop
        ).run()
        options.usesCaches = false
        let plain = try PerfRun(
            workload, of: testCase, in: configuration, options: options, shouldStop: shouldStop
        ).run()
        return PlainComparison(
            difference: difference(cached.placements, plain.placements),
            placementCount: plain.placements.count, cached: cached, plain: plain)
    }

    private static func difference(_ cached: [PerfPlacement], _ plain: [PerfPlacement]) -> String? {
        for (index, (left, right)) in zip(cached, plain).enumerated() where left != right {
            return "binding \(index + 1): \(left.pod) to \(left.node) with caches, "
                + "\(right.pod) to \(right.node) without"
        }
        if cached.count == plain.count { return nil }
        return "\(cached.count) bindings with caches, \(plain.count) without"
    }
}
