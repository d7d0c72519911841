import KubernetesModel
import SimulationKernel

extension APIServer {
    /// Assigns a pod to a node.
    ///
    /// Upstream: `pkg/registry/core/pod/storage/storage.go`, `assignPod` (v1.36); the node's zone and region
    /// labels are copied to the pod by the PodTopologyLabels admission plugin.
    mutating func bind(
        _ key: ObjectKey, uid: UID, to nodeName: String, annotations: StringMap = StringMap(),
        at now: VirtualTime
    ) throws(APIError) {
        guard case .pod(let stored) = try existing(.pod, key) else { throw .notFound(.pod, key.name) }
        let identity = stored.value.metadata.uid
        if identity != uid && !uid.isEmpty {
            throw .conflict(
                .pod, key.name,
                "Precondition failed: UID in precondition: \(uid), UID in object meta: \(identity)")
        }
        if stored.value.metadata.deletionTimestamp != nil {
            throw APIError(
                .conflict,
                "Operation cannot be fulfilled on pods/binding \"\(key.name)\": pod \(key.name) is being deleted, cannot be assigned to a host"
            )
        }
        if !stored.value.nodeName.isEmpty {
            throw APIError(
                .conflict,
                "Operation cannot be fulfilled on pods/binding \"\(key.name)\": pod \(key.name) is already assigned to node \"\(stored.value.nodeName)\""
            )
        }
        if !stored.value.spec.fields.schedulingGates.isEmpty {
            throw APIError(
                .conflict,
                "Operation cannot be fulfilled on pods/binding \"\(key.name)\": pod \(key.name) has non-empty .spec.schedulingGates"
            )
        }
        storeBound(stored.value, to: nodeName, annotations, at: now)
    }

    /// Stores a pod with its node, as its next version.
    private mutating func storeBound(
        _ bound: consuming Pod, to nodeName: String, _ annotations: StringMap, at now: VirtualTime
    ) {
        bound.nodeName = nodeName
        if !annotations.isEmpty {
            bound.metadata.annotations = bound.metadata.annotations.merging(annotations)
        }
        bound.status.nominatedNodeName = ""
        setScheduled(&bound, at: Timestamp(now))
        addTopologyLabels(to: &bound)
        bound.metadata.resourceVersion = store.revision + 1
        put(APIObject(bound), at: now)
    }

    /// Sets the PodScheduled condition of a pod that has got its node.
    private mutating func setScheduled(_ pod: inout Pod, at time: Timestamp) {
        let isFirst = pod.status.conditions.isEmpty
        if isFirst, let known = boundConditions, known.time == time {
            pod.status.conditions = known.conditions
            return
        }
        pod.status.conditions["PodScheduled"] = Condition("PodScheduled", .isTrue, lastTransitionTime: time)
        if isFirst { boundConditions = (time, pod.status.conditions) }
    }

    /// Deletes a pod unless a disruption budget forbids it.
    ///
    /// Upstream: `pkg/registry/core/pod/storage/eviction.go` (v1.36).
    mutating func evict(_ key: ObjectKey, _ options: DeleteOptions, at now: VirtualTime) throws(APIError) {
        guard let pod = try existing(.pod, key).pod?.value else { throw .notFound(.pod, key.name) }
        let ignoresBudget =
            pod.status.phase.isTerminal || pod.status.phase == .pending || pod.metadata.isBeingDeleted
        if !ignoresBudget {
            let budgets = store.list(.podDisruptionBudget, namespace: key.namespace)
                .compactMap(\.podDisruptionBudget)
                .filter { $0.value.spec.selector.map { $0.matches(pod.metadata.labels) } ?? false }
            if budgets.count > 1 {
                throw APIError(
                    .internalError,
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
                )
            }
            if let budget = budgets.first?.value { try take(from: budget, for: pod, at: now) }
        }
        let marker = Condition(
            "DisruptionTarget", .isTrue, reason: "EvictionByEvictionAPI", message: "Eviction API: evicting",
            lastTransitionTime: Timestamp(now))
        if !pod.metadata.isBeingDeleted && !pod.status.phase.isTerminal {
            _ = try patch(
                .pod, key, .podConditions([marker], nominatedNodeName: nil), uid: pod.metadata.uid, at: now)
        }
        _ = try delete(.pod, key, options, at: now)
    }

    /// Takes one of the disruptions that a budget allows, or refuses.
    private mutating func take(
        from budget: PodDisruptionBudget, for pod: Pod, at now: VirtualTime
    ) throws(APIError) {
        let status = budget.status
        if !pod.isReady {
            if budget.spec.unhealthyPodEvictionPolicy == "AlwaysAllow" { return }
            if status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0 { return }
        }
        let refusal = "Cannot evict pod as it would violate the pod's disruption budget."
        if status.observedGeneration < budget.metadata.generation {
            throw APIError(
                .tooManyRequests, refusal, retryAfterSeconds: 10,
                detail:
                    "The disruption budget \(budget.metadata.name) is still being processed by the server.")
        }
        if status.disruptionsAllowed < 0 {
            throw .forbidden(
                .podDisruptionBudget, budget.metadata.name, "pdb disruptions allowed is negative")
        }
        if status.disruptedPods.count > 2_000 {
            throw .forbidden(
                .podDisruptionBudget, budget.metadata.name,
                "DisruptedPods map too big - too many evictions not confirmed by PDB controller")
        }
        if status.disruptionsAllowed == 0 {
            throw APIError(.tooManyRequests, refusal, detail: Self.cause(of: budget))
        }
        var taken = budget
        taken.status.disruptionsAllowed -= 1
        if taken.status.disruptionsAllowed == 0 {
            let was = taken.status.conditions["DisruptionAllowed"]
            var condition = Condition("DisruptionAllowed", .isFalse, reason: "InsufficientPods")
            condition.observedGeneration = status.observedGeneration
            condition.lastTransitionTime = was?.status == .isFalse ? was?.lastTransitionTime : Timestamp(now)
            taken.status.conditions["DisruptionAllowed"] = condition
        }
        taken.status.disruptedPods[pod.metadata.name] = Timestamp(now)
        _ = try finishUpdate(APIObject(taken), old: APIObject(budget), at: now)
    }

    /// Why a budget allows no disruption.
    private static func cause(of budget: PodDisruptionBudget) -> String {
        let name = budget.metadata.name
        let status = budget.status
        let condition = status.conditions["DisruptionAllowed"]
        let isRefused = condition?.status == .isFalse && condition?.message.isEmpty == false
        if isRefused, let condition, condition.reason == "SyncFailed" {
            return
                "The disruption budget \(name) does not allow evicting pods currently because it failed sync: "
                + condition.message
        }
        if status.currentHealthy <= status.desiredHealthy {
            return "The disruption budget \(name) needs \(status.desiredHealthy) healthy pods and has "
                + "\(status.currentHealthy) currently"
        }
        if isRefused, let condition {
            return
                "The disruption budget \(name) does not allow evicting pods currently (\(condition.reason)): "
                + condition.message
        }
        return "The disruption budget \(name) does not allow evicting pods currently"
    }
}
