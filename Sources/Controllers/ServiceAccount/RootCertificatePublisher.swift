public import ControlPlane
import KubernetesModel
import OrderedCollections
public import SimulationKernel

/// Puts the certificate by which pods know the API server into each namespace: the ConfigMap
/// `kube-root-ca.crt`.
///
/// The certificate is a text that stands for one; nobody connects to anybody.
/// Upstream: `pkg/controller/certificates/rootcacertpublisher` (v1.36).
public struct RootCertificatePublisher: Controller {
    /// What a plan goes on with: a creation was answered.
    public enum Continuation: Sendable { case created }

    public static let name = "root-ca-certificate-publisher-controller"
    public static let configMapName = "kube-root-ca.crt"
    static let annotation = "kubernetes.io/description"
    static let description =
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as "
        + "the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of "
        + "Kubernetes clusters."
    /// Not a certificate: the encoded words say that it is simulated.
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        VGhpcyBjbHVzdGVyIGlzIHNpbXVsYXRlZCwgYW5kIHNvIGlzIGl0cyByb290IGNl
        cnRpZmljYXRlLg==
        -----END CERTIFICATE-----

        """

    public let workers = [1]

    public init() {}

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for namespace in view.list(Namespace.self) { queue.add(namespace.value.key) }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object {
        case .generic(let object)
        where object.value.kind == .configMap && object.value.metadata.name == Self.configMapName:
            if change.kind != .added { queue.add(ObjectKey(name: object.value.metadata.namespace)) }
        case .namespace(let namespace):
            if change.kind == .added || change.kind == .modified && namespace.value.phase == "Active" {
                queue.add(namespace.value.key)
            }
        default: break
        }
    }

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        let place = ObjectKey(namespace: key.key.name, name: Self.configMapName)
        let data: JSONValue = ["ca.crt": .string(Self.certificate)]
        guard case .generic(let published)? = view[.configMap, place] else {
            var metadata = ObjectMeta(namespace: place.namespace, name: place.name)
            metadata.annotations[Self.annotation] = Self.description
            let map = GenericObject(kind: .configMap, metadata: metadata, body: ["data": data])
            plan.call(.create(.generic(Ref(map))))
            plan.ending = .resume(.created)
            return plan
        }
        var map = published.value
        let isDescribed = !(map.metadata.annotations[Self.annotation] ?? "").isEmpty
        if map.body["data"] == data && isDescribed { return plan }
        map.body["data"] = data
        map.metadata.annotations[Self.annotation] = Self.description
        plan.call(.update(.generic(Ref(map))))
        return plan
    }

    public mutating func resume(
        _ continuation: Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        // Trying again is of no use where the namespace is gone, or on its way.
        let error = outcomes.last?.error
        if let error, error.reason != .notFound && !error.isNamespaceTerminating {
            plan.ending = .requeueRateLimited
        }
        return plan
    }
}
