import SimulationKernel
import Stochastics

/// Applies ``TraceOptions`` to records one at a time, without a memory of those before.
struct TraceShaper: Sendable {
    private let options: TraceOptions
    private let origin: Int64
    private let streams: RandomStreams
    private let threshold: Double
    private let changesTimes: Bool

    init(_ options: TraceOptions) {
        self.options = options
        origin = (options.origin ?? options.from ?? .start).nanoseconds
        streams = RandomStreams(seed: options.seed).scoped("workloads/sample")
        threshold = options.sampleFraction
        changesTimes = origin != 0 || options.timeScale != 1 || options.arrivalScale != 1
    }

    /// Changes the record as the options say.
    ///
    /// - Returns: False when it is not to be taken.
    func shape(_ record: inout TraceRecord) -> Bool {
        switch record {
        case .task(var task):
            guard keeps(task) else { return false }
            shape(&task)
            record = .task(task)
            return true
        case .machine(var event):
            if let until = options.until, event.time >= until { return false }
            if let from = options.from { event.time = max(event.time, from) }
            if changesTimes { event.time = moved(event.time, by: options.timeScale) }
            record = .machine(event)
            return true
        case .object(var object):
            if let until = options.until, object.time >= until { return false }
            if let from = options.from { object.time = max(object.time, from) }
            if changesTimes {
                object.time = moved(object.time, by: options.timeScale / options.arrivalScale)
                for index in object.podLifetimes.indices {
                    let lifetime = object.podLifetimes[index]
                    object.podLifetimes[index].start = moved(lifetime.start, by: options.timeScale)
                    object.podLifetimes[index].end = lifetime.end.map { moved($0, by: options.timeScale) }
                }
            }
            record = .object(object)
            return true
        case .usage(var usage):
            if let until = options.until, usage.start >= until { return false }
            if let from = options.from {
                if usage.end <= from && usage.start < from { return false }
                // Of an interval that began earlier the part from there on counts.
                usage.start = max(usage.start, from)
            }
            if usage.subject == .task && options.sizeScale != 1 {
                usage.milliCPU = usage.milliCPU.map(sized)
                usage.maximumMilliCPU = usage.maximumMilliCPU.map(sized)
                usage.memoryBytes = usage.memoryBytes.map(sized)
                usage.maximumMemoryBytes = usage.maximumMemoryBytes.map(sized)
            }
            if changesTimes {
                usage.start = moved(usage.start, by: options.timeScale)
                usage.end = moved(usage.end, by: options.timeScale)
            }
            record = .usage(usage)
            return true
        }
    }

    private func keeps(_ task: TraceTask) -> Bool {
        if let from = options.from, task.submission < from { return false }
        if let until = options.until, task.submission >= until { return false }
        if threshold >= 1 { return true }
        let unit: String
        switch options.sampleUnit {
        case .task: unit = task.id
        case .job: unit = task.job.isEmpty ? task.id : task.job
        // Whose user is not known is a user by itself with its job, as fairness counts it.
        case .user:
            let owners = [task.user, task.group, task.job]
            unit = owners.first { !$0.isEmpty } ?? task.id
        }
        return isDrawn(unit)
    }

    private func isDrawn(_ unit: String) -> Bool {
        var stream = streams.stream(unit)
        return stream.uniform() < threshold
    }

    /// Whether the sample may hold what tasks of a job used.
    func keepsUsage(ofJob job: String) -> Bool {
        threshold >= 1 || options.sampleUnit != .job || job.isEmpty || isDrawn(job)
    }

    private func shape(_ task: inout TraceTask) {
        if changesTimes {
            // The arrival moves by both scales; what follows keeps its distance from it, times the time scale.
            let arrival = task.submission
            let submission = moved(arrival, by: options.timeScale / options.arrivalScale)
            task.start = task.start.map { submission.advancedClamping(by: stretched(arrival, $0)) }
            task.end = task.end.map { submission.advancedClamping(by: stretched(arrival, $0)) }
            task.submission = submission
            if options.timeScale != 1, let duration = task.duration {
                task.duration = VirtualDuration(
                    fractionalSeconds: duration.fractionalSeconds * options.timeScale)
            }
        }
        if options.sizeScale != 1 {
            scale(&task.requests)
            if var limits = task.limits {
                scale(&limits)
                task.limits = limits
            }
        }
    }

    private func stretched(_ from: VirtualTime, _ to: VirtualTime) -> VirtualDuration {
        let (distance, overflow) = to.nanoseconds.subtractingReportingOverflow(from.nanoseconds)
        if overflow { return .maximum }
        if options.timeScale == 1 { return VirtualDuration(nanoseconds: distance) }
        return VirtualDuration(fractionalSeconds: Double(distance) / 1e9 * options.timeScale)
    }

    private func moved(_ time: VirtualTime, by factor: Double) -> VirtualTime {
        let (distance, overflow) = time.nanoseconds.subtractingReportingOverflow(origin)
        if overflow { return .never }
        if factor == 1 { return VirtualTime(nanoseconds: distance) }
        return VirtualTime(
            nanoseconds: VirtualDuration(fractionalSeconds: Double(distance) / 1e9 * factor).nanoseconds)
    }

    private func scale(_ amounts: inout TraceResources) {
        amounts.milliCPU = sized(amounts.milliCPU)
        amounts.memoryBytes = sized(amounts.memoryBytes)
        amounts.diskBytes = sized(amounts.diskBytes)
    }

    private func sized(_ amount: Int64) -> Int64 {
        NumberText.scaled(Double(amount), by: options.sizeScale) ?? .max
    }
}
