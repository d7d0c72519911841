import SimulationKernel

/// Tells from a file's first bytes, and from its name where they do not suffice, what it is.
public enum TraceRecognition {
    /// How many bytes of a file are enough.
    public static let headBytes = 1 << 16

    /// Finds the table that the file holds; nil when it is none that is known.
    ///
    /// - Parameters:
    ///   - head: The first bytes of the file, unpacked.
    ///   - path: The file's path; the names of its last two parts count.
    ///   - format: What the user says it is; only its tables come into question.
    public static func table(
        head: [UInt8], path: String, format: TraceFormat? = nil
    ) -> TraceTable? {
        let found = recognise(head: head, path: path, format: format)
        if let format, let found, found.format != format { return fallback(format, path: path) }
        if found == nil, let format { return fallback(format, path: path) }
        return found
    }

    /// A reader of the format; nil for a database, which is not read from bytes.
    public static func reader(of format: TraceFormat) -> (any TraceReader)? {
        switch format {
        case .alibabaGPU2023: AlibabaGPU2023()
        case .alibabaDLRM2025: AlibabaDLRM2025()
        case .alibaba2017: Alibaba2017()
        case .alibaba2018: Alibaba2018()
        case .alibabaGPU2020: AlibabaGPU2020()
        case .alibabaSpot2026: AlibabaSpot2026()
        case .borg2011: Borg2011()
        case .borg2019: Borg2019()
        case .azurePacking2020: nil
        case .azureVM2017, .azureVM2019: AzureVM()
        case .philly: Philly()
        case .swf: StandardWorkloadFormat()
        case .simkube: SimKube()
        case .snapshot: ClusterSnapshot()
        case .compact: CompactTrace()
        }
    }

    /// The format's tables, in the order in which their files are read.
    public static func tables(of format: TraceFormat) -> [TraceTable] {
        guard let reader = reader(of: format) else { return [AzurePacking2020.table] }
        return type(of: reader).tables.filter { $0.format == format }
    }

    /// Of a format that the user named: the table whose name is in the path, or the only one.
    private static func fallback(_ format: TraceFormat, path: String) -> TraceTable? {
        let tables = tables(of: format)
        return tables.first { name(path, contains: $0.name) } ?? (tables.count == 1 ? tables[0] : nil)
    }

    private static func name(_ path: String, contains part: String) -> Bool {
        let parts = path.lowercased().split(separator: "/").suffix(2)
        return parts.contains { String($0).contains(part) }
    }

    private static func recognise(head: [UInt8], path: String, format: TraceFormat?) -> TraceTable? {
        if head.isEmpty { return nil }
        if head.starts(with: CompactTraceWriter.family) { return CompactTrace.records }
        if head.starts(with: Array("SQLite format 3\0".utf8)) { return AzurePacking2020.table }
        let text = String(decoding: head, as: UTF8.self)
        if (0x80...0x8F).contains(head[0]) || head[0] == 0xDE || head[0] == 0xDF {
            return text.contains("version") ? SimKube.recording : nil
        }
        let body = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        if body.first == "{" || body.first == "[" { return json(String(body)) }
        if body.first == ";" { return StandardWorkloadFormat.jobs }
        let lines = body.split(maxSplits: 20, omittingEmptySubsequences: true) { $0.isNewline }.map(
            String.init)
        guard let first = lines.first else { return nil }
        if lines.contains(where: { $0.hasPrefix("apiVersion:") || $0.hasPrefix("- apiVersion:") }) {
            return ClusterSnapshot.objects
        }
        if let table = headed(first) { return table }
        let words = first.split { $0 == " " || $0 == "\t" }
        if words.count == 18, !first.contains(","), words.allSatisfy({ Double($0) != nil }) {
            return StandardWorkloadFormat.jobs
        }
        return headless(lines, path: path, format: format)
    }

    private static func json(_ text: String) -> TraceTable? {
        if text.contains("\"apiVersion\"") { return ClusterSnapshot.objects }
        if text.contains("\"jobid\"") || text.contains("\"submitted_time\"") { return Philly.jobs }
        if text.contains("\"average_usage\"") { return Borg2019.instanceUsage }
        if text.contains("\"instance_index\"") { return Borg2019.instanceEvents }
        if text.contains("\"collection_id\"") { return Borg2019.collectionEvents }
        if text.contains("\"machine_id\"") {
            return text.contains("\"name\"") ? Borg2019.machineAttributes : Borg2019.machineEvents
        }
        return nil
    }

    /// By the names of the columns, for formats whose files have them.
    private static func headed(_ line: String) -> TraceTable? {
        let names = Set(
            line.split(separator: ",").map { $0.lowercased().filter { !" _.\"".contains($0) } })
        func has(_ wanted: String...) -> Bool { wanted.allSatisfy { names.contains($0) } }
        if has("sn", "cpumilli", "gpu") { return AlibabaGPU2023.nodes }
        if has("name", "cpumilli", "numgpu", "gpumilli") { return AlibabaGPU2023.pods }
        if has("instancesn", "role", "appname", "rdmarequest") { return AlibabaDLRM2025.instances }
        if has("nodename", "gpumodel", "gpucapacitynum") { return AlibabaSpot2026.nodes }
        if has("jobname", "organization", "workernum", "submittime") { return AlibabaSpot2026.jobs }
        if has("machineid", "numberofgpus") { return Philly.machines }
        if has("time", "machineid", "cpuutil") { return Philly.cpuUsage }
        if has("time", "machineid", "memtotal", "memfree") { return Philly.memoryUsage }
        if has("time", "machineid", "gpu0util") { return Philly.gpuUsage }
        if has("collectionid", "instanceindex") {
            return has("starttime", "endtime") ? Borg2019.instanceUsage : Borg2019.instanceEvents
        }
        if has("collectionid", "time", "type") { return Borg2019.collectionEvents }
        if has("machineid", "time", "type") { return Borg2019.machineEvents }
        if has("machineid", "time", "name") { return Borg2019.machineAttributes }
        if has("jobname", "taskname", "plangpu") { return AlibabaGPU2020.tasks }
        if has("jobname", "instid", "user") { return AlibabaGPU2020.jobs }
        if has("instid", "gputypespec") { return AlibabaGPU2020.groupTags }
        if has("machine", "capcpu", "capgpu") { return AlibabaGPU2020.machines }
        if has("jobname", "taskname", "workername", "gpuname") { return AlibabaGPU2020.sensors }
        if has("jobname", "taskname", "instname") { return AlibabaGPU2020.instances }
        if has("taskname", "instancenum", "plancpu") { return Alibaba2018.batchTasks }
        if has("vmid", "subscriptionid", "deploymentid") {
            return has("vmcorecountbucket") ? AzureVM.vms2019 : AzureVM.vms2017
        }
        return nil
    }

    /// A shape of rows without names: so many fields, of which some are words or numbers of a kind.
    private struct Shape {
        var table: TraceTable
        var counts: ClosedRange<Int>
        var matches: ([Substring]) -> Bool
    }

    private static let statuses: Set<Substring> = [
        "Terminated", "Failed", "Running", "Waiting", "Ready", "Cancelled", "Interrupted",
    ]

    private static func isNumber(_ text: Substring) -> Bool { Double(text) != nil }
    private static func isCode(_ text: Substring, below bound: Int) -> Bool {
        Int(text).map { (0..<bound).contains($0) } ?? false
    }

    private static var shapes: [Shape] {
        [
            Shape(table: Borg2011.taskEvents, counts: 13...13) {
                isNumber($0[0]) && isNumber($0[2]) && isNumber($0[3]) && isCode($0[5], below: 9)
            },
            Shape(table: Borg2011.taskUsage, counts: 19...20) { isNumber($0[0]) && isNumber($0[5]) },
            Shape(table: Alibaba2018.batchInstances, counts: 14...14) { statuses.contains($0[4]) },
            Shape(table: Alibaba2017.batchInstances, counts: 12...12) { statuses.contains($0[5]) },
            Shape(table: Alibaba2018.batchTasks, counts: 9...9) { statuses.contains($0[4]) },
            Shape(table: AlibabaGPU2020.instances, counts: 9...9) { statuses.contains($0[5]) },
            Shape(table: AlibabaGPU2020.tasks, counts: 10...10) { statuses.contains($0[3]) },
            Shape(table: AlibabaGPU2020.jobs, counts: 6...6) { statuses.contains($0[3]) },
            Shape(table: Alibaba2017.batchTasks, counts: 8...8) { statuses.contains($0[5]) },
            Shape(table: Alibaba2017.containerEvents, counts: 7...8) {
                ["create", "remove"].contains($0[1].lowercased())
            },
            Shape(table: Alibaba2017.serverEvents, counts: 3...7) {
                ["add", "softerror", "harderror"].contains($0[2])
            },
            Shape(table: Alibaba2018.machineMeta, counts: 7...7) {
                $0[0].hasPrefix("m_") && isNumber($0[1])
            },
            Shape(table: Alibaba2018.containerMeta, counts: 8...8) {
                $0[0].hasPrefix("c_") && $0[1].hasPrefix("m_")
            },
            Shape(table: Alibaba2018.containerUsage, counts: 11...11) {
                $0[0].hasPrefix("c_") && $0[1].hasPrefix("m_")
            },
            Shape(table: Alibaba2018.machineUsage, counts: 9...9) {
                $0[0].hasPrefix("m_") && isNumber($0[1])
            },
            Shape(table: AzureVM.vms2019, counts: 11...11) {
                isNumber($0[3]) && ($0[9].hasPrefix(">") || $0[10].hasPrefix(">"))
            },
            Shape(table: AzureVM.vms2017, counts: 11...11) {
                ["Interactive", "Delay-insensitive", "Unknown"].contains($0[8])
            },
            Shape(table: Borg2011.jobEvents, counts: 8...8) {
                isNumber($0[0]) && isNumber($0[2]) && isCode($0[3], below: 9)
            },
            Shape(table: Borg2011.machineEvents, counts: 6...6) {
                isNumber($0[0]) && isNumber($0[1]) && isCode($0[2], below: 3)
                    && ($0[4].isEmpty || isNumber($0[4]))
            },
            Shape(table: Alibaba2017.containerUsage, counts: 12...12) { $0.allSatisfy { isNumber($0) } },
            Shape(table: Alibaba2017.serverUsage, counts: 8...8) { $0.allSatisfy { isNumber($0) } },
        ]
    }

    private static func headless(
        _ lines: [String], path: String, format: TraceFormat?
    ) -> TraceTable? {
        let rows = lines.map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        // The first shape that any of the first rows has, and that all of them have the length of.
        let possible = shapes.filter { shape in
            (format == nil || shape.table.format == format)
                && rows.dropLast(rows.count > 1 ? 1 : 0).allSatisfy { shape.counts.contains($0.count) }
        }
        if let shape = possible.first(where: { shape in
            rows.contains { shape.counts.contains($0.count) && shape.matches($0) }
        }) {
            return shape.table
        }
        // Those that only their name tells apart.
        guard let width = rows.first?.count, width > 1 else { return nil }
        let named: [(TraceTable, ClosedRange<Int>)] = [
            (Borg2011.taskConstraints, 5...6), (Borg2011.machineAttributes, 4...5),
            (AlibabaGPU2020.groupTags, 4...5), (AlibabaGPU2020.machines, 5...5),
            (AlibabaGPU2020.sensors, 16...16), (AzureVM.readings2017, 5...5),
        ]
        return named.first { table, widths in
            widths.contains(width) && name(path, contains: table.name)
                && (format == nil || format == table.format)
        }?.0
    }
}
