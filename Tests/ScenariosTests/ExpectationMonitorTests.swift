import KubernetesModel
import SimulationKernel
import Testing

@testable import Scenarios

/// Swift Testing has a type of this name too.
private typealias Expectation = Scenarios.Expectation

@Suite("Expectations over time")
struct ExpectationMonitorTests {
    private static let end = VirtualTime.start + .seconds(100)

    private static func moment(_ seconds: Int64) -> Expectation.Moment {
        Expectation.Moment(time: .start + .seconds(seconds))
    }

    private static func web(ready: Int64?, available: String? = nil, labels: JSONValue = ["app": "web"])
        -> JSONValue
    {
        var status: JSONValue = [:]
        if let ready { status["readyReplicas"] = .integer(ready) }
        if let available {
            status["conditions"] = [["type": "Available", "status": .string(available), "reason": "Because"]]
        }
        return ["metadata": ["name": "web", "labels": labels], "status": status]
    }

    private static func expectation(
        _ object: String, _ test: Expectation.Test, _ quantifier: Expectation.Quantifier,
        match: Expectation.Match = .all
    ) throws -> Expectation {
        Expectation(
            name: "e", subject: .objects(try ObjectSelection(parsing: object)), match: match, test: test,
            quantifier: quantifier)
    }

    private static func ready(_ comparison: ValueComparison) throws -> Expectation.Test {
        .jsonPath(try JSONPath("{.status.readyReplicas}"), comparison)
    }

    private static func key(_ name: String) -> ObjectKey { ObjectKey(namespace: "default", name: name) }

    /// Changes of deployment/web: second, ready replicas (nil: deleted).
    private static func run(
        _ expectation: Expectation, _ changes: [(Int64, Int64?)], until last: VirtualTime = end
    ) -> ExpectationResult {
        var monitor = ExpectationMonitor([expectation], end: end)
        for (second, replicas) in changes {
            let tree = replicas.map { web(ready: $0) }
            monitor.observe(.deployment, key("web"), tree, at: .start + .seconds(second))
        }
        monitor.finish(at: last)
        return monitor.results[0]
    }

    private struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var quantifier: Expectation.Quantifier
        /// Test: at least 3 ready replicas.
        var changes: [(Int64, Int64?)]
        var verdict: ExpectationResult.Verdict
        var second: Int64?
        var state: String

        init(
            _ name: String, _ quantifier: Expectation.Quantifier, _ changes: [(Int64, Int64?)],
            _ verdict: ExpectationResult.Verdict, _ second: Int64?, _ state: String
        ) {
            testDescription = name
            self.quantifier = quantifier
            self.changes = changes
            self.verdict = verdict
            self.second = second
            self.state = state
        }
    }

    private static let cases: [Case] = {
        var cases: [Case] = []
        func add(
            _ name: String, _ quantifier: Expectation.Quantifier, _ changes: [(Int64, Int64?)],
            _ verdict: ExpectationResult.Verdict, _ second: Int64?, _ state: String
        ) { cases.append(Case(name, quantifier, changes, verdict, second, state)) }
        add(
            "within: met in time", .within(VirtualDuration.seconds(10), after: moment(20)),
            [(0, 1), (25, 3)], .held, 25,
            "{.status.readyReplicas} is 3")
        add(
            "within: met exactly at the deadline", .within(VirtualDuration.seconds(10), after: moment(20)),
            [(0, 1), (30, 3)], .held, 30,
            "{.status.readyReplicas} is 3")
        add(
            "within: met just too late", .within(VirtualDuration.seconds(10), after: moment(20)),
            [(0, 1), (31, 3)], .failed, 30,
            "{.status.readyReplicas} is 1")
        add(
            "within: holds already at the moment", .within(VirtualDuration.seconds(10), after: moment(20)),
            [(0, 3), (40, 1)], .held, 20,
            "{.status.readyReplicas} is 3")
        add(
            "within: held before only", .within(VirtualDuration.seconds(10), after: moment(20)),
            [(0, 3), (19, 1)], .failed, 30,
            "{.status.readyReplicas} is 1")
        add(
            "within: ends in the very instant of the moment",
            .within(VirtualDuration.seconds(10), after: moment(20)),
            [(0, 3), (20, 1)], .failed, 30,
            "{.status.readyReplicas} is 1")
        add(
            "within: the object never exists", .within(VirtualDuration.seconds(10), after: moment(20)),
            [], .failed, 30,
            "deployment/web does not exist")
        add(
            "within: a state within one instant does not count",
            .within(VirtualDuration.seconds(10), after: moment(0)),
            [(0, 1), (5, 3), (5, 1)], .failed, 10,
            "{.status.readyReplicas} is 1")
        add(
            "always: throughout", .always(from: moment(10), to: moment(90)),
            [(0, 1), (10, 3), (91, 1)], .held, nil,
            "{.status.readyReplicas} is 3")
        add(
            "always: violated", .always(from: moment(10), to: moment(90)),
            [(0, 3), (50, 2), (51, 3)], .failed, 50,
            "{.status.readyReplicas} is 2")
        add(
            "always: violated at the last moment", .always(from: moment(10), to: moment(90)),
            [(0, 3), (90, 2)], .failed, 90,
            "{.status.readyReplicas} is 2")
        add(
            "always: violated from the beginning", .always(from: moment(10), to: moment(90)),
            [(0, 2), (11, 3)], .failed, 10,
            "{.status.readyReplicas} is 2")
        add(
            "always: deleted", .always(from: moment(10), to: moment(90)),
            [(0, 3), (60, nil)], .failed, 60,
            "deployment/web does not exist")
        add(
            "always: a state within one instant does not count", .always(from: moment(10), to: moment(90)),
            [(0, 3), (50, 1), (50, 3)], .held, nil,
            "{.status.readyReplicas} is 3")
        add(
            "never: throughout", .never(from: moment(10), to: moment(90)),
            [(0, 3), (10, 1)], .held, nil,
            "{.status.readyReplicas} is 1")
        add(
            "never: violated", .never(from: moment(10), to: moment(90)),
            [(0, 1), (40, 4), (41, 1)], .failed, 40,
            "{.status.readyReplicas} is 4")
        add(
            "never: the object does not exist", .never(from: moment(10), to: moment(90)),
            [], .held, nil,
            "deployment/web does not exist")
        add(
            "eventually: at last", .eventually(after: moment(10)),
            [(0, 1), (99, 3)], .held, 99,
            "{.status.readyReplicas} is 3")
        add(
            "eventually: in the last moment of the run", .eventually(after: moment(10)),
            [(0, 1), (100, 3)], .held, 100,
            "{.status.readyReplicas} is 3")
        add(
            "eventually: not any more", .eventually(after: moment(10)),
            [(0, 3), (5, 1)], .failed, 100,
            "{.status.readyReplicas} is 1")
        add(
            "atEnd: holds", .atEnd,
            [(0, 1), (50, 3)], .held, 100,
            "{.status.readyReplicas} is 3")
        add(
            "atEnd: held before", .atEnd,
            [(0, 3), (99, 1)], .failed, 100,
            "{.status.readyReplicas} is 1")
        add(
            "settles: after the last change",
            .settles(
                for: VirtualDuration.seconds(10), within: VirtualDuration.seconds(50), after: moment(20)),
            [(0, 1), (25, 3)], .held, 35,
            "unchanged since 25s")
        add(
            "settles: no change since before",
            .settles(
                for: VirtualDuration.seconds(10), within: VirtualDuration.seconds(50), after: moment(20)),
            [(0, 3)], .held, 30,
            "unchanged since 20s")
        add(
            "settles: a change at the end of the span",
            .settles(
                for: VirtualDuration.seconds(10), within: VirtualDuration.seconds(50), after: moment(20)),
            [(0, 3), (30, 4)], .held, 40,
            "unchanged since 30s")
        add(
            "settles: exactly at the deadline",
            .settles(
                for: VirtualDuration.seconds(10), within: VirtualDuration.seconds(15), after: moment(20)),
            [(0, 3), (25, 4)], .held, 35,
            "unchanged since 25s")
        add(
            "settles: oscillates",
            .settles(
                for: VirtualDuration.seconds(10), within: VirtualDuration.seconds(40), after: moment(20)),
            [(0, 3), (25, 4), (34, 3), (43, 4), (52, 3)], .failed, 60,
            "last changed at 52s")
        add(
            "settles: there is no object",
            .settles(for: VirtualDuration.seconds(10), within: nil, after: moment(20)),
            [], .failed, 100,
            "deployment/web does not exist")
        return cases
    }()

    @Test("a single object", arguments: cases)
    private func singleObject(testCase: Case) throws {
        let expectation = try Self.expectation(
            "deployment/web", Self.ready(ValueComparison(atLeast: Quantity(value: 3))), testCase.quantifier)
        let result = Self.run(expectation, testCase.changes)
        #expect(result.verdict == testCase.verdict)
        #expect(result.time == testCase.second.map { .start + .seconds($0) })
        #expect(result.state == testCase.state)
    }

    @Test("being woken at the deadlines gives the same results as being asked at the end", arguments: cases)
    private func deadlines(testCase: Case) throws {
        let expectation = try Self.expectation(
            "deployment/web", Self.ready(ValueComparison(atLeast: Quantity(value: 3))), testCase.quantifier)
        var monitor = ExpectationMonitor([expectation], end: Self.end)
        var decidedAt: VirtualTime?
        func wake(until time: VirtualTime, _ monitor: inout ExpectationMonitor) {
            while monitor.nextDeadline < time {
                let deadline = monitor.nextDeadline
                monitor.advance(to: deadline)
                if !monitor.takeDecided().isEmpty { decidedAt = deadline }
                #expect(monitor.nextDeadline > deadline)
            }
        }
        for (second, replicas) in testCase.changes {
            let time = VirtualTime.start + .seconds(second)
            wake(until: time, &monitor)
            monitor.observe(.deployment, Self.key("web"), replicas.map { Self.web(ready: $0) }, at: time)
        }
        wake(until: Self.end + .seconds(1), &monitor)
        monitor.finish(at: Self.end)
        #expect(monitor.results == [Self.run(expectation, testCase.changes)])
        #expect(decidedAt != nil)
        #expect(monitor.nextDeadline == .never)
    }

    @Test("an interrupted run evaluates what it can")
    func interrupted() throws {
        let test = try Self.ready(ValueComparison(atLeast: Quantity(value: 3)))
        let last = VirtualTime.start + .seconds(50)
        func verdict(_ quantifier: Expectation.Quantifier, _ changes: [(Int64, Int64?)]) throws
            -> ExpectationResult
        {
            Self.run(try Self.expectation("deployment/web", test, quantifier), changes, until: last)
        }
        #expect(try verdict(.within(.seconds(10), after: Self.moment(0)), [(5, 3)]).verdict == .held)
        #expect(try verdict(.within(.seconds(10), after: Self.moment(0)), [(11, 3)]).verdict == .failed)
        #expect(try verdict(.within(.seconds(70), after: Self.moment(0)), [(5, 1)]).verdict == .notEvaluated)
        #expect(
            try verdict(.always(from: Self.moment(0), to: Self.moment(60)), [(0, 3)]).verdict == .notEvaluated
        )
        #expect(try verdict(.always(from: Self.moment(0), to: Self.moment(60)), [(0, 1)]).verdict == .failed)
        let atEnd = try verdict(.atEnd, [(0, 3)])
        #expect(atEnd.verdict == .notEvaluated)
        #expect(atEnd.state == "the run ended at 50s; {.status.readyReplicas} is 3")
    }

    // MARK: Selections

    private static func pod(_ ready: Bool, app: String = "web") -> JSONValue {
        [
            "metadata": ["labels": ["app": .string(app)]],
            "status": [
                "conditions": [
                    [
                        "type": "Ready", "status": ready ? "True" : "False",
                        "reason": ready ? "" : "ContainersNotReady",
                    ]
                ]
            ],
        ]
    }

    private static func runPods(
        _ quantifier: Expectation.Quantifier, _ match: Expectation.Match,
        _ changes: [(Int64, String, JSONValue?)],
        test: Expectation.Test = .condition(type: "ready", status: "true")
    ) throws -> ExpectationResult {
        let expectation = try Self.expectation("pods -l app=web", test, quantifier, match: match)
        var monitor = ExpectationMonitor([expectation], end: Self.end)
        for (second, name, tree) in changes {
            monitor.observe(.pod, Self.key(name), tree, at: .start + .seconds(second))
        }
        monitor.finish(at: Self.end)
        return monitor.results[0]
    }

    @Test("all of a selection, and any of it")
    func selections() throws {
        let within = Expectation.Quantifier.within(.seconds(50), after: Self.moment(0))
        let changes: [(Int64, String, JSONValue?)] = [
            (1, "web-1", Self.pod(false)), (2, "web-2", Self.pod(false)),
            (3, "db-0", Self.pod(true, app: "db")),
            (10, "web-2", Self.pod(true)), (20, "web-1", Self.pod(true)),
        ]
        #expect(try Self.runPods(within, .all, changes).time == .start + .seconds(20))
        #expect(try Self.runPods(within, .any, changes).time == .start + .seconds(10))
        let failed = try Self.runPods(within, .all, Array(changes.dropLast()))
        #expect(failed.state == "1 of 2 pods; pod/web-1: Ready=False (ContainersNotReady)")
        // A pod that goes, or whose labels change, does not count any more.
        #expect(
            try Self.runPods(within, .all, changes.dropLast() + [(15, "web-1", nil)]).time == .start
                + .seconds(15))
        #expect(
            try Self.runPods(within, .all, changes.dropLast() + [(15, "web-1", Self.pod(false, app: "old"))])
                .time
                == .start + .seconds(15))
    }

    @Test("an empty selection satisfies nothing and violates nothing")
    func emptySelection() throws {
        let within = try Self.runPods(.within(.seconds(50), after: Self.moment(0)), .all, [])
        #expect(within.verdict == .failed)
        #expect(within.state == "no object matches pods -l app=web")
        let always = try Self.runPods(.always(from: Self.moment(0), to: Self.moment(50)), .all, [])
        #expect(always.verdict == .held)
        #expect(always.warning == "no object matched pods -l app=web at any time, so nothing was tested")
        let never = try Self.runPods(.never(from: Self.moment(0), to: Self.moment(50)), .any, [])
        #expect(never.verdict == .held)
        #expect(never.warning != nil)
        // One that was there for a while is tested.
        let later = try Self.runPods(
            .always(from: Self.moment(0), to: Self.moment(50)), .all, [(40, "web-1", Self.pod(true))])
        #expect(later.verdict == .held && later.warning == nil)
    }

    @Test("counts")
    func counts() throws {
        let changes: [(Int64, String, JSONValue?)] = [
            (1, "web-1", Self.pod(false)), (2, "web-2", Self.pod(false)), (30, "web-1", nil),
            (31, "web-2", nil),
        ]
        func time(_ test: Expectation.Test, after: Int64) throws -> VirtualTime? {
            try Self.runPods(.within(.seconds(60), after: Self.moment(after)), .all, changes, test: test).time
        }
        #expect(try time(.count(ValueComparison(equals: 2)), after: 0) == .start + .seconds(2))
        #expect(
            try time(.count(ValueComparison(atMost: Quantity(value: 1))), after: 10) == .start + .seconds(30))
        #expect(try time(.absent, after: 10) == .start + .seconds(31))
        #expect(try time(.exists, after: 0) == .start + .seconds(1))
    }

    // MARK: Tests of objects

    @Test("a condition of an older generation does not count")
    func generation() throws {
        let expectation = try Self.expectation(
            "deployment/web", .condition(type: "Available", status: "True"),
            .within(.seconds(50), after: Self.moment(0)))
        var monitor = ExpectationMonitor([expectation], end: Self.end)
        var tree = Self.web(ready: 3, available: "True")
        tree["metadata"] = ["name": "web", "generation": 2]
        tree["status"]?["observedGeneration"] = 1
        monitor.observe(.deployment, Self.key("web"), tree, at: .start)
        tree["status"]?["observedGeneration"] = 2
        monitor.observe(.deployment, Self.key("web"), tree, at: .start + .seconds(7))
        monitor.finish(at: Self.end)
        #expect(monitor.results[0].time == .start + .seconds(7))
        #expect(monitor.results[0].state == "Available=True (Because)")
    }

    @Test("a number that is absent is 0, a text that is absent equals nothing")
    func absentFields() throws {
        let zero = try Self.expectation(
            "deployment/web", Self.ready(ValueComparison(equals: 0)), .atEnd)
        #expect(Self.run(zero, [(0, nil)]).verdict == .failed)
        var monitor = ExpectationMonitor([zero], end: Self.end)
        monitor.observe(.deployment, Self.key("web"), Self.web(ready: nil), at: .start)
        monitor.finish(at: Self.end)
        #expect(monitor.results[0].verdict == .held)
        #expect(ValueComparison(equals: "x").holds(for: []) == false)
        #expect(ValueComparison(notEquals: "x").holds(for: []) == true)
    }

    @Test("metrics")
    func metrics() throws {
        let metric = Expectation.Metric(name: "podsLost")
        let expectation = Expectation(
            name: "m", subject: .metric(metric), test: .metric(ValueComparison(atMost: Quantity(value: 2))),
            quantifier: .always(from: Self.moment(0), to: Self.moment(100)))
        var monitor = ExpectationMonitor([expectation], end: Self.end)
        monitor.observe(metric, 0, at: .start)
        monitor.observe(metric, 3, at: .start + .seconds(42))
        monitor.finish(at: Self.end)
        #expect(monitor.results[0].verdict == .failed)
        #expect(monitor.results[0].time == .start + .seconds(42))
        #expect(monitor.results[0].state == "3")
    }

    @Test("it says which changes matter")
    func interests() throws {
        let expectation = try Self.expectation(
            "pods -l app=web -n shop", .exists, .within(.seconds(10), after: Self.moment(0)))
        var monitor = ExpectationMonitor([expectation], end: Self.end)
        #expect(monitor.watchedKinds == [.pod])
        #expect(monitor.isInterested(in: .pod, ObjectKey(namespace: "shop", name: "a")))
        #expect(!monitor.isInterested(in: .pod, ObjectKey(namespace: "default", name: "a")))
        #expect(!monitor.isInterested(in: .node, ObjectKey(name: "a")))
        monitor.advance(to: .start + .seconds(11))
        #expect(monitor.takeDecided() == [0])
        #expect(!monitor.isInterested(in: .pod, ObjectKey(namespace: "shop", name: "a")))
    }

    // MARK: Report

    @Test("JUnit XML")
    func junit() {
        let results = [
            ExpectationResult(
                name: "a", text: "a: x", verdict: .held, time: .start + .seconds(90), state: "ok",
                warning: nil),
            ExpectationResult(
                name: "b & c", text: "b: 1 < 2", verdict: .failed, time: .start + .milliseconds(1500),
                state: "is \"0\"", warning: nil),
            ExpectationResult(
                name: "d", text: "d", verdict: .notEvaluated, time: nil, state: "the run ended", warning: nil),
            ExpectationResult(
                name: "e", text: "e", verdict: .held, time: nil, state: "", warning: "nothing was tested"),
        ]
        #expect(
            JUnitReport.xml(scenario: "node-failure", results: results) == """
                <?xml version="1.0" encoding="UTF-8"?>
                <testsuites name="simk" tests="4" failures="1" errors="0" skipped="1">
                  <testsuite name="node-failure" tests="4" failures="1" errors="0" skipped="1">
                    <testcase name="a" classname="node-failure" time="90.0"/>
                    <testcase name="b &amp; c" classname="node-failure" time="1.5">
                      <failure type="expectation" message="is &quot;0&quot; at 1.5s">b: 1 &lt; 2</failure>
                    </testcase>
                    <testcase name="d" classname="node-failure" time="0.0">
                      <skipped message="the run ended"/>
                    </testcase>
                    <testcase name="e" classname="node-failure" time="0.0">
                      <system-out>nothing was tested</system-out>
                    </testcase>
                  </testsuite>
                </testsuites>

                """)
    }

    private static func growing(_ comparison: ValueComparison, _ quantifier: Expectation.Quantifier)
        -> Expectation
    {
        Expectation(
            name: "e", subject: .metric(Expectation.Metric(name: "unavailablePodSeconds")),
            test: .metric(comparison), quantifier: quantifier)
    }

    @Test("a metric that grows by itself crosses its bound at the exact moment, whenever one looks")
    func growingMetric() throws {
        let metric = Expectation.Metric(name: "unavailablePodSeconds")
        let bound = ValueComparison(atMost: Quantity(value: 50))
        let end = VirtualTime.start + .seconds(100)
        let always = Self.growing(
            bound, .always(from: Expectation.Moment(time: .start), to: Expectation.Moment(time: end)))
        let within = Self.growing(
            ValueComparison(atLeast: Quantity(value: 50)),
            .within(.seconds(90), after: Expectation.Moment(time: .start)))
        let atEnd = Self.growing(ValueComparison(atMost: Quantity(value: 140)), .atEnd)
        for wakes in [false, true] {
            var monitor = ExpectationMonitor([always, within, atEnd], end: end)
            monitor.observe(metric, 0, at: .start)
            // From 10 s on 3 replicas are missing, from 20 s on 2.
            monitor.observe(metric, 0, rate: 3, at: .start + .seconds(10))
            monitor.observe(metric, 30, rate: 2, at: .start + .seconds(20))
            while wakes, monitor.nextDeadline <= end { monitor.advance(to: monitor.nextDeadline) }
            monitor.finish(at: end)
            let results = monitor.results
            let crossing = VirtualTime.start + .seconds(30)
            #expect(results[0].verdict == .failed)
            #expect(results[0].time == crossing + .nanoseconds(1))
            #expect(results[1].verdict == .held)
            #expect(results[1].time == crossing)
            #expect(results[2].verdict == .failed)
            #expect(results[2].state == "190")
        }
    }

    @Test("what grows never settles, and settles once it stands still")
    func growingSettles() throws {
        let metric = Expectation.Metric(name: "unavailablePodSeconds")
        let end = VirtualTime.start + .seconds(100)
        let expectation = Self.growing(
            ValueComparison(atLeast: Quantity(value: 0)),
            .settles(for: .seconds(20), within: nil, after: Expectation.Moment(time: .start)))
        var monitor = ExpectationMonitor([expectation], end: end)
        monitor.observe(metric, 0, rate: 1, at: .start)
        monitor.observe(metric, 40, at: .start + .seconds(40))
        monitor.finish(at: end)
        #expect(monitor.results[0].verdict == .held)
        #expect(monitor.results[0].time == .start + .seconds(60))
    }
}
