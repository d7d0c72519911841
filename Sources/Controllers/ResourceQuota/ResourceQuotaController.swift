public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Measures what the objects of a namespace use of its quotas, and writes it into the quotas' status.
///
/// Admission charges quotas for what is created; this controller gives back what is deleted or has ended, takes
/// over changed limits, and measures everything anew every five minutes.
/// Upstream: `pkg/controller/resourcequota` (v1.36).
public struct ResourceQuotaController: Controller {
    public static let name = "resourcequota-controller"

    /// `--resource-quota-sync-period`.
    public static let syncPeriod = VirtualDuration.minutes(5)

    /// `--concurrent-resource-quota-syncs`, for each of the two queues: that of quotas to be measured anew, and
    /// the one for those that were never measured, or not under their present limits.
    public let workers = [5, 5]

    private static let urgentQueue: UInt8 = 1

    private let period: VirtualDuration
    /// The first full pass; the others follow at whole periods.
    private var firstPass = VirtualTime.start

    public init(syncPeriod: VirtualDuration = Self.syncPeriod) { period = syncPeriod }

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        firstPass = now
        for object in view.objects(.resourceQuota) {
            guard let quota = ResourceQuota(object) else { continue }
            add(quota, &queue)
            queue.add(quota.key)
        }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        if change.object.kind == .resourceQuota { observeQuota(change, now, &queue) }
        if view.count(.resourceQuota) > 0 { replenish(after: change, view, now, &queue) }
    }

    private func observeQuota(_ change: CacheChange, _ now: VirtualTime, _ queue: inout Enqueuer) {
        guard let quota = ResourceQuota(change.object) else { return }
        switch change.kind {
        case .deleted: queue.add(quota.key)
        case .added:
            add(quota, &queue)
            queue.add(quota.key, after: untilNextPass(now))
        case .modified:
            if let old = change.old.flatMap(ResourceQuota.init), old.hard == quota.hard { return }
            add(quota, &queue)
        }
    }

    /// Puts a quota into the queue of those that wait for their first figures, or into the other.
    private func add(_ quota: ResourceQuota, _ queue: inout Enqueuer) {
        let hard = quota.statusHard ?? ResourceList()
        let isUnmeasured =
            quota.hard != hard
            || hard.names.contains { name in
                quota.statusUsed?[name] == nil
                    && QuotaEvaluator.all.contains { !$0.matching([name]).isEmpty }
            }
        queue.add(quota.key, queue: isUnmeasured ? Self.urgentQueue : 0)
    }

    /// Looks again at the quotas that bound what an object used that is gone, or that uses less now.
    private func replenish(
        after change: CacheChange, _ view: ObjectCache, _ now: VirtualTime, _ queue: inout Enqueuer
    ) {
        guard let evaluator = QuotaEvaluator.of(change.object.kind) else { return }
        switch change.kind {
        case .added: return
        case .deleted: break
        case .modified:
            guard let old = change.old, evaluator.frees(old, change.object, at: now) else { return }
        }
        for object in view.objects(.resourceQuota, namespace: change.object.key.namespace) {
            guard let quota = ResourceQuota(object),
                !evaluator.matching(quota.statusHard?.names ?? []).isEmpty
            else { continue }
            queue.add(quota.key)
        }
    }

    private func untilNextPass(_ now: VirtualTime) -> VirtualDuration {
        (now + .nanoseconds(1)).roundedUp(toPeriod: period, phase: firstPass) - now
    }

    // MARK: Measuring

    public mutating func reconcile(_ key: WorkKey, view: ObjectCache, now: VirtualTime) -> Plan<Never> {
        var plan = Plan<Never>()
        guard let quota = view[.resourceQuota, key.key].flatMap(ResourceQuota.init) else { return plan }
        // The other queue's keys are in this one, too, for the next full pass.
        if key.queue == 0 { plan.ending = .requeueAfter(untilNextPass(now)) }
        var used = quota.statusUsed ?? ResourceList()
        for entry in Self.usage(under: quota, view, now).entries { used[entry.name] = entry.quantity }
        used = used.masked(to: quota.hard.names)
        let isDirty =
            quota.statusHard != quota.hard || quota.statusUsed == nil || quota.statusUsed != used
        if isDirty {
            var measured = quota
            measured.statusHard = quota.hard
            measured.statusUsed = used
            plan.call(.updateStatus(measured.erased))
        }
        return plan
    }

    /// What a quota's namespace uses of the resources that it bounds.
    ///
    /// Upstream: `apiserver/pkg/quota/v1/resources.go`, `CalculateUsage` (v1.36).
    private static func usage(
        under quota: ResourceQuota, _ view: ObjectCache, _ now: VirtualTime
    ) -> ResourceList {
        var usage = ResourceList()
        for evaluator in QuotaEvaluator.all {
            let names = evaluator.matching(quota.hard.names)
            if names.isEmpty { continue }
            let objects = view.objects(evaluator.kind, namespace: quota.namespace)
            usage.add(evaluator.total(of: objects, names, in: quota.scopes, at: now))
        }
        return usage
    }
}
