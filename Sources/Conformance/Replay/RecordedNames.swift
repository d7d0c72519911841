import KubernetesModel
import OrderedCollections

/// Gives generated names the numbers that recordings use: `web-<rs1>-<p2>`, `<hash:rs1>`.
///
/// Numbers count per owner, in the order in which the objects were stored.
struct RecordedNames {
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

    /// The shown form of `Kind/name`, the way a reference names an object.
    func reference(_ apiVersion: String, _ kind: String, _ name: String) -> String {
        let known = ObjectKind(apiVersion: apiVersion, kind: kind)
        return "\(kind)/" + (known.map { self.name($0, name) } ?? text(name))
    }

    /// The actual name behind a shown one.
    func actual(_ kind: ObjectKind, _ name: String) -> String {
        let known = (shown[kind] ?? [:]).filter { $0.value == name }.keys.min()
        return known ?? name.replacing("<ns>", with: Self.namespace)
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

    /// A tree with every generated name replaced.
    func shown(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): return .string(label(text))
        case .array(let elements): return .array(elements.map(shown))
        case .object(let members):
            var result = JSONValue.emptyObject
            for (name, member) in members { result[name] = shown(member) }
            return result
        default: return value
        }
    }

    /// A tree of a recording with the case's namespace in place of `<ns>`.
    static func filled(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): return .string(text.replacing("<ns>", with: namespace))
        case .array(let elements): return .array(elements.map(filled))
        case .object(let members):
            var result = JSONValue.emptyObject
            for (name, member) in members { result[name] = filled(member) }
            return result
        default: return value
        }
    }

    /// Takes a new object in.
    mutating func add(_ object: APIObject) {
        let metadata = object.metadata
        if object.kind == .job, !replacements.contains(where: { $0.actual == metadata.uid.description }) {
            replacements.append((metadata.uid.description, "<uid>"))
        }
        if let spec = object.volumeAttachment?.value.spec {
            let name = text("<va:\(spec.persistentVolumeName ?? "")@\(spec.nodeName)>")
            shown[.volumeAttachment, default: [:]][metadata.name] = name
        }
        guard let owner = metadata.controllerReference, shown[object.kind]?[metadata.name] == nil,
            let ownerKind = ObjectKind(apiVersion: owner.apiVersion, kind: owner.kind)
        else { return }
        var prefix = name(ownerKind, owner.name)
        let letter: String
        switch object.kind {
        case .replicaSet where ownerKind == .deployment: letter = "rs"
        case .controllerRevision: letter = "rev"
        case .endpointSlice: letter = "sl"
        case .job where ownerKind == .cronJob: letter = "j"
        case .pod where ownerKind == .daemonSet: return addDaemonPod(object, prefix)
        case .pod where !metadata.generateName.isEmpty:
            // A StatefulSet's pods have a prefix, too, and names of their own.
            if ownerKind == .statefulSet { return }
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
        replace(metadata.name, by: letter == "p" && hidesPods ? "\(prefix)-<p>" : name)
        for key in ["pod-template-hash", "controller.kubernetes.io/hash", "controller-revision-hash"]
        where object.kind != .pod {
            if let hash = metadata.labels[key] { hashes[hash] = "<hash:\(letter)\(number)>" }
        }
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
        replace(pod.metadata.name, by: hidesPods ? "\(owner)-<node>" : name)
    }

    private mutating func replace(_ actual: String, by shown: String) {
        let length = actual.utf8.count
        let place = replacements.firstIndex { $0.actual.utf8.count < length } ?? replacements.count
        replacements.insert((actual, shown), at: place)
    }
}

extension RecordedNames {
    /// Whether a name comes before another when the numbers in them count as numbers.
    static func isBefore(_ left: String, _ right: String) -> Bool {
        var (left, right) = (Substring(left), Substring(right))
        while let first = left.first, let other = right.first {
            if first.isNumber && other.isNumber {
                let digits = left.prefix { $0.isNumber }
                let others = right.prefix { $0.isNumber }
                if let number = Int(digits), let second = Int(others), number != second {
                    return number < second
                }
                left.removeFirst(digits.count)
                right.removeFirst(others.count)
            } else if first != other {
                return first < other
            } else {
                left.removeFirst()
                right.removeFirst()
            }
        }
        return left.isEmpty && !right.isEmpty
    }
}
