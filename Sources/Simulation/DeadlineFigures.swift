public import KubernetesModel
import Scheduler
public import SimulationKernel

/// How many pods that stated a deadline met it, and how late the others were.
///
/// A pod meets its deadline when the API shows it as Succeeded by then. One that fails or is deleted before
/// its deadline has passed counts as neither; after that it is late, as is one that has not finished.
public struct DeadlineFigures: Sendable {
    /// A pod that missed its deadline.
    public struct LatePod: Sendable {
        public var pod: ObjectKey
        /// After the deadline: until it finished, ended otherwise, or until now.
        public var tardiness: VirtualDuration
        public var isFinished: Bool
    }

    public var met = 0
    /// Failed or deleted in time.
    public var withdrawn = 0
    /// Those whose deadline is still to come.
    public var pending = 0
    /// In the order in which they ended, then those that have not, by name.
    public var late: [LatePod] = []

    public var missed: Int { late.count }
    /// Whether any pod has stated a deadline.
    public var isEmpty: Bool { met + withdrawn + pending + late.count == 0 }
    public var totalTardinessSeconds = 0.0
    public var latest: LatePod? { late.max { $0.tardiness < $1.tardiness } }

    public init() {}
}

/// Keeps account of pods' deadlines.
struct DeadlineLedger {
    private var open: [ObjectKey: VirtualTime] = [:]
    /// Of the pods that have ended or gone.
    private(set) var ended = DeadlineFigures()
    private let epoch: CalendarTime

    init(epoch: CalendarTime) { self.epoch = epoch }

    /// The figures at a moment.
    func figures(at now: VirtualTime) -> DeadlineFigures {
        var figures = ended
        for key in open.keys.sorted() {
            guard let deadline = open[key] else { continue }
            if deadline < now {
                figures.late.append(.init(pod: key, tardiness: now - deadline, isFinished: false))
                figures.totalTardinessSeconds += (now - deadline).fractionalSeconds
            } else {
                figures.pending += 1
            }
        }
        return figures
    }

    mutating func arrive(_ pod: Pod) {
        guard let deadline = try? PodDeadline.of(pod.metadata, epoch: epoch) else { return }
        open[pod.metadata.key] = deadline.time
    }

    /// A pod has ended, or gone.
    ///
    /// - Returns: whether a figure has changed.
    mutating func end(_ key: ObjectKey, hasSucceeded: Bool, at now: VirtualTime) -> Bool {
        guard let deadline = open.removeValue(forKey: key) else { return false }
        if now > deadline {
            ended.late.append(.init(pod: key, tardiness: now - deadline, isFinished: hasSucceeded))
            ended.totalTardinessSeconds += (now - deadline).fractionalSeconds
        } else if hasSucceeded {
            ended.met += 1
        } else {
            ended.withdrawn += 1
        }
        return true
    }
}
