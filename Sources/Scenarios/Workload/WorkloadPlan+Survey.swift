import Foundation
public import SimulationKernel
public import Workloads

extension WorkloadPlan {
    /// Reads the trace a first time.
    ///
    /// The whole window is looked at, whatever the sample: another seed draws another one.
    public mutating func makeSurvey(_ opener: any TraceOpener) throws(TraceError) {
        var options = options(seed: 1)
        options.sampleFraction = 1
        if trace.format == nil { trace.format = try opener.format(of: trace.paths(), named: nil) }
        let source = try trace.open(options, opener)
        var survey = TraceSurvey()
        survey.format = trace.format
        while let piece = try source.nextPiece() {
            for record in piece { survey.take(record) }
        }
        survey.tally = source.tally
        survey.finish()
        self.survey = survey
        self.opener = opener
    }

    /// How long a run takes in which everything has been there and an hour has passed, in whole minutes.
    public var span: VirtualDuration {
        let minute = VirtualDuration.minutes(1)
        let end = survey.last.advancedClamping(by: lead + .hours(1)).sinceStart
        return minute.multipliedClamping(by: (end.nanoseconds - 1) / minute.nanoseconds + 1)
    }
}

extension WorkloadPlan.Trace {
    /// Where the files are.
    func paths() throws(TraceError) -> [String] {
        var paths: [String] = []
        for name in files { paths.append(try path(of: name)) }
        return paths
    }

    private func path(of name: String) throws(TraceError) -> String {
        let candidates =
            name.hasPrefix("/")
            ? [name] : folders.map { $0.isEmpty || $0.hasSuffix("/") ? $0 + name : "\($0)/\(name)" }
        for path in candidates where FileManager.default.fileExists(atPath: path) { return path }
        var text = "the trace's file is not there: looked for it as \(candidates.joined(separator: ", "))."
        text += source.isEmpty ? " Check the path" : " Its publisher has it: \(source)"
        throw .cannotOpen(file: name, detail: text)
    }
}
