import Stochastics

/// How Linux divides a node's CPU among its cgroups, as a fluid: by weight, nobody more than it asks for.
///
/// Upstream (v1.36): `pkg/kubelet/cm/helpers_linux.go` for shares, `pkg/kubelet/cm/cgroup_manager_linux.go` for
/// the weights of pods and QoS classes, `opencontainers/cgroups/utils.go` for those of containers.
enum FairShare {
    /// Upstream: `MilliCPUToShares`.
    static func shares(milliCPU: Int64) -> Int64 {
        if milliCPU <= 0 { return 2 }
        let (product, overflows) = milliCPU.multipliedReportingOverflow(by: 1_024)
        return overflows ? 262_144 : min(max(2, product / 1_000), 262_144)
    }

    /// `cpu.weight` of a pod's or a QoS class's cgroup, which the kubelet makes. Upstream: `getCPUWeight`.
    static func podWeight(shares: Int64) -> Int64 {
        shares >= 262_144 ? 10_000 : 1 + (shares - 2) * 9_999 / 262_142
    }

    /// `cpu.weight` of a container's cgroup, which runc makes: 1024 shares become the kernel's default, 100.
    ///
    /// Upstream: `ConvertCPUSharesToCgroupV2Value`.
    static func containerWeight(shares: Int64) -> Int64 {
        if shares <= 2 { return 1 }
        if shares >= 262_144 { return 10_000 }
        let log = naturalLogarithm(Double(shares)) / naturalLogarithm(2)
        let exponent = (log * log + 125 * log) / 612 - 7.0 / 34
        // The least whole number that is not below ten to this power; logarithms round in the last digits.
        let wanted = exponent * naturalLogarithm(10) - 1e-12
        var (low, high) = (Int64(1), Int64(10_000))
        while low < high {
            let middle = (low + high) / 2
            if naturalLogarithm(Double(middle)) >= wanted { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// The cores of a CPU limit; nil for none. Upstream: `MilliCPUToQuota`, whose least quota is 1 ms in 100 ms.
    static func cores(limitMilliCPU: Int64) -> Double? {
        limitMilliCPU <= 0 ? nil : Double(max(10, limitMilliCPU)) / 1_000
    }

    /// Divides a capacity by weight so that nobody gets more than it demands and nothing is left over that
    /// somebody demands: max-min fair by weight ("water filling").
    ///
    /// - Returns: one element for each demand. Where the demands fit, they are granted exactly.
    static func fill(capacity: Double, demands: [Double], weights: [Double]) -> [Double] {
        let total = demands.reduce(0, +)
        if total <= capacity * (1 + 1e-12) { return demands }
        var grants = [Double](repeating: 0, count: demands.count)
        // Those that ask for the least by their weight are satisfied first.
        let order = demands.indices.sorted {
            let (a, b) = (demands[$0] * weights[$1], demands[$1] * weights[$0])
            return a != b ? a < b : $0 < $1
        }
        var left = capacity
        var weight = weights.reduce(0, +)
        for (place, index) in order.enumerated() {
            if demands[index] * weight <= left * weights[index] {
                grants[index] = demands[index]
                left = max(0, left - demands[index])
                weight -= weights[index]
                continue
            }
            for rest in order[place...] { grants[rest] = left * weights[rest] / weight }
            break
        }
        return grants
    }
}

/// A cgroup with a weight among its siblings, and a cap or none; leaves hold demands.
struct CPUGroup: Sendable {
    var weight: Double
    /// In cores; nil for none.
    var cap: Double?
    /// In cores; of a leaf.
    var demand = 0.0
    var children: [CPUGroup] = []
    /// The place of a leaf's grant in the result.
    var leaf = -1

    /// What the group can use at most: what its members ask for, within its cap.
    private var wanted: Double {
        let sum = children.isEmpty ? demand : children.reduce(0) { $0 + $1.wanted }
        return min(sum, cap ?? sum)
    }

    /// Divides a capacity among the group's members, level by level.
    func divide(_ capacity: Double, into grants: inout [Double]) {
        let own = min(capacity, wanted)
        guard !children.isEmpty else {
            if leaf >= 0 { grants[leaf] = own }
            return
        }
        let shares = FairShare.fill(
            capacity: own, demands: children.map(\.wanted), weights: children.map(\.weight))
        for (child, share) in zip(children, shares) { child.divide(share, into: &grants) }
    }
}
