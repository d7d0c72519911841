import ControlPlane
import KubernetesModel
import SimulationKernel

/// One `kubectl drain --ignore-daemonsets --delete-emptydir-data`.
struct Drain {
    var node: String
    var gracePeriodSeconds: Int64?
    /// When the drain gives up.
    var deadline: VirtualTime
    /// The pods that it wants gone.
    var pods: [ObjectKey]
}

/// One pod that a drain wants gone.
struct Eviction {
    var pod: ObjectKey
    var node: String
    var gracePeriodSeconds: Int64?
    var deadline: VirtualTime
}

/// Upstream: `kubectl/pkg/drain/{cordon,drain}.go` (v1.36).
extension Kubectl {
    /// How long a drain waits before it tries a refused eviction again (`drain.go`).
    static let evictionRetry = VirtualDuration.seconds(5)

    /// The node's pods but for those of DaemonSets.
    static func podsToEvict(from node: String, _ view: Store) -> [ObjectKey] {
        view.list(.pod).compactMap(\.pod?.value).filter {
            $0.nodeName == node && $0.metadata.controllerReference?.kind != "DaemonSet"
        }
        .map(\.metadata.key)
    }

    /// Cordons the node that was read, unless it is cordoned already.
    mutating func cordon(_ drain: Drain, _ result: APIResult, _ out: inout Outbox) {
        switch result {
        case .failure(let error): giveUp(drain, error, &out)
        case .success(let object):
            let edit = ObjectEdit.cordon(true)
            if let object, let patch = try? edit.patch(for: object, epoch: epoch) {
                cordon(drain, patch, &out)
            } else {
                evictAll(of: drain, &out)
            }
        }
    }

    mutating func evictPods(of drain: Drain, _ result: APIResult, _ out: inout Outbox) {
        switch result {
        case .failure(let error): giveUp(drain, error, &out)
        case .success:
            done("drain: cordoned", .node, ObjectKey(name: drain.node), &out)
            evictAll(of: drain, &out)
        }
    }

    mutating func complete(
        _ eviction: Eviction, _ result: APIResult, at now: VirtualTime, _ out: inout Outbox
    ) {
        switch result {
        case .success:
            out.note(
                JournalEntry(
                    .eviction, .pod, eviction.pod, reason: "Evicted",
                    message: "evicted from \(eviction.node)", cause: "kubectl drain"))
        case .failure(let error):
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
            later(.eviction(eviction), at: next)
            out.note(
                JournalEntry(
                    .eviction, .pod, eviction.pod, reason: "EvictionRefused",
                    message: "\(error.message) Next try in \(Self.evictionRetry)", cause: error.detail))
        }
    }

    private mutating func evictAll(of drain: Drain, _ out: inout Outbox) {
        for pod in drain.pods {
            evict(
                Eviction(
                    pod: pod, node: drain.node, gracePeriodSeconds: drain.gracePeriodSeconds,
                    deadline: drain.deadline), &out)
        }
    }

    private func giveUp(_ drain: Drain, _ error: APIError, _ out: inout Outbox) {
        let key = ObjectKey(name: drain.node)
        refuse("drain", .node, key, Self.text(error, .node, key), &out)
    }
}
