/// Finds where a function crosses zero between bounds.
enum RootFinder {
    /// The x ≥ `lower` at which an increasing function crosses zero, to a relative 10⁻¹³ of x.
    ///
    /// The search runs over log x, so that it does not depend on the unit. Gives `lower` when the function is
    /// positive there already, and infinity when it stays negative over all finite numbers.
    ///
    /// - Parameter lower: A positive number.
    static func crossing(from lower: Double, of function: (Double) -> Double) -> Double {
        var below = GSL.log(lower)
        if !(function(GSL.exp(below)) < 0) { return lower }
        var above = below
        var step = 1.0
        let highest = GSL.log(.greatestFiniteMagnitude)
        repeat {
            if above >= highest { return .infinity }
            below = above
            above = min(above + step, highest)
            step *= 2
        } while function(GSL.exp(above)) < 0
        return GSL.exp(root(between: below, and: above, tolerance: 1e-13) { function(GSL.exp($0)) })
    }

    /// A zero of a function with opposite signs at its bounds, to the absolute tolerance.
    ///
    /// Source: Chandrupatla, "A new hybrid quadratic/bisection algorithm for finding the zero of a nonlinear
    /// function without using derivatives", Advances in Engineering Software 28(3), 1997.
    static func root(
        between first: Double, and second: Double, tolerance: Double, of function: (Double) -> Double
    ) -> Double {
        var (newest, opposite) = (first, second)
        var (newestValue, oppositeValue) = (function(first), function(second))
        var fraction = 0.5
        for _ in 0..<200 {
            let trial = newest + fraction * (opposite - newest)
            let trialValue = function(trial)
            let previous: Double
            let previousValue: Double
            if (trialValue < 0) == (newestValue < 0) {
                (previous, previousValue) = (newest, newestValue)
            } else {
                (previous, previousValue) = (opposite, oppositeValue)
                (opposite, oppositeValue) = (newest, newestValue)
            }
            (newest, newestValue) = (trial, trialValue)

            let best = abs(oppositeValue) < abs(newestValue) ? opposite : newest
            let limit = (2 * abs(best) * 0x1p-53 + tolerance) / abs(opposite - newest)
            if newestValue == 0 { return newest }
            if limit > 0.5 { return best }

            let chi = (newest - opposite) / (previous - opposite)
            let phi = (newestValue - oppositeValue) / (previousValue - oppositeValue)
            fraction = 0.5
            if phi * phi < chi && (1 - phi) * (1 - phi) < 1 - chi {
                fraction =
                    newestValue / (oppositeValue - newestValue) * previousValue
                    / (oppositeValue - previousValue)
                    + (previous - newest) / (opposite - newest) * newestValue / (previousValue - newestValue)
                    * oppositeValue / (previousValue - oppositeValue)
            }
            fraction = min(1 - limit, max(limit, fraction))
        }
        return abs(oppositeValue) < abs(newestValue) ? opposite : newest
    }
}
