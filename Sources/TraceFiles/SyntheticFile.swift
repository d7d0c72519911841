import KubernetesModel
import OrderedCollections
import SimulationKernel
import Stochastics
public import Workloads

/// Reads the description of a made-up workload: JSON, as `docs/reference/synthetic-workloads.md` tells.
///
/// Times are seconds, CPU is cores, memory GiB, GPUs are devices: the units of `simk fit`.
public enum SyntheticFile {
    /// What is wrong, with its place in the file.
    public struct Fault: Error, Equatable, Sendable, CustomStringConvertible {
        public let description: String
    }

    static let format = "SyntheticWorkload"

    /// What a quantity's numbers are multiplied by, with its natural logarithm.
    private struct Unit {
        let factor, logarithm: Double

        static let one = Unit(factor: 1, logarithm: 0)
        static let core = Unit(factor: 1_000, logarithm: 6.907_755_278_982_137)
        static let gibibyte = Unit(factor: 0x1p30, logarithm: 20.794_415_416_798_36)
    }

    /// Reads and checks a description.
    public static func workload(_ text: String, file: String) throws(Fault) -> SyntheticWorkload {
        let value: JSONValue
        do throws(JSONSyntaxError) { value = try JSONParser.parse(text) } catch {
            throw Fault(
                description: "\(file):\(error.position.line):\(error.position.column): \(error.message)")
        }
        let root = try Member(value, path: file).object(["kind", "until", "jobs", "services"])
        guard try root.required("kind").text() == format else {
            throw try root.required("kind").fault("\"\(format)\"")
        }
        var workload = SyntheticWorkload(until: try moment(root.required("until")))
        for job in try root["jobs"]?.list() ?? [] { workload.jobs.append(try jobKind(job)) }
        for service in try root["services"]?.list() ?? [] {
            workload.services.append(try serviceKind(service))
        }
        if workload.jobs.isEmpty && workload.services.isEmpty {
            throw Fault(description: "\(file): found neither jobs nor services, expected some of them")
        }
        if let error = workload.validate().first { throw Fault(description: "\(file): \(error)") }
        return workload
    }

    private static func moment(_ member: Member) throws(Fault) -> VirtualTime {
        let seconds = try member.number()
        guard seconds > 0, seconds < 9e9 else { throw member.fault("seconds, above 0 and below 9e9") }
        return VirtualTime(nanoseconds: VirtualDuration(fractionalSeconds: seconds).nanoseconds)
    }

    // MARK: Kinds

    private static let jobKeys = [
        "name", "arrivals", "duration", "cpu", "memory", "gpu", "gpuModels", "instances", "gang", "priority",
        "qos", "users", "limit",
    ]

    private static func jobKind(_ member: Member) throws(Fault) -> SyntheticWorkload.JobKind {
        let job = try member.object(jobKeys)
        var kind = SyntheticWorkload.JobKind(
            name: try job.required("name").text(), arrivals: try arrivals(job.required("arrivals")),
            durationSeconds: nil, milliCPU: try distribution(job.required("cpu"), in: .core),
            memoryBytes: .constant(0))
        if let duration = job["duration"] { kind.durationSeconds = try distribution(duration) }
        if let memory = job["memory"] { kind.memoryBytes = try distribution(memory, in: .gibibyte) }
        if let gpu = job["gpu"] { kind.gpus = try distribution(gpu) }
        if let models = job["gpuModels"] {
            for model in try models.list() { kind.gpuModels.append(try model.text()) }
        }
        if let instances = job["instances"] { kind.instances = try distribution(instances) }
        if let gang = job["gang"] { kind.isGang = try gang.flag() }
        if let priority = job["priority"] { kind.priority = try narrow(priority) }
        if let qos = job["qos"] {
            let name = try qos.text()
            guard let found = TraceTask.QoS.allCases.first(where: { $0.name == name }) else {
                throw qos.fault(TraceTask.QoS.allCases.map(\.name).joined(separator: ", "))
            }
            kind.qos = found
        }
        if let users = job["users"] { kind.users = Int(try users.whole(1...1_000_000)) }
        if let limit = job["limit"] { kind.limit = Int(try limit.whole(0...1_000_000_000)) }
        return kind
    }

    private static func serviceKind(_ member: Member) throws(Fault) -> SyntheticWorkload.ServiceKind {
        let service = try member.object([
            "name", "count", "cpu", "memory", "replicas", "maxPerMachine", "priority",
        ])
        var kind = SyntheticWorkload.ServiceKind(
            name: try service.required("name").text(),
            count: Int(try service.required("count").whole(0...10_000_000)),
            milliCPU: try distribution(service.required("cpu"), in: .core), memoryBytes: .constant(0))
        if let memory = service["memory"] { kind.memoryBytes = try distribution(memory, in: .gibibyte) }
        if let replicas = service["replicas"] { kind.replicas = try distribution(replicas) }
        if let most = service["maxPerMachine"] { kind.maxPerMachine = try most.whole(1...1_000_000) }
        if let priority = service["priority"] { kind.priority = try narrow(priority) }
        return kind
    }

    private static func narrow(_ member: Member) throws(Fault) -> Int32 {
        Int32(truncatingIfNeeded: try member.whole(Int64(Int32.min)...Int64(Int32.max)))
    }

    // MARK: Arrivals

    private static func arrivals(_ member: Member) throws(Fault) -> ArrivalProcess {
        let names = ["poisson", "renewal", "markovModulated", "diurnal", "bursts"]
        let (name, value) = try member.object(names).only(names)
        switch name {
        case "poisson":
            let rate = try value.object(["rate"]).required("rate")
            guard try rate.number() > 0 else { throw rate.fault("arrivals a second, above 0") }
            return .poisson(ratePerSecond: try rate.number())
        case "renewal": return .renewal(try distribution(value))
        case "markovModulated":
            var states: [ArrivalProcess.ModulatedState] = []
            for entry in try value.list() {
                let state = try entry.object(["rate", "mean"])
                states.append(
                    .init(
                        ratePerSecond: try state.required("rate").number(),
                        meanSeconds: try state.required("mean").number()))
            }
            return .markovModulated(states)
        case "diurnal":
            let wave = try value.object(["rate", "amplitude", "period", "peak"])
            return .diurnal(
                ratePerSecond: try wave.required("rate").number(),
                amplitude: try wave.required("amplitude").number(),
                period: VirtualDuration(fractionalSeconds: try wave["period"]?.number() ?? 86_400),
                peak: VirtualDuration(fractionalSeconds: try wave["peak"]?.number() ?? 0))
        default:
            let bursts = try value.object(["rate", "size", "spacing"])
            return .bursts(
                ratePerSecond: try bursts.required("rate").number(),
                size: try distribution(bursts.required("size")),
                spacing: try distribution(bursts.required("spacing")))
        }
    }

    // MARK: Distributions

    /// A number, or an object of one distribution by its name in scenarios.
    private static func distribution(_ member: Member, in unit: Unit = .one) throws(Fault) -> Distribution {
        let factor = unit.factor
        if member.value.doubleValue != nil { return .constant(try member.number() * factor) }
        let names = [
            "constant", "uniform", "exponential", "weibull", "logNormal", "gamma", "truncatedNormal",
            "pareto",
            "hyperexponential", "empirical",
        ]
        let (name, value) = try member.object(names).only(names)
        func scaled(_ object: Object, _ key: String) throws(Fault) -> Double {
            try object.required(key).number() * factor
        }
        switch name {
        case "constant": return .constant(try value.object(["value"]).required("value").number() * factor)
        case "uniform":
            let object = try value.object(["low", "high"])
            return .uniform(low: try scaled(object, "low"), high: try scaled(object, "high"))
        case "exponential": return .exponential(mean: try scaled(value.object(["mean"]), "mean"))
        case "weibull", "gamma", "pareto":
            let object = try value.object(["shape", "scale"])
            let shape = try object.required("shape").number()
            let scale = try scaled(object, "scale")
            if name == "weibull" { return .weibull(shape: shape, scale: scale) }
            return name == "gamma" ? .gamma(shape: shape, scale: scale) : .pareto(shape: shape, scale: scale)
        case "logNormal":
            let object = try value.object(["mu", "sigma"])
            return .logNormal(
                mu: try object.required("mu").number() + unit.logarithm,
                sigma: try object.required("sigma").number())
        case "truncatedNormal":
            let object = try value.object(["mean", "standardDeviation"])
            return .truncatedNormal(
                mean: try scaled(object, "mean"), standardDeviation: try scaled(object, "standardDeviation"))
        case "hyperexponential":
            let object = try value.object(["probability", "firstMean", "secondMean"])
            return .hyperexponential(
                probability: try object.required("probability").number(),
                firstMean: try scaled(object, "firstMean"), secondMean: try scaled(object, "secondMean"))
        default:
            let object = try value.object(["values", "weights"])
            var values: [Double] = []
            for entry in try object.required("values").list() { values.append(try entry.number() * factor) }
            guard let list = object["weights"] else {
                return .empirical(EmpiricalDistribution(values: values))
            }
            var weights: [Double] = []
            for entry in try list.list() { weights.append(try entry.number()) }
            return .empirical(EmpiricalDistribution(values: values, weights: weights))
        }
    }

    // MARK: JSON with places

    /// A value with where it stands, `jobs[2].arrivals`.
    private struct Member {
        let value: JSONValue
        let path: String

        init(_ value: JSONValue, path: String) {
            self.value = value
            self.path = path
        }

        func fault(_ expected: String) -> Fault {
            let text = JSONWriter.string(value)
            let found = text.utf8.count > 60 ? String(text.prefix(60)) + "…" : text
            return Fault(description: "\(path): found \(found), expected \(expected)")
        }

        func text() throws(Fault) -> String {
            guard let text = value.stringValue, !text.isEmpty else { throw fault("a text") }
            return text
        }

        func flag() throws(Fault) -> Bool {
            guard let flag = value.boolValue else { throw fault("true or false") }
            return flag
        }

        func number() throws(Fault) -> Double {
            guard let number = value.doubleValue, number.isFinite else { throw fault("a number") }
            return number
        }

        func whole(_ range: ClosedRange<Int64>) throws(Fault) -> Int64 {
            guard let number = value.integerValue, range.contains(number) else {
                throw fault("a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }

        func list() throws(Fault) -> [Member] {
            guard let list = value.arrayValue else { throw fault("a list") }
            return list.enumerated().map { Member($1, path: "\(path)[\($0)]") }
        }

        func object(_ keys: [String]) throws(Fault) -> Object {
            guard let members = value.objectValue else { throw fault("an object") }
            if let key = members.keys.first(where: { !keys.contains($0) }) {
                throw Fault(
                    description: "\(path).\(key): is no key here. There are: \(keys.joined(separator: ", "))")
            }
            return Object(member: self, members: members)
        }
    }

    private struct Object {
        let member: Member
        let members: JSONObject

        /// Nil when it is not there, or null.
        subscript(key: String) -> Member? {
            guard let value = members[key], !value.isNull else { return nil }
            return Member(value, path: "\(member.path).\(key)")
        }

        func required(_ key: String) throws(Fault) -> Member {
            guard let found = self[key] else {
                throw Fault(description: "\(member.path): '\(key)' is missing")
            }
            return found
        }

        /// The one key that there is.
        func only(_ keys: [String]) throws(Fault) -> (String, Member) {
            guard members.count == 1, let key = members.keys.first, let value = self[key] else {
                throw member.fault("exactly one of \(keys.joined(separator: ", "))")
            }
            return (key, value)
        }
    }
}
