import ControlPlane
import Failures
import KubernetesModel
import Simulation
import SimulationKernel
import Stochastics
import Testing
import VirtualNodes

@Suite("Failures of disks in a cluster")
struct DiskFailureTests {
    private final class Notes: SimulationObserver {
        var lines: [String] = []
        func stored(_ change: StoreChange) {}
        func noted(_ entry: JournalEntry, at time: VirtualTime) {
            guard ["DiskFailed", "DiskRepaired", "CommandFailed"].contains(entry.reason) else { return }
            lines.append("\(time) \(entry.reason) \(entry.key.name): \(entry.cause)")
        }
        func reported(_ event: EventRecord, at time: VirtualTime) {}
    }

    private func configuration() -> ClusterConfiguration {
        var configuration = ClusterConfiguration(seed: 3, start: CalendarTime(unixSeconds: 1_767_225_600))
        for name in ["a", "b"] {
            var description = NodeDescription(name: name)
            description.capacity = ResourceList([
                ("cpu", Quantity(value: 4)), ("memory", Quantity(value: 8 << 30)),
            ])
            description.disks = [NodeDisk(name: "ssd"), NodeDisk(name: "hdd")]
            configuration.nodes.append(NodeConfiguration(description))
        }
        return configuration
    }

    @Test("disks are numbered node by node")
    func numbers() {
        #expect(
            configuration().disks == [
                DiskPlace(node: 0, disk: 0), DiskPlace(node: 0, disk: 1), DiskPlace(node: 1, disk: 0),
                DiskPlace(node: 1, disk: 1),
            ])
    }

    @Test("scripted failures strike the disk by its name; recovering the node recovers its disks")
    func scripted() {
        let notes = Notes()
        let metrics = RunMetrics()
        let simulation = ClusterSimulation(configuration(), observers: [metrics, notes])
        func at(_ minute: Int64, _ name: String, _ action: NodeAction) {
            simulation.schedule(.node(name, action), at: .start + .minutes(minute))
        }
        at(1, "b", .failDisk("hdd", for: .minutes(2)))
        at(2, "a", .failDisk("ssd", for: nil))
        at(2, "a", .failDisk("nvme", for: nil))
        at(5, "a", .recover)
        at(6, "b", .failDisk("ssd", for: nil))
        at(7, "b", .recoverDisk("hdd"))
        simulation.run(for: .minutes(4))
        #expect(metrics.disksDown == 1)
        simulation.run(for: .minutes(4))
        #expect(
            notes.lines.map { $0.replacing("scenario timeline", with: "script") } == [
                "1m0s DiskFailed b: script", "2m0s DiskFailed a: script", "2m0s CommandFailed a: script",
                "3m0s DiskRepaired b: script", "5m0s DiskRepaired a: script", "6m0s DiskFailed b: script",
            ])
        #expect(metrics.disksDown == 1)
        #expect(metrics.failures == 3)
        #expect(simulation.get(Node.self, ObjectKey(name: "b"))?.status.conditions.isTrue("Ready") == true)
    }

    @Test("a disk with two causes is repaired when both are over, and a model repairs what it broke")
    func stochastic() {
        var configuration = configuration()
        configuration.failures = [
            FailurePlan(
                model: FailureModel(
                    name: "disks", scope: .disk, mode: .diskFailure, timeToFailure: .constant(600),
                    timeToRepair: .constant(120), age: .new),
                targets: [.init(component: FailureComponent(.disk, 3), name: "b/hdd")])
        ]
        let notes = Notes()
        let simulation = ClusterSimulation(configuration, observers: [notes])
        simulation.schedule(.node("b", .failDisk("hdd", for: .minutes(5))), at: .start + .minutes(11))
        simulation.run(for: .minutes(30))
        #expect(
            notes.lines == [
                "10m0s DiskFailed b: stochastic failure", "16m0s DiskRepaired b: scenario timeline",
                "22m0s DiskFailed b: stochastic failure", "24m0s DiskRepaired b: repaired",
            ])
    }
}
