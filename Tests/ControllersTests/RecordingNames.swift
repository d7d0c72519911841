import KubernetesModel

/// Gives generated names the numbers that recordings use: `web-<rs1>-<p2>`, `<hash:rs1>`.
///
/// Numbers count per owner, in the order in which the objects were stored.
struct RecordingNames {
    static let namespace = "ns-replay"
    private var shown: [ObjectKind: [String: String]] = [:]
    private var counts: [String: Int] = [:]
    private var hashes: [String: String] = [:]
    /// Actual and shown names, the longest first.
    private var replacements: [(actual: String, shown: String)] = []
    /// Whether pods show as `<p>` in texts.
    let hidesPods: Bool

    init(hidesPods: Bool) { self.hidesPods = hidesPods }

    /// The shown name of an object.
    func name(_ kind: ObjectKind, _ actual: String) -> String { shown[kind]?[actual] ?? text(actual) }

    /// The actual name behind a shown one.
    func actual(_ kind: ObjectKind, _ name: String) -> String {
        (shown[kind] ?? [:]).first { $0.value == name }?.key
            ?? name.replacing("<ns>", with: Self.namespace)
    }

    /// The shown form of a label's value.
    func label(_ value: String) -> String { hashes[value] ?? text(value) }

    /// A text with every generated name replaced.
    func text(_ text: String) -> String {
        var result = text.replacing(Self.namespace, with: "<ns>")
        for entry in replacements where result.contains(entry.actual) {
            result = result.replacing(entry.actual, with: entry.shown)
        }
        return result
    }

    /// Takes a new object in.
    mutating func add(_ object: APIObject) {
        let metadata = object.metadata
        if object.kind == .job, !replacements.contains(where: { $0.actual == metadata.uid.description }) {
            replacements.append((metadata.uid.description, "<uid>"))
        }
        guard let owner = metadata.controllerReference, shown[object.kind]?[metadata.name] == nil else {
            return
        }
        guard let ownerKind = ObjectKind(apiVersion: owner.apiVersion, kind: owner.kind) else { return }
        var prefix = name(ownerKind, owner.name)
        let letter: String
        switch object.kind {
        case .replicaSet where ownerKind == .deployment: letter = "rs"
        case .controllerRevision: letter = "rev"
        case .endpointSlice: letter = "sl"
        case .job where ownerKind == .cronJob: letter = "j"
        case .pod where ownerKind == .daemonSet: return addDaemonPod(object, prefix)
        case .pod where !metadata.generateName.isEmpty:
            letter = "p"
            if let index = metadata.annotations["batch.kubernetes.io/job-completion-index"] {
                prefix += "-\(index)"
            }
        default: return
        }
        let counter = "\(object.kind.name)/\(prefix)"
        counts[counter, default: 0] += 1
        let number = counts[counter] ?? 0
        let name = "\(prefix)-<\(letter)\(number)>"
        shown[object.kind, default: [:]][metadata.name] = name
        let inText = letter == "p" && hidesPods ? "\(prefix)-<p>" : name
        replacements.append((metadata.name, inText))
        replacements.sort { $0.actual.utf8.count > $1.actual.utf8.count }
        for key in ["pod-template-hash", "controller.kubernetes.io/hash", "controller-revision-hash"]
        where object.kind != .pod {
            if let hash = metadata.labels[key] { hashes[hash] = "<hash:\(letter)\(number)>" }
        }
        if object.kind == .controllerRevision { hashes[metadata.name] = "<hash:\(letter)\(number)>" }
    }

    /// Pods of DaemonSets are named for their nodes: `ds-<NODE>`, later ones `ds-<NODE>#2`.
    private mutating func addDaemonPod(_ object: APIObject, _ owner: String) {
        guard let pod = object.pod?.value else { return }
        let affinity = pod.spec.affinity?.nodeAffinity?.required?.nodeSelectorTerms.first
        let node = text(affinity?.matchFields.first?.values.first ?? pod.nodeName)
        counts["Pod/\(owner)/\(node)", default: 0] += 1
        let number = counts["Pod/\(owner)/\(node)"] ?? 1
        let name = "\(owner)-<\(node)>" + (number > 1 ? "#\(number)" : "")
        shown[.pod, default: [:]][pod.metadata.name] = name
        replacements.append((pod.metadata.name, hidesPods ? "\(owner)-<node>" : name))
        replacements.sort { $0.actual.utf8.count > $1.actual.utf8.count }
    }
}
