import KubernetesModel
import OrderedCollections

/// How a StatefulSet's pods and claims are named, and what they are made of.
///
/// Upstream: `pkg/controller/statefulset/stateful_set_utils.go` (v1.36).
extension StatefulSet {
    static let podNameLabel = "statefulset.kubernetes.io/pod-name"
    static let podIndexLabel = "apps.kubernetes.io/pod-index"
    static let revisionLabel = "controller-revision-hash"

    var startOrdinal: Int64 { spec.ordinals?.start ?? 0 }

    /// Whether pods are made and deleted without waiting for each other.
    var allowsBurst: Bool { spec.podManagementPolicy == "Parallel" }

    func podName(_ ordinal: Int64) -> String { "\(metadata.name)-\(ordinal)" }

    func claimName(template: PersistentVolumeClaim, ordinal: Int64) -> String {
        "\(template.metadata.name)-\(metadata.name)-\(ordinal)"
    }

    func isInRange(_ ordinal: Int64) -> Bool {
        ordinal >= startOrdinal && ordinal < startOrdinal + spec.replicas
    }

    /// The claims of one pod, in the order of their templates.
    func claims(ordinal: Int64) -> [PersistentVolumeClaim] {
        spec.volumeClaimTemplates.map { template in
            var claim = template
            claim.metadata.name = claimName(template: template, ordinal: ordinal)
            claim.metadata.namespace = metadata.namespace
            claim.metadata.labels = claim.metadata.labels.merging(spec.selector.matchLabels)
            return claim
        }
    }

    /// A pod of this set, from its template, not yet stored.
    func newPod(ordinal: Int64, revision: String) -> Pod {
        let name = podName(ordinal)
        var meta = ObjectMeta(namespace: metadata.namespace, name: name)
        // Pods of one set have their generated prefix too, although their names are given.
        meta.generateName = ControllerNames.podPrefix(metadata.name)
        meta.labels = spec.template.metadata.labels
        meta.labels[Self.podNameLabel] = name
        meta.labels[Self.podIndexLabel] = String(ordinal)
        meta.labels[Self.revisionLabel] = revision
        meta.annotations = spec.template.metadata.annotations
        meta.finalizers = spec.template.metadata.finalizers
        meta.ownerReferences = [
            OwnerReference(controlledBy: Self.kind, name: metadata.name, uid: metadata.uid)
        ]
        var source = spec.template.spec.source
        source["hostname"] = .string(name)
        if spec.serviceName.isEmpty {
            source.removeValue(forKey: "subdomain")
        } else {
            source["subdomain"] = .string(spec.serviceName)
        }
        return Pod(metadata: meta, spec: PodSpec(source: withClaims(source, ordinal: ordinal)))
    }

    /// A pod spec whose volumes are the set's claims, then its own others.
    func withClaims(_ source: JSONObject, ordinal: Int64) -> JSONObject {
        if spec.volumeClaimTemplates.isEmpty { return source }
        var volumes: [JSONValue] = spec.volumeClaimTemplates.map { template in
            let claim = claimName(template: template, ordinal: ordinal)
            return [
                "name": .string(template.metadata.name),
                "persistentVolumeClaim": ["claimName": .string(claim)],
            ]
        }
        let names = spec.volumeClaimTemplates.map(\.metadata.name)
        volumes += (source["volumes"]?.arrayValue ?? []).filter {
            !names.contains($0["name"]?.stringValue ?? "")
        }
        var changed = source
        changed["volumes"] = .array(volumes)
        return changed
    }

    /// Whether the pod has a valid name and network identity for a member of this set.
    func matchesIdentity(_ pod: Pod) -> Bool {
        guard let (parent, ordinal) = StatefulPodName.parse(pod.metadata.name) else { return false }
        return parent == metadata.name && pod.metadata.name == podName(ordinal)
            && pod.metadata.namespace == metadata.namespace
            && pod.metadata.labels[Self.podNameLabel] == pod.metadata.name
    }

    /// Whether the pod's volumes are the set's claims.
    func matchesStorage(_ pod: Pod) -> Bool {
        guard let ordinal = StatefulPodName.parse(pod.metadata.name)?.ordinal else { return false }
        return spec.volumeClaimTemplates.allSatisfy { template in
            let volume = pod.spec.volumes.last { $0.name == template.metadata.name }
            return volume?.persistentVolumeClaim?.claimName == claimName(template: template, ordinal: ordinal)
        }
    }
}

/// The name of a StatefulSet's pod, taken apart.
enum StatefulPodName {
    /// Nil when the name does not end in a dash and a number that fits.
    static func parse(_ name: String) -> (parent: String, ordinal: Int64)? {
        guard let dash = name.lastIndex(of: "-") else { return nil }
        let digits = name[name.index(after: dash)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let ordinal = Int32(digits)
        else { return nil }
        return (String(name[..<dash]), Int64(ordinal))
    }
}

/// Names that controllers give.
enum ControllerNames {
    /// The prefix of pods' names: with a dash, if that makes a valid prefix.
    ///
    /// Upstream: `pkg/controller/controller_utils.go`, `getPodsPrefix` (v1.36).
    static func podPrefix(_ name: String) -> String { name.utf8.count + 1 > 253 ? name : "\(name)-" }
}

extension Pod {
    /// Upstream's test for "running and ready".
    var isRunningAndReady: Bool { status.phase == .running && isReady }

    var revisionHash: String { metadata.labels[StatefulSet.revisionLabel] ?? "" }
}
