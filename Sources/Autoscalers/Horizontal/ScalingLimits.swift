import KubernetesModel
import SimulationKernel

/// What comes of a recommendation: the size, and what the conditions say about it.
struct NormalizedSize: Equatable {
    var replicas: Int32
    /// Reason and message of the condition `AbleToScale`.
    var ability: (reason: String, message: String)
    /// Whether something kept the size from what was asked for; reason and message of `ScalingLimited`.
    var limit: (isLimited: Bool, reason: String, message: String)

    static func == (left: Self, right: Self) -> Bool {
        left.replicas == right.replicas && left.ability == right.ability && left.limit == right.limit
    }
}

/// The bounds, windows and policies between what metrics ask for and what is done.
///
/// Upstream: `pkg/controller/podautoscaler/horizontal.go`, `normalizeDesiredReplicas`,
/// `normalizeDesiredReplicasWithBehaviors` (v1.36).
struct ScalingLimits {
    /// Without policies a size at most doubles at once, or becomes 4.
    static let upLimitFactor = 2.0
    static let upLimitMinimum = 4.0

    var minimum: Int32
    var maximum: Int32
    var behavior: HPABehavior?
    /// For autoscalers that do not say for how long scaling down is stabilised.
    var downscaleStabilization: VirtualDuration
    var now: VirtualTime

    func normalize(_ desired: Int32, current: Int32, _ memory: inout AutoscalerMemory) -> NormalizedSize {
        let stabilized: Int32
        var ability = (reason: "ReadyForNewScale", message: "recommended size matches current size")
        let bounded: (replicas: Int32, reason: String, message: String)
        if let behavior {
            let up = behavior.scaleUp ?? HPAScalingRules()
            let down = behavior.scaleDown ?? HPAScalingRules()
            stabilized = stabilize(desired, current: current, up, down, &memory)
            if stabilized != desired {
                ability =
                    desired >= current
                    ? (
                        "ScaleUpStabilized",
                        "recent recommendations were lower than current one, applying the lowest recent recommendation"
                    ) : Self.downStabilized
            }
            bounded = bound(stabilized, current: current, up, down, memory)
        } else {
            stabilized = stabilize(desired, &memory)
            if stabilized != desired { ability = Self.downStabilized }
            bounded = bound(stabilized, current: current)
        }
        return NormalizedSize(
            replicas: bounded.replicas, ability: ability,
            limit: (bounded.replicas != stabilized, bounded.reason, bounded.message))
    }

    private static let downStabilized = (
        reason: "ScaleDownStabilized",
        message:
            "recent recommendations were higher than current one, applying the highest recent recommendation"
    )
    private static let tooMany = (
        "TooManyReplicas", "the desired replica count is more than the maximum replica count"
    )
    private static let tooFew = (
        "TooFewReplicas", "the desired replica count is less than the minimum replica count"
    )
    private static let tooFast = (
        "ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate"
    )
    private static let tooFastDown = (
        "ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate"
    )
    private static let withinRange = (
        "DesiredWithinRange", "the desired count is within the acceptable range"
    )

    // MARK: Without behaviours

    private func stabilize(_ desired: Int32, _ memory: inout AutoscalerMemory) -> Int32 {
        let cutoff = now - downscaleStabilization
        var highest = desired
        var place: Int?
        for (index, recommendation) in memory.recommendations.enumerated() {
            if recommendation.time < cutoff {
                place = index
            } else {
                highest = max(highest, recommendation.replicas)
            }
        }
        memory.remember(desired, inPlaceOf: place, at: now)
        return highest
    }

    private func bound(
        _ desired: Int32, current: Int32
    ) -> (replicas: Int32, reason: String, message: String) {
        let limit = GoNumber.int32(max(Self.upLimitFactor * Double(current), Self.upLimitMinimum))
        let most = min(maximum, limit)
        if desired < minimum { return (minimum, Self.tooFew.0, Self.tooFew.1) }
        if desired > most {
            let why = maximum > limit ? Self.tooFast : Self.tooMany
            return (most, why.0, why.1)
        }
        return (desired, Self.withinRange.0, Self.withinRange.1)
    }

    // MARK: With behaviours

    private func stabilize(
        _ desired: Int32, current: Int32, _ up: HPAScalingRules, _ down: HPAScalingRules,
        _ memory: inout AutoscalerMemory
    ) -> Int32 {
        let upCutoff = now - .seconds(up.stabilizationWindowSeconds ?? 0)
        let downSeconds = down.stabilizationWindowSeconds ?? downscaleStabilization.wholeSeconds
        let downCutoff = now - .seconds(downSeconds)
        var (lowest, highest) = (desired, desired)
        var place: Int?
        for (index, recommendation) in memory.recommendations.enumerated() {
            if recommendation.time > upCutoff { lowest = min(lowest, recommendation.replicas) }
            if recommendation.time > downCutoff { highest = max(highest, recommendation.replicas) }
            if recommendation.time < upCutoff && recommendation.time < downCutoff { place = index }
        }
        memory.remember(desired, inPlaceOf: place, at: now)
        return min(max(current, lowest), highest)
    }

    private func bound(
        _ desired: Int32, current: Int32, _ up: HPAScalingRules, _ down: HPAScalingRules,
        _ memory: AutoscalerMemory
    ) -> (replicas: Int32, reason: String, message: String) {
        if desired > current {
            let limit = max(current, rateLimit(up, isUp: true, current: current, memory))
            let most = min(maximum, limit)
            if desired > most {
                let why = maximum > limit ? Self.tooFast : Self.tooMany
                return (most, why.0, why.1)
            }
        } else if desired < current {
            let limit = min(current, rateLimit(down, isUp: false, current: current, memory))
            let least = max(minimum, limit)
            if desired < least {
                let why = minimum < limit ? Self.tooFastDown : Self.tooFew
                return (least, why.0, why.1)
            }
        }
        return (desired, Self.withinRange.0, Self.withinRange.1)
    }

    /// How far the policies let the size go.
    private func rateLimit(
        _ rules: HPAScalingRules, isUp: Bool, current: Int32, _ memory: AutoscalerMemory
    ) -> Int32 {
        let select = rules.selectPolicy ?? "Max"
        if select == "Disabled" { return current }
        // The smallest change is the smallest size on the way up, and the largest on the way down.
        let takesSmaller = (select == "Min") == isUp
        var result = takesSmaller ? Int32.max : Int32.min
        for policy in rules.policies {
            let added = AutoscalerMemory.change(memory.ups, within: policy.periodSeconds, at: now)
            let removed = AutoscalerMemory.change(memory.downs, within: policy.periodSeconds, at: now)
            let before = current &- added &+ removed
            let value = Int32(truncatingIfNeeded: policy.value)
            let share = Double(value) / 100
            let proposal: Int32
            switch (policy.type, isUp) {
            case ("Pods", true): proposal = before &+ value
            case ("Pods", false): proposal = before &- value
            case (_, true): proposal = GoNumber.int32((Double(before) * (1 + share)).rounded(.up))
            case (_, false): proposal = GoNumber.int32(Double(before) * (1 - share))
            }
            result = takesSmaller ? min(result, proposal) : max(result, proposal)
        }
        return result
    }
}

extension HPAScalingRules {
    /// How far back any of the policies looks, in seconds.
    var longestPeriod: Int64 { policies.map(\.periodSeconds).max() ?? 0 }
}
