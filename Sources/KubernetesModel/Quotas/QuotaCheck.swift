public import SimulationKernel

/// Decides whether an object fits into the quotas of its namespace, and what they have used then.
///
/// Resources that are limited although no quota names them (the plugin's configuration) are not covered: there
/// are none by default. Upstream: `apiserver/pkg/admission/plugin/resourcequota/controller.go`, `CheckRequest`
/// (v1.36).
public struct QuotaCheck: Sendable {
    private let evaluator: QuotaEvaluator
    private let now: VirtualTime

    public init(_ evaluator: QuotaEvaluator, at now: VirtualTime) {
        self.evaluator = evaluator
        self.now = now
    }

    /// Checks one object against all quotas.
    ///
    /// - Parameters:
    ///   - quotas: those of the object's namespace, in a fixed order.
    ///   - old: the object before, of a change.
    /// - Returns: the quotas of which more is used now, with their new status.
    public func admit(
        _ object: APIObject, old: APIObject? = nil, subresource: String = "", quotas: [ResourceQuota]
    ) throws(AdmissionRefusal) -> [ResourceQuota] {
        let isUpdate = old != nil
        guard
            evaluator.handles(isUpdate ? .update(subresource: subresource) : .create, object, old: old)
        else { return [] }
        var pertinent: [ResourceQuota] = []
        for quota in quotas where evaluator.matches(quota, object) {
            let bounded = evaluator.matching(quota.statusHard?.names ?? [])
            if let fault = evaluator.fault(bounded, object) {
                throw AdmissionRefusal("failed quota: \(quota.name): \(fault)")
            }
            if bounded.contains(where: { quota.statusUsed?[$0] == nil }) {
                throw AdmissionRefusal(
                    "status unknown for quota: \(quota.name), resources: \(bounded.joined(separator: ","))")
            }
            pertinent.append(quota)
        }
        if pertinent.isEmpty { return [] }

        let usage = evaluator.usage(of: object, at: now)
        let negative = usage.entries.filter { $0.quantity.sign < 0 }.map(\.name)
        if !negative.isEmpty {
            throw AdmissionRefusal(
                "quota usage is negative for resource(s): \(negative.joined(separator: ","))")
        }
        var changed: [ResourceQuota] = []
        for quota in pertinent {
            var delta = usage
            // A change is charged for the difference, unless the quota was not about the object before.
            if let old, evaluator.matches(quota, old) {
                delta = usage.subtractingToZero(evaluator.usage(of: old, at: now))
            }
            if let charged = try charge(delta.withoutZeros, to: quota, isBounded: subresource != "status") {
                changed.append(charged)
            }
        }
        return changed
    }

    /// The quota with an amount more used; nil when it does not bound any of it.
    private func charge(
        _ delta: ResourceList, to quota: ResourceQuota, isBounded: Bool
    ) throws(AdmissionRefusal) -> ResourceQuota? {
        let hard = quota.statusHard ?? ResourceList()
        let requested = delta.masked(to: hard.names)
        if requested.isEmpty { return nil }
        var used = quota.statusUsed ?? ResourceList()
        used.add(requested)
        let exceeded = requested.names.filter { name in
            guard let limit = hard[name], let amount = used[name] else { return false }
            return amount > limit
        }
        if isBounded, !exceeded.isEmpty {
            let before = (quota.statusUsed ?? ResourceList()).masked(to: exceeded)
            throw AdmissionRefusal(
                "exceeded quota: \(quota.name), requested: \(requested.masked(to: exceeded).listed), "
                    + "used: \(before.listed), limited: \(hard.masked(to: exceeded).listed)")
        }
        var charged = quota
        charged.statusUsed = used
        return charged
    }
}
