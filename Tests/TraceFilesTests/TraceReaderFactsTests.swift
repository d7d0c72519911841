import SimulationKernel
import Testing
import TraceFiles
import Workloads

/// What single rows of the small traces become.
@Suite("Trace readers")
struct TraceReaderFactsTests {
    static func load(_ folder: String, options: TraceOptions = TraceOptions()) throws -> LoadedTrace {
        try TraceFileSet.open([Vectors.path(folder)]).load(options: options)
    }

    static func task(_ folder: String, _ id: String) throws -> TraceTask {
        try #require(try load(folder).tasks.first { $0.id == id })
    }

    @Test("Borg 2011: an eviction does not end a task; what never ends is unfinished")
    func borg2011() throws {
        let evicted = try Self.task("borg-2011", "7001/1")
        #expect(evicted.start == .start + .seconds(610))
        #expect(evicted.end == .start + .seconds(800))
        #expect(evicted.duration == .seconds(90))
        #expect(evicted.outcome == .succeeded)
        #expect(evicted.maxPerMachine == 1)
        #expect(evicted.machine == "5")
        #expect(evicted.labels.contains(TraceLabel(name: "evictions", value: "1")))
        #expect(
            evicted.constraints == [TraceConstraint(attribute: "attr-k", relation: .notEqual, value: "3")])
        // An eighth of 32 cores, a sixteenth of 128 GiB.
        #expect(evicted.requests.milliCPU == 4_000)
        #expect(evicted.requests.memoryBytes == 8 << 30)
        let running = try Self.task("borg-2011", "7001/0")
        #expect(running.outcome == .unfinished && running.end == nil && running.group == "logical-name")
        let kinds = try Self.load("borg-2011").machines.map(\.kind)
        #expect(kinds == [.add, .add, .label, .remove, .add])
    }

    @Test("Borg 2019: names or numbers, collections joined, nested columns")
    func borg2019() throws {
        let task = try Self.task("borg-2019", "7002/7")
        #expect(task.user == "user-x" && task.group == "logical")
        #expect(task.dependencies == ["42"])
        #expect(task.maxPerMachine == 1)
        #expect(task.duration == .seconds(99))
        #expect(task.outcome == .succeeded)
        #expect(task.constraints.map(\.relation) == [.greater])
        let killed = try Self.task("borg-2019-csv", "11/0")
        #expect(killed.requests.milliCPU == 16_000 && killed.outcome == .killed)
    }

    @Test("Borg 2019: a member that is null is as good as absent")
    func borg2019Nulls() throws {
        let rows = """
            {"time":"0","type":"0","collection_id":"1","priority":null,"instance_index":"0","machine_id":null,\
            "resource_request":{"cpus":0.01,"memory":null},"constraint":null}
            {"time":"1000000","type":"SCHEDULE","collection_id":"1","priority":null,"instance_index":"0","machine_id":"2"}
            {"time":"2000000","type":6,"collection_id":1,"instance_index":0,"machine_id":2}
            """
        try Vectors.withFile(Array(rows.utf8), name: "instance_events-000000000000.json") { path in
            let trace = try TraceFileSet.open([path]).load(options: TraceOptions())
            let task = try #require(trace.tasks.first)
            #expect(task.id == "1/0" && task.duration == .seconds(1))
            #expect(task.requests.memoryBytes == 0 && task.constraints.isEmpty)
        }
    }

    @Test("Alibaba 2018: the graph is in the names")
    func alibaba2018() throws {
        let third = try Self.task("alibaba-2018", "j_1/3")
        #expect(third.dependencies == ["j_1/1", "j_1/2"])
        #expect(third.duration == .seconds(40))
        let first = try Self.task("alibaba-2018", "j_1/1")
        #expect(first.instances == 4 && first.requests.milliCPU == 1_000)
        let alone = try Self.task("alibaba-2018", "j_2/task_aGFuZC1tYWRl")
        #expect(alone.dependencies.isEmpty && alone.outcome == .failed)
        let stage = try Self.task("alibaba-2018", "j_3/4")
        #expect(stage.dependencies == ["j_3/3"] && stage.end == nil)
        #expect(
            try Self.load("alibaba-2018").usage.contains { $0.subject == .machine && $0.cpuFraction == nil })
    }

    @Test("Alibaba 2020: users, submissions and device models are joined in; shares of devices")
    func alibaba2020() throws {
        let worker = try Self.task("alibaba-gpu-2020", "job-a/worker")
        #expect(worker.user == "user-1" && worker.gpuModels == ["V100M32"])
        #expect(worker.submission == .start + .seconds(1_000) && worker.start == .start + .seconds(1_012))
        #expect(worker.instances == 2 && worker.requests.gpuCount == 1 && worker.requests.gpuMilli == 500)
        let pair = try Self.task("alibaba-gpu-2020", "job-b/tensorflow")
        #expect(pair.requests.gpuCount == 2 && pair.requests.gpuMilli == 1_000)
        let waiting = try Self.task("alibaba-gpu-2020", "job-c/worker")
        #expect(waiting.start == nil && waiting.outcome == .unfinished)
    }

    @Test("Alibaba 2025: what predates the trace, and what outlives it")
    func dlrm() throws {
        let old = try Self.task("alibaba-dlrm-2025", "instance_0")
        #expect(old.submission == .start && old.start == .start && old.end == nil && old.duration == nil)
        #expect(old.maxPerMachine == 8 && old.requests.other("rdma") == 20)
        #expect(old.requests.diskBytes == 600 << 30 && old.limits?.diskBytes == 700 << 30)
        let short = try Self.task("alibaba-dlrm-2025", "instance_1")
        #expect(short.maxPerMachine == nil && short.duration == .seconds(130))
        #expect(try Self.task("alibaba-dlrm-2025", "instance_2").lifetime == .seconds(500))
    }

    @Test("Azure: one kind of machine stands for all; open buckets count as the publisher counts them")
    func azure() throws {
        let vm = try Self.task("azure-packing-2020", "vm-1")
        #expect(vm.requests.milliCPU == 32_000 && vm.submission == .start)
        #expect(vm.duration == .hours(12) && vm.priority == 1)
        #expect(try Self.task("azure-packing-2020", "vm-3").outcome == .unfinished)
        let open = try Self.task("azure-vm-2019", "vm-2")
        #expect(open.requests.milliCPU == 30_000 && open.requests.memoryBytes == 70 << 30)
        #expect(try Self.task("azure-vm-2017", "vm-one").outcome == .unfinished)
    }

    @Test("Philly: attempts add up; servers are the gang")
    func philly() throws {
        let job = try Self.task("philly", "application_1_1")
        #expect(job.duration == .seconds(74 + 3_600))
        #expect(job.requests.gpuCount == 2 && job.instances == 1)
        let wide = try Self.task("philly", "application_1_2")
        #expect(wide.submission == .start && wide.gangSize == 2 && wide.requests.gpuCount == 8)
        #expect(wide.outcome == .killed)
    }

    @Test("SWF: unknown is −1; a job is a gang of processors")
    func swf() throws {
        let first = try Self.task("swf", "1")
        #expect(
            first.gangSize == 4 && first.duration == .seconds(100) && first.start == .start + .seconds(10))
        let second = try Self.task("swf", "2")
        #expect(second.dependencies == ["1"] && second.duration == .seconds(600))
        #expect(second.requests.memoryBytes == 1_024 * 1_024 && second.start == .start + .seconds(60))
        #expect(try Self.task("swf", "3").outcome == .killed)
    }

    @Test("a window, a sample and scales")
    func options() throws {
        var options = TraceOptions()
        options.from = .start + .seconds(50)
        options.until = .start + .seconds(80)
        options.timeScale = 2
        options.arrivalScale = 4
        options.sizeScale = 3
        let trace = try Self.load("swf", options: options)
        // Job 2 alone, submitted at 60: ten seconds after the window's start, doubled, at four times the rate.
        #expect(trace.tasks.map(\.id) == ["2"])
        #expect(trace.tasks[0].submission == .start + .seconds(5))
        #expect(trace.tasks[0].duration == .seconds(1_200))
        #expect(trace.tasks[0].requests.milliCPU == 3_000)
        #expect(trace.tally.leftOut == 2)
    }

    @Test("a sample takes a job whole or not at all, and the same one for the same seed")
    func sample() throws {
        var options = TraceOptions()
        options.sampleFraction = 0.5
        var kept: Set<Int> = []
        for seed in 0..<20 {
            options.seed = UInt64(seed)
            let once = try Self.load("alibaba-2018", options: options)
            #expect(try Self.load("alibaba-2018", options: options) == once)
            let ofFirst = once.tasks.count { $0.job == "j_1" }
            #expect(ofFirst == 0 || ofFirst == 3)
            kept.insert(ofFirst)
        }
        #expect(kept == [0, 3])
    }

    @Test("bad rows are counted, and stop the reading past the share allowed")
    func badRows() throws {
        let good = (1...2_000).map { "\($0) \($0) -1 10 1 -1 -1 1 -1 -1 1 1 1 1 1 -1 -1 -1\n" }.joined()
        let bad = "x 1 -1 10 1 -1 -1 1 -1 -1 1 1 1 1 1 -1 -1 -1\n"
        func read(_ text: String, _ policy: BadRowPolicy) throws -> TraceTally {
            var options = TraceOptions()
            options.badRows = policy
            return try Vectors.withFile(Array(text.utf8), name: "a.swf") { path in
                try TraceFileSet.open([path], format: .swf).read(options: options) { _ throws(TraceError) in }
            }
        }
        let few = try read(good + bad, .standard)
        #expect(few.badRows == 1 && few.rows == 2_001)
        #expect(
            few.firstBadRows[0].description.hasSuffix(
                "a.swf:2001: job_number: found 'x', expected a whole number"))
        let many = good + String(repeating: bad, count: 30)
        let error = #expect(throws: TraceError.self) { try read(many, .standard) }
        #expect(error?.description.contains("rows (1.0 %) cannot be used:") == true)
        #expect(try read(many, .skip).badRows == 30)
        #expect(try read(many, .skip).firstBadRows.count == TraceTally.shown)
    }
}
