import CGSL

/// The one door to the GNU Scientific Library: every call passes here with GSL's error handler off.
///
/// GSL's default handler ends the process on a domain error or an inverse that does not converge. With the
/// handler off such a call returns NaN or an infinity, and the callers here fall back on a bracketed search.
enum GSL {
    /// Set once, before the first call; Swift initialises it exactly once, whatever the number of threads.
    private static let isQuiet: Bool = {
        simk_gsl_errors_off()
        return true
    }()

    private static func quietly(_ value: @autoclosure () -> Double) -> Double {
        isQuiet ? value() : .nan
    }

    static func exp(_ x: Double) -> Double { simk_exp(x) }
    static func log(_ x: Double) -> Double { simk_log(x) }
    static func pow(_ x: Double, _ y: Double) -> Double { simk_pow(x, y) }

    /// Γ(x); infinite above about 171.6.
    static func gamma(_ x: Double) -> Double {
        x > 171.6 ? .infinity : quietly(gsl_sf_gamma(x))
    }

    static func logGamma(_ x: Double) -> Double { quietly(gsl_sf_lngamma(x)) }

    /// ψ(x), the derivative of ln Γ(x).
    static func digamma(_ x: Double) -> Double { quietly(gsl_sf_psi(x)) }
    /// ψ′(x).
    static func trigamma(_ x: Double) -> Double { quietly(gsl_sf_psi_1(x)) }

    static func exponentialP(_ x: Double, mean: Double) -> Double { quietly(gsl_cdf_exponential_P(x, mean)) }
    static func exponentialPinv(_ p: Double, mean: Double) -> Double {
        quietly(gsl_cdf_exponential_Pinv(p, mean))
    }

    static func weibullP(_ x: Double, shape: Double, scale: Double) -> Double {
        quietly(gsl_cdf_weibull_P(x, scale, shape))
    }
    static func weibullPinv(_ p: Double, shape: Double, scale: Double) -> Double {
        quietly(gsl_cdf_weibull_Pinv(p, scale, shape))
    }

    static func logNormalP(_ x: Double, mu: Double, sigma: Double) -> Double {
        quietly(gsl_cdf_lognormal_P(x, mu, sigma))
    }
    static func logNormalPinv(_ p: Double, mu: Double, sigma: Double) -> Double {
        quietly(gsl_cdf_lognormal_Pinv(p, mu, sigma))
    }

    /// The regularised lower incomplete gamma function P(shape, x).
    static func gammaP(_ x: Double, shape: Double) -> Double {
        if x <= 0 { return 0 }
        if x == .infinity { return 1 }
        return quietly(gsl_cdf_gamma_P(x, shape, 1))
    }
    /// The regularised upper incomplete gamma function Q(shape, x).
    static func gammaQ(_ x: Double, shape: Double) -> Double {
        if x <= 0 { return 1 }
        if x == .infinity { return 0 }
        return quietly(gsl_cdf_gamma_Q(x, shape, 1))
    }
    /// The x with P(shape, x) = p, or NaN where GSL's iteration does not converge.
    static func gammaPinv(_ p: Double, shape: Double) -> Double { quietly(gsl_cdf_gamma_Pinv(p, shape, 1)) }

    /// The standard normal density.
    static func normalDensity(_ z: Double) -> Double { quietly(gsl_ran_ugaussian_pdf(z)) }
    static func normalP(_ z: Double) -> Double { quietly(gsl_cdf_ugaussian_P(z)) }
    static func normalQ(_ z: Double) -> Double { quietly(gsl_cdf_ugaussian_Q(z)) }
    static func normalPinv(_ p: Double) -> Double { quietly(gsl_cdf_ugaussian_Pinv(p)) }
    static func normalQinv(_ q: Double) -> Double { quietly(gsl_cdf_ugaussian_Qinv(q)) }

    static func studentPinv(_ p: Double, degreesOfFreedom: Double) -> Double {
        quietly(gsl_cdf_tdist_Pinv(p, degreesOfFreedom))
    }
    /// The probability that Student's t exceeds a value.
    static func studentQ(_ t: Double, degreesOfFreedom: Double) -> Double {
        quietly(gsl_cdf_tdist_Q(t, degreesOfFreedom))
    }
    static func chiSquareQ(_ x: Double, degreesOfFreedom: Double) -> Double {
        quietly(gsl_cdf_chisq_Q(x, degreesOfFreedom))
    }
}
