import Failures
import KubernetesModel
import Simulation
import SimulationKernel
import Testing
import VirtualNodes

@testable import Scenarios

@Suite("Disks in scenarios")
struct DiskTests {
    /// Two pools: one with two disks a node, one with one; and a rack that has none of the first pool.
    private func text(
        _ more: String, disks: String = "[{name: ssd, capacity: 1Ti}, {name: hdd, capacity: 8Ti}]"
    )
        -> String
    {
        """
        apiVersion: simk.dev/v1
        kind: Scenario
        metadata: {name: t}
        duration: 10m
        cluster:
          zones: [a, b]
          nodePools:
            - {name: store, count: 2, zones: [a], capacity: {cpu: 4, memory: 8Gi}, disks: \(disks)}
            - {name: web, count: 3, capacity: {cpu: 4, memory: 8Gi}, disks: [{name: nvme, capacity: 1Ti}]}
            - {name: bare, count: 1, capacity: {cpu: 4, memory: 8Gi}}
        manifests: [{apiVersion: v1, kind: Namespace, metadata: {name: shop}}]
        \(more)
        """
    }

    private func load(_ more: String, disks: String? = nil) throws -> Scenario {
        try ScenarioLoader.parse(
            disks.map { text(more, disks: $0) } ?? text(more), .yaml, name: "s.yaml")
    }

    /// The errors, without file and place.
    private func errors(_ text: String) -> [String] {
        do throws(InvalidInput) {
            return try ScenarioLoader.parse(text, .yaml, name: "s.yaml").warnings.map(\.description)
        } catch {
            return error.diagnostics.map { problem in
                problem.description.split(separator: " ", maxSplits: 1).last.map(String.init) ?? ""
            }
        }
    }

    private func fault(_ more: String, disks: String? = nil) -> [String] {
        errors(disks.map { text(more, disks: $0) } ?? text(more))
    }

    @Test("a disk is mounted under /mnt/disks and recovers, unless it says otherwise")
    func defaults() throws {
        let pools = try load(
            "",
            disks:
                "[{name: ssd, capacity: 1Ti}, {name: hdd, capacity: 8Ti, mountPath: /srv/, repair: replaced}]"
        ).cluster.nodePools
        #expect(pools[0].disks.map(\.mountPath) == ["/mnt/disks/ssd", "/srv"])
        #expect(pools[0].disks.map(\.repair) == [.recovered, .replaced])
    }

    @Test(
        "mount points are checked",
        arguments: [
            (
                "mountPath: disks",
                "cluster.nodePools[0].disks[1].mountPath: found the text \"disks\", "
                    + "expected an absolute path such as \"/mnt/disks/ssd\""
            ),
            (
                "mountPath: /a/../b",
                "cluster.nodePools[0].disks[1].mountPath: found the text \"/a/../b\", "
                    + "expected an absolute path such as \"/mnt/disks/ssd\""
            ),
            (
                "mountPath: /var/lib",
                "cluster.nodePools[0].disks[1].mountPath: found the text \"/var/lib\", "
                    + "expected a folder that holds neither /var/lib/kubelet nor /var/lib/containerd. The disk that a "
                    + "machine runs from is not simulated: let the node fail, with mode powerLoss or kubeletStop"
            ),
            (
                "mountPath: /",
                "cluster.nodePools[0].disks[1].mountPath: found the text \"/\", "
                    + "expected a folder that holds neither /var/lib/kubelet nor /var/lib/containerd. The disk that a "
                    + "machine runs from is not simulated: let the node fail, with mode powerLoss or kubeletStop"
            ),
            (
                "mountPath: /mnt/disks/ssd/",
                "cluster.nodePools[0].disks[1].mountPath: a second disk named "
                    + "'/mnt/disks/ssd'. Names must differ"
            ),
            (
                "repair: replace",
                "cluster.nodePools[0].disks[1].repair: found the text \"replace\", "
                    + "expected one of recovered, replaced. Did you mean 'replaced'?"
            ),
        ])
    func mountPaths(key: String, message: String) {
        #expect(
            fault("", disks: "[{name: ssd, capacity: 1Ti}, {name: hdd, capacity: 8Ti, \(key)}]") == [message])
    }

    @Test(
        "a disk that is not there is an error that knows the disks",
        arguments: [
            ("{node: store-1, disk: sdd}", "there is no disk of node store-1 'sdd'. Did you mean 'ssd'?"),
            ("{nodes: [store-1, web-1], disk: ssd}", "there is no disk of node web-1 'ssd'. There are: nvme"),
            ("{pool: web, disk: ssd}", "there is no disk of these nodes 'ssd'. There are: nvme"),
            (
                "{pool: bare, disk: ssd}",
                "found the text \"ssd\", expected a disk of these nodes, which has none. "
                    + "Give its pool 'disks' with a name and a capacity each"
            ),
            ("{nodeOf: pod/db-0, disk: x}", "there is no disk of any node 'x'. There are: ssd, hdd, nvme"),
        ])
    func unknown(target: String, message: String) {
        for action in ["fail", "recover"] {
            #expect(
                fault("timeline: [{at: 1m, \(action): \(target)}]") == [
                    "timeline[0].\(action).disk: \(message)"
                ])
        }
        #expect(
            fault("timeline: [{at: 1m, fail: {node: stor-1, disk: ssd}}]") == [
                "timeline[0].fail.node: there is no node 'stor-1'. Did you mean 'store-1'?"
            ])
    }

    @Test("of a zone, the nodes with such a disk fail")
    func zones() throws {
        let scenario = try load(
            """
            timeline:
              - {at: 1m, fail: {zone: a, disk: ssd, for: 1m}}
              - {at: 2m, recover: {selector: simk.dev/pool in (web), disk: nvme}}
              - {at: 3m, fail: {nodeOf: pod/db-0, disk: ssd}}
            """)
        func shown(_ command: Command) -> String {
            switch command {
            case .node(let name, .failDisk(let disk, let duration)):
                "\(name) \(disk) \(duration.map { "\($0)" } ?? "")"
            case .node(let name, .recoverDisk(let disk)): "\(name) \(disk) recovers"
            case .nodeOf(let pod, .failDisk(let disk, _)): "\(pod) \(disk)"
            default: "other"
            }
        }
        let commands = scenario.timeline.map { $0.action?.commands(in: scenario.cluster).map(shown) ?? [] }
        #expect(
            commands == [
                ["store-1 ssd 1m0s", "store-2 ssd 1m0s"],
                ["web-1 nvme recovers", "web-2 nvme recovers", "web-3 nvme recovers"], ["default/db-0 ssd"],
            ])
    }

    @Test(
        "chance strikes the disks, racks and zones that the rule is about",
        arguments: [
            (
                "scope: disk",
                [
                    "store-1/ssd", "store-1/hdd", "store-2/ssd", "store-2/hdd", "web-1/nvme", "web-2/nvme",
                    "web-3/nvme",
                ]
            ),
            ("scope: disk, pools: [store]", ["store-1/ssd", "store-1/hdd", "store-2/ssd", "store-2/hdd"]),
            (
                "scope: disk, disks: [hdd, nvme], pools: [store, web]",
                ["store-1/hdd", "store-2/hdd", "web-1/nvme", "web-2/nvme", "web-3/nvme"]
            ),
            ("scope: zone", ["a", "b"]), ("scope: zone, pools: [store]", ["a"]),
            ("scope: rack, pools: [store]", ["a-rack-1"]),
            ("scope: rack, pools: [web]", ["a-rack-1", "b-rack-1"]),
        ])
    func targets(rule: String, names: [String]) throws {
        let scenario = try load("failures: [{name: f, \(rule), timeToFailure: 30d, timeToRepair: 5m}]")
        let configuration = ClusterConfiguration(scenario)
        #expect(configuration.failures[0].targets.map(\.name) == names)
        for target in configuration.failures[0].targets where target.component.scope == .disk {
            let place = configuration.disks[Int(target.component.index)]
            let node = configuration.nodes[place.node].description
            #expect("\(node.name)/\(node.disks[place.disk].name)" == target.name)
        }
    }

    @Test(
        "rules about disks are checked",
        arguments: [
            (
                "scope: disk, disks: [sdd]",
                ["failures[0].disks[0]: there is no disk 'sdd'. Did you mean 'ssd'?"]
            ),
            ("scope: disk, disks: []", ["failures[0].disks: found an array, expected at least one disk"]),
            (
                "scope: disk, pools: [bare]",
                [
                    "failures[0]: the scope 'disk' matches nothing. Give the node pools 'disks' with a name and a "
                        + "capacity each"
                ]
            ),
        ])
    func rules(rule: String, messages: [String]) {
        #expect(
            fault("failures: [{name: f, \(rule), timeToFailure: 30d, timeToRepair: 5m}]") == messages)
    }

    @Test("what a container does is read, and written out again")
    func behaviors() throws {
        let pod =
            "manifests: [{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {app: x}}, spec: {containers: [{name: c, image: i}]}}]"
        for (key, exits, code) in [
            ("", true, 1), (", diskFailure: {after: 20s, exitCode: 74}", true, 74),
            (", diskFailure: {exits: false}", false, 0),
        ] as [(String, Bool, Int32)] {
            let source = text("behaviors: [{selector: app=x\(key)}]").split(separator: "\n")
                .map { $0.hasPrefix("manifests") ? pod : String($0) }.joined(separator: "\n")
            let scenario = try ScenarioLoader.parse(source, .yaml, name: "s.yaml")
            #expect((scenario.behaviors[0].diskFailure != nil) == exits)
            if exits { #expect(scenario.behaviors[0].diskFailure?.exitCode == code) }
            let behavior = ClusterConfiguration(scenario).kubelet.behaviors.rules[0].behavior
            #expect((behavior.diskFailure != nil) == exits)
            let resolved = JSONWriter.string(scenario.resolved, style: .pretty)
            let again = try ScenarioLoader.parse(resolved, .json, name: "r.json")
            #expect(JSONWriter.string(again.resolved, style: .pretty) == resolved)
        }
    }

    @Test("an error in a pool does not make its nodes unknown elsewhere")
    func lostPools() {
        let spoilt = text(
            """
            timeline:
              - {at: 1m, fail: {node: store-2}}
              - {at: 1m, fail: {pool: store, disk: ssd}}
              - {at: 2m, cordon: wep-1}
            failures: [{name: f, scope: node, pools: [store], timeToFailure: 30d, timeToRepair: 5m}]
            expect: [{name: e, object: node/store-1, condition: Ready, within: 1m}]
            """
        ).replacing("name: store, count: 2", with: "name: store, count: two")
        #expect(
            errors(spoilt) == [
                "cluster.nodePools[0].count: found the text \"two\", expected a whole number from 0 to 1000000",
                "timeline[2].cordon: there is no node 'wep-1'. Did you mean 'web-1'?",
            ])
    }
}
