import ControlPlane
import KubernetesModel
import SimulationKernel

/// The user's hands: turns commands into API calls as kubectl does, and sees those through that take several.
///
/// Upstream: `kubectl/pkg/cmd`, `kubectl/pkg/drain` (v1.36). Discovery, which kubectl caches, is left out.
struct Kubectl {
    /// What an answer is for.
    private enum Purpose {
        /// The object that is to be changed.
        case edit(ObjectEdit, ObjectKind, ObjectKey)
        case command(String, ObjectKind?, ObjectKey)
        case apply(ApplyRun, ApplyRun.Step)
        case nodeToDrain(Drain)
        case cordonForDrain(Drain)
        case eviction(Eviction)
    }
    /// What is tried again, or begun, after a pause.
    enum Delayed {
        case eviction(Eviction)
        case apply(ApplyRun)
    }

    let epoch: CalendarTime
    /// Manifests that were refused so far, in order.
    var refusals: [ManifestRefusal] = []
    private var purposes: [UInt64: Purpose] = [:]
    private var nextToken: UInt64 = 0
    /// In the order in which they were put off.
    private var delayed: [(time: VirtualTime, what: Delayed)] = []

    init(epoch: CalendarTime) { self.epoch = epoch }

    var nextWake: VirtualTime { delayed.map(\.time).min() ?? .never }

    mutating func perform(_ command: Command, view: Store, at now: VirtualTime, _ out: inout Outbox) {
        switch command {
        case .apply(let manifests): apply(ApplyRun(manifests: manifests), at: now, &out)
        case .delete(let kind, let key, let options):
            call(.delete(kind, key, options), .command("delete", kind, key), &out)
        case .scale(let kind, let key, let replicas): edit(.scale(replicas), kind, key, &out)
        case .setImage(let kind, let key, let container, let image):
            edit(.setImage(container: container, image: image), kind, key, &out)
        case .restart(let kind, let key):
            edit(.restart(time: epoch.advanced(by: now.sinceStart).rfc3339), kind, key, &out)
        case .pause(let key, let flag): edit(.pause(flag), .deployment, key, &out)
        case .rollback(let key, let revision):
            let sets = view.list(.replicaSet, namespace: key.namespace).compactMap(\.replicaSet?.value)
            edit(.rollBack(revision, sets), .deployment, key, &out)
        case .label(let kind, let key, let labels): edit(.label(labels), kind, key, &out)
        case .annotate(let kind, let key, let annotations): edit(.annotate(annotations), kind, key, &out)
        case .node, .nodeOf, .fail, .recover, .killLeader, .cutOffLeader, .mark: break
        }
    }

    mutating func perform(
        _ action: NodeAction, on node: String, view: Store, at now: VirtualTime, _ out: inout Outbox
    ) {
        let key = ObjectKey(name: node)
        switch action {
        case .cordon(let flag): edit(.cordon(flag), .node, key, &out)
        case .taint(let adding, let removing):
            edit(.taint(adding: adding, removing: removing), .node, key, &out)
        case .drain(let grace, let timeout):
            let drain = Drain(
                node: node, gracePeriodSeconds: grace,
                deadline: timeout.map { now.advancedClamping(by: $0) } ?? .never,
                pods: Self.podsToEvict(from: node, view))
            call(.get(.node, key), .nodeToDrain(drain), &out)
        case .fail, .recover, .failDisk, .recoverDisk: break
        }
    }

    mutating func complete(_ token: CallToken, _ result: APIResult, at now: VirtualTime, _ out: inout Outbox)
    {
        guard let purpose = purposes.removeValue(forKey: token.value) else { return }
        switch purpose {
        case .edit(let edit, let kind, let key): complete(edit, kind, key, result, &out)
        case .command(let what, let kind, let key):
            switch result {
            case .success: done(what, kind, key, &out)
            case .failure(let error): refuse(what, kind, key, Self.text(error, kind, key), &out)
            }
        case .apply(let run, let step): complete(run, step, result, at: now, &out)
        case .nodeToDrain(let drain): cordon(drain, result, &out)
        case .cordonForDrain(let drain): evictPods(of: drain, result, &out)
        case .eviction(let eviction): complete(eviction, result, at: now, &out)
        }
    }

    mutating func deliver(_ events: [WatchEvent], at now: VirtualTime, _ out: inout Outbox) {}

    mutating func wake(at now: VirtualTime, _ out: inout Outbox) {
        let due = delayed.filter { $0.time <= now }
        delayed.removeAll { $0.time <= now }
        for entry in due {
            switch entry.what {
            case .eviction(let eviction): evict(eviction, &out)
            case .apply(let run): apply(run, at: now, &out)
            }
        }
    }

    // MARK: Changes

    private mutating func edit(_ edit: ObjectEdit, _ kind: ObjectKind, _ key: ObjectKey, _ out: inout Outbox)
    {
        call(.get(kind, key), .edit(edit, kind, key), &out)
    }

    private mutating func complete(
        _ edit: ObjectEdit, _ kind: ObjectKind, _ key: ObjectKey, _ result: APIResult, _ out: inout Outbox
    ) {
        let what = edit.description
        switch result {
        case .failure(let error): refuse(what, kind, key, Self.text(error, kind, key), &out)
        case .success(nil): return
        case .success(let object?):
            do throws(ObjectEdit.Refusal) {
                guard let patch = try edit.patch(for: object, epoch: epoch) else {
                    return done(what + " (unchanged)", kind, key, &out)
                }
                call(.patch(kind, key, patch, uid: nil), .command(what, kind, key), &out)
            } catch {
                refuse(what, kind, key, error.message, &out)
            }
        }
    }

    // MARK: Telling

    func done(_ what: String, _ kind: ObjectKind?, _ key: ObjectKey, _ out: inout Outbox) {
        out.note(
            JournalEntry(
                .scenario, kind, key, reason: "Command", message: "kubectl \(what)",
                cause: "scenario timeline"))
    }

    func refuse(_ what: String, _ kind: ObjectKind?, _ key: ObjectKey, _ why: String, _ out: inout Outbox) {
        out.note(
            JournalEntry(
                .scenario, kind, key, reason: "CommandFailed", message: "kubectl \(what) failed: \(why)",
                cause: "scenario timeline"))
    }

    static func text(_ error: APIError, _ kind: ObjectKind?, _ key: ObjectKey) -> String {
        KubectlMessage.text(error, doing: "", source: "", kind: kind, name: key.name)
    }

    // MARK: Calling

    private mutating func call(_ request: APIRequest, _ purpose: Purpose, _ out: inout Outbox) {
        purposes[nextToken] = purpose
        out.call(request, token: CallToken(value: nextToken))
        nextToken += 1
    }

    mutating func call(_ request: APIRequest, apply run: ApplyRun, _ step: ApplyRun.Step, _ out: inout Outbox)
    {
        call(request, .apply(run, step), &out)
    }

    mutating func cordon(_ drain: Drain, _ patch: ObjectPatch, _ out: inout Outbox) {
        call(.patch(.node, ObjectKey(name: drain.node), patch, uid: nil), .cordonForDrain(drain), &out)
    }

    mutating func evict(_ eviction: Eviction, _ out: inout Outbox) {
        let options = DeleteOptions(gracePeriodSeconds: eviction.gracePeriodSeconds, uid: nil)
        call(.evict(pod: eviction.pod, options), .eviction(eviction), &out)
    }

    mutating func later(_ what: Delayed, at time: VirtualTime) { delayed.append((time, what)) }
}
