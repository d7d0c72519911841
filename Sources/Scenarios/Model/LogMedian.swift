import Foundation
import Stochastics

extension Distribution {
    /// The log-normal distribution of a median: its logarithm is the mean of the logarithm.
    static func logNormal(median: Double, sigma: Double) -> Distribution {
        .logNormal(mu: log(median), sigma: sigma)
    }
}
