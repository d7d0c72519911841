/// Small scenarios in which controllers have work to do, as YAML.
public enum BuggyScenarios {
    /// The scenario in which a bug is looked for.
    public static func text(for bug: PlantedBug) -> String {
        switch bug {
        case .actsOnStaleCache, .hotLoops, .surgeOffByOne, .losesConflict: rollout
        case .neverResyncs: restarts
        case .deletesReadyPodFirst: crowded
        case .forgetsAdoption: adoption
        case .ignoresDeletionTimestamp: deletion
        case .skipsOrdinal, .leaksClaim: ordinals
        case .ignoresBudget: drain
        case .doubleCountsFinishedPod: job
        }
    }

    private static func head(_ name: String, nodes: Int = 4, duration: String = "10m") -> String {
        """
        apiVersion: simk.dev/v1
        kind: Scenario
        metadata: { name: \(name) }
        duration: \(duration)
        cluster:
          zones: [zone-a, zone-b]
          nodePools: [{ name: general, count: \(nodes), capacity: { cpu: "4", memory: 16Gi } }]

        """
    }

    private static func template(_ app: String, cpu: String = "100m", more: String = "") -> String {
        """
        template:
              metadata: { labels: { app: \(app) } }
              spec: { \(more)containers: [{ name: main, image: \(app):1, resources: { requests: { cpu: \(cpu) } } }] }
        """
    }

    /// A Deployment that is updated, scaled up and scaled down.
    public static let rollout =
        head("rollout") + """
            manifests:
            - apiVersion: apps/v1
              kind: Deployment
              metadata: { name: web }
              spec:
                replicas: 6
                strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } }
                selector: { matchLabels: { app: web } }
                \(template("web"))
            - apiVersion: apps/v1
              kind: Deployment
              metadata: { name: cache }
              spec:
                replicas: 3
                selector: { matchLabels: { app: cache } }
                \(template("cache"))
            timeline:
            - { at: 2m, setImage: { object: deployment/web, container: main, image: "web:2" } }
            - { at: 5m, scale: { object: deployment/web, replicas: 9 } }
            - { at: 7m, scale: { object: deployment/web, replicas: 4 } }
            - { at: 8m, restart: deployment/cache }
            """

    /// A ReplicaSet of which one pod finds no room, and that is scaled down.
    public static let crowded =
        head("crowded", nodes: 3) + """
            manifests:
            - apiVersion: apps/v1
              kind: ReplicaSet
              metadata: { name: big }
              spec:
                replicas: 4
                selector: { matchLabels: { app: big } }
                \(template("big", cpu: "3"))
            timeline:
            - { at: 6m, scale: { object: replicaset/big, replicas: 3 } }
            """

    /// ReplicaSets that are scaled one after the other: one of them while nobody leads, perhaps.
    public static let restarts =
        head("restarts") + """
            manifests:
            \(sets)
            timeline:
            - { at: 2m, scale: { object: replicaset/set-1, replicas: 3 } }
            - { at: 4m, scale: { object: replicaset/set-2, replicas: 3 } }
            - { at: 6m, scale: { object: replicaset/set-3, replicas: 3 } }
            """

    private static var sets: String {
        (1...3).map { number in
            """
            - apiVersion: apps/v1
              kind: ReplicaSet
              metadata: { name: set-\(number) }
              spec:
                replicas: 2
                selector: { matchLabels: { app: set-\(number) } }
                \(template("set-\(number)"))
            """
        }.joined(separator: "\n")
    }

    /// A pod that was there before the ReplicaSet that selects it.
    public static let adoption =
        head("adoption") + """
            manifests:
            - apiVersion: v1
              kind: Pod
              metadata: { name: first, labels: { app: solo } }
              spec: { containers: [{ name: main, image: "solo:1" }] }
            timeline:
            - at: 1m
              apply:
              - apiVersion: apps/v1
                kind: ReplicaSet
                metadata: { name: solo }
                spec:
                  replicas: 2
                  selector: { matchLabels: { app: solo } }
                  \(template("solo").replacing("\n", with: "\n  "))
            """

    /// A Deployment that is deleted in the foreground.
    public static let deletion =
        head("deletion") + """
            manifests:
            - apiVersion: apps/v1
              kind: Deployment
              metadata: { name: web }
              spec:
                replicas: 4
                selector: { matchLabels: { app: web } }
                \(template("web"))
            timeline:
            - { at: 3m, delete: { object: deployment/web, propagation: Foreground } }
            """

    /// A StatefulSet with claims that go with it, which is scaled down and deleted.
    public static let ordinals =
        head("ordinals") + """
            manifests:
            - apiVersion: storage.k8s.io/v1
              kind: StorageClass
              metadata: { name: fast }
              provisioner: csi.example.com
            - apiVersion: apps/v1
              kind: StatefulSet
              metadata: { name: db }
              spec:
                serviceName: db
                replicas: 3
                persistentVolumeClaimRetentionPolicy: { whenDeleted: Delete, whenScaled: Retain }
                selector: { matchLabels: { app: db } }
                \(template("db"))
                volumeClaimTemplates:
                - metadata: { name: data }
                  spec:
                    storageClassName: fast
                    accessModes: [ReadWriteOnce]
                    resources: { requests: { storage: 1Gi } }
            timeline:
            - { at: 4m, scale: { object: statefulset/db, replicas: 2 } }
            - { at: 6m, delete: statefulset/db }
            """

    /// A Deployment with a budget, from under which two nodes are drained.
    public static let drain =
        head("drain") + """
            manifests:
            - apiVersion: apps/v1
              kind: Deployment
              metadata: { name: web }
              spec:
                replicas: 6
                selector: { matchLabels: { app: web } }
                \(template("web"))
            - apiVersion: policy/v1
              kind: PodDisruptionBudget
              metadata: { name: web }
              spec: { minAvailable: 5, selector: { matchLabels: { app: web } } }
            timeline:
            - { at: 4m, drain: general-1 }
            - { at: 4m, drain: general-2 }
            """

    /// A Job of some pods.
    public static let job =
        head("job") + """
            manifests:
            - apiVersion: batch/v1
              kind: Job
              metadata: { name: work }
              spec:
                completions: 5
                parallelism: 2
                \(template("work", more: "restartPolicy: Never, "))
            behaviors:
            - { name: work, selector: "app=work", runTime: 20s }
            """
}

extension String {
    fileprivate func replacing(_ old: Character, with new: String) -> String {
        map { $0 == old ? new : String($0) }.joined()
    }
}
