import ControlPlane
public import KubernetesModel
import SimulationKernel

/// How many pods of an update may be missing, or be there twice.
///
/// Upstream: `pkg/controller/daemon/util/daemonset_util.go`, `pkg/controller/daemon/update.go` (v1.36).
public struct DaemonSetUpdateLimits: Hashable, Sendable {
    public var maxSurge: Int64
    public var maxUnavailable: Int64

    /// The limits as the strategy has them for a number of nodes; nil when a percentage is none.
    public init?(_ strategy: DaemonSetSpec.UpdateStrategy, desired: Int64) {
        maxSurge = 0
        maxUnavailable = 0
        guard strategy.type == "RollingUpdate", let rolling = strategy.rollingUpdate else { return }
        if let surge = rolling.maxSurge {
            guard let count = surge.scaled(total: desired, roundingUp: true) else { return nil }
            maxSurge = count
        }
        if let unavailable = rolling.maxUnavailable {
            guard let count = unavailable.scaled(total: desired, roundingUp: true) else { return nil }
            maxUnavailable = count
        }
    }
}

extension DaemonSetSync {
    /// Whether there may be two pods on a node.
    var allowsSurge: Bool {
        (DaemonSetUpdateLimits(set.spec.updateStrategy, desired: 1)?.maxSurge ?? 0) > 0
    }

    /// Replaces old pods as far as the strategy allows.
    func roll(
        _ nodes: [Node], _ hash: String, _ session: inout SyncSession,
        _ memory: inout DaemonSetController.Memory
    ) throws(SyncStop) {
        var pods = try podsByNode(nodes, &session)
        var desired: Int64 = 0
        for node in nodes where placement.verdict(on: node).shouldRun {
            desired += 1
            pods.include(node.metadata.name)
        }
        guard var limits = DaemonSetUpdateLimits(set.spec.updateStrategy, desired: desired) else {
            throw .failed(SyncFailure("couldn't get unavailable numbers: invalid value"))
        }
        // Nothing would ever happen otherwise.
        if desired > 0 && limits.maxUnavailable == 0 && limits.maxSurge == 0 { limits.maxUnavailable = 1 }
        let now = session.moment()
        if limits.maxSurge == 0 {
            let victims = replaceable(pods, hash, limits.maxUnavailable, now)
            try synchronize(deleting: victims, creatingOn: [], hash, &session, &memory)
        } else {
            let existing = Swift.Set(
                session.list(Pod.self) { view in view.list(Pod.self, controlledBy: set.uid) }
                    .map(\.value.metadata.name))
            var surge = try surge(pods, nodes, hash, limits.maxSurge, now)
            let spare = max(0, surge.availableCount - desired)
            surge.victims += surge.misplaced.prefix(Int(clamping: spare)).filter { existing.contains($0) }
            try synchronize(
                deleting: surge.victims, creatingOn: surge.nodes, hash, &session, &memory)
        }
    }

    /// The new and the old pod of a node; nil when there are several of a kind, which is not for an update
    /// to sort out.
    private func generations(_ pods: [Pod], _ hash: String) -> (new: Pod?, old: Pod?)? {
        var found: (new: Pod?, old: Pod?) = (nil, nil)
        for pod in pods where !pod.metadata.isBeingDeleted {
            if isUpdated(pod, hash) {
                if found.new != nil { return nil }
                found.new = pod
            } else {
                if found.old != nil { return nil }
                found.old = pod
            }
        }
        return found
    }

    /// The old pods to be deleted: all that are not available, and others while few are missing.
    private func replaceable(
        _ pods: DaemonPods, _ hash: String, _ maxUnavailable: Int64, _ now: VirtualTime
    ) -> [String] {
        var unavailable: Int64 = 0
        var replaced: [String] = []
        var candidates: [String] = []
        for entry in pods.existing {
            switch generations(entry.pods, hash) {
            case nil, (nil, nil)?, (.some, .some)?: unavailable += 1
            case (let new?, nil)?:
                if !isAvailable(new, now) { unavailable += 1 }
            case (nil, let old?)?:
                if !isAvailable(old, now) {
                    replaced.append(old.metadata.name)
                    unavailable += 1
                } else if unavailable < maxUnavailable {
                    candidates.append(old.metadata.name)
                }
            }
        }
        return replaced + candidates.prefix(Int(clamping: max(0, maxUnavailable - unavailable)))
    }

    private struct Surge {
        /// Old pods whose successors are available, and those that are not available where none belongs.
        var victims: [String] = []
        /// Old pods that are available on nodes where none belongs.
        var misplaced: [String] = []
        /// Nodes that get a new pod beside the old one.
        var nodes: [String] = []
        var availableCount: Int64 = 0
    }

    private func surge(
        _ pods: DaemonPods, _ nodes: [Node], _ hash: String, _ maxSurge: Int64, _ now: VirtualTime
    ) throws(SyncStop) -> Surge {
        var surge = Surge()
        var surging: Int64 = 0
        var candidates: [String] = []
        var known: [String: Node] = [:]
        for node in nodes { known[node.metadata.name] = node }
        for entry in pods.existing {
            guard let found = generations(entry.pods, hash) else {
                surging += 1
                continue
            }
            if let pod = found.old ?? found.new, isAvailable(pod, now) { surge.availableCount += 1 }
            guard let old = found.old else { continue }
            if let new = found.new {
                if isAvailable(new, now) { surge.victims.append(old.metadata.name) } else { surging += 1 }
                continue
            }
            guard let node = known[entry.node] else {
                throw .failed(
                    SyncFailure(
                        "couldn't get node for nodeName \"\(entry.node)\": node \"\(entry.node)\" not found"))
            }
            let isWanted = placement.verdict(on: node).shouldRun
            switch (isAvailable(old, now), isWanted) {
            case (false, false): surge.victims.append(old.metadata.name)
            case (false, true): surge.nodes.append(entry.node)
            case (true, false): surge.misplaced.append(old.metadata.name)
            case (true, true): if surging < maxSurge { candidates.append(entry.node) }
            }
        }
        surge.nodes += candidates.prefix(Int(clamping: max(0, maxSurge - surging)))
        return surge
    }
}
