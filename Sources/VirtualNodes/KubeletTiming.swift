public import SimulationKernel

/// The kubelet's periods, limits and back-offs. Defaults are upstream v1.36's constants, by the file named.
public struct KubeletTiming: Equatable, Sendable {
    // MARK: Loops (whose passes that change nothing cost no events)

    /// Generic PLEG: how often the runtime's containers are listed. `pkg/kubelet/kubelet.go`.
    public var relistPeriod = VirtualDuration.seconds(1)
    /// How often the sync loop looks for pods whose retry is due. `pkg/kubelet/kubelet.go`, `syncLoop`.
    public var syncTick = VirtualDuration.seconds(1)
    /// `pkg/kubelet/kubelet.go`, `housekeepingPeriod`.
    public var housekeepingPeriod = VirtualDuration.seconds(2)
    /// How often statuses that could not be sent or were overwritten are sent again.
    /// `pkg/kubelet/status/status_manager.go`, `syncPeriod`.
    public var statusSyncPeriod = VirtualDuration.seconds(10)
    /// How often the node's status is computed. `apis/config/v1beta1/defaults.go`.
    public var nodeStatusPeriod = VirtualDuration.seconds(10)
    /// How often a status in which nothing has changed is reported all the same. Nil leaves such reports out:
    /// upstream's every 5 minutes change nothing while leases are renewed more often than that. Upstream's
    /// random delay of the first one after a change is left out. Same file.
    public var nodeStatusReportPeriod: VirtualDuration?
    /// The volume manager's populator and reconciler. `pkg/kubelet/volumemanager/volume_manager.go`.
    public var volumeLoopPeriod = VirtualDuration.milliseconds(100)
    /// How often a pod worker looks whether its volumes are mounted, or unmounted. Same file.
    public var volumePollPeriod = VirtualDuration.milliseconds(300)
    /// How long a pod worker waits for volumes before it starts over. Same file.
    public var volumeWaitTimeout = VirtualDuration.seconds(123)

    // MARK: Back-offs

    /// After a sync that failed. `pkg/kubelet/kubelet.go`, `backOffPeriod`.
    public var syncBackOff = VirtualDuration.seconds(10)
    /// Waits after a failed sync grow by a random part of up to this factor. `pkg/kubelet/pod_workers.go`.
    public var syncBackOffJitter = 0.5
    /// By how much of `syncFrequency` the wait for a pod's next sync may be longer, when nothing happens to it.
    /// `workerResyncIntervalJitterFactor`, `pkg/kubelet/kubelet.go`.
    public var periodicSyncJitter = 0.5
    /// The longest wait after a failed sync, before jitter. `syncFrequency`,
    /// `apis/config/v1beta1/defaults.go`.
    public var syncFrequency = VirtualDuration.minutes(1)
    /// `pkg/kubelet/kubelet.go`.
    public var crashBackOffInitial = VirtualDuration.seconds(10)
    public var crashBackOffMaximum = VirtualDuration.seconds(300)
    /// How long a container must go on without a failure for the back-off to begin anew (`HasExpiredFunc` of the
    /// kubelet's crash-loop back-off).
    public var crashBackOffReset = VirtualDuration.minutes(10)
    public var imageBackOffInitial = VirtualDuration.seconds(10)
    public var imageBackOffMaximum = VirtualDuration.seconds(300)
    /// Of failed volume operations. `pkg/util/goroutinemap/exponentialbackoff`.
    public var volumeBackOffInitial = VirtualDuration.milliseconds(500)
    public var volumeBackOffMaximum = VirtualDuration.seconds(122)

    // MARK: Termination

    /// `pkg/kubelet/kuberuntime/kuberuntime_manager.go`, `minimumGracePeriodInSeconds`.
    public var minimumGraceSeconds: Int64 = 2

    // MARK: Eviction

    /// How often memory is looked at. `pkg/kubelet/kubelet.go`, `evictionMonitoringPeriod`.
    public var evictionMonitoringPeriod = VirtualDuration.seconds(10)
    /// Below so much available memory pods are evicted at once. `pkg/kubelet/eviction/defaults_linux.go`.
    public var evictionHardMemoryBytes: Int64 = 100 << 20
    /// How long the node's MemoryPressure outlasts its cause. `apis/config/v1beta1/defaults.go`.
    public var evictionPressureTransitionPeriod = VirtualDuration.minutes(5)
    /// How long an evicted pod's worker is waited for, and how often it is looked at.
    /// `pkg/kubelet/eviction/eviction_manager.go`.
    public var evictionCleanupTimeout = VirtualDuration.seconds(30)
    public var evictionCleanupPollPeriod = VirtualDuration.seconds(1)
    /// How long the end of an evicted pod's containers is waited for. `pkg/kubelet/pod_workers.go`, `killPodNow`.
    public var evictionKillTimeout = VirtualDuration.seconds(10)

    // MARK: Images

    /// How many images are pulled at once; 1 is one after the other, the default (`serializeImagePulls`).
    /// Several share the node's bandwidth fairly. 0 is no limit.
    public var maxParallelImagePulls = 1
    /// `registryPullQPS` and `registryBurst`, `apis/config/v1beta1/defaults.go`.
    public var registryPullQPS = 5.0
    public var registryBurst = 10
    /// How many images the node's status names. Same file.
    public var nodeStatusMaxImages = 50

    // MARK: Node

    /// The first wait before a registration; doubles up to 7 s. `pkg/kubelet/kubelet_node_status.go`.
    public var registrationBackOff = VirtualDuration.milliseconds(100)
    public var registrationBackOffMaximum = VirtualDuration.seconds(7)
    /// Node lease: duration and renewal. `apis/config/v1beta1/defaults.go`.
    public var leaseDurationSeconds: Int64 = 40
    public var leaseRenewalPeriod = VirtualDuration.seconds(10)
    /// The longest wait between attempts to reach the lease.
    /// `component-helpers/apimachinery/lease/controller.go`.
    public var leaseRetryMaximum = VirtualDuration.seconds(7)
    /// From the kubelet's start until runtime and network are ready. Zero is an assumption: a machine whose
    /// network plugin is installed; with a plugin that a DaemonSet brings it takes some 10 to 30 s.
    public var runtimeReadyDelay = VirtualDuration.zero
    /// How old a ConfigMap or Secret in the kubelet's cache may be before it is fetched again: upstream
    /// watches them; this is the time to live of its `Cache` strategy (`pkg/kubelet/util/manager`).
    public var referenceTimeToLive = VirtualDuration.minutes(1)

    public init() {}
}
