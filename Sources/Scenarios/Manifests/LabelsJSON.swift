import KubernetesModel
import OrderedCollections

extension Labels {
    /// Labels or annotations as manifests have them; values that are no texts are left out.
    init(json: JSONValue?) {
        self.init(
            (json?.objectValue ?? [:]).lazy.compactMap { key, value in value.stringValue.map { (key, $0) } })
    }

    init(_ labels: [String: String]) { self.init(labels.map { ($0.key, $0.value) }) }
}
