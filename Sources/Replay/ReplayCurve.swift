/// How allocation and fragmentation go with the workload that has arrived: the mean of one run's samples, or
/// of several runs' curves, at each whole percent of the cluster's GPUs.
public struct ReplayCurve: Hashable, Sendable {
    public struct Point: Hashable, Sendable {
        /// Of the cluster's GPUs, what has been asked for.
        public var arrivedPercent: Int
        public var allocationPercent: Double
        public var fragmentationPercent: Double
        /// How many samples, or curves, it is the mean of.
        public var count: Int
    }

    public private(set) var points: [Point] = []

    /// Of one run: a point is the mean over the samples whose arrived percent rounds to it.
    public init(_ run: ReplayRun) {
        for sample in run.samples {
            let percent = Int(run.arrivedPercent(sample).rounded())
            if points.last?.arrivedPercent != percent {
                points.append(
                    Point(arrivedPercent: percent, allocationPercent: 0, fragmentationPercent: 0, count: 0))
            }
            let last = points.count - 1
            points[last].allocationPercent += run.allocationPercent(sample)
            points[last].fragmentationPercent += run.fragmentationPercent(sample)
            points[last].count += 1
        }
        divide()
    }

    /// The mean of curves, at the points that all of them have.
    public init(mean curves: [ReplayCurve]) {
        guard let first = curves.first else { return }
        for point in first.points {
            let same = curves.compactMap { curve in
                curve.points.first { $0.arrivedPercent == point.arrivedPercent }
            }
            if same.count < curves.count { continue }
            points.append(
                Point(
                    arrivedPercent: point.arrivedPercent,
                    allocationPercent: same.reduce(0) { $0 + $1.allocationPercent },
                    fragmentationPercent: same.reduce(0) { $0 + $1.fragmentationPercent }, count: same.count))
        }
        divide()
    }

    private mutating func divide() {
        for place in points.indices {
            points[place].allocationPercent /= Double(points[place].count)
            points[place].fragmentationPercent /= Double(points[place].count)
        }
    }
}
