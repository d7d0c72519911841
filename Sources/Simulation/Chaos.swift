import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics

/// Draws the disturbances of a ``ChaosPlan``: each kind from a stream of its own.
struct Chaos: ~Copyable {
    enum Fault {
        /// Nothing was done.
        case refused(APIError)
        /// The call was carried out, and the caller does not learn of it.
        case answerLost(APIError)
    }

    private struct StreamID: Hashable {
        var process: ProcessID
        var kind: ObjectKind
    }

    let plan: ChaosPlan?
    /// Whether there is a plan at all; after its end the order of watch streams is still kept.
    let isOn: Bool
    private var calls: RandomStream
    private var watches: RandomStream
    private var faults: RandomStream
    private var order: RandomStream
    /// When the last event of each stream arrives.
    private var lastArrivals: [StreamID: VirtualTime] = [:]

    init(_ plan: ChaosPlan?) {
        self.plan = plan
        isOn = plan != nil
        let seed = plan?.seed ?? 0
        calls = RandomStream(seed: seed, name: "chaos/calls")
        watches = RandomStream(seed: seed, name: "chaos/watches")
        faults = RandomStream(seed: seed, name: "chaos/faults")
        order = RandomStream(seed: seed, name: "chaos/order")
    }

    /// Whether failures by chance have come to their end.
    func endsFailures(at now: VirtualTime) -> Bool {
        guard let plan else { return false }
        return now >= plan.until
    }

    /// What one way of a call takes longer.
    mutating func callDelay(at now: VirtualTime) -> VirtualDuration {
        guard let plan, plan.callDelay > .zero, now < plan.until else { return .zero }
        return calls.exponential(mean: plan.callDelay)
    }

    /// When a watch event arrives that would come at `arrival` if nothing disturbed it.
    mutating func watchArrival(
        _ arrival: VirtualTime, process: ProcessID, kind: ObjectKind, at now: VirtualTime
    ) -> VirtualTime {
        guard let plan else { return arrival }
        var arrival = arrival
        if now < plan.until {
            if plan.watchDelay > .zero {
                arrival += watches.exponential(mean: plan.watchDelay)
            }
            if plan.stallProbability > 0, watches.uniform() < plan.stallProbability {
                arrival += watches.exponential(mean: plan.stallDuration)
            }
        }
        let stream = StreamID(process: process, kind: kind)
        if let last = lastArrivals[stream], last > arrival { arrival = last }
        lastArrivals[stream] = arrival
        return arrival
    }

    /// What goes wrong with a call; nil for most.
    mutating func fault(of request: APIRequest, at now: VirtualTime) -> Fault? {
        guard let plan, now < plan.until else { return nil }
        if plan.errorProbability > 0, faults.uniform() < plan.errorProbability {
            return .refused(APIError(.internalError, "Internal error occurred: etcdserver: leader changed"))
        }
        if plan.conflictProbability > 0, let object = request.versionedTarget,
            faults.uniform() < plan.conflictProbability
        {
            return .refused(
                APIError(
                    .conflict,
                    "Operation cannot be fulfilled on \(object.kind.info.qualifiedPlural) "
                        + "\"\(object.key.name)\": the object has been modified; please apply your changes to "
                        + "the latest version and try again"))
        }
        if plan.lostAnswerProbability > 0, request.isSafeToRepeat,
            faults.uniform() < plan.lostAnswerProbability
        {
            return .answerLost(
                APIError(
                    .timeout,
                    "Timeout: request did not complete within requested timeout - context deadline exceeded"))
        }
        return nil
    }

    /// Whether an alarm that is due lets everything else go first that is due at the same moment.
    ///
    /// Its time stays what it is: components that look at things in fixed periods count on that.
    mutating func putsBackAlarm(at now: VirtualTime) -> Bool {
        guard let plan, plan.shufflesAlarms, now < plan.until else { return false }
        return order.nextBits() & 1 == 0
    }
}

extension RandomStream {
    fileprivate mutating func exponential(mean: VirtualDuration) -> VirtualDuration {
        VirtualDuration(fractionalSeconds: -mean.fractionalSeconds * naturalLogarithm(uniform()))
    }
}

extension APIRequest {
    /// The object of an update that fails when the object has changed meanwhile.
    fileprivate var versionedTarget: (kind: ObjectKind, key: ObjectKey)? {
        switch self {
        case .update(let object), .updateStatus(let object):
            object.metadata.resourceVersion == 0 ? nil : (object.kind, object.key)
        default: nil
        }
    }

    /// Whether a caller that has lost the answer may make the call again and end up with the same.
    fileprivate var isSafeToRepeat: Bool {
        switch self {
        case .create(let object): !object.metadata.name.isEmpty && object.kind != .event
        case .update, .updateStatus, .patch, .delete: true
        case .createManifest, .createFrom, .replaceManifest, .get, .bind, .evict, .scale, .metrics: false
        }
    }
}
