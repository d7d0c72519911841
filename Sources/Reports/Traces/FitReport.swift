public import KubernetesModel
import OrderedCollections
import Stochastics
public import Workloads

/// Distributions fitted to a trace, for people and for programs.
public enum FitReport {
    public static func text(_ quantities: [TraceFit.Quantity]) -> String {
        if quantities.isEmpty { return "The trace has no tasks to fit anything to.\n" }
        var text = ""
        for quantity in quantities {
            let unit = quantity.unit.isEmpty ? "" : " \(quantity.unit)"
            text += "\(quantity.name): \(quantity.count) values"
            if quantity.sample < quantity.count { text += ", \(quantity.sample) of them sampled" }
            if quantity.zeros > 0 { text += ", and \(quantity.zeros) of 0 left out" }
            text +=
                "; mean \(short(quantity.mean))\(unit), median \(short(quantity.median))\(unit), coefficient of "
                + "variation \(short(quantity.variation))\n"
            if quantity.fits.isEmpty {
                text += "  no fit: the values are all equal, or too few\n"
            }
            if quantity.isDiscrete && !quantity.fits.isEmpty {
                text +=
                    "  \(quantity.distinct) different values: by distance (KS), as likelihoods say nothing here\n"
            }
            for fit in quantity.fits {
                let columns = [
                    pad(fit.distribution.kind, 18), pad(parameters(fit.distribution), 62),
                    pad("AIC \(short(fit.aic))", 18),
                    pad("KS \(short(fit.kolmogorovSmirnov.statistic))", 12),
                    "p \(fit.kolmogorovSmirnov.pValue < 1e-4 ? "< 0.0001" : short(fit.kolmogorovSmirnov.pValue))",
                ]
                text += "  " + columns.joined() + "\n"
            }
        }
        text += """
            The best by Akaike's criterion (AIC) comes first; of quantities with few different values the nearest. KS is the greatest distance between the fitted and the \
            observed distribution function; p is too large, as the parameters come from the same values, so a small \
            one speaks against a fit and a large one does not prove it. With very many values no simple family \
            passes: judge by the distance.

            """
        return text
    }

    public static func json(_ quantities: [TraceFit.Quantity]) -> JSONValue {
        .array(
            quantities.map { quantity in
                [
                    "quantity": .string(quantity.name), "unit": .string(quantity.unit),
                    "count": .integer(Int64(quantity.count)), "zeros": .integer(Int64(quantity.zeros)),
                    "sample": .integer(Int64(quantity.sample)),
                    "distinct": .integer(Int64(quantity.distinct)), "mean": .number(quantity.mean),
                    "median": .number(quantity.median), "coefficientOfVariation": .number(quantity.variation),
                    "fits": .array(
                        quantity.fits.map { fit in
                            [
                                "distribution": distribution(fit.distribution), "aic": .number(fit.aic),
                                "logLikelihood": .number(fit.logLikelihood),
                                "kolmogorovSmirnov": .number(fit.kolmogorovSmirnov.statistic),
                                "pValue": .number(fit.kolmogorovSmirnov.pValue),
                            ]
                        }),
                ]
            })
    }

    /// A made-up workload like the trace: one kind of job whose quantities are drawn, independently of each
    /// other, from the best fit, or from the observed percentiles where that lies further than
    /// ``greatestDistance`` from what was observed, as it does for sizes of which there are but a few.
    public static func workload(_ quantities: [TraceFit.Quantity], name: String, until: Double) -> JSONValue {
        func chosen(_ name: String) -> JSONValue? {
            guard let quantity = quantities.first(where: { $0.name == name }) else { return nil }
            let usable = quantity.fits.first { $0.distribution.validate().isEmpty }
            if let usable, usable.kolmogorovSmirnov.statistic <= greatestDistance, quantity.zeros == 0 {
                return distribution(usable.distribution)
            }
            var values: [JSONValue] = []
            var weights: [JSONValue] = []
            // Zeros, which no family has, as often as they were.
            if quantity.zeros > 0 {
                values.append(.number(0))
                weights.append(.number(Double(quantity.zeros) / Double(quantity.count) * 101))
            }
            for (place, value) in quantity.percentiles.enumerated() {
                if place > 0 && value == quantity.percentiles[place - 1], let last = weights.last?.doubleValue
                {
                    weights[weights.count - 1] = .number(last + 1)
                } else {
                    values.append(.number(value))
                    weights.append(.number(1))
                }
            }
            return ["empirical": ["values": .array(values), "weights": .array(weights)]]
        }
        var job: JSONObject = ["name": .string(name)]
        job["arrivals"] = chosen("interarrival").map { ["renewal": $0] } ?? ["poisson": ["rate": .integer(1)]]
        job["duration"] = chosen("duration")
        job["cpu"] = chosen("cpu") ?? .integer(0)
        job["memory"] = chosen("memory")
        job["gpu"] = chosen("gpu")
        job["instances"] = chosen("instances")
        return [
            "kind": "SyntheticWorkload", "until": .number(until), "jobs": .array([.object(job)]),
        ]
    }

    /// The Kolmogorov-Smirnov distance up to which a fit stands for a quantity.
    static let greatestDistance = 0.05

    /// The distribution as a scenario takes it, but in the quantity's unit.
    private static func distribution(_ distribution: Distribution) -> JSONValue {
        var members = JSONObject()
        for (name, value) in named(distribution) { members[name] = .number(value) }
        return .object([distribution.kind: .object(members)])
    }

    private static func named(_ distribution: Distribution) -> [(String, Double)] {
        switch distribution {
        case .exponential(let mean): [("mean", mean)]
        case .weibull(let shape, let scale): [("shape", shape), ("scale", scale)]
        case .gamma(let shape, let scale): [("shape", shape), ("scale", scale)]
        case .pareto(let shape, let scale): [("shape", shape), ("scale", scale)]
        case .hyperexponential(let probability, let first, let second):
            [("probability", probability), ("firstMean", first), ("secondMean", second)]
        case .logNormal(let mu, let sigma): [("mu", mu), ("sigma", sigma)]
        default: []
        }
    }

    private static func parameters(_ distribution: Distribution) -> String {
        named(distribution).map { "\($0) \(short($1))" }.joined(separator: ", ")
    }

    /// Four significant digits.
    static func short(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return "\(value)" }
        var magnitude = 0
        var rest = abs(value)
        while rest >= 10_000 && magnitude < 400 {
            rest /= 10
            magnitude += 1
        }
        while rest < 1_000 && magnitude > -400 {
            rest *= 10
            magnitude -= 1
        }
        var scale = 1.0
        for _ in 0..<abs(magnitude) { scale *= 10 }
        let digits = rest.rounded() * (value < 0 ? -1 : 1)
        let rounded = magnitude >= 0 ? digits * scale : digits / scale
        if let whole = Int64(exactly: rounded) { return String(whole) }
        return "\(rounded)"
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
