import SimulationKernel
import Testing
import TraceFiles
import Workloads

/// Rows made by hand of exactly the publishers' schemas: their units, marks for what is missing, and order.
@Suite("Published schemas")
struct PublishedSchemaTests {
    static func read(_ text: String, _ name: String, format: TraceFormat? = nil) throws -> LoadedTrace {
        try Vectors.withFile(Array(text.utf8), name: name) { path in
            try TraceFileSet.open([path], format: format).load()
        }
    }

    static func reasons(_ trace: LoadedTrace) -> [String: Int] {
        Dictionary(trace.tally.passedOver.map { ($0.reason, $0.count) }) { $0 + $1 }
    }

    // MARK: Alibaba

    @Test("Alibaba 2017: batch tasks ask for hundredths of a core; negative times and missing requests")
    func alibaba2017() throws {
        let trace = try Self.read(
            """
            6459,6524,3,4,15740,Terminated,50,0.007956928014909534
            -10,0,4,7,393,Waiting,,
            7000,7100,4,8,1,Interupted,100,0.0078

            """, "batch_task.csv")
        #expect(trace.tally.badRows == 0)
        let task = try #require(trace.tasks.first { $0.id == "3/4" })
        #expect(task.requests.milliCPU == 500 && task.instances == 15_740)
        let waiting = try #require(trace.tasks.first { $0.id == "4/7" })
        #expect(waiting.submission == .start && waiting.outcome == .unfinished)
        #expect(waiting.requests == TraceResources())
        #expect(trace.tasks.first { $0.id == "4/8" }?.outcome == .unfinished)
    }

    @Test("Alibaba 2018: a container that stops has an end; only its limits change between its rows")
    func alibaba2018Containers() throws {
        let trace = try Self.read(
            """
            c_1,m_1,0,app_7,started,400,400,1.56
            c_1,m_1,221530,app_7,stopped,400,400,1.56
            c_1,m_1,276497,app_7,stopped,400,400,1.56
            c_2,m_2,0,app_7,started,400,800,1.56
            c_2,m_2,663249,app_7,started,400,480,1.56
            c_3,m_2,10,app_8,stopped,400,800,3.12
            c_4,m_2,20,app_8,unknown,400,800,-1

            """, "container_meta.csv")
        #expect(trace.tally.badRows == 0)
        #expect(trace.tasks.map(\.id) == ["c_1", "c_2", "c_4"])
        #expect(trace.tasks[0].end == .start + .seconds(221_530) && trace.tasks[0].outcome == .killed)
        #expect(trace.tasks[0].duration == .seconds(221_530))
        #expect(trace.tasks[1].end == nil && trace.tasks[1].limits?.milliCPU == 8_000)
        #expect(trace.tasks[2].requests.memoryBytes == 0)
    }

    @Test("Alibaba 2018: normalised values of -1 and 101 are none; times that are missing")
    func alibaba2018Values() throws {
        let trace = try Self.read(
            """
            ins_1,M1,j_1,1,Terminated,100,150,m_1,1,1,88.0,130.0,-1,101
            ins_2,M1,j_1,1,Running,100,0,m_1,1,1,88.0,130.0,0.5,0.6
            ins_3,M1,j_1,1,Waiting,,,,,,,,,

            """, "batch_instance.csv")
        #expect(trace.tally.badRows == 0 && trace.usage.count == 1)
        #expect(trace.usage[0].milliCPU == 880 && trace.usage[0].memoryBytes == nil)
        #expect(trace.usage[0].maximumMemoryBytes == nil)
    }

    @Test("PAI: 0 is no time; MISC is a model like the others")
    func alibaba2020() throws {
        let trace = try Self.read(
            """
            job-a,worker,1.0,Failed,0.0,0.0,600.0,29.296875,100.0,MISC
            job-b,worker,1.0,Running,1739162.0,0.0,600.0,29.296875,100.0,MISC
            job-c,worker,1.0,Terminated,1739162.0,1739200.0,,,,

            """, "pai_task_table.csv")
        #expect(trace.tally.badRows == 0)
        #expect(trace.tasks.map(\.id) == ["job-b/worker", "job-c/worker"])
        #expect(trace.tasks[0].end == nil && trace.tasks[0].outcome == .unfinished)
        #expect(trace.tasks[1].requests == TraceResources() && trace.tasks[1].duration == .seconds(38))
        var reader = AlibabaGPU2020()
        var output = TraceOutput()
        for (table, text) in [
            (AlibabaGPU2020.groupTags, "inst-a,user-1,MISC,group-1,\n"),
            (AlibabaGPU2020.jobs, "job-a,inst-a,user-1,Terminated,1739160.0,1739300.0\n"),
            (AlibabaGPU2020.tasks, "job-a,worker,1.0,Terminated,1739162.0,1739200.0,600.0,29.3,100.0,MISC\n"),
        ] {
            try reader.open(table, file: table.name, options: TraceOptions())
            try reader.read(Array(text.utf8).span, into: &output)
            try reader.close(into: &output)
        }
        guard case .task(let task) = output.take().first else {
            throw TraceError.cannotOpen(file: "", detail: "")
        }
        #expect(task.gpuModels == ["MISC"])
    }

    // MARK: Google

    @Test("Borg 2011: rows made up for missing ones have no sizes, names or users, and leave what is known")
    func borg2011Missing() throws {
        let trace = try Self.read(
            """
            600000000,,7,0,,0,user-x,1,4,0.125,0.0625,0.0005,0
            601000000,1,7,0,5,1,,,4,,,,
            602000000,2,7,0,5,6,,,4,,,,

            """, "part-00000-of-00500.csv", format: .borg2011)
        #expect(trace.tally.badRows == 0)
        let task = try #require(trace.tasks.first)
        #expect(task.user == "user-x" && task.requests.milliCPU == 4_000 && task.outcome == .unknown)
        #expect(task.duration == .seconds(1) && task.qos == .burstable && task.priority == 4)
    }

    @Test(
        "Borg 2011: comparisons with and without a value",
        arguments: [
            ("0,7,0,0,attr,5", TraceConstraint.Relation.equal), ("0,7,0,0,attr,", .absent),
            ("0,7,0,1,attr,5", .notEqual), ("0,7,0,1,attr,", .present), ("0,7,0,2,attr,5", .less),
            ("0,7,0,3,attr,5", .greater),
        ])
    func borg2011Constraints(row: String, relation: TraceConstraint.Relation) throws {
        var reader = Borg2011()
        var output = TraceOutput()
        for (table, text) in [
            (Borg2011.taskConstraints, row + "\n"),
            (Borg2011.taskEvents, "0,,7,0,,0,u,1,4,0.1,0.1,0.1,0\n"),
        ] {
            try reader.open(table, file: table.name, options: TraceOptions())
            try reader.read(Array(text.utf8).span, into: &output)
            try reader.close(into: &output)
        }
        try reader.finish(into: &output)
        guard case .task(let task) = output.take().first else {
            throw TraceError.cannotOpen(file: "", detail: "")
        }
        #expect(task.constraints.map(\.relation) == [relation])
    }

    @Test("Borg 2019: every column of the proto; a member that later rows lack stays")
    func borg2019() throws {
        var reader = Borg2019()
        var output = TraceOutput()
        let collections = """
            {"time":"0","type":"0","collection_id":"330587238433","scheduling_class":"2","collection_type":"0",\
            "priority":"200","user":"user-hash","collection_name":"name","collection_logical_name":"logical",\
            "start_after_collection_ids":["1","2"],"max_per_machine":"1","max_per_switch":"3",\
            "vertical_scaling":"1","scheduler":"0"}
            {"time":"5","type":"6","collection_id":"330587238433","missing_type":"1"}
            """
        let instances = """
            {"time":"600000000","type":"SUBMIT","collection_id":"330587238433","scheduling_class":"2",\
            "collection_type":"0","priority":"200","alloc_collection_id":"0","instance_index":"3",\
            "machine_id":"0","alloc_instance_index":"-1","resource_request":{"cpus":0.5,"memory":0.25},\
            "constraint":[{"name":"a","value":"7","relation":"LESS_THAN_EQUAL"},{"name":"b","relation":"7"}]}
            {"time":"601000000","type":"3","collection_id":"330587238433","instance_index":"3","machine_id":"-1"}
            {"time":"602000000","type":"10","collection_id":"330587238433","instance_index":"3","machine_id":"9",\
            "resource_request":{"cpus":0.25,"memory":0.25}}
            {"time":"603000000","type":"FINISH","collection_id":"330587238433","instance_index":"3","machine_id":"9"}
            """
        for (table, text) in [(Borg2019.collectionEvents, collections), (Borg2019.instanceEvents, instances)]
        {
            try reader.open(table, file: table.name, options: TraceOptions())
            try reader.read(Array(text.utf8).span, into: &output)
            try reader.close(into: &output)
        }
        try reader.finish(into: &output)
        #expect(output.tally.firstBadRows == [])
        guard case .task(let task) = output.take().first else {
            throw TraceError.cannotOpen(file: "", detail: "")
        }
        #expect(task.id == "330587238433/3" && task.user == "user-hash" && task.group == "logical")
        #expect(task.dependencies == ["1", "2"] && task.maxPerMachine == 1 && task.priority == 200)
        #expect(task.constraints.map(\.relation) == [.lessOrEqual, .absent])
        #expect(task.requests.milliCPU == 16_000 && task.duration == .seconds(2))
        #expect(task.qos == .latencySensitive && task.outcome == .succeeded)
    }

    @Test("Borg 2019: a CSV export has constraints as TO_JSON_STRING writes them")
    func borg2019CSV() throws {
        let trace = try Self.read(
            """
            time,type,collection_id,instance_index,resource_request_cpus,resource_request_memory,constraint
            0,0,11,0,0.25,0.125,"[{""name"":""a"",""value"":""x"",""relation"":1}]"
            1000000,6,11,0,,,

            """, "instance_events.csv")
        #expect(trace.tally.firstBadRows == [])
        #expect(
            trace.tasks.first?.constraints
                == [TraceConstraint(attribute: "a", relation: .notEqual, value: "x")])
    }

    @Test("Borg: rows that are not in the order of their times are told, not joined wrongly")
    func order() throws {
        func rows(_ order: [String]) -> String {
            order.map {
                "{\"time\":\"\($0.split(separator: " ")[0])\",\"type\":\"\($0.split(separator: " ")[1])\","
                    + "\"collection_id\":\"1\",\"instance_index\":\"\($0.split(separator: " ")[2])\"}\n"
            }.joined()
        }
        func faults(_ order: [String]) throws -> Int {
            try Vectors.withFile(Array(rows(order).utf8), name: "instance_events-000000000000.json") { path in
                var options = TraceOptions()
                options.badRows = .skip
                return try TraceFileSet.open([path]).load(options: options).tally.badRows
            }
        }
        // In order; out of order, but of different tasks; the end first; the beginning last; between.
        #expect(try faults(["5 0 0", "6 3 0", "9 6 0"]) == 0)
        #expect(try faults(["5 0 0", "3 0 1", "9 6 0", "7 6 1"]) == 0)
        #expect(try faults(["9 6 0", "5 0 0", "6 3 0"]) == 2)
        #expect(try faults(["6 3 0", "9 6 0", "5 0 0"]) == 1)
        #expect(try faults(["5 0 0", "9 6 0", "6 3 0"]) == 1)
        let many = (0..<600).flatMap { ["\(1_000 + $0) 6 \($0)", "\($0) 0 \($0)"] }
        let error = #expect(throws: TraceError.self) {
            try Self.read(rows(many), "instance_events-000000000000.json")
        }
        #expect(
            error?.description.contains("expected rows in the order of their times: sort them first") == true)
    }

    // MARK: Azure, Philly

    @Test("Azure VM: what was seen once lived five minutes; the last reading of each year")
    func azureVM() throws {
        let of2017 = try Self.read(
            """
            x/XsOfHO4ocs,VDU4C8cqdr+O,Pc2VLB8aDxK2,0,2591700,99.369869,3.424094,10.194309,Delay-insensitive,1,1.75
            H5CxmMoVcZSp,BSXOcywx8pUU,3J17LcV4gXjF,600,600,100.0,6.181784,33.98136,Interactive,8,56

            """, "vmtable.csv")
        #expect(of2017.tasks.map(\.outcome) == [.unfinished, .unknown])
        #expect(of2017.tasks[0].requests.memoryBytes == 7 << 28)
        #expect(of2017.tasks[1].duration == .seconds(300) && of2017.tasks[1].end == .start + .seconds(900))
        let of2019 = try Self.read(
            """
            7aCQS6fPUw9r,0XnZZ8sMN5HY,7aCQS6fPUw9r,0,2591400,98.573424,30.340054,98.212503,Interactive,>24,>64
            71fJw0x+SDRd,GB6uQC1NSArW,2sh/ZjaYdfps,558300,1673700,91.776885,0.728879,20.75963,Unknown,8,32

            """, "vmtable.csv")
        #expect(of2019.tasks.map(\.outcome) == [.unfinished, .unknown])
        #expect(of2019.tasks[0].requests.milliCPU == 30_000)
        #expect(of2019.tasks[1].end == .start + .seconds(1_673_700))
    }

    @Test("Philly: None and null times, attempts without times, servers with unlike numbers of devices")
    func philly() throws {
        let trace = try Self.read(
            """
            [{"status":"Pass","vc":"v","jobid":"a","attempts":[
              {"start_time":"None","end_time":"2017-10-07 01:13:23","detail":[{"ip":"m1","gpus":["gpu0"]}]},
              {"start_time":"2017-10-07 01:20:00","end_time":"2017-10-07 01:30:00","detail":[
                {"ip":"m1","gpus":["gpu0","gpu1","gpu2","gpu3","gpu4","gpu5","gpu6","gpu7"]},
                {"ip":"m2","gpus":["gpu0","gpu1"]}]}],
              "submitted_time":"2017-10-07 01:11:39","user":"u"},
             {"status":"Killed","vc":"v","jobid":"b","attempts":[
              {"start_time":"2017-10-07 01:12:00","end_time":"","detail":[
                {"ip":"m1","gpus":["gpu0","gpu1","gpu2","gpu3","gpu4","gpu5","gpu6","gpu7"]},
                {"ip":"m2","gpus":["gpu0","gpu1"]}]}],
              "submitted_time":"2017-10-07 01:11:39","user":"u"},
             {"status":"Failed","vc":"v","jobid":"c","attempts":[
              {"start_time":null,"end_time":"2017-10-07 01:13:23","detail":[{"ip":"m1","gpus":["gpu0"]}]}],
              "submitted_time":"2017-10-07 01:11:39","user":"u"},
             {"status":"Killed","vc":"v","jobid":"d","attempts":[],"submitted_time":"None","user":"u"}]
            """, "cluster_job_log")
        #expect(trace.tally.firstBadRows == [])
        #expect(trace.tasks.map(\.id) == ["a", "b"])
        #expect(trace.tasks[0].duration == .seconds(600) && trace.tasks[0].requests.gpuCount == 1)
        // Ten devices on two servers.
        #expect(trace.tasks[1].gangSize == 2 && trace.tasks[1].requests.gpuCount == 5)
        #expect(trace.tasks[1].outcome == .unfinished && trace.tasks[1].duration == nil)
        #expect(Self.reasons(trace)["a job of which no attempt has both a start and an end"] == 1)
        #expect(Self.reasons(trace)["a job without a time of submission"] == 1)
    }

    @Test("Philly: what machines used, on the clock of the jobs; NA is nothing")
    func phillyUsage() throws {
        let usage = try TraceReaderFactsTests.load("philly").usage
        #expect(usage.map(\.id) == ["m1", "m1", "m3", "m1"])
        #expect(usage.allSatisfy { $0.subject == .machine && $0.end - $0.start == .seconds(60) })
        // 3 October, 00:06, is 57 days and 6 minutes after the beginning.
        #expect(usage[0].start == .start + .seconds(57 * 86_400 + 360) && usage[0].memoryFraction == 0.75)
        #expect(usage[1].gpuMilli == 4_605 && usage[2].gpuMilli == 375)
        #expect(usage[3].start == .start + .seconds(90 * 86_400 + 240))
        #expect(usage[3].cpuFraction == 0.31845)
    }

    // MARK: SWF

    @Test("SWF: parts of a run are told by the job's own line; cancelled jobs and those without processors")
    func swf() throws {
        let trace = try Self.read(
            """
            ; Version: 2.2
            ; Note: made by hand
            1 0 10 300.5 4 -1 -1 4 200 -1 1 1 1 1 1 -1 -1 -1
            1 0 10 100 4 -1 -1 4 200 -1 2 1 1 1 1 -1 -1 -1
            1 0 50 200 4 -1 -1 4 200 -1 3 1 1 1 1 -1 -1 -1
            2 60 500 -1 -1 -1 -1 8 600 -1 5 1 1 1 1 -1 -1 -1
            3 70 500 20 8 -1 -1 8 600 -1 5 1 1 1 1 -1 -1 -1
            4 80 9 -1 0 -1 -1 -1 600 -1 5 1 1 1 1 -1 -1 -1
            5 90 9 7 16 -1 -1 0 600 -1 0 1 1 1 1 -1 3 45

            """, "log.swf")
        #expect(trace.tally.firstBadRows == [])
        #expect(trace.tasks.map(\.id) == ["1", "2", "3", "5"])
        #expect(trace.tasks[0].duration == VirtualDuration(fractionalSeconds: 300.5))
        #expect(trace.tasks[1].start == nil && trace.tasks[1].duration == .zero)
        #expect(trace.tasks[1].end == .start + .seconds(560) && trace.tasks[1].outcome == .killed)
        #expect(trace.tasks[2].duration == .seconds(20) && trace.tasks[2].start == .start + .seconds(570))
        #expect(trace.tasks[3].gangSize == 16 && trace.tasks[3].dependencies == ["3"])
        #expect(trace.tasks[3].labels.contains(TraceLabel(name: "think-seconds", value: "45")))
        #expect(Self.reasons(trace)["a part of a job's run: the job's own line tells of it all"] == 2)
    }
}
