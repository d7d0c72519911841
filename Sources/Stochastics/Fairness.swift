/// Measures of how evenly something is divided.
public enum Fairness {
    /// Jain's index: (Σx)² ∕ (n Σx²), 1 when all get the same, 1 ∕ n when one gets everything.
    ///
    /// To compare those who asked for different amounts, give what each got divided by what it should have
    /// got. Source: Jain, Chiu and Hawe, "A quantitative measure of fairness and discrimination for resource
    /// allocation in shared computer systems", DEC-TR-301, 1984.
    ///
    /// - Returns: Nil without values, with a negative or infinite one; 1 when all are 0.
    public static func jainIndex(_ amounts: [Double]) -> Double? {
        guard !amounts.isEmpty, amounts.allSatisfy({ $0.isFinite && $0 >= 0 }) else { return nil }
        // Scaled by the largest, so that no square is too large or too small.
        let largest = amounts.reduce(0, max)
        if largest == 0 { return 1 }
        let sum = amounts.reduce(0) { $0 + $1 / largest }
        let squares = amounts.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }
        return sum * sum / (Double(amounts.count) * squares)
    }

    /// How far what was received is from what was due: half the sum of |received share − due share|.
    ///
    /// 0 when everybody has exactly its due, 1 when all went to those with nothing due: the fraction of
    /// everything received that would have to change hands (the total variation distance of the shares).
    ///
    /// - Returns: Nil for lists of different lengths or with negative or infinite amounts, or where one list
    ///   adds up to 0.
    public static func shareDistance(received: [Double], due: [Double]) -> Double? {
        let all = received.reduce(0, +)
        let owed = due.reduce(0, +)
        guard received.count == due.count, all > 0, owed > 0, all.isFinite, owed.isFinite,
            (received + due).allSatisfy({ $0 >= 0 })
        else { return nil }
        return zip(received, due).reduce(0) { $0 + ($1.0 / all - $1.1 / owed).magnitude } / 2
    }

    /// Max-min fair amounts: nobody gets more than it wants, and what somebody does not want goes to the
    /// others in equal parts.
    ///
    /// Source: Bertsekas and Gallager, *Data Networks*, 2nd ed., 6.5.2 (progressive filling).
    public static func maxMinShares(wanted: [Double], of capacity: Double) -> [Double] {
        var shares = wanted.map { _ in 0.0 }
        var left = max(0, capacity)
        let order = wanted.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
        for (rank, index) in order.enumerated() {
            let share = min(max(0, wanted[index]), left / Double(order.count - rank))
            shares[index] = share
            left -= share
        }
        return shares
    }
}
