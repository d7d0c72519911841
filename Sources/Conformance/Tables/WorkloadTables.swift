import Controllers
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// Sizes of a Deployment's ReplicaSets: fence posts, proportional scaling, steps of a rolling update.
enum DeploymentTable {
    static func run(_ vector: JSONValue, _ tally: inout ComparisonTally) {
        if vector["op"] == "fenceposts" {
            let found = DeploymentTrial.fenceposts(
                maxSurge: vector["maxSurge"].flatMap(IntOrPercent.init(json:)),
                maxUnavailable: vector["maxUnavailable"].flatMap(IntOrPercent.init(json:)),
                desired: vector["replicas"]?.integerValue ?? 0)
            tally.check("surge", vector["surge"], found.map { .integer($0.surge) })
            tally.check("unavailable", vector["unavailable"], found.map { .integer($0.unavailable) })
            return
        }
        let input = vector["in"] ?? .null
        var deployment = Deployment()
        deployment.metadata = ObjectMeta(namespace: "default", name: "web")
        deployment.spec.replicas = input["replicas"]?.integerValue ?? 0
        deployment.spec.strategy.type = "RollingUpdate"
        deployment.spec.strategy.rollingUpdate = .init()
        deployment.spec.strategy.rollingUpdate?.maxSurge = input["maxSurge"].flatMap(IntOrPercent.init(json:))
        deployment.spec.strategy.rollingUpdate?.maxUnavailable = input["maxUnavailable"].flatMap(
            IntOrPercent.init(json:))
        deployment.status.replicas = input["statusReplicas"]?.integerValue ?? 0
        let outcome = DeploymentTrial.run(
            vector["op"] == "scale" ? .scale : .rolling, deployment,
            (input["replicaSets"]?.arrayValue ?? []).map(replicaSet),
            newName: input["newReplicaSet"]?.stringValue)
        let updates = outcome.updates.map { update -> JSONValue in
            var annotations = JSONValue.emptyObject
            for entry in update.annotations.entries { annotations[entry.key] = .string(entry.value) }
            return [
                "replicaSet": .string(update.name), "replicas": .integer(update.replicas),
                "annotations": annotations,
            ]
        }
        tally.check("updates", .array(vector["updates"]?.arrayValue ?? []), .array(updates))
        tally.check("events", .array(vector["events"]?.arrayValue ?? []), texts(outcome.events))
        if vector["op"] == "rolling" {
            tally.check("did", .array(vector["did"]?.arrayValue ?? []), texts(outcome.did))
        }
    }

    private static func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

    private static func replicaSet(_ vector: JSONValue) -> ReplicaSet {
        var set = ReplicaSet()
        set.metadata = ObjectMeta(namespace: "default", name: vector["name"]?.stringValue ?? "")
        set.metadata.uid = .text(set.metadata.name)
        set.metadata.creationTimestamp = Timestamp(seconds: vector["createdAt"]?.integerValue ?? 0)
        for (key, value) in vector["annotations"]?.objectValue ?? [:] {
            set.metadata.annotations[key] = value.stringValue
        }
        set.spec.replicas = vector["replicas"]?.integerValue ?? 0
        set.status.replicas = vector["statusReplicas"]?.integerValue ?? set.spec.replicas
        set.status.readyReplicas = vector["readyReplicas"]?.integerValue ?? 0
        set.status.availableReplicas = vector["availableReplicas"]?.integerValue ?? 0
        return set
    }
}

/// The order in which a scale-down gives pods up.
enum PodRankTable {
    static func run(_ vector: JSONValue, _ tally: inout ComparisonTally) {
        let now = VirtualTime.start + .days(30)
        let described = vector["pods"]?.arrayValue ?? []
        let pods = described.map { Ref(pod($0, now: Timestamp(now))) }
        let ranks = described.map { Int($0["rank"]?.integerValue ?? 0) }
        let order = DeletionRanking(now: now).ordered(pods, ranks: ranks).map(\.value.metadata.name)
        tally.check("deletionOrder", vector["deletionOrder"], .array(order.map { .string($0) }))
    }

    private static func pod(_ vector: JSONValue, now: Timestamp) -> Pod {
        var metadata = ObjectMeta(namespace: "default", name: vector["name"]?.stringValue ?? "")
        metadata.uid = UID(vector["uid"]?.stringValue ?? "")
        metadata.creationTimestamp = vector["age"]?.integerValue.map { Timestamp(seconds: now.seconds - $0) }
        if let cost = vector["deletionCost"]?.stringValue {
            metadata.annotations[DeletionRanking.costAnnotation] = cost
        }
        let restarts = vector["restarts"]?.arrayValue ?? []
        let spec: JSONObject = [
            "containers": .array(restarts.indices.map { ["name": .string("c\($0)")] }),
            "initContainers": [["name": "side", "restartPolicy": "Always"], ["name": "init"]],
        ]
        var status = PodStatus()
        status.phase = PodPhase(rawValue: vector["phase"]?.stringValue ?? "") ?? .none
        var ready = Condition("Ready", vector["ready"] == true ? .isTrue : .isFalse)
        ready.lastTransitionTime = vector["readySince"]?.integerValue.map {
            Timestamp(seconds: now.seconds - $0)
        }
        status.conditions = [ready]
        status.containerStatuses = restarts.enumerated().map { index, count in
            var status = ContainerStatus()
            status.name = "c\(index)"
            status.restartCount = count.integerValue ?? 0
            return status
        }
        var sidecar = ContainerStatus()
        sidecar.name = "side"
        sidecar.restartCount = vector["sidecarRestarts"]?.integerValue ?? 0
        status.initContainerStatuses = [sidecar]
        return Pod(
            metadata: metadata, spec: PodSpec(source: spec), nodeName: vector["node"]?.stringValue ?? "",
            status: status)
    }
}

/// On which nodes a DaemonSet's pods run, and how many of them an update may add and take away.
enum DaemonNodeTable {
    private static let epoch = CalendarTime(unixSeconds: 0)

    static func run(_ vector: JSONValue, _ tally: inout ComparisonTally) {
        if vector["op"] == "counts" {
            var strategy = DaemonSetSpec.UpdateStrategy()
            strategy.type = "RollingUpdate"
            strategy.rollingUpdate = .init()
            strategy.rollingUpdate?.maxSurge = vector["maxSurge"].flatMap(IntOrPercent.init(json:))
            strategy.rollingUpdate?.maxUnavailable = vector["maxUnavailable"].flatMap(
                IntOrPercent.init(json:))
            let limits = DaemonSetUpdateLimits(strategy, desired: vector["desiredNodes"]?.integerValue ?? 0)
            tally.check("surge", vector["surge"], limits.map { .integer($0.maxSurge) })
            tally.check("unavailable", vector["unavailable"], limits.map { .integer($0.maxUnavailable) })
            return
        }
        let template = PodTemplate(
            fields: ["metadata": [:], "spec": vector["podSpec"] ?? [:]], epoch: epoch)
        let described = vector["node"] ?? .null
        let node = Node(
            tree: [
                "metadata": ["name": described["name"] ?? "", "labels": described["labels"] ?? [:]],
                "spec": [
                    "taints": described["taints"] ?? .null,
                    "unschedulable": described["unschedulable"] ?? false,
                ],
            ], epoch: epoch)
        let verdict = DaemonPodPlacement(template).verdict(on: node)
        tally.check("shouldRun", vector["shouldRun"], .bool(verdict.shouldRun))
        tally.check(
            "shouldContinueRunning", vector["shouldContinueRunning"], .bool(verdict.shouldContinueRunning))
    }
}

/// The hashes of templates and revisions.
enum HashTable {
    static func run(_ vector: JSONValue, _ tally: inout ComparisonTally) {
        guard let template = vector["template"]?.objectValue else {
            return tally.check(false, "template: expected an object")
        }
        switch vector["op"]?.stringValue {
        case "pod-template-hash":
            tally.check("dump", vector["dump"], .string(PodTemplateHash.dump(tree: template)))
            let hashes = vector["hashByCollisionCount"]
            for name in hashes?.memberNames ?? [] {
                let hash = PodTemplateHash.hash(tree: template, collisionCount: Int64(name))
                tally.check("hashByCollisionCount.\(name)", hashes?[name], .string(hash))
            }
            let typed = PodTemplate(fields: template, epoch: CalendarTime(unixSeconds: 0))
            let hash = PodTemplateHash.hash(typed, collisionCount: nil)
            tally.check("hash of the typed template", hashes?["none"], .string(hash))
        case "controller-revision-hash":
            if vector["ownerKind"] == "DaemonSet" {
                let hash = PodTemplateHash.hash(tree: template, collisionCount: nil)
                return tally.check("name", vector["name"], .string(hash))
            }
            let data = vector["data"] ?? .null
            tally.check("hashInput", vector["hashInput"], .string(ControllerRevisionHash.text(data) + "0"))
            let hash = ControllerRevisionHash.hash(data, collisionCount: 0)
            tally.check("name", vector["name"], .string(hash))
        default:
            tally.check(false, "op: expected pod-template-hash or controller-revision-hash")
        }
    }
}
