import SimulationKernel

/// The columns of a block that is being read, and how far each has been taken; used again for the next one.
struct CompactBlockColumns: Sendable {
    private(set) var kinds: ContiguousArray<Int64> = []
    private(set) var times: ContiguousArray<Int64> = []
    var lengths: ContiguousArray<Int64> = []
    private var task = 0
    private var idPlace = 0
    private var templates: ContiguousArray<Int64> = []
    private var idLengths: ContiguousArray<Int64> = []
    private var flags: ContiguousArray<Int64> = []
    private var begun: ContiguousArray<Int64> = []
    private var ran: ContiguousArray<Int64> = []
    private var durations: ContiguousArray<Int64> = []
    private var machinesOfTasks: ContiguousArray<Int64> = []
    private var jobs: ContiguousArray<Int64> = []
    private var instances: ContiguousArray<Int64> = []
    private var gangs: ContiguousArray<Int64> = []
    private var dependencyCounts: ContiguousArray<Int64> = []
    private var dependency = 0
    private var dependencyPlace = 0
    private var dependencyLengths: ContiguousArray<Int64> = []
    private var usage = 0
    private var usages: ContiguousArray<Int64> = []
    private var usageIDs: ContiguousArray<Int64> = []
    private var usageLengths: ContiguousArray<Int64> = []
    private var usageValues = [ContiguousArray<Int64>](repeating: [], count: CompactBlock.usageColumns)
    private var usageTaken = [Int](repeating: 0, count: CompactBlock.usageColumns)
    /// Where the machines and the objects are.
    private(set) var machines = 0..<0
    private(set) var objects = 0..<0

    /// Reads all columns, and checks that what they say can be.
    ///
    /// - Parameters:
    ///   - templates: How many there are.
    ///   - names: How many there are.
    mutating func read(
        _ decoder: inout CompactDecoder, _ count: Int, templates templateCount: Int, names nameCount: Int
    ) throws(CompactDecoder.Fault) {
        (task, dependency, usage) = (0, 0, 0)
        try decoder.places(count, below: 4, into: &kinds)
        try decoder.column(count, into: &times)
        var (tasks, usageCount) = (0, 0)
        for kind in kinds {
            if kind == CompactBlock.Kind.task.rawValue { tasks += 1 }
            if kind == CompactBlock.Kind.usage.rawValue { usageCount += 1 }
        }
        try decoder.places(tasks, below: templateCount, into: &templates)
        idPlace = try decoder.texts(column: tasks, lengths: &idLengths)
        try decoder.places(tasks, below: Int(CompactBlock.TaskFlag.all) + 1, into: &flags)
        try decoder.column(tasks, into: &begun)
        try decoder.column(tasks, into: &ran)
        try decoder.column(tasks, into: &durations)
        try decoder.places(tasks, below: nameCount + 1, into: &machinesOfTasks)
        try decoder.places(tasks, below: nameCount + Int(CompactBlock.firstJob), into: &jobs)
        try decoder.column(tasks, into: &instances)
        try decoder.column(tasks, into: &gangs)
        for place in 0..<tasks where instances[place] < 1 || gangs[place] < 1 { throw CompactDecoder.Fault() }
        try decoder.places(tasks, below: Self.dependencyLimit, into: &dependencyCounts)
        var dependencies = 0
        for number in dependencyCounts { dependencies += Int(number) }
        guard dependencies < Self.dependencyLimit else { throw CompactDecoder.Fault() }
        dependencyPlace = try decoder.texts(column: dependencies, lengths: &dependencyLengths)
        try decoder.places(usageCount, below: 2 << CompactBlock.usageColumns, into: &usages)
        try decoder.places(usageCount, below: nameCount, into: &usageIDs)
        try decoder.column(usageCount, into: &usageLengths)
        for column in usageValues.indices {
            var present = 0
            for usage in usages where usage & 2 << Int64(column) != 0 { present += 1 }
            usageTaken[column] = 0
            try decoder.column(present, into: &usageValues[column])
        }
        machines = try decoder.part()
        objects = try decoder.part()
        guard decoder.isAtEnd else { throw CompactDecoder.Fault() }
    }

    /// Of all tasks of a block together.
    private static let dependencyLimit = 1 << 24

    /// The next of the tasks.
    mutating func nextTask(
        at time: VirtualTime, _ decoder: CompactDecoder, _ names: ContiguousArray<String>,
        _ known: ContiguousArray<TraceTask>
    ) throws(CompactDecoder.Fault) -> TraceTask {
        let place = task
        task += 1
        let idEnd = idPlace + Int(idLengths[place])
        var record = TraceTask(
            id: decoder.text(idPlace..<idEnd), submission: time, alike: known[Int(templates[place])])
        idPlace = idEnd
        let flag = flags[place]
        let start = try Self.moment(time, plus: begun[place])
        if flag & CompactBlock.TaskFlag.start != 0 { record.start = start }
        if flag & CompactBlock.TaskFlag.end != 0 { record.end = try Self.moment(start, plus: ran[place]) }
        if flag & CompactBlock.TaskFlag.ran != 0 {
            record.duration = VirtualDuration(nanoseconds: ran[place])
        } else if flag & CompactBlock.TaskFlag.duration != 0 {
            record.duration = VirtualDuration(nanoseconds: durations[place])
        }
        let machine = machinesOfTasks[place]
        if machine > 0 { record.machine = names[Int(machine) - 1] }
        let job = jobs[place]
        if job == CompactBlock.jobIsID {
            record.job = record.id
        } else if job > 0 {
            record.job = names[Int(job - CompactBlock.firstJob)]
        }
        record.instances = instances[place]
        record.gangSize = gangs[place]
        if dependencyCounts[place] > 0 {
            takeDependencies(of: &record, Int(dependencyCounts[place]), decoder)
        }
        return record
    }

    private mutating func takeDependencies(
        of record: inout TraceTask, _ count: Int, _ decoder: CompactDecoder
    ) {
        record.dependencies.reserveCapacity(count)
        for _ in 0..<count {
            let end = dependencyPlace + Int(dependencyLengths[dependency])
            record.dependencies.append(decoder.text(dependencyPlace..<end))
            dependencyPlace = end
            dependency += 1
        }
    }

    private static func moment(
        _ time: VirtualTime, plus nanoseconds: Int64
    ) throws(CompactDecoder.Fault) -> VirtualTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(nanoseconds)
        if overflow { throw CompactDecoder.Fault() }
        return VirtualTime(nanoseconds: sum)
    }

    /// The next of the records of usage.
    mutating func nextUsage(at time: VirtualTime, _ names: ContiguousArray<String>) -> TraceUsage {
        let place = usage
        usage += 1
        let flag = usages[place]
        var record = TraceUsage(
            subject: flag & 1 == 0 ? .task : .machine, id: names[Int(usageIDs[place])], start: time,
            end: time.advancedClamping(by: VirtualDuration(nanoseconds: usageLengths[place])))
        record.milliCPU = value(0, flag)
        record.maximumMilliCPU = value(1, flag)
        record.memoryBytes = value(2, flag)
        record.maximumMemoryBytes = value(3, flag)
        record.cpuFraction = value(4, flag).map { Double(bitPattern: UInt64(bitPattern: $0)) }
        record.memoryFraction = value(5, flag).map { Double(bitPattern: UInt64(bitPattern: $0)) }
        record.gpuMilli = value(6, flag)
        return record
    }

    private mutating func value(_ column: Int, _ flag: Int64) -> Int64? {
        if flag & 2 << Int64(column) == 0 { return nil }
        let place = usageTaken[column]
        usageTaken[column] = place + 1
        return usageValues[column][place]
    }
}
