import KubernetesModel
import SimulationKernel

/// Admission by the ResourceQuotas of a namespace.
///
/// Upstream writes what is used into the status of the quotas before it lets an object through, with three
/// more tries when somebody else (the quota controller) has written it meanwhile. Here check, status and object
/// are of one moment, so there is nothing to try again; the controller's writes are those that conflict.
/// Upstream: `apiserver/pkg/admission/plugin/resourcequota` (v1.36).
extension APIServer {
    /// Whether objects of a kind may be bounded by a quota: a quick look before an object is made for the check.
    func mayHaveQuotas(_ kind: ObjectKind) -> Bool {
        kind.isNamespaced && store.count(.resourceQuota) > 0
    }

    /// Refuses an object that does not fit into the quotas of its namespace, and charges them for one that does.
    ///
    /// - Parameter old: the object before, of a change.
    mutating func charge(
        _ object: APIObject, old: APIObject? = nil, subresource: String = "", at now: VirtualTime
    ) throws(APIError) {
        let operation: QuotaEvaluator.Operation = old == nil ? .create : .update(subresource: subresource)
        guard let evaluator = QuotaEvaluator.of(object.kind),
            evaluator.handles(operation, object, old: old)
        else { return }
        let keys = quotaIndex.keys(in: object.key.namespace, of: store)
        if keys.isEmpty { return }
        let quotas = keys.compactMap { store[.resourceQuota, $0] }.compactMap(ResourceQuota.init)
        let charged: [ResourceQuota]
        do throws(AdmissionRefusal) {
            charged = try QuotaCheck(evaluator, at: now).admit(
                object, old: old, subresource: subresource, quotas: quotas)
        } catch {
            throw .forbidden(object.kind, object.key.name, error.description)
        }
        for quota in charged { put(quota.erased, at: now) }
    }
}

/// Which quotas there are in each namespace.
struct QuotaIndex: Sendable {
    private var keysByNamespace: [String: [ObjectKey]] = [:]
    /// How many quotas there were when the index was made; nil when it has to be made anew.
    private var count: Int?

    /// Called when there is a new quota. That one is gone shows in their number.
    mutating func invalidate() { count = nil }

    mutating func keys(in namespace: String, of store: Store) -> [ObjectKey] {
        if count != store.count(.resourceQuota) {
            keysByNamespace = [:]
            for quota in store.list(.resourceQuota) {
                keysByNamespace[quota.key.namespace, default: []].append(quota.key)
            }
            count = store.count(.resourceQuota)
        }
        return keysByNamespace[namespace] ?? []
    }
}
