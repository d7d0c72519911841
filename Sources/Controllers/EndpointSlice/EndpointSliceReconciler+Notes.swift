import ControlPlane
import KubernetesModel

/// What the run's journal tells about a service's endpoints.
extension EndpointSliceReconciler {
    typealias PodLookup = (EndpointSlice.Endpoint) -> Pod?

    /// One line when pods stop, and one when pods begin, to be ready behind the service.
    func readinessNotes(
        _ existing: [EndpointSlice], _ wanted: [EndpointSlice.Endpoint], _ pod: PodLookup
    ) -> [JournalEntry] {
        let before = existing.flatMap(\.endpoints).filter(\.isReady)
        let after = wanted.filter(\.isReady)
        let (had, has) = (Set(before.map { $0.targetRef?.uid }), Set(after.map { $0.targetRef?.uid }))
        return readinessNotes(
            lost: before.filter { !has.contains($0.targetRef?.uid) },
            gained: after.filter { !had.contains($0.targetRef?.uid) },
            ready: after.count, of: wanted.count, pod)
    }

    /// The lines for endpoints that are known to have stopped and begun to be ready.
    func readinessNotes(
        lost: [EndpointSlice.Endpoint], gained: [EndpointSlice.Endpoint], ready: Int, of count: Int,
        _ pod: PodLookup
    ) -> [JournalEntry] {
        func entry(_ reason: String, _ verb: String, _ endpoints: [EndpointSlice.Endpoint]) -> JournalEntry {
            let names = endpoints.map { $0.targetRef?.name ?? $0.addresses.first ?? "" }
            let causes = endpoints.map { cause(pod($0)) }
            return JournalEntry(
                .endpoints, .service, service.key, reason: reason,
                message: "\(verb) \(names.joined(separator: ", ")); \(ready) ready of \(count)",
                cause: Set(causes).count == 1
                    ? causes[0] : zip(names, causes).map { "\($0): \($1)" }.joined(separator: "; "))
        }
        var notes: [JournalEntry] = []
        if !lost.isEmpty { notes.append(entry("EndpointsLost", "lost", lost)) }
        if !gained.isEmpty { notes.append(entry("EndpointsGained", "gained", gained)) }
        return notes
    }

    private func cause(_ pod: Pod?) -> String {
        guard let pod else { return "the pod is gone or no longer selected" }
        if pod.status.phase.isTerminal { return "the pod ended (\(pod.status.phase.rawValue))" }
        if pod.metadata.isBeingDeleted { return "the pod is being deleted" }
        guard let ready = pod.status.conditions["Ready"] else { return "the pod has no Ready condition" }
        if ready.status == .isTrue { return "the pod is ready" }
        return ready.reason.isEmpty ? "the pod is not ready" : "the pod is not ready: \(ready.reason)"
    }
}
