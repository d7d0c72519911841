import KubernetesModel
import SimulationKernel

/// A running container that uses CPU or memory.
struct ContainerLoad: Sendable {
    /// How a container ends by itself.
    struct End: BitwiseCopyable, Sendable {
        var time = VirtualTime.never
        var exitCode: Int32 = 0
        var reason = ExitReason.completed
    }

    var slot: Int32
    var generation: UInt32
    var container: Int32
    var attempt: Int32
    var sandbox: Int32
    var startedAt: VirtualTime
    /// In cores.
    var cpu: UsageCurve?
    /// In bytes.
    var memory: UsageCurve?
    /// Of its main process; made up.
    var processID: Int32

    // MARK: CPU

    /// In cores.
    var granted = 0.0
    /// Up to ``NodeUsage/accountedAt``.
    var cpuSeconds = 0.0
    /// How fast its work goes: 1 where it gets the CPU that it asks for.
    var rate = 1.0
    /// Nanoseconds of an unhindered run that are left; nil when it has no run time, or has been sent a signal.
    var workLeft: Double?
    /// The end of the run, when ``workLeft`` is done.
    var runEnd = End()
    /// Ends that no lack of CPU moves: crashes.
    var otherEnd = End()

    func memoryBytes(at time: VirtualTime) -> Double {
        memory?.amount(at: (time - startedAt).nanoseconds) ?? 0
    }

    func demandedCores(at time: VirtualTime) -> Double {
        cpu?.amount(at: (time - startedAt).nanoseconds) ?? 0
    }
}

/// What runs on a node and what it uses; empty while no behaviour says so.
struct NodeUsage: Sendable {
    /// In the order of their starts.
    var loads: [ContainerLoad] = []
    /// The moment up to which CPU time and progress are counted.
    var accountedAt = VirtualTime.start
    /// Guards the alarm of the next change.
    var version: UInt32 = 0
    var alarmAt = VirtualTime.never
    var nextProcessID: Int32 = 1_000
    /// Core-seconds of containers that have ended.
    var endedCPUSeconds = 0.0
    var eviction = EvictionState()

    func index(of slot: Int32, _ container: Int) -> Int? {
        loads.firstIndex { $0.slot == slot && Int($0.container) == container }
    }

    /// Counts CPU time and progress up to a moment.
    mutating func account(to now: VirtualTime) {
        let passed = now - accountedAt
        accountedAt = now
        guard passed > .zero else { return }
        for index in loads.indices {
            loads[index].cpuSeconds += loads[index].granted * passed.fractionalSeconds
            if let left = loads[index].workLeft {
                loads[index].workLeft = max(0, left - loads[index].rate * Double(passed.nanoseconds))
            }
        }
    }
}

/// The eviction manager of one kubelet process. Upstream: `pkg/kubelet/eviction/eviction_manager.go` (v1.36).
struct EvictionState: Sendable {
    enum Phase: BitwiseCopyable, Sendable {
        /// Looks at memory each monitoring period since ``EvictionState/gridFrom``.
        case monitoring
        /// Waits for the pod's containers to end.
        case killing(slot: Int32, generation: UInt32, deadline: VirtualTime)
        /// Looks each second whether the pod's worker is done.
        case cleaning(slot: Int32, generation: UInt32, from: VirtualTime, deadline: VirtualTime)
    }

    var phase = Phase.monitoring
    /// The last look after which the loop went to sleep.
    var gridFrom = VirtualTime.start
    /// The last look; looks at one moment are one.
    var lookedAt = VirtualTime.never
    var hasMemoryPressure = false
    /// When a look last found the threshold crossed.
    var pressureSeenAt = VirtualTime.start
    var version: UInt32 = 0
    var alarmAt = VirtualTime.never
}
