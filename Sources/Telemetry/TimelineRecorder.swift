public import ControlPlane
import KubernetesModel
public import Simulation
public import SimulationKernel

/// Turns what happens in a run into the lines of its timeline.
///
/// Three sources: notes that components write with their causes, Events that they report, and writes to the
/// store that nobody reports (a pod becomes ready, a node's conditions change, an object is created).
public final class TimelineRecorder: SimulationObserver {
    private var nextNumber = 0
    private var volumeReasons: [String: Bool] = [:]
    private let emit: (TimelineRecord) -> Void
    private let scope: Scope

    public enum Scope: Sendable {
        case everything
        /// What users asked for and did not get.
        case failedCommands
    }

    /// - Parameter emit: called with each line, in order.
    public init(_ scope: Scope = .everything, emit: @escaping (TimelineRecord) -> Void) {
        self.scope = scope
        self.emit = emit
    }

    /// Events that repeat what a note or a write to the store says better.
    private static let redundantReasons: Set<String> = [
        "NodeNotReady", "NodeReady", "Scheduled", "Starting", "NodeAllocatableEnforced", "LeaderElection",
        "FailedScheduling",
    ]

    public var hearsPlacements: Bool { scope == .everything }

    public func noted(_ entry: JournalEntry, at time: VirtualTime) {
        if scope == .failedCommands && entry.reason != "CommandFailed" { return }
        line(
            time, entry.category, entry.kind, entry.key, entry.reason, entry.message, entry.cause,
            isWarning: entry.category == .failure || entry.reason.hasPrefix("Failed")
                || entry.reason == "CommandFailed")
    }

    public func reported(_ event: EventRecord, at time: VirtualTime) {
        if scope == .failedCommands { return }
        if Self.redundantReasons.contains(event.reason) { return }
        // The controller's own note says which toleration ran out.
        if event.reason == "TaintManagerEviction" && event.message.hasPrefix("Marking") { return }
        line(
            time, category(of: event), event.involvedKind, event.involvedKey, event.reason, event.message,
            event.component, isWarning: event.severity == .warning)
    }

    /// Reasons are few, and each is looked through once.
    private func isAboutVolumes(_ reason: String) -> Bool {
        if let known = volumeReasons[reason] { return known }
        let isFound = ["Attach", "Mount", "Provision"].contains { reason.contains($0) }
        volumeReasons[reason] = isFound
        return isFound
    }

    private func category(of event: EventRecord) -> JournalEntry.Category {
        switch event.reason {
        case "TaintManagerEviction", "Evicted": .eviction
        case "FailedScheduling", "Preempted": .scheduling
        case let reason where isAboutVolumes(reason): .volume
        default:
            switch event.involvedKind {
            case .pod: .pod
            case .node: .node
            case .persistentVolume, .persistentVolumeClaim: .volume
            default: .workload
            }
        }
    }

    public func stored(_ change: StoreChange) {
        if scope == .failedCommands { return }
        switch change.object {
        case .pod(let pod): observe(pod.value, before: change.previous?.pod?.value, change)
        case .node(let node): observe(node.value, before: change.previous?.node?.value, change)
        case .volumeAttachment(let attachment): observe(attachment.value, change)
        default: return
        }
    }

    private func observe(_ pod: Pod, before: Pod?, _ change: StoreChange) {
        let key = pod.metadata.key
        if change.kind == .deleted {
            line(change.time, .pod, .pod, key, "Gone", "the pod's object is gone", on(pod))
            return
        }
        if before == nil {
            let owner = pod.metadata.controllerReference.map { "\($0.kind.lowercased())/\($0.name)" }
            line(change.time, .pod, .pod, key, "PodCreated", "created", owner ?? "applied")
        }
        if pod.metadata.isBeingDeleted && before?.metadata.isBeingDeleted != true {
            let grace = pod.metadata.deletionGracePeriodSeconds ?? 0
            line(
                change.time, .pod, .pod, key, "Terminating", "marked for deletion, \(grace) s of grace",
                on(pod))
        }
        let (was, isNow) = (before?.isReady ?? false, pod.isReady)
        if was != isNow {
            let condition = pod.status.conditions["Ready"]
            line(
                change.time, .pod, .pod, key, isNow ? "Ready" : "NotReady",
                isNow ? "ready" : "no longer ready",
                [on(pod), condition?.reason ?? ""].joined(nonEmpty: ": "))
        }
        if let before, before.status.phase != pod.status.phase, pod.status.phase.isTerminal {
            line(
                change.time, .pod, .pod, key, pod.status.phase.rawValue,
                "phase \(pod.status.phase.rawValue)", [on(pod), pod.status.reason].joined(nonEmpty: ": "))
        }
    }

    private func on(_ pod: Pod) -> String { pod.nodeName.isEmpty ? "" : "on \(pod.nodeName)" }

    private func observe(_ node: Node, before: Node?, _ change: StoreChange) {
        let key = node.metadata.key
        if change.kind == .deleted {
            line(change.time, .node, .node, key, "NodeGone", "the node's object is gone", "")
            return
        }
        if before == nil {
            line(change.time, .node, .node, key, "NodeRegistered", "registered", "kubelet")
        }
        let (was, isNow) = (before?.status.conditions["Ready"], node.status.conditions["Ready"])
        // What the node lifecycle controller does (Unknown) it tells itself, with the constant behind it.
        if let isNow, was?.status != isNow.status, isNow.status != .unknown {
            let text = "Ready is \(isNow.status.rawValue)" + (was.map { ", was \($0.status.rawValue)" } ?? "")
            line(
                change.time, .node, .node, key, "NodeReady\(isNow.status.rawValue)", text,
                [isNow.reason, isNow.message].joined(nonEmpty: ": "), isWarning: isNow.status != .isTrue)
        }
        let (taintsBefore, taints) = (before?.spec.taints ?? [], node.spec.taints)
        for taint in taints where !taintsBefore.contains(where: { $0.matches(taint) }) {
            line(
                change.time, .node, .node, key, "TaintAdded", "taint \(taint.key):\(taint.effect.rawValue)",
                "")
        }
        for taint in taintsBefore where !taints.contains(where: { $0.matches(taint) }) {
            line(
                change.time, .node, .node, key, "TaintRemoved",
                "taint \(taint.key):\(taint.effect.rawValue) removed",
                "")
        }
    }

    private func observe(_ attachment: VolumeAttachment, _ change: StoreChange) {
        let volume = attachment.spec.persistentVolumeName ?? ""
        let key = ObjectKey(name: volume)
        let node = attachment.spec.nodeName
        if change.kind == .deleted {
            line(change.time, .volume, .persistentVolume, key, "Detached", "detached from \(node)", "")
        } else if attachment.status.attached, change.previous?.volumeAttachment?.value.status.attached != true
        {
            line(change.time, .volume, .persistentVolume, key, "Attached", "attached to \(node)", "")
        }
    }

    private func line(
        _ time: VirtualTime, _ category: JournalEntry.Category, _ kind: ObjectKind?, _ key: ObjectKey,
        _ reason: String, _ message: String, _ cause: String, isWarning: Bool = false
    ) {
        emit(
            TimelineRecord(
                number: nextNumber, time: time, category: category, kind: kind, key: key, reason: reason,
                message: message, cause: cause, isWarning: isWarning))
        nextNumber += 1
    }
}

extension [String] {
    /// The texts that are not empty, joined.
    func joined(nonEmpty separator: String) -> String { filter { !$0.isEmpty }.joined(separator: separator) }
}
