public import KubernetesModel
public import SimulationKernel

/// What a policy has made of a workload: delays, use of the machines, fairness, cost.
///
/// Everything is seen through the API: a pod waits from its creation to its binding, runs from the first
/// report that it is running to the report that it has ended, and holds what it requests from binding to end.
/// `docs/reference/replay.md` defines each figure.
public struct WorkloadFigures: Sendable {
    /// How one resource was used, over the whole run.
    public struct Resource: Sendable {
        public var name: String
        /// Held by pods, and offered by nodes that were ready: averages over time, in cores, bytes or pieces.
        public var allocated = 0.0
        public var allocatable = 0.0
        /// The largest share that was held at once.
        public var peakShare = 0.0
        /// Measured use; nil for resources whose use nobody models.
        public var used: Double?
        /// The mean, over samples in time, of the share of what was free that the typical pod could not use;
        /// nil when nothing was ever free.
        public var fragmentation: Double?

        public init(name: String) { self.name = name }

        public var allocatedShare: Double? { allocatable > 0 ? allocated / allocatable : nil }
        public var usedShare: Double? {
            guard let used, allocatable > 0 else { return nil }
            return used / allocatable
        }
    }

    /// What one user asked for and got.
    public struct User: Sendable {
        public var name: String
        public var pods = 0
        public var finished = 0
        /// Sums, over pods that were scheduled.
        public var queueingSeconds = 0.0
        public var scheduled = 0
        /// Dominant share times seconds: held, and held or waited for.
        public var received = 0.0
        public var asked = 0.0

        public init(name: String) { self.name = name }
    }

    /// What the scheduler last said of pods that were never scheduled.
    public struct Verdict: Sendable {
        public var message: String
        public var pods = 0

        public init(message: String) { self.message = message }
    }

    /// The state of the cluster at a moment, for curves.
    public struct Sample: Sendable {
        public var time: VirtualTime
        public var waiting: Int
        public var placed: Int
        /// In the order of ``WorkloadFigures/resources``; shorter where a resource was not met yet.
        public var allocated: [Double]
        public var allocatable: [Double]
        /// NaN where nothing was free or no pod asks for the resource.
        public var fragmentation: [Double]

        public init(
            time: VirtualTime, waiting: Int, placed: Int, allocated: [Double], allocatable: [Double],
            fragmentation: [Double]
        ) {
            self.time = time
            self.waiting = waiting
            self.placed = placed
            self.allocated = allocated
            self.allocatable = allocatable
            self.fragmentation = fragmentation
        }
    }

    /// Little's law, L = λ W, on what was counted: the integral of the number there, and the sum of the times
    /// spent there, in pod-nanoseconds. They are kept apart, and must be the same number.
    public struct LittleCheck: Sendable {
        public var name: String
        public var integral: Int128
        public var sum: Int128

        public init(name: String, integral: Int128, sum: Int128) {
            self.name = name
            self.integral = integral
            self.sum = sum
        }

        public var holds: Bool { integral == sum }
    }

    public var end = VirtualTime.start
    /// By the order of creation, seconds from creation to binding; NaN for a pod that was never bound.
    public var queueingDelays: [Double] = []
    /// The pods' names, in the same order.
    public var pods: [ObjectKey] = []
    /// By the order of creation: response time over run time, at least 1, runs below ten seconds counted as
    /// ten; NaN for a pod that did not run to an end.
    public var slowdowns: [Double] = []
    /// From the first creation to the last end of a pod; nil when none has ended.
    public var makespanSeconds: Double?
    public var created = 0
    public var scheduled = 0
    public var succeeded = 0
    public var failed = 0
    /// Never bound: deleted before, or waiting at the end.
    public var neverScheduled = 0
    /// Of those, the ones that waited at the end.
    public var stillWaiting = 0
    /// Why those were not, in the scheduler's last words of each: the commonest first. Pods of which the
    /// scheduler has said nothing are not among them.
    public var verdicts: [Verdict] = []
    /// Bound or running at the end.
    public var stillPlaced = 0
    /// Turned away by a kubelet.
    public var refusedByNodes = 0
    public var preemptions = 0
    /// Of images, and of data read from other machines.
    public var imageBytes: Double = 0
    public var dataBytes: Double = 0
    public var resources: [Resource] = []
    public var users: [User] = []
    /// Over users, of what they received as a share of what they asked for; nil with fewer than two users.
    ///
    /// It is nil, too, where nobody received anything.
    public var jainIndex: Double?
    /// The mean over samples in time of how far what users hold is from max-min fair shares; nil with fewer
    /// than two users.
    public var shareDistance: Double?
    /// Of all nodes while they were ready, and while at least one pod was on them; nil without prices.
    public var clusterCost: Double?
    public var usedNodesCost: Double?
    public var samples: [Sample] = []
    public var checks: [LittleCheck] = []

    public init() {}

    /// Whether the run's own account is right.
    public var isConsistent: Bool { checks.allSatisfy(\.holds) }
}

extension WorkloadFigures {
    /// The label of the user to whom a pod belongs; without it, its namespace counts.
    public static let userLabel = "simk.dev/user"
    public static let jobLabel = "simk.dev/job"
    /// Runs below this count as this in slowdowns (Feitelson and Rudolph, "Metrics and benchmarking for
    /// parallel job scheduling", JSSPP 1998).
    public static let shortestRun = VirtualDuration.seconds(10)
}
