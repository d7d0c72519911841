import KubernetesModel
import SimulationKernel

/// Reads Google's cluster traces of May 2019 (clusterdata-2019), as JSON lines or as a CSV export.
///
/// Source: `clusterdata_trace_format_v3.proto` of google/cluster-data, and Wilkes, "Google cluster-usage
/// traces v3". Times are microseconds; the window begins at 600 s. CPU and memory are normalised (NCU). In
/// CSV the members of a record are columns such as `resource_request.cpus` or `resource_request_cpus`.
public struct Borg2019: TraceReader {
    public static let machineEvents = TraceTable(.borg2019, "machine_events")
    public static let machineAttributes = TraceTable(.borg2019, "machine_attributes")
    public static let collectionEvents = TraceTable(.borg2019, "collection_events")
    public static let instanceEvents = TraceTable(.borg2019, "instance_events")
    public static let instanceUsage = TraceTable(.borg2019, "instance_usage")
    public static let tables = [
        machineEvents, machineAttributes, collectionEvents, instanceEvents, instanceUsage,
    ]

    /// What 1.0 counts as unless the options say otherwise. The publisher does not say; this is our choice.
    public static let assumedMilliCPU: Int64 = 64_000
    public static let assumedMemoryBytes: Int64 = 256 << 30

    private enum Source: Sendable {
        case undecided(file: String)
        case lines(JSONObjectFile)
        case table(TableRows)
    }

    private var source: Source?
    private var table = instanceEvents
    private var options = TraceOptions()
    private var lifecycles = TaskLifecycles()
    private var machines: [String: TraceMachine] = [:]
    private var collections: [String: Collection] = [:]
    private var milliCPU = 0.0
    private var memoryBytes = 0.0

    /// What is known of a collection when its instances come.
    private struct Collection: Sendable {
        var user: String
        var name: String
        var maxPerMachine: Int64?
        var dependencies: [String]
    }

    public init() {}

    public mutating func open(_ table: TraceTable, file: String, options: TraceOptions) throws(TraceError) {
        guard Self.tables.contains(table) else {
            throw .unsupported(file: file, detail: "\(table.format.rawValue) has no table '\(table.name)'")
        }
        self.table = table
        self.options = options
        source = .undecided(file: file)
        milliCPU = Double(options.unitMilliCPU ?? Self.assumedMilliCPU)
        memoryBytes = Double(options.unitMemoryBytes ?? Self.assumedMemoryBytes)
        lifecycles.open(file: file, limit: options.liveLimit)
    }

    public mutating func read(_ chunk: Span<UInt8>, into output: inout TraceOutput) throws(TraceError) {
        if chunk.count == 0 { return }
        guard var source = self.source.take() else { return }
        if case .undecided(let file) = source {
            let isJSON = chunk[0] == UInt8(ascii: "{") || chunk[0] == UInt8(ascii: "[")
            source =
                isJSON
                ? .lines(
                    JSONObjectFile(file: file, format: .borg2019, limitBytes: options.lineLimitBytes))
                : .table(
                    TableRows(Self.schema(of: table), file: file, lineLimitBytes: options.lineLimitBytes))
        }
        switch source {
        case .undecided: break
        case .lines(var lines):
            lines.append(chunk)
            try read(&lines, into: &output)
            self.source = .lines(lines)
        case .table(var rows):
            rows.append(chunk)
            try read(&rows, into: &output)
            self.source = .table(rows)
        }
    }

    public mutating func close(into output: inout TraceOutput) throws(TraceError) {
        switch source.take() {
        case .none: break
        case .undecided(let file):
            throw .wrongFormat(file: file, found: "no bytes", expected: "\(table.name) of borg-2019")
        case .lines(var lines):
            lines.finish()
            try read(&lines, into: &output)
        case .table(var rows):
            rows.finish()
            try read(&rows, into: &output)
        }
    }

    public mutating func finish(into output: inout TraceOutput) throws(TraceError) {
        lifecycles.finish(into: &output)
    }

    private mutating func read(
        _ lines: inout JSONObjectFile, into output: inout TraceOutput
    ) throws(TraceError) {
        while try lines.next() {
            output.countRow()
            do throws(RowFault) {
                let value: JSONValue
                do throws(JSONSyntaxError) {
                    var parser = JSONParser(lines.item)
                    value = try parser.parseDocument()
                } catch {
                    throw RowFault(column: "", found: "no JSON: \(error.message)", expected: "an object")
                }
                try readRow(BorgObject(value), into: &output)
            } catch {
                try output.reject(BadRow(file: lines.file, line: lines.line, reason: error.description))
            }
        }
    }

    private mutating func read(
        _ rows: inout TableRows, into output: inout TraceOutput
    ) throws(TraceError) {
        let places = BorgField.places(in: rows.schema)
        while try rows.next() {
            output.countRow()
            do throws(RowFault) {
                try rows.checkFieldCount()
                try readRow(BorgTableRow(rows, places), into: &output)
            } catch {
                try output.reject(BadRow(file: rows.file, line: rows.line, reason: error.description))
            }
        }
    }

    /// The columns of a CSV export; nested members are joined by an underscore or a full stop.
    private static func schema(of table: TraceTable) -> TableSchema {
        let list: String
        switch table {
        case machineEvents:
            list = "time,machine_id,type,switch_id?,capacity.cpus?,capacity.memory?,platform_id?"
        case machineAttributes:
            list = "time,machine_id,name,value?,deleted?"
        case collectionEvents:
            list =
                "time,type,collection_id,user?,collection_logical_name?,max_per_machine?,"
                + "start_after_collection_ids?"
        case instanceEvents:
            list =
                "time,type,collection_id,instance_index,scheduling_class?,collection_type?,priority?,"
                + "alloc_collection_id?,machine_id?,resource_request.cpus?,resource_request.memory?,"
                + "constraint?"
        default:
            list =
                "start_time,end_time,collection_id,instance_index,average_usage.cpus?,average_usage.memory?,"
                + "maximum_usage.cpus?,maximum_usage.memory?"
        }
        return TableSchema(table, list, header: .required)
    }

    private mutating func readRow(_ row: some BorgRow, into output: inout TraceOutput) throws(RowFault) {
        switch table {
        case Self.machineEvents: try readMachine(row, into: &output)
        case Self.machineAttributes: try readAttribute(row, into: &output)
        case Self.collectionEvents: try readCollection(row, into: &output)
        case Self.instanceEvents: try readInstance(row, into: &output)
        default: try readUsage(row, into: &output)
        }
    }

    private mutating func readMachine(_ row: some BorgRow, into output: inout TraceOutput) throws(RowFault) {
        guard let time = try row.time(.time) else { return output.passOver("an event after the trace") }
        let id = try row.name(.machineID)
        var machine = machines[id] ?? TraceMachine(id: id, capacity: TraceResources())
        if let cpus = try row.amount(.capacityCPUs, times: milliCPU) { machine.capacity.milliCPU = cpus }
        if let memory = try row.amount(.capacityMemory, times: memoryBytes) {
            machine.capacity.memoryBytes = memory
        }
        if let platform = row.text(.platformID) { machine.setLabel("platform", platform) }
        if let rack = row.text(.switchID) { machine.setLabel("switch", rack) }
        let kind: TraceMachineEvent.Kind
        switch try row.code(.type, ["EVENT_TYPE_UNKNOWN", "ADD", "REMOVE", "UPDATE"]) {
        case 1: kind = .add
        case 2: kind = .remove
        case 3: kind = .update
        default: throw row.fault(.type, "ADD, REMOVE or UPDATE (1 to 3)")
        }
        machines[id] = machine
        output.emit(TraceMachineEvent(time: time, kind: kind, machine: machine))
    }

    private mutating func readAttribute(_ row: some BorgRow, into output: inout TraceOutput) throws(RowFault)
    {
        guard let time = try row.time(.time) else { return output.passOver("an event after the trace") }
        let id = try row.name(.machineID)
        guard machines[id] != nil else {
            return output.passOver("an attribute of a machine that is not in machine_events")
        }
        let label = TraceLabel(name: try row.name(.name), value: row.text(.value) ?? "")
        let deleted = row.text(.deleted)?.lowercased()
        let isGone = deleted == "true" || deleted == "1"
        let machine = TraceMachine(id: id, capacity: TraceResources(), labels: [label])
        output.emit(TraceMachineEvent(time: time, kind: isGone ? .unlabel : .label, machine: machine))
    }

    private mutating func readCollection(_ row: some BorgRow, into output: inout TraceOutput) throws(RowFault)
    {
        let id = try row.name(.collectionID)
        if collections.count >= options.liveLimit {
            throw row.fault(.collectionID, "at most \(options.liveLimit) collections")
        }
        // A row that lacks a member, as those do that were made up for missing ones, leaves what is known.
        var collection =
            collections[id] ?? Collection(user: "", name: "", maxPerMachine: nil, dependencies: [])
        if let user = row.text(.user) { collection.user = user }
        if let name = row.text(.collectionLogicalName) { collection.name = name }
        if let most = try row.integer(.maxPerMachine) { collection.maxPerMachine = most > 0 ? most : nil }
        let dependencies = row.list(.startAfterCollectionIDs)
        if !dependencies.isEmpty { collection.dependencies = dependencies }
        collections[id] = collection
        output.passOver("a collection event: instances carry what is replayed")
    }

    private static let eventTypes = [
        "SUBMIT", "QUEUE", "ENABLE", "SCHEDULE", "EVICT", "FAIL", "FINISH", "KILL", "LOST", "UPDATE_PENDING",
        "UPDATE_RUNNING",
    ]

    private mutating func readInstance(_ row: some BorgRow, into output: inout TraceOutput) throws(RowFault) {
        guard let time = try row.time(.time) else { return output.passOver("an event after the trace") }
        let isAlloc = try row.code(.collectionType, ["JOB", "ALLOC_SET"]) == 1
        let job = try row.name(.collectionID)
        let step: TaskLifecycles.Step
        switch try row.code(.type, Self.eventTypes) {
        case 0: step = .submit
        case 1, 2: step = .queue
        case 3: step = .schedule
        case 4: step = .evict
        case 5: step = .end(.failed)
        case 6: step = .end(.succeeded)
        case 7: step = .end(.killed)
        case 8: step = .end(.unknown)
        case 9, 10: step = .update
        default: throw row.fault(.type, "an event type (0 to 10, or its name)")
        }
        var event = TaskLifecycles.Event(
            id: job + "/" + (try row.name(.instanceIndex)), job: job, time: time, step: step)
        if let collection = collections[job] {
            event.user = collection.user
            event.group = collection.name
            event.maxPerMachine = collection.maxPerMachine
            event.dependencies = collection.dependencies
        }
        if let machine = row.text(.machineID), machine != "0", machine != "-1" { event.machine = machine }
        if let sensitivity = try row.code(
            .schedulingClass, ["MOST_INSENSITIVE", "INSENSITIVE", "SENSITIVE", "MOST_SENSITIVE"])
        {
            guard (0...3).contains(sensitivity) else { throw row.fault(.schedulingClass, "0 to 3") }
            event.qos = Borg2011.classes[sensitivity]
            event.labels.append(TraceLabel(name: "scheduling-class", value: String(sensitivity)))
        }
        if let priority = try row.integer(.priority) {
            guard let narrow = Int32(exactly: priority) else {
                throw row.fault(.priority, "a number in range")
            }
            event.priority = narrow
        }
        let cpus = try row.amount(.resourceRequestCPUs, times: milliCPU)
        let memory = try row.amount(.resourceRequestMemory, times: memoryBytes)
        if cpus != nil || memory != nil {
            event.requests = TraceResources(milliCPU: cpus ?? 0, memoryBytes: memory ?? 0)
        }
        if isAlloc {
            event.labels.append(TraceLabel(name: "collection-type", value: "alloc-set"))
        } else if let alloc = row.text(.allocCollectionID), alloc != "0" {
            event.labels.append(TraceLabel(name: "alloc-set", value: alloc))
        }
        event.constraints = try row.constraints()
        try lifecycles.take(event, at: lifecycles.place(of: event.id), into: &output)
    }

    private func readUsage(_ row: some BorgRow, into output: inout TraceOutput) throws(RowFault) {
        guard let start = try row.time(.startTime), let end = try row.time(.endTime) else {
            return output.passOver("an event after the trace")
        }
        if end < start { throw row.fault(.endTime, "a time not before start_time") }
        var usage = TraceUsage(
            subject: .task, id: try row.name(.collectionID) + "/" + row.name(.instanceIndex),
            start: start, end: end)
        usage.milliCPU = try row.amount(.averageUsageCPUs, times: milliCPU)
        usage.memoryBytes = try row.amount(.averageUsageMemory, times: memoryBytes)
        usage.maximumMilliCPU = try row.amount(.maximumUsageCPUs, times: milliCPU)
        usage.maximumMemoryBytes = try row.amount(.maximumUsageMemory, times: memoryBytes)
        output.emit(usage, job: row.text(.collectionID) ?? "")
    }
}
