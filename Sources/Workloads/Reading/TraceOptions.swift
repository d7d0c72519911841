public import SimulationKernel

/// What to take of a trace, and how to change it on the way.
public struct TraceOptions: Equatable, Sendable {
    /// What a sample is drawn by: all tasks of one job, or of one user, are in it or none is.
    public enum SampleUnit: String, Hashable, Sendable, CaseIterable {
        case task, job, user
    }

    /// Tasks submitted before are left out; machine events before it happen at it. On the trace's own clock.
    public var from: VirtualTime?
    /// Tasks submitted at it or later are left out, as are machine events.
    public var until: VirtualTime?
    /// The moment of the trace that becomes zero; by default ``from`` if given, else the trace's own zero.
    public var origin: VirtualTime?

    /// The fraction of units to keep, from above 0 to 1.
    public var sampleFraction: Double = 1
    public var sampleUnit: SampleUnit = .job
    /// Another seed gives another sample; the same seed always the same.
    public var seed: UInt64 = 1

    /// Stretches submissions, durations and machine events alike.
    public var timeScale: Double = 1
    /// Stretches how many tasks arrive in a time: 2 halves the time between submissions, not the durations.
    public var arrivalScale: Double = 1
    /// Multiplies CPU, memory and disk of requests, limits and usage; never GPUs or machines.
    public var sizeScale: Double = 1

    /// What normalised amounts are of; nil: what the format's documentation says.
    public var unitMilliCPU: Int64?
    public var unitMemoryBytes: Int64?
    public var unitDiskBytes: Int64?

    public var badRows = BadRowPolicy.standard
    public var lineLimitBytes = 4 << 20
    /// How many ids are remembered to find the same one twice; past it repeats are no longer found, and
    /// ``TraceTally/checkedAllIDs`` says so.
    public var idLimit = 8_000_000
    /// How many tasks a reader may hold at once while it waits for their ends, or to join two tables.
    public var liveLimit = 20_000_000
    /// The largest document of formats that are not read row by row.
    public var documentLimitBytes = 1 << 30

    public init() {}

    /// Whether records change on their way, or some of them are left out.
    var shapesRecords: Bool {
        from != nil || until != nil || origin != nil || sampleFraction != 1
            || timeScale != 1 || arrivalScale != 1 || sizeScale != 1
    }

    /// Options that change nothing in a trace of the format, as a text each.
    public func idle(in format: TraceFormat) -> [String] {
        var texts: [String] = []
        // What was normalised is in cores and bytes since it was imported.
        for (name, unit, formats) in [
            ("CPU", unitMilliCPU, [TraceFormat.borg2011, .borg2019, .azurePacking2020]),
            (
                "memory", unitMemoryBytes,
                [.borg2011, .borg2019, .azurePacking2020, .alibaba2017, .alibaba2018]
            ), ("disk", unitDiskBytes, [.azurePacking2020, .alibaba2017]),
        ] where unit != nil && !formats.contains(format) {
            texts.append("the unit of \(name) changes nothing: \(format.rawValue) does not normalise it")
        }
        if format == .simkube || format == .snapshot {
            if sizeScale != 1 {
                texts.append("the scale of sizes changes nothing: \(format.rawValue) holds whole objects")
            }
            if sampleFraction != 1 {
                texts.append("the sample changes nothing: \(format.rawValue) holds objects, of which all are taken")
            }
        }
        return texts
    }

    /// Everything that is wrong with the options, as a text each; empty when they can be used.
    public func validate() -> [String] {
        var errors: [String] = []
        if !(sampleFraction > 0 && sampleFraction <= 1) {
            errors.append("sample: found \(sampleFraction), expected a number above 0 and at most 1")
        }
        for (name, value) in [
            ("timeScale", timeScale), ("arrivalScale", arrivalScale), ("sizeScale", sizeScale),
        ] where !(value > 0 && value <= 1e6 && value >= 1e-6) {
            errors.append("\(name): found \(value), expected a number from 0.000001 to 1000000")
        }
        for (name, value) in [
            ("unitMilliCPU", unitMilliCPU), ("unitMemoryBytes", unitMemoryBytes),
            ("unitDiskBytes", unitDiskBytes),
        ] {
            if let value, value <= 0 { errors.append("\(name): found \(value), expected a number above 0") }
        }
        if let from, let until, until <= from {
            errors.append("until: found \(until), expected a time after from (\(from))")
        }
        if case .stop(let fraction) = badRows, !(fraction >= 0 && fraction <= 1) {
            errors.append("onBadRow: found \(fraction), expected a fraction from 0 to 1")
        }
        return errors
    }
}
