import ArgumentParser
import KubernetesModel
import Scenarios
import SimulationKernel
import TraceFiles
import Workloads

/// What every command that reads a trace takes.
struct TraceInput: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The trace: files, or a folder of them. Gzip is read as it is.", valueName: "trace"),
        completion: .file())
    var paths: [String]

    @Option(
        help: ArgumentHelp(
            "The trace's format, if its content does not tell: \(TraceInput.formats).", valueName: "name"))
    var traceFormat: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Leave out what was submitted before this time of the trace.", valueName: "time"))
    var from: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Leave out what was submitted at this time or later.", valueName: "time"))
    var until: String?

    @Option(help: ArgumentHelp("Keep this fraction of the jobs, such as 0.1.", valueName: "fraction"))
    var sample = 1.0

    @Option(help: ArgumentHelp("Sample by job, user or task.", valueName: "unit"))
    var sampleBy = "job"

    @Option(help: ArgumentHelp("Another seed draws another sample.", valueName: "number"))
    var sampleSeed: UInt64 = 1

    @Option(help: ArgumentHelp("Stretch all times by this factor.", valueName: "factor"))
    var timeScale = 1.0

    @Option(help: ArgumentHelp("Let so many times as much arrive in a time.", valueName: "factor"))
    var arrivalScale = 1.0

    @Option(help: ArgumentHelp("Multiply CPU, memory and disk of requests.", valueName: "factor"))
    var sizeScale = 1.0

    @Option(
        help: ArgumentHelp(
            "What the unit of normalised CPU is, such as 64.", valueName: "cores"))
    var unitCpu: String?

    @Option(help: ArgumentHelp("What the unit of normalised memory is, such as 256Gi.", valueName: "bytes"))
    var unitMemory: String?

    @Option(help: ArgumentHelp("What the unit of normalised disk is, such as 1Ti.", valueName: "bytes"))
    var unitDisk: String?

    @Option(
        help: ArgumentHelp(
            "What to do about rows that cannot be used: stop past 1 % of them, skip them, or stop past this fraction.",
            valueName: "stop|skip|fraction"))
    var onBadRow = "stop"

    static var formats: String { TraceFormat.allCases.map(\.rawValue).joined(separator: ", ") }

    /// The options as the readers take them.
    func options() throws -> TraceOptions {
        var options = TraceOptions()
        options.from = try moment(from, "--from")
        options.until = try moment(until, "--until")
        options.sampleFraction = sample
        guard let unit = TraceOptions.SampleUnit(rawValue: sampleBy) else {
            throw Self.bad("--sample-by \(sampleBy): expected job, user or task")
        }
        options.sampleUnit = unit
        options.seed = sampleSeed
        options.timeScale = timeScale
        options.arrivalScale = arrivalScale
        options.sizeScale = sizeScale
        options.unitMilliCPU = try quantity(unitCpu, "--unit-cpu").map(\.milliValue)
        options.unitMemoryBytes = try quantity(unitMemory, "--unit-memory").map(\.value)
        options.unitDiskBytes = try quantity(unitDisk, "--unit-disk").map(\.value)
        guard let badRows = BadRowPolicy(text: onBadRow) else {
            throw Self.bad("--on-bad-row \(onBadRow): expected stop, skip or a fraction from 0 to 1")
        }
        options.badRows = badRows
        let errors = options.validate()
        if !errors.isEmpty { throw Self.bad(errors.joined(separator: "\n")) }
        return options
    }

    /// The files, recognised.
    func files() throws -> TraceFileSet {
        var format: TraceFormat?
        if let traceFormat {
            format = TraceFormat(name: traceFormat)
            if format == nil {
                let nearest = NearestName.find(traceFormat, among: TraceFormat.allCases.map(\.rawValue))
                throw Self.bad(
                    "--trace-format \(traceFormat): is no format of traces."
                        + (nearest.map { " Did you mean '\($0)'?" } ?? "") + " There are: \(Self.formats)")
            }
        }
        do throws(TraceError) {
            let files = try TraceFileSet.open(paths, format: format)
            for text in (try? self.options())?.idle(in: files.format) ?? [] {
                Console.error("\(paths[0]): note: \(text)")
            }
            return files
        } catch {
            throw Self.bad(error.description)
        }
    }

    private func moment(_ text: String?, _ option: String) throws -> VirtualTime? {
        guard let text else { return nil }
        if text.hasPrefix("-") { throw Self.bad("\(option) \(text): expected a time that is not negative") }
        do throws(MomentText.Fault) { return try MomentText.parse(text) } catch {
            throw Self.bad("\(option) \(text): \(error.hint)")
        }
    }

    private func quantity(_ text: String?, _ option: String) throws -> Quantity? {
        guard let text else { return nil }
        do throws(QuantityError) { return try Quantity(parsing: text) } catch {
            throw Self.bad("\(option) \(text): expected a quantity such as 64 or 256Gi")
        }
    }

    static func bad(_ message: String) -> Stop { Stop(status: ExitStatus.badInput, message: message) }
}
