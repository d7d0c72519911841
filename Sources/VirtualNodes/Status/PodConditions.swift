import KubernetesModel

/// The conditions that a kubelet derives from containers' statuses.
///
/// Upstream: `pkg/kubelet/status/generate.go` (v1.36).
enum PodConditions {
    static let ownedByKubelet = [
        "PodScheduled", "Ready", "Initialized", "ContainersReady", "PodReadyToStartContainers",
        "PodResizeInProgress", "PodResizePending",
    ]

    static func isOwnedByKubelet(_ type: String) -> Bool { ownedByKubelet.contains(type) }

    /// Names as Go prints a slice of strings.
    private static func list(_ names: [String]) -> String { "[\(names.joined(separator: " "))]" }

    private static func terminal(_ type: String, _ phase: PodPhase) -> Condition {
        Condition(type, .isFalse, reason: phase == .failed ? "PodFailed" : "PodCompleted")
    }

    static func containersReady(
        _ spec: PodSpecFields, _ statuses: [ContainerStatus], _ phase: PodPhase,
        type: String = "ContainersReady"
    ) -> Condition {
        if statuses.isEmpty { return Condition(type, .isFalse, reason: "UnknownContainerStatuses") }
        var unknown: [String] = []
        var unready: [String] = []
        for container in spec.initContainers.filter(\.isSidecar) + spec.containers {
            if let status = statuses.first(where: { $0.name == container.name }) {
                if !status.ready { unready.append(container.name) }
            } else {
                unknown.append(container.name)
            }
        }
        if phase == .succeeded && unknown.isEmpty || phase == .failed { return terminal(type, phase) }
        var messages: [String] = []
        if !unknown.isEmpty { messages.append("containers with unknown status: \(list(unknown))") }
        if !unready.isEmpty { messages.append("containers with unready status: \(list(unready))") }
        if messages.isEmpty { return Condition(type, .isTrue) }
        return Condition(
            type, .isFalse, reason: "ContainersNotReady", message: messages.joined(separator: ", "))
    }

    static func ready(
        _ spec: PodSpecFields, conditions: [Condition], _ statuses: [ContainerStatus], _ phase: PodPhase
    ) -> Condition {
        let containers = containersReady(spec, statuses, phase, type: "Ready")
        if containers.status != .isTrue { return containers }
        var messages: [String] = []
        for gate in spec.readinessGates {
            guard let condition = conditions[gate.conditionType] else {
                messages.append(
                    "corresponding condition of pod readiness gate \"\(gate.conditionType)\" does not exist.")
                continue
            }
            if condition.status != .isTrue {
                messages.append(
                    "the status of pod readiness gate \"\(gate.conditionType)\" is not \"True\", "
                        + "but \(condition.status.rawValue)")
            }
        }
        if messages.isEmpty { return Condition("Ready", .isTrue) }
        return Condition(
            "Ready", .isFalse, reason: "ReadinessGatesNotReady", message: messages.joined(separator: ", "))
    }

    static func initialized(
        _ spec: PodSpecFields, before: [Condition], _ statuses: [ContainerStatus], _ phase: PodPhase
    ) -> Condition {
        if statuses.isEmpty && !spec.initContainers.isEmpty {
            return Condition("Initialized", .isFalse, reason: "UnknownContainerStatuses")
        }
        var unknown: [String] = []
        var incomplete: [String] = []
        for container in spec.initContainers {
            guard let status = statuses.first(where: { $0.name == container.name }) else {
                unknown.append(container.name)
                continue
            }
            let isDone = container.isSidecar ? status.started == true : status.ready
            if !isDone { incomplete.append(container.name) }
        }
        if phase == .succeeded && unknown.isEmpty {
            return Condition("Initialized", .isTrue, reason: "PodCompleted")
        }
        let hasStarted = statuses.contains { status in
            guard spec.containers.contains(where: { $0.name == status.name }) else { return false }
            return status.state?.isRunning == true || status.state?.termination != nil
        }
        if hasStarted || before.isTrue("Initialized") && !(unknown.isEmpty && incomplete.isEmpty) {
            return Condition("Initialized", .isTrue)
        }
        var messages: [String] = []
        if !unknown.isEmpty { messages.append("containers with unknown status: \(list(unknown))") }
        if !incomplete.isEmpty { messages.append("containers with incomplete status: \(list(incomplete))") }
        if messages.isEmpty { return Condition("Initialized", .isTrue) }
        return Condition(
            "Initialized", .isFalse, reason: "ContainersNotInitialized",
            message: messages.joined(separator: ", "))
    }

    /// Ready and ContainersReady of a pod that has ended.
    static func markTerminal(_ status: inout PodStatus) {
        guard status.phase.isTerminal else { return }
        guard status.conditions.isTrue("Ready") || status.conditions.isTrue("ContainersReady") else { return }
        for type in ["ContainersReady", "Ready"] {
            var condition = terminal(type, status.phase)
            condition.observedGeneration = status.conditions[type]?.observedGeneration ?? 0
            condition.lastTransitionTime = status.conditions[type]?.lastTransitionTime
            status.conditions[type] = condition
        }
    }
}
