import ControlPlane
import KubernetesModel
import Simulation
import SimulationKernel
import Testing

@testable import Scenarios

/// Keeps what a run tells.
private final class Record: SimulationObserver {
    var changes: [StoreChange] = []
    var journal: [(entry: JournalEntry, time: VirtualTime)] = []
    var events: [(event: EventRecord, time: VirtualTime)] = []

    func stored(_ change: StoreChange) { changes.append(change) }
    func noted(_ entry: JournalEntry, at time: VirtualTime) { journal.append((entry, time)) }
    func reported(_ event: EventRecord, at time: VirtualTime) { events.append((event, time)) }

    func firstNote(_ reason: String) -> VirtualTime? { journal.first { $0.entry.reason == reason }?.time }
    func events(_ reason: String) -> [VirtualTime] { events.filter { $0.event.reason == reason }.map(\.time) }
}

/// Each parameter, given another value, moves a moment of a run.
@Suite("Timing parameters")
struct TimingParameterTests {
    private static func run(
        _ parameters: String, duration: String = "10m", manifests: String = "", timeline: String = "",
        controlPlane: String = "", taints: String = ""
    ) throws -> Record {
        let text = """
            {"apiVersion": "simk.dev/v1", "kind": "Scenario", "metadata": {"name": "t"}, "duration": "\(duration)",
             "cluster": {"nodePools": [{"name": "p", "count": 1, "capacity": {"cpu": "4", "memory": "8Gi"}, "taints": [\(taints)]}],
                         "controlPlane": {\(controlPlane) "parameters": {\(parameters)}}},
             "manifests": [\(manifests)], "timeline": [\(timeline)]}
            """
        let scenario = try ScenarioLoader.parse(text, .json, name: "t.json")
        let record = Record()
        let run = ScenarioRun(scenario, observers: [record])
        run.run()
        #expect(run.refusedManifests.isEmpty)
        return record
    }

    @Test("leaderElectionRenewDeadline: when a leader that is cut off exits")
    func renewDeadline() throws {
        func lost(_ parameters: String) throws -> VirtualTime {
            let record = try Self.run(
                parameters,
                timeline: #"{"at": "31s", "killLeader": {"component": "scheduler", "mode": "partition"}}"#,
                controlPlane: #""schedulers": 2,"#)
            return try #require(record.firstNote("LeaderElectionLost"))
        }
        let standard = try lost("")
        let shorter = try lost(#""leaderElectionRenewDeadline": "4s""#)
        #expect(standard - shorter == .seconds(6))
        #expect(standard - .seconds(12) <= .start + .seconds(31))
    }

    private static let orphan = """
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "orphan"},
         "spec": {"nodeName": "gone", "containers": [{"name": "c", "image": "i"}]}}
        """

    @Test("podGCPeriod and podGCQuarantine: when the pods of a missing node are deleted")
    func podGarbageCollector() throws {
        func deletion(_ parameters: String) throws -> VirtualTime {
            let record = try Self.run(parameters, manifests: Self.orphan)
            return try #require(record.changes.first { $0.kind == .deleted && $0.object.kind == .pod }?.time)
        }
        let standard = try deletion("")
        #expect(try deletion(#""podGCQuarantine": "90s""#) - standard >= .seconds(40))
        let often = try deletion(#""podGCPeriod": "7s""#)
        #expect(often != standard)
    }

    @Test("claimBinderSyncPeriod: when a claim without a volume is looked at again")
    func claimBinder() throws {
        func looks(_ parameters: String) throws -> [VirtualTime] {
            let claim = """
                {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c"},
                 "spec": {"storageClassName": "", "accessModes": ["ReadWriteOnce"],
                          "resources": {"requests": {"storage": "1Gi"}}}}
                """
            return try Self.run(parameters, duration: "2m", manifests: claim).events("FailedBinding")
        }
        let standard = try looks("")
        let often = try looks(#""claimBinderSyncPeriod": "5s""#)
        #expect(standard.count > 2 && often.count > 2 * standard.count)
        #expect(standard[2] - standard[1] == .seconds(15))
        #expect(often[2] - often[1] == .seconds(5))
    }

    private static let picky = """
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "picky"},
         "spec": {"nodeSelector": {"pick": "me"}, "containers": [{"name": "c", "image": "i"}]}}
        """

    @Test("podMaxInUnschedulablePods: when a pod that nothing helps is tried again")
    func unschedulable() throws {
        func second(_ parameters: String) throws -> VirtualTime {
            let times = try Self.run(parameters, manifests: Self.picky).events("FailedScheduling")
            return try #require(times.first { $0 > .start + .seconds(30) })
        }
        #expect(try second("") > .start + .minutes(5))
        #expect(try second(#""podMaxInUnschedulablePods": "1m""#) < .start + .minutes(2))
    }

    @Test("nodeStatusReportFrequency: when a node's unchanged status is written again")
    func nodeStatus() throws {
        func reports(_ parameters: String) throws -> [VirtualTime] {
            try Self.run(parameters).changes.filter { $0.object.kind == .node && $0.kind == .modified }
                .map(\.time).filter { $0 > .start + .seconds(60) }
        }
        #expect(try reports("") == [])
        let often = try reports(#""nodeStatusReportFrequency": "1m""#)
        #expect(often.count == 9)
        if often.count > 1 { #expect(often[1] - often[0] == .minutes(1)) }
    }

    @Test(
        "values that cannot work are refused",
        arguments: [
            #""podGCPeriod": "0s""#, #""leaderElectionRenewDeadline": "15s""#,
            #""leaderElectionRetryPeriod": "9s""#, #""podInitialBackoff": "20s""#,
        ])
    func refused(parameters: String) {
        #expect(throws: InvalidInput.self) { try Self.run(parameters) }
    }
}
