public import KubernetesModel
import SimulationKernel
import Stochastics

/// Which containers behave how: the first rule that matches decides.
///
/// A pod's own annotations have the last word on single numbers: `simk.dev/run-time`,
/// `simk.dev/startup-time`, `simk.dev/readiness-delay`, `simk.dev/stop-time` (Go durations such as `1m30s`),
/// `simk.dev/exit-code`, `simk.dev/cpu-usage` and `simk.dev/memory-usage` (quantities such as `500m`, `64Mi`).
/// With `.<container>` appended they count for one container only. A text that is no duration or quantity is
/// ignored here.
public struct BehaviorCatalog: Equatable, Sendable {
    public struct Rule: Equatable, Sendable {
        /// Nil is every namespace.
        public var namespace: String?
        public var selector = LabelSelector()
        /// Nil is every container of the pod.
        public var container: String?
        public var behavior = ContainerBehavior()

        public init() {}

        public init(
            namespace: String? = nil, selector: LabelSelector = LabelSelector(), container: String? = nil,
            behavior: ContainerBehavior
        ) {
            self.namespace = namespace
            self.selector = selector
            self.container = container
            self.behavior = behavior
        }
    }

    public var rules: [Rule] = []
    /// For containers that no rule matches.
    public var standard = ContainerBehavior()
    /// For init containers that no rule matches: half a second of work, then success.
    public var standardInit: ContainerBehavior = {
        var behavior = ContainerBehavior()
        behavior.runTime = .milliseconds(500)
        return behavior
    }()

    public init() {}

    /// The behaviour of one container of a pod.
    public func behavior(of container: Container, isInit: Bool, in metadata: ObjectMeta) -> ContainerBehavior
    {
        var behavior = isInit && !container.isSidecar ? standardInit : standard
        for rule in rules {
            if let namespace = rule.namespace, namespace != metadata.namespace { continue }
            // A rule that names no container is about the ones that serve, not about those that prepare.
            if let name = rule.container {
                if name != container.name { continue }
            } else if isInit && !container.isSidecar {
                continue
            }
            if !rule.selector.matches(metadata.labels) { continue }
            behavior = rule.behavior
            break
        }
        // First what is said of all containers, then what is said of this one.
        let own = "." + container.name
        for isOwn in [false, true] {
            for entry in metadata.annotations.entries where entry.key.hasPrefix(Self.prefix) {
                var name = entry.key.utf8.dropFirst(Self.prefix.utf8.count)[...]
                if isOwn {
                    guard entry.key.hasSuffix(own) else { continue }
                    name = name.dropLast(own.utf8.count)
                }
                behavior.take(Substring(name), entry.value)
            }
        }
        return behavior
    }

    private static let prefix = "simk.dev/"
}

extension ContainerBehavior {
    /// Takes over what an annotation says; one that cannot be read says nothing.
    fileprivate mutating func take(_ name: Substring, _ text: String) {
        func draw() -> Draw? { VirtualDuration(goText: text).map(Draw.constant) }
        func usage() -> UsagePattern? {
            guard let quantity = try? Quantity(parsing: text), quantity.sign >= 0 else { return nil }
            return .level(.constant(quantity.approximateDouble))
        }
        switch name {
        case "run-time": if let value = draw() { runTime = value }
        case "startup-time": if let value = draw() { startupTime = value }
        case "readiness-delay": if let value = draw() { readinessDelay = value }
        case "stop-time": if let value = draw() { stopTime = value }
        case "exit-code": if let value = Int32(text) { exitCode = value }
        case "cpu-usage": if let value = usage() { cpu = value }
        case "memory-usage": if let value = usage() { memory = value }
        default: break
        }
    }
}

extension VirtualDuration {
    /// Parses a duration as Go writes one: `300ms`, `1m30s`, `2h`. Nil when it is not.
    init?(goText: String) {
        var total: Double = 0
        var rest = Substring(goText)
        if rest == "0" {
            self = .zero
            return
        }
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard !digits.isEmpty, let value = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            switch unit {
            case "h": total += value * 3_600
            case "m": total += value * 60
            case "s": total += value
            case "ms": total += value / 1e3
            case "us", "µs": total += value / 1e6
            case "ns": total += value / 1e9
            default: return nil
            }
        }
        self.init(fractionalSeconds: total)
    }
}
