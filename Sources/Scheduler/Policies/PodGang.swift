public import KubernetesModel
public import SimulationKernel

/// The gang that a pod says it belongs to: pods of one namespace that are of use only together.
public struct PodGang: Hashable, Sendable {
    /// `scheduling.simk.dev/gang`: the gang's name.
    public static let nameAnnotation = "scheduling.simk.dev/gang"
    /// `scheduling.simk.dev/gang-min-member`: how many of them must have nodes before any is bound.
    public static let minimumAnnotation = "scheduling.simk.dev/gang-min-member"
    /// `scheduling.simk.dev/gang-timeout`: how long the first ones wait for the others.
    public static let timeoutAnnotation = "scheduling.simk.dev/gang-timeout"

    public var key: ObjectKey
    /// At least 1.
    public var minimum: Int
    /// Nil takes the plugin's own.
    public var timeout: VirtualDuration?

    /// The gang of a pod; nil for a pod without one.
    public static func of(_ metadata: ObjectMeta) throws(AnnotationError) -> PodGang? {
        guard let name = metadata.annotations[nameAnnotation] else { return nil }
        if name.isEmpty {
            throw AnnotationError(name: nameAnnotation, value: name, expected: "a gang's name")
        }
        guard let text = metadata.annotations[minimumAnnotation] else {
            throw AnnotationError(name: minimumAnnotation, value: nil, expected: "how many members it takes")
        }
        guard let minimum = Int(text), minimum > 0, minimum <= 1_000_000 else {
            throw AnnotationError(
                name: minimumAnnotation, value: text, expected: "a whole number from 1 to 1000000")
        }
        var gang = PodGang(key: ObjectKey(namespace: metadata.namespace, name: name), minimum: minimum)
        gang.timeout = try AnnotationError.duration(timeoutAnnotation, in: metadata)
        return gang
    }

    /// The gang's key, for a pod whose other annotations do not matter; nil for a pod without one.
    static func key(of metadata: ObjectMeta) -> ObjectKey? {
        metadata.annotations[nameAnnotation].map { ObjectKey(namespace: metadata.namespace, name: $0) }
    }
}

/// What is wrong with an annotation that a policy reads.
public struct AnnotationError: Error, Hashable, Sendable, CustomStringConvertible {
    public var name: String
    /// Nil when it is missing.
    public var value: String?
    public var expected: String

    public init(name: String, value: String?, expected: String) {
        self.name = name
        self.value = value
        self.expected = expected
    }

    public var description: String {
        guard let value else { return "annotation \(name) is missing: \(expected)" }
        return "annotation \(name): expected \(expected), found '\(value)'"
    }

    /// A duration as Go writes it, above zero; nil when the annotation is not there.
    static func duration(
        _ name: String, in metadata: ObjectMeta
    ) throws(AnnotationError) -> VirtualDuration? {
        guard let text = metadata.annotations[name] else { return nil }
        guard let nanoseconds = GoDuration.nanoseconds(text), nanoseconds > 0 else {
            throw AnnotationError(name: name, value: text, expected: "a duration above 0 such as 1m30s")
        }
        return .nanoseconds(nanoseconds)
    }
}
