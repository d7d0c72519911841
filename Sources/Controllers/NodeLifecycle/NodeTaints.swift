import ControlPlane
import KubernetesModel

/// Which taints a node should have for what its conditions say.
///
/// Upstream: `pkg/controller/nodelifecycle/node_lifecycle_controller.go` (v1.36).
enum NodeTaints {
    /// The condition types whose taints the controller manages, with the taint for a status.
    static func key(of condition: Condition) -> String? {
        switch (condition.type, condition.status) {
        case ("Ready", .isFalse): WellKnown.notReadyTaint
        case ("Ready", .unknown): WellKnown.unreachableTaint
        case ("MemoryPressure", .isTrue): WellKnown.memoryPressureTaint
        case ("DiskPressure", .isTrue): WellKnown.diskPressureTaint
        case ("NetworkUnavailable", .isTrue): WellKnown.networkUnavailableTaint
        case ("PIDPressure", .isTrue): WellKnown.pidPressureTaint
        default: nil
        }
    }

    private static let managedKeys: [String] = [
        WellKnown.unschedulableTaint, WellKnown.notReadyTaint, WellKnown.unreachableTaint,
        WellKnown.networkUnavailableTaint, WellKnown.memoryPressureTaint, WellKnown.diskPressureTaint,
        WellKnown.pidPressureTaint,
    ]

    /// The NoSchedule taints that are missing and those that are there for nothing.
    static func noScheduleChanges(_ node: Node) -> (adding: [Taint], removing: [Taint]) {
        var wanted: [Taint] = node.status.conditions.compactMap { condition in
            key(of: condition).map { Taint(key: $0, effect: .noSchedule) }
        }
        if node.spec.unschedulable {
            wanted.append(Taint(key: WellKnown.unschedulableTaint, effect: .noSchedule))
        }
        let present = node.spec.taints.filter { $0.effect == .noSchedule && managedKeys.contains($0.key) }
        return (
            wanted.filter { taint in !present.contains { $0.matches(taint) } },
            present.filter { taint in !wanted.contains { $0.matches(taint) } }
        )
    }

    static let notReady = Taint(key: WellKnown.notReadyTaint, effect: .noExecute)
    static let unreachable = Taint(key: WellKnown.unreachableTaint, effect: .noExecute)

    static func has(_ taint: Taint, _ node: Node) -> Bool { node.spec.taints.contains { $0.matches(taint) } }

    /// The NoExecute taint for a node that is not ready, and the one that excludes it.
    static func noExecute(for status: ConditionStatus) -> (taint: Taint, opposite: Taint)? {
        switch status {
        case .isTrue: nil
        case .isFalse: (notReady, unreachable)
        case .unknown: (unreachable, notReady)
        }
    }

    /// Labels that older names must repeat: the operating system and the architecture.
    static func labelChanges(_ labels: Labels) -> [String: String?] {
        var changes: [String: String?] = [:]
        for (name, older) in [
            ("kubernetes.io/os", "beta.kubernetes.io/os"), ("kubernetes.io/arch", "beta.kubernetes.io/arch"),
        ] {
            guard let value = labels[name], labels[older] != value else { continue }
            changes[older] = value
        }
        return changes
    }

    /// The zone whose rate limit counts for a node (`nodetopology.GetZoneKey`).
    static func zone(of node: Node) -> String {
        let labels = node.metadata.labels
        let zone = labels["failure-domain.beta.kubernetes.io/zone"] ?? labels[WellKnown.zoneLabel] ?? ""
        let region = labels["failure-domain.beta.kubernetes.io/region"] ?? labels[WellKnown.regionLabel] ?? ""
        return zone.isEmpty && region.isEmpty ? "" : region + ":\u{0}:" + zone
    }

    /// The zone's name for people.
    static func zoneName(_ key: String) -> String {
        let parts = key.split(separator: ":\u{0}:", omittingEmptySubsequences: false)
        let name = parts.last.map(String.init) ?? ""
        return name.isEmpty ? "without a name" : name
    }
}
