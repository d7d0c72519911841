import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel
import Stochastics

/// Nodes, namespaces and objects of any kind.
///
/// Upstream: `test/integration/scheduler_perf/node_util.go`, `operations.go`, `update.go`,
/// `test/utils/runners.go` (v1.36).
extension PerfRun {
    // MARK: Templates

    /// The template of a file that the configuration names; each file is read once.
    func template(
        _ name: String, kind: String? = nil, isPlain: Bool = false
    ) throws(PerfFailure) -> ObjectTemplate {
        if let known = templates[name] { return known }
        let template = try ObjectTemplate(
            path: configuration.path(of: name), kind: kind, isPlain: isPlain)
        templates[name] = template
        return template
    }

    /// Sends a call; a refusal ends the workload.
    @discardableResult
    func send(_ request: APIRequest, _ what: String) throws(PerfFailure) -> APIObject? {
        switch cluster.call(request) {
        case .success(let object): return object
        case .failure(let error): throw PerfFailure("\(what): \(error.message)")
        }
    }

    /// Creates an object of a template.
    @discardableResult
    func create(
        _ template: inout ObjectTemplate, index: Int, count: Int, _ instance: ManifestInstance, _ what: String
    ) throws -> APIObject? {
        if instance.name.isEmpty, let own = try template.edited(index: index, count: count) {
            var instance = instance
            instance.name = own.name
            instance.edit = own.edit
            return try send(.createFrom(own.manifest, instance), what)
        }
        let (manifest, isShared) = try template.manifest(index: index, count: count)
        if isShared { return try send(.createFrom(manifest, instance), what) }
        return try send(.createManifest(manifest.tree.with(instance)), what)
    }

    // MARK: Namespaces

    /// Makes a namespace that the workload has not made yet.
    func makeNamespace(_ name: String) throws {
        if waitingPods[name] != nil { return }
        try send(
            .createManifest(PerfDefaults.namespace(name)), "failed to create namespace for Pod: \(name)")
        waitingPods[name] = 0
    }

    func createNamespaces(_ operation: PerfOperation.CreateNamespaces) throws {
        let count = try parameters.integer(operation.count)
        var template = ObjectTemplate(
            PerfDefaults.namespace(""), kind: GroupVersionKind(kind: "Namespace"))
        if let path = operation.templatePath {
            template = try self.template(path, kind: "Namespace", isPlain: true)
        }
        for index in 0..<count {
            let name = "\(operation.prefix)-\(index)"
            if cluster.server.store[.namespace, ObjectKey(name: name)] == nil {
                try create(
                    &template, index: index, count: count, ManifestInstance(name: name),
                    "creating namespace \(name)")
            }
            if waitingPods[name] == nil { waitingPods[name] = 0 }
            try pass(Self.callInterval)
        }
    }

    // MARK: Nodes

    func createNodes(_ operation: PerfOperation.CreateNodes, index operationIndex: Int) throws {
        let count = try parameters.integer(operation.count)
        var template = ObjectTemplate(
            PerfDefaults.node(prefix: "node-\(operationIndex)-"), kind: GroupVersionKind(kind: "Node"))
        if let path = operation.templatePath { template = try self.template(path, kind: "Node") }
        for index in 0..<count {
            let (manifest, _) = try template.manifest(index: index, count: count)
            var name = manifest.tree["metadata"]?["name"]?.stringValue ?? ""
            let prefix = manifest.tree["metadata"]?["generateName"]?.stringValue ?? ""
            var refusal: APIError?
            // A name that is taken is drawn again, five times in all.
            for _ in 0..<5 {
                if manifest.tree["metadata"]?["name"] == nil { name = prefix + suffix() }
                let instance = ManifestInstance(name: name, labels: ["kubernetes.io/hostname": name])
                let request: APIRequest =
                    template.isConstant
                    ? .createFrom(manifest, instance) : .createManifest(manifest.tree.with(instance))
                refusal = nil
                if case .failure(let error) = cluster.call(request) { refusal = error } else { break }
            }
            if let refusal { throw PerfFailure("creating node: \(refusal.message)") }
            try pass(Self.callInterval)
        }
        try prepareNodes(operation.preparation, count: count)
        nextNodeIndex += count
        try declareFeatures()
    }

    /// Five letters and digits as a client's name generator draws them.
    private func suffix() -> String {
        let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
        return names.withStream { stream in
            String((0..<5).map { _ in alphabet[stream.index(below: alphabet.count)] })
        }
    }

    private func prepareNodes(_ preparation: NodePreparation?, count: Int) throws {
        guard let preparation else { return }
        let all = cluster.server.list(.node, at: cluster.now).map(\.metadata.name)
        for index in 0..<count {
            let place = nextNodeIndex + index
            guard place < all.count else { throw PerfFailure("aborting node preparation: nodes are missing") }
            try prepare(ObjectKey(name: all[place]), preparation, turn: index)
            try pass(Self.callInterval)
        }
    }

    private func prepare(_ node: ObjectKey, _ preparation: NodePreparation, turn: Int) throws {
        let failure = "aborting node preparation: \(node.name)"
        switch preparation {
        case .label(let key, let values):
            let labels: [String: String?] = [key: values[turn % values.count]]
            try send(.patch(.node, node, .metadata(labels: labels, annotations: [:]), uid: nil), failure)
        case .uniqueLabel(let key):
            let (high, low) = names.withStream { $0.uuid() }
            let labels: [String: String?] = [key: UID.uuid(high, low).description]
            try send(.patch(.node, node, .metadata(labels: labels, annotations: [:]), uid: nil), failure)
        case .allocatable(let resources, let drivers, let migrated):
            let amounts = JSONObject(
                uniqueKeysWithValues: resources.keys.sorted().map { ($0, .string(resources[$0] ?? "")) })
            let change: JSONValue = ["status": ["allocatable": .object(amounts)]]
            try send(.patch(.node, node, .merge(change), uid: nil), failure)
            try makeCSINode(node.name, drivers: drivers, migrated: migrated, failure)
        }
    }

    private func makeCSINode(
        _ name: String, drivers: [(name: String, count: Int64?)], migrated: [String], _ failure: String
    ) throws {
        let list = drivers.map { driver -> JSONValue in
            var limits: JSONObject = [:]
            if let count = driver.count { limits["count"] = .integer(count) }
            return [
                "name": .string(driver.name), "nodeID": .string(name), "allocatable": .object(limits),
            ]
        }
        let manifest: JSONValue = [
            "apiVersion": "storage.k8s.io/v1", "kind": "CSINode",
            "metadata": [
                "name": .string(name),
                "annotations": [
                    "storage.alpha.kubernetes.io/migrated-plugins": .string(migrated.joined(separator: ","))
                ],
            ],
            "spec": ["drivers": .array(list)],
        ]
        let isThere = cluster.server.store[.csiNode, ObjectKey(name: name)] != nil
        try send(
            isThere ? .replaceManifest(manifest, subresource: nil) : .createManifest(manifest), failure)
    }

    /// Gives all nodes as many declared features as the workload's parameter says, as the benchmark of that
    /// topic does.
    ///
    /// Upstream: `test/integration/scheduler_perf/nodedeclaredfeatures` (v1.36).
    private func declareFeatures() throws {
        guard workload.featureGates["NodeDeclaredFeatures"] == true,
            let number = parameters.use("numNodeDeclaredFeatures")?.integerValue, number > 0
        else { return }
        let features = (1...number).map { "Feature\($0)" }.sorted().map { JSONValue.string($0) }
        for node in cluster.server.list(.node, at: cluster.now) {
            var tree = node.tree(epoch: cluster.server.epoch)
            var status = tree["status"] ?? .object([:])
            status["declaredFeatures"] = .array(features)
            tree["status"] = status
            try send(
                .replaceManifest(tree, subresource: "status"),
                "failed to update node \(node.metadata.name) status")
        }
    }

    // MARK: Any objects

    func createAny(_ operation: PerfOperation.AnyObjects) throws {
        let count = try parameters.integer(operation.count)
        if !operation.namespace.isEmpty { try makeNamespace(operation.namespace) }
        for index in 0..<count {
            var template = try template(operation.templatePath)
            try checkScope(of: template, operation)
            try create(
                &template, index: index, count: count, ManifestInstance(namespace: operation.namespace),
                template.path)
            templates[operation.templatePath] = template
            try pass(Self.callInterval)
        }
    }

    func updateAny(
        _ operation: PerfOperation.AnyObjects, perSecond: Int, subresources: [String]
    ) throws {
        let count = try parameters.integer(operation.count)
        if !operation.namespace.isEmpty { try makeNamespace(operation.namespace) }
        var template = try template(operation.templatePath)
        try checkScope(of: template, operation)
        let interval =
            perSecond > 0 ? VirtualDuration(fractionalSeconds: 1 / Double(perSecond)) : Self.callInterval
        for index in 0..<count {
            try pass(interval)
            let (manifest, _) = try template.manifest(index: index, count: count)
            let tree = manifest.tree.with(ManifestInstance(namespace: operation.namespace))
            try send(
                .replaceManifest(tree, subresource: subresources.first),
                "Failed to update object: \(template.path)")
            // Its status is written from the same manifest.
            try send(
                .replaceManifest(tree, subresource: "status"),
                "Failed to update object: failed to update object status: \(template.path)")
        }
        templates[operation.templatePath] = template
    }

    private func checkScope(
        of template: ObjectTemplate, _ operation: PerfOperation.AnyObjects
    ) throws(PerfFailure) {
        guard let kind = ObjectKind(apiVersion: template.kind.apiVersion, kind: template.kind.kind) else {
            return
        }
        if kind.info.isNamespaced == !operation.namespace.isEmpty { return }
        throw PerfFailure(
            kind.info.isNamespaced
                ? "namespace not set for \"\(template.path)\", but \"\(template.kind)\" has scope \"namespace\""
                : "namespace \"\(operation.namespace)\" set for \"\(template.path)\", but \"\(template.kind)\" "
                    + "has scope \"root\"")
    }
}
