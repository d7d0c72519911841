import ControlPlane
import KubernetesModel
import SimulationKernel

/// One pass over the content of a namespace that is being deleted: pods first, all else when they are gone.
///
/// Upstream: `pkg/controller/namespace/deletion/namespaced_resources_deleter.go` (v1.36).
struct NamespaceDeletion {
    static let finalizer = "kubernetes"
    /// How long objects with finalizers are given by default.
    static let finalizerEstimateSeconds: Int64 = 15

    let name: String

    /// What is left of one kind after its deletion was asked for.
    struct Remainder {
        var estimateSeconds: Int64 = 0
        var count = 0
        /// Objects by finalizer.
        var finalizers: [String: Int] = [:]
        var failure: SyncFailure?
    }

    func run(_ session: inout SyncSession) throws(SyncStop) -> SyncEnding {
        guard var namespace = try live(&session), namespace.metadata.isBeingDeleted else { return .done }
        if namespace.phase != "Terminating" {
            let marked = namespace.with { $0.phase = "Terminating" }
            let outcome = try session.call(.updateStatus(APIObject(marked)))
            if let failure = outcome.failure {
                if failure.reason == .notFound { return .done }
                throw .failed(failure)
            }
            namespace = outcome.object?.namespace?.value ?? marked
        }
        if namespace.specFinalizers.isEmpty { return .done }

        let (estimate, failures) = try deleteContent(&namespace, &session)
        if let failure = SyncFailure(aggregating: failures) { throw .failed(failure) }
        if estimate > 0 { return .requeueAfter(.seconds(estimate / 2 + 1)) }
        try finalize(namespace, &session)
        return .done
    }

    private func live(_ session: inout SyncSession) throws(SyncStop) -> Namespace? {
        let outcome = try session.call(.get(.namespace, ObjectKey(name: name)))
        if let failure = outcome.failure {
            if failure.reason == .notFound { return nil }
            throw .failed(failure)
        }
        return outcome.object?.namespace?.value
    }

    private func finalize(_ namespace: Namespace, _ session: inout SyncSession) throws(SyncStop) {
        var latest = namespace
        while true {
            let finalized = latest.with {
                $0.specFinalizers = $0.specFinalizers.filter { $0 != Self.finalizer }.sorted()
            }
            let outcome = try session.call(.update(APIObject(finalized)))
            guard let failure = outcome.failure, failure.reason != .notFound else { return }
            guard failure.reason == .conflict else { throw .failed(failure) }
            guard let fresh = try live(&session) else { return }
            if fresh.metadata.uid != namespace.metadata.uid {
                throw .failed(SyncFailure("namespace uid has changed across retries"))
            }
            latest = fresh
        }
    }

    // MARK: Content

    private func deleteContent(
        _ namespace: inout Namespace, _ session: inout SyncSession
    ) throws(SyncStop) -> (estimateSeconds: Int64, failures: [SyncFailure]) {
        var conditions = NamespaceConditions()
        var failures: [SyncFailure] = []

        let pods = try deleteAll(.pod, namespace, &session)
        var estimate = pods.estimateSeconds
        if let failure = pods.failure {
            failures.append(
                SyncFailure("failed to delete pods for namespace: \(name), err: \(failure.message)"))
            conditions.contentFailures.append(failure.message)
        }
        if pods.count > 0 {
            try write(conditions, &namespace, &session)
            return (estimate, failures)
        }
        for kind in ObjectKind.allCases where kind.info.isNamespaced && kind != .pod {
            let remainder = try deleteAll(kind, namespace, &session)
            if let failure = remainder.failure {
                failures.append(failure)
                conditions.contentFailures.append(failure.message)
            }
            estimate = max(estimate, remainder.estimateSeconds)
            guard remainder.count > 0 else { continue }
            conditions.remaining.append((kind, remainder.count))
            conditions.finalizers.merge(remainder.finalizers, uniquingKeysWith: +)
        }
        try write(conditions, &namespace, &session)
        return (estimate, failures)
    }

    /// Writes the conditions if they changed; a failure to do so does not stop anything.
    private func write(
        _ conditions: NamespaceConditions, _ namespace: inout Namespace, _ session: inout SyncSession
    ) throws(SyncStop) {
        guard conditions.update(&namespace.conditions, at: Timestamp(session.startedAt)) else { return }
        let outcome = try session.call(.updateStatus(APIObject(namespace)))
        if let stored = outcome.object?.namespace { namespace = stored.value }
    }

    private func deleteAll(
        _ kind: ObjectKind, _ namespace: Namespace, _ session: inout SyncSession
    ) throws(SyncStop) -> Remainder {
        let objects = session.objects { $0.objects(kind, namespace: name) }
        var remainder = Remainder()
        if objects.isEmpty { return remainder }
        if kind == .pod {
            remainder.estimateSeconds = gracefulEstimate(objects, namespace, session.startedAt)
        }
        var left: [APIObject?] = Array(repeating: nil, count: objects.count)
        let failures = try session.concurrently(count: objects.count) { session, index throws(SyncStop) in
            let options = DeleteOptions(propagation: .background)
            let object = try session.require(
                .delete(kind, objects[index].key, options), tolerating: .notFound)
            if let object, Self.remains(object) { left[index] = object }
        }
        if let failure = failures.first {
            remainder.failure = failure
            return remainder
        }
        let remaining = left.compactMap { $0 }
        if remaining.isEmpty { return Remainder() }
        remainder.count = remaining.count
        for finalizer in remaining.flatMap(\.metadata.finalizers) {
            remainder.finalizers[finalizer, default: 0] += 1
        }
        if remainder.estimateSeconds != 0 { return remainder }
        if !remainder.finalizers.isEmpty {
            remainder.estimateSeconds = Self.finalizerEstimateSeconds
            return remainder
        }
        let info = kind.info
        let resource =
            "\(info.group.isEmpty ? "/" + info.apiVersion : info.apiVersion), Resource=\(info.plural)"
        remainder.failure = SyncFailure(
            "unexpected items still remain in namespace: \(name) for gvr: \(resource)")
        return remainder
    }

    /// Whether an object that was answered to a deletion is still there: it waits for finalizers or a kubelet.
    private static func remains(_ object: APIObject) -> Bool {
        let metadata = object.metadata
        return !metadata.finalizers.isEmpty
            || (metadata.isBeingDeleted && (metadata.deletionGracePeriodSeconds ?? 0) > 0)
    }

    /// The longest grace period of the pods; 0 once that much time has passed.
    private func gracefulEstimate(
        _ pods: [APIObject], _ namespace: Namespace, _ now: VirtualTime
    ) -> Int64 {
        let longest =
            pods.compactMap { $0.pod?.value }.filter { !$0.status.phase.isTerminal }
            .map(\.spec.terminationGracePeriodSeconds).max() ?? 0
        guard let deleted = namespace.metadata.deletionTimestamp else { return longest }
        return now - deleted.time >= .seconds(longest) ? 0 : max(0, longest)
    }
}
