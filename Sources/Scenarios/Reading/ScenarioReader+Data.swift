import KubernetesModel
import Scheduler

extension ScenarioReader {
    func readDataBandwidth(_ cursor: Cursor) -> DataCatalog.Bandwidth {
        var bandwidth = DataCatalog.Bandwidth()
        guard let object = cursor.object(keys: ["node", "rack", "zone", "remote"]) else { return bandwidth }
        func read(_ key: String, _ target: inout Int64) {
            guard let cursor = object[key], let quantity = cursor.quantity() else { return }
            if quantity.sign > 0 {
                target = quantity.saturatingValue
            } else {
                cursor.bad("bytes a second above 0, such as \"200M\"")
            }
        }
        read("node", &bandwidth.node)
        read("rack", &bandwidth.rack)
        read("zone", &bandwidth.zone)
        read("remote", &bandwidth.remote)
        return bandwidth
    }

    func readDataSets(_ cursor: Cursor?, nodes: [String]) -> [DataCatalog.DataSet] {
        var names: [String] = []
        return list(cursor, of: "data sets").compactMap { readDataSet($0, nodes, &names) }
    }

    private func readDataSet(
        _ cursor: Cursor, _ nodes: [String], _ names: inout [String]
    ) -> DataCatalog.DataSet? {
        guard let object = cursor.object(keys: ["name", "size", "blockSize", "replicas", "writer", "nodes"])
        else { return nil }
        let name = object.required("name", "the data set's name")?.string()
        if let name {
            if !SelectorText.isDNSName(name) {
                object["name"]?.bad("a name of small letters, digits, '-' and '.'")
            } else if names.contains(name) {
                object["name"]?.report(.duplicateName(what: "data set", name))
            }
            names.append(name)
        }
        func bytes(_ cursor: Cursor?) -> Int64? {
            guard let cursor, let quantity = cursor.quantity() else { return nil }
            guard quantity.sign > 0, quantity.saturatingValue < 1 << 60 else {
                cursor.bad("an amount above 0 and below 1Ei, such as \"10Gi\"")
                return nil
            }
            return quantity.saturatingValue
        }
        let size = bytes(object.required("size", "how many bytes, such as \"10Gi\""))
        // HDFS's default: `dfs.blocksize`, 128 MiB.
        let block = object["blockSize"] == nil ? Int64(128 << 20) : bytes(object["blockSize"])
        // HDFS's default: `dfs.replication`, 3.
        let replicas = object["replicas"]?.integer(1...100, "a whole number from 1 to 100") ?? 3
        var placement = DataCatalog.DataSet.Placement.hdfs(writer: nil)
        if let list = object["nodes"] {
            let places = self.list(list, of: "node names").compactMap { readReference($0, "node", nodes) }
            if list.value.elements?.isEmpty == true { list.bad("at least one node") }
            placement = .nodes(places)
            object["writer"]?.bad(
                "either nodes or a writer", hint: "With nodes, the blocks go to them in turn")
        } else if let writer = object["writer"].flatMap({ readReference($0, "node", nodes) }) {
            placement = .hdfs(writer: writer)
        }
        guard let name, let size, let block else { return nil }
        if size / block >= DataCatalog.maximumBlocks {
            (object["blockSize"] ?? object["size"])?.bad("at most \(DataCatalog.maximumBlocks) blocks")
            return nil
        }
        return DataCatalog.DataSet(
            name: name, sizeBytes: size, blockBytes: block, replicas: Int(replicas), placement: placement)
    }
}

extension ClusterPlan {
    /// The annotations of pods that policies read.
    static let annotations = [
        PodDeadline.deadlineAnnotation, PodDeadline.runTimeAnnotation, PodGang.nameAnnotation,
        PodGang.minimumAnnotation, PodGang.timeoutAnnotation, DataCatalog.readsAnnotation,
    ]
}

extension ManifestObject {
    /// The metadata of the pod, or of the pods that the object makes, with their paths.
    var podMetadata: [(path: String, tree: JSONValue)] {
        if kind == .pod { return tree["metadata"].map { [("metadata", $0)] } ?? [] }
        let template = tree["spec"]?["template"]?["metadata"]
        if let template { return [("spec.template.metadata", template)] }
        let job = tree["spec"]?["jobTemplate"]?["spec"]?["template"]?["metadata"]
        return job.map { [("spec.jobTemplate.spec.template.metadata", $0)] } ?? []
    }
}
