import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// Pods, what waits for them, and what disturbs their scheduling.
///
/// Upstream: `test/integration/scheduler_perf/executor.go`, `test/utils/runners.go` (v1.36).
extension PerfRun {
    func createPods(_ operation: PerfOperation.CreatePods, index operationIndex: Int) throws {
        let count = try parameters.integer(operation.count)
        let duration = try parameters.duration(operation.duration)
        let isSteady = try parameters.flag(operation.isSteady)
        if isSteady && operation.skipsWait {
            throw PerfFailure("skipWaitToCompletion and steadyState cannot be true at the same time")
        }
        if isSteady && duration <= .zero {
            throw PerfFailure("when creating pods in a steady state, the test duration must be > 0")
        }
        let namespace = operation.namespace ?? "namespace-\(operationIndex)"
        try makeNamespace(namespace)
        if operation.collectsMetrics { try startCollecting(namespace, namespaces: [namespace], labels: [:]) }
        if isSteady {
            try createSteadily(operation, count: count, for: duration, in: namespace)
        } else {
            try createBatch(operation, count: count, in: namespace)
            if operation.skipsWait {
                waitingPods[namespace, default: 0] += count
            } else {
                try waitUntilScheduled(count, in: namespace, labels: [:])
            }
        }
        if operation.collectsMetrics { try stopCollecting() }
    }

    private func createBatch(_ operation: PerfOperation.CreatePods, count: Int, in namespace: String) throws {
        let path = operation.templatePath ?? testCase.defaultPodTemplatePath
        let key = path ?? "\u{0}pod"
        var template =
            if let path {
                try template(path, kind: "Pod")
            } else {
                templates[key] ?? ObjectTemplate(PerfDefaults.pod, kind: GroupVersionKind(kind: "Pod"))
            }
        defer { templates[key] = template }
        guard let claimPath = operation.claimTemplatePath, let volumePath = operation.volumeTemplatePath
        else {
            let instance = ManifestInstance(namespace: namespace)
            for index in 0..<count {
                try create(&template, index: index, count: count, instance, "error creating pod")
                try pass(Self.callInterval)
            }
            return
        }
        let volumes = VolumeTemplates(
            claim: try self.template(claimPath, kind: "PersistentVolumeClaim", isPlain: true),
            volume: try self.template(volumePath, kind: "PersistentVolume", isPlain: true))
        for index in 0..<count {
            let (pod, isShared) = try template.manifest(index: index, count: count)
            try createClaimed(pod, isShared: isShared, volumes, index: index, in: namespace)
        }
    }

    /// Makes a claim, a volume bound to it, and a pod that uses it, by upstream's calls in upstream's order.
    private func createClaimed(
        _ pod: ManifestTemplate, isShared: Bool, _ volumes: VolumeTemplates, index: Int, in namespace: String
    ) throws {
        let claim = ObjectKey(namespace: namespace, name: "pvc-\(index)")
        let volume = "\(namespace)-vol-\(index)"
        let madeClaim = try send(
            .createFrom(
                volumes.claim,
                ManifestInstance(name: claim.name, namespace: namespace, edit: .volumeOfClaim(volume))),
            "error creating PVC")
        try pass(Self.callInterval)
        if let bound = madeClaim?.persistentVolumeClaim?.value.with({ $0.status.phase = "Bound" }) {
            try send(.updateStatus(APIObject(bound)), "error updating PVC status")
        }
        try pass(Self.callInterval)
        let handle = volumes.isCSI ? volume : "vol-\(index)"
        let madeVolume = try send(
            .createFrom(
                volumes.volume,
                ManifestInstance(name: volume, edit: .claimOfVolume(claim, handle: handle))),
            "error creating PV")
        try pass(Self.callInterval)
        if let bound = madeVolume?.persistentVolume?.value.with({ $0.status.phase = "Bound" }) {
            let unversioned = APIObject(bound).withMetadata { $0.resourceVersion = 0 }
            try send(.updateStatus(unversioned), "error updating PV status")
        }
        try pass(Self.callInterval)
        if isShared {
            try send(
                .createFrom(
                    volumes.user(pod), ManifestInstance(namespace: namespace, edit: .claimOfPod(claim.name))),
                "error creating pod")
        } else {
            let tree = VolumeTemplates.tree(of: pod, claim: claim.name)
            try send(.createManifest(tree.with(ManifestInstance(namespace: namespace))), "error creating pod")
        }
        try pass(Self.callInterval)
    }

    /// Keeps a namespace's pods coming and going for a time: when all have a node they are deleted, and as
    /// many are made.
    private func createSteadily(
        _ operation: PerfOperation.CreatePods, count: Int, for duration: VirtualDuration, in namespace: String
    ) throws {
        let end = cluster.now + duration
        let tally = PodTally(namespaces: [namespace], labels: [:])
        cluster.add(tally)
        defer { cluster.remove(tally) }
        while cluster.now < end {
            let wanted = tally.arrivals + count
            try createBatch(operation, count: count, in: namespace)
            let isDone = try wait { tally.arrivals < wanted && self.cluster.now < end }
            if !isDone || tally.arrivals < wanted { break }
            for key in podKeys(in: namespace, labels: [:]) {
                cluster.call(
                    .delete(.pod, key, DeleteOptions(gracePeriodSeconds: 0, propagation: .background)))
            }
        }
        if tally.arrivals == 0 {
            throw PerfFailure(
                "no pod at all got scheduled, either because of a problem or because the test interval was too "
                    + "small")
        }
    }

    func podKeys(in namespace: String, labels: [String: String]) -> [ObjectKey] {
        cluster.server.store.list(.pod, namespace: namespace).filter { pod in
            let own = pod.metadata.labels
            return labels.allSatisfy { own[$0.key] == $0.value }
        }
        .map(\.key)
    }

    // MARK: Waiting

    func waitAtBarrier(
        _ namespaces: [String], _ labels: [String: String], requiresScheduled: Bool
    ) throws {
        for namespace in namespaces where waitingPods[namespace] == nil {
            throw PerfFailure("unknown namespace \(namespace)")
        }
        for namespace in namespaces.isEmpty ? waitingPods.keys.sorted() : namespaces {
            guard let count = waitingPods[namespace] else { continue }
            if requiresScheduled {
                try waitUntilScheduled(count, in: namespace, labels: labels)
            } else {
                try waitUntilAttempted(count, in: namespace, labels: labels)
            }
        }
        guard requiresScheduled else { return }
        if namespaces.isEmpty { waitingPods = [:] }
        for namespace in namespaces { waitingPods[namespace] = nil }
    }

    private func waitUntilScheduled(_ count: Int, in namespace: String, labels: [String: String]) throws {
        // Where these very pods are measured, they are counted already.
        let known = collection.map(\.tally).flatMap { $0.isOf(namespace, labels) ? $0 : nil }
        let tally = known ?? PodTally(namespaces: [namespace], labels: labels)
        if known == nil { cluster.add(tally) }
        defer { if known == nil { cluster.remove(tally) } }
        if try wait(while: { tally.scheduled < count }) { return }
        throw overdue("scheduled", "\(tally.scheduled) of \(count) pods have a node", namespace)
    }

    private func waitUntilAttempted(_ count: Int, in namespace: String, labels: [String: String]) throws {
        let tally = PodTally(namespaces: [namespace], labels: labels)
        cluster.add(tally)
        defer { cluster.remove(tally) }
        if try wait(while: { tally.scheduled + tally.attempted < count }) { return }
        throw overdue("attempted", "\(tally.scheduled + tally.attempted) of \(count) pods", namespace)
    }

    /// Names a pod that was waited for in vain, and why the scheduler would not have it.
    private func overdue(_ stage: String, _ tally: String, _ namespace: String) -> PerfFailure {
        let pods = cluster.server.store.list(.pod, namespace: namespace).compactMap(\.pod)
            .filter { $0.value.nodeName.isEmpty }
        let pod = pods.first { $0.value.status.conditions["PodScheduled"] != nil } ?? pods.first
        let minutes = waitLimit.wholeSeconds / 60
        var text =
            "error in waiting for pods to get \(stage): \(tally) after \(minutes) minutes of virtual time"
        if let pod {
            text += "; at least pod \(pod.value.metadata.key) is not \(stage)"
            if let why = pod.value.status.conditions["PodScheduled"]?.message, !why.isEmpty {
                text += ": \(why)"
            }
        }
        return PerfFailure(text)
    }

    // MARK: Deleting

    func deletePods(_ operation: PerfOperation.DeletePods) throws {
        let keys = podKeys(in: operation.namespace, labels: operation.labels)
        guard operation.perSecond > 0 else {
            for key in keys { cluster.call(.delete(.pod, key, DeleteOptions())) }
            return
        }
        let interval = VirtualDuration(fractionalSeconds: 1 / Double(operation.perSecond))
        guard operation.skipsWait else {
            for key in keys {
                try pass(interval)
                cluster.call(.delete(.pod, key, DeleteOptions()))
            }
            return
        }
        var next = 0
        cluster.begin(after: interval) { cluster in
            guard next < keys.count else { return nil }
            cluster.call(.delete(.pod, keys[next], DeleteOptions()))
            next += 1
            return interval
        }
    }

    // MARK: Churn

    func beginChurn(_ operation: PerfOperation.Churn, index: Int) throws {
        let namespace = operation.namespace ?? "namespace-\(index)"
        // The namespace may be there already.
        cluster.call(.createManifest(PerfDefaults.namespace(namespace)))
        var manifests: [(kind: ObjectKind, manifest: ManifestTemplate)] = []
        for path in operation.templatePaths {
            var template = try template(path, isPlain: true)
            let (manifest, _) = try template.manifest(index: 0, count: 1)
            guard let kind = ObjectKind(apiVersion: template.kind.apiVersion, kind: template.kind.kind) else {
                continue
            }
            manifests.append((kind, manifest))
        }
        let interval = operation.interval
        // The names of what was made last, by place in the cycle; nil where nothing is.
        let places = operation.recreates ? operation.number : 1
        var made = manifests.map { _ in [ObjectKey?](repeating: nil, count: places) }
        var count = 0
        cluster.begin(after: interval) { cluster in
            if !operation.recreates && operation.number > 0 && count >= operation.number { return nil }
            for place in manifests.indices {
                let (kind, manifest) = manifests[place]
                if operation.recreates, let key = made[place][count % places] {
                    cluster.call(.delete(kind, key, DeleteOptions()))
                    made[place][count % places] = nil
                    continue
                }
                let instance = ManifestInstance(namespace: kind.info.isNamespaced ? namespace : "")
                // What cannot be created is tried again next time.
                if case .success(let object?) = cluster.call(.createFrom(manifest, instance)) {
                    made[place][count % places] = object.key
                }
            }
            count += 1
            return interval
        }
    }
}

/// The templates of claims and volumes that are bound to each other, and of pods that use them.
final class VolumeTemplates {
    let claim: ManifestTemplate
    let volume: ManifestTemplate
    let isCSI: Bool
    private var users: [ManifestTemplate: ManifestTemplate] = [:]

    init(claim: ObjectTemplate, volume: ObjectTemplate) {
        // Each object gets a name of its own in these places.
        let placeholder: JSONValue = "template"
        var claimTree = claim.plainTree
        claimTree.set(["spec", "volumeName"], placeholder)
        self.claim = ManifestTemplate(claimTree)
        var tree = volume.plainTree
        isCSI = tree["spec"]?["csi"] != nil
        if isCSI {
            tree.set(["spec", "csi", "volumeHandle"], placeholder)
        } else if tree["spec"]?["awsElasticBlockStore"] != nil {
            tree.set(["spec", "awsElasticBlockStore", "volumeID"], placeholder)
        }
        tree.set(
            ["spec", "claimRef"],
            [
                "kind": "PersistentVolumeClaim", "namespace": placeholder, "name": placeholder,
                "apiVersion": "v1",
            ])
        self.volume = ManifestTemplate(tree)
    }

    /// The template of pods like these that use a claim.
    func user(_ pod: ManifestTemplate) -> ManifestTemplate {
        if let known = users[pod] { return known }
        let user = ManifestTemplate(Self.tree(of: pod, claim: "template"))
        users[pod] = user
        return user
    }

    static func tree(of pod: ManifestTemplate, claim: String) -> JSONValue {
        var tree = pod.tree
        tree.set(
            ["spec", "volumes"],
            [["name": "vol", "persistentVolumeClaim": ["claimName": .string(claim)]]])
        return tree
    }
}

extension JSONValue {
    /// Sets the value at a path of members, which are made where they are missing.
    mutating func set(_ path: [String], _ value: JSONValue) {
        guard let first = path.first else {
            self = value
            return
        }
        var member = self[first] ?? .object([:])
        member.set(Array(path.dropFirst()), value)
        self[first] = member
    }
}
