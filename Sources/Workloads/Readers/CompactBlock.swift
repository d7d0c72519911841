import KubernetesModel
import SimulationKernel

/// The columns of one block of the compact form, in the order in which they are written.
///
/// New names; new templates; of every record its kind and time; of tasks the template, id, flags, how long after its
/// submission each began, how long it took to its end, its duration, machine, job, instances, gang and dependencies; of usage the
/// subject with what is there, the id, length, and what is there; machines and objects one after the other.
struct CompactBlock: Sendable {
    enum Kind: Int64 {
        case machine = 0
        case object, task, usage
    }

    enum TaskFlag {
        static let start: Int64 = 1
        static let end: Int64 = 2
        static let duration: Int64 = 4
        /// The duration is from its start, or submission, to its end.
        static let ran: Int64 = 8
        static let all: Int64 = 15
    }

    /// The numbers of a usage record that may be missing.
    static let usageColumns = 7
    /// A job that is named as its only task is; names' numbers follow.
    static let jobIsID: Int64 = 1
    static let firstJob: Int64 = 2

    private(set) var byteCount = 0
    private var kinds: ContiguousArray<Int64> = []
    private var times: ContiguousArray<Int64> = []
    private var templates: ContiguousArray<Int64> = []
    private var ids: ContiguousArray<String> = []
    private var flags: ContiguousArray<Int64> = []
    private var begun: ContiguousArray<Int64> = []
    private var ran: ContiguousArray<Int64> = []
    private var durations: ContiguousArray<Int64> = []
    private var machinesOfTasks: ContiguousArray<Int64> = []
    private var jobs: ContiguousArray<Int64> = []
    private var instances: ContiguousArray<Int64> = []
    private var gangs: ContiguousArray<Int64> = []
    private var dependencyCounts: ContiguousArray<Int64> = []
    private var dependencies: ContiguousArray<String> = []
    private var usages: ContiguousArray<Int64> = []
    private var usageIDs: ContiguousArray<Int64> = []
    private var usageLengths: ContiguousArray<Int64> = []
    private var usageValues = [ContiguousArray<Int64>](repeating: [], count: usageColumns)
    private var machines = CompactEncoder()
    private var objects = CompactEncoder()

    var count: Int { kinds.count }

    mutating func append(_ record: TraceRecord, _ tables: inout CompactTables) {
        times.append(record.time.nanoseconds)
        switch record {
        case .task(let task):
            kinds.append(Kind.task.rawValue)
            append(task, &tables)
        case .usage(let usage):
            kinds.append(Kind.usage.rawValue)
            append(usage, &tables)
        case .machine(let event):
            kinds.append(Kind.machine.rawValue)
            let before = machines.bytes.count
            machines.machine(event)
            byteCount += machines.bytes.count - before
        case .object(let object):
            kinds.append(Kind.object.rawValue)
            let before = objects.bytes.count
            objects.object(object, json: JSONWriter.string(object.object))
            byteCount += objects.bytes.count - before
        }
    }

    private mutating func append(_ task: TraceTask, _ tables: inout CompactTables) {
        let before = tables.newTemplates.bytes.count
        templates.append(Int64(tables.template(of: task)))
        byteCount += 64 + task.id.utf8.count + tables.newTemplates.bytes.count - before
        ids.append(task.id)
        let start = task.start ?? task.submission
        let length = task.end.map { $0.nanoseconds &- start.nanoseconds }
        var flag: Int64 = 0
        if task.start != nil { flag |= TaskFlag.start }
        if task.end != nil { flag |= TaskFlag.end }
        if let duration = task.duration {
            flag |= duration.nanoseconds == length ? TaskFlag.ran : TaskFlag.duration
        }
        flags.append(flag)
        begun.append(start.nanoseconds &- task.submission.nanoseconds)
        ran.append(length ?? 0)
        durations.append(flag & TaskFlag.duration == 0 ? 0 : task.duration?.nanoseconds ?? 0)
        machinesOfTasks.append(task.machine.isEmpty ? 0 : Int64(number(of: task.machine, &tables)) + 1)
        if task.job.isEmpty {
            jobs.append(0)
        } else if task.job == task.id {
            jobs.append(Self.jobIsID)
        } else {
            jobs.append(Int64(number(of: task.job, &tables)) + Self.firstJob)
        }
        instances.append(task.instances)
        gangs.append(task.gangSize)
        dependencyCounts.append(Int64(task.dependencies.count))
        for dependency in task.dependencies {
            byteCount += 2 + dependency.utf8.count
            dependencies.append(dependency)
        }
    }

    private mutating func number(of name: String, _ tables: inout CompactTables) -> Int {
        let before = tables.newNames.count
        let number = tables.number(of: name)
        if tables.newNames.count > before { byteCount += name.utf8.count }
        return number
    }

    private mutating func append(_ usage: TraceUsage, _ tables: inout CompactTables) {
        byteCount += 64
        usageIDs.append(Int64(number(of: usage.id, &tables)))
        usageLengths.append(usage.end.nanoseconds &- usage.start.nanoseconds)
        var flag = Int64(usage.subject.rawValue)
        func keep(_ column: Int, _ value: Int64?) {
            guard let value else { return }
            flag |= 2 << Int64(column)
            usageValues[column].append(value)
        }
        keep(0, usage.milliCPU)
        keep(1, usage.maximumMilliCPU)
        keep(2, usage.memoryBytes)
        keep(3, usage.maximumMemoryBytes)
        keep(4, usage.cpuFraction.map { Int64(bitPattern: $0.bitPattern) })
        keep(5, usage.memoryFraction.map { Int64(bitPattern: $0.bitPattern) })
        keep(6, usage.gpuMilli)
        usages.append(flag)
    }

    func write(_ tables: CompactTables, into body: inout CompactEncoder) {
        body.unsigned(UInt64(tables.newNames.count))
        body.texts(column: tables.newNames)
        body.unsigned(UInt64(tables.newTemplateCount))
        body.part(tables.newTemplates)
        body.column(kinds)
        body.column(times)
        body.column(templates)
        body.texts(column: ids)
        for column in [
            flags, begun, ran, durations, machinesOfTasks, jobs, instances, gangs, dependencyCounts,
        ] {
            body.column(column)
        }
        body.texts(column: dependencies)
        body.column(usages)
        body.column(usageIDs)
        body.column(usageLengths)
        for column in usageValues { body.column(column) }
        body.part(machines)
        body.part(objects)
    }

    mutating func removeAll() {
        byteCount = 0
        kinds.removeAll(keepingCapacity: true)
        times.removeAll(keepingCapacity: true)
        templates.removeAll(keepingCapacity: true)
        ids.removeAll(keepingCapacity: true)
        flags.removeAll(keepingCapacity: true)
        begun.removeAll(keepingCapacity: true)
        ran.removeAll(keepingCapacity: true)
        durations.removeAll(keepingCapacity: true)
        machinesOfTasks.removeAll(keepingCapacity: true)
        jobs.removeAll(keepingCapacity: true)
        instances.removeAll(keepingCapacity: true)
        gangs.removeAll(keepingCapacity: true)
        dependencyCounts.removeAll(keepingCapacity: true)
        dependencies.removeAll(keepingCapacity: true)
        usages.removeAll(keepingCapacity: true)
        usageIDs.removeAll(keepingCapacity: true)
        usageLengths.removeAll(keepingCapacity: true)
        for column in usageValues.indices { usageValues[column].removeAll(keepingCapacity: true) }
        machines.removeAll()
        objects.removeAll()
    }
}
