import ControlPlane
import Controllers
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// The user's hands: turns commands into API calls as kubectl does, and sees those through that take several.
///
/// Upstream: `kubectl/pkg/cmd/drain`, `kubectl/pkg/drain/drain.go`, `cmd/set/set_image.go`,
/// `cmd/rollout` (v1.36).
struct Kubectl {
    /// How long a drain waits before it tries a refused eviction again (`drain.go`).
    static let evictionRetry = VirtualDuration.seconds(5)

    /// What an answer is for.
    private enum Purpose {
        case command(String, ObjectKind?, ObjectKey)
        case cordonForDrain(node: String)
        case eviction(Eviction)
    }
    /// One pod that a drain wants gone.
    private struct Eviction {
        var pod: ObjectKey
        var uid: UID
        var node: String
        var gracePeriodSeconds: Int64?
        /// When the drain gives up.
        var deadline: VirtualTime
    }
    private var purposes: [UInt64: Purpose] = [:]
    private var nextToken: UInt64 = 0
    /// Evictions that were refused, with the moment of the next try; in the order of those moments.
    private var retries: [(time: VirtualTime, eviction: Eviction)] = []
    /// What a drain needs once the node is cordoned.
    private var podsToEvict: [String: [Eviction]] = [:]

    var nextWake: VirtualTime { retries.map(\.time).min() ?? .never }

    mutating func perform(
        _ command: Command, view: Store, epoch: CalendarTime, at now: VirtualTime, _ out: inout Outbox
    ) {
        switch command {
        case .apply(let manifest):
            let target = APIRequest.applyManifest(manifest).target
            var key = target.key
            if key.namespace.isEmpty, target.kind?.info.isNamespaced == true { key.namespace = "default" }
            send(.applyManifest(manifest), "apply", target.kind, key, &out)
        case .delete(let kind, let key, let options):
            send(.delete(kind, key, options), "delete", kind, key, &out)
        case .scale(let kind, let key, let replicas):
            send(
                .scale(kind, key, replicas: replicas, resourceVersion: nil), "scale to \(replicas)", kind,
                key,
                &out)
        case .setImage(let kind, let key, let container, let image):
            change(kind, key, view, "set image \(container)=\(image)", &out) {
                $0.setImage(container: container, image: image)
            }
        case .restart(let kind, let key):
            let time = epoch.advanced(by: now.sinceStart).rfc3339
            change(kind, key, view, "rollout restart", &out) {
                $0.metadata.annotations["kubectl.kubernetes.io/restartedAt"] = time
                return true
            }
        case .pause(let key, let flag):
            guard let deployment = view.get(Deployment.self, key) else {
                return refuse("rollout \(flag ? "pause" : "resume")", .deployment, key, "not found", &out)
            }
            let paused = deployment.value.with { $0.spec.paused = flag }
            send(.update(APIObject(paused)), "rollout \(flag ? "pause" : "resume")", .deployment, key, &out)
        case .rollback(let key, let revision): rollBack(key, to: revision, view, &out)
        case .label(let kind, let key, let labels):
            send(
                .patch(kind, key, .metadata(labels: labels, annotations: [:]), uid: nil), "label", kind, key,
                &out)
        case .annotate(let kind, let key, let annotations):
            send(
                .patch(kind, key, .metadata(labels: [:], annotations: annotations), uid: nil), "annotate",
                kind, key,
                &out)
        case .node, .nodeOf, .fail, .recover, .killLeader, .mark: break
        }
    }

    mutating func perform(
        _ action: NodeAction, on node: String, view: Store, at now: VirtualTime, _ out: inout Outbox
    ) {
        let key = ObjectKey(name: node)
        switch action {
        case .cordon(let flag):
            send(
                .patch(.node, key, .unschedulable(flag), uid: nil), flag ? "cordon" : "uncordon", .node, key,
                &out)
        case .taint(let adding, let removing):
            send(
                .patch(.node, key, .nodeTaints(adding: adding, removing: removing), uid: nil), "taint", .node,
                key, &out)
        case .drain(let grace, let timeout):
            drain(
                node, grace: grace, until: timeout.map { now.advancedClamping(by: $0) } ?? .never, view, &out)
        case .fail, .recover, .failDisk, .recoverDisk: break
        }
    }

    mutating func complete(_ token: CallToken, _ result: APIResult, at now: VirtualTime, _ out: inout Outbox)
    {
        guard let purpose = purposes.removeValue(forKey: token.value) else { return }
        switch (purpose, result) {
        case (.command(let what, let kind, let key), .success):
            out.note(
                JournalEntry(
                    .scenario, kind, key, reason: "Command", message: "kubectl \(what)",
                    cause: "scenario timeline"))
        case (.command(let what, let kind, let key), .failure(let error)):
            refuse(what, kind, key, error.message, &out)
        case (.cordonForDrain(let node), .success):
            out.note(
                JournalEntry(
                    .scenario, .node, ObjectKey(name: node), reason: "Command",
                    message: "kubectl drain: cordoned",
                    cause: "scenario timeline"))
            for eviction in podsToEvict.removeValue(forKey: node) ?? [] { evict(eviction, &out) }
        case (.cordonForDrain(let node), .failure(let error)):
            podsToEvict.removeValue(forKey: node)
            refuse("drain", .node, ObjectKey(name: node), error.message, &out)
        case (.eviction(let eviction), .success):
            out.note(
                JournalEntry(
                    .eviction, .pod, eviction.pod, reason: "Evicted",
                    message: "evicted from \(eviction.node)",
                    cause: "kubectl drain"))
        case (.eviction(let eviction), .failure(let error)):
            guard error.reason == .tooManyRequests else {
                // A pod that is gone already needs no eviction.
                if error.reason != .notFound && error.reason != .conflict {
                    refuse("drain \(eviction.node)", .pod, eviction.pod, error.message, &out)
                }
                return
            }
            let next = now + Self.evictionRetry
            guard next <= eviction.deadline else {
                return refuse(
                    "drain \(eviction.node)", .pod, eviction.pod, "global timeout reached; \(error.message)",
                    &out)
            }
            retries.append((next, eviction))
            out.note(
                JournalEntry(
                    .eviction, .pod, eviction.pod, reason: "EvictionRefused",
                    message: "\(error.message) Next try in \(Self.evictionRetry)", cause: error.detail))
        }
    }

    mutating func deliver(_ events: [WatchEvent], at now: VirtualTime, _ out: inout Outbox) {}

    mutating func wake(at now: VirtualTime, _ out: inout Outbox) {
        let due = retries.filter { $0.time <= now }
        retries.removeAll { $0.time <= now }
        for retry in due { evict(retry.eviction, &out) }
    }

    // MARK: Commands

    private mutating func send(
        _ request: APIRequest, _ what: String, _ kind: ObjectKind?, _ key: ObjectKey, _ out: inout Outbox
    ) {
        call(request, .command(what, kind, key), &out)
    }

    private mutating func call(_ request: APIRequest, _ purpose: Purpose, _ out: inout Outbox) {
        purposes[nextToken] = purpose
        out.call(request, token: CallToken(value: nextToken))
        nextToken += 1
    }

    private func refuse(
        _ what: String, _ kind: ObjectKind?, _ key: ObjectKey, _ why: String, _ out: inout Outbox
    ) {
        out.note(
            JournalEntry(
                .scenario, kind, key, reason: "CommandFailed", message: "kubectl \(what) failed: \(why)",
                cause: "scenario timeline"))
    }

    /// Changes the pod template of a workload.
    private mutating func change(
        _ kind: ObjectKind, _ key: ObjectKey, _ view: Store, _ what: String, _ out: inout Outbox,
        _ body: (inout PodTemplate) -> Bool
    ) {
        var isDone = false
        let changed: APIObject
        switch view[kind, key] {
        case .deployment(let object):
            changed = APIObject(object.value.with { isDone = body(&$0.spec.template) })
        case .statefulSet(let object):
            changed = APIObject(object.value.with { isDone = body(&$0.spec.template) })
        case .replicaSet(let object):
            changed = APIObject(object.value.with { isDone = body(&$0.spec.template) })
        case .replicationController(let object):
            changed = APIObject(object.value.with { isDone = body(&$0.spec.template) })
        default: return refuse(what, kind, key, "not found", &out)
        }
        guard isDone else { return refuse(what, kind, key, "unable to find container", &out) }
        send(.update(changed), what, kind, key, &out)
    }

    private mutating func rollBack(_ key: ObjectKey, to revision: Int64, _ view: Store, _ out: inout Outbox) {
        let what = revision == 0 ? "rollout undo" : "rollout undo --to-revision=\(revision)"
        guard let deployment = view.get(Deployment.self, key)?.value else {
            return refuse(what, .deployment, key, "not found", &out)
        }
        let sets = view.list(.replicaSet, namespace: key.namespace).compactMap(\.replicaSet?.value).filter {
            $0.metadata.isControlled(by: deployment.metadata.uid)
        }
        do throws(DeploymentRollback.Failure) {
            let target = try DeploymentRollback.target(for: deployment, revision: revision, replicaSets: sets)
            send(DeploymentRollback.request(target, for: deployment), what, .deployment, key, &out)
        } catch {
            refuse(what, .deployment, key, error.description, &out)
        }
    }

    // MARK: Drain

    /// Cordons the node, then evicts its pods but for those of DaemonSets.
    private mutating func drain(
        _ node: String, grace: Int64?, until deadline: VirtualTime, _ view: Store, _ out: inout Outbox
    ) {
        let pods = view.list(.pod).compactMap(\.pod?.value).filter {
            $0.nodeName == node && $0.metadata.controllerReference?.kind != "DaemonSet"
        }
        podsToEvict[node] = pods.map {
            Eviction(
                pod: $0.metadata.key, uid: $0.metadata.uid, node: node, gracePeriodSeconds: grace,
                deadline: deadline)
        }
        call(
            .patch(.node, ObjectKey(name: node), .unschedulable(true), uid: nil), .cordonForDrain(node: node),
            &out)
    }

    private mutating func evict(_ eviction: Eviction, _ out: inout Outbox) {
        let options = DeleteOptions(gracePeriodSeconds: eviction.gracePeriodSeconds, uid: eviction.uid)
        call(.evict(pod: eviction.pod, options), .eviction(eviction), &out)
    }
}

extension PodTemplate {
    /// Sets a container's image; false when there is no such container.
    fileprivate mutating func setImage(container: String, image: String) -> Bool {
        var source = spec.source
        var isFound = false
        for list in ["containers", "initContainers"] {
            guard var containers = source[list]?.arrayValue else { continue }
            for index in containers.indices where containers[index]["name"]?.stringValue == container {
                containers[index]["image"] = .string(image)
                isFound = true
            }
            source[list] = .array(containers)
        }
        if isFound { spec = PodSpec(source: source) }
        return isFound
    }
}
