import KubernetesModel
import OrderedCollections

/// An HTTP process that takes part in scheduling, as a configuration describes it.
///
/// Upstream: `kube-scheduler/config/v1/types.go`, `Extender`; `apis/config/validation/validation.go`,
/// `validateExtenders` (v1.36).
public struct ExtenderConfiguration: Hashable, Sendable {
    public var urlPrefix = ""
    /// Paths below ``urlPrefix``; an empty one leaves the step out.
    public var filterVerb = ""
    public var prioritizeVerb = ""
    public var preemptVerb = ""
    public var bindVerb = ""
    public var weight: Int64 = 0
    /// How long an answer may take, in nanoseconds of wall time.
    public var httpTimeoutNanoseconds: Int64 = 5_000_000_000
    /// Whether nodes go by name only.
    public var isNodeCacheCapable = false
    /// The resources of which a pod must name one to be of interest; none makes every pod one.
    public var managedResources: [String] = []
    /// Those of them that NodeResourcesFit leaves to the extender.
    public var resourcesIgnoredByScheduler: [String] = []
    /// Whether scheduling goes on without the extender when it fails.
    public var isIgnorable = false

    init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow([
            "urlPrefix", "filterVerb", "preemptVerb", "prioritizeVerb", "weight", "bindVerb", "enableHTTPS",
            "tlsConfig", "httpTimeout", "nodeCacheCapable", "managedResources", "ignorable",
        ])
        urlPrefix = try arguments.string("urlPrefix") ?? ""
        guard urlPrefix.hasPrefix("http://") || urlPrefix.hasPrefix("https://") else {
            throw ConfigurationError(
                path: "\(arguments.path).urlPrefix",
                message: "expected a URL such as http://127.0.0.1:9998, found '\(urlPrefix)'")
        }
        filterVerb = try arguments.string("filterVerb") ?? ""
        prioritizeVerb = try arguments.string("prioritizeVerb") ?? ""
        preemptVerb = try arguments.string("preemptVerb") ?? ""
        bindVerb = try arguments.string("bindVerb") ?? ""
        weight = try arguments.integer("weight") ?? 0
        isNodeCacheCapable = try arguments.boolean("nodeCacheCapable") ?? false
        isIgnorable = try arguments.boolean("ignorable") ?? false
        if !prioritizeVerb.isEmpty && weight <= 0 {
            throw ConfigurationError(
                path: "\(arguments.path).weight", message: "must have a positive weight applied to it")
        }
        let tls = try arguments.object("tlsConfig")
        try tls?.allow([
            "insecure", "serverName", "certFile", "keyFile", "caFile", "certData", "keyData", "caData",
        ])
        let hasTLS = tls?.json.objectValue?.isEmpty == false
        if try arguments.boolean("enableHTTPS") == true || hasTLS {
            throw ConfigurationError(
                path: "\(arguments.path).\(hasTLS ? "tlsConfig" : "enableHTTPS")",
                message: "simk takes no certificates of its own for extenders; use http, or an https URL "
                    + "that the system trusts")
        }
        if let nanoseconds = try arguments.duration("httpTimeout") {
            if nanoseconds < 0 {
                throw ConfigurationError(
                    path: "\(arguments.path).httpTimeout", message: "must be zero or positive")
            }
            if nanoseconds > 0 { httpTimeoutNanoseconds = nanoseconds }
        }
        for resource in try arguments.objects("managedResources") {
            try resource.allow(["name", "ignoredByScheduler"])
            let name = try resource.string("name") ?? ""
            if let message = Names.qualifiedName(name).first {
                throw ConfigurationError(path: "\(resource.path).name", message: "'\(name)': \(message)")
            }
            guard isExtendedResource(name) else {
                throw ConfigurationError(
                    path: "\(resource.path).name", message: "'\(name)' is an invalid extended resource name")
            }
            if managedResources.contains(name) {
                throw ConfigurationError(
                    path: "\(resource.path).name",
                    message: "duplicate extender managed resource name '\(name)'")
            }
            managedResources.append(name)
            if try resource.boolean("ignoredByScheduler") ?? false {
                resourcesIgnoredByScheduler.append(name)
            }
        }
    }

    /// Reads a configuration's list.
    static func list(_ items: [PluginArguments]) throws(ConfigurationError) -> [ExtenderConfiguration] {
        var extenders: [ExtenderConfiguration] = []
        for (place, item) in items.enumerated() {
            extenders.append(try ExtenderConfiguration(arguments: item))
            for (other, earlier) in extenders.dropLast().enumerated() {
                let taken = earlier.managedResources.first(where: extenders[place].managedResources.contains)
                guard let taken else { continue }
                throw ConfigurationError(
                    path: "extenders[\(place)].managedResources",
                    message: "duplicate extender managed resource name '\(taken)', of extenders[\(other)] too"
                )
            }
        }
        let binders = extenders.count { !$0.bindVerb.isEmpty }
        if binders > 1 {
            throw ConfigurationError(
                path: "extenders",
                message: "found \(binders) extenders implementing bind; only one extender can implement bind")
        }
        // Those that may fail come last.
        return extenders.filter { !$0.isIgnorable } + extenders.filter(\.isIgnorable)
    }

    /// Whether the extender has a say about a pod.
    func isInterested(in spec: PodSpec) -> Bool {
        if managedResources.isEmpty { return true }
        return (spec.containers + spec.initContainers).contains { container in
            managedResources.contains {
                container.resources.requests[$0] != nil || container.resources.limits[$0] != nil
            }
        }
    }
}

/// Durations as Go writes them: `5s`, `1m30s`, `250ms`.
enum GoDuration {
    static func nanoseconds(_ text: String) -> Int64? {
        var total: Double = 0
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest.removeFirst() }
        if rest == "0" { return 0 }
        if rest.isEmpty { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            guard let number = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            let scale: Double
            switch unit {
            case "ns": scale = 1
            case "us", "µs", "μs": scale = 1e3
            case "ms": scale = 1e6
            case "s": scale = 1e9
            case "m": scale = 60e9
            case "h": scale = 3600e9
            default: return nil
            }
            total += number * scale
        }
        return total < 9e18 ? Int64(isNegative ? -total : total) : nil
    }
}
