import KubernetesModel

/// Tells whether two pod templates mean the same, whatever their hash labels.
///
/// Specs are shared objects, so what is known of one is kept by its identity.
/// Upstream: `pkg/controller/deployment/util/deployment_util.go`, `EqualIgnoreHash` (v1.36).
struct TemplateComparison: Sendable {
    private var digests: [ObjectIdentifier: (spec: PodSpec, digest: UInt64)] = [:]
    private struct Hash: Sendable {
        var template: PodTemplate
        var collisionCount: Int64?
        var text: String
    }
    /// A sync is run again from its start at each answer, and asks for the same hash each time.
    private var hashes: [UID: Hash] = [:]

    mutating func isEqual(_ left: PodTemplate, _ right: PodTemplate) -> Bool {
        func bare(_ metadata: ObjectMeta) -> ObjectMeta {
            var metadata = metadata
            metadata.labels[PodTemplateHash.label] = nil
            return metadata
        }
        if left.metadata != right.metadata && bare(left.metadata) != bare(right.metadata) { return false }
        if left.spec === right.spec { return true }
        if digest(of: left.spec) != digest(of: right.spec) { return false }
        return left.spec == right.spec
            || TemplateDump.text(spec: left.spec.source) == TemplateDump.text(spec: right.spec.source)
    }

    /// The hash by which the ReplicaSet of a Deployment's template is named.
    mutating func hash(of deployment: Deployment) -> String {
        let template = deployment.spec.template
        let collisionCount = deployment.status.collisionCount
        let uid = deployment.metadata.uid
        if let known = hashes[uid], known.collisionCount == collisionCount,
            known.template.spec === template.spec, known.template.metadata == template.metadata
        {
            return known.text
        }
        // Syncs that are under way are few.
        if hashes.count >= 256 { hashes.removeAll() }
        let text = PodTemplateHash.hash(template, collisionCount: collisionCount)
        hashes[uid] = Hash(template: template, collisionCount: collisionCount, text: text)
        return text
    }

    private mutating func digest(of spec: PodSpec) -> UInt64 {
        let identity = ObjectIdentifier(spec)
        if let known = digests[identity] { return known.digest }
        // Bounds what is kept of specs that are long gone.
        if digests.count >= 65_536 { digests.removeAll() }
        let digest = TemplateDump.text(spec: spec.source).utf8.reduce(14_695_981_039_346_656_037 as UInt64) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        digests[identity] = (spec, digest)
        return digest
    }
}
