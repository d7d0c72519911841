import KubernetesModel
import OrderedCollections
import SimulationKernel
import Stochastics

/// In which unit a distribution's numbers are written in a scenario.
enum DistributionUnit {
    /// Durations such as `"30d"`, held in seconds.
    case duration
    /// Kubernetes quantities such as `"500m"`, held in units (cores, bytes).
    case quantity
}

extension Distribution {
    /// The distribution as a scenario spells it; a constant is the bare value.
    func json(_ unit: DistributionUnit) -> JSONValue {
        func value(_ number: Double) -> JSONValue {
            switch unit {
            case .duration:
                // Durations print exactly to the nanosecond.
                return VirtualDuration(fractionalSeconds: number).json
            case .quantity: return .number(number)
            }
        }
        let parameters: JSONObject
        switch self {
        case .constant(let number): return value(number)
        case .uniform(let low, let high): parameters = ["low": value(low), "high": value(high)]
        case .exponential(let mean): parameters = ["mean": value(mean)]
        case .weibull(let shape, let scale), .gamma(let shape, let scale):
            parameters = ["shape": .number(shape), "scale": value(scale)]
        case .logNormal(let mu, let sigma): parameters = ["mu": .number(mu), "sigma": .number(sigma)]
        case .truncatedNormal(let mean, let deviation):
            parameters = ["mean": value(mean), "standardDeviation": value(deviation)]
        case .pareto(let shape, let scale): parameters = ["shape": .number(shape), "scale": value(scale)]
        case .hyperexponential(let probability, let first, let second):
            parameters = [
                "probability": .number(probability), "firstMean": value(first), "secondMean": value(second),
            ]
        case .empirical(let values):
            // Weights are those of the sorted values: differences of the distribution function.
            var weights: [JSONValue] = []
            var below = 0.0
            for number in values.values {
                let upTo = cdf(number)
                weights.append(.number(upTo - below))
                below = upTo
            }
            parameters = ["values": .array(values.values.map(value)), "weights": .array(weights)]
        }
        return .object([kind: .object(parameters)])
    }
}

extension Cursor {
    /// A constant, or an object with one distribution: `{"exponential": {"mean": "30d"}}`.
    func distribution(_ unit: DistributionUnit, sign: DurationSign = .notNegative) -> Distribution? {
        guard value.members != nil else {
            return scalar(unit, sign).map(Distribution.constant)
        }
        let kinds = [
            "constant", "uniform", "exponential", "weibull", "logNormal", "gamma", "truncatedNormal",
            "pareto", "hyperexponential", "empirical",
        ]
        guard let object = object(keys: kinds) else { return nil }
        let present = object.present(kinds)
        guard present.count == 1, let kind = present.first, let parameters = object[kind] else {
            // An unknown kind has been reported as an unknown key.
            if present.count > 1 || value.members?.isEmpty == true {
                report(.notExactlyOne(of: kinds, found: present))
            }
            return nil
        }
        guard let distribution = parameters.distribution(kind, unit, sign) else { return nil }
        let errors = distribution.validate()
        for error in errors {
            let place = Cursor(
                parameters.value, path: joined(parameters.path, error.parameter), file: file, log: log,
                position: parameters.value[error.parameter]?.position ?? parameters.position)
            place.report(.badValue(found: error.found, expected: error.expected, hint: ""))
        }
        return errors.isEmpty ? distribution : nil
    }

    private func scalar(_ unit: DistributionUnit, _ sign: DurationSign) -> Double? {
        switch unit {
        case .duration: duration(sign)?.fractionalSeconds
        case .quantity: quantity()?.approximateDouble
        }
    }

    private func distribution(_ kind: String, _ unit: DistributionUnit, _ sign: DurationSign) -> Distribution?
    {
        func amount(_ parameter: Cursor?) -> Double? { parameter.flatMap { $0.scalar(unit, .notNegative) } }
        func real(_ parameter: Cursor?) -> Double? { parameter.flatMap { $0.number("a number") } }
        switch kind {
        case "constant":
            if value.members == nil { return scalar(unit, sign).map(Distribution.constant) }
            guard let object = object(keys: ["value"]) else { return nil }
            return amount(object.required("value", "the value itself")).map(Distribution.constant)
        case "uniform":
            guard let object = object(keys: ["low", "high"]),
                let low = amount(object.required("low", "the smallest value")),
                let high = amount(object.required("high", "the largest value"))
            else { return nil }
            return .uniform(low: low, high: high)
        case "exponential":
            guard let object = object(keys: ["mean"]), let mean = amount(object.required("mean", "the mean"))
            else { return nil }
            return .exponential(mean: mean)
        case "weibull", "gamma", "pareto":
            guard let object = object(keys: ["shape", "scale"]) else { return nil }
            let shape = real(object.required("shape", "a number above 0"))
            guard let scale = amount(object.required("scale", "the scale, in the unit of the values")),
                let shape
            else { return nil }
            switch kind {
            case "gamma": return .gamma(shape: shape, scale: scale)
            case "pareto": return .pareto(shape: shape, scale: scale)
            default: return .weibull(shape: shape, scale: scale)
            }
        case "hyperexponential":
            guard let object = object(keys: ["probability", "firstMean", "secondMean"]) else { return nil }
            let probability = real(object.required("probability", "that of the first mean"))
            guard let first = amount(object.required("firstMean", "a mean")),
                let second = amount(object.required("secondMean", "another mean")), let probability
            else { return nil }
            return .hyperexponential(probability: probability, firstMean: first, secondMean: second)
        case "logNormal":
            guard let object = object(keys: ["median", "mu", "sigma"]) else { return nil }
            let sigma = real(object.required("sigma", "the standard deviation of the logarithm"))
            let present = object.present(["median", "mu"])
            guard present.count == 1 else {
                report(.notExactlyOne(of: ["median", "mu"], found: present))
                return nil
            }
            if let mu = object["mu"] {
                guard let mu = real(mu), let sigma else { return nil }
                return .logNormal(mu: mu, sigma: sigma)
            }
            guard let median = amount(object["median"]), let sigma else { return nil }
            guard median > 0 else {
                object["median"]?.bad("a median above 0")
                return nil
            }
            return Distribution.logNormal(median: median, sigma: sigma)
        case "truncatedNormal":
            guard let object = object(keys: ["mean", "standardDeviation"]),
                let mean = amount(object.required("mean", "the mean before the cut at 0")),
                let deviation = amount(
                    object.required("standardDeviation", "the deviation before the cut at 0"))
            else { return nil }
            return .truncatedNormal(mean: mean, standardDeviation: deviation)
        default:
            guard let object = object(keys: ["values", "weights"]),
                let values = object.required("values", "a list of observed values")?.list(of: "values")
            else { return nil }
            let numbers = values.compactMap { $0.scalar(unit, .notNegative) }
            var weights: [Double]?
            if let list = object["weights"] {
                guard let cursors = list.list(of: "numbers") else { return nil }
                let read = cursors.compactMap { $0.number("a number of at least 0") { $0 >= 0 } }
                guard read.count == cursors.count else { return nil }
                weights = read
            }
            guard numbers.count == values.count else { return nil }
            return .empirical(EmpiricalDistribution(values: numbers, weights: weights))
        }
    }
}
