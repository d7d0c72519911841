import ControlPlane
import Failures
import KubernetesModel
import OrderedCollections
public import Simulation
import SimulationKernel
import VirtualNodes
public import Workloads

/// A trace as a workload: its tasks arrive as pods, its machines come and go.
public final class TraceWorkload: WorkloadSource {
    private let plan: WorkloadPlan
    private let stream: TraceStream
    private let nodes: [String: String]
    private var maker: TracePodMaker
    /// Arrivals that are made but not taken, from ``place`` on.
    private var made: [WorkloadArrival] = []
    private var place = 0
    /// Why reading has ended early; nil when it has not.
    public private(set) var failure: TraceError?
    /// Records that a replay has no use for, by what they are, in the order in which they were first met.
    public private(set) var unused: [TraceTally.PassedOver] = []
    /// Tasks and objects that have come.
    private var taken = 0
    /// Whether the trace has been read to its end, and nothing of it was taken.
    public var isEmpty: Bool { taken == 0 && isFinished && !plan.startsFromState }
    private var isFinished = false
    /// The machines as they are now, where machines are nodes.
    private var machines: [String: TraceMachine] = [:]

    /// - Parameter nodes: the node of each machine.
    init(_ plan: WorkloadPlan, seed: UInt64, nodes: [String: String]) throws(TraceError) {
        self.plan = plan
        self.nodes = nodes
        guard let opener = plan.opener else {
            preconditionFailure("a trace is surveyed before it is replayed")
        }
        let source = try plan.trace.open(plan.options(seed: seed), opener)
        stream = TraceStream(source, disorder: plan.survey.disorder)
        maker = TracePodMaker(plan)
        for machine in plan.survey.machines where nodes[machine.id] != nil { machines[machine.id] = machine }
        // Machines that come later are not there at first.
        for machine in plan.survey.machines where plan.survey.lateMachines.contains(machine.id) {
            if let node = nodes[machine.id] {
                made.append(WorkloadArrival(time: .start, .command(.node(node, .fail(.powerLoss, for: nil)))))
                absent.insert(node)
            }
        }
    }

    public var tally: TraceTally { stream.tally }

    public func next() -> WorkloadArrival? {
        while place >= made.count {
            made.removeAll(keepingCapacity: true)
            place = 0
            guard failure == nil else { return nil }
            do throws(TraceError) {
                guard let record = try stream.next() else {
                    isFinished = true
                    return nil
                }
                make(record)
            } catch {
                failure = error
                return nil
            }
        }
        place += 1
        return made[place - 1]
    }

    private func make(_ record: TraceRecord) {
        let time = VirtualTime.start + plan.lead + max(record.time, .start).sinceStart
        switch record {
        case .task(var task):
            taken += 1
            // All of its times on the run's clock.
            func moved(_ moment: VirtualTime) -> VirtualTime {
                VirtualTime.start + plan.lead + max(moment, .start).sinceStart
            }
            task.submission = time
            task.start = task.start.map(moved)
            task.end = task.end.map(moved)
            if task.constraints.contains(where: { !TracePodMaker.canExpress($0) }) {
                leave("bounds on attributes that are no whole number: the task is replayed without them")
            }
            made += maker.arrivals(of: task, at: time)
        case .machine(let event): make(event, at: time)
        case .object(let object):
            // A snapshot's have been there from the start.
            taken += 1
            if !plan.startsFromState { make(object, at: time) }
        case .usage(let usage): make(usage, at: time)
        }
    }

    private func make(_ event: TraceMachineEvent, at time: VirtualTime) {
        guard let node = nodes[event.machine.id] else { return }
        func command(_ action: NodeAction) {
            made.append(WorkloadArrival(time: time, .command(.node(node, action))))
        }
        switch event.kind {
        // Those that are there at the trace's zero are there from the run's start on.
        case .add:
            if absent.remove(node) != nil { command(.recover) }
            if faulty.remove(node) != nil { command(.cordon(false)) }
            change(event, of: node, at: time)
        case .remove:
            if absent.insert(node).inserted { command(.fail(.powerLoss, for: nil)) }
        case .update, .label, .unlabel: change(event, of: node, at: time)
        // What is there goes on; nothing new comes.
        case .fault:
            if faulty.insert(node).inserted { command(.cordon(true)) }
        }
    }

    /// Attributes that change become labels that do.
    private func change(_ event: TraceMachineEvent, of node: String, at time: VirtualTime) {
        let id = event.machine.id
        // What the machine came with, its node has had from its registration on.
        guard let before = machines[id], event.time > plan.survey.arrivals[id] ?? .start else { return }
        var after = before
        after.take(event)
        machines[id] = after
        if after.capacity != before.capacity {
            leave("changes of a machine's capacity: its node keeps what it had")
        }
        let old = TraceMachines.labels(of: before.labels)
        let new = TraceMachines.labels(of: after.labels)
        if old == new { return }
        var changes: [String: String?] = [:]
        for name in old.keys where new[name] == nil { changes.updateValue(nil, forKey: name) }
        for (name, value) in new where old[name] != value { changes[name] = value }
        made.append(
            WorkloadArrival(time: time, .command(.label(.node, ObjectKey(name: node), changes))))
    }

    /// Counts a record that comes to nothing.
    private func leave(_ reason: String) {
        if let place = unused.firstIndex(where: { $0.reason == reason }) {
            unused[place].count += 1
        } else {
            unused.append(TraceTally.PassedOver(reason: reason, count: 1))
        }
    }

    /// What a task used counts from the interval's start to the next sample.
    private func make(_ sample: TraceUsage, at time: VirtualTime) {
        if sample.subject == .machine { return leave("samples of what machines used") }
        guard plan.followsCPU || plan.followsMemory else {
            return leave("samples of what tasks used, of which neither CPU nor memory is followed")
        }
        var usage = RecordedUsage()
        if plan.followsCPU {
            usage.cores = sample.milliCPU.map { Double($0) / 1_000 }
            usage.coresFraction = sample.cpuFraction
        }
        if plan.followsMemory {
            usage.bytes = sample.memoryBytes.map { Double($0) }
            usage.bytesFraction = sample.memoryFraction
        }
        made.append(WorkloadArrival(time: time, .usage(task: sample.id, usage)))
    }

    /// What a recording saw applied or deleted is done again; what the system itself had written is left out.
    private func make(_ record: TraceObject, at time: VirtualTime) {
        guard
            let kind = ObjectKind(
                apiVersion: record.object["apiVersion"]?.stringValue ?? "", kind: record.kind)
        else { return leave("objects of kinds that are not served: \(record.kind)") }
        let namespace = kind.info.isNamespaced && record.namespace.isEmpty ? "default" : record.namespace
        switch record.action {
        case .apply:
            var tree = record.object
            tree["status"] = nil
            if var metadata = tree["metadata"] {
                for name in [
                    "uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "selfLink",
                ] { metadata[name] = nil }
                tree["metadata"] = metadata
            }
            // The recorder of a cluster keeps no namespaces.
            if kind.info.isNamespaced, namespaces.insert(namespace).inserted {
                let new: JSONValue = [
                    "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)],
                ]
                made.append(WorkloadArrival(time: time, .command(.apply([AppliedManifest(new)]))))
            }
            let lifetimes = record.podLifetimes.map { life in life.end.map { $0 - life.start } }
            if kind == .pod {
                Self.removeAccountVolumes(from: &tree)
                if let lifetime = lifetimes.first ?? nil { Self.give(lifetime, to: &tree) }
            } else if !lifetimes.isEmpty {
                let key = ObjectKey(namespace: kind.info.isNamespaced ? namespace : "", name: record.name)
                made.append(
                    WorkloadArrival(
                        time: time, .lifetimes(of: WorkloadOwner(kind: kind, key: key), lifetimes)))
            }
            made.append(WorkloadArrival(time: time, .command(.apply([AppliedManifest(tree)]))))
        case .delete:
            let key = ObjectKey(namespace: kind.info.isNamespaced ? namespace : "", name: record.name)
            made.append(
                WorkloadArrival(
                    time: time, .command(.delete(kind, key, DeleteOptions(propagation: .background)))))
        }
    }

    /// A recorded end is one for good: the pod runs once, as long as it did.
    private static func give(_ lifetime: VirtualDuration, to pod: inout JSONValue) {
        var metadata = pod["metadata"] ?? .object([:])
        var annotations = metadata["annotations"] ?? .object([:])
        annotations["simk.dev/run-time"] = .string("\(lifetime.nanoseconds)ns")
        metadata["annotations"] = annotations
        pod["metadata"] = metadata
        var spec = pod["spec"] ?? .object([:])
        spec["restartPolicy"] = "Never"
        pod["spec"] = spec
    }

    /// The API server adds the volume of an account's token to each pod, and takes none that is there already
    /// without the account, which recordings leave out.
    static func removeAccountVolumes(from pod: inout JSONValue) {
        guard var spec = pod["spec"], let volumes = spec["volumes"]?.arrayValue else { return }
        func isOfAccount(_ volume: JSONValue) -> Bool {
            volume["name"]?.stringValue?.hasPrefix("kube-api-access-") == true
        }
        let names = volumes.filter(isOfAccount).compactMap { $0["name"]?.stringValue }
        if names.isEmpty { return }
        spec["volumes"] = .array(volumes.filter { !isOfAccount($0) })
        for list in ["containers", "initContainers"] {
            guard let containers = spec[list]?.arrayValue else { continue }
            spec[list] = .array(
                containers.map { container in
                    guard let mounts = container["volumeMounts"]?.arrayValue else { return container }
                    var container = container
                    container["volumeMounts"] = .array(
                        mounts.filter { !names.contains($0["name"]?.stringValue ?? "") })
                    return container
                })
        }
        pod["spec"] = spec
    }

    /// Those that are there, or have been created for what is in them.
    private var namespaces = NamespaceCheck.builtIn
    /// Nodes whose machine has left, or not come yet.
    private var absent: Set<String> = []
    /// Nodes whose machine has reported an error, and nothing better since.
    private var faulty: Set<String> = []
}
