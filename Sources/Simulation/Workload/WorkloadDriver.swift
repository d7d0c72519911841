import ControlPlane
import KubernetesModel
import SimulationKernel
import VirtualNodes

/// The client that brings a workload into the cluster: it creates each pod when its time has come and what it
/// waits for has ended, and deletes pods when they have ended, as the owners of jobs do.
///
/// It holds what is alive: pods that have not ended, and the names under which others may wait for them.
struct WorkloadDriver {
    /// What the driver knows of a pod from its arrival to its end.
    private struct Live {
        var pod: WorkloadPod
        /// Of the call that creates it.
        var token: UInt64
        var handle: Handle<ObjectKey>?
        var hasEnded = false
        /// What it uses now.
        var usage: RecordedUsage?
        /// How much later than the recorded pod it began to run; nil while it does not run.
        var shift: VirtualDuration?
        /// What it will use once it runs.
        var samples: [Sample] = []
    }
    /// A pod that waits for the end of others.
    private struct Held {
        var pod: WorkloadPod
        var missing: Int
        /// What it will use once it runs.
        var samples: [Sample] = []
    }
    /// What was recorded of a pod from a moment on.
    private struct Sample {
        var time: VirtualTime
        var usage: RecordedUsage
    }

    /// Something to come: the composition root makes an event of it.
    struct Later<Row> {
        var time: VirtualTime
        var handle: Handle<Row>
    }

    private let source: any WorkloadSource
    /// From a pod's end to the deletion of its object.
    private let retention: VirtualDuration
    private(set) var counts = WorkloadCounts()
    private(set) var nextArrival: WorkloadArrival?
    private var live: [ObjectKey: Live] = [:]
    private var deletions = GenerationalTable<ObjectKey>()
    private(set) var newDeletions: [Later<ObjectKey>] = []
    private var delays = GenerationalTable<WorkloadDelay>()
    private var newDelays: [Later<WorkloadDelay>] = []
    /// How many pods of a name have arrived and not ended.
    private var open: [String: Int] = [:]
    private var held: [Int: Held] = [:]
    private var nextHeld = 0
    /// The pods that wait for a name, in the order of their arrival.
    private var dependents: [String: [Int]] = [:]
    /// The pods whose creation is under way.
    private var creations: [UInt64: WorkloadPod] = [:]
    private var nextToken: UInt64 = 0
    /// The live pods of a task and those held back, while usage is recorded.
    private var members: [String: [ObjectKey]] = [:]
    private var heldMembers: [String: [Int]] = [:]
    private let recordsUsage: Bool
    /// Of the pods to come of an object, in the order of their creation.
    private var lifetimes: [WorkloadOwner: ArraySlice<VirtualDuration?>] = [:]
    /// Pods whose usage has changed: the composition root tells their kubelets.
    private var newUsage: [ObjectKey] = []

    /// - Parameter recordsUsage: whether the source says what pods use while they run.
    init(_ source: any WorkloadSource, retention: VirtualDuration, recordsUsage: Bool) {
        self.source = source
        self.retention = retention
        self.recordsUsage = recordsUsage
        nextArrival = source.next()
        counts.isExhausted = nextArrival == nil
    }

    /// Whether the driver wants to hear of this pod's end.
    func isInterested(in key: ObjectKey) -> Bool { live[key]?.hasEnded == false }

    // MARK: Arrivals

    /// Takes in everything that is due.
    ///
    /// All pods of one moment are known before any of them is looked at, so that one may wait for another
    /// that stands after it.
    ///
    /// - Returns: commands that others carry out.
    mutating func arrive(at now: VirtualTime, _ out: inout Outbox) -> [Command] {
        var commands: [Command] = []
        var pods: [WorkloadPod] = []
        var samples: [(task: String, sample: Sample)] = []
        while let arrival = nextArrival, arrival.time <= now {
            switch arrival.content {
            case .command(let command): commands.append(command)
            case .object(let tree): out.call(.createManifest(tree))
            case .pod(let pod):
                counts.arrived += 1
                for name in pod.names { open[name, default: 0] += 1 }
                pods.append(pod)
            case .lifetimes(let owner, let durations): lifetimes[owner] = durations[...]
            case .usage(let task, let usage): samples.append((task, Sample(time: arrival.time, usage: usage)))
            }
            nextArrival = source.next()
        }
        counts.isExhausted = nextArrival == nil
        for pod in pods { admit(pod, at: now, &out) }
        for (task, sample) in samples { record(sample, of: task, at: now) }
        return commands
    }

    /// Creates a pod, or holds it back.
    private mutating func admit(_ pod: WorkloadPod, at now: VirtualTime, _ out: inout Outbox) {
        // Nothing waits for itself.
        var names: [String] = []
        for name in pod.dependencies
        where !pod.names.contains(name) && !names.contains(name) && open[name] != nil {
            names.append(name)
        }
        if names.isEmpty { return create(pod, at: now, &out) }
        counts.heldBack += 1
        counts.waitingForOthers += 1
        held[nextHeld] = Held(pod: pod, missing: names.count)
        for name in names { dependents[name, default: []].append(nextHeld) }
        if recordsUsage { heldMembers[pod.usageName, default: []].append(nextHeld) }
        nextHeld += 1
    }

    private mutating func create(
        _ pod: WorkloadPod, samples: [Sample] = [], at now: VirtualTime, _ out: inout Outbox
    ) {
        // A second pod of a name that is taken goes to the API server all the same, which refuses it.
        if live[pod.key] == nil {
            var entry = Live(pod: pod, token: nextToken, samples: samples)
            if let deletion = pod.deletion {
                let handle = deletions.insert(pod.key)
                entry.handle = handle
                newDeletions.append(Later(time: max(deletion, now), handle: handle))
            }
            live[pod.key] = entry
            if recordsUsage { members[pod.usageName, default: []].append(pod.key) }
        }
        creations[nextToken] = pod
        out.call(.createFrom(pod.template, pod.instance), token: CallToken(value: nextToken))
        nextToken += 1
    }

    mutating func takeNewDeletions() -> [Later<ObjectKey>] {
        if newDeletions.isEmpty { return [] }
        defer { newDeletions.removeAll(keepingCapacity: true) }
        return newDeletions
    }

    mutating func takeNewDelays() -> [Later<WorkloadDelay>] {
        if newDelays.isEmpty { return [] }
        defer { newDelays.removeAll(keepingCapacity: true) }
        return newDelays
    }

    private mutating func delay(_ content: WorkloadDelay.Content, until time: VirtualTime) {
        newDelays.append(Later(time: time, handle: delays.insert(WorkloadDelay(content: content))))
    }

    /// The moment of something that was put off has come.
    mutating func resume(_ handle: Handle<WorkloadDelay>, at now: VirtualTime, _ out: inout Outbox) {
        switch delays.remove(handle)?.content {
        case nil: break
        case .usage(let key, let token, let usage):
            guard live[key]?.token == token else { return }
            live[key]?.usage = usage
            newUsage.append(key)
        case .creation(let number): release(number, at: now, &out)
        }
    }

    /// Creates a pod that was held back.
    private mutating func release(_ number: Int, at now: VirtualTime, _ out: inout Outbox) {
        guard let entry = held.removeValue(forKey: number) else { return }
        counts.waitingForOthers -= 1
        if recordsUsage {
            let left = (heldMembers[entry.pod.usageName] ?? []).filter { $0 != number }
            heldMembers[entry.pod.usageName] = left.isEmpty ? nil : left
        }
        create(entry.pod, samples: entry.samples, at: now, &out)
    }

    // MARK: Lifetimes

    var hasLifetimes: Bool { !lifetimes.isEmpty }

    func knowsLifetimes(of owner: WorkloadOwner) -> Bool { lifetimes[owner] != nil }

    /// How long the next pod of an object runs; nil without an end.
    func nextLifetime(of owner: WorkloadOwner) -> VirtualDuration? { lifetimes[owner]?.first ?? nil }

    mutating func takeLifetime(of owner: WorkloadOwner) {
        guard var left = lifetimes.removeValue(forKey: owner), !left.isEmpty else { return }
        left.removeFirst()
        if !left.isEmpty { lifetimes[owner] = left }
    }

    // MARK: Usage

    /// Takes in what the pods of a task used from now on, as recorded.
    ///
    /// A pod that began to run later than the recorded one uses it as much later; one that began earlier uses
    /// it now, as nobody knew it sooner.
    private mutating func record(_ sample: Sample, of task: String, at now: VirtualTime) {
        func concerns(_ pod: WorkloadPod) -> Bool { pod.recordedEnd.map { sample.time < $0 } ?? true }
        for number in heldMembers[task] ?? [] {
            if let pod = held[number]?.pod, concerns(pod) { held[number]?.samples.append(sample) }
        }
        for key in members[task] ?? [] {
            guard let entry = live[key], concerns(entry.pod) else { continue }
            if let shift = entry.shift {
                use(sample, key, token: entry.token, shift: shift, at: now)
            } else {
                live[key]?.samples.append(sample)
            }
        }
    }

    private mutating func use(
        _ sample: Sample, _ key: ObjectKey, token: UInt64, shift: VirtualDuration, at now: VirtualTime
    ) {
        let time = sample.time.advancedClamping(by: shift)
        if time > now { return delay(.usage(key, token: token, sample.usage), until: time) }
        live[key]?.usage = sample.usage
        newUsage.append(key)
    }

    /// A pod runs: what it was recorded to use counts from here on.
    mutating func begin(_ key: ObjectKey, at now: VirtualTime) {
        guard recordsUsage, let entry = live[key], entry.shift == nil, !entry.hasEnded else { return }
        let start = entry.pod.recordedStart ?? entry.samples.first?.time ?? now
        let shift = max(.zero, now - min(now, start))
        live[key]?.shift = shift
        live[key]?.samples = []
        for sample in entry.samples { use(sample, key, token: entry.token, shift: shift, at: now) }
    }

    /// What a live pod uses now, as recorded; nil when nothing is known.
    func usage(of key: ObjectKey) -> RecordedUsage? {
        guard recordsUsage, let entry = live[key], !entry.hasEnded else { return nil }
        return entry.usage
    }

    mutating func takeNewUsage() -> [ObjectKey] {
        if newUsage.isEmpty { return [] }
        defer { newUsage.removeAll(keepingCapacity: true) }
        return newUsage
    }

    // MARK: Ends

    mutating func complete(_ token: CallToken, _ result: APIResult, at now: VirtualTime, _ out: inout Outbox)
    {
        guard let pod = creations.removeValue(forKey: token.value), case .failure(let error) = result else {
            return
        }
        let key = pod.key
        counts.rejected += 1
        if counts.firstRejection.isEmpty { counts.firstRejection = "\(key): \(error.message)" }
        out.note(
            JournalEntry(
                .scenario, .pod, key, reason: "CommandFailed", message: "not created: \(error.message)",
                cause: "workload"))
        if live[key]?.token == token.value {
            end(key, isGone: true, at: now, &out)
        } else {
            for name in pod.names { close(name, at: now, &out) }
        }
    }

    mutating func deliver(_ events: [WatchEvent], at now: VirtualTime, _ out: inout Outbox) {
        for event in events {
            guard let pod = event.object.pod?.value else { continue }
            if event.kind == .deleted {
                end(pod.metadata.key, isGone: true, at: now, &out)
            } else if pod.status.phase.isTerminal {
                end(pod.metadata.key, isGone: false, at: now, &out)
            }
        }
    }

    /// A pod has ended or gone: those that waited for it may come, and its object goes later.
    private mutating func end(
        _ key: ObjectKey, isGone: Bool, at now: VirtualTime, _ out: inout Outbox
    ) {
        guard var entry = live[key] else { return }
        let isFirst = !entry.hasEnded
        entry.hasEnded = true
        if isGone {
            if let handle = entry.handle { deletions.remove(handle) }
            live.removeValue(forKey: key)
        } else {
            if entry.handle == nil {
                let handle = deletions.insert(key)
                entry.handle = handle
                newDeletions.append(Later(time: now.advancedClamping(by: retention), handle: handle))
            }
            live[key] = entry
        }
        guard isFirst else { return }
        if recordsUsage {
            let left = (members[entry.pod.usageName] ?? []).filter { $0 != key }
            members[entry.pod.usageName] = left.isEmpty ? nil : left
        }
        for name in entry.pod.names { close(name, at: now, &out) }
    }

    private mutating func close(_ name: String, at now: VirtualTime, _ out: inout Outbox) {
        let left = (open[name] ?? 1) - 1
        open[name] = left == 0 ? nil : left
        guard left == 0, let waiting = dependents.removeValue(forKey: name) else { return }
        for number in waiting {
            guard var entry = held[number] else { continue }
            entry.missing -= 1
            held[number] = entry
            if entry.missing > 0 { continue }
            if entry.pod.thinkTime > .zero {
                delay(.creation(number), until: now.advancedClamping(by: entry.pod.thinkTime))
            } else {
                release(number, at: now, &out)
            }
        }
    }

    /// The moment of a deletion has come.
    mutating func delete(_ handle: Handle<ObjectKey>, _ out: inout Outbox) {
        guard let key = deletions.remove(handle) else { return }
        if live[key]?.hasEnded == true {
            // Nobody waits for it any more.
            live.removeValue(forKey: key)
        } else {
            live[key]?.handle = nil
        }
        out.call(.delete(.pod, key, DeleteOptions()))
    }
}
